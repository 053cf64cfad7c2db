"""The driver against other genes: values, places, amplicon, order, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from cohort_cases import cohort
from scipy import stats

from rnaseq_s6k1.cohort.correlation import (
    CORRELATION_COLUMNS,
    DEFAULT_GENES,
    PAPER_RHO,
    correlate,
)
from rnaseq_s6k1.cohort.rank_correlation import covariate_basis, rank_correlation
from rnaseq_s6k1.cohort.tmm import effective_library_sizes, log2_cpm
from rnaseq_s6k1.errors import DataError, ModelError, UsageError
from rnaseq_s6k1.io.tables import read_table


@pytest.fixture(scope="module")
def adata():
    return cohort()


@pytest.fixture(scope="module")
def expression(adata):
    counts = np.asarray(adata.X)
    return pd.DataFrame(log2_cpm(counts, effective_library_sizes(counts)), columns=adata.var_names)


def test_scipy_agrees_on_every_gene(adata, expression):
    found = correlate(adata, genes=None)
    assert tuple(found.table.columns) == CORRELATION_COLUMNS
    assert found.table["pvalue"].is_monotonic_increasing
    assert len(found.table) == len(found.background) == adata.n_vars - 2, "driver and silent gene"
    for row in found.table.head(5).to_dict("records"):
        expected = stats.spearmanr(expression["RPS6KB1"], expression[row["gene_id"]])
        assert row["rho"] == pytest.approx(expected.statistic, abs=1e-12)
        assert row["pvalue"] == pytest.approx(expected.pvalue, rel=1e-7)
        assert row["mean_expression"] == pytest.approx(expression[row["gene_id"]].mean())
    expected = stats.false_discovery_control(found.table["pvalue"])
    np.testing.assert_allclose(found.table["padj"], expected, rtol=1e-12)


def test_places_among_all_genes(adata):
    found = correlate(adata, genes=["CCNE2", "GENE005"])
    table = found.table.set_index("gene_id")
    for gene, row in table.iterrows():
        below = (found.background < row["rho"]).sum() + 0.5
        assert row["percentile"] == pytest.approx(100 * below / len(found.background)), gene
    assert found.share_above(0.5) == (found.background > 0.5).mean()
    assert "in the background" in found.sentence


def test_given_the_copy_number_the_neighbour_is_no_longer_correlated(adata):
    plain = correlate(adata, genes=["PPM1D", "CCNE2"]).table.set_index("gene_id")
    partial = correlate(adata, genes=["PPM1D", "CCNE2"], partial=["RPS6KB1_gistic"])
    table = partial.table.set_index("gene_id")
    assert plain.loc["PPM1D", "pvalue"] < 1e-4
    assert table.loc["PPM1D", "pvalue"] > 0.01
    assert table.loc["CCNE2", "pvalue"] < 1e-4
    assert table["rho_unadjusted"].to_dict() == pytest.approx(plain["rho"].to_dict())
    assert table["amplicon"].to_dict() == {"CCNE2": False, "PPM1D": True}
    assert partial.degrees_of_freedom == 60 - 3
    assert "partial Spearman" in partial.sentence
    assert "given RPS6KB1_gistic" in partial.sentence


def test_categorical_and_incomplete_covariates(adata, expression):
    found = correlate(adata, genes=["CCNE2"], partial=["ER", "purity"])
    assert any("1 sample without 'ER' or 'purity' left out" in note for note in found.notes)
    assert found.n == 59
    keep = adata.obs["purity"].notna().to_numpy()
    counts = np.asarray(adata.X)[keep]
    values = log2_cpm(counts, effective_library_sizes(counts))
    expected = rank_correlation(
        values[:, 0], values[:, [3]], covariate_basis(adata.obs.loc[keep, ["ER", "purity"]])
    )
    assert found.table["rho"][0] == pytest.approx(expected.rho[0], rel=1e-9)


def test_the_order_of_samples_and_genes_does_not_matter(adata):
    rng = np.random.default_rng(9)
    shuffled = adata[rng.permutation(adata.n_obs)][:, rng.permutation(adata.n_vars)].copy()
    options = {"genes": None, "partial": ["RPS6KB1_gistic", "ER"]}
    one, other = correlate(adata, **options), correlate(shuffled, **options)
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    pd.testing.assert_series_equal(one.background, other.background, check_exact=True)
    pd.testing.assert_frame_equal(one.rho_matrix, other.rho_matrix, check_exact=True)


def test_defaults_the_matrix_lacks_are_named_and_others_refused(adata):
    found = correlate(adata)
    assert set(found.table["gene_name"]) == set(DEFAULT_GENES) - {"CCNE1", "E2F1", "CDK6"}
    assert "not in the matrix: 'CCNE1', 'E2F1', 'CDK6'" in found.notes
    assert found.expression.columns[0] == "RPS6KB1"
    assert np.allclose(np.diag(found.rho_matrix), 1)
    with pytest.raises(DataError, match="gene 'CCNE1' is not among"):
        correlate(adata, genes=["CCNE1"])
    with pytest.raises(DataError, match="none of the genes to correlate RPS6KB1 with"):
        correlate(adata, genes=["RPS6KB1"])
    assert PAPER_RHO["CDK4"] == 0.24


def test_refusals(adata):
    with pytest.raises(UsageError, match=r"no column 'purityy' .*did you mean 'purity'"):
        correlate(adata, partial=["purityy"])
    with pytest.raises(UsageError, match="normalisation must be one of tmm, median_ratio, libr"):
        correlate(adata, normalisation="rpkm")  # type: ignore[arg-type]
    empty = adata.copy()
    empty.obs["none"] = np.nan
    with pytest.raises(DataError, match="no sample has a value of 'none'"):
        correlate(empty, partial=["none"])
    with pytest.raises(ModelError, match="too few for a correlation"):
        correlate(adata[:3].copy(), partial=["RPS6KB1_gistic", "ER"])


def test_constant_genes_are_missing_and_few_counts_are_said(adata):
    odd = adata.copy()
    odd.X[:, 9] = 0
    found = correlate(odd, genes=["ACTB", "CCNE2"], normalisation="library_size")
    assert found.table["gene_id"].tolist() == ["CCNE2", "ACTB"]
    assert found.table["padj"][0] == found.table["pvalue"][0]
    odd.X[:, 0] = np.arange(60) % 7
    assert any("rests largely on sampling noise" in note for note in correlate(odd).notes)


def test_a_driver_the_gene_table_does_not_place_is_said(adata):
    found = correlate(adata, "GENE001", genes=["CCNE2"])
    assert any(note.startswith("amplicon not flagged") for note in found.notes)
    assert not found.table["amplicon"].any()


def test_it_writes_itself(adata, tmp_path):
    paths = correlate(adata, genes=["CCNE2"]).write(tmp_path)
    assert [path.name for path in paths] == ["correlations.tsv", "background.tsv.gz"]
    assert read_table(paths[0], required=CORRELATION_COLUMNS)["gene_id"].tolist() == ["CCNE2"]
    assert len(read_table(paths[1])) == adata.n_vars - 2


def test_p_is_uniform_for_a_driver_that_nothing_follows(adata):
    rng = np.random.default_rng(3)
    p = []
    for _ in range(5):
        one = adata.copy()
        one.X[:, 0] = rng.poisson(800 * 2.0 ** rng.normal(size=60))
        # Per library size: a composition effect of the driver itself would be a real one.
        p += correlate(one, genes=None).table["pvalue"].tolist()
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.04)


@pytest.mark.shared_data
def test_the_share_of_genes_above_the_papers_weakest_correlation(shared):
    from rnaseq_s6k1.io.counts import read_counts

    tumours = read_counts(shared / "data" / "tcga_brca_115" / "counts.tsv.gz")
    found = correlate(tumours)
    # 13 % by an independent calculation.
    assert found.share_above(0.24) == pytest.approx(0.13, abs=0.01)
    assert set(found.table["gene_name"]) == set(DEFAULT_GENES)
    assert found.table["gene_name"][0] == "CCNE2"
