"""Tail probabilities against all subsets of small rankings, and between seeds."""

from __future__ import annotations

from itertools import combinations
from math import comb, log

import numpy as np
import pytest

from rnaseq_s6k1.enrichment.importance import view_from
from rnaseq_s6k1.enrichment.kernels.importance_sampling import Effort, tail_probabilities
from rnaseq_s6k1.enrichment.kernels.score import (
    NEGATIVE,
    POSITIVE,
    TIE,
    TWO_SIDED,
    choose_score,
    extremes,
)
from rnaseq_s6k1.enrichment.located import gene_weights

N, K = 12, 3
STATS = np.array([3.1, 2.4, 2.0, 1.1, 0.9, 0.4, 0.1, -0.2, -0.8, -1.5, -1.9, -4.0])


def estimates(weights, k, score, kind, *, turned, number, effort):
    """Independent estimates of one probability."""
    log_p, errors = np.empty(number), np.empty(number)
    draws = np.empty(number, dtype=np.int64)
    tail_probabilities(
        0,
        np.arange(number, dtype=np.uint64),
        np.full(number, k),
        np.full(number, score),
        kind,
        view_from(weights, turned=turned),
        effort,
        log_p,
        errors,
        draws,
    )
    return log_p, errors, draws


def all_scores(weights, k, kind):
    sets = combinations(range(len(weights)), k)
    return np.array([choose_score(*extremes(np.array(s), weights), kind) for s in sets])


@pytest.mark.parametrize("weight", [0.0, 1.0, 1.5, 2.0])
@pytest.mark.parametrize("kind", [TWO_SIDED, POSITIVE, NEGATIVE])
def test_against_all_subsets(weight, kind):
    weights = gene_weights(STATS, weight)
    scores = all_scores(weights, K, kind)
    z = []
    for turned in (False, True):
        if (turned and kind == POSITIVE) or (not turned and kind == NEGATIVE):
            continue
        sided = -scores if turned else scores
        levels = np.unique(np.round(sided[sided > 0], 10))
        for score in levels[:: max(len(levels) // 8, 1)]:
            exact = (sided >= score - 1e-9).mean()
            log_p, errors, _ = estimates(
                weights,
                K,
                score,
                kind,
                turned=turned,
                number=40,
                effort=Effort(400, 1, 0.0, -np.inf, 0.0),
            )
            found = np.exp(log_p)
            error = np.sqrt(np.mean((errors * found) ** 2) / len(found)) + 1e-12
            z.append((found.mean() - exact) / error)
    assert np.abs(z).max() < 4.5
    assert np.mean(np.square(z)) < 2


@pytest.mark.parametrize("k", [1, 2, 8, 11])
def test_small_and_large_sets(k):
    weights = gene_weights(STATS, 1.0)
    scores = all_scores(weights, k, TWO_SIDED)
    for score in np.unique(np.round(scores[scores > 0], 10))[-3:]:
        exact = (scores >= score - 1e-9).mean()
        log_p, errors, _ = estimates(
            weights,
            k,
            score,
            TWO_SIDED,
            turned=False,
            number=40,
            effort=Effort(400, 1, 0.0, -np.inf, 0.0),
        )
        found = np.exp(log_p)
        error = np.sqrt(np.mean((errors * found) ** 2) / len(found)) + 1e-12
        assert abs(found.mean() - exact) < 4.5 * error


def test_a_set_that_fills_the_head_is_one_of_all():
    weights = gene_weights(np.sort(np.random.default_rng(0).normal(size=500))[::-1], 1.0)
    log_p, errors, draws = estimates(
        weights, 40, 1.0, TWO_SIDED, turned=False, number=1, effort=Effort(100, 1, 0.0, 0.0, 0.0)
    )
    assert log_p[0] == pytest.approx(-log(comb(500, 40)))
    assert (errors[0], draws[0]) == (0.0, 0)


@pytest.mark.parametrize("moved", [1, 3, 30])
def test_sets_that_nearly_fill_the_head(moved):
    """One gene fewer at the head, and that one a little behind: a rank statistic by itself.

    With equal weights the sets with at least this score are those that cross at k + moved or
    before; the sets with k - 1 genes in the first k and the last among the next `moved` are
    most of them.
    """
    n, k = 400, 30
    positions = np.array([*range(k - 1), k - 1 + moved])
    weights = np.ones(n)
    score = extremes(positions, weights)[0]
    log_p, errors, _ = estimates(
        weights,
        k,
        score,
        TWO_SIDED,
        turned=False,
        number=20,
        effort=Effort(500, 8, 0.05, -np.inf, 0.0),
    )
    assert (errors < 0.2).all()
    exact = _paths_reaching(n, k, score)
    found = np.exp(log_p - exact)
    assert abs(found.mean() - 1) < 4.5 * found.std() / np.sqrt(len(found)) + 1e-9


def _paths_reaching(n, k, score):
    """Log probability that a running sum with equal weights reaches `score`: by recursion."""
    missing: dict[tuple[int, int], int] = {(0, 0): 1}
    for hits in range(k + 1):
        for misses in range(n - k + 1):
            if (hits, misses) == (0, 0):
                continue
            ways = missing.get((hits - 1, misses), 0) + missing.get((hits, misses - 1), 0)
            if hits / k - misses / (n - k) >= score - TIE:
                ways = 0
            missing[hits, misses] = ways
    below = missing[k, n - k]
    return log((comb(n, k) - below) / comb(n, k))


@pytest.mark.parametrize("score", [0.3, 0.45, 0.6, 0.8])
def test_equal_weights_against_the_exact_distribution(score):
    """Without weights the one-sided score is that of Kolmogorov and Smirnov: paths on a grid."""
    n, k = 300, 25
    log_p, errors, _ = estimates(
        np.ones(n),
        k,
        score,
        POSITIVE,
        turned=False,
        number=30,
        effort=Effort(256, 20, 0.06, -np.inf, 0.0),
    )
    assert (errors < 0.065).all()
    found = np.exp(log_p - _paths_reaching(n, k, score))
    assert abs(found.mean() - 1) < 4.5 * found.std() / np.sqrt(len(found))
    # The errors are those of the estimates.
    assert 0.6 < found.std() / errors.mean() < 1.5


def test_draws_go_on_until_the_error_is_small():
    weights = gene_weights(np.sort(np.random.default_rng(1).standard_t(4, size=2000))[::-1], 1.0)
    few = estimates(
        weights, 50, 0.55, TWO_SIDED, turned=False, number=8, effort=Effort(100, 1, 0.03, -9e9, 0.0)
    )
    many = estimates(
        weights, 50, 0.55, TWO_SIDED, turned=False, number=8, effort=Effort(100, 99, 0.03, -9e9, 0)
    )
    loose = estimates(
        weights, 50, 0.55, TWO_SIDED, turned=False, number=8, effort=Effort(100, 99, 0.03, 0.0, 0.1)
    )
    assert (few[1] > 0.03).all()
    assert (many[1] < 0.03).all()
    assert (many[2] > loose[2]).all()
    assert (loose[2] >= few[2]).all()
    assert np.abs(many[0] - many[0].mean()).max() < 5 * 0.03


def test_a_score_beyond_reach_has_no_probability():
    weights = np.array([2.0, 1.0, 0.0, 0.0])
    log_p, errors, _ = estimates(
        weights, 3, 1.1, TWO_SIDED, turned=False, number=1, effort=Effort(50, 2, 0.1, -9e9, 0.0)
    )
    assert log_p[0] == -np.inf
    assert errors[0] == np.inf
