"""Xena's log2(count + 1), turned back where that is exact."""

from __future__ import annotations

import math
import runpy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.counts import read_counts
from rnaseq_s6k1.io.log2_counts import printed_decimals, undo_log2


def table(values, *, head="Ensembl_ID", form=repr) -> str:
    samples = [f"TCGA-ZZ-A{at:03}-01A" for at in range(np.shape(values)[1])]
    lines = ["\t".join([head, *samples])]
    for at, row in enumerate(np.asarray(values, dtype=float)):
        lines.append("\t".join([f"GENE{at}", *(form(float(value)) for value in row)]))
    return "\n".join(lines) + "\n"


def refusal(path, **options) -> str:
    with pytest.raises(DataError) as caught:
        read_counts(path, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def counts():
    """300 genes x 4 samples with libraries of their own depths, no two scaled alike."""
    rng = np.random.default_rng(5)
    means = np.exp(rng.normal(4.0, 2.5, (300, 1))) * np.array([0.4, 1.0, 1.7, 3.1])
    return rng.poisson(means)


def test_the_hub_s_matrix_gives_the_gdc_s_counts(portals):
    adata = read_counts(portals / "xena" / "TCGA-ZZZZ.star_counts.tsv.gz")
    assert adata.uns["counts_source"]["format"] == "xena"
    assert adata.uns["counts_source"]["log2_precision"] == "double"
    gdc = read_counts(portals / "gdc").to_df()
    gdc = gdc[~gdc.index.str.contains("21R")]
    gdc.index = gdc.index.str[:16]
    np.testing.assert_array_equal(adata.to_df(), gdc.loc[adata.obs_names, adata.var_names])


@pytest.mark.parametrize(
    ("form", "precision"),
    [
        (repr, "double"),
        (lambda value: repr(float(np.float32(value))), "float32"),
        (lambda value: f"{value:.7f}", "float32"),
        (lambda value: f"{value:.6f}", "printed"),
    ],
)
def test_every_precision_that_tells_the_counts_is_read(write, counts, form, precision):
    path = write("TCGA-A.star_counts.tsv", table(np.log2(counts + 1), form=form))
    adata = read_counts(path)
    np.testing.assert_array_equal(adata.X, counts.T)
    assert adata.uns["counts_source"]["log2_precision"] == precision


def test_too_few_digits_for_the_largest_count_are_refused(write, counts):
    counts[17, 2] = 2_000_000
    logs = np.log2(counts + 1)
    message = refusal(write("a.star_counts.tsv", table(logs, form=lambda value: f"{value:.4f}")))
    assert "line 19, column 'TCGA-ZZ-A002-01A' (gene 'GENE17')" in message
    assert "with 4 decimals stands for more than one count near 2,000," in message
    form = lambda value: repr(float(np.float32(value)))  # noqa: E731
    message = refusal(write("b.star_counts.tsv", table(logs, form=form)))
    assert "with the precision of 32 bits stands for more than one count" in message
    np.testing.assert_array_equal(read_counts(write("c.star_counts.tsv", table(logs))).X, counts.T)


def test_averages_of_aliquots_are_named_and_rounded_on_purpose(write, portals, caplog):
    made = runpy.run_path(str(portals / "make_fixtures.py"))
    path = write("TCGA-ZZZZ.star_counts.tsv.gz", made["xena_star_counts"](averaged=True))
    message = refusal(path)
    assert "1 sample of 6 not whole after 2^x - 1: 'TCGA-ZZ-A002-01A'" in message
    assert "averages the aliquots" in message
    assert "add --round" in message
    adata = read_counts(path, round_estimates=True)
    whole = read_counts(portals / "xena" / "TCGA-ZZZZ.star_counts.tsv.gz")
    same = [name for name in adata.obs_names if name != "TCGA-ZZ-A002-01A"]
    np.testing.assert_array_equal(adata[same].X, whole[same].X)
    assert adata.uns["counts_source"]["averaged_samples"] == "TCGA-ZZ-A002-01A"
    assert "1 sample averaged over aliquots by Xena and rounded" in caplog.text


@pytest.mark.parametrize("round_estimates", [False, True])
def test_what_is_no_logarithm_of_counts_is_named(write, counts, round_estimates):
    lengths = np.exp(np.random.default_rng(1).normal(1, 0.7, (300, 1)))
    rates = counts / lengths
    tpm = 1e6 * rates / rates.sum(axis=0)
    fpkm = 1e4 * rates / counts.sum(axis=0)
    positive = np.where(counts > 0, counts, np.nan) * 1.03
    normalised = counts * 1.03 * 1000 / np.nanquantile(positive, 0.75, axis=0)
    for values, words in (
        (tpm, "the values seem to be log2(x + 1) of TPM or CPM"),
        (fpkm, "the values seem to be log2(x + 1) of FPKM"),
        (normalised, "the values seem to be RSEM normalised to an upper quartile of 1,000"),
    ):
        path = write("HiSeqV2.gz", table(np.log2(values + 1), head="sample"))
        message = refusal(path, round_estimates=round_estimates)
        assert words in message
        assert "star_counts.tsv.gz of Xena's GDC hub" in message
        assert "line " in message
        assert ", column 'TCGA-ZZ-A" in message


def test_toil_s_offset_and_centred_values_are_named(write, counts):
    logs = np.log2(counts / 3.7 + 0.001)
    assert "log2 of TPM or FPKM + 0.001" in refusal(write("a.tsv", table(logs, head="sample")))
    centred = np.log2(counts + 1) - np.log2(counts + 1).mean(axis=1, keepdims=True)
    assert "centred or normalised" in refusal(write("b.tsv", table(centred, head="sample")))


def test_expected_counts_are_rounded_on_purpose(write, counts):
    estimates = counts + np.random.default_rng(2).uniform(0.1, 0.4, counts.shape).round(2)
    path = write("gene_expected_count.gz", table(np.log2(estimates + 1), head="sample"))
    assert "estimates such as RSEM's expected counts" in refusal(path)
    adata = read_counts(path, round_estimates=True)
    np.testing.assert_array_equal(adata.X, counts.T)
    assert adata.uns["counts_source"]["estimates_of"] == "RSEM, from Xena"


def test_whole_numbers_are_counts_beyond_any_logarithm_and_ambiguous_below(write, counts):
    path = write("x.htseq_counts.tsv", table(counts, form=lambda value: f"{value:.0f}"))
    np.testing.assert_array_equal(read_counts(path).X, counts.T)
    path = write("x.star_counts.tsv", table(counts % 20, form=lambda value: f"{value:.0f}"))
    assert "whether they are counts or logarithms cannot be told" in refusal(path)
    assert read_counts(path, format="delimited").n_obs == 4


def test_values_beyond_any_logarithm_are_refused(write, counts):
    logs = np.log2(counts + 1)
    logs[3, 1] = 40.5
    path = write("x.star_counts.tsv", table(logs))
    assert "line 5, column 'TCGA-ZZ-A001-01A' (gene 'GENE3'): 40.5 is beyond" in refusal(path)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text.replace("\nGENE2\t", "\nGENE2\t1\t", 1), "line 4 has 6 fields"),
        (lambda text: text[: text.rindex("\t")] + "\tNA\n", "'NA' is a missing value"),
        (lambda text: text.replace("-A001-", "-A000-"), "more than once"),
    ],
)
def test_damaged_matrices_are_refused(write, counts, damage, words):
    path = write("x.star_counts.tsv.gz", damage(table(np.log2(counts + 1))))
    assert words in refusal(path)


