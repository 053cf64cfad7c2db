"""The log posterior against its definition, its slope against differences and 50 digits."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_cases import DESIGNS, draw
from kernel_cases import log_posterior as by_definition
from scipy.stats import nbinom, norm

from rnaseq_s6k1.de.kernels.posterior import log_posterior, slope
from rnaseq_s6k1.de.kernels.sums import SMALL, sort_counts

log_alphas = st.floats(math.log(1e-4), math.log(50.0))
priors = st.sampled_from([(0.0, math.inf), (-2.0, 0.25), (-4.0, 1.5)])
seeds = st.integers(0, 10**6)


def of_kernel(function, log_alpha, case, prior, min_mu=0.5):
    p = case.X.shape[1]
    y = case.counts[0].astype(float)
    large, exceeding = np.empty(len(y)), np.empty(SMALL)
    n_large = sort_counts(y, large, exceeding)
    sums = () if function is log_posterior else (np.empty((3, len(case.layout.rows))),)
    return function(
        log_alpha,
        y,
        case.means(min_mu)[0],
        large,
        n_large,
        exceeding,
        case.layout.starts,
        case.layout.rows,
        *prior,
        *sums,
        np.empty((3, p, p)),
    )


@given(st.sampled_from(DESIGNS), seeds, log_alphas, priors)
@settings(deadline=None)
def test_value_is_that_of_the_definition(name, seed, log_alpha, prior):
    case = draw(name, seed=seed)
    expected = by_definition(log_alpha, case.counts[0], case.means(0.5)[0], case.X, *prior)
    assert of_kernel(log_posterior, log_alpha, case, prior) == pytest.approx(expected, rel=1e-9)


@given(st.sampled_from(DESIGNS), seeds, log_alphas, st.sampled_from([0.5, 12.0, 4000.0]))
@settings(deadline=None)
def test_small_and_large_counts_are_both_summed(name, seed, log_alpha, mean):
    case = draw(name, n=30, seed=seed, mean=mean)
    y, mu = case.counts[0].astype(float), case.means(0.5)[0]
    large, exceeding = np.empty(len(y)), np.empty(SMALL)
    assert sort_counts(y, large, exceeding) == (y > SMALL).sum()
    np.testing.assert_array_equal(exceeding, [(y > k).sum() for k in range(SMALL)])
    ours = of_kernel(log_posterior, log_alpha, case, (0.0, math.inf))
    expected = by_definition(log_alpha, y, mu, case.X)
    assert ours == pytest.approx(expected, rel=1e-9, abs=1e-7)


@given(st.sampled_from(DESIGNS), seeds, log_alphas, log_alphas)
@settings(deadline=None)
def test_differences_are_those_of_scipy_distributions(name, seed, one, other):
    case = draw(name, seed=seed)
    y, mu = case.counts[0], case.means(0.5)[0]

    def value(log_alpha):
        alpha = math.exp(log_alpha)
        XtWX = (case.X.T * (1 / (1 / mu + alpha))) @ case.X
        return (
            nbinom.logpmf(y, 1 / alpha, 1 / (1 + alpha * mu)).sum()
            - 0.5 * math.log(np.linalg.det(XtWX))
            + norm.logpdf(log_alpha, -3.0, math.sqrt(0.7))
        )

    ours = [of_kernel(log_posterior, a, case, (-3.0, 0.7)) for a in (one, other)]
    assert ours[0] - ours[1] == pytest.approx(value(one) - value(other), rel=1e-8, abs=1e-6)


@given(st.sampled_from(DESIGNS), seeds, log_alphas, priors)
@settings(deadline=None)
def test_slope_is_the_derivative(name, seed, log_alpha, prior):
    case = draw(name, seed=seed)
    h = 1e-4
    steps = (-2 * h, -h, h, 2 * h)
    values = [of_kernel(log_posterior, log_alpha + step, case, prior) for step in steps]
    difference = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)
    ours = of_kernel(slope, log_alpha, case, prior)
    assert ours == pytest.approx(difference, rel=1e-6, abs=1e-4)


def slope_in_digits(alpha: float, y: np.ndarray, mu: np.ndarray) -> float:
    """Return the likelihood's slope in log alpha with 50 digits; digammas as finite sums."""
    with localcontext() as context:
        context.prec = 50
        a = Decimal(alpha)
        r = 1 / a
        total = Decimal(0)
        for count, mean in zip(y.tolist(), map(Decimal, mu.tolist()), strict=True):
            total += (1 + a * mean).ln() + (count - mean) / (mean + r)
            total -= sum((1 / (r + k) for k in range(count)), Decimal(0))
        return float(r * total)


@pytest.mark.parametrize("alpha", [1e-8, 1e-6, 1e-4, 1e-2, 1.0, 10.0])
@pytest.mark.parametrize("mean", [2.0, 300.0])
def test_slope_loses_no_more_digits_than_its_logarithms(alpha, mean):
    case = draw("two groups", mean=mean, seed=3)
    y, mu = case.counts[0], case.means(0.5)[0]
    log_alpha = math.log(alpha)
    alpha = math.exp(log_alpha)
    exact = slope_in_digits(alpha, y, mu)
    w = mu / (1 + alpha * mu)
    inverse = np.linalg.inv((case.X.T * w) @ case.X)
    exact += 0.5 * alpha * np.trace(inverse @ (case.X.T * w**2) @ case.X)
    ours = of_kernel(slope, log_alpha, case, (0.0, math.inf))
    # Each sample's difference of digammas carries a rounding error of their size, times r.
    rounding = 4e-16 * len(y) * max(1.0, abs(math.log(alpha))) / alpha
    assert ours == pytest.approx(exact, rel=1e-10, abs=4 * rounding)


def test_the_prior_pulls_towards_its_mean():
    case = draw()
    for log_alpha, sign in ((-5.0, 1), (1.0, -1)):
        without = of_kernel(slope, log_alpha, case, (0.0, math.inf))
        pull = of_kernel(slope, log_alpha, case, (-2.0, 0.5)) - without
        assert pull == pytest.approx(sign * abs(log_alpha + 2.0) / 0.5, rel=1e-9)
