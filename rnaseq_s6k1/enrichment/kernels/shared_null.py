r"""Enrichment scores of random gene sets: one permutation of the genes serves all sizes.

The first *k* genes of a random order of all genes are a random set of size *k*, for every *k* at
once. Permutation *t* is drawn by Fisher and Yates' shuffle (Durstenfeld, CACM 1964, 7:420) from
the stream (seed, *t*), gene after gene, so that its first *k* genes are the same whatever sizes
are asked for. Genes enter a sorted list one at a time (as in Korotkevich et al., bioRxiv 2016,
doi 10.1101/060012, whose null is shared over sizes too). For gene *i* of the list, at position
:math:`p_i` of the ranking, two numbers are kept,

.. math::
    m_i = p_i - i \quad\text{(genes outside the set before it)}, \qquad
    c_i = \sum_{l \le i} r_{p_l} \quad\text{(weight up to it)},

and the score of the first *k* genes is read off in one pass: with :math:`R = c_{k-1}`,
:math:`A_i = c_i / R - m_i / (N - k)` and :math:`B_i = c_{i-1} / R - m_i / (N - k)`; see
`rnaseq_s6k1.enrichment.kernels.score`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import kernel, released_kernel
from rnaseq_s6k1.enrichment.kernels.random_numbers import below, open_stream
from rnaseq_s6k1.enrichment.kernels.score import NEGATIVE, TIE, choose_score

__all__ = ["count_beyond", "null_scores", "sum_sides"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@kernel
def _place_of(missed: FloatArray, k: int, position: int) -> int:
    """Return how many of the `k` genes of the list stand before `position`."""
    first, length = 0, k
    while length > 0:
        half = length // 2
        middle = first + half
        before = missed[middle] + middle < position
        first = middle + 1 if before else first
        length = length - half - 1 if before else half
    return first


@kernel
def _insert(values: FloatArray, k: int, place: int, change: float, longer: FloatArray) -> None:
    """Copy `k` values, leaving a gap at `place`; those behind it have `change` added."""
    for i in range(place):
        longer[i] = values[i]
    behind, moved = values[place:k], longer[place + 1 : k + 1]
    for i in range(k - place):
        moved[i] = behind[i] + change


@kernel
def _score_list(
    missed: FloatArray,
    weight_to: FloatArray,
    k: int,
    n: int,
    score_type: int,
    after: FloatArray,
    before: FloatArray,
) -> float:
    """Return the score of the `k` genes of the list; `after` and `before` are room to work."""
    per_miss = 1.0 / (n - k)
    total = weight_to[k - 1]
    if total > 0.0:
        per_weight = 1.0 / total
        for i in range(k):
            after[i] = weight_to[i] * per_weight - missed[i] * per_miss
        before[0] = -missed[0] * per_miss
        earlier, later, rest = weight_to[: k - 1], missed[1:k], before[1:k]
        for i in range(k - 1):
            rest[i] = earlier[i] * per_weight - later[i] * per_miss
    else:
        # No gene of the set has a weight: each counts alike.
        for i in range(k):
            after[i] = (i + 1) / k - missed[i] * per_miss
            before[i] = i / k - missed[i] * per_miss
    # Knock-out rounds find the extremes: whole halves are compared at once.
    left = k
    while left > 1:
        half = (left + 1) // 2
        upper, lower = after[half:left], before[half:left]
        for i in range(left - half):
            after[i] = after[i] if after[i] > upper[i] else upper[i]
        for i in range(left - half):
            before[i] = before[i] if before[i] < lower[i] else lower[i]
        left = half
    return choose_score(max(after[0], 0.0), min(before[0], 0.0), score_type)


@released_kernel
def null_scores(
    weights: FloatArray,
    sizes: IntArray,
    score_type: int,
    seed: int,
    first: int,
    scores: FloatArray,
) -> None:
    """Score the random sets of a block of permutations.

    Parameters
    ----------
    weights
        Weight of every position of the ranking, shape ``(N,)``.
    sizes
        Sizes asked for, ascending, each below *N*, shape ``(n_sizes,)``.
    score_type
        See `rnaseq_s6k1.enrichment.kernels.score`.
    seed, first
        The permutations are those numbered `first`, `first` + 1, ... of that seed.
    scores
        Filled, shape ``(n_sizes, n_permutations)``.
    """
    n, largest = len(weights), sizes[-1]
    order = np.empty(n, np.int32)
    missed, weight_to = np.empty(largest), np.empty(largest)
    longer_missed, longer_weight_to = np.empty(largest), np.empty(largest)
    after = np.empty(largest)
    before = np.empty(largest)
    for t in range(scores.shape[1]):
        stream = open_stream(seed, np.uint64(first + t))
        for i in range(n):
            order[i] = i
        k = 0
        for s in range(len(sizes)):
            while k < sizes[s]:
                other = k + below(stream, n - k)
                position = order[other]
                order[other] = order[k]
                order[k] = position
                weight = weights[position]
                place = _place_of(missed, k, position)
                _insert(missed, k, place, -1.0, longer_missed)
                _insert(weight_to, k, place, weight, longer_weight_to)
                longer_missed[place] = position - place
                longer_weight_to[place] = weight + (weight_to[place - 1] if place > 0 else 0.0)
                missed, longer_missed = longer_missed, missed
                weight_to, longer_weight_to = longer_weight_to, weight_to
                k += 1
            scores[s, t] = _score_list(missed, weight_to, k, n, score_type, after, before)


@released_kernel
def sum_sides(scores: FloatArray, score_type: int, counts: IntArray, sums: FloatArray) -> None:
    """Add up the null scores of each size and side.

    Parameters
    ----------
    scores, score_type
        As `null_scores` filled them, and their type.
    counts, sums
        Number and sum of the scores above (column 0) and below (column 1), added to; shape
        ``(n_sizes, 2)``. One-sided scores all lie on their side.
    """
    for s in range(scores.shape[0]):
        for t in range(scores.shape[1]):
            score = scores[s, t]
            side = 1 if score_type == NEGATIVE or score < 0.0 else 0
            counts[s, side] += 1
            sums[s, side] += score


@released_kernel
def count_beyond(
    scores: FloatArray, size_of: IntArray, observed: FloatArray, below: BoolArray, counts: IntArray
) -> None:
    """Count the null scores at least as extreme as each set's, on its side.

    Parameters
    ----------
    scores
        As `null_scores` filled them.
    size_of
        Row of `scores` with each set's size, shape ``(n_sets,)``.
    observed, below
        Scores of the sets, and whether they lie below 0, shape ``(n_sets,)``.
    counts
        Added to, shape ``(n_sets,)``.
    """
    for s in range(len(observed)):
        row = scores[size_of[s]]
        found = 0
        if below[s]:
            for t in range(len(row)):
                found += row[t] <= observed[s] + TIE
        else:
            for t in range(len(row)):
                found += row[t] >= observed[s] - TIE
        counts[s] += found
