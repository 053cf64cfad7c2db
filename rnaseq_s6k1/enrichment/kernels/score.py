r"""The enrichment score: how far a set's genes crowd towards an end of the ranking.

Let :math:`p_0 < \dots < p_{k-1}` be the positions (from 0) of a set's *k* genes in a ranking of
*N*, :math:`r_p \ge 0` the weight of position *p* (the absolute statistic to the power *w*), and
:math:`R = \sum_i r_{p_i}`. The running sum of Subramanian et al. (PNAS 2005, 102:15545, appendix)
rises by :math:`r_{p_i}/R` at each gene of the set and falls by :math:`1/(N-k)` at each other
gene. Its maxima lie on genes of the set and its minima just before them, so that only 2 *k*
values matter:

.. math::
    A_i = \frac1R \sum_{l \le i} r_{p_l} - \frac{p_i - i}{N - k}, \qquad
    B_i = \frac1R \sum_{l < i} r_{p_l} - \frac{p_i - i}{N - k}.

With :math:`A = \max_i A_i \ge 0` and :math:`B = \min_i B_i \le 0` the score is

- *std* (two-sided): *A* where :math:`A \ge -B`, else *B*;
- *pos*: *A*, whatever lies below;  *neg*: *B*, whatever lies above.

Where all weights of a set are 0 each gene counts alike. Deviations that differ by less than
`TIE` are equal: they are sums of fractions in another order. Of equal deviations the positive
one is the score, and of equal extremes the first is the peak.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import kernel, released_kernel

__all__ = ["NEGATIVE", "POSITIVE", "TIE", "TWO_SIDED", "choose_score", "extremes", "score_sets"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

TWO_SIDED, POSITIVE, NEGATIVE = 0, 1, 2
TIE = 1e-12


@kernel
def extremes(positions: IntArray, weights: FloatArray) -> tuple[float, float]:
    """Return the largest and the smallest deviation, *A* and *B*, of one set.

    Parameters
    ----------
    positions
        Ascending positions of the set's genes, shape ``(k,)``.
    weights
        Weight of every position of the ranking, shape ``(N,)``.
    """
    k = len(positions)
    total = 0.0
    for i in range(k):
        total += weights[positions[i]]
    per_miss = 1.0 / (len(weights) - k)
    per_weight = 1.0 / total if total > 0.0 else 0.0
    share = 0.0
    high = -1.0
    low = 0.0
    for i in range(k):
        missed = (positions[i] - i) * per_miss
        if share - missed < low:
            low = share - missed
        share += weights[positions[i]] * per_weight if total > 0.0 else 1.0 / k
        if share - missed > high:
            high = share - missed
    return max(high, 0.0), low


@kernel
def choose_score(high: float, low: float, score_type: int) -> float:
    """Return the score, of largest and smallest deviation and the type of score."""
    if score_type == POSITIVE or (score_type == TWO_SIDED and high >= -low - TIE):
        return high if high > TIE else 0.0
    return low if low < -TIE else 0.0


@kernel
def _peak(positions: IntArray, weights: FloatArray, score: float, above: bool) -> int:
    """Return the first *i* whose :math:`A_i` (`above`) or :math:`B_i` is the score."""
    k = len(positions)
    total = 0.0
    for i in range(k):
        total += weights[positions[i]]
    share = 0.0
    for i in range(k):
        missed = (positions[i] - i) / (len(weights) - k)
        before = share - missed
        share += weights[positions[i]] / total if total > 0.0 else 1.0 / k
        if above and share - missed >= score - TIE:
            return i
        if not above and before <= score + TIE:
            return i
    return k


@released_kernel
def score_sets(
    flat: IntArray,
    offsets: IntArray,
    weights: FloatArray,
    score_type: int,
    scores: FloatArray,
    edges: IntArray,
) -> None:
    """Score every set and find the genes that carry its score.

    The leading edge holds the genes of the set from its end of the ranking to the peak: those
    up to the maximum where the score is positive, and those behind the minimum where it is
    negative. A score of 0, which only one-sided scores reach, has none.

    Parameters
    ----------
    flat, offsets
        Ascending positions of each set's genes: those of set *s* are
        ``flat[offsets[s] : offsets[s + 1]]``.
    weights
        Weight of every position of the ranking, shape ``(N,)``.
    score_type
        `TWO_SIDED`, `POSITIVE` or `NEGATIVE`.
    scores
        Filled with the scores, shape ``(n_sets,)``.
    edges
        Filled with the bounds of the leading edge within the set, shape ``(n_sets, 2)``.
    """
    for s in range(len(scores)):
        positions = flat[offsets[s] : offsets[s + 1]]
        high, low = extremes(positions, weights)
        score = choose_score(high, low, score_type)
        scores[s] = score
        edges[s, 0] = 0
        edges[s, 1] = 0
        if score > 0.0:
            edges[s, 1] = _peak(positions, weights, score, True) + 1
        elif score < 0.0:
            edges[s, 0] = _peak(positions, weights, score, False)
            edges[s, 1] = len(positions)
