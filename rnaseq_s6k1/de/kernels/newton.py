r"""The dispersion's exact maximum, for experiments of many samples.

With many samples following R's ascent step by step is slow, and the exact maximum, which R's
stops a little short of, is found instead: the slope in :math:`\log\alpha` (see `posterior`) is
solved by Newton's method inside a bracket that every step narrows. What makes a step cheap:

- :math:`\sum_j [\psi(y_j + r) - \psi(r)]` needs no digamma for small counts, as
  :math:`\psi(y + r) - \psi(r) = \sum_{k<y} 1/(r + k)`: one sum over *k* below 16, weighted by
  how many counts exceed *k*; larger counts use the asymptotic series;
- logs of many numbers are taken as one log of their product, in blocks that cannot overflow;
- samples of equal design rows enter the Cox-Reid term through sums of
  :math:`w, w^2, w^3` over their cell.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import kernel, parallel_kernel
from rnaseq_s6k1.de.kernels.linear import cross_product, invert
from rnaseq_s6k1.de.kernels.means import fill_means, scaling_row
from rnaseq_s6k1.de.kernels.posterior import log_posterior
from rnaseq_s6k1.de.kernels.special import digamma_tail, trigamma_tail

__all__ = ["maximise_all"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_SMALL = 16
_BLOCK = 8
_LARGEST_STEP = 2.5


@kernel
def _log_sum(x: FloatArray, n: int, shift: float, scale: float) -> float:
    """Return the sum of ``log((x + shift) * scale)`` over the first `n` values."""
    total = 0.0
    whole = n - n % _BLOCK
    for b in range(0, whole, _BLOCK):
        product = 1.0
        for k in range(_BLOCK):
            product *= (x[b + k] + shift) * scale
        total += math.log(product)
    for j in range(whole, n):
        total += math.log((x[j] + shift) * scale)
    return total


@kernel
def _count_part(
    large: FloatArray, n_large: int, exceeding: FloatArray, r: float
) -> tuple[float, float]:
    """Return the sums of digamma(y + r) - digamma(r), and of the trigammas' difference.

    `exceeding[k]` is how many counts are larger than k, for k below 16; `large` holds the
    counts above 16. For these, digamma(y + r) - digamma(16 + r) is by the series.
    """
    first = 0.0
    second = 0.0
    for k in range(_SMALL):
        inverse = 1.0 / (r + k)
        first += exceeding[k] * inverse
        second -= exceeding[k] * inverse * inverse
    base = r + _SMALL
    for j in range(n_large):
        x = large[j] + r
        first += digamma_tail(x)
        second += trigamma_tail(x)
    first += _log_sum(large, n_large, r, 1.0 / base) - n_large * digamma_tail(base)
    second -= n_large * trigamma_tail(base)
    return first, second


@kernel
def _mean_part(
    y: FloatArray, mu: FloatArray, r: float, cells: IntArray, sums: FloatArray
) -> tuple[float, float, float]:
    """Return sums of d, 1/(r + mu) and d/(r + mu), with d = (mu - y)/(r + mu).

    `sums`, shape ``(3, n_cells)``, is filled with each cell's sums of w, w^2 and w^3.
    """
    total_d = 0.0
    total_inverse = 0.0
    total_product = 0.0
    for c in range(len(cells) - 1):
        w1 = 0.0
        w2 = 0.0
        w3 = 0.0
        for j in range(cells[c], cells[c + 1]):
            inverse = 1.0 / (r + mu[j])
            d = (mu[j] - y[j]) * inverse
            total_d += d
            total_inverse += inverse
            total_product += d * inverse
            w = mu[j] * r * inverse
            w1 += w
            w2 += w * w
            w3 += w * w * w
        sums[0, c] = w1
        sums[1, c] = w2
        sums[2, c] = w3
    return total_d, total_inverse, total_product


@kernel
def _cox_reid_part(
    alpha: float, sums: FloatArray, rows: FloatArray, scratch: FloatArray
) -> tuple[float, float]:
    """Return first and second derivative of -1/2 log det X'WX in log alpha."""
    p = rows.shape[1]
    cross_product(rows, sums[0], scratch[0])
    invert(scratch[0], scratch[1])
    cross_product(rows, -alpha * sums[1], scratch[2])
    cross_product(rows, 2.0 * alpha * alpha * sums[2] - alpha * sums[1], scratch[3])
    # tr(B dB), tr(B ddB) and tr(B dB B dB), with B the inverse of X'WX.
    for i in range(p):
        for k in range(p):
            total = 0.0
            for q in range(p):
                total += scratch[1, i, q] * scratch[2, q, k]
            scratch[0, i, k] = total
    trace_first = 0.0
    trace_second = 0.0
    for i in range(p):
        trace_first += scratch[0, i, i]
        for k in range(p):
            trace_second += scratch[1, i, k] * scratch[3, k, i]
            trace_second -= scratch[0, i, k] * scratch[0, k, i]
    return -0.5 * trace_first, -0.5 * trace_second


