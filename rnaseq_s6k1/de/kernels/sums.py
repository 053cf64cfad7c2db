r"""Sums over the samples of one gene, for its dispersion; see `posterior` for the equations.

A gene's counts are kept as what the sums need: how many exceed each *k* below 16, and those
above 16 themselves. For :math:`r = 1/\alpha`,

.. math:: \psi(y + r) - \psi(r) = \sum_{k<y} \frac{1}{r + k}, \qquad
          \log\Gamma(y + r) - \log\Gamma(r) = \sum_{k<y} \log(r + k),

so that small counts need 16 terms together, however many there are; the large ones go from
:math:`16 + r` on by asymptotic series (see `special`).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import summing_kernel
from rnaseq_s6k1.de.kernels.special import digamma_tail, log_gamma_tail, trigamma_tail

__all__ = ["SMALL", "count_logs", "count_slopes", "log_sum", "mean_sums", "sort_counts"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SMALL = 16
# So many numbers' logs are taken as the log of their product.
_BLOCK = 8


@summing_kernel
def sort_counts(y: FloatArray, large: FloatArray, exceeding: FloatArray) -> int:
    """Fill `exceeding`, shape ``(16,)``, and `large`; return how many counts are large.

    `exceeding[k]` is how many counts are larger than k; `large` takes those above 16.
    """
    exceeding[:] = 0.0
    n_large = 0
    for j in range(len(y)):
        if y[j] > SMALL:
            large[n_large] = y[j]
            n_large += 1
        else:
            for k in range(int(y[j])):
                exceeding[k] += 1.0
    for k in range(SMALL):
        exceeding[k] += n_large
    return n_large


@summing_kernel
def log_sum(x: FloatArray, n: int, shift: float, scale: float) -> float:
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


@summing_kernel
def count_slopes(
    large: FloatArray, n_large: int, exceeding: FloatArray, r: float
) -> tuple[float, float]:
    """Return the sums of digamma(y + r) - digamma(r), and of the trigammas' difference."""
    first = 0.0
    second = 0.0
    for k in range(SMALL):
        inverse = 1.0 / (r + k)
        first += exceeding[k] * inverse
        second -= exceeding[k] * inverse * inverse
    if n_large > 0:
        base = r + SMALL
        tails = 0.0
        tails_second = 0.0
        for j in range(n_large):
            x = large[j] + r
            tails += digamma_tail(x)
            tails_second += trigamma_tail(x)
        first += tails - n_large * digamma_tail(base) + log_sum(large, n_large, r, 1.0 / base)
        second += tails_second - n_large * trigamma_tail(base)
    return first, second


@summing_kernel
def mean_sums(
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


@summing_kernel
def count_logs(large: FloatArray, n_large: int, exceeding: FloatArray, r: float) -> float:
    """Return the sum of log gamma(y + r) - log gamma(r)."""
    total = 0.0
    product = 1.0
    # As long as equally many counts exceed k, one log serves; 1e13 to the 16th is a number yet.
    for k in range(SMALL):
        if exceeding[k] == 0.0:
            break
        product *= r + k
        if k + 1 == SMALL or exceeding[k + 1] != exceeding[k]:
            total += exceeding[k] * math.log(product)
            product = 1.0
    if n_large > 0:
        base = r + SMALL
        total -= n_large * ((base - 0.5) * math.log(base) - base + log_gamma_tail(base))
        for j in range(n_large):
            x = large[j] + r
            total += (x - 0.5) * math.log(x) - x + log_gamma_tail(x)
    return total
