r"""fry: a self-contained rotation test of the mean effect of a set, in closed form.

Wu et al., Bioinformatics 2010, 26:2176 (roast), for infinitely many rotations. Effects of each
gene are divided by its standard deviation, and averaged over the set: a vector
:math:`(a_0, a_1, \dots, a_d)` of the contrast's and the residual means. Of rotations of it, the
first entry over the root mean square of the others has a t distribution with *d* degrees of
freedom. That is the p-value of a change in one direction.

For changes in either direction the statistic is the mean square of the contrast's effects,
:math:`r' M r` with :math:`M` the mean of :math:`u_g u_g'` and :math:`r` uniform on the unit
sphere. It lies between the extreme eigenvalues :math:`\lambda` of :math:`M`, with mean
:math:`\bar\lambda` and variance :math:`2 \sum (\lambda - \bar\lambda)^2 / (k (k + 2))` for *k*
of them, and is taken as beta distributed between them with these moments. For a set of fewer
than *1 + d* genes only the eigenvalues above 0 are taken, as limma does, which is on the safe
side.

The null hypothesis is that no gene of the set changes: a set of genes drawn at random is
significant where many genes change. So it accompanies the competitive tests and decides nothing.

The standard deviation is that of limma's default: a gene's variance is estimated without its
largest squared effect, whichever it is, so that a large change does not widen it; it is divided
by what is then expected of normal effects, :math:`1 + d - E \max \chi^2_1`, and squeezed towards
the prior with 0.92 *d* degrees of freedom.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr
from scipy.stats import beta

from rnaseq_s6k1.enrichment.rotation.moderated_t import VariancePrior, fit_prior
from rnaseq_s6k1.enrichment.rotation.residual_space import ResidualSpace
from rnaseq_s6k1.enrichment.rotation.set_index import SetIndex

__all__ = ["fry"]

FloatArray = NDArray[np.float64]

# What is left of the residual degrees of freedom without the largest effect.
_EFFICIENCY = 0.92
# Nodes of the quadrature over the maximum; limma takes as many.
_NODES = 128


def fry(
    space: ResidualSpace, sets: SetIndex, *, prior: VariancePrior | None = None
) -> pd.DataFrame:
    """Test whether any gene of each set changes.

    Parameters
    ----------
    space
        Effects of the contrast and of the residuals.
    sets
        Positions of each set's genes.
    prior
        The prior of the residual variances; fitted without.

    Returns
    -------
    pandas.DataFrame
        One row a set: ``direction`` (``up`` or ``down``), the two-sided ``pvalue`` of a change in
        one direction, and ``pvalue_mixed``.
    """
    prior = fit_prior(space.variances, space.df) if prior is None else prior
    deviation = _deviations(space, prior)
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = np.where(deviation > 0, space.effects / deviation, 0.0)
    scaled = np.ascontiguousarray(scaled.T)
    means = np.array([scaled[sets[s]].mean(axis=0) for s in range(len(sets))])
    with np.errstate(divide="ignore", invalid="ignore"):
        t = means[:, 0] / np.sqrt(np.square(means[:, 1:]).mean(axis=1))
    t = np.nan_to_num(t, nan=0.0)
    directed = 2 * stdtr(float(space.df), -np.abs(t))
    return pd.DataFrame(
        {
            "direction": np.where(t > 0, "up", "down"),
            "pvalue": directed,
            "pvalue_mixed": [
                _mixed(scaled[sets[s]]) if sets.sizes[s] > 1 else directed[s]
                for s in range(len(sets))
            ],
        }
    )


def _mixed(effects: FloatArray) -> float:
    """Return the p-value of changes either way; effects of shape ``(n_members, 1 + df)``."""
    n_members, n_rows = effects.shape
    k = min(n_members, n_rows)
    # One eigenvalue problem or its transpose, whichever is smaller, has all that are not 0.
    small = effects @ effects.T if n_members < n_rows else effects.T @ effects
    values = np.maximum(np.linalg.eigvalsh(small / n_members), 0.0)
    low, high, center = float(values[0]), float(values[-1]), float(values.mean())
    if not high > low:
        return 1.0
    span = high - low
    mean = (center - low) / span
    variance = 2 * float(np.square(values - center).sum()) / (k * (k + 2)) / span**2
    total = mean * (1 - mean) / variance - 1
    place = (float(np.square(effects[:, 0]).mean()) - low) / span
    return float(beta.sf(min(max(place, 0.0), 1.0), mean * total, (1 - mean) * total))


def _deviations(space: ResidualSpace, prior: VariancePrior) -> FloatArray:
    """Return each gene's standard deviation, hardly touched by a change; see the module."""
    squares = np.square(space.effects)
    rest = squares.sum(axis=0) - squares.max(axis=0)
    variances = rest / (space.df + 1 - _expected_maximum(space.df + 1))
    df = _EFFICIENCY * space.df
    finite = np.isfinite(prior.df)
    weight = np.where(finite, prior.df, 0.0)
    squeezed = (weight * prior.variance + df * variances) / (weight + df)
    return np.sqrt(np.where(finite, squeezed, prior.variance))


def _expected_maximum(n: int) -> float:
    """Return the expected maximum of *n* squared standard normals.

    ``n`` times the integral of ``x**(n - 1) F^{-1}(x)`` from 0 to 1, with ``F`` chi-squared.
    """
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    x = (nodes + 1) / 2
    quantiles = np.square(ndtri((1 + x) / 2))
    return float(np.sum(n * x ** (n - 1) * quantiles * weights / 2))
