"""Digamma, trigamma and the logarithm of gamma against scipy."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln, polygamma, psi

from rnaseq_s6k1.de.kernels.special import (
    digamma,
    digamma_tail,
    log_gamma_tail,
    trigamma,
    trigamma_tail,
)

positive = st.floats(math.log(1e-8), math.log(1e8)).map(math.exp)


@given(positive)
@settings(deadline=None, max_examples=300)
def test_digamma(x):
    # Near its root at 1.46 only the absolute error can be small.
    assert digamma(x) == pytest.approx(float(psi(x)), rel=1e-14, abs=1.2e-14)


@given(positive)
@settings(deadline=None, max_examples=300)
def test_trigamma(x):
    assert trigamma(x) == pytest.approx(float(polygamma(1, x)), rel=1e-13)


@given(st.floats(math.log(16.0), math.log(1e8)).map(math.exp))
@settings(deadline=None)
def test_tails(x):
    x = max(x, 16.0)
    assert math.log(x) + digamma_tail(x) == pytest.approx(float(psi(x)), rel=1e-15, abs=1.2e-14)
    assert trigamma_tail(x) == pytest.approx(float(polygamma(1, x)), rel=1e-13)
    log_gamma = (x - 0.5) * math.log(x) - x + 0.5 * math.log(2 * math.pi) + log_gamma_tail(x)
    assert log_gamma == pytest.approx(float(gammaln(x)), rel=1e-14, abs=1e-13)


@given(positive)
@settings(deadline=None)
def test_recurrences(x):
    assert digamma(x + 1) == pytest.approx(digamma(x) + 1 / x, rel=1e-12, abs=1e-14 * (1 + 1 / x))
    assert trigamma(x + 1) == pytest.approx(trigamma(x) - 1 / x**2, abs=1e-14 * (1 + 1 / x**2))


def test_known_values():
    euler = 0.57721566490153286
    assert digamma(1.0) == pytest.approx(-euler, rel=1e-14)
    assert trigamma(1.0) == pytest.approx(math.pi**2 / 6, rel=1e-14)
    assert trigamma(0.5) == pytest.approx(math.pi**2 / 2, rel=1e-14)
