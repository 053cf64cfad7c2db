r"""Compiled loops of the hypergeometric distribution, central and Fisher's noncentral one.

Of :math:`N` genes :math:`K` are in a set and :math:`n` on a list; :math:`X` are in both. With
the odds ratio :math:`\psi` (Fisher, JRSS 1935, 98:39)

.. math:: P(X = x) \propto \binom{K}{x} \binom{N - K}{n - x} \psi^x, \quad
          \max(0, n + K - N) \le x \le \min(n, K).

Consecutive weights have a simple ratio, so that sums run from their largest term outwards and
stop where terms no longer count. All logarithms are natural.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import kernel

__all__ = ["log_upper_tails", "odds_ratios"]

_NEGLIGIBLE = 1e-18
_MOST_STEPS = 200
_CLOSE = 1e-12
# exp() of more would overflow together with the largest counts; no ratio of genes comes near.
_LARGEST_LOG = 300.0


@kernel
def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1.0) - math.lgamma(k + 1.0) - math.lgamma(n - k + 1.0)


@kernel
def _log_upper_tail(k: int, K: int, n: int, N: int) -> float:
    """Return log P(X >= k) of the central distribution."""
    low, high = max(0, n + K - N), min(n, K)
    if k <= low:
        return 0.0
    if k > high:
        return -math.inf
    # From the mode on terms fall, so either tail is summed from its largest term.
    upper = k > (n + 1) * (K + 1) / (N + 2.0)
    start = k if upper else k - 1
    first = _log_choose(K, start) + _log_choose(N - K, n - start) - _log_choose(N, n)
    total, term, x = 1.0, 1.0, start
    while x < high if upper else x > low:
        if upper:
            term *= (K - x) * float(n - x) / ((x + 1.0) * (N - K - n + x + 1))
            x += 1
        else:
            term *= x * float(N - K - n + x) / ((K - x + 1.0) * (n - x + 1))
            x -= 1
        total += term
        if term < _NEGLIGIBLE * total:
            break
    tail = first + math.log(total)
    if upper:
        return min(tail, 0.0)
    return math.log1p(-min(math.exp(tail), 1.0 - 1e-16))


@kernel
def log_upper_tails(
    overlap: NDArray[np.int64],
    size: NDArray[np.int64],
    listed: NDArray[np.int64],
    universe: int,
    found: NDArray[np.float64],
) -> None:
    """Fill `found` with log P(X >= overlap), all arrays of shape ``(n_tests,)``."""
    for i in range(len(overlap)):
        found[i] = _log_upper_tail(overlap[i], size[i], listed[i], universe)


@kernel
def _mode(low: int, high: int, K: int, n: int, rest: int, psi: float) -> int:
    """Return the x of the largest weight; `rest` is N - K - n."""
    while low < high:
        x = (low + high + 1) // 2
        if psi * (K - x + 1.0) * (n - x + 1.0) >= float(x) * (rest + x):
            low = x
        else:
            high = x - 1
    return low


@kernel
def _moments(
    k: int, K: int, n: int, N: int, log_psi: float
) -> tuple[float, float, float, float, float, float]:
    r"""Return mean and variance of X, P(X >= k), P(X <= k), and the slopes of both in log psi.

    The slope of a probability in :math:`\log \psi` is
    :math:`\sum_{x \in tail} P(x) (x - E X)`.
    """
    rest = N - K - n
    low, high = max(0, -rest), min(n, K)
    psi = math.exp(log_psi)
    mode = _mode(low, high, K, n, rest, psi)
    # Distances from the mode keep the squares small.
    sums = np.zeros(3)
    upper, upper_x, lower, lower_x = 0.0, 0.0, 0.0, 0.0
    for way in (1, -1):
        x, term = mode, 1.0
        while True:
            if way == 1 or x != mode:
                away = float(x - mode)
                sums[0] += term
                sums[1] += term * away
                sums[2] += term * away * away
                if x >= k:
                    upper += term
                    upper_x += term * away
                if x <= k:
                    lower += term
                    lower_x += term * away
            if (way == 1 and x == high) or (way == -1 and x == low):
                break
            if way == 1:
                term *= psi * (K - x) * float(n - x) / ((x + 1.0) * (rest + x + 1))
            else:
                term *= x * float(rest + x) / (psi * (K - x + 1.0) * (n - x + 1))
            x += way
            if term < _NEGLIGIBLE * sums[0]:
                break
    mean = sums[1] / sums[0]
    variance = sums[2] / sums[0] - mean * mean
    upper, upper_x = upper / sums[0], upper_x / sums[0]
    lower, lower_x = lower / sums[0], lower_x / sums[0]
    return (
        mode + mean,
        variance,
        upper,
        lower,
        upper_x - upper * mean,
        lower_x - lower * mean,
    )


@kernel
def _excess(
    which: int, k: int, K: int, n: int, N: int, log_tail: float, at: float
) -> tuple[float, float]:
    """Return a function that rises through 0 at the solution, and its slope.

    0: the mean less k. 1: log P(X >= k) less `log_tail`. 2: `log_tail` less log P(X <= k).
    """
    mean, variance, upper, lower, upper_slope, lower_slope = _moments(k, K, n, N, at)
    if which == 0:
        return mean - k, variance
    if which == 1:
        if upper <= 0.0:
            return -math.inf, 0.0
        return math.log(upper) - log_tail, upper_slope / upper
    if lower <= 0.0:
        return math.inf, 0.0
    return log_tail - math.log(lower), -lower_slope / lower


@kernel
def _solve(which: int, k: int, K: int, n: int, N: int, log_tail: float, start: float) -> float:
    """Find the root of `_excess` by Newton's steps within a bracket that halves otherwise."""
    below, above, at = -math.inf, math.inf, start
    for _ in range(_MOST_STEPS):
        value, slope = _excess(which, k, K, n, N, log_tail, at)
        if value < 0:
            below = at
        else:
            above = at
        step = at - value / slope if slope > 0.0 and math.isfinite(value) else math.nan
        # A far start sees a flat function, whose steps must not run away.
        if not (abs(step - at) < 4.0):
            step = at + (2.0 if value < 0 else -2.0)
        if not (below < step < above):
            step = 0.5 * (below + above)
        step = min(max(step, -_LARGEST_LOG), _LARGEST_LOG)
        if abs(step - at) <= _CLOSE * (1.0 + abs(at)) or step in (below, above):
            return step
        at = step
    return at


