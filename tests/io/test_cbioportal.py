"""Expression of cBioPortal studies."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.counts import read_counts

NAME = "data_mrna_seq_v2_rsem.txt"
HEAD = "Hugo_Symbol\tEntrez_Gene_Id\tTCGA-ZZ-A001-01\tTCGA-ZZ-A002-01\n"


def refusal(path, **options) -> str:
    with pytest.raises(DataError) as caught:
        read_counts(path, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_study_and_its_file_are_read_when_rounding_is_asked_for(portals, caplog):
    caplog.set_level(logging.INFO)
    study = portals / "cbioportal"
    message = refusal(study)
    assert f"{NAME}: line 2, column 'TCGA-ZZ-A001-01' (gene 'RPS6KB1')" in message
    assert "these are estimates of RSEM; add --round" in message
    adata = read_counts(study, round_estimates=True)
    assert list(adata.obs_names) == [f"TCGA-ZZ-A00{n}-01" for n in range(1, 5)]
    assert list(adata.var_names)[:2] == ["RPS6KB1", "MYC"]
    # A row without a symbol goes by its Entrez id, one without a value is not there.
    assert "100130426" in adata.var_names
    assert "UNMEASURED1" not in adata.var_names
    assert "left out 1 gene without any value" in caplog.text
    assert adata.uns["counts_source"]["format"] == "cbioportal"
    same = read_counts(study / NAME, round_estimates=True)
    np.testing.assert_array_equal(same.X, adata.X)


def test_read_counts_are_preferred_and_need_no_rounding(own_portals):
    study = own_portals / "cbioportal"
    (study / "data_mrna_seq_read_counts.txt").write_text(HEAD + "MYC\t4609\t5\t6\nRB1\t\t7\t8\n")
    adata = read_counts(study)
    np.testing.assert_array_equal(adata.X, [[5, 7], [6, 8]])


@pytest.mark.parametrize("head", ["Hugo_Symbol\ta\tb\n", "Entrez_Gene_Id\ta\tb\n"])
def test_one_gene_column_is_enough(write, head):
    adata = read_counts(write(NAME, head + "4609\t5\t6\n7157\t1\t2\n"))
    assert list(adata.var_names) == ["4609", "7157"]


def test_genes_on_several_rows_are_summed(write):
    adata = read_counts(write(NAME, HEAD + "MYC\t1\t5\t6\nRB1\t2\t1\t1\nMYC\t3\t10\t20\n"))
    np.testing.assert_array_equal(adata.to_df()["MYC"], [15, 26])


def test_estimates_scaled_to_an_upper_quartile_are_warned_of(write, caplog):
    rng = np.random.default_rng(0)
    values = rng.gamma(0.5, 2000, (200, 3))
    values *= 1000 / np.quantile(values, 0.75, axis=0)
    rows = "".join(
        f"G{at}\t{at}\t" + "\t".join(f"{value:.4f}" for value in row) + "\n"
        for at, row in enumerate(values)
    )
    read_counts(write(NAME, HEAD.rstrip() + "\tc\n" + rows), round_estimates=True)
    assert "scaled to an upper quartile of 1,000 in every sample, not raw counts" in caplog.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD + "MYC\t1\t5\tNA\n", "line 2, column 'TCGA-ZZ-A002-01': a missing value ('NA') in a"),
        (HEAD + "MYC\t1\t5\tx\n", "line 2, column 'TCGA-ZZ-A002-01': 'x' is not a number"),
        (HEAD + "MYC\t1\t5\tinf\n", "'inf' is not a number"),
        (HEAD + "MYC\t1\t-0.25\t1\n", "negative value -0.25"),
        (HEAD + "MYC\t1\t5\n", "line 2 has 3 fields where the header (line 1) has 4"),
        (HEAD + "MYC\t1\tNA\tNA\n", "no gene has a value"),
        (HEAD, "a header (line 1) and no rows"),
        ("Hugo_Symbol\tEntrez_Gene_Id\nMYC\t1\n", "no column of a sample"),
        ("Hugo_Symbol\ta\ta\nMYC\t1\t2\n", "names 'a' more than once"),
        ("Hugo_Symbol\ta\t\nMYC\t1\t2\n", "column 3 has no name"),
        ("Gene\ta\tb\nMYC\t1\t2\n", "no column Hugo_Symbol or Entrez_Gene_Id"),
    ],
)
def test_damaged_tables_are_refused(write, text, words):
    assert words in refusal(write(NAME, text), format="cbioportal")


@pytest.mark.parametrize(
    "name", ["data_mrna_seq_v2_rsem_zscores_ref_all_samples.txt", "data_mrna_seq_fpkm.txt"]
)
def test_other_scales_are_refused_by_name(write, name):
    assert "holds z-scores or normalised values by its name" in refusal(
        write(name, HEAD + "MYC\t1\t0.5\t1.5\n")
    )


def test_a_truncated_gzip_and_a_study_without_expression_are_refused(write, own_portals):
    study = own_portals / "cbioportal"
    (study / NAME).unlink()
    assert "in this folder of a cBioPortal study (found 'data_clinical_patient.txt'" in refusal(
        study
    )
    path = write(f"{NAME}.gz", HEAD + "MYC\t1\t5\t6\n" * 50)
    path.write_bytes(path.read_bytes()[:-12])
    assert "the gzip file is truncated" in refusal(path)
