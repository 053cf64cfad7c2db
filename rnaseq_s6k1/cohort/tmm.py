"""Normalisation between libraries of a cohort, and log counts per million."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from scipy.stats import rankdata

from rnaseq_s6k1.errors import DataError, ModelError, UsageError
from rnaseq_s6k1.io.wording import clip

__all__ = ["Normalisation", "effective_library_sizes", "log2_cpm", "median_ratio", "tmm_factors"]

Normalisation = Literal["tmm", "median_ratio", "library_size"]

#: Robinson and Oshlack's shares trimmed from either end: of the log ratios M, and of A.
_TRIM_M, _TRIM_A = 0.30, 0.05
#: Libraries whose log2 ratios all stay below this are one library, up to depth.
_SAME_LIBRARY = 1e-6


def tmm_factors(counts: np.ndarray) -> np.ndarray:
    """Compute the trimmed mean of M values of each library.

    Robinson and Oshlack, Genome Biology 2010, 11:R25. Between a library ``k`` and the reference
    ``r``, over genes counted in both, ``M = log2((Y_k/N_k)/(Y_r/N_r))`` and
    ``A = log2(Y_k/N_k Y_r/N_r)/2``; 30 % of the genes at either end of M and 5 % at either end
    of A are left out, and ``log2 TMM`` is the mean of M weighted by the inverse of its
    asymptotic variance, ``(N_k - Y_k)/(N_k Y_k) + (N_r - Y_r)/(N_r Y_r)``. The reference is the
    library whose upper quartile of ``Y/N`` is closest to the mean of them all; factors are
    scaled to a product of 1, as edgeR's documentation of ``calcNormFactors`` states.

    Parameters
    ----------
    counts
        Counts, shape ``(n_samples, n_genes)``. Genes without any count do not matter.

    Returns
    -------
    numpy.ndarray
        Factors on the natural scale, shape ``(n_samples,)``; the effective library size is the
        library size times the factor.

    Raises
    ------
    DataError
        If a library is empty.
    """
    counts = _counted_genes(counts)
    totals = counts.sum(axis=1)
    quartiles = np.quantile(counts, 0.75, axis=1) / totals
    reference = int(np.argmin(np.abs(quartiles - quartiles.mean())))
    log2_factors = np.array(
        [
            _log2_factor(counts[k], counts[reference], totals[k], totals[reference])
            for k in range(len(counts))
        ]
    )
    return np.asarray(2.0 ** (log2_factors - log2_factors.mean()))


def median_ratio(counts: np.ndarray) -> np.ndarray:
    """Compute the median-of-ratios size factors.

    Anders and Huber, Genome Biology 2010, 11:R106, equation 5: for each library the median, over
    genes counted in every library, of the ratio of its count to the gene's geometric mean.

    Parameters
    ----------
    counts
        Counts, shape ``(n_samples, n_genes)``.

    Returns
    -------
    numpy.ndarray
        Size factors, shape ``(n_samples,)``.

    Raises
    ------
    DataError
        If a library is empty.
    ModelError
        If no gene is counted in every library.
    """
    counts = _counted_genes(counts)
    everywhere = (counts > 0).all(axis=0)
    if not everywhere.any():
        raise ModelError(
            "median-ratio normalisation needs a gene counted in every sample, and there is none; "
            "use TMM normalisation or leave out the samples with few counts"
        )
    logs = np.log(counts[:, everywhere])
    return np.asarray(np.exp(np.median(logs - logs.mean(axis=0), axis=1)))


def effective_library_sizes(counts: np.ndarray, method: Normalisation = "tmm") -> np.ndarray:
    """Give library sizes, corrected for composition unless they are asked for as they are.

    Parameters
    ----------
    counts
        Counts, shape ``(n_samples, n_genes)``.
    method
        ``tmm``: library size times TMM factor. ``median_ratio``: size factors scaled to the mean
        library size. ``library_size``: the sums of the counts.

    Returns
    -------
    numpy.ndarray
        Effective library sizes in counts, shape ``(n_samples,)``.

    Raises
    ------
    UsageError
        If the method is none of them.
    DataError, ModelError
        See `tmm_factors` and `median_ratio`.
    """
    totals = np.asarray(counts.sum(axis=1), dtype=float)
    if method == "library_size":
        return totals
    if method == "tmm":
        return np.asarray(totals * tmm_factors(counts))
    if method == "median_ratio":
        factors = median_ratio(counts)
        return np.asarray(factors * (totals.mean() / factors.mean()))
    raise UsageError(
        f"normalisation must be one of {', '.join(get_args(Normalisation))}, not {clip(method)}"
    )


def log2_cpm(
    counts: np.ndarray, library_sizes: np.ndarray, *, prior_count: float = 2.0
) -> np.ndarray:
    """Compute log2 counts per million with a prior count.

    As edgeR's ``cpm(log = TRUE)`` documents it: the prior is scaled to each library,
    ``p_k = prior N_k / mean(N)``, and the value is ``log2(1e6 (y + p_k) / (N_k + 2 p_k))``.

    Parameters
    ----------
    counts
        Counts of one gene, shape ``(n_samples,)``, or of several, ``(n_samples, n_genes)``.
    library_sizes
        Effective library sizes in counts, shape ``(n_samples,)``.
    prior_count
        Mean count added to each observation.

    Returns
    -------
    numpy.ndarray
        log2 counts per million, in the shape of `counts`.
    """
    sizes = np.asarray(library_sizes, dtype=float)
    prior = prior_count * sizes / sizes.mean()
    if np.ndim(counts) == 2:
        sizes, prior = sizes[:, np.newaxis], prior[:, np.newaxis]
    return np.asarray(np.log2((counts + prior) / (sizes + 2 * prior) * 1e6))


def _counted_genes(counts: np.ndarray) -> np.ndarray:
    """Drop genes without a count, as they shift the quartiles, and refuse empty libraries."""
    counted = np.asarray(counts, dtype=float)
    counted = counted[:, counted.any(axis=0)]
    empty = np.flatnonzero(~counted.any(axis=1))
    if empty.size:
        raise DataError(
            f"sample number {empty[0] + 1} has no counts at all; leave it out of the matrix"
        )
    return counted


def _log2_factor(
    library: np.ndarray, reference: np.ndarray, total: float, reference_total: float
) -> float:
    """Compute log2 TMM of one library against the reference."""
    both = (library > 0) & (reference > 0)
    if not both.any():
        return 0.0
    share, reference_share = library[both] / total, reference[both] / reference_total
    M = np.log2(share / reference_share)
    A = (np.log2(share) + np.log2(reference_share)) / 2
    if np.abs(M).max() < _SAME_LIBRARY:
        return 0.0
    kept = _within(M, _TRIM_M) & _within(A, _TRIM_A)
    variance = (1 - share) / library[both] + (1 - reference_share) / reference[both]
    kept &= variance > 0  # a library that is one gene has none
    if not kept.any():
        return 0.0
    return float(np.average(M[kept], weights=1 / variance[kept]))


def _within(values: np.ndarray, trim: float) -> np.ndarray:
    """Mark the values left after trimming a share of the ranks at either end."""
    cut = np.floor(len(values) * trim)
    ranks = rankdata(values)  # ties share their mean rank, so they stay or go together
    return np.asarray((ranks >= cut + 1) & (ranks <= len(values) - cut))
