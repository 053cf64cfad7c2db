"""Which genes are like the driver: the background it is compared with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["nearest_genes"]

FloatArray = NDArray[np.float64]


def nearest_genes(
    mean: FloatArray, spread: FloatArray, driver: int, pool: NDArray[np.intp]
) -> tuple[NDArray[np.intp], FloatArray]:
    """Order genes by how like the driver's their mean and spread of expression are.

    The distance is Euclidean in the mean and the standard deviation of log2 counts per million,
    each divided by its standard deviation among the genes of the pool. Nothing is drawn: the
    background of *n* genes is the first *n*.

    Parameters
    ----------
    mean, spread
        Mean and standard deviation of every gene over the samples, log2 CPM, shape
        ``(n_genes,)``.
    driver
        The driver's position.
    pool
        Positions of the genes to choose from, in the order in which ties are broken.

    Returns
    -------
    order : numpy.ndarray
        Positions of the pool's genes, the nearest first.
    distance : numpy.ndarray
        Their distances, in that order.
    """
    squared = np.zeros(len(pool))
    for values in (mean, spread):
        unit = float(values[pool].std()) if len(pool) else 1.0
        squared += np.square((values[pool] - values[driver]) / (unit if unit > 0 else 1.0))
    order = np.argsort(squared, kind="stable")
    return pool[order], np.sqrt(squared[order])
