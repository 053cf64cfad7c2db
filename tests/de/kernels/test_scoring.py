"""Scoring for many samples: the penalised score is zero, and the usual iterations agree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_cases import DESIGNS, draw

from rnaseq_s6k1.de.kernels.coefficients import fit_coefficients
from rnaseq_s6k1.de.kernels.scoring import score_coefficients


def fit(case, *, by=score_coefficients, ridge=1e-6, min_mu=0.5, tolerance=1e-10, steps=200):
    """Return coefficients, where weights were taken, and the steps of every gene."""
    shape = case.beta.shape
    beta, weighted_at = np.empty(shape), np.empty(shape)
    taken = np.empty(len(case.counts), dtype=np.int64)
    by(
        case.counts, case.scaling, case.layout.starts, case.layout.rows,
        case.layout.pseudo_inverse, case.alpha, np.full(shape[1], ridge), min_mu,
        tolerance, steps, beta, weighted_at, taken,
    )  # fmt: skip
    return beta, weighted_at, taken


@given(st.sampled_from(DESIGNS), st.integers(0, 10**6), st.sampled_from([1e-6, 0.5, 10.0]))
@settings(deadline=None, max_examples=40)
def test_the_penalised_score_is_zero(name, seed, ridge):
    case = draw(name, seed=seed, n=40, mean=30.0)
    beta, weighted_at, steps = fit(case, ridge=ridge, min_mu=1e-9)
    assert steps[0] > 0
    np.testing.assert_array_equal(beta, weighted_at)
    mu = np.exp(case.X @ beta[0]) * case.scaling[0]
    score = case.X.T @ ((case.counts[0] - mu) / (1 + case.alpha[0] * mu)) - ridge * beta[0]
    np.testing.assert_allclose(score, 0.0, atol=1e-5)


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("mean", [1.5, 60.0, 5000.0])
def test_against_the_iterations_that_follow_the_deviance(name, mean):
    # Means below the least one are among them where the mean is 1.5.
    case = draw(name, n=60, n_genes=30, mean=mean, effect=0.4, seed=4)
    ours, _, steps = fit(case)
    theirs, _, their_steps = fit(case, by=fit_coefficients, tolerance=0.0, steps=400)
    settled = (steps > 0) & (np.abs(theirs) < 20).all(axis=1)
    assert settled.sum() >= 25
    assert (their_steps[settled] != 0).all()
    np.testing.assert_allclose(ours[settled], theirs[settled], atol=1e-6)


def test_a_runaway_is_told():
    case = draw("two groups", n=12)
    case.counts[0, case.layout.starts[1] :] = 0
    _, _, steps = fit(case, min_mu=1e-300, ridge=0.0)
    assert steps[0] == -1
