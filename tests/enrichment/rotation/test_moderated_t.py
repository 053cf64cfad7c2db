"""Squeezed variances against limma's, and the algebra behind them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import polygamma
from scipy.stats import kstest

from rnaseq_s6k1.enrichment.rotation.moderated_t import (
    VariancePrior,
    fit_prior,
    inverse_trigamma,
    moderated_t,
)
from rnaseq_s6k1.errors import DataError


@given(st.floats(1e-9, 1e9))
def test_inverse_trigamma(value):
    assert polygamma(1, inverse_trigamma(value)) == pytest.approx(value, rel=1e-6)


def test_a_known_prior_is_found_again():
    rng = np.random.default_rng(0)
    true = 0.3 * 9 / rng.chisquare(9, 50_000)
    prior = fit_prior(true * rng.chisquare(5, 50_000) / 5, 5)
    assert prior.df[0] == pytest.approx(9, rel=0.05)
    assert prior.variance[0] == pytest.approx(0.3, rel=0.02)


def test_variances_that_are_equal_have_an_infinite_prior():
    rng = np.random.default_rng(1)
    # Less spread than sampling alone would make.
    prior = fit_prior(2 + 0.01 * rng.random(500), 4)
    assert np.isinf(prior.df).all()
    assert np.isfinite(prior.variance).all()


def test_genes_without_variance_take_no_part_in_the_fit(correlated):
    variances = correlated(0).variances
    with_zeros = np.concatenate([variances, np.zeros(50)])
    assert fit_prior(with_zeros, 4).df[0] == fit_prior(variances, 4).df[0]
    with pytest.raises(DataError, match="1 genes vary"):
        fit_prior(np.array([0.0, 1.0]), 4)


def test_t_is_uniform_in_p_without_effects(correlated):
    from scipy.special import stdtr

    moderated = moderated_t(correlated(3, n=4, n_genes=4000, n_sets=0))
    p = 2 * stdtr(moderated.df, -np.abs(moderated.t))
    assert kstest(p, "uniform").pvalue > 0.01


def test_an_infinite_prior_replaces_the_variance(correlated):
    space = correlated(0)
    prior = VariancePrior(np.full(space.n_genes, np.inf), np.full(space.n_genes, 4.0))
    moderated = moderated_t(space, prior)
    np.testing.assert_allclose(moderated.t, space.contrast / 2)
    assert (moderated.df == space.df * space.n_genes).all()


@pytest.mark.shared_data
def test_the_prior_of_t47d_is_limmas(t47d):
    moderated = moderated_t(t47d.space)
    # eBayes(lmFit(vst, ~ treatment)), limma 3.54.1
    assert moderated.prior.df[0] == pytest.approx(17.70014188674581, rel=1e-9)
    assert moderated.prior.variance[0] == pytest.approx(0.00162763518722992, rel=1e-9)
    assert moderated.df[0] == pytest.approx(23.700141886745811, rel=1e-9)
