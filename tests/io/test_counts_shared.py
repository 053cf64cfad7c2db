"""The five real matrices beside the checkout, with the shapes their description gives."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.io.counts import read_counts

pytestmark = pytest.mark.shared_data

SHAPES = [
    ("t47d_e2_gse89888/counts.tsv.gz", 24, 40_876),
    ("tcga_brca_115/counts.tsv.gz", 115, 20_124),
    ("airway/counts.csv.gz", 8, 64_102),
    ("pasilla/counts.tsv.gz", 7, 14_599),
    ("bottomly/counts.tsv.gz", 21, 36_536),
]


@pytest.mark.parametrize(("name", "n_samples", "n_genes"), SHAPES)
def test_real_matrices_are_read_as_pandas_reads_them(shared, caplog, name, n_samples, n_genes):
    path = shared / "data" / name
    adata = read_counts(path)
    assert adata.shape == (n_samples, n_genes)
    assert adata.X.dtype == np.int32
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    table = pd.read_csv(path, sep=None, engine="python", index_col=0, nrows=400)
    table = table.drop(columns="gene_name", errors="ignore")
    assert list(adata.obs_names) == list(table.columns)
    assert list(adata.var_names[:400]) == list(table.index)
    np.testing.assert_array_equal(adata.X[:, :400].T, table)


def test_t47d_has_its_gene_names(shared):
    adata = read_counts(shared / "data" / "t47d_e2_gse89888" / "counts.tsv.gz")
    assert adata.var.loc["ENSG00000108443", "gene_name"] == "RPS6KB1"
    assert adata.var.loc["ENSG00000136997", "gene_name"] == "MYC"


def test_a_real_matrix_as_logs_or_cpm_is_refused(shared, tmp_path):
    from rnaseq_s6k1.errors import DataError

    adata = read_counts(shared / "data" / "pasilla" / "counts.tsv.gz")
    counts = adata.to_df().T
    cpm = counts / counts.sum() * 1e6
    for values, words in ((cpm, "TPM or CPM"), (np.log2(cpm + 1), "logarithms")):
        values.to_csv(tmp_path / "c.csv")
        with pytest.raises(DataError, match=f"look like {words}"):
            read_counts(tmp_path / "c.csv", round_estimates=True)
    # Estimates that differ from real counts by a fraction of a read are not mistaken.
    (counts * 0.97).to_csv(tmp_path / "c.csv")
    assert read_counts(tmp_path / "c.csv", round_estimates=True).shape == adata.shape


def test_a_real_matrix_lying_on_its_side_is_told(shared, tmp_path):
    from rnaseq_s6k1.errors import DataError

    adata = read_counts(shared / "data" / "tcga_brca_115" / "counts.tsv.gz")
    path = tmp_path / "turned.tsv"
    adata.to_df().to_csv(path, sep="\t", index_label="sample")
    with pytest.raises(
        DataError, match=r"the matrix is transposed: 115 rows .*; .* add --transpose"
    ):
        read_counts(path)
    turned = read_counts(path, transpose=True)
    assert list(turned.var_names) == list(adata.var_names)
    np.testing.assert_array_equal(turned.X, adata.X)
