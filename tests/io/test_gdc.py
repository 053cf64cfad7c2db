"""The GDC's STAR counts, with sample sheet and metadata."""

from __future__ import annotations

import gzip
import json
import logging

import numpy as np
import pytest

from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.counts import read_counts
from rnaseq_s6k1.io.gdc_samples import read_gdc_sheets

SHEET = "gdc_sample_sheet.2026-01-01.tsv"
METADATA = "metadata.cart.2026-01-01.json"
SUFFIX = ".rna_seq.augmented_star_gene_counts.tsv"


@pytest.fixture
def gdc(own_portals):
    return own_portals / "gdc"


def files_of(folder):
    return sorted(folder.glob(f"*/*{SUFFIX}*"))


def refusal(folder, **options) -> str:
    with pytest.raises(DataError) as caught:
        read_counts(folder, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_aliquots_are_named_by_the_metadata(portals, caplog):
    caplog.set_level(logging.INFO)
    adata = read_counts(portals / "gdc")
    assert adata.shape == (7, 11)
    assert list(adata.obs_names)[1:3] == [
        "TCGA-ZZ-A002-01A-11R-A00Z-07",
        "TCGA-ZZ-A002-01A-21R-A115-07",
    ]
    assert list(adata.obs["patient"].unique()) == [f"TCGA-ZZ-A00{n}" for n in range(1, 6)]
    assert adata.obs.loc["TCGA-ZZ-A003-11A-11R-A115-07", "sample_type"] == "Solid Tissue Normal"
    assert list(adata.var["gene_name"])[:2] == ["RPS6KB1", "MYC"]
    assert not any(name.startswith("N_") for name in adata.var_names)
    source = adata.uns["counts_source"]
    assert (source["format"], source["gene_model"]) == ("gdc", "GENCODE v36")
    assert source["strandedness"] == "unstranded"
    assert "read as 7 files of the GDC's STAR counts, 12 genes" in caplog.text


def test_the_columns_are_the_strands(portals):
    both = read_counts(portals / "gdc")
    first = read_counts(portals / "gdc", strandedness="forward")
    second = read_counts(portals / "gdc", format="gdc", strandedness="reverse")
    np.testing.assert_array_equal(first.X + second.X, both.X)
    assert first.X.sum() < second.X.sum()


def test_without_metadata_one_of_two_aliquots_is_taken_and_the_other_named(gdc, caplog):
    (gdc / METADATA).unlink()
    adata = read_counts(gdc)
    assert adata.n_obs == 6
    assert "TCGA-ZZ-A002-01A" in adata.obs_names
    known = read_gdc_sheets([gdc / SHEET])
    twins = sorted(key for key, file in known.items() if file.sample_id == "TCGA-ZZ-A002-01A")
    assert adata.uns["counts_source"]["replicates_left_out"] == twins[1]
    assert "no barcodes to choose by" in caplog.text
    assert twins[1] in caplog.text


def test_metadata_alone_is_enough(gdc):
    (gdc / SHEET).unlink()
    assert read_counts(gdc).n_obs == 7


def test_without_either_the_files_name_the_samples(gdc, caplog):
    (gdc / SHEET).unlink()
    (gdc / METADATA).unlink()
    adata = read_counts(gdc)
    assert adata.n_obs == 7
    assert adata.obs.shape[1] == 0
    assert "the samples are named by their files" in caplog.text


def test_sheets_may_lie_beside_the_folder_and_files_may_be_flat_or_gzip(gdc, portals):
    expected = read_counts(portals / "gdc").to_df()
    flat = gdc / "flat"
    flat.mkdir()
    for at, path in enumerate(files_of(gdc)):
        data = path.read_bytes()
        if at % 2:
            (flat / f"{path.name}.gz").write_bytes(gzip.compress(data))
        else:
            (flat / path.name).write_bytes(data)
    assert read_counts(flat).to_df().equals(expected)


def test_a_sheet_with_the_newer_columns(gdc):
    (gdc / METADATA).unlink()
    text = (gdc / SHEET).read_text()
    text = text.replace("Sample Type\n", "Tissue Type\tTumor Descriptor\n")
    text = text.replace("Primary Tumor\n", "Tumor\tPrimary\n").replace(
        "Solid Tissue Normal\n", "Normal\tNot Applicable\n"
    )
    (gdc / SHEET).write_text(text.replace("Metastatic\n", "Tumor\tMetastatic\n"))
    assert set(read_counts(gdc).obs["sample_type"]) == {"Tumor", "Normal"}


def test_other_files_of_a_cart_do_not_count_as_missing(gdc):
    row = (gdc / SHEET).read_text().splitlines()[1].split("\t")
    row[:2] = ["00000000-0000-0000-0000-000000000000", "x.maf.gz"]
    with (gdc / SHEET).open("a") as stream:
        stream.write("\t".join(row) + "\n")
    assert read_counts(gdc).n_obs == 7


def test_files_missing_on_either_side_are_named(gdc):
    path = files_of(gdc)[0]
    text = path.read_text()
    path.unlink()
    message = refusal(gdc)
    assert "1 file of the sample sheet" in message
    assert f"missing in the folder: '{path.name[:30]}" in message
    path.write_text(text)
    (gdc / "other").mkdir()
    (gdc / "other" / f"stranger{SUFFIX}").write_text(text)
    message = refusal(gdc)
    assert "1 file not in the sample sheet" in message
    assert "'other/stranger.rna_seq" in message


def test_a_file_that_lies_there_twice_is_refused(gdc):
    path = files_of(gdc)[0]
    (gdc / "again").mkdir()
    (gdc / "again" / path.name).write_text(path.read_text())
    assert "lies there twice" in refusal(gdc)


def test_an_unfinished_download_is_refused(gdc):
    (files_of(gdc)[0].parent / "x.tsv.partial").write_text("")
    assert "1 download not finished: 'x.tsv.partial'; run gdc-client again" in refusal(gdc)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("unstranded\tstranded_first", "stranded_first\tunstranded", "line 2 is not the header"),
        ("\t8000\t", "\tx\t", "line 3, column 'unstranded': 'x' is not a number"),
        ("N_ambiguous\t\t\t", "N_ambiguous\t\t", "line 6 has 8 fields where"),
    ],
)
def test_damaged_files_are_refused(gdc, old, new, words):
    path = files_of(gdc)[3]
    path.write_text(path.read_text().replace(old, new))
    message = refusal(gdc)
    assert words in message
    assert path.name in message


