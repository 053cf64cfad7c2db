"""The network of overlapping gene sets behind an enrichment map, and where its nodes stand.

Sets are linked where they share many genes (Merico et al., PLoS ONE 2010, 5:e13984). Each
cluster of linked sets is laid out by stress majorisation (Gansner, Koren and North, Graph
Drawing 2004, LNCS 3383:239), so that distances on the page follow distances in the network;
clusters are then packed beside one another. No chance is involved.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, triu
from scipy.sparse.csgraph import connected_components, shortest_path

from rnaseq_s6k1.errors import DataError, UsageError

__all__ = ["Coefficient", "SetNetwork", "set_network", "set_overlaps"]

Array = NDArray[np.float64]
Coefficient = Literal["combined", "jaccard", "overlap"]

_ROUNDS: Final = 150
_MARGIN: Final = 0.95
_ASPECT: Final = 1.3
_SINGLE: Final = (1.6, 1.0)


@dataclass(frozen=True)
class SetNetwork:
    """Gene sets as nodes, overlaps as edges.

    Attributes
    ----------
    nodes
        ``set``, ``x``, ``y`` (in units of the distance of two neighbours, from 0 at the lower
        left) and ``cluster`` (from 0, the largest first; -1 for sets without an edge).
    edges
        ``set_a``, ``set_b``, ``shared`` and ``similarity`` of each linked pair.
    coefficient, threshold
        The similarity, and the value from which two sets are linked.
    """

    nodes: pd.DataFrame
    edges: pd.DataFrame
    coefficient: Coefficient
    threshold: float


def set_overlaps(
    members: Mapping[str, Collection[str]], *, every_pair: bool = False
) -> pd.DataFrame:
    """Count the genes that each pair of sets shares.

    Parameters
    ----------
    members
        Genes of each set.
    every_pair
        Also list the pairs that share nothing, whose number grows with the square.

    Returns
    -------
    pandas.DataFrame
        ``set_a``, ``set_b`` (the earlier name first), ``n_a``, ``n_b``, ``shared`` and
        ``jaccard``, one row a pair, ordered by the two names.
    """
    names = sorted(members)
    genes = {gene: i for i, gene in enumerate(sorted(set().union(*members.values())))}
    rows = [(i, genes[gene]) for i, name in enumerate(names) for gene in set(members[name])]
    at = np.array(rows, dtype=np.int64).reshape(-1, 2)
    incidence = csr_array(
        (np.ones(len(at), dtype=np.int64), (at[:, 0], at[:, 1])), shape=(len(names), len(genes))
    )
    sizes: NDArray[np.int64] = np.asarray(incidence.sum(axis=1))
    common = incidence @ incidence.T
    if every_pair:
        a, b = np.triu_indices(len(names), 1)
        both = common.toarray()[a, b]
    else:
        shared = coo_array(triu(common, 1))
        order = np.lexsort((shared.col, shared.row))
        a, b = (np.asarray(part[order], dtype=np.intp) for part in (shared.row, shared.col))
        both = shared.data[order]
    return pd.DataFrame(
        {
            "set_a": [names[i] for i in a],
            "set_b": [names[i] for i in b],
            "n_a": sizes[a],
            "n_b": sizes[b],
            "shared": both,
            "jaccard": both / np.maximum(sizes[a] + sizes[b] - both, 1),
        }
    )


def set_network(
    sets: Collection[str],
    overlap: pd.DataFrame,
    *,
    coefficient: Coefficient = "combined",
    threshold: float = 0.375,
) -> SetNetwork:
    """Link sets that share genes, and place them on a page.

    With *A* and *B* the genes of two sets, the Jaccard index is the number of shared genes over
    that of either, the overlap coefficient the number of shared genes over that of the smaller
    set, and ``combined`` the mean of the two.

    Parameters
    ----------
    sets
        Names of the nodes. Neither their order nor that of `overlap` matters.
    overlap
        One row a pair: ``set_a``, ``set_b``, ``n_a``, ``n_b``, ``shared``, ``jaccard``; absent
        pairs share nothing, and pairs of other sets are passed over.
    coefficient
        What is compared with `threshold`.
    threshold
        Pairs of at least this similarity (above 0, at most 1) are linked.

    Raises
    ------
    UsageError
        If the coefficient or the threshold is none.
    DataError
        If the table lacks a column.
    """
    if coefficient not in get_args(Coefficient):
        raise UsageError(
            f"the similarity of sets is one of {', '.join(get_args(Coefficient))}, "
            f"not {coefficient!r}"
        )
    if not 0 < threshold <= 1:
        raise UsageError(f"the threshold must lie above 0 and at most at 1, not {threshold:g}")
    names = sorted(set(sets))
    edges = _edges(names, overlap, coefficient, threshold)
    place = {name: i for i, name in enumerate(names)}
    similarity = np.zeros((len(names), len(names)))
    a, b = (edges[c].map(place).to_numpy(dtype=np.intp) for c in ("set_a", "set_b"))
    similarity[a, b] = similarity[b, a] = edges["similarity"].to_numpy(dtype=float)
    clusters = _clusters(similarity)
    singles = np.flatnonzero(~similarity.any(axis=1)) if len(names) else np.empty(0, np.intp)
    placed, rows = _pack(
        [_untangle(similarity[np.ix_(cluster, cluster)]) for cluster in clusters], len(singles)
    )
    xy = np.zeros((len(names), 2))
    number = np.full(len(names), -1)
    for i, (cluster, places) in enumerate(zip(clusters, placed, strict=True)):
        xy[cluster], number[cluster] = places, i
    xy[singles] = rows
    labels = pd.Series(names, dtype=object)
    nodes = pd.DataFrame({"set": labels, "x": xy[:, 0], "y": xy[:, 1], "cluster": number})
    return SetNetwork(nodes, edges, coefficient, threshold)


def _edges(
    names: Sequence[str], overlap: pd.DataFrame, coefficient: Coefficient, threshold: float
) -> pd.DataFrame:
    columns = ("set_a", "set_b", "n_a", "n_b", "shared", "jaccard")
    missing = [column for column in columns if column not in overlap.columns]
    if missing:
        raise DataError(
            f"the network of gene sets needs the columns {', '.join(missing)}, which the table "
            "of overlaps lacks; give it the table of pairs"
        )
    known = overlap["set_a"].isin(names) & overlap["set_b"].isin(names)
    pairs = overlap[known & (overlap["set_a"] != overlap["set_b"])]
    jaccard = pairs["jaccard"].to_numpy(dtype=float)
    smaller = np.minimum(pairs["n_a"].to_numpy(dtype=float), pairs["n_b"].to_numpy(dtype=float))
    coefficients = {
        "jaccard": jaccard,
        "overlap": pairs["shared"].to_numpy(dtype=float) / np.maximum(smaller, 1.0),
    }
    coefficients["combined"] = (jaccard + coefficients["overlap"]) / 2
    edges = pd.DataFrame(
        {
            # A pair may be written either way round.
            "set_a": pairs[["set_a", "set_b"]].min(axis=1),
            "set_b": pairs[["set_a", "set_b"]].max(axis=1),
            "shared": pairs["shared"],
            "similarity": coefficients[coefficient],
        }
    )
    # Rounding must not decide about a pair that meets the threshold exactly.
    edges = edges[edges["similarity"] >= threshold - 1e-12].drop_duplicates(["set_a", "set_b"])
    return edges.sort_values(["set_a", "set_b"]).reset_index(drop=True)


def _clusters(similarity: Array) -> list[NDArray[np.intp]]:
    """Return the nodes of each connected component of two or more, the largest first."""
    if not len(similarity):
        return []
    count, labels = connected_components(similarity > 0, directed=False)
    found = [np.flatnonzero(labels == label) for label in range(count)]
    return sorted(
        (nodes for nodes in found if len(nodes) > 1), key=lambda nodes: (-len(nodes), nodes[0])
    )


def _untangle(similarity: Array) -> Array:
    """Place the nodes of one component, shape ``(n, 2)``; neighbours about 1 apart.

    The ideal distance of linked sets is 2 less their similarity, of others that of the
    shortest path; the stress is the sum of squared relative deviations from it.
    """
    lengths = np.where(similarity > 0, 2.0 - similarity, 0.0)
    ideal = np.asarray(shortest_path(csr_array(lengths), directed=False))
    n = len(ideal)
    off = ~np.eye(n, dtype=bool)
    weight = np.zeros((n, n))
    weight[off] = ideal[off] ** -2.0
    laplacian = np.diag(weight.sum(axis=1)) - weight
    inverse = np.linalg.pinv(laplacian)
    xy = _first_places(ideal)
    for _ in range(_ROUNDS):
        apart = np.maximum(np.linalg.norm(xy[:, None] - xy[None], axis=-1), 1e-9)
        pull = -weight * ideal / apart
        np.fill_diagonal(pull, 0.0)
        np.fill_diagonal(pull, -pull.sum(axis=1))
        xy = inverse @ (pull @ xy)
    return _spread(_lying(xy))


def _first_places(ideal: Array) -> Array:
    """Return classical scaling of the distances, with a little of a spiral to part equals."""
    n = len(ideal)
    centre = np.eye(n) - 1.0 / n
    values, vectors = np.linalg.eigh(-0.5 * centre @ ideal**2 @ centre)
    leading = vectors[:, [-1, -2]] * np.sqrt(np.maximum(values[[-1, -2]], 0.0))
    # The sign of an eigenvector is arbitrary.
    leading *= np.where(leading[np.abs(leading).argmax(axis=0), [0, 1]] < 0, -1.0, 1.0)
    angle = np.pi * (3.0 - np.sqrt(5.0)) * np.arange(n)
    radius = 0.1 * np.sqrt(np.arange(n) + 0.5)
    return np.asarray(leading + np.column_stack([np.cos(angle), np.sin(angle)]) * radius[:, None])


def _lying(xy: Array) -> Array:
    """Turn the places so that they reach farthest along x."""
    centred = xy - xy.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes * np.where(axes[[0, 1], np.abs(axes).argmax(axis=1)] < 0, -1.0, 1.0)[:, None]
    return np.asarray(centred @ axes.T)


def _spread(xy: Array) -> Array:
    """Blow the places up, then push pairs apart, until hardly any are closer than 1."""
    off = ~np.eye(len(xy), dtype=bool)
    for _ in range(_ROUNDS):
        gaps = xy[:, None] - xy[None]
        apart = np.maximum(np.linalg.norm(gaps, axis=-1), 1e-9)
        nearest = np.where(off, apart, np.inf).min(axis=1)
        if nearest.min() >= 0.99:
            break
        xy = xy * max(1.0, min(1.0 / float(np.median(nearest)), 1.1))
        lack = np.where(off, np.maximum(1.0 - apart, 0.0), 0.0)
        xy = xy + 0.25 * (gaps / apart[..., None] * lack[..., None]).sum(axis=1)
    return xy


def _pack(places: Sequence[Array], n_singles: int) -> tuple[list[Array], Array]:
    """Set clusters beside and above one another, and the unlinked nodes in rows below them.

    Returns
    -------
    clusters, singles
        Places of the nodes of each cluster, and of the unlinked ones, shape ``(n_singles, 2)``.
    """
    sizes = [np.ptp(xy, axis=0) + 2 * _MARGIN for xy in places]
    singles_area = n_singles * _SINGLE[0] * _SINGLE[1]
    area = sum(float(width * height) for width, height in sizes) + singles_area
    width = max([float(np.sqrt(_ASPECT * area)), *(float(size[0]) for size in sizes)])
    across = max(1, int(width / _SINGLE[0]))
    down = -(-n_singles // across)
    number = np.arange(n_singles)
    singles = np.column_stack(
        [
            (number % across + 0.5) * _SINGLE[0],
            (down - number // across - 0.5) * _SINGLE[1],
        ]
    )
    shelves = _shelves(sizes, width)
    top = down * _SINGLE[1] + sum(height for _, height in shelves)
    placed: list[Array] = []
    for members, height in shelves:
        top -= height
        free = width - sum(float(sizes[i][0]) for i in members)
        left = 0.0
        for i in members:
            # What a shelf leaves free parts its clusters further.
            left += free / (2 * len(members))
            middle = np.array([left + sizes[i][0] / 2, top + height / 2])
            placed.append(places[i] - (places[i].max(axis=0) + places[i].min(axis=0)) / 2 + middle)
            left += float(sizes[i][0]) + free / (2 * len(members))
    return placed, singles


def _shelves(sizes: Sequence[Array], width: float) -> list[tuple[list[int], float]]:
    """Put boxes on shelves in their order; return the boxes and the height of each shelf."""
    shelves: list[tuple[list[int], float]] = []
    used = np.inf
    for i, (wide, high) in enumerate(sizes):
        if used + wide > width + 1e-9:
            shelves.append(([], 0.0))
            used = 0.0
        members, height = shelves[-1]
        shelves[-1] = ([*members, i], max(height, float(high)))
        used += float(wide)
    return shelves
