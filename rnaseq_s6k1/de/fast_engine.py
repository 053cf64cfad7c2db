"""The engine ``fast``: DESeq2's estimates, gene for gene, on compiled kernels.

The road of Love, Huber and Anders, Genome Biology 2014, 15:550: size factors, gene-wise
dispersions, their trend, maximum a posteriori dispersions, coefficients, Cook's distances,
and once more for genes whose outlying counts were replaced.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.de.engine import DispersionTrend, EngineFit
from rnaseq_s6k1.de.fast_coefficients import cell_means, fit_betas, standard_errors
from rnaseq_s6k1.de.fast_dispersions import (
    MIN_DISPERSION,
    Dispersions,
    gene_wise,
    maximum_a_posteriori,
    summarise,
)
from rnaseq_s6k1.de.fast_outliers import cooks, flag_outliers, replaced_counts
from rnaseq_s6k1.de.kernels.compile import threads
from rnaseq_s6k1.de.layout import CellLayout, lay_out
from rnaseq_s6k1.de.prior_variance import prior_variance, robust_variance
from rnaseq_s6k1.de.shrinkage import shrunken_coefficients
from rnaseq_s6k1.de.size_factors import estimate_size_factors
from rnaseq_s6k1.de.trend import fit_mean_trend, fit_parametric_trend
from rnaseq_s6k1.design.matrix import DesignMatrix

__all__ = ["FastEngine", "TrendFit"]

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

    trend: DispersionTrend
    residual_variance: float
    prior_variance: float


@dataclass(frozen=True)
class _GeneFits:
    """Fits of some genes: base means, dispersions and coefficients."""

    base_mean: FloatArray
    dispersions: Dispersions
    beta: FloatArray
    weighted_at: FloatArray

    def updated(self, genes: NDArray[np.int64], others: _GeneFits) -> _GeneFits:
        """Return these fits with those of `genes` taken from `others`."""
        base_mean, beta = self.base_mean.copy(), self.beta.copy()
        weighted_at = self.weighted_at.copy()
        base_mean[genes], beta[genes] = others.base_mean, others.beta
        weighted_at[genes] = others.weighted_at
        stages = {}
        for entry in fields(Dispersions):
            stages[entry.name] = getattr(self.dispersions, entry.name).copy()
            stages[entry.name][genes] = getattr(others.dispersions, entry.name)
        return _GeneFits(base_mean, Dispersions(**stages), beta, weighted_at)


@dataclass(frozen=True)
class _ContrastFit:
    """The table of `EngineFit` for the genes with counts."""

    genes: pd.DataFrame
    trend: DispersionTrend


class FastEngine:
    """DESeq2's model on all cores, without R.

    Parameters
    ----------
    given_prior_variance
        Take this for the variance of the dispersion prior instead of estimating it. R draws
        it at random where three or fewer degrees of freedom are left.
    """

    name = "fast"

    def __init__(self, given_prior_variance: float | None = None) -> None:
        self._given_prior_variance = given_prior_variance

    def fit(
        self,
        counts: NDArray[np.integer],
        gene_ids: pd.Index,
        design: DesignMatrix,
        *,
        shrink: bool,
        jobs: int,
    ) -> EngineFit:
        """Fit all genes; see `rnaseq_s6k1.de.engine.Engine.fit`.

        Raises
        ------
        ModelError
            If size factors do not exist, as every gene has a zero.
        """
        X = design.matrix.to_numpy(dtype=float)
        layout = lay_out(X)
        size_factors = estimate_size_factors(counts)
        scaling = np.ascontiguousarray(size_factors[layout.order][None, :])
        ordered = np.ascontiguousarray(counts.T[:, layout.order], dtype=np.int32)
        counted = ordered.any(axis=1)
        with threads(jobs):
            fit = self._fit_counted(ordered[counted], scaling, layout, design, shrink)
        return EngineFit(
            genes=_spread(fit.genes, counted, gene_ids),
            size_factors=pd.Series(size_factors, index=design.matrix.index, name="size_factor"),
            trend=fit.trend,
        )

    def _fit_counted(
        self,
        counts: Counts,
        scaling: FloatArray,
        layout: CellLayout,
        design: DesignMatrix,
        shrink: bool,
    ) -> _ContrastFit:
        """Fit the genes that have counts."""
        measured, trend = self._fit_genes(counts, scaling, layout, None)
        distances = cooks(
            counts,
            scaling,
            layout,
            measured.dispersions.final,
            measured.beta,
            measured.weighted_at,
        )
        genes, replaced = replaced_counts(counts, scaling, layout, distances)
        withheld = flag_outliers(counts, layout, distances, any_replaced=genes.size > 0)
        emptied = np.zeros(len(counts), dtype=bool)
        if genes.size:
            emptied[genes] = ~replaced.any(axis=1)
            kept = replaced.any(axis=1)
            own = scaling if len(scaling) == 1 else np.ascontiguousarray(scaling[genes[kept]])
            again, _ = self._fit_genes(replaced[kept], own, layout, trend)
            measured = measured.updated(genes[kept], again)
            logger.info(
                "%d genes with an outlying count were fitted again without it", genes.size
            )
        errors = standard_errors(
            scaling, layout, measured.dispersions.final, measured.beta, design.contrast_vector
        )
        ln2 = np.log(2)
        dispersions = measured.dispersions
        shrunken = np.full(len(counts), np.nan)
        if shrink and design.coefficient is not None:
            which = list(design.matrix.columns).index(design.coefficient)
            shrunken = shrunken_coefficients(
                counts, scaling, layout, dispersions.final, measured.beta, errors, which
            )
        table = pd.DataFrame(
            {
                "baseMean": np.where(emptied, 0.0, measured.base_mean),
                "log2FoldChange": np.where(
                    emptied, 0.0, measured.beta @ design.contrast_vector / ln2
                ),
                "lfcSE": np.where(emptied, 0.0, errors / ln2),
                "log2FoldChange_shrunk": np.where(emptied, 0.0, shrunken / ln2),
                "cooks_outlier": withheld,
                "dispersion_genewise": dispersions.gene_wise,
                "dispersion_trend": dispersions.fitted,
                "dispersion_map": dispersions.map,
                "dispersion": dispersions.final,
                "dispersion_outlier": dispersions.outlier,
            }
        )
        return _ContrastFit(table, trend.trend)

    def _fit_genes(
        self, counts: Counts, scaling: FloatArray, layout: CellLayout, trend: TrendFit | None
    ) -> tuple[_GeneFits, TrendFit]:
        """Go the road once; a given trend is kept, else it is fitted to these genes."""
        summary = summarise(counts, scaling, layout)
        if layout.saturated:
            means = summary.linear_means
        else:
            means = cell_means(fit_betas(counts, scaling, layout, summary.start)[0], layout)
        estimates = gene_wise(counts, scaling, layout, means, summary.start)
        if trend is None:
            trend = self._fit_trend(summary.base_mean, estimates, layout)
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
        return _GeneFits(summary.base_mean, dispersions, beta, weighted_at), trend

    def _fit_trend(
        self, base_mean: FloatArray, estimates: FloatArray, layout: CellLayout
    ) -> TrendFit:
        # Estimates near the lower bound say nothing of the trend.
        usable = estimates > 100 * MIN_DISPERSION
        trend = fit_parametric_trend(base_mean[usable], estimates[usable])
        if trend is None:
            logger.warning(
                "the parametric dispersion trend could not be fitted; the mean of the "
                "dispersions is used instead"
            )
            trend = fit_mean_trend(estimates[estimates > 10 * MIN_DISPERSION])
        clear = estimates >= 100 * MIN_DISPERSION
        residuals = np.log(estimates[clear]) - np.log(trend(base_mean[clear]))
        spread = robust_variance(residuals)
        variance = self._given_prior_variance
        if variance is None:
            variance = prior_variance(residuals, layout.n_samples - layout.n_coefficients)
        return TrendFit(trend, spread, variance)


def _spread(genes: pd.DataFrame, counted: NDArray[np.bool_], gene_ids: pd.Index) -> pd.DataFrame:
    """Put the rows of genes without counts between the others'."""
    whole = genes.set_index(np.flatnonzero(counted)).reindex(np.arange(len(counted)))
    whole["baseMean"] = whole["baseMean"].fillna(0.0)
    for name in ("cooks_outlier", "dispersion_outlier"):
        whole[name] = whole[name].eq(True)
    return whole.set_index(gene_ids)
