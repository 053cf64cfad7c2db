"""The engine ``fast``: DESeq2's estimates, gene for gene, on compiled kernels.

The road of Love, Huber and Anders, Genome Biology 2014, 15:550: size factors, gene-wise
dispersions, their trend, maximum a posteriori dispersions, coefficients, Cook's distances,
and once more for genes whose outlying counts were replaced.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.de.engine import EngineFit
from rnaseq_s6k1.de.fast_coefficients import standard_errors
from rnaseq_s6k1.de.fast_outliers import find_outliers
from rnaseq_s6k1.de.fast_road import GeneFits, TrendFit, fit_genes
from rnaseq_s6k1.de.iterate_size_factors import iterate_size_factors
from rnaseq_s6k1.de.kernels.compile import announce_compilation, threads
from rnaseq_s6k1.de.layout import CellLayout, gene_major, lay_out
from rnaseq_s6k1.de.options import FitOptions
from rnaseq_s6k1.de.shrinkage import shrunken_coefficients
from rnaseq_s6k1.de.size_factors import estimate_size_factors
from rnaseq_s6k1.design.matrix import DesignMatrix

__all__ = ["FastEngine"]

logger = logging.getLogger(__name__)

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Counts = NDArray[np.int32]


class FastEngine:
    """DESeq2's model on all cores, without R."""

    name = "fast"

    def fit(
        self,
        counts: NDArray[np.integer],
        gene_ids: pd.Index,
        design: DesignMatrix,
        *,
        shrink: bool,
        jobs: int,
        options: FitOptions | None = None,
    ) -> EngineFit:
        """Fit all genes; see `rnaseq_s6k1.de.engine.Engine.fit`.

        Raises
        ------
        ModelError
            If size factors do not exist, as every gene has a zero.
        UsageError
            If given factors do not fit the counts.
        """
        options = options or FitOptions()
        options.check(*counts.shape)
        announce_compilation()
        layout = lay_out(design.matrix.to_numpy(dtype=float))
        with threads(jobs):
            size_factors = _size_factors(counts, options)
        counted = np.asarray(counts.any(axis=0))
        taken = gene_major(counts, np.flatnonzero(counted), layout.order, np.int32)
        scaling = _scaling(size_factors, options, layout, counted)
        if options.reduced is not None:
            options = replace(options, reduced=options.reduced[layout.order])
        with threads(jobs):
            fits, trend, outliers = _fit_twice(taken, scaling, layout, options)
            table = _contrast_table(taken, scaling, layout, fits, design, shrink)
        table["cooks_outlier"] = outliers.withheld
        if outliers.emptied.any():
            _empty(table, outliers.emptied)
        return EngineFit(
            genes=_spread(table, counted, gene_ids),
            size_factors=pd.Series(size_factors, index=design.matrix.index, name="size_factor"),
            trend=trend.trend,
            likelihood_ratio_df=(
                0 if options.reduced is None else layout.n_coefficients - options.reduced.shape[1]
            ),
        )


def _size_factors(counts: NDArray[np.integer], options: FitOptions) -> FloatArray:
    if not isinstance(options.size_factors, str):
        return np.asarray(options.size_factors, dtype=float)
    if options.normalization_factors is not None:
        return np.asarray(np.exp(np.log(options.normalization_factors).mean(axis=1)))
    if options.size_factors == "iterate":
        return iterate_size_factors(counts)
    return estimate_size_factors(counts, options.size_factors)


def _scaling(
    size_factors: FloatArray, options: FitOptions, layout: CellLayout, counted: BoolArray
) -> FloatArray:
    """Return what means are multiplied by, in the kernels' layout."""
    if options.normalization_factors is None:
        return np.ascontiguousarray(size_factors[layout.order][None, :])
    factors = np.asarray(options.normalization_factors, dtype=float)
    return np.ascontiguousarray(factors.T[counted][:, layout.order])


@dataclass(frozen=True)
class _Outliers:
    """Which genes are withheld, and which have no counts left after replacement."""

    withheld: BoolArray
    emptied: BoolArray


