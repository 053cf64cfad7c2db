r"""Variances of genes moderated towards each other (Smyth 2004)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, polygamma

__all__ = ["VariancePrior", "fit_variance_prior"]

FloatArray = NDArray[np.float64]


class VariancePrior:
    r"""A scaled inverse chi-squared prior of the genes' variances.

    The moderated variance is :math:`\tilde s_g^2 = (d_0 s_0^2 + d s_g^2) / (d_0 + d)` (Smyth,
    Statistical Applications in Genetics and Molecular Biology 2004, 3:3, equation 5).

    Parameters
    ----------
    degrees
        :math:`d_0`, which may be infinite.
    variance
        :math:`s_0^2`.
    """

    def __init__(self, degrees: float, variance: float) -> None:
        self.degrees = degrees
        self.variance = variance

    def moderate(self, variances: FloatArray, degrees: int) -> FloatArray:
        """Return the moderated variances of sample variances with `degrees` degrees of freedom."""
        if np.isinf(self.degrees):
            return np.full_like(variances, self.variance)
        total = self.degrees * self.variance + degrees * variances
        return np.asarray(total / (self.degrees + degrees))


def fit_variance_prior(variances: FloatArray, degrees: int) -> VariancePrior:
    r"""Estimate the prior from the mean and the variance of the log sample variances.

    With :math:`e_g = \log s_g^2 - \psi(d/2) + \log(d/2)`,
    :math:`\psi'(d_0/2) = \mathrm{var}(e_g) - \psi'(d/2)` and
    :math:`\log s_0^2 = \bar e + \psi(d_0/2) - \log(d_0/2)` (Smyth 2004, section 6.2). Where the
    variances scatter no more than by chance, :math:`d_0` is infinite and :math:`s_0^2` their mean.

    Parameters
    ----------
    variances
        Sample variances, shape ``(n_genes,)``; those of 0 say nothing and are passed over.
    degrees
        Their degrees of freedom, d.
    """
    positive = variances[variances > 0]
    if len(positive) < 2:
        return VariancePrior(0.0, 1.0)
    e = np.log(positive) - digamma(degrees / 2) + np.log(degrees / 2)
    excess = float(e.var(ddof=1) - polygamma(1, degrees / 2))
    if excess <= 0:
        return VariancePrior(np.inf, float(positive.mean()))
    half = _inverse_trigamma(excess)
    return VariancePrior(2 * half, float(np.exp(e.mean() + digamma(half) - np.log(half))))


def _inverse_trigamma(value: float) -> float:
    """Solve trigamma(x) = value by Newton's steps on 1/trigamma, which is nearly linear."""
    x = 0.5 + 1.0 / value
    for _ in range(100):
        trigamma = float(polygamma(1, x))
        step = trigamma * (1.0 - trigamma / value) / float(polygamma(2, x))
        x += step
        if abs(step) < 1e-10 * x:
            break
    return x