@kernel
def _maximise(
    start: float,
    y: FloatArray,
    mu: FloatArray,
    cells: IntArray,
    rows: FloatArray,
    prior_mean: float,
    prior_variance: float,
    lowest: float,
    highest: float,
    tolerance: float,
    max_iterations: int,
) -> float:
    n = len(y)
    p = rows.shape[1]
    large = np.empty(n)
    exceeding = np.zeros(_SMALL)
    sums = np.empty((3, rows.shape[0]))
    scratch = np.empty((4, p, p))
    n_large = 0
    for j in range(n):
        if y[j] > _SMALL:
            large[n_large] = y[j]
            n_large += 1
        for k in range(int(min(y[j], _SMALL))):
            exceeding[k] += 1.0
    at = min(max(start, lowest), highest)
    low, high = lowest, highest
    for _ in range(max_iterations):
        r = math.exp(-at)
        count_first, count_second = _count_part(large, n_large, exceeding, r)
        d, inverse, product = _mean_part(y, mu, r, cells, sums)
        by_r = count_first - _log_sum(mu, n, r, 1.0 / r) + d
        by_r_twice = count_second + n / r - inverse - product
        cox_first, cox_second = _cox_reid_part(1.0 / r, sums, rows, scratch)
        first = -r * by_r + cox_first - (at - prior_mean) / prior_variance
        second = r * by_r + r * r * by_r_twice + cox_second - 1.0 / prior_variance
        if first > 0.0:
            low = at
        else:
            high = at
        step = -first / second if second < 0.0 else math.copysign(1.0, first)
        step = min(max(step, -_LARGEST_STEP), _LARGEST_STEP)
        new = at + step
        if new >= high:
            new = highest if high == highest and highest - at < 1e-3 else 0.5 * (at + high)
        elif new <= low:
            new = lowest if low == lowest and at - lowest < 1e-3 else 0.5 * (at + low)
        moved = abs(new - at)
        at = new
        if moved < tolerance:
            break
    return at


@parallel_kernel
def maximise_all(
    counts: NDArray[np.int32],
    scaling: FloatArray,
    cell_means: FloatArray,
    cells: IntArray,
    rows: FloatArray,
    start: FloatArray,
    prior_mean: FloatArray,
    prior_variance: float,
    min_mu: float,
    lowest: float,
    highest: float,
    tolerance: float,
    max_iterations: int,
    out: FloatArray,
) -> None:
    """Fill `out`, shape ``(n_genes, 3)``: log alpha, log posterior at `start`, and there.

    Parameters are those of `rnaseq_s6k1.de.kernels.climb.climb_all`; the search stays
    between `lowest` and `highest` and ends where a step is shorter than `tolerance`. With a
    prior the log posteriors are not needed, and NaN.
    """
    n_genes, n = counts.shape
    p = rows.shape[1]
    for g in numba.prange(n_genes):
        y = counts[g].astype(np.float64)
        mu = np.empty(n)
        fill_means(mu, scaling_row(scaling, g), cell_means[g], cells, min_mu)
        out[g, 0] = _maximise(
            start[g], y, mu, cells, rows, prior_mean[g], prior_variance,
            lowest, highest, tolerance, max_iterations,
        )  # fmt: skip
        out[g, 1] = math.nan
        out[g, 2] = math.nan
        if prior_variance == math.inf:
            scratch = np.empty((3, p, p))
            for k, at in ((1, start[g]), (2, out[g, 0])):
                out[g, k] = log_posterior(
                    at, y, mu, cells, rows, prior_mean[g], prior_variance, scratch
                )
