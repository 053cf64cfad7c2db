"""Multiple testing: Benjamini-Hochberg, with independent filtering on the mean count.

Independent filtering (Bourgon, Gentleman and Huber, PNAS 2010, 107:9546) drops the genes
whose mean is too low to ever be significant; as in DESeq2 (Love 2014, "Automatic
independent filtering") the cut is the first at which the number of rejections comes within one
root-mean-square residual of the largest smoothed number, smoothed over the quantiles of the mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["FilteredPValues", "benjamini_hochberg", "independent_filtering"]

FloatArray = NDArray[np.float64]

_N_CUTS = 50
_LOWESS_SPAN = 1 / 5
_FEW_REJECTIONS = 10


@dataclass(frozen=True)
class FilteredPValues:
    """Adjusted p-values and the filter that gave them.

    Attributes
    ----------
    padj
        Adjusted p-values; NaN where the p-value is missing or the gene was filtered.
    threshold
        Genes with a mean normalised count below it were filtered.
    """

    padj: FloatArray
    threshold: float


def benjamini_hochberg(pvalues: FloatArray) -> FloatArray:
    """Adjust p-values for the false discovery rate; NaN stays NaN and is not counted.

    Benjamini and Hochberg, J R Stat Soc B 1995, 57:289, as step-up adjusted values:
    ``padj_(i) = min over j >= i of p_(j) n / j``.

    Parameters
    ----------
    pvalues
        Shape ``(n,)``.
    """
    p = np.asarray(pvalues, dtype=float)
    padj = np.full(p.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    if tested.size == 0:
        return padj
    order = tested[np.argsort(p[tested], kind="stable")]
    ranks = np.arange(1, order.size + 1)
    steps = p[order] * (order.size / ranks)
    padj[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return padj


def independent_filtering(
    base_mean: FloatArray, pvalues: FloatArray, alpha: float
) -> FilteredPValues:
    """Choose the mean-count filter that allows most rejections, and adjust what passes it.

    Parameters
    ----------
    base_mean
        Mean normalised count of each gene, shape ``(n_genes,)``.
    pvalues
        Shape ``(n_genes,)``, NaN where there is none.
    alpha
        The false discovery rate at which rejections are counted.
    """
    from statsmodels.nonparametric.smoothers_lowess import lowess

    share_of_zeros = float(np.mean(base_mean == 0))
    quantiles = np.linspace(share_of_zeros, 0.95 if share_of_zeros < 0.95 else 1.0, _N_CUTS)
    cutoffs = np.quantile(base_mean, quantiles)

    rejections = _rejections(base_mean, pvalues, cutoffs, alpha)
    chosen = 0
    if rejections.max() > _FEW_REJECTIONS:
        smooth = lowess(rejections, quantiles, frac=_LOWESS_SPAN, return_sorted=False)
        some = rejections > 0
        rmse = float(np.sqrt(np.mean((rejections[some] - smooth[some]) ** 2)))
        above = np.flatnonzero(rejections > smooth.max() - rmse)
        chosen = int(above[0]) if above.size else 0
    passing = np.where(base_mean >= cutoffs[chosen], pvalues, np.nan)
    return FilteredPValues(benjamini_hochberg(passing), threshold=float(cutoffs[chosen]))


def _rejections(
    base_mean: FloatArray, pvalues: FloatArray, cutoffs: FloatArray, alpha: float
) -> FloatArray:
    """Return how many adjusted p-values lie below `alpha` for each cut-off; one sort for all."""
    tested = np.flatnonzero(~np.isnan(pvalues))
    order = tested[np.argsort(pvalues[tested], kind="stable")]
    p, mean = pvalues[order], base_mean[order]
    rejections = np.zeros(len(cutoffs))
    for i, cutoff in enumerate(cutoffs):
        passing = p[mean >= cutoff]
        steps = passing * (passing.size / np.arange(1, passing.size + 1))
        below = np.flatnonzero(steps < alpha)
        rejections[i] = below[-1] + 1 if below.size else 0
    return rejections
