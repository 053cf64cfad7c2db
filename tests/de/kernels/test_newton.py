"""The exact maximum of the dispersion against grids ever finer."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_cases import DESIGNS, best_log_alpha, draw
from kernel_cases import log_posterior as by_definition

from rnaseq_s6k1.de.kernels.newton import maximise_all

MIN_MU = 0.5


def maximise(case, *, start=-2.3, prior=(0.0, math.inf), lowest=1e-5, highest=10.0):
    """Return log alpha, and the log posterior at the start and there, of every gene."""
    n_genes = len(case.counts)
    out = np.empty((n_genes, 3))
    maximise_all(
        case.counts, case.scaling, case.cell_means, case.layout.starts, case.layout.rows,
        np.full(n_genes, start), np.full(n_genes, prior[0]), prior[1],
        MIN_MU, math.log(lowest), math.log(highest), 1e-9, 60, out,
    )  # fmt: skip
    return out


@given(
    st.sampled_from(DESIGNS),
    st.integers(0, 10**6),
    st.sampled_from([8, 15, 40]),
    st.sampled_from([0.01, 0.1, 1.0]),
    st.sampled_from([3.0, 40.0, 2000.0]),
    st.sampled_from([(0.0, math.inf), (-3.0, 0.3), (-1.0, 2.0)]),
    st.floats(-11, 2),
)
@settings(deadline=None, max_examples=60)
def test_is_the_maximum(name, seed, n, alpha, mean, prior, start):
    case = draw(name, n=n, seed=seed, alpha=alpha, mean=mean)
    at = maximise(case, start=start, prior=prior)[0, 0]
    y, mu = case.counts[0], case.means(MIN_MU)[0]
    best, value = best_log_alpha(y, mu, case.X, *prior)
    ours = by_definition(at, y, mu, case.X, *prior)
    assert math.log(1e-5) <= at <= math.log(10.0)
    # A posterior flat to rounding says nothing of the place, so its value is compared.
    assert ours >= value - 1e-6
    bend = by_definition(best - 1e-2, y, mu, case.X, *prior) + by_definition(
        best + 1e-2, y, mu, case.X, *prior
    )
    inside = math.log(1e-5) + 0.1 < best < math.log(10.0) - 0.1
    if inside and 2 * value - bend > 1e-4:
        assert at == pytest.approx(best, abs=1e-4)


def test_counts_above_and_below_the_series_meet():
    # Sixteen and seventeen lie on either side of where the asymptotic series begins.
    case = draw("two groups", n=24, mean=16.0, effect=0.2, alpha=0.05, seed=11)
    case.counts[0] = np.tile([15, 16, 17, 18, 40, 3], 4)
    at = maximise(case)[0, 0]
    best, _ = best_log_alpha(case.counts[0], case.means(MIN_MU)[0], case.X)
    assert at == pytest.approx(best, abs=1e-5)


@pytest.mark.parametrize("count", [5, 16, 17, 3000])
def test_equal_counts_have_the_least_dispersion(count):
    case = draw("two groups", n=10)
    case.counts[0] = count
    case.scaling[:] = 1.0
    case.beta[0] = [math.log(count), 0.0]
    for lowest in (1e-5, 1e-8):
        assert maximise(case, lowest=lowest)[0, 0] == pytest.approx(math.log(lowest), abs=1e-6)


def test_wild_counts_have_the_largest_dispersion():
    case = draw("two groups", n=10)
    case.counts[0] = 0
    case.counts[0, [0, 5]] = [200_000, 300_000]
    case.scaling[:] = 1.0
    case.beta[0] = [math.log(50_000.0), 0.0]
    assert maximise(case, highest=2.0)[0, 0] == pytest.approx(math.log(2.0), abs=1e-6)


@pytest.mark.parametrize("mean", [3.0, 100.0, 20_000.0])
def test_log_posteriors_decide_whether_the_fit_gained_a_millionth(mean):
    case = draw("continuous", n=60, n_genes=20, mean=mean, seed=int(mean))
    best = maximise(case)[:, 0]
    plain = 0
    # From at the maximum to far from it, so that gains lie on both sides of the millionth.
    for off in (0.0, 1e-4, 3e-3, 0.01, 0.03, 0.1, 1.0, -0.005, -0.02, -2.0):
        for g in range(20):
            start = max(best[g] + off, math.log(1e-5))
            at, first, last = maximise(case, start=start)[g]
            y, mu = case.counts[g], case.means(MIN_MU)[g]
            before, after = (by_definition(a, y, mu, case.X) for a in (start, at))
            if math.isnan(first):
                plain += 1
                assert after > before + abs(before) / 1e6
            else:
                assert first == pytest.approx(before, rel=1e-9)
                slack = 1e-7 * abs(before)
                assert last - first == pytest.approx(after - before, rel=0.1, abs=slack)
                assert (last < first + abs(first) / 1e6) == (after < before + abs(before) / 1e6)
    assert 0 < plain < 200


def test_with_a_prior_nobody_asks_for_log_posteriors():
    case = draw("continuous", n=20, n_genes=5)
    assert np.isnan(maximise(case, prior=(-2.0, 1.0))[:, 1:]).all()
