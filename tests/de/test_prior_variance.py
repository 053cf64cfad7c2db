"""The prior's variance: recovered where it is planted, and DESeq2's formula."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import polygamma
from scipy.stats import median_abs_deviation

from rnaseq_s6k1.de.prior_variance import prior_variance, robust_variance


def residuals(variance: float, degrees_of_freedom: int, n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    sampling = np.log(rng.chisquare(degrees_of_freedom, size=n) / degrees_of_freedom)
    return sampling + rng.normal(0, np.sqrt(variance), size=n)


@pytest.mark.parametrize("degrees_of_freedom", [1, 2, 3])
@pytest.mark.parametrize("variance", [0.5, 1.0, 2.5])
def test_recovers_a_planted_variance_at_few_degrees_of_freedom(variance, degrees_of_freedom):
    found = [
        prior_variance(residuals(variance, degrees_of_freedom, 40_000, seed), degrees_of_freedom)
        for seed in range(2)
    ]
    # R smooths the divergence before it takes the minimum, and this follows R: the smoothing
    # moves the estimate by up to 0.16 where it bends sharply, below a variance of about 1.
    np.testing.assert_allclose(found, variance, rtol=0.02, atol=0.16)


@pytest.mark.parametrize("degrees_of_freedom", [4, 6, 20])
def test_recovers_a_planted_variance_at_many_degrees_of_freedom(degrees_of_freedom):
    found = prior_variance(residuals(1.0, degrees_of_freedom, 40_000, 0), degrees_of_freedom)
    # The median absolute deviation of a skewed sum is not its standard deviation exactly.
    assert found == pytest.approx(1.0, rel=0.12)


@pytest.mark.parametrize("degrees_of_freedom", [4, 5, 16])
def test_is_the_squared_mad_less_trigamma(degrees_of_freedom):
    values = np.random.default_rng(1).normal(0, 1.5, size=501)
    mad = median_abs_deviation(values) * 1.4826
    expected = mad**2 - polygamma(1, degrees_of_freedom / 2)
    assert prior_variance(values, degrees_of_freedom) == pytest.approx(expected, rel=1e-12)
    assert robust_variance(values) == pytest.approx(mad**2, rel=1e-12)


@pytest.mark.parametrize("degrees_of_freedom", [1, 2, 3, 4, 30])
def test_is_a_quarter_at_least(degrees_of_freedom):
    without_scatter = residuals(0.0, degrees_of_freedom, 2000, 2)
    assert prior_variance(without_scatter, degrees_of_freedom) == 0.25


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(40)), st.integers(1, 8))
def test_order_of_genes_does_not_matter(order, degrees_of_freedom):
    values = residuals(2.0, 3, 40, 3)
    assert prior_variance(values[order], degrees_of_freedom) == prior_variance(
        values, degrees_of_freedom
    )
