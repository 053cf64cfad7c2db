r"""Which tilts a set is drawn from: a mixture over its likeliest places to cross.

A set can reach its score at any boundary, and a tilt towards one boundary seldom yields the
crossings of another, which then come with huge weights. So draws are taken from several tilts,
:math:`q_1, \dots, q_C` of them in parts, and are reweighted by the whole mixture (the balance
heuristic: Veach and Guibas, SIGGRAPH 1995, 419; Owen and Zhou, JASA 2000, 95:135). The
log probability of crossing at a boundary rises to one maximum along the ranking and falls behind
it: it is climbed from a likely place, then followed down on both sides.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import kernel
from rnaseq_s6k1.enrichment.kernels.tilt import tilt_towards

__all__ = ["choose_mixture"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# A boundary e^-6 times as likely to be crossed as the likeliest is left out.
_WINDOW = 6.0
# Each boundary drawn from gets at least about this part of the likeliest one's draws.
_FLOOR = 0.05
# Where, in parts of the furthest place at which a set can cross, the climb begins.
_BEGIN = 0.3


@kernel
def _begin_at(counts: IntArray, k: int, score: float) -> int:
    """Return a boundary where crossing is likely."""
    n = counts.sum()
    wanted = max(_BEGIN * (1.0 - score) * (n - k), 1.0)
    passed = 0
    for b in range(len(counts) - 1):
        passed += counts[b]
        if passed >= wanted:
            return b + 1
    return len(counts) - 1


@kernel
def _walk(
    counts: IntArray,
    weights: FloatArray,
    k: int,
    score: float,
    first: int,
    stride: int,
    start: tuple[float, float],
    log_chance: FloatArray,
    log_odds: FloatArray,
) -> tuple[float, int]:
    """Look at boundaries from `first` on until they are too unlikely; return the likeliest."""
    best, best_at = -np.inf, first
    boundary = first
    while 0 < boundary < len(counts):
        chance, theta, level = tilt_towards(
            counts, weights, boundary, k, score, start, log_odds[boundary]
        )
        log_chance[boundary] = chance
        if chance > best:
            best, best_at = chance, boundary
        if chance < best - _WINDOW or (chance == -np.inf and best > -np.inf):
            break
        start = (theta, level)
        boundary += stride
    return best, best_at


@kernel
def choose_mixture(
    counts: IntArray, weights: FloatArray, k: int, score: float, most: int
) -> tuple[FloatArray, FloatArray, float]:
    """Choose the tilts to draw sets of `k` genes with at least `score` from.

    Parameters
    ----------
    counts, weights
        Genes of each bin and their mean weight, the mean weight of all genes being 1; shape
        ``(n_bins,)``.
    k, score
        Size of the set; the score, positive.
    most
        The most tilts to draw from.

    Returns
    -------
    log_odds
        Log odds of inclusion of each bin's genes, one row a tilt, shape ``(n_tilts, n_bins)``.
    shares
        Part of the draws from each tilt, shape ``(n_tilts,)``. Both are empty where no set
        reaches the score on average of any tilt.
    log_chance
        Natural logarithm of about the probability of crossing at the likeliest boundary.
    """
    n_bins = len(counts)
    log_chance = np.full(n_bins, -np.inf)
    log_odds = np.empty((n_bins, n_bins))
    n = counts.sum()
    at_random = (0.0, math.log(k / (n - k)))
    first = _begin_at(counts, k, score)
    ahead, ahead_at = _walk(counts, weights, k, score, first, 1, at_random, log_chance, log_odds)
    behind, behind_at = _walk(
        counts, weights, k, score, first - 1, -1, at_random, log_chance, log_odds
    )
    best, best_at = (ahead, ahead_at) if ahead >= behind else (behind, behind_at)
    if best == -np.inf:
        # Seldom: a score so extreme that few boundaries can be crossed at all.
        best, best_at = _walk(counts, weights, k, score, 1, 1, at_random, log_chance, log_odds)
        if best == -np.inf:
            return np.empty((0, n_bins)), np.empty(0), best
    kept = np.empty(n_bins, np.int64)
    n_kept = 0
    at_best = 0
    for b in range(1, n_bins):
        if log_chance[b] >= best - _WINDOW:
            if b == best_at:
                at_best = n_kept
            kept[n_kept] = b
            n_kept += 1
    # Evenly spaced ones stand for the rest; the likeliest is among them.
    spacing = (n_kept + most - 1) // most
    chosen = kept[at_best % spacing : n_kept : spacing]
    shares = np.exp(log_chance[chosen] - best) + _FLOOR
    return log_odds[chosen], shares / shares.sum(), best
