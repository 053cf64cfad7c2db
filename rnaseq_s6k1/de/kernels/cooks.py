r"""Cook's distances, and the robust dispersion they are measured with.

With Pearson residuals :math:`r_j = (y_j - \mu_j)/\sqrt{\mu_j + \tilde\alpha\mu_j^2}`, leverages
:math:`h_j` and *p* coefficients (Cook, Technometrics 1977, 19:15; Love, Huber and Anders,
Genome Biology 2014, 15:550, "Detection of count outliers"),

.. math:: D_j = \frac{r_j^2}{p} \frac{h_j}{(1 - h_j)^2}.

:math:`\tilde\alpha = \max\{(\tilde v - \bar z)/\bar z^2, 0.04\}` comes from a robust variance
:math:`\tilde v` of the normalised counts: within each cell of three or more samples a trimmed
mean of squared deviations from the trimmed mean, scaled for the trimming, and the largest of
them; where no cell has three samples, the same over all samples. Trimmed at each end, and
scaled by: a third and 2.04 in cells of 3, a quarter and 1.86 up to 23, an eighth and 1.51 from
24 on and over all samples.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import kernel, parallel_kernel, summing_kernel
from rnaseq_s6k1.de.kernels.linear import cross_product, invert
from rnaseq_s6k1.de.kernels.means import scaling_row

__all__ = ["cooks_distances", "suspect_genes"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_LEAST_DISPERSION = 0.04
_LEAST_REPLICATES = 3


@kernel
def _trimmed_variance(values: FloatArray, share: float, scale: float) -> float:
    """Return the scaled trimmed mean of squared deviations from the trimmed mean.

    The deviations need no second sort: in sorted values the next larger one is always at
    one of the two ends of the stretch already taken, which grows outward from the centre.
    """
    ordered = np.sort(values)
    n = len(ordered)
    cut = math.floor(n * share)
    centre = 0.0
    for j in range(cut, n - cut):
        centre += ordered[j]
    centre /= n - 2 * cut
    right = np.searchsorted(ordered, centre)
    left = right - 1
    total = 0.0
    for rank in range(n - cut):
        below = centre - ordered[left] if left >= 0 else math.inf
        above = ordered[right] - centre if right < n else math.inf
        if below <= above:
            deviation = below
            left -= 1
        else:
            deviation = above
            right += 1
        if rank >= cut:
            total += deviation * deviation
    return scale * total / (n - 2 * cut)


@kernel
def _robust_variance(z: FloatArray, cells: IntArray) -> float:
    largest = -1.0
    for c in range(len(cells) - 1):
        size = cells[c + 1] - cells[c]
        if size < _LEAST_REPLICATES:
            continue
        # Share trimmed at each end, and the factor that makes up for it, by size.
        share, scale = 1 / 3, 2.04
        if size >= 24:
            share, scale = 1 / 8, 1.51
        elif size >= 4:
            share, scale = 1 / 4, 1.86
        largest = max(largest, _trimmed_variance(z[cells[c] : cells[c + 1]], share, scale))
    return largest if largest >= 0.0 else _trimmed_variance(z, 1 / 8, 1.51)


@kernel
def _cell_leverages(
    s: FloatArray,
    cells: IntArray,
    rows: FloatArray,
    alpha: float,
    ridge: FloatArray,
    min_mu: float,
    weighted_at: FloatArray,
    w: FloatArray,
    quadratic: FloatArray,
) -> None:
    """Fill `w` with weights and `quadratic`, one a cell, with leverage over weight."""
    n_cells, p = rows.shape
    weights = np.zeros(n_cells)
    for c in range(n_cells):
        eta = 0.0
        for i in range(p):
            eta += rows[c, i] * weighted_at[i]
        cell_mean = math.exp(eta)
        for j in range(cells[c], cells[c + 1]):
            at_least = max(s[j] * cell_mean, min_mu)
            w[j] = at_least / (1.0 + at_least * alpha)
            weights[c] += w[j]
    matrix = np.empty((p, p))
    inverse = np.empty((p, p))
    cross_product(rows, weights, matrix)
    for i in range(p):
        matrix[i, i] += ridge[i]
    invert(matrix, inverse)
    for c in range(n_cells):
        quadratic[c] = 0.0
        for i in range(p):
            for k in range(p):
                quadratic[c] += rows[c, i] * inverse[i, k] * rows[c, k]


@summing_kernel
def _count_beyond(
    y: FloatArray, s: FloatArray, w: FloatArray, cell_mean: float, quadratic: float, limit: float
) -> int:
    """Count the samples of a cell whose r^2 h / (1 - h)^2, at its largest, passes `limit`."""
    beyond = 0
    for j in range(len(y)):
        m = s[j] * cell_mean
        residual = y[j] - m
        h = quadratic * w[j]
        least_variance = m + _LEAST_DISPERSION * m * m
        room = (1.0 - h) * (1.0 - h) * least_variance
        beyond += residual * residual * h > limit * room
    return beyond


@parallel_kernel
def suspect_genes(
    counts: NDArray[np.int32],
    scaling: FloatArray,
    cells: IntArray,
    rows: FloatArray,
    dispersions: FloatArray,
    ridge: FloatArray,
    min_mu: float,
    beta: FloatArray,
    weighted_at: FloatArray,
    cutoff: float,
    suspect: NDArray[np.bool_],
) -> None:
    """Fill `suspect`, shape ``(n_genes,)``: whether any distance could be above `cutoff`.

    No robust dispersion, which takes sorting, is below 0.04, and with that one distances are
    largest. Parameters are those of `cooks_distances`.
    """
    n_genes, n = counts.shape
    n_cells, p = rows.shape
    for g in numba.prange(n_genes):
        y = counts[g].astype(np.float64)
        s = scaling_row(scaling, g)
        w = np.empty(n)
        quadratic = np.empty(n_cells)
        _cell_leverages(s, cells, rows, dispersions[g], ridge, min_mu, weighted_at[g], w, quadratic)
        suspect[g] = False
        for c in range(n_cells):
            here = slice(cells[c], cells[c + 1])
            eta = 0.0
            for i in range(p):
                eta += rows[c, i] * beta[g, i]
            if _count_beyond(y[here], s[here], w[here], math.exp(eta), quadratic[c], cutoff * p):
                suspect[g] = True


@parallel_kernel
def cooks_distances(
    counts: NDArray[np.int32],
    scaling: FloatArray,
    cells: IntArray,
    rows: FloatArray,
    dispersions: FloatArray,
    ridge: FloatArray,
    min_mu: float,
    beta: FloatArray,
    weighted_at: FloatArray,
    distances: FloatArray,
) -> None:
    """Fill `distances`, shape ``(n_genes, n_samples)``, in the kernels' order of samples.

    Other parameters: see `rnaseq_s6k1.de.kernels.coefficients.fit_coefficients`; leverages
    are taken at `weighted_at`.
    """
    n_genes, n = counts.shape
    n_cells, p = rows.shape
    for g in numba.prange(n_genes):
        s = scaling_row(scaling, g)
        z = counts[g] / s
        base_mean = z.mean()
        robust = (_robust_variance(z, cells) - base_mean) / (base_mean * base_mean)
        robust = max(robust, _LEAST_DISPERSION)
        w = np.empty(n)
        quadratic = np.empty(n_cells)
        _cell_leverages(s, cells, rows, dispersions[g], ridge, min_mu, weighted_at[g], w, quadratic)
        for c in range(n_cells):
            eta = 0.0
            for i in range(p):
                eta += rows[c, i] * beta[g, i]
            cell_mean = math.exp(eta)
            for j in range(cells[c], cells[c + 1]):
                m = s[j] * cell_mean
                h = quadratic[c] * w[j]
                residual = counts[g, j] - m
                pearson = residual * residual / (m + robust * m * m)
                distances[g, j] = pearson / p * h / ((1.0 - h) * (1.0 - h))
