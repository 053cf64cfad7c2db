r"""What PyDESeq2's inference interface asks of a gene, beyond the engine's own kernels.

- The dispersion for means given one by one, not as cell means: the objective of `posterior`,
  with or without its Cox-Reid term.
- Means :math:`\mu_j = s_j e^{x_j\beta}` and leverages
  :math:`h_j = w_j\, x_j (X^T W X + \Lambda)^{-1} x_j^T`, with weights
  :math:`w_j = \mu_j / (1 + \alpha\mu_j)` at means of at least `min_mu`
  (Love, Huber and Anders, Genome Biology 2014, 15:550).
- The standard error of a contrast *c* at given means,
  :math:`\sqrt{c^T H M H c}` with :math:`M = X^T W X` and :math:`H = (M + \Lambda)^{-1}`.
- All coefficients at the mode of the apeGLM posterior of `shrink`, and the inverse Hessian
  there.

Means are handed over and back in the caller's order of samples: `order` holds the position
there of each sample of the kernels' order.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.bounded_search import search
from rnaseq_s6k1.de.kernels.compile import kernel, parallel_kernel
from rnaseq_s6k1.de.kernels.linear import cross_product, invert, multiply
from rnaseq_s6k1.de.kernels.newton import maximise
from rnaseq_s6k1.de.kernels.shrink import _descend, _gradient_and_curvature
from rnaseq_s6k1.de.kernels.sums import SMALL

__all__ = ["contrast_errors_at", "dispersions_at", "means_and_leverages", "posterior_modes"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# A mean this much smaller than the gene's largest adds the same to the Cox-Reid determinant at
# every dispersion; raising it keeps that determinant above rounding error.
_SMALLEST_SHARE = 1e-10
_SETTLED = 1e-6


@parallel_kernel
def dispersions_at(
    counts: NDArray[np.int32],
    means: FloatArray,
    order: IntArray,
    cells: IntArray,
    rows: FloatArray,
    start: FloatArray,
    prior_mean: FloatArray,
    prior_variance: float,
    lowest: float,
    highest: float,
    most_samples_searched: int,
    newton_tolerance: float,
    max_iterations: int,
    out: FloatArray,
    converged: NDArray[np.bool_],
) -> None:
    """Fill `out`, shape ``(n_genes,)``, with log alpha.

    Parameters
    ----------
    counts, cells, start, prior_mean, prior_variance
        See `rnaseq_s6k1.de.kernels.climb.climb_all`.
    means, order
        Means, shape ``(n_genes, n_samples)``, in the caller's order.
    rows
        Design row of each cell; of no columns to leave the Cox-Reid term out.
    lowest, highest
        Bounds of log alpha.
    most_samples_searched
        Up to this many samples, L-BFGS-B's steps are followed to their end. With more, only
        its first, which tells whether the objective is flat at the start; else Newton's
        method finds the maximum, as it does wherever L-BFGS-B fails.
    newton_tolerance, max_iterations
        Newton's method ends at a shorter step; both end after so many.
    converged
        Filled with whether the value found is finite.
    """
    n_genes, n = counts.shape
    p = rows.shape[1]
    steps = max_iterations if n <= most_samples_searched else 1
    for g in numba.prange(n_genes):
        y = counts[g].astype(np.float64)
        mu = np.empty(n)
        largest = 1.0
        for j in range(n):
            mu[j] = means[g, order[j]]
            largest = max(largest, mu[j])
        for j in range(n):
            mu[j] = max(mu[j], largest * _SMALLEST_SHARE)
        scratch = np.empty((4, p, p))
        out[g], state = search(
            start[g], y, mu, cells, rows, prior_mean[g], prior_variance,
            lowest, highest, steps, scratch,
        )  # fmt: skip
        if state < 1:
            out[g], _, _ = maximise(
                start[g], y, mu, np.empty(n), np.empty(SMALL), cells, rows, prior_mean[g],
                prior_variance, lowest, highest, newton_tolerance, max_iterations, scratch,
            )  # fmt: skip
        converged[g] = math.isfinite(out[g])


@parallel_kernel
def means_and_leverages(
    size_factors: FloatArray,
    order: IntArray,
    cells: IntArray,
    rows: FloatArray,
    dispersions: FloatArray,
    ridge: FloatArray,
    min_mu: float,
    beta: FloatArray,
    means: FloatArray,
    leverages: FloatArray,
) -> None:
    """Fill `means`, not raised to `min_mu`, and `leverages`, shape ``(n_genes, n_samples)``.

    Parameters
    ----------
    size_factors
        In the kernels' order, shape ``(n_samples,)``.
    order, cells, rows, dispersions, ridge, min_mu, beta
        See above and `rnaseq_s6k1.de.kernels.coefficients.fit_coefficients`.
    """
    n_genes, p = beta.shape
    n_cells = rows.shape[0]
    for g in numba.prange(n_genes):
        eta = np.empty(n_cells)
        weights = np.empty(n_cells)
        matrix = np.empty((p, p))
        inverse = np.empty((p, p))
        multiply(rows, beta[g], eta)
        for c in range(n_cells):
            cell_mean = math.exp(eta[c])
            weights[c] = 0.0
            for j in range(cells[c], cells[c + 1]):
                mean = size_factors[j] * cell_mean
                means[g, order[j]] = mean
                weights[c] += _weight(max(mean, min_mu), dispersions[g])
        cross_product(rows, weights, matrix)
        for i in range(p):
            matrix[i, i] += ridge[i]
        singular = math.isnan(invert(matrix, inverse))
        for c in range(n_cells):
            spread = math.nan if singular else _quadratic(inverse, rows[c])
            for j in range(cells[c], cells[c + 1]):
                weight = _weight(max(means[g, order[j]], min_mu), dispersions[g])
                leverages[g, order[j]] = weight * spread


@kernel
def _weight(mean: float, alpha: float) -> float:
    return mean / (1.0 + mean * alpha)


@kernel
def _quadratic(matrix: FloatArray, vector: FloatArray) -> float:
    """Return ``vector @ matrix @ vector``."""
    total = 0.0
    for i in range(len(vector)):
        for k in range(len(vector)):
            total += vector[i] * matrix[i, k] * vector[k]
    return total


@parallel_kernel
def contrast_errors_at(
    means: FloatArray,
    order: IntArray,
    cells: IntArray,
    rows: FloatArray,
    dispersions: FloatArray,
    ridge: FloatArray,
    contrast: FloatArray,
    errors: FloatArray,
) -> None:
    """Fill `errors`, shape ``(n_genes,)``, natural log; NaN where means are.

    Parameters
    ----------
    means
        Shape ``(n_genes, n_samples)``, in the caller's order.
    order, cells, rows, dispersions
        See above.
    ridge
        Penalty matrix, shape ``(n_coefficients, n_coefficients)``.
    contrast
        Shape ``(n_coefficients,)``.
    """
    n_genes = means.shape[0]
    n_cells, p = rows.shape
    for g in numba.prange(n_genes):
        weights = np.empty(n_cells)
        information = np.empty((p, p))
        inverse = np.empty((p, p))
        half = np.empty(p)
        for c in range(n_cells):
            weights[c] = 0.0
            for j in range(cells[c], cells[c + 1]):
                weights[c] += _weight(means[g, order[j]], dispersions[g])
        cross_product(rows, weights, information)
        if math.isnan(invert(information + ridge, inverse)):
            errors[g] = math.nan
            continue
        multiply(inverse, contrast, half)
        errors[g] = math.sqrt(_quadratic(information, half))


@parallel_kernel
def posterior_modes(
    counts: NDArray[np.int32],
    log_size_factors: FloatArray,
    cells: IntArray,
    rows: FloatArray,
    pseudo_inverse: FloatArray,
    dispersions: FloatArray,
    which: int,
    wide: float,
    scale: float,
    beta: FloatArray,
    inverse_hessian: FloatArray,
    converged: NDArray[np.bool_],
) -> None:
    """Find the higher mode that least squares, and least squares without effect, lead to.

    Parameters
    ----------
    counts, cells, rows, pseudo_inverse, dispersions
        See `rnaseq_s6k1.de.kernels.coefficients.fit_coefficients`.
    log_size_factors
        Natural log, in the kernels' order, shape ``(n_samples,)``.
    which, wide, scale
        See `rnaseq_s6k1.de.kernels.shrink.shrink_all`.
    beta
        Filled with the coefficients, natural log, shape ``(n_genes, n_coefficients)``.
    inverse_hessian
        Filled with the inverse of the objective's second derivatives there,
        ``(n_genes, n_coefficients, n_coefficients)``; NaN where that is not positive definite.
    converged
        Filled with whether Newton's decrement there is small.
    """
    n_genes = counts.shape[0]
    n_cells, p = rows.shape
    for g in numba.prange(n_genes):
        y = counts[g].astype(np.float64)
        log_alpha = math.log(dispersions[g])
        log_means = np.zeros(n_cells)
        for c in range(n_cells):
            for j in range(cells[c], cells[c + 1]):
                log_means[c] += math.log(y[j] * math.exp(-log_size_factors[j]) + 0.1)
            log_means[c] /= cells[c + 1] - cells[c]
        multiply(pseudo_inverse, log_means, beta[g])
        from_null = beta[g].copy()
        from_null[which] = 0.0
        loss = _descend(beta[g], y, log_size_factors, cells, rows, log_alpha, which, wide, scale)
        loss_null = _descend(
            from_null, y, log_size_factors, cells, rows, log_alpha, which, wide, scale
        )
        if loss_null <= loss:
            beta[g] = from_null
        gradient = np.empty(p)
        curvature = np.empty((p, p))
        step = np.empty(p)
        _gradient_and_curvature(
            beta[g], y, log_size_factors, cells, rows, log_alpha, which, wide, scale,
            gradient, curvature,
        )  # fmt: skip
        # That curvature is never less than zero in the prior's direction; this is the true one.
        b = beta[g, which]
        spread = scale * scale + b * b
        bend = 2.0 * (scale * scale - b * b) / (spread * spread)
        if bend <= 0.0:
            curvature[which, which] += bend - 2.0 / spread
        if math.isnan(invert(curvature, inverse_hessian[g])):
            inverse_hessian[g] = math.nan
        multiply(inverse_hessian[g], gradient, step)
        converged[g] = abs(np.sum(step * gradient)) < _SETTLED
