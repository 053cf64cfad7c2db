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
  Kullback-Leibler divergence from the histogram of the residuals, over a grid from 0 to 8
  and smoothed by local regression. DESeq2 simulates that distribution; here the convolution
  is integrated, so that no random draw is involved.

In both cases the variance is at least 0.25.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.interpolate import CubicHermiteSpline
from scipy.special import gammaln, ndtr, polygamma

__all__ = ["prior_variance", "robust_variance"]

FloatArray = NDArray[np.float64]

_MINIMUM = 0.25
_FEW_DEGREES_OF_FREEDOM = 3
# The median absolute deviation times this estimates a normal standard deviation.
_MAD_SCALE = 1.4826
_BIN_EDGES = np.arange(-10.0, 10.5, 0.5)
# The chi-square part, log(chi2_f / f), is integrated over these, in hundredths: bin edges lie on
# the same grid, so that edge less value takes few different values.
_HUNDREDTHS = np.arange(-4000, 801)
_EDGE_HUNDREDTHS = np.arange(-1000, 1001, 50)
_LARGEST_VARIANCE = 8.0
_GRID, _FINE_GRID = 200, 1000
_SPAN, _CELL = 0.2, 0.2
# Keeps empty bins from making the divergence infinite: one of 10,000 simulated residuals.
_EMPTY = 1e-4


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
    grid = np.linspace(0.0, _LARGEST_VARIANCE, _GRID)
    divergence = np.array(
        [_divergence(observed, _expected_frequencies(v, degrees_of_freedom)) for v in grid]
    )
    fine = np.linspace(0.0, _LARGEST_VARIANCE, _FINE_GRID)
    best = fine[np.argmin(_local_regression(grid, divergence, fine))]
    return max(float(best), _MINIMUM)


def _divergence(observed: FloatArray, expected: FloatArray) -> float:
    return float(np.sum(observed * (np.log(observed) - np.log(expected))))


def _local_regression(x: FloatArray, y: FloatArray, at: FloatArray) -> FloatArray:
    """Smooth by local quadratic regression, interpolated between vertices.

    Each fit weighs the nearest `_SPAN` of the points by the tricube of their distance
    (Cleveland, JASA 1979, 74:829). As R's `loess` does, values and slopes are computed at the
    corners of cells halved until they hold few points, and joined by cubics (Cleveland and
    Grosse, Statistics and Computing 1991, 1:47); that moves the minimum, so it is done here too.
    """
    k = int(np.ceil(_SPAN * len(x)))
    vertices = np.array(_vertices(x, int(_SPAN * _CELL * len(x))))
    values, slopes = np.empty(len(vertices)), np.empty(len(vertices))
    for i, centre in enumerate(vertices):
        distance = np.abs(x - centre)
        reach = np.partition(distance, k - 1)[k - 1]
        weights = np.clip(1 - (distance / reach) ** 3, 0, None) ** 3
        local = np.polynomial.polynomial.polyfit(x - centre, y, 2, w=np.sqrt(weights))
        values[i], slopes[i] = local[0], local[1]
    return np.asarray(CubicHermiteSpline(vertices, values, slopes)(at))


def _vertices(x: FloatArray, few: int) -> list[float]:
    """Halve the sorted points at their median until no cell holds more than `few`."""

    def cuts(points: FloatArray) -> list[float]:
        if len(points) <= few:
            return []
        middle = len(points) // 2
        cut = float(points[middle - 1] + points[middle]) / 2
        return [*cuts(points[:middle]), cut, *cuts(points[middle:])]

    return [float(x[0]), *cuts(x), float(x[-1])]


def _frequencies(residuals: FloatArray) -> FloatArray:
    counts, _ = np.histogram(residuals, bins=_BIN_EDGES)
    shares = counts / max(counts.sum(), 1) + _EMPTY
    return np.asarray(shares / shares.sum())


def _expected_frequencies(variance: float, degrees_of_freedom: int) -> FloatArray:
    r"""Integrate :math:`P(\log(\chi^2_f/f) + N(0, v) \in bin)` over the chi-square part."""
    half = degrees_of_freedom / 2
    x = _HUNDREDTHS / 100
    log_density = half * np.log(half) - gammaln(half) + half * x - half * np.exp(x)
    weights = np.exp(log_density)
    weights /= weights.sum()
    spread = np.sqrt(max(variance, 1e-6))
    # ndtr at every edge less every value: rows of one curve, each edge's a window further on.
    lowest = _EDGE_HUNDREDTHS[0] - _HUNDREDTHS[-1]
    highest = _EDGE_HUNDREDTHS[-1] - _HUNDREDTHS[0]
    curve = ndtr(np.arange(lowest, highest + 1) / 100 / spread)
    windows = sliding_window_view(curve, len(x))[_EDGE_HUNDREDTHS - _EDGE_HUNDREDTHS[0]]
    below = windows @ weights[::-1]
    shares = np.diff(below) + _EMPTY
    return np.asarray(shares / shares.sum())
