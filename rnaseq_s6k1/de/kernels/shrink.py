r"""Maximum a posteriori coefficients under a heavy-tailed prior on one of them.

With a Cauchy prior of scale *S* on coefficient *k* and normal priors of scale *T* on the
others (Zhu, Ibrahim and Love, Bioinformatics 2019, 35:2084, equation 2), minimise

.. math::
    f(\beta) = \sum_j \Big[(y_j + r)\log(1 + \alpha\mu_j) - y_j\log\mu_j\Big]
        + \log(S^2 + \beta_k^2) + \sum_{i \ne k} \frac{\beta_i^2}{2T^2},
    \qquad \log\mu_j = \log s_j + x_j\beta,

by Newton's method with step halving. The likelihood is convex in :math:`\beta`; where the
Cauchy term is not, its curvature :math:`2(S^2-\beta_k^2)/(S^2+\beta_k^2)^2` is replaced by
that of the quadratic that lies above it, :math:`2/(S^2+\beta_k^2)`. The posterior can have two
modes, one shrunken and one at the data; the search starts from both sides and the higher one
wins.
Units: natural log.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import kernel, parallel_kernel
from rnaseq_s6k1.de.kernels.linear import cross_product, invert, multiply
from rnaseq_s6k1.de.kernels.means import scaling_row

__all__ = ["shrink_all"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_STEPS = 200
_HALVINGS = 30
_TOLERANCE = 1e-9
_LONGEST = 5.0


@kernel
def _loss(
    beta: FloatArray,
    y: FloatArray,
    log_s: FloatArray,
    cells: IntArray,
    rows: FloatArray,
    log_alpha: float,
    which: int,
    wide: float,
    scale: float,
) -> float:
    r = math.exp(-log_alpha)
    total = math.log(scale * scale + beta[which] * beta[which])
    for i in range(len(beta)):
        if i != which:
            total += 0.5 * beta[i] * beta[i] / (wide * wide)
    for c in range(rows.shape[0]):
        eta = 0.0
        for i in range(len(beta)):
            eta += rows[c, i] * beta[i]
        for j in range(cells[c], cells[c + 1]):
            log_mu = log_s[j] + eta
            log_alpha_mu = log_mu + log_alpha
            if log_alpha_mu > 0.0:
                log_one_plus = log_alpha_mu + math.log1p(math.exp(-log_alpha_mu))
            else:
                log_one_plus = math.log1p(math.exp(log_alpha_mu))
            total += (y[j] + r) * log_one_plus - y[j] * log_mu
    return total


@kernel
def _gradient_and_curvature(
    beta: FloatArray,
    y: FloatArray,
    log_s: FloatArray,
    cells: IntArray,
    rows: FloatArray,
    log_alpha: float,
    which: int,
    wide: float,
    scale: float,
    gradient: FloatArray,
    curvature: FloatArray,
) -> None:
    r = math.exp(-log_alpha)
    n_cells, p = rows.shape
    slopes = np.empty(n_cells)
    weights = np.empty(n_cells)
    for c in range(n_cells):
        eta = 0.0
        for i in range(p):
            eta += rows[c, i] * beta[i]
        slope = 0.0
        weight = 0.0
        for j in range(cells[c], cells[c + 1]):
            # share = alpha mu / (1 + alpha mu)
            share = 1.0 / (1.0 + math.exp(-(log_s[j] + eta + log_alpha)))
            slope += (y[j] + r) * share - y[j]
            weight += (y[j] + r) * share * (1.0 - share)
        slopes[c] = slope
        weights[c] = weight
    cross_product(rows, weights, curvature)
    for i in range(p):
        gradient[i] = 0.0
        for c in range(n_cells):
            gradient[i] += rows[c, i] * slopes[c]
        if i != which:
            gradient[i] += beta[i] / (wide * wide)
            curvature[i, i] += 1.0 / (wide * wide)
    b = beta[which]
    spread = scale * scale + b * b
    gradient[which] += 2.0 * b / spread
    bend = 2.0 * (scale * scale - b * b) / (spread * spread)
    curvature[which, which] += bend if bend > 0.0 else 2.0 / spread


@kernel
def _descend(
    beta: FloatArray,
    y: FloatArray,
    log_s: FloatArray,
    cells: IntArray,
    rows: FloatArray,
    log_alpha: float,
    which: int,
    wide: float,
    scale: float,
) -> float:
    """Move `beta` to the mode it leads to; return the loss there."""
    p = rows.shape[1]
    gradient = np.empty(p)
    curvature = np.empty((p, p))
    inverse = np.empty((p, p))
    step = np.empty(p)
    loss = _loss(beta, y, log_s, cells, rows, log_alpha, which, wide, scale)
    for _ in range(_STEPS):
        _gradient_and_curvature(
            beta, y, log_s, cells, rows, log_alpha, which, wide, scale, gradient, curvature
        )
        if math.isnan(invert(curvature, inverse)):
            break
        multiply(inverse, gradient, step)
        longest = 0.0
        for i in range(p):
            longest = max(longest, abs(step[i]))
        share = 1.0 if longest <= _LONGEST else _LONGEST / longest
        moved = False
        for _ in range(_HALVINGS):
            trial = beta - share * step
            new = _loss(trial, y, log_s, cells, rows, log_alpha, which, wide, scale)
            if new <= loss:
                moved = True
                break
            share *= 0.5
        if not moved:
            break
        beta[:] = trial
        loss = new
        if share * longest < _TOLERANCE:
            break
    return loss


@parallel_kernel
def shrink_all(
    counts: NDArray[np.int32],
    scaling: FloatArray,
    cells: IntArray,
    rows: FloatArray,
    dispersions: FloatArray,
    unshrunk: FloatArray,
    which: int,
    wide: float,
    scale: float,
    out: FloatArray,
) -> None:
    """Fill `out`, shape ``(n_genes,)``, with the shrunken coefficient, natural log.

    Parameters
    ----------
    counts, scaling, cells, rows, dispersions
        See `rnaseq_s6k1.de.kernels.coefficients.fit_coefficients`.
    unshrunk
        Maximum-likelihood coefficients, shape ``(n_genes, n_coefficients)``.
    which
        The coefficient with the Cauchy prior.
    wide, scale
        Scale of the normal priors, and of the Cauchy prior.
    """
    n_genes = counts.shape[0]
    for g in numba.prange(n_genes):
        y = counts[g].astype(np.float64)
        log_s = np.log(scaling_row(scaling, g))
        log_alpha = math.log(dispersions[g])
        from_data = unshrunk[g].copy()
        from_null = unshrunk[g].copy()
        from_null[which] = 0.0
        loss_data = _descend(from_data, y, log_s, cells, rows, log_alpha, which, wide, scale)
        loss_null = _descend(from_null, y, log_s, cells, rows, log_alpha, which, wide, scale)
        out[g] = from_null[which] if loss_null <= loss_data else from_data[which]
