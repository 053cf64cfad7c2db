"""Coefficients and their errors against statsmodels, the penalised score and numpy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_cases import DESIGNS, draw
from scipy.stats import nbinom

from rnaseq_s6k1.de.kernels.coefficients import contrast_errors, fit_coefficients
from rnaseq_s6k1.de.kernels.objective import loss_and_differences

TINY_MU = 1e-9


def fit(case, *, ridge=0.0, min_mu=TINY_MU, tolerance=1e-12, steps=100):
    """Return coefficients, where weights were taken, and the steps of every gene."""
    shape = case.beta.shape
    beta, weighted_at = np.empty(shape), np.empty(shape)
    taken = np.empty(len(case.counts), dtype=np.int64)
    fit_coefficients(
        case.counts, case.scaling, case.layout.starts, case.layout.rows,
        case.layout.pseudo_inverse, case.alpha, np.broadcast_to(ridge, shape[1]) + 0.0, min_mu,
        tolerance, steps, beta, weighted_at, taken,
    )  # fmt: skip
    return beta, weighted_at, taken


def errors(case, beta, contrast, *, ridge=0.0, min_mu=TINY_MU):
    out = np.empty(len(beta))
    contrast_errors(
        case.scaling, case.layout.starts, case.layout.rows, case.alpha,
        np.full(beta.shape[1], ridge), min_mu, beta, np.asarray(contrast, dtype=float), out,
    )  # fmt: skip
    return out


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("alpha", [0.01, 0.5])
def test_against_statsmodels(name, alpha):
    case = draw(name, n=18, n_genes=15, alpha=alpha, seed=6)
    usual, weighted_at, steps = fit(case, tolerance=1e-8)
    assert (steps > 0).all()
    np.testing.assert_array_equal(usual, weighted_at)
    # The iterations stop on the deviance, which near its minimum is blind to small steps.
    beta = fit(case, tolerance=0.0)[0]
    np.testing.assert_allclose(usual, beta, atol=2e-3)
    contrast = np.eye(case.X.shape[1])[-1]
    ours = errors(case, beta, contrast)
    for g in range(15):
        model = sm.GLM(
            case.counts[g], case.X, offset=np.log(case.scaling[0]),
            family=sm.families.NegativeBinomial(alpha=alpha),
        )  # fmt: skip
        theirs = model.fit(tol=1e-10, tol_criterion="params", maxiter=200)
        np.testing.assert_allclose(beta[g], theirs.params, atol=1e-6)
        assert ours[g] == pytest.approx(theirs.bse[-1], rel=1e-5)


@given(st.sampled_from(DESIGNS), st.integers(0, 10**6), st.sampled_from([1e-6, 0.5, 10.0]))
@settings(deadline=None, max_examples=40)
def test_the_penalised_score_is_zero(name, seed, ridge):
    case = draw(name, seed=seed, n=15, mean=30.0)
    beta, _, steps = fit(case, ridge=ridge, tolerance=1e-13)
    assert steps[0] > 0
    mu = np.exp(case.X @ beta[0]) * case.scaling[0]
    score = case.X.T @ ((case.counts[0] - mu) / (1 + case.alpha[0] * mu)) - ridge * beta[0]
    np.testing.assert_allclose(score, 0.0, atol=1e-3)


def test_a_heavy_ridge_pulls_to_zero():
    case = draw(n=12, n_genes=8, seed=1)
    light, heavy = fit(case, ridge=1e-6)[0], fit(case, ridge=np.array([0, 100.0]))[0]
    assert (np.abs(heavy[:, 1]) < np.abs(light[:, 1])).all()


@pytest.mark.parametrize("min_mu", [0.5, 5.0])
def test_means_are_at_least_min_mu(min_mu):
    case = draw("two groups", n=12)
    case.counts[0, 6:] = 0
    beta, _, steps = fit(case, min_mu=min_mu)
    assert steps[0] > 0
    # Without counts all means are min_mu, weights equal, and working responses
    # log(min_mu) - log(s) - 1.
    expected = math.log(min_mu) - np.log(case.scaling[0, 6:]).mean() - 1
    assert beta[0].sum() == pytest.approx(expected, rel=1e-6)


def test_rows_that_do_not_settle_say_so():
    case = draw(n=12, n_genes=3)
    assert (fit(case, steps=1)[2] == -1).all()
    case.counts[0] = 0
    case.counts[0, 0] = 1_000_000
    beta, weighted_at, steps = fit(case, min_mu=1e-300, steps=100)
    assert steps[0] == -1
    # Leverages belong to the last coefficients that had not run away.
    assert not np.abs(beta[0]).max() <= 30.0
    assert np.abs(weighted_at[0]).max() <= 30.0


@given(st.sampled_from(DESIGNS), st.integers(0, 10**6), st.sampled_from([1e-6, 2.0]))
@settings(deadline=None, max_examples=40)
def test_errors_are_the_matrix_formula(name, seed, ridge):
    case = draw(name, seed=seed, mean=1.0, effect=1.5)
    contrast = np.random.default_rng(seed).normal(size=case.X.shape[1])
    mu = case.means(0.5)[0]
    information = case.X.T @ np.diag(mu / (1 + case.alpha[0] * mu)) @ case.X
    inverse = np.linalg.inv(information + ridge * np.eye(len(contrast)))
    expected = math.sqrt(contrast @ inverse @ information @ inverse @ contrast)
    ours = errors(case, case.beta, contrast, ridge=ridge, min_mu=0.5)
    assert ours[0] == pytest.approx(expected, rel=1e-9)


def test_no_contrast_has_no_error():
    case = draw()
    assert np.isnan(errors(case, case.beta, [0.0, 0.0]))


@given(st.sampled_from(DESIGNS), st.integers(0, 10**6), st.sampled_from([1e-6, 0.3]))
@settings(deadline=None, max_examples=30)
def test_the_optimisers_loss_and_its_gradient(name, seed, ridge):
    case = draw(name, seed=seed)
    y, s, alpha = case.counts[0].astype(float), case.scaling[0], case.alpha[0]
    b = case.beta[0] / math.log(2) + 0.3

    def ours(at):
        gradient = np.empty(len(b))
        loss = loss_and_differences(
            at, y, np.log(s), case.layout.starts, case.layout.rows,
            math.log(alpha), ridge, 0.0, 1e-3, gradient,
        )  # fmt: skip
        return loss, gradient

    def expected(at):
        mu = s * 2.0 ** (case.X @ at)
        logs = nbinom.logpmf(y, 1 / alpha, 1 / (1 + alpha * mu)).sum()
        return -logs + 0.5 * ridge * at @ at

    assert ours(b)[0] - ours(0.9 * b)[0] == pytest.approx(expected(b) - expected(0.9 * b), rel=1e-7)
    mu = s * 2.0 ** (case.X @ b)
    slope = -math.log(2) * case.X.T @ ((y - mu) / (1 + alpha * mu)) + ridge * b
    np.testing.assert_allclose(ours(b)[1], slope, rtol=1e-4, atol=1e-3)
