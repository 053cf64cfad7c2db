from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from rnaseq_s6k1.cohort.score_bridge.expression import (
    cohort_expression,
    score_samples,
    scoring_matrix,
)
from rnaseq_s6k1.cohort.score_bridge.hazards import hazard_statistics
from rnaseq_s6k1.cohort.score_bridge.proliferation import proliferation_meta_gene
from rnaseq_s6k1.cohort.score_bridge.random_signatures import expression_bins, random_scores
from rnaseq_s6k1.cohort.score_bridge.signature import signature_of_results
from rnaseq_s6k1.cohort.survival.cox import fit_cox
from rnaseq_s6k1.errors import DataError, ModelError, UsageError


def test_called_genes_carry_their_signs(hidden):
    signature = signature_of_results(hidden.results, exclude={"RPS6KB1", "PPM1D"})
    assert len(signature.weights) == 50
    assert (signature.weights[[f"U{k:02d}" for k in range(25)]] == 1).all()
    assert (signature.weights[[f"D{k:02d}" for k in range(25)]] == -1).all()
    assert signature.sentence == ("25 genes up and 25 down: all called genes, each with its sign")


def test_leading_genes_and_their_weights(hidden):
    rows = hidden.results
    top = signature_of_results(rows, top=10, weights="stat")
    expected = rows.loc[rows["stat"].abs().nlargest(10).index].set_index("gene_name")["stat"]
    pd.testing.assert_series_equal(top.weights, expected.sort_index(), check_names=False)
    shrunk = signature_of_results(rows, top=10, weights="lfc").weights
    np.testing.assert_allclose(shrunk, top.weights / 6)
    plain = rows.assign(log2FoldChange_shrunk=np.nan)
    np.testing.assert_allclose(
        signature_of_results(plain, top=10, weights="lfc").weights, top.weights / 5
    )


def test_the_signature_does_not_depend_on_rows_and_names_repeat_harmlessly(hidden):
    rows = hidden.results
    one = signature_of_results(rows).weights
    pd.testing.assert_series_equal(one, signature_of_results(rows.iloc[::-1]).weights)
    twin = rows[rows["gene_name"] == "U00"].assign(gene_id="twin", stat=-1.0, direction="down")
    pd.testing.assert_series_equal(one, signature_of_results(pd.concat([twin, rows])).weights)


def test_what_is_no_signature_is_refused(hidden):
    with pytest.raises(ModelError, match=r"has 0 genes \(all called genes.*--top 200"):
        signature_of_results(hidden.results.assign(direction="none"))
    with pytest.raises(UsageError, match="--top 3"):
        signature_of_results(hidden.results, top=3)
    with pytest.raises(UsageError, match="weights must be one of sign, stat, lfc"):
        signature_of_results(hidden.results, weights="p")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="no gene of the results has a statistic"):
        signature_of_results(hidden.results.assign(stat=np.nan))


def test_scores_by_hand():
    log2 = np.array([[1.0, 5.0, 3.0, 0.0], [2.0, 4.0, 3.0, 1.0], [3.0, 3.0, 9.0, 2.0]])
    weights = np.array([2.0, -1.0])
    z = scoring_matrix(log2, "zscore")
    np.testing.assert_allclose(z[:, :2], [[-1, 1], [0, 0], [1, -1]])
    np.testing.assert_allclose(score_samples(z[:, :2], weights, "zscore"), [-1, 0, 1])
    ranks = scoring_matrix(log2, "rank")
    np.testing.assert_allclose(ranks[0] * 4 + 2.5, [2, 4, 3, 1])
    np.testing.assert_allclose(ranks[2] * 4 + 2.5, [2.5, 2.5, 4, 1])
    np.testing.assert_allclose(score_samples(ranks[:, :2], weights, "rank"), [-0.5, -0.5, 0.0])
    # A sample's rank score is its own affair.
    np.testing.assert_allclose(scoring_matrix(log2[:1], "rank"), ranks[:1])


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.sampled_from(["zscore", "rank"]), st.floats(0.1, 50))
def test_scores_turn_with_their_signs_and_not_with_their_scale(seed, method, factor):
    rng = np.random.default_rng(seed)
    matrix = scoring_matrix(rng.normal(size=(8, 20)), method)[:, :6]
    weights = rng.normal(size=6)
    score = score_samples(matrix, weights, method)
    np.testing.assert_allclose(score_samples(matrix, -weights, method), -score, atol=1e-12)
    np.testing.assert_allclose(score_samples(matrix, factor * weights, method), score, atol=1e-12)
    order = rng.permutation(6)
    np.testing.assert_allclose(
        score_samples(matrix[:, order], weights[order], method), score, atol=1e-12
    )


