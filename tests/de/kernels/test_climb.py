"""The ascent against scipy's maximum, its steps against the rule, and the grid."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_cases import DESIGNS, best_log_alpha, draw
from kernel_cases import log_posterior as by_definition
from scipy.optimize import minimize_scalar

from rnaseq_s6k1.de.kernels.climb import climb_all, grid_search_all

MIN_MU = 0.5


def climb(case, start, *, prior=(0.0, math.inf), tolerance=1e-6, tries=100, of_interest=-math.inf):
    """Return log alpha, first and last log posterior, and the tries of every gene."""
    n_genes = len(case.counts)
    out = np.empty((n_genes, 4))
    climb_all(
        case.counts, case.scaling, case.cell_means, case.layout.starts, case.layout.rows,
        np.full(n_genes, start), np.full(n_genes, prior[0]), prior[1],
        MIN_MU, of_interest, tolerance, tries, out,
    )  # fmt: skip
    return out


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("prior", [(0.0, math.inf), (math.log(0.1), 0.5)])
def test_ends_at_the_maximum(name, prior):
    case = draw(name, n=18, n_genes=12, alpha=0.2, seed=5)
    out = climb(case, math.log(0.5), prior=prior, tolerance=1e-9, tries=2000)
    for g in range(12):
        y, mu = case.counts[g], case.means(MIN_MU)[g]
        found = minimize_scalar(
            lambda a, y=y, mu=mu: -by_definition(a, y, mu, case.X, *prior),
            bounds=(-12, 5), method="bounded", options={"xatol": 1e-9},
        )  # fmt: skip
        assert out[g, 2] == pytest.approx(-found.fun, abs=1e-6)
        assert out[g, 0] == pytest.approx(found.x, abs=2e-3)
        assert out[g, 3] < 2000


@given(st.sampled_from(DESIGNS), st.integers(0, 10**6), st.floats(-6, 2))
@settings(deadline=None, max_examples=30)
def test_never_falls_and_says_where_it_stands(name, seed, start):
    case = draw(name, seed=seed)
    at, first, last, tried = climb(case, start)[0]
    y, mu = case.counts[0], case.means(MIN_MU)[0]
    assert first == pytest.approx(by_definition(start, y, mu, case.X), rel=1e-9)
    assert last == pytest.approx(by_definition(at, y, mu, case.X), rel=1e-7)
    assert last >= first
    assert 1 <= tried <= 100
    assert -30 <= at <= 10


def path(case, start, n):
    """Return where the ascent stands after 0, 1, ... n tries that nothing cuts short."""
    tries = range(1, n + 1)
    return np.array([start, *(climb(case, start, tolerance=-1.0, tries=k)[0, 0] for k in tries)])


def numeric_slope(case, at):
    y, mu, h = case.counts[0], case.means(MIN_MU)[0], 1e-5
    return (by_definition(at + h, y, mu, case.X) - by_definition(at - h, y, mu, case.X)) / (2 * h)


def test_steps_follow_the_rule():
    case = draw("two groups", n=40, alpha=0.2, seed=2)
    start = math.log(0.02)
    places = path(case, start, 14)
    y, mu = case.counts[0], case.means(MIN_MU)[0]
    step, accepted, refused = 1.0, 0, 0
    for before, after in pairwise(places):
        slope = numeric_slope(case, before)
        step = min(step, (10.0 - before) / slope) if slope > 0 else step
        gain = by_definition(before + step * slope, y, mu, case.X) - by_definition(
            before, y, mu, case.X
        )
        if after == before:
            assert gain < 1e-4 * step * slope**2 + 1e-7
            refused += 1
            step /= 2
            continue
        assert gain >= 1e-4 * step * slope**2 - 1e-7
        assert after - before == pytest.approx(step * slope, rel=1e-3, abs=1e-6)
        accepted += 1
        step = min(1.1 * step, 1.0)
        if accepted % 5 == 0:
            step /= 2
    assert accepted >= 5
    assert refused >= 2


def test_stops_at_the_first_step_that_gains_too_little():
    case = draw("two groups", n=10, alpha=0.3, seed=4)
    start = math.log(0.3)
    at, _, _, tried = climb(case, start, tolerance=1e-3)[0]
    places = path(case, start, int(tried))
    assert places[-1] == at
    y, mu = case.counts[0], case.means(MIN_MU)[0]
    gains = np.diff([by_definition(a, y, mu, case.X) for a in places])
    moved = np.diff(places) != 0
    assert moved[-1]
    assert gains[-1] < 1e-3
    assert (gains[:-1][moved[:-1]] >= 1e-3).all()


def test_stops_below_what_is_of_interest():
    case = draw("two groups", n=8, alpha=1e-3, mean=20.0, seed=1)
    case.counts[0] = np.round(case.means()[0])  # hardly any scatter at all
    at, _, _, tried = climb(case, -6.0, tolerance=-1.0, of_interest=-7.0)[0]
    assert at < -7.0
    assert tried < 100
    places = path(case, -6.0, int(tried))
    assert (places[:-1] >= -7.0).all()


def test_stays_within_its_bounds():
    case = draw("two groups", n=40, mean=1e5, alpha=1.0, seed=0)
    # So far below, the slope would carry the first step beyond the upper bound.
    places = path(case, -8.0, 3)
    assert (places <= 10.0 + 1e-12).all()
    # The bound is reached by a shortened step, which rounds as the processor does.
    at = climb(case, -8.0, tries=1)[0, 0]
    assert at == -8.0 or at == pytest.approx(10.0, abs=1e-12)


@pytest.mark.parametrize("prior", [(0.0, math.inf), (math.log(0.1), 0.5)])
def test_grid_ends_beside_the_maximum(prior):
    case = draw("three groups", n=12, n_genes=10, alpha=0.2, seed=8)
    low, high = math.log(1e-8), math.log(12.0)
    out = np.empty(10)
    grid_search_all(
        case.counts, case.scaling, case.cell_means, case.layout.starts, case.layout.rows,
        np.full(10, prior[0]), prior[1], MIN_MU, low, high, out,
    )  # fmt: skip
    coarse = np.linspace(low, high, 20)
    spacing = coarse[1] - coarse[0]
    for g in range(10):
        y, mu = case.counts[g], case.means(MIN_MU)[g]
        first = coarse[np.argmax([by_definition(a, y, mu, case.X, *prior) for a in coarse])]
        fine = np.linspace(first - spacing, first + spacing, 20)
        expected = fine[np.argmax([by_definition(a, y, mu, case.X, *prior) for a in fine])]
        assert out[g] == pytest.approx(expected, abs=1e-9)
        best, _ = best_log_alpha(y, mu, case.X, *prior, highest=high)
        assert abs(out[g] - best) <= 2 * spacing / 19 + 1e-6
