"""Small symmetric positive-definite systems: as many rows as the model has coefficients."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import kernel

__all__ = ["cross_product", "invert", "multiply"]

FloatArray = NDArray[np.float64]


@kernel
def cross_product(rows: FloatArray, weights: FloatArray, out: FloatArray) -> None:
    """Fill `out` with ``rows.T @ diag(weights) @ rows``; shapes (k, p), (k,), (p, p)."""
    k, p = rows.shape
    for i in range(p):
        for j in range(i + 1):
            total = 0.0
            for q in range(k):
                total += rows[q, i] * weights[q] * rows[q, j]
            out[i, j] = total
            out[j, i] = total


@kernel
def invert(matrix: FloatArray, inverse: FloatArray) -> float:
    """Fill `inverse` with the inverse of `matrix`, which is spoiled; return its log determinant.

    Gauss-Jordan elimination without pivoting, stable for positive-definite matrices. NaN is
    returned where the matrix is not positive definite in floating point.
    """
    p = matrix.shape[0]
    log_determinant = 0.0
    for i in range(p):
        for j in range(p):
            inverse[i, j] = 1.0 if i == j else 0.0
    for i in range(p):
        pivot = matrix[i, i]
        if not pivot > 0.0:
            return math.nan
        log_determinant += math.log(pivot)
        scale = 1.0 / pivot
        for j in range(p):
            matrix[i, j] *= scale
            inverse[i, j] *= scale
        for row in range(p):
            if row != i:
                factor = matrix[row, i]
                if factor != 0.0:
                    for j in range(p):
                        matrix[row, j] -= factor * matrix[i, j]
                        inverse[row, j] -= factor * inverse[i, j]
    return log_determinant


@kernel
def multiply(matrix: FloatArray, vector: FloatArray, out: FloatArray) -> None:
    """Fill `out` with ``matrix @ vector``."""
    for i in range(matrix.shape[0]):
        total = 0.0
        for j in range(matrix.shape[1]):
            total += matrix[i, j] * vector[j]
        out[i] = total