def test_expression_keeps_expressed_genes_in_a_fixed_order(hidden):
    adata = hidden.adata.copy()
    adata.X[:, 5] = 0
    silent = adata.var_names[5]
    rng = np.random.default_rng(1)
    shuffled = adata[rng.permutation(adata.n_obs)][:, rng.permutation(adata.n_vars)].copy()
    one, other = (cohort_expression(each, hidden.names) for each in (adata, shuffled))
    np.testing.assert_array_equal(one.log2_cpm, other.log2_cpm)
    assert one.genes == other.genes == sorted(one.genes)
    assert silent not in one.genes
    with pytest.raises(ModelError, match="9 samples are too few"):
        cohort_expression(adata[:9].copy(), hidden.names)
    adata.X[3] = 0
    with pytest.raises(DataError, match="1 sample without any counts: 'T03'"):
        cohort_expression(adata, hidden.names)


def test_the_meta_gene_is_the_median_of_its_genes(hidden):
    expression = cohort_expression(hidden.adata, hidden.names)
    for kind in ("hallmark", "pcna"):
        meta = proliferation_meta_gene(expression, kind, exclude={"MCM2"})
        assert "MCM2" not in meta.genes
        columns = [expression.genes.index(gene) for gene in meta.genes]
        z = stats.zscore(expression.log2_cpm[:, columns], ddof=1)
        np.testing.assert_allclose(meta.values, np.median(z, axis=1))
    with pytest.raises(DataError, match="of at least 10"):
        proliferation_meta_gene(expression, "hallmark", exclude=set(expression.genes))
    with pytest.raises(UsageError, match="one of hallmark, pcna"):
        proliferation_meta_gene(expression, "ki67")  # type: ignore[arg-type]


def test_random_signatures_are_matched_on_expression():
    mean = np.random.default_rng(0).normal(size=100)
    bins = expression_bins(mean)
    assert np.bincount(bins).tolist() == [5] * 20
    assert (np.diff(bins[np.argsort(mean)]) >= 0).all()
    # Columns that tell which gene was drawn: powers of two sum up without loss.
    members = np.flatnonzero(np.isin(bins, [3, 7]))[[0, 3, 5, 8]]
    matrix = np.eye(100)
    pool = np.ones(100, dtype=bool)
    pool[members[0]] = False
    weights = np.array([1.0, 1.0, -1.0, 1.0])
    scores = random_scores(matrix, bins, pool, members, weights, n=200, method="zscore", seed=0)
    drawn = scores != 0
    assert (drawn.sum(axis=0) == 4).all(), "no gene twice"
    wanted = np.bincount(bins[members], minlength=20)
    for k in range(200):
        np.testing.assert_array_equal(np.bincount(bins[drawn[:, k]], minlength=20), wanted)
    assert not drawn[members[0]].any()
    assert drawn[members[1]].any(), "the signature's own genes may be drawn"
    np.testing.assert_allclose(scores.sum(axis=0), 0.5, err_msg="weights keep their signs")
    again = random_scores(matrix, bins, pool, members, weights, n=200, method="zscore", seed=0)
    np.testing.assert_array_equal(scores, again)


def test_hazard_statistics_are_those_of_single_models(hidden):
    time = hidden.clinical["OS.time"].to_numpy()
    event = hidden.clinical["OS"].to_numpy() == 1
    rng = np.random.default_rng(3)
    scores, given = rng.normal(size=(80, 4)), rng.normal(size=80)
    for adjust in (None, given):
        z = hazard_statistics(scores, time, event, adjust)
        for k in range(4):
            X = pd.DataFrame({"score": scores[:, k]})
            if adjust is not None:
                X["given"] = adjust
            assert z[k] == pytest.approx(fit_cox(X, time, event).terms["z"][0], rel=1e-7)
