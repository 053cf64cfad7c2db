"""Gene-wise, trended and final dispersions, as DESeq2 estimates them."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.climb import climb_all, grid_search_all
from rnaseq_s6k1.de.kernels.means import moments
from rnaseq_s6k1.de.kernels.newton import maximise_all
from rnaseq_s6k1.de.layout import CellLayout

__all__ = ["Dispersions", "Moments", "gene_wise", "maximum_a_posteriori", "summarise"]

logger = logging.getLogger(__name__)

FloatArray = NDArray[np.float64]
Counts = NDArray[np.int32]

# DESeq2's documented defaults.
MIN_DISPERSION = 1e-8
MIN_MU = 0.5
_TOLERANCE = 1e-6
_MAX_ITERATIONS = 100
_LARGEST_DISPERSION = 10.0
_NEWTON_TOLERANCE = 1e-7
_NEWTON_ITERATIONS = 60


@dataclass(frozen=True)
class Moments:
    """What one pass over the counts gives.

    Attributes
    ----------
    base_mean, base_variance
        Of the normalised counts, shape ``(n_genes,)``.
    start
        Moment estimate of the dispersion, within its bounds, ``(n_genes,)``.
    linear_means
        Linear model's mean of each cell, ``(n_genes, n_cells)``.
    """

    base_mean: FloatArray
    base_variance: FloatArray
    start: FloatArray
    linear_means: FloatArray


@dataclass(frozen=True)
class Dispersions:
    """The stages of a dispersion.

    Attributes
    ----------
    gene_wise, fitted, map, final
        Shape ``(n_genes,)``.
    outlier
        Kept gene-wise, too far above the trend.
    """

    gene_wise: FloatArray
    fitted: FloatArray
    map: FloatArray
    final: FloatArray
    outlier: NDArray[np.bool_]


def largest_dispersion(n_samples: int) -> float:
    """Return the upper bound of dispersions, max(10, n)."""
    return max(_LARGEST_DISPERSION, float(n_samples))


def summarise(counts: Counts, scaling: FloatArray, layout: CellLayout) -> Moments:
    """Take means, variances and moment dispersions of every gene."""
    n_genes, n = counts.shape
    base_mean, base_variance, start = (np.empty(n_genes) for _ in range(3))
    linear_means = np.empty((n_genes, len(layout.rows)))
    moments(
        counts,
        scaling,
        layout.starts,
        np.ascontiguousarray(layout.projection),
        float((1.0 / scaling.mean(axis=0)).mean()),
        layout.n_coefficients,
        base_mean,
        base_variance,
        start,
        linear_means,
    )
    np.clip(start, MIN_DISPERSION, largest_dispersion(n), out=start)
    return Moments(base_mean, base_variance, start, linear_means)


def gene_wise(
    counts: Counts,
    scaling: FloatArray,
    layout: CellLayout,
    cell_means: FloatArray,
    start: FloatArray,
) -> FloatArray:
    """Estimate each gene's dispersion by itself.

    The moment estimate is kept unless the fit raises the log posterior by more than a
    millionth of its size, as in DESeq2.

    Parameters
    ----------
    counts
        Shape ``(n_genes, n_samples)``, in the layout's order; no gene without counts.
    scaling
        See `rnaseq_s6k1.de.kernels.climb.climb_all`.
    layout
        The samples' cells.
    cell_means
        Mean normalised count of each cell, shape ``(n_genes, n_cells)``.
    start
        Moment estimates.
    """
    no_prior = np.zeros(len(counts))
    highest = largest_dispersion(counts.shape[1])
    found = _maximise(counts, scaling, layout, cell_means, np.log(start), no_prior, math.inf)
    estimate = np.exp(found.log_alpha)
    kept = found.last < found.first + np.abs(found.first) / 1e6
    estimate = np.where(kept, start, estimate)
    lost = found.unconverged & (estimate > 10 * MIN_DISPERSION)
    _search(lost, estimate, counts, scaling, layout, cell_means, no_prior, math.inf)
    return np.clip(estimate, MIN_DISPERSION, highest)


@dataclass(frozen=True)
class _Maxima:
    """Where the log posterior is largest, and how it was found.

    Attributes
    ----------
    log_alpha
        The place, shape ``(n_genes,)``.
    first, last
        Log posterior at the start and there; NaN where a prior makes them of no use.
    unconverged, exhausted
        The ascent took one step or reached its limit; it reached its limit.
    """

    log_alpha: FloatArray
    first: FloatArray
    last: FloatArray
    unconverged: NDArray[np.bool_]
    exhausted: NDArray[np.bool_]


def _maximise(
    counts: Counts,
    scaling: FloatArray,
    layout: CellLayout,
    cell_means: FloatArray,
    start: FloatArray,
    prior_mean: FloatArray,
    variance: float,
) -> _Maxima:
    """Climb as R does, or by Newton's method where there are many samples."""
    if not layout.has_many_samples:
        out = np.empty((len(counts), 4))
        climb_all(
            counts, scaling, cell_means, layout.starts, layout.rows, start, prior_mean, variance,
            MIN_MU, math.log(MIN_DISPERSION / 10), _TOLERANCE, _MAX_ITERATIONS, out,
        )  # fmt: skip
        exhausted = out[:, 3] >= _MAX_ITERATIONS
        return _Maxima(out[:, 0], out[:, 1], out[:, 2], exhausted | (out[:, 3] == 1), exhausted)
    out = np.empty((len(counts), 3))
    maximise_all(
        counts, scaling, cell_means, layout.starts, layout.rows, start, prior_mean, variance,
        MIN_MU, math.log(MIN_DISPERSION), math.log(largest_dispersion(counts.shape[1])),
        _NEWTON_TOLERANCE, _NEWTON_ITERATIONS, out,
    )  # fmt: skip
    none = np.zeros(len(counts), dtype=bool)
    return _Maxima(out[:, 0], out[:, 1], out[:, 2], none, none)


