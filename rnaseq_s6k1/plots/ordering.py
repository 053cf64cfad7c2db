"""The order of rows and columns in a heat map: like beside like."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["cluster_order", "cluster_within"]

# Ordering the leaves of a tree takes time of the third power of their number.
_OPTIMAL_UP_TO = 250


def cluster_order(
    *, rows: NDArray[np.float64] | None = None, distances: NDArray[np.float64] | None = None
) -> NDArray[np.intp]:
    """Return the leaf order of an average-linkage tree.

    Leaves are ordered by Bar-Joseph, Gifford and Jaakkola, Bioinformatics 2001, 17:S22, up
    to 250 of them.

    Parameters
    ----------
    rows
        Observations, shape ``(n, n_features)``, compared by Euclidean distance.
    distances
        Or their distances, shape ``(n, n)``.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import pdist, squareform

    if distances is not None:
        n = len(distances)
        condensed = squareform(np.asarray(distances, dtype=float), checks=False)
    elif rows is not None:
        n = len(rows)
        condensed = pdist(np.asarray(rows, dtype=float)) if n > 1 else np.empty(0)
    else:
        raise TypeError("cluster_order needs rows or distances")
    if n < 3:
        return np.arange(n)
    tree = linkage(condensed, method="average", optimal_ordering=n <= _OPTIMAL_UP_TO)
    return np.asarray(leaves_list(tree), dtype=np.intp)


def cluster_within(rows: NDArray[np.float64], blocks: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return an order that keeps blocks together, ascending, and clusters within each.

    Parameters
    ----------
    rows
        Observations, shape ``(n, n_features)``.
    blocks
        The block of each, shape ``(n,)``.
    """
    order = []
    for block in np.unique(blocks):
        inside = np.flatnonzero(blocks == block)
        order.append(inside[cluster_order(rows=rows[inside])])
    return np.concatenate(order) if order else np.empty(0, dtype=np.intp)
