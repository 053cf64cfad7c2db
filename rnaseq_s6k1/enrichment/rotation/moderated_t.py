r"""Moderated t statistics: residual variances squeezed towards a prior.

Smyth, Stat Appl Genet Mol Biol 2004, 3:3: residual variances :math:`s_g^2` with *d* degrees of
freedom, true variances with a scaled inverse chi-squared prior :math:`d_0, s_0^2`. Then
:math:`s_g^2 \sim s_0^2 F_{d, d_0}`, the posterior variance is

.. math:: \tilde s_g^2 = \frac{d_0 s_0^2 + d s_g^2}{d_0 + d}

and the effect over :math:`\tilde s_g` is t with :math:`d_0 + d` degrees of freedom where there
is no change. The prior comes from the moments of
:math:`e_g = \log s_g^2 - \psi(d/2) + \log(d/2)` (section 6.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, polygamma

from rnaseq_s6k1.enrichment.rotation.residual_space import ResidualSpace
from rnaseq_s6k1.errors import DataError

__all__ = ["ModeratedT", "VariancePrior", "fit_prior", "inverse_trigamma", "moderated_t", "squeeze"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class VariancePrior:
    """Where residual variances are squeezed to, and how strongly.

    Attributes
    ----------
    df
        Degrees of freedom the prior is worth, shape ``(n_genes,)``; infinite where the data
        show no more spread of variances than sampling makes.
    variance
        The prior variance, shape ``(n_genes,)``.
    """

    df: FloatArray
    variance: FloatArray


@dataclass(frozen=True)
class ModeratedT:
    """Moderated t statistics of a contrast.

    Attributes
    ----------
    t
        Shape ``(n_genes,)``; 0 where a gene neither changes nor varies.
    df
        Degrees of freedom of each, shape ``(n_genes,)``: prior and residual ones, at most the
        residual ones of all genes together.
    variance
        Posterior variances, shape ``(n_genes,)``.
    prior
        What they were squeezed towards.
    """

    t: FloatArray
    df: FloatArray
    variance: FloatArray
    prior: VariancePrior


def moderated_t(space: ResidualSpace, prior: VariancePrior | None = None) -> ModeratedT:
    """Compute the moderated t of every gene; the prior is fitted where none is given.

    Parameters
    ----------
    space
        Effects of the contrast and of the residuals.
    prior
        The prior; `fit_prior` of the residual variances without one.
    """
    variances, df = space.variances, space.df
    if prior is None:
        prior = fit_prior(variances, df)
    posterior = squeeze(variances, df, prior)
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.where(posterior > 0, space.contrast / np.sqrt(posterior), 0.0)
    total = np.minimum(prior.df + df, float(df) * space.n_genes)
    return ModeratedT(t, total, posterior, prior)


def squeeze(variances: FloatArray, df: int, prior: VariancePrior) -> FloatArray:
    """Return the posterior variances of residual variances, shape ``(n_genes,)``.

    Parameters
    ----------
    variances
        Residual variances, shape ``(n_genes,)``.
    df
        Their degrees of freedom.
    prior
        Towards which they are squeezed; where its degrees of freedom are infinite it replaces them.
    """
    finite = np.isfinite(prior.df)
    weight = np.where(finite, prior.df, 0.0)
    return np.where(
        finite, (weight * prior.variance + df * variances) / (weight + df), prior.variance
    )


def fit_prior(variances: FloatArray, df: int) -> VariancePrior:
    """Fit one prior for all genes by the moments of their log variances.

    Where the variances scatter no more than by chance the prior is their mean, as limma's is.
    Genes without any variance, such as those without counts, do not take part; they are
    squeezed as the others are.

    Parameters
    ----------
    variances
        Residual variances, shape ``(n_genes,)``.
    df
        Their degrees of freedom.

    Raises
    ------
    DataError
        If fewer than two genes vary.
    """
    log_ratio = log_variances(variances, df)
    center = float(log_ratio.mean())
    excess = float(log_ratio.var(ddof=1)) - float(polygamma(1, df / 2))
    prior_df, prior_variance = prior_of_moments(center, excess)
    if np.isinf(prior_df):
        prior_variance = float(variances[variances > 0].mean())
    shape = np.asarray(variances).shape
    return VariancePrior(np.full(shape, prior_df), np.full(shape, prior_variance))


def log_variances(variances: FloatArray, df: int) -> FloatArray:
    """Return the ``e_g`` of the genes that vary; see the module."""
    varying = variances[variances > 0]
    if varying.size < 2:
        raise DataError(
            f"{varying.size} genes vary beside the design; a prior of their variances needs two"
        )
    return np.asarray(np.log(varying) - digamma(df / 2) + np.log(df / 2))


def prior_of_moments(center: float, excess: float) -> tuple[float, float]:
    """Return ``d0`` and ``s0^2`` of the mean and the excess variance of the ``e_g``.

    ``trigamma(d0 / 2)`` is the excess; without any, ``d0`` is infinite.
    """
    if excess <= 0:
        return np.inf, float(np.exp(center))
    prior_df = 2 * inverse_trigamma(excess)
    return prior_df, float(np.exp(center + digamma(prior_df / 2) - np.log(prior_df / 2)))


def inverse_trigamma(value: float) -> float:
    """Return ``y`` with ``trigamma(y) = value > 0``: Newton's method on its reciprocal.

    Smyth 2004, appendix: the reciprocal of trigamma is convex and almost linear, so that the
    iterations come down to the root from one side.
    """
    if value > 1e7:
        return float(1 / np.sqrt(value))
    if value < 1e-6:
        return float(1 / value)
    y = 0.5 + 1 / value
    for _ in range(50):
        trigamma = float(polygamma(1, y))
        step = trigamma * (1 - trigamma / value) / float(polygamma(2, y))
        y += step
        if -step / y < 1e-12:
            break
    return y
