r"""Coefficients of one gene's model, for experiments of many samples.

The model and its ridge are those of `coefficients`. With many samples the deviance, which costs
more than all else, is not followed: Fisher's scoring goes on until no cell's :math:`x_c\beta`
moves by more than `tolerance`, and so a little further than R goes. In its normal equations

.. math:: (X^T W X + \lambda I)\,\beta = X^T W z, \qquad
          w_j z_j = w_j x_j\beta + \frac{y_j - \mu_j}{1 + \alpha\mu_j},

a sample costs one division, and samples of equal design rows enter by the sums of their cell.
It starts from the least-squares fit to the logs of the cells' mean normalised counts.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.coefficients import RUNAWAY
from rnaseq_s6k1.de.kernels.compile import kernel, parallel_kernel, summing_kernel
from rnaseq_s6k1.de.kernels.linear import cross_product, invert, multiply
from rnaseq_s6k1.de.kernels.means import scaling_row

__all__ = ["score_coefficients"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Keeps the log of a silent cell's mean finite, as in `coefficients`.
_OFFSET = 0.1


@summing_kernel
def _cell_sums(y: FloatArray, s: FloatArray, cell_mean: float, alpha: float) -> tuple[float, float]:
    """Return the sums of w and of (y - mu) / (1 + alpha mu) over the samples of a cell."""
    weight = 0.0
    residual = 0.0
    for j in range(len(y)):
        mu = s[j] * cell_mean
        inverse = 1.0 / (1.0 + mu * alpha)
        weight += mu * inverse
        residual += (y[j] - mu) * inverse
    return weight, residual


@kernel
def _bounded_cell_sums(
    y: FloatArray, s: FloatArray, eta: float, alpha: float, min_mu: float
) -> tuple[float, float]:
    """Return the sums of w and w (z - eta) where some mean is below `min_mu`."""
    cell_mean = math.exp(eta)
    weight = 0.0
    residual = 0.0
    for j in range(len(y)):
        mu = s[j] * cell_mean
        moved = 0.0
        if mu < min_mu:
            moved = math.log(min_mu / mu)
            mu = min_mu
        w = mu / (1.0 + mu * alpha)
        weight += w
        residual += w * (moved + (y[j] - mu) / mu)
    return weight, residual


@summing_kernel
def _log_mean(y: FloatArray, s: FloatArray) -> float:
    """Return the log of the mean normalised count of a cell, kept finite."""
    total = 0.0
    for j in range(len(y)):
        total += y[j] / s[j]
    return math.log(total / len(y) + _OFFSET)


@kernel
def _score_gene(
    y: FloatArray,
    s: FloatArray,
    least_scaling: FloatArray,
    cells: IntArray,
    rows: FloatArray,
    alpha: float,
    ridge: FloatArray,
    min_mu: float,
    tolerance: float,
    max_iterations: int,
    beta: FloatArray,
    weighted_at: FloatArray,
) -> int:
    """Move `beta` to the maximum; return the steps taken, or -1 where it is not found.

    `weighted_at` is as in `rnaseq_s6k1.de.kernels.coefficients.fit_coefficients`.
    """
    n_cells, p = rows.shape
    eta = np.empty(n_cells)
    new_eta = np.empty(n_cells)
    weights = np.empty(n_cells)
    response = np.empty(n_cells)
    matrix = np.empty((p, p))
    inverse = np.empty((p, p))
    right = np.empty(p)
    multiply(rows, beta, eta)
    for iteration in range(max_iterations):
        for c in range(n_cells):
            here = slice(cells[c], cells[c + 1])
            cell_mean = math.exp(eta[c])
            if least_scaling[c] * cell_mean >= min_mu:
                weights[c], residual = _cell_sums(y[here], s[here], cell_mean, alpha)
            else:
                weights[c], residual = _bounded_cell_sums(y[here], s[here], eta[c], alpha, min_mu)
            response[c] = weights[c] * eta[c] + residual
        cross_product(rows, weights, matrix)
        for i in range(p):
            matrix[i, i] += ridge[i]
            right[i] = 0.0
            for c in range(n_cells):
                right[i] += rows[c, i] * response[c]
        weighted_at[:] = beta
        if math.isnan(invert(matrix, inverse)):
            return -1
        multiply(inverse, right, beta)
        for i in range(p):
            if not abs(beta[i]) <= RUNAWAY:
                return -1
        weighted_at[:] = beta
        multiply(rows, beta, new_eta)
        moved = 0.0
        for c in range(n_cells):
            moved = max(moved, abs(new_eta[c] - eta[c]))
            eta[c] = new_eta[c]
        if moved < tolerance:
            return iteration + 1
    return -1


@parallel_kernel
def score_coefficients(
    counts: NDArray[np.int32],
    scaling: FloatArray,
    cells: IntArray,
    rows: FloatArray,
    pseudo_inverse: FloatArray,
    dispersions: FloatArray,
    ridge: FloatArray,
    min_mu: float,
    tolerance: float,
    max_iterations: int,
    beta: FloatArray,
    weighted_at: FloatArray,
    steps: IntArray,
) -> None:
    """Fit every gene.

    Parameters are those of `rnaseq_s6k1.de.kernels.coefficients.fit_coefficients`, but for
    `tolerance`, on the natural-log scale of the means.
    """
    n_genes = counts.shape[0]
    n_cells = rows.shape[0]
    for g in numba.prange(n_genes):
        y = counts[g].astype(np.float64)
        s = scaling_row(scaling, g)
        log_means = np.empty(n_cells)
        least_scaling = np.empty(n_cells)
        for c in range(n_cells):
            here = slice(cells[c], cells[c + 1])
            log_means[c] = _log_mean(y[here], s[here])
            least_scaling[c] = s[here].min()
        multiply(pseudo_inverse, log_means, beta[g])
        steps[g] = _score_gene(
            y, s, least_scaling, cells, rows, dispersions[g], ridge,
            min_mu, tolerance, max_iterations, beta[g], weighted_at[g],
        )  # fmt: skip
