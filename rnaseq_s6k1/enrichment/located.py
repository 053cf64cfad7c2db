"""Gene sets as positions in a ranking, with their enrichment scores and leading edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.enrichment.kernels.score import NEGATIVE, POSITIVE, TWO_SIDED, score_sets
from rnaseq_s6k1.errors import DataError, UsageError

__all__ = [
    "LARGEST_WEIGHT",
    "LocatedSets",
    "ScoreType",
    "check_weight",
    "gene_weights",
    "locate_sets",
]

ScoreType = Literal["std", "pos", "neg"]

#: The Broad program offers exponents up to 2; beyond, a few genes are the whole score.
LARGEST_WEIGHT = 2.0

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_KINDS: dict[str, int] = {"std": TWO_SIDED, "pos": POSITIVE, "neg": NEGATIVE}


@dataclass(frozen=True)
class LocatedSets:
    """Gene sets in a ranking.

    Attributes
    ----------
    stats
        Statistics in descending order, indexed by gene, shape ``(N,)``.
    labels
        Names of the sets.
    flat, offsets
        Positions of the sets' genes: those of set *s* are, ascending,
        ``flat[offsets[s] : offsets[s + 1]]``.
    weight
        Exponent of the statistic in the running sum.
    score_type
        ``std``: the larger deviation of either sign; ``pos``: the one above 0; ``neg``: the
        one below.
    gene_weights
        Weight of each position, shape ``(N,)``; see `gene_weights`.
    scores
        Enrichment scores, shape ``(n_sets,)``.
    edges
        Bounds of each leading edge within its set, shape ``(n_sets, 2)``.
    """

    stats: pd.Series
    labels: list[str]
    flat: IntArray
    offsets: IntArray
    weight: float
    score_type: ScoreType
    gene_weights: FloatArray
    scores: FloatArray
    edges: IntArray

    @property
    def kind(self) -> int:
        """The score type as the kernels know it."""
        return _KINDS[self.score_type]

    @property
    def sizes(self) -> IntArray:
        """Genes of each set, shape ``(n_sets,)``."""
        return np.diff(self.offsets)

    @property
    def below(self) -> NDArray[np.bool_]:
        """Whether each score belongs to the lower side, shape ``(n_sets,)``."""
        if self.score_type == "neg":
            return np.ones(len(self.scores), dtype=bool)
        return self.scores < 0

    def genes(self, index: int) -> list[str]:
        """Name the genes of a set, in the order of the ranking."""
        names = self.stats.index.to_numpy(dtype=object)
        return list(names[self.flat[self.offsets[index] : self.offsets[index + 1]]])

    def leading_edges(self) -> list[list[str]]:
        """Name the genes that carry each set's score, the most extreme first."""
        names = self.stats.index.to_numpy(dtype=object)
        found = []
        for s, begin in enumerate(self.offsets[:-1]):
            first, last = self.edges[s]
            edge = names[self.flat[begin + first : begin + last]].tolist()
            found.append(edge[::-1] if self.scores[s] < 0 else edge)
        return found


def check_weight(weight: float, score_type: str) -> None:
    """Refuse exponents and score types that there are not.

    Raises
    ------
    UsageError
        If the exponent is not between 0 and 2, or the score type unknown.
    """
    if not 0 <= weight <= LARGEST_WEIGHT:
        raise UsageError(
            f"--weight must lie between 0 and {LARGEST_WEIGHT:g}, not {weight:g}; "
            "1 is the usual one, 0 counts all genes of a set alike"
        )
    if score_type not in get_args(ScoreType):
        raise UsageError(
            f"--score-type must be one of {', '.join(get_args(ScoreType))}, not {score_type!r}"
        )


def gene_weights(stats: FloatArray, weight: float) -> FloatArray:
    """Return the absolute statistics to the power `weight`, shape ``(N,)``.

    They are divided by the largest first, as only their ratios matter and large powers
    overflow; with `weight` 0 each gene counts alike, one with a statistic of 0 too.
    """
    size = np.abs(np.asarray(stats, dtype=np.float64))
    largest = size.max(initial=0.0)
    if weight == 0 or largest == 0:
        return np.ones_like(size)
    return np.asarray((size / largest) ** weight)


def locate_sets(
    stats: pd.Series,
    sets: Mapping[str, Sequence[str]],
    *,
    weight: float = 1.0,
    score_type: ScoreType = "std",
) -> LocatedSets:
    """Find the positions of the sets' genes, and score the sets.

    Parameters
    ----------
    stats
        Statistics in descending order, indexed by gene, finite.
    sets
        Genes of each set; all of them are in the ranking, and not all of the ranking in one.
    weight, score_type
        See `LocatedSets`.

    Raises
    ------
    DataError
        If the ranking is constant, a gene is not in it, or a set is empty or all of it.
    UsageError
        If exponent or score type are not to be had.
    """
    check_weight(weight, score_type)
    values = stats.to_numpy(dtype=np.float64)
    if len(values) and values.min() == values.max():
        raise DataError(
            f"all {len(values):,} ranked genes have the same statistic, {values[0]:g}; nothing "
            "ranks them, so no gene set can stand at an end: give a statistic that differs"
        )
    place = {name: position for position, name in enumerate(stats.index)}
    offsets = np.concatenate([[0], np.cumsum([len(genes) for genes in sets.values()])])
    offsets = offsets.astype(np.int64)
    flat = np.empty(offsets[-1], np.int64)
    for s, (label, genes) in enumerate(sets.items()):
        positions = flat[offsets[s] : offsets[s + 1]]
        try:
            positions[:] = [place[gene] for gene in genes]
        except KeyError as error:
            raise DataError(f"the gene {error.args[0]!r} of {label[:80]!r} is not ranked") from None
        if not 0 < len(positions) < len(values):
            raise DataError(
                f"the gene set {label[:80]!r} has {len(positions)} of the {len(values)} ranked "
                "genes; a set needs some and must leave some"
            )
        positions.sort()
    weights = gene_weights(values, weight)
    scores = np.empty(len(sets))
    edges = np.empty((len(sets), 2), dtype=np.int64)
    score_sets(flat, offsets, weights, _KINDS[score_type], scores, edges)
    return LocatedSets(stats, list(sets), flat, offsets, weight, score_type, weights, scores, edges)
