r"""How likely each gene has changed, and the contrast's effects without large changes.

A rotation mixes the contrast's effects with the residual ones. Where many genes truly change
their effects would swamp the residuals, and every rotation would show the data's own ranking
again. So the effect of a gene that has probably changed is winsorised before it is rotated.

The probability is that of Smyth, Stat Appl Genet Mol Biol 2004, 3:3: a share :math:`p` of genes
changes, their effects have :math:`1 + v` times the variance of the others, and with
:math:`r = 1 / (1 + v)` and :math:`d = d_0 + d_g` degrees of freedom the odds of a change are
(section 5)

.. math::
    O_g = \frac{p}{1 - p}\, r^{1/2}
          \left(\frac{t_g^2 + d}{r t_g^2 + d}\right)^{(1 + d)/2} .

:math:`p` is one less the share of unchanged genes of Storey, J R Stat Soc B 2002, 64:479, at
:math:`\lambda = 0.5`; :math:`v` comes from the largest statistics (section 6.3).

The winsorised effect is :math:`\tilde s_g\, [(1 - P_g)\, t_g + P_g\, \psi(t_g)]`, with
:math:`\psi` Huber's function, which cuts off at 1.345. Under no change :math:`P_g` is near 0 and
nothing happens. Removing the changes altogether (:math:`\psi = 0`) would take a degree of freedom
from the null distribution: on the T47D contrast, where three quarters of the genes change, 10 %
of random sets then have p < 0.05; without winsorising 0.05 % have; with it, 5 %.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, stdtr, stdtrit

from rnaseq_s6k1.enrichment.rotation.moderated_t import ModeratedT
from rnaseq_s6k1.enrichment.rotation.residual_space import ResidualSpace

__all__ = ["HUBER", "probability_of_change", "share_changed", "winsorised_effects"]

FloatArray = NDArray[np.float64]

#: Huber's constant: 95 % efficient at the normal distribution.
HUBER = 1.345
_LAMBDA = 0.5


def winsorised_effects(space: ResidualSpace, moderated: ModeratedT) -> FloatArray:
    """Return the effects to rotate: the contrast's winsorised, the residual ones as they are.

    Returns
    -------
    numpy.ndarray
        Shape ``(1 + df, n_genes)``.
    """
    size = np.abs(moderated.t)
    kept = np.minimum(1.0, HUBER / np.maximum(size, HUBER))
    effects = space.effects.copy()
    effects[0] *= 1.0 - probability_of_change(moderated) * (1.0 - kept)
    return effects


def probability_of_change(moderated: ModeratedT) -> FloatArray:
    """Return the posterior probability that each gene has changed, shape ``(n_genes,)``."""
    size, df = np.abs(moderated.t), moderated.df
    tails = stdtr(df, -size)
    share = share_changed(2 * tails)
    excess = _excess_variance(size, df, tails, share) if share > 0 else 0.0
    if excess <= 0:
        return np.zeros_like(size)
    r = 1 / (1 + excess)
    square = np.square(size)
    log_odds = (
        (np.log(share / (1 - share)) if share < 1 else np.inf)
        + 0.5 * np.log(r)
        + (1 + df) / 2 * (np.log(square + df) - np.log(r * square + df))
    )
    return np.asarray(expit(log_odds))


def share_changed(pvalues: FloatArray) -> float:
    """Return the share of p-values that are not of an unchanged gene, from 0 to 1."""
    unchanged = float(np.mean(pvalues > _LAMBDA)) / (1 - _LAMBDA)
    return max(0.0, 1.0 - unchanged)


def _excess_variance(size: FloatArray, df: FloatArray, tails: FloatArray, share: float) -> float:
    """Estimate ``v`` from the ``share / 2`` largest statistics.

    The i-th largest of G should have the tail probability of the mixture,
    ``(1 - share) tail(t) + share tail(t / sqrt(1 + v)) = (i - 1/2) / (2 G)``.
    """
    n = size.size
    top = int(np.ceil(share / 2 * n))
    order = np.argsort(-size, kind="stable")[:top]
    expected = (np.arange(1, top + 1) - 0.5) / (2 * n)
    of_changed = (expected - (1 - share) * tails[order]) / share
    wide = of_changed > tails[order]
    quantile = -stdtrit(df[order][wide], np.minimum(of_changed[wide], 0.5))
    excess = np.zeros(top)
    with np.errstate(divide="ignore"):
        excess[wide] = np.square(size[order][wide] / quantile) - 1
    return float(np.mean(excess[np.isfinite(excess)])) if top else 0.0