def _search(
    lost: NDArray[np.bool_],
    estimate: FloatArray,
    counts: Counts,
    scaling: FloatArray,
    layout: CellLayout,
    cell_means: FloatArray,
    prior_mean: FloatArray,
    variance: float,
) -> None:
    """Replace, on a grid, the estimates of genes whose ascent did not converge."""
    where = np.flatnonzero(lost)
    if where.size == 0:
        return
    found = np.empty(where.size)
    grid_search_all(
        np.ascontiguousarray(counts[where]),
        scaling if len(scaling) == 1 else np.ascontiguousarray(scaling[where]),
        np.ascontiguousarray(cell_means[where]),
        layout.starts,
        layout.rows,
        np.ascontiguousarray(prior_mean[where]),
        variance,
        MIN_MU,
        math.log(MIN_DISPERSION),
        math.log(largest_dispersion(counts.shape[1])),
        found,
    )
    estimate[where] = np.exp(found)


def maximum_a_posteriori(
    counts: Counts,
    scaling: FloatArray,
    layout: CellLayout,
    cell_means: FloatArray,
    estimates: FloatArray,
    fitted: FloatArray,
    variance: float,
    residual_variance: float,
) -> Dispersions:
    """Shrink gene-wise dispersions toward the trend.

    Genes more than two residual standard deviations above the trend keep their own.

    Parameters
    ----------
    counts, scaling, layout, cell_means
        As for `gene_wise`.
    estimates, fitted
        Gene-wise dispersions and the trend at each gene, shape ``(n_genes,)``.
    variance
        Of the prior, natural-log scale.
    residual_variance
        Robust variance of the log residuals around the trend.
    """
    log_fitted = np.log(fitted)
    start = np.log(np.where(estimates > 0.1 * fitted, estimates, fitted))
    highest = largest_dispersion(counts.shape[1])
    found = _maximise(counts, scaling, layout, cell_means, start, log_fitted, variance)
    shrunken = np.exp(found.log_alpha)
    _search(found.exhausted, shrunken, counts, scaling, layout, cell_means, log_fitted, variance)
    shrunken = np.clip(shrunken, MIN_DISPERSION, highest)
    outlier = np.log(estimates) > log_fitted + 2 * math.sqrt(residual_variance)
    final = np.where(outlier, estimates, shrunken)
    return Dispersions(estimates, fitted, shrunken, final, outlier)
