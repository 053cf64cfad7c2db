r"""Size factors: how much deeper one library was sequenced than another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.ratios import median_log_ratios
from rnaseq_s6k1.de.layout import gene_major
from rnaseq_s6k1.de.options import SizeFactorType
from rnaseq_s6k1.errors import ModelError, UsageError

__all__ = ["estimate_size_factors", "median_ratio"]

FloatArray = NDArray[np.float64]


def estimate_size_factors(
    counts: NDArray[np.integer] | FloatArray, kind: SizeFactorType = "ratio"
) -> FloatArray:
    """Estimate a size factor for each sample.

    Parameters
    ----------
    counts
        Shape ``(n_samples, n_genes)``.
    kind
        ``ratio``: the median of ratios to genes' geometric means, over genes without a zero
        (Anders and Huber, Genome Biology 2010, 11:R106, equation 5). ``poscounts``: the
        geometric mean counts only positive counts, divided by the number of all samples, for
        data in which every gene has a zero; the factors are scaled to geometric mean 1.

    Raises
    ------
    ModelError
        If every gene has a zero (``ratio``), or a sample shares no gene with the means.
    UsageError
        If `kind` is unknown.
    """
    everyone = np.arange(len(counts))
    if kind == "ratio":
        usable = np.flatnonzero((counts > 0).all(axis=0))
        if not usable.size:
            raise ModelError(
                "size factors cannot be estimated: every gene has a zero count in some sample; "
                "leave out samples with very few reads (--where), or use --size-factors poscounts"
            )
        logs = np.log(gene_major(counts, usable, everyone, np.float64))
        return median_ratio(logs, logs.mean(axis=1))
    if kind == "poscounts":
        counted = np.flatnonzero((counts > 0).any(axis=0))
        with np.errstate(divide="ignore"):
            logs = np.log(gene_major(counts, counted, everyone, np.float64))
        means = np.where(np.isfinite(logs), logs, 0.0).sum(axis=1) / len(counts)
        factors = median_ratio(logs, means)
        return np.asarray(factors / np.exp(np.log(factors).mean()))
    raise UsageError(f"no size factors are called {kind!r}; choose ratio or poscounts")


def median_ratio(log_counts: FloatArray, log_means: FloatArray) -> FloatArray:
    """Return exp of each sample's median log ratio to `log_means`, over its positive counts.

    Parameters
    ----------
    log_counts
        Natural logs, -inf for zeros, shape ``(n_genes, n_samples)``.
    log_means
        Shape ``(n_genes,)``.

    Raises
    ------
    ModelError
        If a sample has no counts in these genes.
    """
    medians = np.empty(log_counts.shape[1])
    median_log_ratios(log_counts, log_means, medians)
    if np.isnan(medians).any():
        raise ModelError("a sample has no counts in the genes size factors are taken from")
    return np.asarray(np.exp(medians))
