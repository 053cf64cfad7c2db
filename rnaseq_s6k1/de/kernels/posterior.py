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
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import kernel
from rnaseq_s6k1.de.kernels.linear import cross_product, invert
from rnaseq_s6k1.de.kernels.special import digamma

__all__ = ["log_posterior", "slope"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@kernel
def log_posterior(
    log_alpha: float,
    y: FloatArray,
    mu: FloatArray,
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
    n_cells = rows.shape[0]
    weights = np.empty(n_cells)
    log_gamma_r = math.lgamma(r)
    total = 0.0
    for c in range(n_cells):
        weight = 0.0
        for j in range(cells[c], cells[c + 1]):
            m = mu[j]
            total += math.lgamma(y[j] + r) - log_gamma_r - y[j] * math.log(m + r)
            total -= r * math.log1p(m * alpha)
            weight += m / (1.0 + m * alpha)
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
    cells: IntArray,
    rows: FloatArray,
    prior_mean: float,
    prior_variance: float,
    scratch: FloatArray,
) -> float:
    """Return the derivative of the log posterior with respect to log alpha.

    Parameters are those of `log_posterior`.
    """
    alpha = math.exp(log_alpha)
    r = 1.0 / alpha
    n_cells, p = rows.shape
    weights = np.empty(n_cells)
    changes = np.empty(n_cells)
    digamma_r = digamma(r)
    total = 0.0
    for c in range(n_cells):
        weight = 0.0
        change = 0.0
        for j in range(cells[c], cells[c + 1]):
            m = mu[j]
            total += digamma_r - digamma(y[j] + r) + math.log1p(m * alpha)
            total += (y[j] - m) / (m + r)
            w = m / (1.0 + m * alpha)
            weight += w
            change -= alpha * w * w
        weights[c] = weight
        changes[c] = change
    cross_product(rows, weights, scratch[0])
    invert(scratch[0], scratch[1])
    cross_product(rows, changes, scratch[2])
    trace = 0.0
    for i in range(p):
        for j in range(p):
            trace += scratch[1, i, j] * scratch[2, j, i]
    return r * total - 0.5 * trace - (log_alpha - prior_mean) / prior_variance
