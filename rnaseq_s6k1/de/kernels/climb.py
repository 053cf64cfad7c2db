r"""R DESeq2's ascent to the dispersion, step for step, for experiments of few samples.

With few samples the posterior is so flat that where an optimiser stops decides digits, so
the documented behaviour of DESeq2 is followed: log alpha climbs along its derivative with
an Armijo rule (Armijo, Pacific J Math 1966, 16:1; sufficient increase 1e-4); the step begins
at 1, is halved when refused, and after an accepted step grows by a tenth up to 1, halved at
every fifth; the ascent ends with the first accepted step that gains less than `tolerance`,
or after `max_iterations` tries. Genes that reach that limit are searched on a grid.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import kernel, parallel_kernel
from rnaseq_s6k1.de.kernels.means import fill_means, scaling_row
from rnaseq_s6k1.de.kernels.posterior import log_posterior, slope
from rnaseq_s6k1.de.kernels.sums import SMALL, sort_counts

__all__ = ["climb_all", "grid_search_all"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_SUFFICIENT = 1e-4
_LOWEST, _HIGHEST = -30.0, 10.0
_GRID = 20


@kernel
def _climb(
    start: float,
    y: FloatArray,
    mu: FloatArray,
    large: FloatArray,
    n_large: int,
    exceeding: FloatArray,
    cells: IntArray,
    rows: FloatArray,
    prior_mean: float,
    prior_variance: float,
    lowest_of_interest: float,
    tolerance: float,
    max_iterations: int,
    scratch: FloatArray,
) -> tuple[float, float, float, int]:
    """Return log alpha, the first and last log posterior, and how many steps were tried."""
    a = start
    sums = np.empty((3, rows.shape[0]))
    lp = log_posterior(
        a, y, mu, large, n_large, exceeding, cells, rows, prior_mean, prior_variance, scratch
    )
    gradient = slope(
        a, y, mu, large, n_large, exceeding, cells, rows, prior_mean, prior_variance, sums, scratch
    )
    first = lp
    step = 1.0
    accepted = 0
    tried = 0
    while tried < max_iterations:
        tried += 1
        proposed = a + step * gradient
        if proposed < _LOWEST:
            step = (_LOWEST - a) / gradient
        elif proposed > _HIGHEST:
            step = (_HIGHEST - a) / gradient
        proposed = a + step * gradient
        lp_new = log_posterior(
            proposed, y, mu, large, n_large, exceeding, cells, rows,
            prior_mean, prior_variance, scratch,
        )  # fmt: skip
        if not lp_new >= lp + step * _SUFFICIENT * gradient * gradient:
            step /= 2.0
            continue
        accepted += 1
        a = proposed
        gain = lp_new - lp
        lp = lp_new
        if gain < tolerance or a < lowest_of_interest:
            break
        gradient = slope(
            a, y, mu, large, n_large, exceeding, cells, rows,
            prior_mean, prior_variance, sums, scratch,
        )  # fmt: skip
        step = min(step * 1.1, 1.0)
        if accepted % 5 == 0:
            step /= 2.0
    return a, first, lp, tried


@parallel_kernel
def climb_all(
    counts: NDArray[np.int32],
    scaling: FloatArray,
    cell_means: FloatArray,
    cells: IntArray,
    rows: FloatArray,
    start: FloatArray,
    prior_mean: FloatArray,
    prior_variance: float,
    min_mu: float,
    lowest_of_interest: float,
    tolerance: float,
    max_iterations: int,
    out: FloatArray,
) -> None:
    """Climb for every gene.

    Parameters
    ----------
    counts
        Shape ``(n_genes, n_samples)``, samples of a cell side by side.
    scaling
        Size factors, shape ``(1, n_samples)``, or normalisation factors,
        ``(n_genes, n_samples)``.
    cell_means
        Mean normalised count of each cell, shape ``(n_genes, n_cells)``.
    cells, rows
        See `rnaseq_s6k1.de.kernels.posterior.log_posterior`.
    start, prior_mean
        Natural logs, shape ``(n_genes,)``.
    prior_variance
        Infinity leaves the prior out.
    min_mu
        Means are at least this.
    lowest_of_interest, tolerance, max_iterations
        Where the ascent may stop.
    out
        Filled with log alpha, first and last log posterior, and tries; ``(n_genes, 4)``.
    """
    n_genes, n = counts.shape
    p = rows.shape[1]
    for g in numba.prange(n_genes):
        y = counts[g].astype(np.float64)
        mu = np.empty(n)
        fill_means(mu, scaling_row(scaling, g), cell_means[g], cells, min_mu)
        large = np.empty(n)
        exceeding = np.empty(SMALL)
        n_large = sort_counts(y, large, exceeding)
        scratch = np.empty((3, p, p))
        a, first, last, tried = _climb(
            start[g], y, mu, large, n_large, exceeding, cells, rows, prior_mean[g], prior_variance,
            lowest_of_interest, tolerance, max_iterations, scratch,
        )  # fmt: skip
        out[g, 0] = a
        out[g, 1] = first
        out[g, 2] = last
        out[g, 3] = tried


@parallel_kernel
def grid_search_all(
    counts: NDArray[np.int32],
    scaling: FloatArray,
    cell_means: FloatArray,
    cells: IntArray,
    rows: FloatArray,
    prior_mean: FloatArray,
    prior_variance: float,
    min_mu: float,
    lowest: float,
    highest: float,
    out: FloatArray,
) -> None:
    """Search log alpha on 20 points from `lowest` to `highest`, then on 20 around the best.

    Parameters are those of `climb_all`; `out` has shape ``(n_genes,)``.
    """
    n_genes, n = counts.shape
    p = rows.shape[1]
    spacing = (highest - lowest) / (_GRID - 1)
    for g in numba.prange(n_genes):
        y = counts[g].astype(np.float64)
        mu = np.empty(n)
        fill_means(mu, scaling_row(scaling, g), cell_means[g], cells, min_mu)
        large = np.empty(n)
        exceeding = np.empty(SMALL)
        n_large = sort_counts(y, large, exceeding)
        scratch = np.empty((3, p, p))
        centre = 0.5 * (lowest + highest)
        half_width = 0.5 * (highest - lowest)
        for _ in range(2):
            best = -math.inf
            best_at = centre
            for k in range(_GRID):
                at = centre - half_width + 2.0 * half_width * k / (_GRID - 1)
                lp = log_posterior(
                    at, y, mu, large, n_large, exceeding, cells, rows,
                    prior_mean[g], prior_variance, scratch,
                )  # fmt: skip
                if lp > best:
                    best = lp
                    best_at = at
            centre = best_at
            half_width = spacing
        out[g] = centre
