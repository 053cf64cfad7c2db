r"""Whether a random set reaches a score, without looking at more of it than that takes.

The genes of a set come bin by bin, in no order within a bin. Let bin *b* hold the positions from
:math:`e_b` to :math:`e_{b+1} - 1` and *m* genes of the set, of at most the weight
:math:`r^{max}_b` each; let *h* genes of the weight *C* stand before it, and *C'* be their weight
with those of the bin. Within the bin the running sum
(`rnaseq_s6k1.enrichment.kernels.score`) then has

.. math::
    \text{a maximum of at most } & \frac{C + m \, r^{max}_b}{R} - \frac{e_b - h}{N - k}, \\
    \text{and of at least } & \frac{C'}{R} - \frac{e_{b+1} - h - m}{N - k}, \\
    \text{and no value below } & \frac{C}{R} - \frac{e_{b+1} - h - m}{N - k}.

Most sets are decided by these bounds, and of the others a few bins have to be put in order. The
answers are those of the full sum.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import kernel
from rnaseq_s6k1.enrichment.kernels.score import TIE, TWO_SIDED, extremes

__all__ = ["reaches"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@kernel
def _sort(places: IntArray) -> None:
    """Put a few places in order, by insertion."""
    for i in range(1, len(places)):
        place = places[i]
        j = i
        while j > 0 and places[j - 1] > place:
            places[j] = places[j - 1]
            j -= 1
        places[j] = place


@kernel
def _reaches_within(
    places: IntArray,
    weights: FloatArray,
    weight: float,
    hits: int,
    per_weight: float,
    per_miss: float,
    score: float,
) -> bool:
    """Whether the running sum reaches `score` at one of the genes of a bin, put in order."""
    for i in range(len(places)):
        weight += weights[places[i]]
        if weight * per_weight - (places[i] - hits - i) * per_miss >= score - TIE:
            return True
    return False


@kernel
def _bounds(
    begins: IntArray,
    edges: IntArray,
    heaviest: FloatArray,
    weight_before: FloatArray,
    per_weight: float,
    per_miss: float,
    uppers: FloatArray,
) -> tuple[float, float]:
    """Fill in each bin's bound from above; return the best and the worst from below."""
    surely, lowest = 0.0, 0.0
    for b in range(len(uppers)):
        before = weight_before[begins[b]] * per_weight
        after = weight_before[begins[b + 1]] * per_weight
        lost = (edges[b + 1] - begins[b + 1]) * per_miss
        m = begins[b + 1] - begins[b]
        uppers[b] = before + m * heaviest[b] * per_weight - (edges[b] - begins[b]) * per_miss
        if m == 0:
            uppers[b] = -1.0
        surely = max(surely, after - lost)
        lowest = min(lowest, before - lost)
    return surely, lowest


@kernel
def reaches(
    positions: IntArray,
    begins: IntArray,
    edges: IntArray,
    heaviest: FloatArray,
    weights: FloatArray,
    score: float,
    score_type: int,
    strict: bool,
    weight_before: FloatArray,
    uppers: FloatArray,
) -> bool:
    """Whether a set scores `score` or more, and on this side.

    Parameters
    ----------
    positions, begins, edges
        The set's genes bin by bin, where those of each bin begin, and the bins. Genes of some
        bins are put in order.
    heaviest
        The largest weight of each bin.
    weights
        Weight of every position, shape ``(N,)``.
    score, score_type, strict
        The score, positive; where it is two-sided, a set counts only if no deviation below
        is larger; of equal ones it counts unless `strict`.
    weight_before, uppers
        Room to work, shapes ``(k + 1,)`` and ``(n_bins,)``.
    """
    k, n = len(positions), len(weights)
    weight_before[0] = 0.0
    for i in range(k):
        weight_before[i + 1] = weight_before[i] + weights[positions[i]]
    if weight_before[k] <= 0.0:
        return _reaches_in_full(positions, weights, score, score_type, strict)
    per_weight, per_miss = 1.0 / weight_before[k], 1.0 / (n - k)
    surely, lowest = _bounds(begins, edges, heaviest, weight_before, per_weight, per_miss, uppers)
    reached = surely >= score
    for b in range(len(uppers)):
        if reached:
            break
        if uppers[b] >= score - TIE:
            places = positions[begins[b] : begins[b + 1]]
            _sort(places)
            reached = _reaches_within(
                places, weights, weight_before[begins[b]], begins[b], per_weight, per_miss, score
            )
    if not reached:
        return False
    if score_type != TWO_SIDED or lowest > TIE - score:
        return True
    return _reaches_in_full(positions, weights, score, score_type, strict)


@kernel
def _reaches_in_full(
    positions: IntArray, weights: FloatArray, score: float, score_type: int, strict: bool
) -> bool:
    """Answer from the whole sum: seldom asked, where it falls far below 0 or has no weights."""
    high, low = extremes(np.sort(positions), weights)
    if high < score - TIE:
        return False
    if score_type != TWO_SIDED:
        return True
    return high > -low + TIE if strict else high >= -low - TIE
