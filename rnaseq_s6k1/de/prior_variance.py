r"""How widely true dispersions scatter around their trend: the prior's variance.

The log residuals of gene-wise dispersions, :math:`\log\hat\alpha_i - \log\alpha_{tr}(\mu_i)`,
scatter by the sampling error of :math:`\hat\alpha_i`, about that of the log of a
:math:`\chi^2_f/f` variable with *f* residual degrees of freedom, and by the true scatter of
variance :math:`\sigma^2_d` (Love, Huber and Anders, Genome Biology 2014, 15:550, "Empirical
prior estimate").

- With more than 3 degrees of freedom :math:`\sigma^2_d` is the squared, scaled median
  absolute deviation of the residuals less the trigamma function at :math:`f/2`.
- With 3 or fewer, the :math:`\log\chi^2` is too skewed for that. The variance is taken for
  which the distribution of :math:`\log(\chi^2_f/f) + N(0, \sigma^2_d)` has the smallest
  Kullback-Leibler divergence from the histogram of the residuals. DESeq2 simulates that
  distribution; here the convolution is integrated, so that no random draw is involved.

In both cases the variance is at least 0.25.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import gammaln, ndtr, polygamma

__all__ = ["prior_variance", "robust_variance"]

FloatArray = NDArray[np.float64]

_MINIMUM = 0.25
_FEW_DEGREES_OF_FREEDOM = 3
# The median absolute deviation times this estimates a normal standard deviation.
_MAD_SCALE = 1.4826
_BIN_EDGES = np.arange(-10.0, 10.5, 0.5)
_LARGEST_VARIANCE = 8.0
# Keeps empty bins from making the divergence infinite.
_EMPTY = 1e-5


def robust_variance(residuals: FloatArray) -> float:
    """Return the squared, scaled median absolute deviation of the residuals."""
    deviation = np.median(np.abs(residuals - np.median(residuals)))
    return float((_MAD_SCALE * deviation) ** 2)


def prior_variance(residuals: FloatArray, degrees_of_freedom: int) -> float:
    """Estimate the variance of true log dispersions around the trend.

    Parameters
    ----------
    residuals
        Log gene-wise dispersion less log trend (natural log), shape ``(n_genes,)``, of the
        genes whose dispersion is well above the smallest possible.
    degrees_of_freedom
        Samples less coefficients, at least 1.
    """
    if degrees_of_freedom > _FEW_DEGREES_OF_FREEDOM:
        sampling = float(polygamma(1, degrees_of_freedom / 2))
        return max(robust_variance(residuals) - sampling, _MINIMUM)
    observed = _frequencies(residuals)

    def divergence(variance: float) -> float:
        expected = _expected_frequencies(variance, degrees_of_freedom)
        return float(np.sum(observed * (np.log(observed) - np.log(expected))))

    best = minimize_scalar(divergence, bounds=(0.0, _LARGEST_VARIANCE), method="bounded")
    return max(float(best.x), _MINIMUM)


def _frequencies(residuals: FloatArray) -> FloatArray:
    counts, _ = np.histogram(residuals, bins=_BIN_EDGES)
    shares = counts / max(counts.sum(), 1) + _EMPTY
    return np.asarray(shares / shares.sum())


def _expected_frequencies(variance: float, degrees_of_freedom: int) -> FloatArray:
    r"""Integrate :math:`P(\log(\chi^2_f/f) + N(0, v) \in bin)` over the chi-square part."""
    half = degrees_of_freedom / 2
    x = np.linspace(-40.0, 8.0, 4801)  # log(chi2_f / f)
    log_density = half * np.log(half) - gammaln(half) + half * x - half * np.exp(x)
    weights = np.exp(log_density)
    weights /= weights.sum()
    spread = np.sqrt(max(variance, 1e-6))
    below = ndtr((_BIN_EDGES[:, None] - x) / spread) @ weights
    shares = np.diff(below) + _EMPTY
    return np.asarray(shares / shares.sum())
