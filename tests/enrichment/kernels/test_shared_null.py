"""Random sets of all sizes from one permutation: prefixes, distribution, and fgsea's null."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp, norm

from rnaseq_s6k1.enrichment.kernels.score import (
    NEGATIVE,
    POSITIVE,
    TWO_SIDED,
    choose_score,
    extremes,
)
from rnaseq_s6k1.enrichment.kernels.shared_null import count_beyond, null_scores, sum_sides

WEIGHTS = np.abs(np.sort(np.random.default_rng(0).standard_t(4, size=300))[::-1]).copy()


def drawn(sizes, *, seed=0, first=0, number=50, kind=TWO_SIDED, weights=WEIGHTS):
    scores = np.empty((len(sizes), number))
    null_scores(weights, np.asarray(sizes, dtype=np.int64), kind, seed, first, scores)
    return scores


def test_a_size_gets_the_same_sets_whatever_else_is_asked_for():
    everything = drawn([1, 5, 20, 80, 299])
    for row, size in enumerate([1, 5, 20, 80, 299]):
        np.testing.assert_array_equal(drawn([size])[0], everything[row])
    np.testing.assert_array_equal(drawn([5, 80]), everything[[1, 3]])


def test_permutations_are_numbered():
    whole = drawn([10, 40], number=60)
    parts = [drawn([10, 40], first=first, number=20) for first in (0, 20, 40)]
    np.testing.assert_array_equal(np.hstack(parts), whole)
    assert not np.array_equal(drawn([10], seed=1), drawn([10], seed=0))


@pytest.mark.parametrize("kind", [TWO_SIDED, POSITIVE, NEGATIVE])
@pytest.mark.parametrize("weights", [WEIGHTS, np.ones(300), np.zeros(300)])
def test_against_sets_drawn_by_numpy(kind, weights):
    rng = np.random.default_rng(1)
    for size in (3, 40):
        expected = []
        for _ in range(1500):
            positions = np.sort(rng.choice(300, size, replace=False))
            expected.append(choose_score(*extremes(positions, weights), kind))
        found = drawn([size], number=1500, kind=kind, weights=weights)[0]
        assert ks_2samp(found, expected).pvalue > 1e-3


@given(st.integers(0, 2**32 - 1), st.integers(2, 40))
def test_the_incremental_score_is_the_score(seed, n):
    """On a ranking of powers of two each set of one gene and of two is known by its score."""
    weights = 2.0 ** -np.arange(n)
    possible = {
        choose_score(*extremes(np.array(sorted({i, j})), weights), TWO_SIDED)
        for i in range(n)
        for j in range(n)
        if n > len({i, j})
    }
    sizes = [1, 2] if n > 2 else [1]
    for score in drawn(sizes, seed=seed, number=5, weights=weights).ravel():
        assert min(abs(score - one) for one in possible) < 1e-12


def test_sides_are_summed_and_counted():
    scores = np.array([[0.5, -0.25, 0.0, -0.5], [0.1, 0.2, 0.3, 0.4]])
    counts, sums = np.zeros((2, 2), dtype=np.int64), np.zeros((2, 2))
    sum_sides(scores, TWO_SIDED, counts, sums)
    assert counts.tolist() == [[2, 2], [4, 0]]
    assert sums.tolist() == [[0.5, -0.75], [1.0, 0.0]]
    counts[:], sums[:] = 0, 0
    sum_sides(-np.abs(scores), NEGATIVE, counts, sums)
    assert counts.tolist() == [[0, 4], [0, 4]]
    beyond = np.zeros(4, dtype=np.int64)
    count_beyond(
        scores,
        np.array([0, 0, 1, 0]),
        np.array([0.0, -0.25, 0.2, 0.5 + 1e-15]),
        np.array([False, True, False, False]),
        beyond,
    )
    assert beyond.tolist() == [2, 2, 3, 1]


@pytest.mark.shared_data
def test_against_the_null_of_fgsea(shared):
    """1,000 random sets each: counts within binomial error, sums within that of a mean."""
    folder = shared / "data" / "gsea_reference" / "fgsea_cpp"
    weights = np.abs(pd.read_csv(folder / "inputs" / "stats.tsv", sep="\t")["stats"].to_numpy())
    sizes = pd.read_csv(folder / "inputs" / "cumbatch_pathwaysSizes.tsv", header=None)[0]
    observed = pd.read_csv(folder / "inputs" / "cumbatch_pathwayScores.tsv", sep="\t")
    expected = pd.read_csv(folder / "refs" / "ref_calcGseaStatCumulativeBatch.tsv", sep="\t")
    asked = np.unique(sizes.to_numpy(dtype=np.int64))
    scores = drawn(asked, number=4000, weights=weights)
    z = []
    for size, es, row in zip(sizes, observed["pathwayScores"], expected.itertuples(), strict=True):
        null = scores[np.searchsorted(asked, size)]
        for found, reference in (
            ((null >= es).mean(), row.geEs / 1000),
            ((null >= 0).mean(), row.geZero / 1000),
        ):
            p = (4 * found + reference) / 5
            error = np.sqrt(p * (1 - p) * (1 / 4000 + 1 / 1000))
            z.append((found - reference) / error if error > 0 else 0.0)
        positive = np.maximum(null, 0)
        error = positive.std() * np.sqrt(1 / 4000 + 1 / 1000)
        z.append((positive.mean() - row.geZeroSum / 1000) / error)
    # fgsea's counts share their permutations, so that they stray together.
    assert np.abs(z).max() < norm.isf(1e-4)
    assert np.mean(np.square(z)) < 2
