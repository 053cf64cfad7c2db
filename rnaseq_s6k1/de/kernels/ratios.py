r"""Medians of ratios: how much deeper each sample is than the genes' geometric means.

.. math:: \log s_j = \operatorname{median}_g\, [\log y_{gj} - \overline{\log y_g}]

over the genes with counts in the sample (Anders and Huber, Genome Biology 2010, 11:R106,
equation 5).
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import parallel_kernel

__all__ = ["median_log_ratios"]

FloatArray = NDArray[np.float64]

# A gene's logs of so many samples lie in one line of the processor's cache.
_AT_A_TIME = 8


@parallel_kernel
def median_log_ratios(log_counts: FloatArray, log_means: FloatArray, medians: FloatArray) -> None:
    """Fill `medians`, shape ``(n_samples,)``; NaN for a sample without counts.

    Parameters
    ----------
    log_counts
        Natural logs, -inf for zeros, shape ``(n_genes, n_samples)``.
    log_means
        Shape ``(n_genes,)``.
    """
    n_genes, n = log_counts.shape
    for block in numba.prange((n + _AT_A_TIME - 1) // _AT_A_TIME):
        first = block * _AT_A_TIME
        some = min(_AT_A_TIME, n - first)
        ratios = np.empty((some, n_genes))
        counted = np.zeros(some, dtype=np.int64)
        for g in range(n_genes):
            for k in range(some):
                if log_counts[g, first + k] > -math.inf:
                    ratios[k, counted[k]] = log_counts[g, first + k] - log_means[g]
                    counted[k] += 1
        for k in range(some):
            if counted[k] > 0:
                medians[first + k] = np.median(ratios[k, : counted[k]])
            else:
                medians[first + k] = math.nan
