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

Whether a gene keeps its moment estimate depends on what the fit gains over it, which is the
integral of the slope :math:`f` along the way. A step from *a* to *b* adds, with the curvature
:math:`f'` (Hermite's rule, exact for cubic slopes; Davis and Rabinowitz 1984, section 2.9.2),

.. math:: \int_a^b f \approx \frac{b-a}{2}[f(a) + f(b)] + \frac{(b-a)^2}{12}[f'(a) - f'(b)].

Only where this does not decide is the log posterior itself evaluated.
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
from rnaseq_s6k1.de.kernels.sums import SMALL, count_slopes, log_sum, mean_sums, sort_counts

__all__ = ["maximise", "maximise_all"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_LARGEST_STEP = 2.5
# After a Newton step shorter than this the next would be shorter than its square.
_QUADRATIC = 1e-4
# A gain beyond a millionth of what bounds the log posterior, this many times, is plain; and
# within this factor of a millionth of the log posterior the gain itself is evaluated.
_PLAIN, _NEAR = 4.0, 3.0


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
def _slopes(
    log_alpha: float,
    y: FloatArray,
    mu: FloatArray,
    large: FloatArray,
    n_large: int,
    exceeding: FloatArray,
    cells: IntArray,
    rows: FloatArray,
    prior_mean: float,
    prior_variance: float,
    sums: FloatArray,
    scratch: FloatArray,
) -> tuple[float, float]:
    """Return first and second derivative of the log posterior in log alpha."""
    r = math.exp(-log_alpha)
    count_first, count_second = count_slopes(large, n_large, exceeding, r)
    d, inverse, product = mean_sums(y, mu, r, cells, sums)
    by_r = count_first - log_sum(mu, len(y), r, 1.0 / r) + d
    by_r_twice = count_second + len(y) / r - inverse - product
    cox_first, cox_second = _cox_reid_part(1.0 / r, sums, rows, scratch)
    first = -r * by_r + cox_first - (log_alpha - prior_mean) / prior_variance
    second = r * by_r + r * r * by_r_twice + cox_second - 1.0 / prior_variance
    return first, second


@kernel
def maximise(
    start: float,
    y: FloatArray,
    mu: FloatArray,
    large: FloatArray,
    exceeding: FloatArray,
    cells: IntArray,
    rows: FloatArray,
    prior_mean: float,
    prior_variance: float,
    lowest: float,
    highest: float,
    tolerance: float,
    max_iterations: int,
    scratch: FloatArray,
) -> tuple[float, float, int]:
    """Return log alpha at the maximum, about what was gained over `start`, and `n_large`.

    `large`, shape ``(n_samples,)``, and `exceeding` are filled; see
    `rnaseq_s6k1.de.kernels.sums.sort_counts`. `scratch` has the shape
    ``(4, n_coefficients, n_coefficients)``.
    """
    sums = np.empty((3, rows.shape[0]))
    n_large = sort_counts(y, large, exceeding)
    at = min(max(start, lowest), highest)
    low, high = lowest, highest
    gain = 0.0
    last_step, last_first, last_second = 0.0, 0.0, 0.0
    for _ in range(max_iterations):
        first, second = _slopes(
            at, y, mu, large, n_large, exceeding, cells, rows,
            prior_mean, prior_variance, sums, scratch,
        )  # fmt: skip
        gain += 0.5 * last_step * (last_first + first)
        gain += last_step * last_step * (last_second - second) / 12.0
        if first > 0.0:
            low = at
        else:
            high = at
        step = -first / second if second < 0.0 else math.copysign(1.0, first)
        newton = second < 0.0
        step = min(max(step, -_LARGEST_STEP), _LARGEST_STEP)
        new = at + step
        if new >= high:
            new = highest if high == highest and highest - at < 1e-3 else 0.5 * (at + high)
            newton = False
        elif new <= low:
            new = lowest if low == lowest and at - lowest < 1e-3 else 0.5 * (at + low)
            newton = False
        last_step, last_first, last_second = new - at, first, second
        at = new
        if abs(last_step) < (_QUADRATIC if newton else tolerance):
            # The slope where it ends is zero, or without weight.
            gain += 0.5 * last_step * first
            break
    return at, gain, n_large


@kernel
def _log_posteriors(
    start: float,
    end: float,
    gain: float,
    y: FloatArray,
    mu: FloatArray,
    large: FloatArray,
    n_large: int,
    exceeding: FloatArray,
    cells: IntArray,
    rows: FloatArray,
    scratch: FloatArray,
) -> tuple[float, float]:
    """Return the log posterior at `start` and `end`, as far as the comparison needs them.

    NaN and NaN where the gain is beyond a millionth of any value it could have at `start`:
    by the mean value theorem log gamma(y + r) - log gamma(r) lies between y log r and
    y log(r + y), so that no term is larger than (y + r) log(1 + alpha max(y, mu)).
    """
    total, largest = 0.0, 0.0
    for j in range(len(y)):
        total += y[j]
        largest = max(largest, y[j], mu[j])
    r = math.exp(-start)
    bound = (total + len(y) * min(r, largest)) * math.log1p(largest / r) + 100.0 * rows.shape[1]
    if gain > _PLAIN * bound / 1e6:
        return math.nan, math.nan
    first = log_posterior(
        start, y, mu, large, n_large, exceeding, cells, rows, 0.0, math.inf, scratch
    )
    threshold = abs(first) / 1e6
    if threshold / _NEAR < gain < threshold * _NEAR:
        return first, log_posterior(
            end, y, mu, large, n_large, exceeding, cells, rows, 0.0, math.inf, scratch
        )
    return first, first + gain


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
    between `lowest` and `highest` and ends where a step is shorter than `tolerance`. The log
    posteriors tell whether the second is larger by a millionth of the first: they are NaN where
    it plainly is, and with a prior, where nobody asks.
    """
    n_genes, n = counts.shape
    p = rows.shape[1]
    for g in numba.prange(n_genes):
        y = counts[g].astype(np.float64)
        mu = np.empty(n)
        fill_means(mu, scaling_row(scaling, g), cell_means[g], cells, min_mu)
        large = np.empty(n)
        exceeding = np.empty(SMALL)
        scratch = np.empty((4, p, p))
        out[g, 0], gain, n_large = maximise(
            start[g], y, mu, large, exceeding, cells, rows, prior_mean[g], prior_variance,
            lowest, highest, tolerance, max_iterations, scratch,
        )  # fmt: skip
        out[g, 1] = math.nan
        out[g, 2] = math.nan
        if prior_variance == math.inf:
            out[g, 1], out[g, 2] = _log_posteriors(
                start[g], out[g, 0], gain, y, mu, large, n_large, exceeding, cells, rows, scratch
            )
