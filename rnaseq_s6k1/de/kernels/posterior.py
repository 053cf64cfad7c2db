r"""The log posterior of one gene's dispersion, and its derivatives.

With counts :math:`y_j`, means :math:`\mu_j`, dispersion :math:`\alpha`, :math:`r = 1/\alpha` and
weights :math:`w_j = \mu_j / (1 + \alpha \mu_j)` (Love, Huber and Anders, Genome Biology 2014,
15:550, equations 4 to 7; the Cox-Reid term: McCarthy, Chen and Smyth, NAR 2012, 40:4288):

.. math::
    \ell(\alpha) = \sum_j \Big[ \log\Gamma(y_j + r) - \log\Gamma(r) - y_j \log(\mu_j + r)
        - r \log(1 + \alpha\mu_j) \Big] - \tfrac12 \log\det X^T W X
        - \frac{(\log\alpha - \log\alpha_{tr})^2}{2 \sigma_d^2},

the last term only for the maximum a posteriori. Terms without :math:`\alpha` are left out.
Derivatives are with respect to :math:`\log\alpha`: with
:math:`S = \sum_j [\psi(r) - \psi(y_j + r) + \log(1 + \alpha\mu_j) + (y_j - \mu_j)/(\mu_j + r)]`
the likelihood's is :math:`r S`, and the Cox-Reid term's
:math:`-\tfrac12 \mathrm{tr}[(X^T W X)^{-1} X^T \dot W X]` with
:math:`\dot w_j = -\alpha w_j^2`, :math:`\ddot w_j = -\alpha w_j^2 + 2 \alpha^2 w_j^3`.

Samples of equal design rows form a cell; X has one row a cell and W sums over it.

The sums over counts are those of `sums`. Where :math:`r` is large the differences of log Gammas
and of digammas lose as many digits as a step of the ascent gains, so that rounding decides where
it ends; there, the terms are added one by one as they stand above, as R's roundings are those.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import kernel, summing_kernel
from rnaseq_s6k1.de.kernels.linear import cross_product, invert
from rnaseq_s6k1.de.kernels.special import digamma
from rnaseq_s6k1.de.kernels.sums import count_logs, count_slopes, log_sum, mean_sums

__all__ = ["log_posterior", "slope"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Beyond this r rounding may decide; a log Gamma's is then about 1e-10.
_LARGE_R = 1e5


@kernel
def _counts_and_means(
    y: FloatArray, mu: FloatArray, large: FloatArray, n_large: int, exceeding: FloatArray, r: float
) -> float:
    """Return the log likelihood less its terms without alpha."""
    if r > _LARGE_R:
        total = 0.0
        log_gamma_r = math.lgamma(r)
        for j in range(len(y)):
            total += math.lgamma(y[j] + r) - log_gamma_r - y[j] * math.log(mu[j] + r)
            total -= r * math.log1p(mu[j] / r)
        return total
    total = count_logs(large, n_large, exceeding, r) - r * log_sum(mu, len(mu), r, 1.0 / r)
    for j in range(len(y)):
        if y[j] > 0.0:
            total -= y[j] * math.log(mu[j] + r)
    return total


@kernel
def _slope_in_r(
    y: FloatArray, mu: FloatArray, large: FloatArray, n_large: int, exceeding: FloatArray, r: float
) -> float:
    """Return the log likelihood's derivative in r, but for its terms (mu - y)/(mu + r)."""
    if r > _LARGE_R:
        total = 0.0
        digamma_r = digamma(r)
        for j in range(len(y)):
            total += digamma(y[j] + r) - digamma_r - math.log1p(mu[j] / r)
        return total
    by_counts, _ = count_slopes(large, n_large, exceeding, r)
    return by_counts - log_sum(mu, len(mu), r, 1.0 / r)


@summing_kernel
def log_posterior(
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
    scratch: FloatArray,
) -> float:
    """Return the log posterior at `log_alpha`.

    Parameters
    ----------
    log_alpha
        Natural log of the dispersion.
    y, mu
        Counts and means, shape ``(n_samples,)``, samples of a cell side by side.
    large, n_large, exceeding
        The counts once more, as `rnaseq_s6k1.de.kernels.sums.sort_counts` leaves them.
    cells
        Where each cell starts, and at last n_samples; shape ``(n_cells + 1,)``.
    rows
        Design row of each cell, shape ``(n_cells, n_coefficients)``.
    prior_mean, prior_variance
        Of log alpha; a variance of infinity leaves the prior out.
    scratch
        Shape ``(3, n_coefficients, n_coefficients)``, overwritten.
    """
    alpha = math.exp(log_alpha)
    r = 1.0 / alpha
    weights = np.empty(rows.shape[0])
    total = _counts_and_means(y, mu, large, n_large, exceeding, r)
    for c in range(rows.shape[0]):
        weight = 0.0
        for j in range(cells[c], cells[c + 1]):
            weight += mu[j] / (1.0 + mu[j] * alpha)
        weights[c] = weight
    cross_product(rows, weights, scratch[0])
    total -= 0.5 * invert(scratch[0], scratch[1])
    deviation = log_alpha - prior_mean
    return total - 0.5 * deviation * deviation / prior_variance


@kernel
def slope(
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
) -> float:
    """Return the derivative of the log posterior with respect to log alpha.

    Parameters are those of `log_posterior`; `sums`, shape ``(3, n_cells)``, is overwritten.
    """
    alpha = math.exp(log_alpha)
    r = 1.0 / alpha
    residuals, _, _ = mean_sums(y, mu, r, cells, sums)
    by_r = _slope_in_r(y, mu, large, n_large, exceeding, r) + residuals
    cross_product(rows, sums[0], scratch[0])
    invert(scratch[0], scratch[1])
    cross_product(rows, -alpha * sums[1], scratch[2])
    trace = 0.0
    for i in range(rows.shape[1]):
        for k in range(rows.shape[1]):
            trace += scratch[1, i, k] * scratch[2, k, i]
    return -r * by_r - 0.5 * trace - (log_alpha - prior_mean) / prior_variance