@kernel
def odds_ratios(
    overlap: NDArray[np.int64],
    size: NDArray[np.int64],
    listed: NDArray[np.int64],
    universe: int,
    tail: float,
    found: NDArray[np.float64],
) -> None:
    r"""Fill `found`, shape ``(n_tests, 3)``: odds ratio, lower limit, upper limit.

    The estimate solves :math:`E_\psi X = k` (conditional maximum likelihood), the limits solve
    :math:`P_\psi(X \ge k)` = `tail` and :math:`P_\psi(X \le k)` = `tail` (Cornfield 1956; exact).
    """
    log_tail = math.log(tail)
    for i in range(len(overlap)):
        k, K, n, N = overlap[i], size[i], listed[i], universe
        low, high = max(0, n + K - N), min(n, K)
        if low == high:
            found[i, 0], found[i, 1], found[i, 2] = math.nan, 0.0, math.inf
            continue
        a, b, c, d = k + 0.5, K - k + 0.5, n - k + 0.5, N - K - n + k + 0.5
        start = math.log(a * d / (b * c))
        spread = 1.96 * math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
        found[i, 0], found[i, 1], found[i, 2] = 0.0, 0.0, math.inf
        if k == high:
            found[i, 0] = math.inf
        elif k > low:
            found[i, 0] = math.exp(_solve(0, k, K, n, N, log_tail, start))
        if k > low:
            found[i, 1] = math.exp(_solve(1, k, K, n, N, log_tail, start - spread))
        if k < high:
            found[i, 2] = math.exp(_solve(2, k, K, n, N, log_tail, start + spread))
