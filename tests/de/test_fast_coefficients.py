"""Genes that the iterations do not settle, and the optimiser they go to."""

from __future__ import annotations

import numpy as np
import pytest

from rnaseq_s6k1.de import fast_coefficients
from rnaseq_s6k1.de.fast_coefficients import cell_means, fit_betas, standard_errors
from rnaseq_s6k1.de.layout import lay_out

X = np.column_stack([np.ones(10), np.arange(10) % 2, np.sin(np.arange(10.0))])
LAYOUT = lay_out(X)


@pytest.fixture
def genes():
    rng = np.random.default_rng(0)
    scaling = rng.uniform(0.7, 1.4, size=(1, 10))
    beta = np.column_stack([rng.normal(5, 1, 20), rng.normal(0, 1, 20), rng.normal(0, 0.3, 20)])
    mu = scaling * np.exp(beta @ X[LAYOUT.order].T)
    return rng.negative_binomial(5, 5 / (5 + mu)).astype(np.int32), scaling, np.full(20, 0.2)


def test_the_optimiser_ends_where_the_iterations_do(genes, monkeypatch):
    counts, scaling, dispersions = genes
    by_iteration, _ = fit_betas(counts, scaling, LAYOUT, dispersions)
    monkeypatch.setattr(fast_coefficients, "_MAX_ITERATIONS", 1)
    optimised = []

    def counted(*arguments):
        optimised.append(optimise(*arguments))
        return optimised[-1]

    optimise = fast_coefficients._optimise
    monkeypatch.setattr(fast_coefficients, "_optimise", counted)
    beta, weighted_at = fit_betas(counts, scaling, LAYOUT, dispersions)
    assert len(optimised) == len(counts)
    np.testing.assert_array_equal(beta, np.array(optimised))
    np.testing.assert_allclose(beta, by_iteration, atol=1e-3)
    # Leverages stay where the iterations were left, as in R.
    assert np.abs(weighted_at - beta).max() > 1e-4


def test_a_gene_that_ran_away_starts_afresh_and_ends_within_the_bounds():
    counts = np.zeros((1, 10), dtype=np.int32)
    counts[0, LAYOUT.rows.repeat(LAYOUT.sizes, axis=0)[:, 1] == 1] = [900, 2, 40, 7000, 1]
    for last in (np.full(3, np.nan), np.array([50.0, -80.0, 3.0])):
        beta = fast_coefficients._optimise(counts[0], np.ones(10), LAYOUT, 5.0, last)
        assert np.isfinite(beta).all()
        assert np.abs(beta).max() <= 30 * np.log(2) + 1e-12
    # One group has no counts at all: its mean must go to nothing, the other's stay near.
    silent = cell_means(beta[None, :], LAYOUT)[0][LAYOUT.rows[:, 1] == 0]
    assert silent.max() < 0.1


def test_factors_per_gene_reach_the_optimiser(genes, monkeypatch):
    counts, scaling, dispersions = genes
    own = scaling * np.random.default_rng(1).uniform(0.5, 2.0, size=counts.shape)
    by_iteration, _ = fit_betas(counts, own, LAYOUT, dispersions)
    monkeypatch.setattr(fast_coefficients, "_MAX_ITERATIONS", 1)
    optimised, _ = fit_betas(counts, own, LAYOUT, dispersions)
    np.testing.assert_allclose(optimised, by_iteration, atol=1e-3)
    assert np.abs(optimised - fit_betas(counts, scaling, LAYOUT, dispersions)[0]).max() > 0.1


def test_error_of_a_contrast_does_not_depend_on_how_the_design_is_written(genes):
    counts, scaling, dispersions = genes
    turn = np.array([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.3, 0.0, 2.0]])
    other = lay_out(X @ turn)
    same_order = np.argsort(LAYOUT.order)[other.order]
    moved = np.ascontiguousarray(counts[:, same_order])
    factors = np.ascontiguousarray(scaling[:, same_order])
    contrast = np.array([0.0, 1.0, 0.5])
    other_contrast = turn.T @ contrast
    one, _ = fit_betas(counts, scaling, LAYOUT, dispersions)
    two, _ = fit_betas(moved, factors, other, dispersions)
    np.testing.assert_allclose(two @ other_contrast, one @ contrast, atol=1e-3)
    np.testing.assert_allclose(
        standard_errors(factors, other, dispersions, two, other_contrast),
        standard_errors(scaling, LAYOUT, dispersions, one, contrast),
        rtol=1e-3,
    )
