"""Means and moments against numpy on the whole design matrix."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_cases import DESIGNS, draw

from rnaseq_s6k1.de.kernels.means import fill_means, moments, scaling_row


def summary(case, scaling):
    n_genes, n_cells = len(case.counts), len(case.layout.rows)
    mean, variance, start = np.empty(n_genes), np.empty(n_genes), np.empty(n_genes)
    linear = np.empty((n_genes, n_cells))
    moments(
        case.counts, scaling, case.layout.starts, np.ascontiguousarray(case.layout.projection),
        float((1 / case.scaling).mean()), case.X.shape[1], mean, variance, start, linear,
    )  # fmt: skip
    return mean, variance, start, linear


@given(st.sampled_from(DESIGNS), st.integers(0, 10**6), st.sampled_from([0.5, 20.0, 5000.0]))
@settings(deadline=None, max_examples=60)
def test_moments(name, seed, mean):
    case = draw(name, n=14, seed=seed, mean=mean, alpha=0.3)
    base_mean, variance, start, linear = summary(case, case.scaling)
    z, X = case.counts[0] / case.scaling[0], case.X
    assert base_mean[0] == pytest.approx(z.mean(), rel=1e-12)
    assert variance[0] == pytest.approx(z.var(ddof=1), rel=1e-9)
    fitted = X @ np.linalg.lstsq(X, z, rcond=None)[0]
    np.testing.assert_allclose(
        np.repeat(linear[0], case.layout.sizes), fitted, rtol=1e-8, atol=1e-8 * z.max()
    )
    limited = np.maximum(fitted, 1.0)
    rough = (((z - limited) ** 2 - limited) / limited**2).sum() / (len(z) - X.shape[1])
    by_moments = (z.var(ddof=1) - (1 / case.scaling).mean() * z.mean()) / z.mean() ** 2
    assert start[0] == pytest.approx(min(max(rough, 0.0), by_moments), rel=1e-8, abs=1e-9)


def test_factors_per_gene_that_equal_size_factors_change_nothing():
    case = draw("batches", n=14, n_genes=5, seed=1)
    own = np.repeat(case.scaling, 5, axis=0)
    for one, other in zip(summary(case, case.scaling), summary(case, own), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_gene_without_counts():
    case = draw(n_genes=2)
    case.counts[0] = 0
    base_mean, variance, start, _ = summary(case, case.scaling)
    assert (base_mean[0], variance[0], start[0]) == (0, 0, 0)


@given(st.sampled_from(DESIGNS), st.integers(0, 10**6))
@settings(deadline=None)
def test_means_are_factor_times_cell_and_limited(name, seed):
    case = draw(name, seed=seed, mean=1.0)
    mu = np.empty(case.counts.shape[1])
    fill_means(mu, case.scaling[0], case.cell_means[0], case.layout.starts, 0.5)
    np.testing.assert_allclose(mu, case.means(0.5)[0], rtol=1e-12)
    assert mu.min() >= 0.5


def test_row_of_scaling():
    factors = np.arange(1.0, 13.0).reshape(3, 4)
    np.testing.assert_array_equal(scaling_row(factors, 2), factors[2])
    np.testing.assert_array_equal(scaling_row(factors[:1], 2), factors[0])
