r"""How to tilt the drawing of genes so that rare scores become common.

A set's running sum reaches the score :math:`\gamma > 0` at the boundary *j* (after the first *j*
positions) when, with *h* of its genes and the weight *A* of its total weight *R* before *j*,

.. math::
    \frac{A}{R} - \frac{j - h}{N - k} \ge \gamma.

Multiplied by *R*, with the product :math:`R h` taken to first order around its mean
:math:`\bar R \bar h`, this is a sum over the genes of the set, :math:`\sum_{i \in S} a_i \ge 0`:

.. math::
    a_i = r_i (1_{i < j} - c) + \beta \, (1_{i < j} - \bar h / k), \qquad
    c = \gamma + \frac{j - \bar h}{N - k}, \qquad \beta = \frac{\bar R}{N - k}.

Of all ways to include genes independently with *k* genes expected, the one closest to drawing
at random (in the sense of Kullback and Leibler) under which that sum is 0 in expectation is the
exponential tilt (Siegmund, Ann. Statist. 1976, 4:673)

.. math::
    \operatorname{logit} \pi_i = \lambda + \theta a_i, \qquad
    \sum_i \pi_i = k, \qquad \sum_i \pi_i a_i = 0,

the minimum over :math:`(\theta, \lambda)` of the convex function
:math:`G = \sum_i \log(1 + e^{\lambda + \theta a_i}) - \lambda k`. Its value less that of drawing
at random approximates the log probability of crossing at *j* (a saddle point), which says at
which boundaries a set is most likely to cross.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import kernel

__all__ = ["tilt_towards"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Newton steps, the longest one (in log odds), and where the solution is near enough.
_STEPS = 40
_LONGEST = 3.0
_NEAR = 1e-2
# Odds beyond e^30 are as good as certain, and their products must stay finite.
_LIMIT = 30.0


@kernel
def _gains(
    gains: FloatArray,
    weights: FloatArray,
    boundary: int,
    cost: float,
    bonus: float,
    inside_share: float,
) -> None:
    """Fill in :math:`a` of each bin, with *c*, beta and the share h / k."""
    for b in range(len(weights)):
        inside = 1.0 if b < boundary else 0.0
        gains[b] = weights[b] * (inside - cost) + bonus * (inside - inside_share)


@kernel
def _chance(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-min(max(log_odds, -_LIMIT), _LIMIT)))


@kernel
def _log_probability(
    counts: IntArray, gains: FloatArray, theta: float, level: float, k: int, n: int
) -> float:
    """Return *G* at its minimum less its value at theta = 0."""
    total = -level * k
    for b in range(len(counts)):
        x = level + theta * gains[b]
        total += counts[b] * (max(x, 0.0) + math.log1p(math.exp(-abs(x))))
    return total + n * math.log1p(-k / n) + k * math.log(k / (n - k))


@kernel
def tilt_towards(
    counts: IntArray,
    weights: FloatArray,
    boundary: int,
    k: int,
    score: float,
    start: tuple[float, float],
    log_odds: FloatArray,
) -> tuple[float, float, float]:
    """Find the tilt under which a set of `k` genes reaches `score` at a boundary on average.

    Parameters
    ----------
    counts, weights
        Genes of each bin and their mean weight, the mean weight of all genes being 1.
    boundary
        The boundary lies before this bin.
    k, score
        Size of the set; the score, positive.
    start
        Where to start, theta and lambda.
    log_odds
        Filled with the log odds of inclusion of each bin's genes.

    Returns
    -------
    tuple of float
        The approximate natural logarithm of the probability of crossing there, minus infinity
        where no set can; theta; lambda.
    """
    n, j = 0, 0
    for b in range(len(counts)):
        n += counts[b]
        j += counts[b] if b < boundary else 0
    most = float(min(j, k))
    gains = np.empty(len(counts))
    theta, level = start
    # What a set that crosses there holds before the boundary, to begin with.
    hits = most * max(0.5, score)
    total = float(k)
    for _ in range(_STEPS):
        cost = score + (j - hits) / (n - k)
        if cost >= 1.0:
            if most - hits < 1e-9 * k:
                break
            hits = 0.5 * (hits + most)
            continue
        _gains(gains, weights, boundary, cost, total / (n - k), hits / k)
        e_k, e_a, v_kk, v_ka, v_aa, new_hits, new_total = -float(k), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for b in range(len(counts)):
            chance = _chance(level + theta * gains[b])
            expected = counts[b] * chance
            spread = expected * (1.0 - chance)
            e_k += expected
            e_a += expected * gains[b]
            v_kk += spread
            v_ka += spread * gains[b]
            v_aa += spread * gains[b] * gains[b]
            new_total += expected * weights[b]
            new_hits += expected if b < boundary else 0.0
        near = e_k * e_k < _NEAR * v_kk and e_a * e_a < _NEAR * v_aa
        if near and abs(new_hits - hits) < _NEAR * k:
            for b in range(len(counts)):
                log_odds[b] = min(max(level + theta * gains[b], -_LIMIT), _LIMIT)
            return _log_probability(counts, gains, theta, level, k, n), theta, level
        determinant = v_kk * v_aa - v_ka * v_ka
        if not determinant > 1e-12 * v_kk * v_aa:
            break
        step_level = (v_aa * e_k - v_ka * e_a) / determinant
        step_theta = (v_kk * e_a - v_ka * e_k) / determinant
        longest = max(abs(step_level), abs(step_theta) * math.sqrt(v_aa / v_kk))
        length = min(1.0, _LONGEST / longest) if longest > 0.0 else 1.0
        theta -= length * step_theta
        level -= length * step_level
        hits = min(max(new_hits, 0.0), most)
        total = new_total
    return -np.inf, start[0], start[1]