def test_a_truncated_download_is_refused(portals, tmp_path):
    source = portals / "xena" / "TCGA-ZZZZ.star_counts.tsv.gz"
    path = tmp_path / source.name
    path.write_bytes(source.read_bytes()[:-30])
    assert "the gzip file is truncated" in refusal(path)


def test_house_tables_whose_ids_are_called_sample_are_not_taken_for_xena(write):
    text = "sample\tsiNC_1\tsiS6K1_1\nMYC\t105.25\t46.5\nTP53\t64\t700\n"
    adata = read_counts(write("a.tsv", text), round_estimates=True)
    assert adata.uns["counts_source"]["format"] == "delimited"


def test_printed_decimals_sees_exponents():
    assert printed_decimals(["1.25", "3", "0.5"]) == 2
    assert printed_decimals(["1.5e-7", "2"]) == 8
    assert printed_decimals(["1.5e2"]) == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2**27), min_size=1, max_size=40))
def test_every_count_comes_back_from_a_double(values):
    logs = np.array([[math.log2(value + 1)] for value in values])
    undone = undo_log2(logs, decimals=16)
    assert undone.whole.all()
    assert undone.undetermined is None
    np.testing.assert_array_equal(undone.values[:, 0], values)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 700_000), min_size=1, max_size=40),
    st.sampled_from(["float32", "printed 6"]),
)
def test_what_is_accepted_is_right(values, how):
    logs = np.array([[math.log2(value + 1)] for value in values])
    logs = logs.astype(np.float32).astype(float) if how == "float32" else logs.round(6)
    undone = undo_log2(logs, decimals=6 if how == "printed 6" else 16)
    assert undone.whole.all()
    if undone.undetermined is None:
        np.testing.assert_array_equal(undone.values[:, 0], values)


def test_random_values_are_not_taken_for_counts():
    logs = np.random.default_rng(3).uniform(0, 14, (200, 30))
    for decimals in (4, 6, 16):
        undone = undo_log2(logs.round(decimals), decimals=decimals)
        assert undone.precision == ""
        assert not undone.whole.any()


@pytest.mark.shared_data
def test_real_counts_come_back(shared, write):
    counts = read_counts(shared / "data" / "tcga_brca_115" / "counts.tsv.gz")[:8]
    matrix = counts.X.T
    path = write("TCGA-BRCA.star_counts.tsv.gz", table(np.log2(matrix + 1.0)))
    np.testing.assert_array_equal(read_counts(path).X, counts.X)
    assert matrix.max() > 1_000_000
    form = lambda value: f"{value:.4f}"  # noqa: E731
    message = refusal(write("four.star_counts.tsv", table(np.log2(matrix + 1.0), form=form)))
    assert "with 4 decimals stands for more than one count" in message
