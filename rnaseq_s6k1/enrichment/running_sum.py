"""The running sum behind an enrichment score, at every rank, for drawing it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rnaseq_s6k1.enrichment.kernels.score import TIE
from rnaseq_s6k1.enrichment.located import ScoreType, check_weight, gene_weights
from rnaseq_s6k1.errors import DataError

__all__ = ["RunningSum", "running_sum"]


@dataclass(frozen=True)
class RunningSum:
    """A weighted Kolmogorov-Smirnov running sum.

    Attributes
    ----------
    values
        The sum after each gene of the ranking, shape ``(n_genes,)``; the last one is 0.
    hits
        Positions of the set's genes in the ranking, ascending, shape ``(n_members,)``.
    es
        The enrichment score: the deviation from zero that is largest, of the sides that count.
    peak
        The position where it is first reached.
    leading_edge
        Positions of the members up to the peak where `es` is positive, from the peak on where
        it is negative; none where a one-sided score is 0.
    """

    values: NDArray[np.float64]
    hits: NDArray[np.intp]
    es: float
    peak: int
    leading_edge: NDArray[np.intp]


def running_sum(
    stats: ArrayLike, members: ArrayLike, weight: float = 1.0, score_type: ScoreType = "std"
) -> RunningSum:
    r"""Compute the running sum of a gene set along a ranking.

    With the ranked statistics :math:`r_1 \ge \dots \ge r_N` and a set *S* of :math:`N_H` genes,

    .. math::
        P_{hit}(i) = \sum_{j \le i,\, j \in S} |r_j|^w / \sum_{j \in S} |r_j|^w, \quad
        P_{miss}(i) = \sum_{j \le i,\, j \notin S} 1 / (N - N_H)

    and the running sum is their difference (Subramanian et al., PNAS 2005, 102:15545,
    appendix). Where all of the set's statistics are 0, or `weight` is 0, each member counts alike.
    A positive and a negative deviation of equal size give an enrichment score of 0 in fgsea; here
    the positive one is returned, so that a peak exists. Sizes that differ by less than 1e-12
    are equal.

    Parameters
    ----------
    stats
        Ranked statistics, descending, shape ``(n_genes,)``.
    members
        Positions of the set's genes in `stats` (from 0, any order, no duplicates), shape
        ``(n_members,)``.
    weight
        The exponent *w*, from 0 to 2.
    score_type
        ``std``: the larger deviation of either sign; ``pos``: the one above 0; ``neg``: the
        one below.

    Raises
    ------
    UsageError
        If the exponent or the score type is not to be had.
    DataError
        If the ranking is not finite and descending, or `members` is empty, holds duplicates,
        every gene, or positions outside the ranking.
    """
    ranked = np.asarray(stats, dtype=float)
    hits = np.sort(np.asarray(members, dtype=np.intp))
    _check(ranked, hits)
    check_weight(weight, score_type)
    gain = gene_weights(ranked, weight)[hits]
    if not gain.any():
        gain = np.ones(len(hits))
    steps = np.full(len(ranked), -1.0 / (len(ranked) - len(hits)))
    steps[hits] = gain / gain.sum()
    values = np.cumsum(steps)
    values[-1] = 0.0
    # Maxima lie on members and minima just before them.
    high, low = float(values.max()), float(values.min())
    above = high >= -low - TIE if score_type == "std" else score_type == "pos"
    peak = int(np.argmax(values >= high - TIE if above else values <= low + TIE))
    es = float(values[peak])
    if abs(es) <= TIE:
        return RunningSum(values, hits, 0.0, peak, hits[:0])
    edge = hits[hits <= peak] if above else hits[hits > peak]
    return RunningSum(values, hits, es, peak, edge)


def _check(ranked: NDArray[np.float64], hits: NDArray[np.intp]) -> None:
    if not np.isfinite(ranked).all() or (np.diff(ranked) > 0).any():
        raise DataError(
            "a running sum needs finite statistics in descending order; rank the genes first"
        )
    if not len(hits) or len(hits) >= len(ranked):
        raise DataError(
            f"a running sum needs a set of 1 to {max(len(ranked) - 1, 1)} of the {len(ranked)} "
            f"ranked genes, got {len(hits)}; choose another set"
        )
    if hits[0] < 0 or hits[-1] >= len(ranked) or (np.diff(hits) == 0).any():
        raise DataError(
            f"positions in the ranking must be distinct and between 0 and {len(ranked) - 1}"
        )
