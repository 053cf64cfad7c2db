"""Benjamini-Hochberg and independent filtering against statsmodels, scipy and DESeq2."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, norm
from statsmodels.stats.multitest import multipletests

from rnaseq_s6k1.de.filtering import benjamini_hochberg, independent_filtering

pvalue_lists = st.lists(
    st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1.0, 0.5, 1e-300])), min_size=1, max_size=60
)

# Tables of R DESeq2's results(), all filtered at its default alpha of 0.1.
R_TABLES = (
    "airway/deseq2_1.38.3_reference_results.tsv.gz",
    "bottomly/deseq2_1.38.3_reference_results.tsv.gz",
    "pasilla/deseq2_1.38.3_reference_results.tsv.gz",
    "t47d_e2_gse89888/deseq2_1.38.3_reference_results.tsv.gz",
    "t47d_e2_gse89888/deseq2_1.38.3_lfcThreshold1_results.tsv.gz",
    "t47d_e2_gse89888/deseq2_1.38.3_LRT_results.tsv.gz",
    "tcga_brca_115/deseq2_1.38.3_tertile_ER_adjusted.tsv.gz",
)


@given(pvalue_lists)
def test_against_statsmodels_and_scipy(pvalues):
    p = np.array(pvalues)
    padj = benjamini_hochberg(p)
    # Only denormal numbers may differ.
    np.testing.assert_allclose(padj, multipletests(p, method="fdr_bh")[1], atol=1e-300)
    np.testing.assert_allclose(padj, false_discovery_control(p), atol=1e-300)


@given(pvalue_lists, st.randoms())
def test_missing_values_stay_and_do_not_count(pvalues, random):
    mixed = [*pvalues, *[np.nan] * 5]
    random.shuffle(mixed)
    p = np.array(mixed)
    padj = benjamini_hochberg(p)
    np.testing.assert_array_equal(np.isnan(padj), np.isnan(p))
    np.testing.assert_array_equal(padj[~np.isnan(p)], benjamini_hochberg(p[~np.isnan(p)]))


def test_nothing_to_adjust():
    assert benjamini_hochberg(np.array([])).size == 0
    assert np.isnan(benjamini_hochberg(np.array([np.nan, np.nan]))).all()


@pytest.mark.shared_data
@pytest.mark.parametrize("name", R_TABLES)
def test_filtering_reproduces_deseq2(shared, name):
    table = pd.read_csv(shared / "data" / name, sep="\t")
    filtered = independent_filtering(table["baseMean"].to_numpy(), table["pvalue"].to_numpy(), 0.1)
    expected = table["padj"].to_numpy()
    np.testing.assert_array_equal(np.isnan(filtered.padj), np.isnan(expected))
    np.testing.assert_allclose(filtered.padj, expected, rtol=0, atol=1e-10)
    dropped = table["pvalue"].notna() & table["padj"].isna()
    assert (table.loc[dropped, "baseMean"] < filtered.threshold).all()
    assert (table.loc[table["padj"].notna(), "baseMean"] >= filtered.threshold).all()


@pytest.mark.shared_data
def test_filtering_of_few_genes_reproduces_deseq2(shared):
    folder = shared / "data" / "pydeseq2_r_outputs"
    for table_path in sorted(folder.rglob("r_test_res*.csv")):
        if table_path.name == "r_test_res_no_independent_filtering.csv":
            continue
        table = pd.read_csv(table_path, index_col=0)
        filtered = independent_filtering(
            table["baseMean"].to_numpy(), table["pvalue"].to_numpy(), 0.1
        )
        np.testing.assert_allclose(filtered.padj, table["padj"], rtol=1e-9, err_msg=str(table_path))


def simulated(n: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    """Genes whose power grows with their mean; a fifth of all is different."""
    rng = np.random.default_rng(5)
    mean = rng.lognormal(3, 2, size=n)
    z = rng.normal(size=n) + np.where(rng.random(n) < 0.2, np.sqrt(mean) / 2, 0)
    return mean, 2 * norm.sf(np.abs(z))


def test_filtering_gains_rejections_and_ignores_the_order_of_genes():
    mean, p = simulated()
    filtered = independent_filtering(mean, p, 0.1)
    assert np.sum(filtered.padj < 0.1) > np.sum(benjamini_hochberg(p) < 0.1)
    assert filtered.threshold > 0
    order = np.random.default_rng(0).permutation(len(mean))
    again = independent_filtering(mean[order], p[order], 0.1)
    np.testing.assert_array_equal(again.padj, filtered.padj[order])


def test_nothing_is_filtered_where_next_to_nothing_is_rejected():
    mean, _ = simulated(500)
    p = np.linspace(0.01, 1, 500)
    filtered = independent_filtering(mean, p, 0.1)
    np.testing.assert_array_equal(filtered.padj, benjamini_hochberg(p))


@pytest.mark.parametrize("share_of_zeros", [0.5, 0.96, 1.0])
def test_genes_without_counts_are_cut_first(share_of_zeros):
    mean, p = simulated()
    n_zero = int(share_of_zeros * len(mean))
    mean[:n_zero], p[:n_zero] = 0.0, np.nan
    filtered = independent_filtering(mean, p, 0.1)
    assert np.isnan(filtered.padj[:n_zero]).all()
    if share_of_zeros < 1:
        assert np.nansum(filtered.padj < 0.1) > 0
