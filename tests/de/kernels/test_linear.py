"""Small positive-definite systems against numpy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnaseq_s6k1.de.kernels.linear import cross_product, invert, multiply

sizes = st.integers(1, 8)
seeds = st.integers(0, 10**6)


def positive_definite(p: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    half = rng.normal(size=(p + 3, p)) * rng.lognormal(0, 2, size=p)
    return half.T @ half


@given(sizes, seeds)
@settings(deadline=None)
def test_inverse_and_log_determinant(p, seed):
    matrix = positive_definite(p, seed)
    inverse = np.empty((p, p))
    log_determinant = invert(matrix.copy(), inverse)
    assert log_determinant == pytest.approx(np.linalg.slogdet(matrix)[1], rel=1e-9, abs=1e-9)
    # In units of the matrix's own scales, as its columns may differ by orders of magnitude.
    scale = np.sqrt(np.diag(matrix))
    unit = inverse * np.outer(scale, scale)
    expected = np.linalg.inv(matrix / np.outer(scale, scale))
    np.testing.assert_allclose(unit, expected, rtol=1e-8, atol=1e-9 * np.abs(expected).max())


@given(sizes, st.integers(1, 10), seeds)
@settings(deadline=None)
def test_cross_product(p, k, seed):
    rng = np.random.default_rng(seed)
    rows, weights = rng.normal(size=(k, p)), rng.normal(size=k)
    out = np.empty((p, p))
    cross_product(rows, weights, out)
    np.testing.assert_allclose(out, rows.T @ np.diag(weights) @ rows, atol=1e-12)
    np.testing.assert_array_equal(out, out.T)


@given(sizes, sizes, seeds)
@settings(deadline=None)
def test_multiply(k, p, seed):
    rng = np.random.default_rng(seed)
    matrix, vector = rng.normal(size=(k, p)), rng.normal(size=p)
    out = np.empty(k)
    multiply(matrix, vector, out)
    np.testing.assert_allclose(out, matrix @ vector, atol=1e-12)


@pytest.mark.parametrize(
    "matrix",
    [
        [[0.0]],
        [[-1.0]],
        [[math.nan]],
        [[1.0, 2.0], [2.0, 1.0]],
        [[1.0, 1.0], [1.0, 1.0]],
        [[2.0, 0.0, 0.0], [0.0, 1.0, 3.0], [0.0, 3.0, 1.0]],
    ],
)
def test_nan_where_not_positive_definite(matrix):
    matrix = np.array(matrix)
    assert math.isnan(invert(matrix, np.empty_like(matrix)))


@given(st.integers(2, 8), seeds)
@settings(deadline=None)
def test_nan_where_an_eigenvalue_is_negative(p, seed):
    values, vectors = np.linalg.eigh(positive_definite(p, seed))
    values[p // 2] = -values.max()
    matrix = vectors @ np.diag(values) @ vectors.T
    assert math.isnan(invert(matrix, np.empty((p, p))))
