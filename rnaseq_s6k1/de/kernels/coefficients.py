r"""Coefficients of one gene's negative-binomial model, by iteratively reweighted least squares.

With the log link :math:`\log\mu_j = \log s_j + x_j\beta`, weights
:math:`w_j = \mu_j/(1 + \alpha\mu_j)` and working response
:math:`z_j = x_j\beta + (y_j - \mu_j)/\mu_j`, each step solves

.. math:: (X^T W X + \lambda I)\,\beta = X^T W z

(Love, Huber and Anders, Genome Biology 2014, 15:550, "Generalized linear model"), with a weak
ridge :math:`\lambda`, and :math:`\mu_j` at least `min_mu`. It stops when the deviance
:math:`D = -2 \log L` changes by less than `tolerance` of :math:`|D| + 0.1`. Samples of equal
design rows enter through the sums of their cell. Units: natural log.

The covariance of the estimates is
:math:`(X^TWX + \lambda I)^{-1} X^TWX (X^TWX + \lambda I)^{-1}`.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import kernel, parallel_kernel
from rnaseq_s6k1.de.kernels.linear import cross_product, invert, multiply
from rnaseq_s6k1.de.kernels.means import scaling_row
from rnaseq_s6k1.de.kernels.sums import SMALL, count_logs, sort_counts

__all__ = ["RUNAWAY", "contrast_errors", "fit_coefficients"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Beyond this (natural log) a coefficient has run away, and the gene is fitted otherwise.
RUNAWAY = 30.0


@kernel
def _accumulate(
    y: FloatArray,
    s: FloatArray,
    log_s: FloatArray,
    eta: FloatArray,
    cells: IntArray,
    alpha: float,
    min_mu: float,
    weights: FloatArray,
    weighted_response: FloatArray,
) -> None:
    """Sum weights and weighted working responses over the samples of each cell."""
    for c in range(len(cells) - 1):
        cell_mean = math.exp(eta[c])
        weight = 0.0
        response = 0.0
        for j in range(cells[c], cells[c + 1]):
            mu = s[j] * cell_mean
            z = eta[c]
            if mu < min_mu:
                mu = min_mu
                z = math.log(mu) - log_s[j]
            w = mu / (1.0 + mu * alpha)
            weight += w
            response += w * (z + (y[j] - mu) / mu)
        weights[c] = weight
        weighted_response[c] = response


@kernel
def _minus_two_log_likelihood(
    y: FloatArray,
    s: FloatArray,
    log_s: FloatArray,
    eta: FloatArray,
    cells: IntArray,
    alpha: float,
    min_mu: float,
    constant: float,
) -> float:
    r"""Return the deviance; `constant` holds the terms without :math:`\mu`."""
    r = 1.0 / alpha
    log_alpha = math.log(alpha)
    log_min = math.log(min_mu)
    total = constant
    for c in range(len(cells) - 1):
        cell_mean = math.exp(eta[c])
        for j in range(cells[c], cells[c + 1]):
            mu = s[j] * cell_mean
            log_mu = log_s[j] + eta[c]
            if mu < min_mu:
                mu = min_mu
                log_mu = log_min
            # y log(alpha mu / (1 + alpha mu)) - r log(1 + alpha mu), with a single new log
            total += y[j] * (log_alpha + log_mu) - (y[j] + r) * math.log1p(mu * alpha)
    return -2.0 * total


@kernel
def _likelihood_constant(y: FloatArray, alpha: float) -> float:
    large = np.empty(len(y))
    exceeding = np.empty(SMALL)
    n_large = sort_counts(y, large, exceeding)
    # log gamma(y + 1) = log gamma(y + 1) - log gamma(1)
    return count_logs(large, n_large, exceeding, 1.0 / alpha) - count_logs(
        large, n_large, exceeding, 1.0
    )


@kernel
def _fit_gene(
    y: FloatArray,
    s: FloatArray,
    log_s: FloatArray,
    cells: IntArray,
    rows: FloatArray,
    start: FloatArray,
    alpha: float,
    ridge: FloatArray,
    min_mu: float,
    tolerance: float,
    max_iterations: int,
    beta: FloatArray,
    weighted_at: FloatArray,
) -> int:
    """Fill `beta`, starting from `start`; return how many steps were taken, or -1 on failure.

    `weighted_at` is filled with the last coefficients that weights can be taken at: those
    before the last step where that step ran away, else `beta`.
    """
    n_cells, p = rows.shape
    eta = np.empty(n_cells)
    weights = np.empty(n_cells)
    response = np.empty(n_cells)
    matrix = np.empty((p, p))
    inverse = np.empty((p, p))
    right = np.empty(p)
    beta[:] = start
    multiply(rows, beta, eta)
    constant = _likelihood_constant(y, alpha)
    old_deviance = 0.0
    for iteration in range(max_iterations):
        _accumulate(y, s, log_s, eta, cells, alpha, min_mu, weights, response)
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
        multiply(rows, beta, eta)
        deviance = _minus_two_log_likelihood(y, s, log_s, eta, cells, alpha, min_mu, constant)
        change = abs(deviance - old_deviance) / (abs(deviance) + 0.1)
        if math.isnan(change):
            return -1
        if iteration > 0 and change < tolerance:
            return iteration + 1
        old_deviance = deviance
    return -1


@parallel_kernel
def fit_coefficients(
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
    steps: NDArray[np.int64],
) -> None:
    """Fit every gene.

    Parameters
    ----------
    counts, scaling, cells, rows
        See `rnaseq_s6k1.de.kernels.climb.climb_all`.
    pseudo_inverse
        Least-squares solution from the cells' mean log counts, shape
        ``(n_coefficients, n_cells)``: where the iterations start.
    dispersions
        Shape ``(n_genes,)``.
    ridge
        Penalty of each coefficient, natural-log scale, shape ``(n_coefficients,)``.
    min_mu, tolerance, max_iterations
        See above.
    beta
        Filled with the coefficients, natural log, shape ``(n_genes, n_coefficients)``.
    weighted_at
        Filled with the coefficients leverages belong to; differs from `beta` on failure.
    steps
        Filled with the number of steps; -1 where the iterations failed.
    """
    n_genes = counts.shape[0]
    n_cells, p = rows.shape
    log_scaling = np.log(scaling)
    for g in numba.prange(n_genes):
        y = counts[g].astype(np.float64)
        s = scaling_row(scaling, g)
        log_s = scaling_row(log_scaling, g)
        log_means = np.empty(n_cells)
        for c in range(n_cells):
            total = 0.0
            for j in range(cells[c], cells[c + 1]):
                total += math.log(y[j] / s[j] + 0.1)
            log_means[c] = total / (cells[c + 1] - cells[c])
        start = np.empty(p)
        multiply(pseudo_inverse, log_means, start)
        steps[g] = _fit_gene(
            y, s, log_s, cells, rows, start, dispersions[g], ridge,
            min_mu, tolerance, max_iterations, beta[g], weighted_at[g],
        )  # fmt: skip


@parallel_kernel
def contrast_errors(
    scaling: FloatArray,
    cells: IntArray,
    rows: FloatArray,
    dispersions: FloatArray,
    ridge: FloatArray,
    min_mu: float,
    beta: FloatArray,
    contrast: FloatArray,
    errors: FloatArray,
) -> None:
    """Fill `errors` with the standard error of ``contrast @ beta`` of each gene, natural log."""
    n_genes, p = beta.shape
    n_cells = rows.shape[0]
    for g in numba.prange(n_genes):
        s = scaling_row(scaling, g)
        weights = np.empty(n_cells)
        matrix = np.empty((p, p))
        information = np.empty((p, p))
        inverse = np.empty((p, p))
        half = np.empty(p)
        full = np.empty(p)
        for c in range(n_cells):
            eta = 0.0
            for i in range(p):
                eta += rows[c, i] * beta[g, i]
            cell_mean = math.exp(eta)
            weight = 0.0
            for j in range(cells[c], cells[c + 1]):
                mu = max(s[j] * cell_mean, min_mu)
                weight += mu / (1.0 + mu * dispersions[g])
            weights[c] = weight
        cross_product(rows, weights, information)
        for i in range(p):
            for j in range(p):
                matrix[i, j] = information[i, j] + (ridge[i] if i == j else 0.0)
        invert(matrix, inverse)
        multiply(inverse, contrast, half)
        multiply(information, half, full)
        variance = 0.0
        for i in range(p):
            variance += half[i] * full[i]
        errors[g] = math.sqrt(variance) if variance > 0.0 else math.nan