def test_counts_that_are_not_whole_are_refused(gdc):
    path = files_of(gdc)[0]
    lines = path.read_text().splitlines()
    cells = lines[6].split("\t")
    cells[3] = f"{cells[3]}.5"
    path.write_text("\n".join([*lines[:6], "\t".join(cells), *lines[7:]]) + "\n")
    assert "is not a whole number" in refusal(gdc)


def test_another_gene_model_is_refused(gdc):
    path = files_of(gdc)[0]
    path.write_text(path.read_text().replace("ENSG00000136997.21", "ENSG00000136997.16"))
    assert "the files list different genes" in refusal(gdc)


def test_files_in_another_order_of_genes_are_put_in_the_first_one_s(gdc, portals):
    path = files_of(gdc)[2]
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:2], *lines[6:][::-1], *lines[2:6]]))
    assert read_counts(gdc).to_df().equals(read_counts(portals / "gdc").to_df())


def test_a_truncated_gzip_is_refused(gdc):
    path = files_of(gdc)[0]
    packed = gzip.compress(path.read_bytes())
    path.unlink()
    path.with_name(f"{path.name}.gz").write_bytes(packed[:-20])
    assert "the gzip file is truncated" in refusal(gdc)


def test_sheets_that_contradict_each_other_are_refused(gdc):
    text = (gdc / SHEET).read_text()
    (gdc / SHEET).write_text(text.replace("TCGA-ZZ-A001-01A", "TCGA-ZZ-A007-01A"))
    message = refusal(gdc)
    assert "belongs to 'TCGA-ZZ-A001-01A', 'TCGA-ZZ-A007-01A'" in message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("Sample ID", "Sample"), "no column Sample ID"),
        (lambda text: text.replace("\tTCGA-ZZ-A001-01A\t", "\t\t"), "column Sample ID: the cell"),
        (lambda text: text + text.splitlines()[1] + "\n", "is on line 2 already"),
        (lambda text: text.rstrip() + "\tmore\n", "line 8 has 9 fields where the header"),
        (lambda text: text.splitlines()[0] + "\n", "a header (line 1) and no rows"),
    ],
)
def test_faulty_sample_sheets_are_refused(gdc, change, words):
    (gdc / METADATA).unlink()
    (gdc / SHEET).write_text(change((gdc / SHEET).read_text()))
    message = refusal(gdc)
    assert words in message
    assert SHEET in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "cannot be read as JSON"),
        ('{"a": 1}', "holds no list of files"),
        ("[1]", "entry 1 names no file"),
        ("[" * 100_000, "cannot be read as JSON"),
    ],
)
def test_faulty_metadata_is_refused(gdc, text, words):
    (gdc / METADATA).write_text(text)
    assert words in refusal(gdc)


def test_an_answer_of_the_api_is_metadata_too(gdc):
    hits = json.loads((gdc / METADATA).read_text())
    (gdc / METADATA).write_text(json.dumps({"data": {"hits": hits, "pagination": {}}}))
    assert read_counts(gdc).n_obs == 7


def test_one_file_and_folders_of_other_things(portals, tmp_path):
    with pytest.raises(DataError, match="the GDC's STAR counts of one sample; give the folder"):
        read_counts(files_of(portals / "gdc")[0])
    with pytest.raises(DataError, match=r"no file named .*augmented_star_gene_counts"):
        read_counts(tmp_path, format="gdc")
    with pytest.raises(UsageError, match=r"is for files of STAR, and .* has the format cbioportal"):
        read_counts(portals / "cbioportal", strandedness="forward")