def _fit_twice(
    counts: Counts, scaling: FloatArray, layout: CellLayout, options: FitOptions
) -> tuple[GeneFits, TrendFit, _Outliers]:
    """Fit the genes, and once more those whose outlying counts are replaced."""
    fits, trend = fit_genes(counts, scaling, layout, options)
    outlying = find_outliers(
        counts, scaling, layout, fits.dispersions.final, fits.beta, fits.weighted_at
    )
    genes = outlying.genes
    emptied = np.zeros(len(counts), dtype=bool)
    if genes.size:
        kept = outlying.replaced.any(axis=1)
        emptied[genes] = ~kept
        own = scaling if len(scaling) == 1 else np.ascontiguousarray(scaling[genes[kept]])
        if kept.any():
            again, _ = fit_genes(outlying.replaced[kept], own, layout, options, trend)
            fits = fits.updated(genes[kept], again)
        logger.info("%d genes with an outlying count were fitted again without it", genes.size)
    return fits, trend, _Outliers(outlying.withheld, emptied)


def _contrast_table(
    counts: Counts,
    scaling: FloatArray,
    layout: CellLayout,
    fits: GeneFits,
    design: DesignMatrix,
    shrink: bool,
) -> pd.DataFrame:
    """Estimate the contrast from the fits; see `rnaseq_s6k1.de.engine.EngineFit.genes`."""
    ln2 = np.log(2)
    dispersions = fits.dispersions
    vector = np.asarray(design.contrast_vector, dtype=float)
    errors = standard_errors(scaling, layout, dispersions.final, fits.beta, vector)
    shrunken = np.full(len(counts), np.nan)
    if shrink and design.coefficient is not None:
        which = list(design.matrix.columns).index(design.coefficient)
        shrunken = shrunken_coefficients(
            counts, scaling, layout, dispersions.final, fits.beta, errors, which
        )
    table = pd.DataFrame(
        {
            "baseMean": fits.base_mean,
            "log2FoldChange": fits.beta @ vector / ln2,
            "lfcSE": errors / ln2,
            "log2FoldChange_shrunk": shrunken / ln2,
            "likelihood_ratio": fits.likelihood_ratio,
            "dispersion_genewise": dispersions.gene_wise,
            "dispersion_trend": dispersions.fitted,
            "dispersion_map": dispersions.map,
            "dispersion": dispersions.final,
            "dispersion_outlier": dispersions.outlier,
        }
    )
    silent = _silent_in_contrast(counts, layout, design)
    table.loc[silent, ["log2FoldChange", "log2FoldChange_shrunk"]] = 0.0
    return table


def _silent_in_contrast(counts: Counts, layout: CellLayout, design: DesignMatrix) -> BoolArray:
    """Tell the genes without a count in any sample that the contrast compares.

    A difference of two levels of a larger factor says nothing of them, whatever their
    coefficients; as in DESeq2 it is set to 0.
    """
    if design.compared is not None:
        compared = design.compared[layout.order]
    else:
        vector = design.contrast_vector
        if vector.min() >= 0 or vector.max() <= 0:
            return np.zeros(len(counts), dtype=bool)
        compared = np.repeat((layout.rows[:, vector != 0] != 0).any(axis=1), layout.sizes)
    if compared.all():
        return np.zeros(len(counts), dtype=bool)  # every gene here has counts
    return np.asarray(~counts[:, compared].any(axis=1))


def _empty(table: pd.DataFrame, emptied: BoolArray) -> None:
    """Zero the estimates of genes that have no counts once outlying ones are replaced."""
    names = ["baseMean", "log2FoldChange", "lfcSE", "log2FoldChange_shrunk", "likelihood_ratio"]
    table.loc[emptied, names] = 0.0


def _spread(genes: pd.DataFrame, counted: BoolArray, gene_ids: pd.Index) -> pd.DataFrame:
    """Put the rows of genes without counts between the others'."""
    whole = genes.set_index(np.flatnonzero(counted)).reindex(np.arange(len(counted)))
    whole["baseMean"] = whole["baseMean"].fillna(0.0)
    for name in ("cooks_outlier", "dispersion_outlier"):
        whole[name] = whole[name].eq(True)
    return whole.set_index(gene_ids)
