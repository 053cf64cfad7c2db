"""Scores of whole matrices: pairs, names, files, comparison with its null, order of the input."""

from __future__ import annotations

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from rnaseq_s6k1.enrichment.scores.comparison import COMPARISON_COLUMNS, compare_scores
from rnaseq_s6k1.enrichment.scores.directions import find_pairs
from rnaseq_s6k1.enrichment.scores.expression import (
    counted_genes,
    fewest_with_counts,
    named_expression,
    stabilised,
)
from rnaseq_s6k1.enrichment.scores.method import METHODS
from rnaseq_s6k1.enrichment.scores.result import SET_COLUMNS
from rnaseq_s6k1.enrichment.scores.run import run_scores
from rnaseq_s6k1.errors import DataError, ModelError, UsageError
from rnaseq_s6k1.io.gmt import GeneSet
from rnaseq_s6k1.io.tables import read_table

GENES = [f"zz{i:03d}" for i in range(200)]
SAMPLES = [f"s{i}" for i in range(8)]


@pytest.fixture
def expression() -> pd.DataFrame:
    values = np.random.default_rng(1).normal(6, 1, (8, 200))
    values[4:, :20] += 1.5
    values[4:, 20:40] -= 1.5
    return pd.DataFrame(values, index=SAMPLES, columns=GENES)


def sets_of(**sets: list[str]) -> dict[str, dict[str, GeneSet]]:
    return {"c": {name: GeneSet(name, "", tuple(genes)) for name, genes in sets.items()}}


SETS = sets_of(X_UP=GENES[:20], X_DN=GENES[20:40], FLAT=GENES[100:140], SMALL=GENES[:3])


def design_of(samples) -> tuple[pd.DataFrame, np.ndarray]:
    group = np.array([float(name in SAMPLES[4:]) for name in samples])
    return pd.DataFrame({"one": 1.0, "group": group}, index=samples), np.array([0.0, 1.0])


def test_pairs_are_found_by_their_names():
    keys = [("c", "X_UP"), ("c", "X_DN"), ("c", "Y_UP"), ("d", "Y_DN"), ("c", "Z_DOWN"),
            ("c", "Z_UP"), ("c", "W_UP"), ("c", "W_DN"), ("c", "W_UP_DN"), ("c", "UP")]  # fmt: skip
    assert find_pairs(keys) == {
        ("c", "X_UP_DN"): (("c", "X_UP"), ("c", "X_DN")),
        ("c", "Z_UP_DOWN"): (("c", "Z_UP"), ("c", "Z_DOWN")),
    }


def test_scores_sets_and_reasons(expression, tmp_path):
    design, contrast = design_of(SAMPLES)
    result = run_scores(expression, SETS, METHODS, design=design, contrast=contrast)
    assert tuple(result.sets.columns) == SET_COLUMNS
    assert list(result.sets["column"]) == ["FLAT", "X_DN", "X_UP", "X_UP_DN"]
    rows = result.sets.set_index("column")
    assert tuple(rows.loc["X_UP_DN", ["kind", "size", "up", "down"]]) == ("pair", 40, 20, 20)
    assert result.dropped.to_numpy().tolist() == [["c", "SMALL", 3, "under 15 genes found"]]
    for method in METHODS:
        moved = result.scores[method]["X_UP_DN"]
        assert (moved[4:] > moved[:4].max()).all()
    table = result.comparison
    assert tuple(table.columns) == COMPARISON_COLUMNS
    assert (table.loc[table["column"] == "X_UP_DN", "padj"] < 1e-3).all()
    assert (table.loc[table["column"] == "FLAT", "padj"] > 0.05).all()
    paths = result.write(tmp_path, pd.DataFrame({"arm": list("aaaabbbb")}, index=SAMPLES))
    assert [path.name for path in paths] == [
        "scores.tsv", "sets.tsv", "dropped_sets.tsv", "comparison.tsv", "scores.h5ad",
    ]  # fmt: skip
    wide = read_table(tmp_path / "scores.tsv")
    assert list(wide.columns) == ["sample", "method", *result.sets["column"]]
    assert len(wide) == 8 * len(METHODS)
    back = anndata.read_h5ad(tmp_path / "scores.h5ad")
    assert list(back.obs["arm"]) == list("aaaabbbb")
    for method in METHODS:
        stored = back.obsm[f"score_{method}"]
        np.testing.assert_array_equal(stored.to_numpy(), result.scores[method].to_numpy())
        np.testing.assert_array_equal(
            wide.loc[wide["method"] == method].iloc[:, 2:].to_numpy(dtype=float), stored.to_numpy()
        )
        assert back.uns[f"score_{method}"]["reference"]


def test_order_and_jobs_do_not_matter(expression):
    first = run_scores(expression, SETS, METHODS, jobs=1)
    turned = {"c": dict(reversed(SETS["c"].items()))}
    second = run_scores(expression.iloc[::-1, ::-1], turned, METHODS, jobs=2, seed=5)
    for method in METHODS:
        pd.testing.assert_frame_equal(first.scores[method], second.scores[method], check_exact=True)


def test_sets_with_slashes_and_shared_names_are_stored(expression, tmp_path):
    collections = {
        "a": {"S/T": GeneSet("S/T", "", tuple(GENES[:20]))},
        "b": {"S/T": GeneSet("S/T", "", tuple(GENES[20:40]))},
    }
    result = run_scores(expression, collections, ["rank"])
    assert list(result.scores["rank"].columns) == ["a:S/T", "b:S/T"]
    result.write(tmp_path)
    stored = anndata.read_h5ad(tmp_path / "scores.h5ad").obsm["score_rank"]
    assert list(stored.columns) == ["a:S_T", "b:S_T"]


