"""Expression of any scale: told apart, refused where a scale is needed, joined by gene."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.expression import read_expression


def write(path, values, genes=None, samples=None, **columns):
    genes = genes or [f"GENE{i}" for i in range(len(values))]
    frame = pd.DataFrame(values, columns=samples or [f"s{i}" for i in range(np.shape(values)[1])])
    for at, (name, column) in enumerate(columns.items()):
        frame.insert(at, name, column)
    frame.insert(0, "gene_id", genes)
    frame.to_csv(path, sep="\t", index=False)
    return path


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_whole_numbers_are_counts(rng, tmp_path):
    read = read_expression(write(tmp_path / "m.tsv", rng.integers(0, 500, (60, 4))))
    assert read.counts
    assert read.values.shape == (4, 60)
    assert read.gene_names is None


def test_logarithms_are_used_as_written_with_their_negative_values(rng, tmp_path):
    values = rng.normal(3, 4, (60, 4))
    read = read_expression(write(tmp_path / "m.tsv", values))
    assert not read.counts
    np.testing.assert_allclose(read.values.to_numpy().T, values)
    small = read_expression(write(tmp_path / "whole.tsv", rng.integers(0, 12, (60, 4))))
    assert not small.counts, "the logarithms of an array may be rounded"


def test_a_linear_scale_needs_log2(rng, tmp_path):
    tpm = rng.lognormal(1, 2, (60, 4))
    tpm = 1e6 * tpm / tpm.sum(axis=0)
    path = write(tmp_path / "tpm.tsv", tpm)
    with pytest.raises(DataError, match=r"looks like TPM or CPM .*; add --log2 to take log2"):
        read_expression(path)
    np.testing.assert_allclose(
        read_expression(path, log2=True).values.to_numpy().T, np.log2(tpm + 1), rtol=1e-9
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [([[40.0, 50.0]] * 60, "raw counts, which are"), ([[-1.0, 2.5]] * 60, "negative values")],
)
def test_logarithms_of_counts_and_of_negative_values_are_refused(values, message, tmp_path):
    with pytest.raises(UsageError, match=message):
        read_expression(write(tmp_path / "m.tsv", values), log2=True)


def test_rows_of_one_gene_are_joined(tmp_path):
    genes = ["A", "B", "A"]
    read = read_expression(write(tmp_path / "c.tsv", [[100, 1], [2, 2], [3, 40]], genes))
    assert read.values["A"].tolist() == [103, 41]
    read = read_expression(
        write(tmp_path / "e.tsv", [[1.5, 1], [2, 2], [3, 4.5]], genes, gene_name=["a", "b", ""])
    )
    assert read.values["A"].tolist() == [3, 4.5]
    assert read.gene_names["A"] == "a"


def test_versions_are_stripped_and_transposition_is_undone(tmp_path):
    frame = pd.DataFrame({"ENSG00000000003.15": [1.5, 2.5], "ENSG00000000005.6": [0.5, 1.0]})
    frame.index = ["t1", "t2"]
    with gzip.open(tmp_path / "m.csv.gz", "wt") as stream:
        frame.to_csv(stream)
    read = read_expression(tmp_path / "m.csv.gz", transpose=True)
    assert read.values.columns.tolist() == ["ENSG00000000003", "ENSG00000000005"]
    assert read.values.index.tolist() == ["t1", "t2"]


def test_what_is_no_matrix_is_refused(tmp_path):
    (tmp_path / "words.tsv").write_text("gene\ts1\ts2\nA\tx\ty\n")
    with pytest.raises(DataError, match=r"words\.tsv"):
        read_expression(tmp_path / "words.tsv")
    with pytest.raises(DataError, match="no such file"):
        read_expression(tmp_path / "absent.tsv")


def test_the_sheet_of_an_h5ad_comes_along(rng, tmp_path):
    from anndata import AnnData

    obs = pd.DataFrame({"arm": ["a", "b", "b"]}, index=["s1", "s2", "s3"])
    values = rng.normal(5, 2, (3, 60))
    var = pd.DataFrame(index=[f"GENE{i}" for i in range(60)])
    AnnData(values, obs=obs, var=var).write_h5ad(tmp_path / "m.h5ad")
    read = read_expression(tmp_path / "m.h5ad")
    assert not read.counts
    assert list(read.obs["arm"]) == ["a", "b", "b"]
