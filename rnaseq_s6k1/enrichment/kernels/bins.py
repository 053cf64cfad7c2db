"""Bins of the ranking: neighbours that a tilted sampler may treat alike.

Importance sampling gives the genes of a bin one chance of inclusion. Any bins give right
p-values; good ones waste few draws. A bin may hold many genes where weights are small and alike,
and must hold few where a weight is a large part of a set's total or falls steeply. So each bin
takes an equal share of three measures together: the genes, their weights, and the steps between
the weights of neighbours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import kernel

__all__ = ["bin_edges", "bin_means", "with_edges_at"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Shares of genes, weights and steps in the measure that bins have equal parts of.
_GENES, _WEIGHTS, _STEPS = 0.2, 0.5, 0.3


def bin_edges(weights: FloatArray, n_bins: int) -> IntArray:
    """Cut a ranking into at most `n_bins` bins.

    Parameters
    ----------
    weights
        Weight of every position, shape ``(N,)``.
    n_bins
        How many bins are wanted; there are fewer where single genes fill several.

    Returns
    -------
    ndarray
        Edges from 0 to *N*, ascending; bin *b* holds the positions from ``edges[b]`` to
        ``edges[b + 1] - 1``.
    """
    n = len(weights)
    steps = np.abs(np.diff(weights))
    measure = np.full(n, _GENES / n)
    if weights.sum() > 0:
        measure += _WEIGHTS * weights / weights.sum()
    if steps.sum() > 0:
        # Half of each step goes to either neighbour.
        around = np.concatenate([[0.0], steps]) + np.concatenate([steps, [0.0]])
        measure += _STEPS * around / around.sum()
    cumulative = np.cumsum(measure)
    wanted = np.arange(1, n_bins) / n_bins * cumulative[-1]
    inner = np.searchsorted(cumulative, wanted) + 1
    edges = np.unique(np.concatenate([[0, n], inner]))
    return edges[edges <= n].astype(np.int64)


@kernel
def with_edges_at(edges: IntArray, extra: IntArray) -> IntArray:
    """Return the edges with `extra` ones among them, ascending, each once."""
    merged = np.sort(np.concatenate((edges, extra)))
    kept = 1
    for i in range(1, len(merged)):
        if merged[i] != merged[kept - 1]:
            merged[kept] = merged[i]
            kept += 1
    return merged[:kept].copy()


@kernel
def bin_means(weight_before: FloatArray, edges: IntArray) -> FloatArray:
    """Return the mean weight of each bin over the mean weight of all positions.

    `weight_before` holds the total weight before each position, and of all, shape ``(N + 1,)``.
    """
    n = len(weight_before) - 1
    mean = weight_before[n] / n if weight_before[n] > 0.0 else 1.0
    means = np.empty(len(edges) - 1)
    for b in range(len(means)):
        inside = weight_before[edges[b + 1]] - weight_before[edges[b]]
        means[b] = max(inside, 0.0) / (edges[b + 1] - edges[b]) / mean
    return means
