"""Tilts: what they are solved for, and how well they tell a probability."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.special import expit

from rnaseq_s6k1.enrichment.kernels.bins import bin_edges, bin_means
from rnaseq_s6k1.enrichment.kernels.mixture import choose_mixture
from rnaseq_s6k1.enrichment.kernels.score import extremes
from rnaseq_s6k1.enrichment.kernels.tilt import tilt_towards

N = 4000
WEIGHTS = np.abs(np.sort(np.random.default_rng(2).standard_t(5, size=N))[::-1])
EDGES = bin_edges(WEIGHTS, 60)
COUNTS = np.diff(EDGES)
MEANS = bin_means(np.concatenate([[0.0], np.cumsum(WEIGHTS)]), EDGES)


def tilted(boundary, k, score):
    log_odds = np.empty(len(COUNTS))
    start = (0.0, np.log(k / (N - k)))
    found = tilt_towards(COUNTS, MEANS, boundary, k, score, start, log_odds)
    return found, log_odds


@pytest.mark.parametrize("k", [20, 150])
@pytest.mark.parametrize("score", [0.3, 0.6, 0.85])
def test_a_tilted_set_reaches_the_score_at_its_boundary_on_average(k, score):
    feasible = 0
    for boundary in range(4, 40, 5):
        (log_chance, theta, _), log_odds = tilted(boundary, k, score)
        if not np.isfinite(log_chance):
            continue
        feasible += 1
        chance = expit(log_odds) * COUNTS
        inside = np.arange(len(COUNTS)) < boundary
        assert theta > 0
        assert chance.sum() == pytest.approx(k, rel=0.05)
        share = (chance * MEANS)[inside].sum() / (chance * MEANS).sum()
        lost = (EDGES[boundary] - chance[inside].sum()) / (N - k)
        assert share - lost == pytest.approx(score, abs=0.05)
    assert feasible >= 3


def test_what_no_set_reaches_is_said():
    # Behind position (1 - 0.9) N + k too many genes have been missed.
    boundary = int(np.searchsorted(EDGES, 0.2 * N))
    assert tilted(boundary, 20, 0.9)[0][0] == -np.inf
    log_odds, shares, log_chance = choose_mixture(np.array([1, 1]), np.array([0.0, 2.0]), 1, 0.9, 8)
    assert log_odds.shape == (0, 2)
    assert len(shares) == 0
    assert log_chance == -np.inf


@pytest.mark.parametrize("score", [0.4, 0.55, 0.7, 0.85])
def test_the_mixture_covers_the_likeliest_boundaries(score):
    k = 60
    log_odds, shares, log_chance = choose_mixture(COUNTS, MEANS, k, score, 8)
    assert 1 <= len(shares) <= 8
    assert log_odds.shape == (len(shares), len(COUNTS))
    assert shares.sum() == pytest.approx(1)
    assert shares.min() > 0.005
    chances = [tilted(boundary, k, score)[0][0] for boundary in range(1, len(COUNTS))]
    assert log_chance == pytest.approx(max(chances), abs=0.1)


def test_the_saddle_point_is_near_the_truth_on_a_small_ranking():
    n, k = 14, 4
    weights = np.linspace(3, 0.5, n)
    scores = np.array([extremes(np.array(s), weights)[0] for s in combinations(range(n), k)])
    edges = np.arange(n + 1)
    means = bin_means(np.concatenate([[0.0], np.cumsum(weights)]), edges)
    for score in (0.6, 0.8):
        exact = np.log((scores >= score).mean())
        _, _, found = choose_mixture(np.ones(n, dtype=np.int64), means, k, score, 8)
        assert abs(found - exact) < 1.5
