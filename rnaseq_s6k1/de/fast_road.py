"""The road of one set of genes: moments, dispersions, their trend, coefficients."""

from __future__ import annotations

import logging
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.fast_coefficients import cell_means, fit_betas
from rnaseq_s6k1.de.fast_dispersions import (
    MIN_DISPERSION,
    Dispersions,
    gene_wise,
    maximum_a_posteriori,
    summarise,
)
from rnaseq_s6k1.de.layout import CellLayout
from rnaseq_s6k1.de.likelihood_ratio import likelihood_ratios
from rnaseq_s6k1.de.local_trend import Trend
from rnaseq_s6k1.de.options import FitOptions
from rnaseq_s6k1.de.prior_variance import prior_variance, robust_variance
from rnaseq_s6k1.de.trend import fit_trend

__all__ = ["GeneFits", "TrendFit", "fit_genes"]

logger = logging.getLogger(__name__)

FloatArray = NDArray[np.float64]
Counts = NDArray[np.int32]


@dataclass(frozen=True)
class TrendFit:
    """The trend, and how dispersions scatter around it.

    Attributes
    ----------
    trend
        The curve.
    residual_variance
        Robust variance of the log residuals.
    prior_variance
        Of the prior on log dispersions.
    """

    trend: Trend
    residual_variance: float
    prior_variance: float


@dataclass(frozen=True)
class GeneFits:
    """Fits of some genes.

    Attributes
    ----------
    base_mean
        Mean normalised counts, shape ``(n_genes,)``.
    dispersions
        All stages.
    beta
        Coefficients, natural log, shape ``(n_genes, n_coefficients)``.
    weighted_at
        Coefficients that leverages belong to, same shape.
    likelihood_ratio
        Statistic of the likelihood-ratio test; NaN without a reduced design.
    """

    base_mean: FloatArray
    dispersions: Dispersions
    beta: FloatArray
    weighted_at: FloatArray
    likelihood_ratio: FloatArray

    def updated(self, genes: NDArray[np.int64], others: GeneFits) -> GeneFits:
        """Return these fits with those of `genes` taken from `others`."""

        def merge(mine: NDArray[Any], theirs: NDArray[Any]) -> NDArray[Any]:
            merged = mine.copy()
            merged[genes] = theirs
            return merged

        stages = {
            entry.name: merge(
                getattr(self.dispersions, entry.name), getattr(others.dispersions, entry.name)
            )
            for entry in fields(Dispersions)
        }
        arrays = {
            entry.name: merge(getattr(self, entry.name), getattr(others, entry.name))
            for entry in fields(GeneFits)
            if entry.name != "dispersions"
        }
        return GeneFits(dispersions=Dispersions(**stages), **arrays)


def fit_genes(
    counts: Counts,
    scaling: FloatArray,
    layout: CellLayout,
    options: FitOptions,
    trend: TrendFit | None = None,
) -> tuple[GeneFits, TrendFit]:
    """Fit genes, all of which have counts.

    Parameters
    ----------
    counts
        Shape ``(n_genes, n_samples)``, in the layout's order.
    scaling
        Size factors ``(1, n_samples)`` or normalisation factors ``(n_genes, n_samples)``.
    layout
        The samples' cells.
    options
        How to fit; the reduced design's rows in the layout's order.
    trend
        A trend to keep; without it one is fitted to these genes.
    """
    summary = summarise(counts, scaling, layout)
    if layout.saturated:
        means = summary.linear_means
    else:
        means = cell_means(fit_betas(counts, scaling, layout, summary.start)[0], layout)
    estimates = gene_wise(counts, scaling, layout, means, summary.start)
    if trend is None:
        trend = _scatter_around_trend(summary.base_mean, estimates, layout, options)
    dispersions = maximum_a_posteriori(
        counts,
        scaling,
        layout,
        means,
        estimates,
        trend.trend(summary.base_mean),
        trend.prior_variance,
        trend.residual_variance,
    )
    beta, weighted_at = fit_betas(counts, scaling, layout, dispersions.final)
    ratio = np.full(len(counts), np.nan)
    if options.reduced is not None:
        ratio = likelihood_ratios(
            counts,
            scaling,
            layout,
            dispersions.final,
            beta,
            options.reduced,
            summary.base_mean,
        )
    return GeneFits(summary.base_mean, dispersions, beta, weighted_at, ratio), trend


def _scatter_around_trend(
    base_mean: FloatArray, estimates: FloatArray, layout: CellLayout, options: FitOptions
) -> TrendFit:
    trend = fit_trend(base_mean, estimates, MIN_DISPERSION, options.fit_type)
    clear = estimates >= 100 * MIN_DISPERSION
    residuals = np.log(estimates[clear]) - np.log(trend(base_mean[clear]))
    variance = options.prior_variance
    if variance is None:
        variance = prior_variance(residuals, layout.n_samples - layout.n_coefficients)
    return TrendFit(trend, robust_variance(residuals), variance)