def test_excluded_genes_are_in_no_set(expression):
    result = run_scores(expression, SETS, ["rank"], exclude=[GENES[0]])
    assert result.sets.set_index("column").loc["X_UP", "size"] == 19


def test_too_few_samples_are_refused(expression):
    with pytest.raises(DataError, match="gsva needs at least 2 samples and there is 1; use ssgsea"):
        run_scores(expression.iloc[:1], SETS, ["gsva"])
    with pytest.raises(UsageError, match="no scoring method was given"):
        run_scores(expression, SETS, [])


def test_comparison_without_covariates_is_the_pooled_t_test(expression):
    scores = run_scores(expression, SETS, ["rank"]).scores["rank"]
    found = compare_scores(scores, *design_of(SAMPLES), method="rank").set_index("column")
    for name in scores.columns:
        expected = ttest_ind(scores[name][4:], scores[name][:4])
        interval = expected.confidence_interval()
        assert found.loc[name, "t"] == pytest.approx(expected.statistic)
        assert found.loc[name, "pvalue"] == pytest.approx(expected.pvalue)
        assert found.loc[name, "ci_low"] == pytest.approx(interval.low)
        assert found.loc[name, "ci_high"] == pytest.approx(interval.high)


def test_comparison_adjusts_for_covariates_and_holds_its_level():
    import statsmodels.api as sm

    rng = np.random.default_rng(8)
    batch = np.tile([0.0, 1.0], 5)
    design = pd.DataFrame(
        {"one": 1.0, "batch": batch, "group": np.repeat([0.0, 1.0], 5)},
        index=[f"s{i}" for i in range(10)],
    )
    values = rng.normal(size=(10, 2000)) + 3 * batch[:, None]
    scores = pd.DataFrame(values, index=design.index, columns=[f"S{i}" for i in range(2000)])
    found = compare_scores(scores, design, np.array([0.0, 0.0, 1.0]))
    assert found["pvalue"].lt(0.05).mean() == pytest.approx(0.05, abs=3 * np.sqrt(0.0475 / 2000))
    fit = sm.OLS(values[:, 0], design.to_numpy()).fit()
    assert found["pvalue"][0] == pytest.approx(fit.pvalues[2])
    assert (found["df"] == 7).all()


def test_scores_of_correlated_genes_hold_their_level():
    # 0.2 correlation among the genes of a set and no effect: the samples are the units.
    rng = np.random.default_rng(5)
    below = 0
    for _ in range(300):
        shared = rng.normal(size=(8, 1))
        values = rng.normal(size=(8, 200))
        values[:, :40] = np.sqrt(0.8) * values[:, :40] + np.sqrt(0.2) * shared
        frame = pd.DataFrame(values, index=SAMPLES, columns=GENES)
        design, contrast = design_of(SAMPLES)
        result = run_scores(
            frame, sets_of(S=GENES[:40]), ["zscore"], design=design, contrast=contrast
        )
        below += result.comparison["pvalue"][0] < 0.05
    assert 0.05 - 0.04 < below / 300 < 0.05 + 0.04


def test_comparison_of_constant_scores_is_missing():
    design, contrast = design_of(SAMPLES)
    flat = pd.DataFrame({"S": 1.0, "T": np.nan}, index=SAMPLES)
    found = compare_scores(flat, design, contrast)
    assert found["pvalue"].isna().all()
    with pytest.raises(ModelError, match="leave no degree of freedom to compare"):
        compare_scores(flat.iloc[[0, 4]], design.iloc[[0, 4]], contrast)


def test_names_choose_the_most_expressed_gene():
    values = pd.DataFrame([[1.0, 5.0, 3.0], [1.0, 4.0, 3.0]], ["b", "a"], ["e1", "e2", "e3"])
    named = named_expression(values, pd.Series(["M", "M", "A"], ["e1", "e2", "e3"]))
    assert named.columns.tolist() == ["A", "M"]
    assert named.index.tolist() == ["a", "b"]
    assert named["M"].tolist() == [4.0, 5.0]
    values.iloc[0, 1] = np.nan
    with pytest.raises(DataError, match="gene 'e2' in sample 'b' is missing or infinite"):
        named_expression(values, pd.Series(["M", "M", "A"], ["e1", "e2", "e3"]))
    with pytest.raises(DataError, match="no expression to score"):
        named_expression(values.iloc[:0], pd.Series(dtype=object))


def test_counted_genes():
    counts = np.array([[0, 10, 9], [0, 10, 10], [3, 0, 10]])
    assert counted_genes(counts, min_count=10, fewest_samples=2).tolist() == [False, True, True]
    assert counted_genes(counts, min_count=0, fewest_samples=1).tolist() == [True, True, True]
    assert fewest_with_counts(100) == 10
    assert fewest_with_counts(1) == 1
    assert fewest_with_counts(9, pd.Series(list("aaaabb"))) == 2


def test_counts_are_stabilised():
    rng = np.random.default_rng(2)
    mean = np.exp(rng.normal(5, 1.5, 800))
    counts = pd.DataFrame(
        rng.negative_binomial(5.0, 5.0 / (5.0 + mean), (12, 800)), columns=range(800)
    )
    counts[800] = 0
    values = stabilised(counts)
    assert 800 not in values.columns
    assert values.shape[0] == 12
    # Of nearly constant spread, where that of log counts would fall with the mean.
    spread = values.std(axis=0).to_numpy()
    order = np.argsort(mean[values.columns.to_numpy()])
    low, high = spread[order[:200]].mean(), spread[order[-200:]].mean()
    assert 0.6 < low / high < 1.3
