r"""The dispersion-mean trend.

Parametric (Love, Huber and Anders, Genome Biology 2014, 15:550, equation 6):
:math:`\alpha_{tr}(\mu) = a_0 + a_1/\mu`, fitted to the gene-wise dispersions by a
gamma-family generalised linear model with identity link, over and over: after each fit the
genes are chosen afresh whose ratio to the curve lies between 1e-4 and 15, until the
coefficients settle.
"""

from __future__ import annotations

import logging

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.engine import DispersionTrend
from rnaseq_s6k1.de.local_trend import Trend, fit_local_trend
from rnaseq_s6k1.de.options import FitType
from rnaseq_s6k1.errors import ModelError

__all__ = ["fit_mean_trend", "fit_parametric_trend", "fit_trend"]

logger = logging.getLogger(__name__)

FloatArray = NDArray[np.float64]

_RATIOS = (1e-4, 15.0)
_START = (0.1, 1.0)
_ROUNDS = 11
_SETTLED = 1e-6
_GLM_STEPS = 25
_GLM_TOLERANCE = 1e-8
_TRIM = 0.001


def fit_trend(means: FloatArray, estimates: FloatArray, least: float, kind: FitType) -> Trend:
    """Fit the trend asked for, or what DESeq2 falls back to where it cannot be fitted.

    From parametric to local where a coefficient is not positive or the rounds do not settle.

    Parameters
    ----------
    means, estimates
        Mean normalised counts and gene-wise dispersions, shape ``(n_genes,)``.
    least
        The smallest dispersion allowed; estimates near it say nothing of the trend.
    kind
        ``parametric``, ``local`` or ``mean``.

    Raises
    ------
    ModelError
        If no gene varies more than by chance, or a local trend was asked for and there
        are too few genes for it.
    """
    clear = estimates > 100 * least
    if not clear.any():
        raise ModelError(
            "dispersions cannot be estimated: no gene varies more between samples than counting "
            "by chance would make it; check that the replicates are not copies of each other"
        )
    if kind == "mean":
        return fit_mean_trend(estimates[estimates > 10 * least])
    if kind == "parametric":
        trend = fit_parametric_trend(means[clear], estimates[clear])
        if trend is not None:
            return trend
        logger.warning(
            "the parametric dispersion trend could not be fitted; a local regression is used"
        )
    try:
        return fit_local_trend(means[clear], estimates[clear])
    except ModelError:
        if kind == "local":
            raise
        logger.warning(
            "a local regression of the dispersions could not be fitted either; their mean is used"
        )
        return fit_mean_trend(estimates[estimates > 10 * least])


def fit_parametric_trend(means: FloatArray, dispersions: FloatArray) -> DispersionTrend | None:
    """Fit the parametric trend.

    Parameters
    ----------
    means
        Mean normalised counts, shape ``(n_genes,)``.
    dispersions
        Gene-wise dispersions, all well above the smallest allowed, shape ``(n_genes,)``.

    Returns
    -------
    DispersionTrend or None
        None where the fit fails: a coefficient is not positive, or the rounds do not settle.
    """
    coefficients = np.array(_START)
    for _ in range(_ROUNDS):
        ratio = dispersions / (coefficients[0] + coefficients[1] / means)
        used = (ratio > _RATIOS[0]) & (ratio < _RATIOS[1])
        if used.sum() < 2:
            return None
        fitted, converged = _gamma_glm(1.0 / means[used], dispersions[used], coefficients)
        if not (fitted > 0).all():
            return None
        moved = float(np.sum(np.log(fitted / coefficients) ** 2))
        coefficients = fitted
        if moved < _SETTLED and converged:
            return DispersionTrend(float(coefficients[0]), float(coefficients[1]))
    return None


def fit_mean_trend(dispersions: FloatArray) -> DispersionTrend:
    """Return a constant trend: the mean of the dispersions, 0.1 % trimmed at each end."""
    ordered = np.sort(dispersions)
    cut = int(np.floor(len(ordered) * _TRIM))
    return DispersionTrend(float(ordered[cut : len(ordered) - cut].mean()), 0.0)


def _gamma_glm(x: FloatArray, y: FloatArray, start: FloatArray) -> tuple[FloatArray, bool]:
    r"""Fit :math:`E[y] = b_0 + b_1 x` with variance proportional to the squared mean.

    Iteratively reweighted least squares (McCullagh and Nelder 1989, section 2.5); with the
    identity link the working response is y itself and the weights are :math:`1/\mu^2`.
    A step to means that are not positive is halved. Returned are the coefficients, and
    whether the deviance settled.
    """
    X = np.column_stack([np.ones_like(x), x])
    coefficients: FloatArray = start
    mu = X @ coefficients
    deviance = _gamma_deviance(y, mu)
    for _ in range(_GLM_STEPS):
        weighted = X / (mu**2)[:, None]
        proposed = np.linalg.solve(weighted.T @ X, weighted.T @ y)
        for _ in range(_GLM_STEPS):
            mu = X @ proposed
            if (mu > 0).all():
                break
            proposed = 0.5 * (proposed + coefficients)
        else:
            return coefficients, False
        coefficients = np.asarray(proposed)
        new = _gamma_deviance(y, mu)
        settled = abs(new - deviance) / (abs(new) + 0.1) < _GLM_TOLERANCE
        deviance = new
        if settled:
            return coefficients, True
    return coefficients, False


def _gamma_deviance(y: FloatArray, mu: FloatArray) -> float:
    return float(2 * np.sum((y - mu) / mu - np.log(y / mu)))
