"""From counts to the table: rules, refusals, invariances, behaviour under the null."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

import anndata
import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from rnaseq_s6k1.de.engine import ENGINES
from rnaseq_s6k1.de.result import RESULT_COLUMNS, DEResult
from rnaseq_s6k1.de.run import run_de
from rnaseq_s6k1.design.contrast import Contrast
from rnaseq_s6k1.errors import DataError, ModelError, UsageError

# The pydeseq2 engine takes seconds where the fast one takes none.
_PARAMS = [pytest.param(name, marks=[pytest.mark.slow] * (name == "pydeseq2")) for name in ENGINES]


@pytest.fixture(scope="module", params=_PARAMS)
def fit(request) -> Callable[..., DEResult]:
    """Every engine keeps the same promises."""
    return partial(run_de, engine=request.param)


@pytest.fixture(scope="module")
def mixed(simulated) -> anndata.AnnData:
    """600 genes, 6 v 6: changed ones, ones without counts, a rare one, an outlying count."""
    effects = np.zeros(600)
    effects[:60], effects[60:120] = 2.0, -2.0
    effects[120:180] = 0.6
    adata = simulated(n_genes=600, n_per_group=6, effects=effects, dispersion=0.02)
    adata.X[:, 590:] = 0
    rng = np.random.default_rng(1)
    adata.X[:, 400:590] = rng.poisson(0.4, size=(12, 190))
    adata.X[:, 200] = rng.poisson(20, size=12)
    adata.X[3, 200] = 4_000
    return adata


@pytest.fixture(scope="module")
def result(fit, mixed):
    return fit(mixed)


def test_columns_and_order(result):
    table = result.table
    assert tuple(table.columns) == RESULT_COLUMNS
    assert table["gene_id"].is_monotonic_increasing
    assert table.index.tolist() == list(range(600))
    assert result.parameters.n_target == result.parameters.n_reference == 6
    assert result.contrast == Contrast("condition", "treated", "control")


def test_finds_what_was_planted_in_its_direction(result):
    table = result.table.set_index("gene_id")
    planted_up, planted_down = table.iloc[:60], table.iloc[60:120]
    assert (planted_up["direction"] == "up").mean() > 0.9
    assert (planted_down["direction"] == "down").mean() > 0.9
    assert planted_up["log2FoldChange"].median() == pytest.approx(2.0, abs=0.15)
    unchanged = table.iloc[201:400]
    assert (unchanged["direction"] != "none").sum() <= 1
    assert result.n_up + result.n_down == len(result.degs)


def test_all_reasons_for_a_missing_padj_occur_and_explain_it(result):
    table = result.table.set_index("gene_id")
    assert set(table["padj_na_reason"]) == {"", "all_zero", "low_mean", "outlier"}
    assert (table.loc["gene0590":, "padj_na_reason"] == "all_zero").all()
    assert table.loc["gene0200", "padj_na_reason"] == "outlier"
    np.testing.assert_array_equal(table["padj_na_reason"] == "", table["padj"].notna())
    low = table[table["padj_na_reason"] == "low_mean"]
    assert low["pvalue"].notna().all()
    assert low["baseMean"].max() < table.loc[table["padj"].notna(), "baseMean"].min()


def test_shrinkage_pulls_towards_zero_and_is_optional(fit, mixed, result):
    table = result.table.dropna(subset=["padj"])
    assert (table["log2FoldChange_shrunk"].abs() <= table["log2FoldChange"].abs() + 0.05).all()
    plain = fit(mixed, shrink=False)
    assert plain.table["log2FoldChange_shrunk"].isna().all()
    others = [name for name in RESULT_COLUMNS if name != "log2FoldChange_shrunk"]
    pd.testing.assert_frame_equal(plain.table[others], result.table[others])


@pytest.mark.parametrize("seed", range(3))
def test_order_of_genes_and_samples_does_not_matter(fit, mixed, result, seed):
    rng = np.random.default_rng(seed)
    shuffled = mixed[rng.permutation(12)][:, rng.permutation(600)].copy()
    shuffled.X = np.asfortranarray(shuffled.X) if seed == 2 else shuffled.X
    again = fit(shuffled)
    pd.testing.assert_frame_equal(again.table, result.table, check_exact=True)
    pd.testing.assert_frame_equal(again.vst(), result.vst(), check_exact=True)


def test_more_cores_and_a_second_run_change_nothing(fit, mixed, result):
    again = fit(mixed, jobs=2)
    pd.testing.assert_frame_equal(again.table, result.table, check_exact=True)


def test_the_input_is_left_alone(fit, mixed):
    before = mixed.copy()
    fit(mixed, shrink=False)
    np.testing.assert_array_equal(mixed.X, before.X)
    pd.testing.assert_frame_equal(mixed.obs, before.obs)
    assert not mixed.uns
    assert not mixed.obsm


def test_turning_the_contrast_turns_the_signs(fit, mixed, result):
    turned = fit(mixed, contrast=("condition", "control", "treated"))
    fitted = result.table["log2FoldChange"].notna()
    np.testing.assert_allclose(
        turned.table.loc[fitted, "log2FoldChange"],
        -result.table.loc[fitted, "log2FoldChange"],
        atol=2e-3,
    )
    assert (turned.n_up, turned.n_down) == (result.n_down, result.n_up)


def test_sparse_and_floating_whole_numbers_are_the_same_counts(fit, mixed, result):
    for X in (scipy.sparse.csr_matrix(mixed.X), mixed.X.astype(np.float64)):
        other = anndata.AnnData(X, obs=mixed.obs.copy(), var=mixed.var.copy())
        pd.testing.assert_frame_equal(fit(other).table, result.table, check_exact=True)


def test_the_two_modes_answer_different_questions(fit, mixed, result):
    tested = fit(mixed, lfc_mode="test", shrink=False)
    called_by_filter = set(result.degs["gene_id"])
    called_by_test = set(tested.degs["gene_id"])
    assert called_by_test < called_by_filter
    assert len(called_by_test) > 0
    assert "(--lfc-mode test)" in tested.parameters.rule
    assert "(--lfc-mode filter)" in result.parameters.rule
    # A gene of 0.6 is different from 0, and not from |log2FC| <= 1.
    some = slice(120, 180)
    assert (result.table["pvalue"].iloc[some] < 0.05).mean() > 0.8
    assert (tested.table["pvalue"].iloc[some] > 0.05).all()


def test_unadjusted_p_calls_more_genes(fit, mixed, result):
    loose = fit(mixed, significance="pvalue", lfc=0.0, shrink=False)
    strict = fit(mixed, significance="padj", lfc=0.0, shrink=False)
    assert set(strict.degs["gene_id"]) < set(loose.degs["gene_id"])
    assert loose.parameters.rule.startswith("unadjusted p < 0.05")


def test_the_gene_that_split_the_groups_is_never_called(fit, mixed, result):
    split = result.degs["gene_id"].iloc[0]
    again = fit(mixed, split_gene=split, shrink=False)
    row = again.table.set_index("gene_id").loc[split]
    assert row["direction"] == "none"
    assert row["padj"] < 0.05
    assert set(again.degs["gene_id"]) == set(result.degs["gene_id"]) - {split}


def test_numbered_groups_are_counted_whatever_way_they_are_written(fit, simulated):
    adata = simulated(n_genes=200)
    adata.obs["dose"] = np.repeat([1.0, 5.0], 4)
    found = fit(adata, "~ C(dose)", ("dose", "5", "1"), shrink=False)
    assert (found.parameters.n_target, found.parameters.n_reference) == (4, 4)


def test_groups_without_a_difference_give_few_small_p(fit, simulated):
    shares = []
    for seed in range(6):
        table = fit(simulated(n_genes=400, seed=seed), shrink=False).table
        shares.append((table["pvalue"] < 0.05).mean())
        assert (table["direction"] != "none").sum() == 0
    # 2,400 genes: the Wald test on shared dispersions is a little liberal at 4 v 4.
    assert 0.03 < np.mean(shares) < 0.08


def test_an_outlying_sample_is_warned_of(fit, simulated, caplog):
    adata = simulated(n_genes=800, n_per_group=4)
    noise = np.random.default_rng(1).lognormal(0, 1.0, size=800)
    adata.X[5] = (adata.X[5] * noise).astype(int)
    with caplog.at_level(logging.WARNING, logger="rnaseq_s6k1"):
        fit(adata, shrink=False)
    assert "sample treated_2 looks like an outlier of group treated" in caplog.text
    caplog.clear()
    fit(simulated(n_genes=800, n_per_group=4), shrink=False)
    assert not caplog.records


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: X + 0.5, "the counts hold decimals; give raw counts, or round"),
        (lambda X: X - X.max(), "the counts hold negative values; give raw counts"),
        (lambda X: np.where(X > 5, np.nan, X), "the counts hold missing or infinite values"),
        (lambda X: np.where(X > 5, np.inf, X), "the counts hold missing or infinite values"),
        (lambda X: X[:, :0], "the count matrix is empty: 8 samples, 0 genes"),
        (lambda X: X[:0], "the count matrix is empty: 0 samples, 20 genes"),
    ],
)
def test_refuses_what_is_no_counts(simulated, change, message):
    adata = simulated(n_genes=20)
    X = change(adata.X)
    bad = anndata.AnnData(X, obs=adata.obs.iloc[: X.shape[0]], var=adata.var.iloc[: X.shape[1]])
    with pytest.raises(DataError, match=message):
        run_de(bad)


@pytest.mark.filterwarnings("ignore:.*names are not unique")
def test_refuses_names_given_twice(simulated):
    adata = simulated(n_genes=20)
    adata.var_names = ["TP53", *adata.var_names[:-2], "TP53"]
    with pytest.raises(DataError, match="the gene id TP53 occurs more than once"):
        run_de(adata)
    adata = simulated(n_genes=20)
    adata.obs_names = ["a", "a", *adata.obs_names[2:]]
    with pytest.raises(DataError, match="the sample a occurs more than once"):
        run_de(adata)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"lfc": -1.0}, r"--lfc must be 0 or more \(log2 units\), not -1"),
        ({"lfc": float("nan")}, "--lfc must be 0 or more"),
        ({"alpha": 0.0}, "--alpha must lie between 0 and 1, not 0"),
        ({"alpha": 1.5}, "--alpha must lie between 0 and 1, not 1.5"),
        ({"filter_alpha": float("nan")}, "--filter-alpha must lie between 0 and 1, not nan"),
        ({"lfc_mode": "both"}, "--lfc-mode must be filter or test, not 'both'"),
        ({"significance": "q"}, "--significance must be padj or pvalue, not 'q'"),
        ({"engine": "edger"}, "no engine is called 'edger'; choose one of fast, pydeseq2"),
        ({"contrast": ("condition", "treated", "placebo")}, "the reference 'placebo' is no level"),
    ],
)
def test_refuses_arguments_that_make_no_sense(simulated, arguments, message):
    with pytest.raises(UsageError, match=message):
        run_de(simulated(n_genes=20), **arguments)


def test_refuses_counts_without_a_gene_seen_everywhere(simulated):
    adata = simulated(n_genes=20)
    adata.X[0] = 0
    with pytest.raises(ModelError, match="every gene has a zero count in some sample; leave out"):
        run_de(adata)


def test_refuses_groups_without_replicates(simulated):
    adata = simulated(n_genes=20)[[0, 1, 4]].copy()
    with pytest.raises(ModelError, match="treated"):
        run_de(adata)
