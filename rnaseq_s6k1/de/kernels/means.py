r"""Means of counts, and what can be said of a gene's dispersion from its moments.

A gene's mean in sample *j* of cell *c* is :math:`\mu_j = s_j q_c`, with the sample's size
factor (or the gene's normalisation factor) and the cell's mean normalised count. Moment
estimates (Love 2014, "Estimation of dispersions"): with normalised counts :math:`z_j`, their
mean :math:`\bar z` and variance :math:`v`, and fitted means :math:`\hat z_j`, at least 1, of
the linear model,

.. math::
    \hat\alpha_{mom} = \frac{v - \bar z \cdot \overline{1/s}}{\bar z^2}, \qquad
    \hat\alpha_{rough} = \frac{1}{n - p}
        \sum_j \frac{(z_j - \hat z_j)^2 - \hat z_j}{\hat z_j^2}.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import kernel, parallel_kernel

__all__ = ["fill_means", "moments", "scaling_row"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@kernel
def scaling_row(scaling: FloatArray, gene: int) -> FloatArray:
    """Return the normalisation factors of a gene: its own, or the samples' size factors."""
    row: FloatArray = scaling[gene] if scaling.shape[0] > 1 else scaling[0]
    return row


@kernel
def fill_means(
    mu: FloatArray, scaling: FloatArray, cell_means: FloatArray, cells: IntArray, min_mu: float
) -> None:
    """Fill `mu` with the means of one gene, each at least `min_mu`."""
    for c in range(len(cells) - 1):
        for j in range(cells[c], cells[c + 1]):
            mu[j] = max(scaling[j] * cell_means[c], min_mu)


@parallel_kernel
def moments(
    counts: NDArray[np.int32],
    scaling: FloatArray,
    cells: IntArray,
    projection: FloatArray,
    mean_inverse_scaling: float,
    n_coefficients: int,
    base_mean: FloatArray,
    base_variance: FloatArray,
    start: FloatArray,
    linear_means: FloatArray,
) -> None:
    """Summarise every gene in one pass.

    Parameters
    ----------
    counts, scaling, cells
        See `rnaseq_s6k1.de.kernels.climb.climb_all`.
    projection
        The linear model's fitted value of each cell from the cells' means, ``(k, k)``.
    mean_inverse_scaling
        Mean over samples of one over the size factor.
    n_coefficients
        Columns of the design.
    base_mean, base_variance
        Filled with mean and variance of the normalised counts, shape ``(n_genes,)``.
    start
        Filled with the smaller of the two moment estimates, not limited yet.
    linear_means
        Filled with the linear model's mean of each cell, shape ``(n_genes, n_cells)``.
    """
    n_genes, n = counts.shape
    n_cells = len(cells) - 1
    for g in numba.prange(n_genes):
        s = scaling_row(scaling, g)
        means = np.empty(n_cells)
        total = 0.0
        for c in range(n_cells):
            cell_total = 0.0
            for j in range(cells[c], cells[c + 1]):
                cell_total += counts[g, j] / s[j]
            total += cell_total
            means[c] = cell_total / (cells[c + 1] - cells[c])
        mean = total / n
        variance = 0.0
        rough = 0.0
        for c in range(n_cells):
            fitted = 0.0
            for q in range(n_cells):
                fitted += projection[c, q] * means[q]
            linear_means[g, c] = fitted
            at_least_one = max(fitted, 1.0)
            for j in range(cells[c], cells[c + 1]):
                z = counts[g, j] / s[j]
                variance += (z - mean) * (z - mean)
                residual = z - at_least_one
                rough += (residual * residual - at_least_one) / (at_least_one * at_least_one)
        variance /= n - 1
        base_mean[g] = mean
        base_variance[g] = variance
        rough = max(rough / (n - n_coefficients), 0.0)
        by_moments = (variance - mean_inverse_scaling * mean) / (mean * mean) if mean > 0 else 0.0
        start[g] = min(rough, by_moments)
