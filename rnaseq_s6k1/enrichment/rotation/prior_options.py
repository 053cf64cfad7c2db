r"""Priors of the variances that follow the mean expression, or shrug off outliers.

*Trend* (Law et al., Genome Biol 2014, 15:R29, "limma-trend"): the centre of the log variances is a
natural cubic spline of the mean expression, with four degrees of freedom; what spreads around it
gives :math:`d_0`. Together with *robust* it is a lowess curve, which outliers do not bend.

*Robust* (Phipson et al., Ann Appl Stat 2016, 10:946): the log variances are winsorised, 5 % of
them below and 10 % above, and so are those of an F distribution with *d* and :math:`d_0` degrees of
freedom; :math:`d_0` is where both have the same variance, and :math:`s_0^2` brings their means
together. A gene whose variance is larger than that distribution allows is an outlier with
probability :math:`1 - \pi_g`, where :math:`\pi_g = \min(1, P(F \ge f_g) / \hat P(f \ge f_g))`
compares the tail of the distribution with that of the data. Its prior degrees of freedom are
:math:`\pi_g d_0 + (1 - \pi_g) d_{out}`, or more where a gene of larger variance has more, and
:math:`d_{out}` is what leaves the largest variance at the median of its distribution. So outliers
are squeezed less, and the others more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import polygamma
from scipy.stats import chi2, f, rankdata

from rnaseq_s6k1.enrichment.rotation.moderated_t import (
    VariancePrior,
    fit_prior,
    log_variances,
    prior_of_moments,
)
from rnaseq_s6k1.enrichment.rotation.residual_space import ResidualSpace

__all__ = ["squeeze_prior"]

FloatArray = NDArray[np.float64]

_WINSORISED = (0.05, 0.10)
_NODES = 128
# The robust curve: the share of genes each point sees, and its reweightings.
_SPAN = 0.3
_ROBUST_STEPS = 4
# Beyond these an F distribution with so many degrees of freedom is chi-squared.
_MANY = 1e8


def squeeze_prior(
    space: ResidualSpace, *, trend: bool = False, robust: bool = False
) -> VariancePrior:
    """Fit the prior of the residual variances.

    Parameters
    ----------
    space
        Effects of the contrast and of the residuals.
    trend
        Whether the prior variance follows the mean expression.
    robust
        Whether outlying variances are kept from deciding, and are squeezed less themselves.

    Raises
    ------
    DataError
        If fewer than two genes vary.
    """
    variances, df = space.variances, space.df
    if not trend and not robust:
        return fit_prior(variances, df)
    varying = variances > 0
    centred = log_variances(variances, df)
    center = np.zeros(space.n_genes)
    if trend:
        curve = _lowess_center if robust else _spline_center
        center = curve(space.average, varying, centred)
    if robust:
        return _robust(variances, df, center)
    rest = centred - center[varying]
    n_coefficients = _basis(space.average[varying], space.average[varying]).shape[1]
    spread = float(np.square(rest).sum()) / max(rest.size - n_coefficients, 1)
    prior_df, scale = prior_of_moments(0.0, spread - float(polygamma(1, df / 2)))
    return VariancePrior(np.full(space.n_genes, prior_df), scale * np.exp(center))


def _spline_center(
    average: FloatArray, varying: NDArray[np.bool_], values: FloatArray
) -> FloatArray:
    """Fit the values of the varying genes, and give the curve at all genes."""
    knots_from = average[varying]
    coefficients, *_ = np.linalg.lstsq(_basis(knots_from, knots_from), values, rcond=None)
    return np.asarray(_basis(average, knots_from) @ coefficients)


def _lowess_center(
    average: FloatArray, varying: NDArray[np.bool_], values: FloatArray
) -> FloatArray:
    """Smooth the values of the varying genes robustly (Cleveland 1979), and interpolate."""
    from statsmodels.nonparametric.smoothers_lowess import lowess

    x = average[varying]
    curve = lowess(values, x, frac=_SPAN, it=_ROBUST_STEPS, delta=0.01 * float(np.ptp(x)))
    return np.asarray(np.interp(average, curve[:, 0], curve[:, 1]))


def _basis(x: FloatArray, knots_from: FloatArray) -> FloatArray:
    """Return a basis of natural cubic splines (Hastie, Tibshirani and Friedman 2009, eq. 5.4).

    Knots are the ends and the terciles; with few distinct values the ends, or none, are left.
    """
    n_distinct = np.unique(knots_from).size
    n_coefficients = 1 + sum(n_distinct >= least for least in (3, 6, 30))
    if n_coefficients == 1:
        return np.ones((x.size, 1))
    knots = np.quantile(knots_from, np.linspace(0, 1, n_coefficients))
    low, span = knots[0], knots[-1] - knots[0]
    u, at = (x - low) / span, (knots - low) / span
    columns = [np.ones(x.size), u]

    def cubic(k: int) -> FloatArray:
        beyond = np.maximum(u - at[k], 0) ** 3 - np.maximum(u - at[-1], 0) ** 3
        return np.asarray(beyond / (at[-1] - at[k]))

    columns += [cubic(k) - cubic(len(at) - 2) for k in range(len(at) - 2)]
    return np.column_stack(columns)


def _robust(variances: FloatArray, df: int, center: FloatArray) -> VariancePrior:
    """Fit the prior of variances from which ``exp(center)`` is divided out."""
    varying = variances > 0
    scaled = variances[varying] / np.exp(center[varying])
    z = np.log(scaled)
    low, high = np.quantile(z, [_WINSORISED[0], 1 - _WINSORISED[1]])
    winsorised = np.clip(z, low, high)
    prior_df = _match_spread(float(winsorised.var(ddof=1)), df)
    # Outliers make variances look more spread, and d0 smaller; it is not to come out smaller yet.
    plain = float(z.var(ddof=1)) - float(polygamma(1, df / 2))
    prior_df = max(prior_df, prior_of_moments(0.0, plain)[0])
    scale = float(np.exp(winsorised.mean() - _winsorised_moments(df, prior_df)[0]))
    own = np.full(variances.size, prior_df)
    own[varying] = _own_df(scaled / scale, df, prior_df)
    return VariancePrior(own, scale * np.exp(center))


def _match_spread(wanted: float, df: int) -> float:
    """Find ``d0`` at which the winsorised log F has this variance; infinite where none has."""

    def excess(log_df: float) -> float:
        return _winsorised_moments(df, float(np.exp(log_df)))[1] - wanted

    few, many = np.log(0.01), np.log(_MANY)
    if excess(many) >= 0:
        return np.inf
    if excess(few) <= 0:
        return 0.01
    return float(np.exp(brentq(excess, few, many, xtol=1e-10)))


def _winsorised_moments(df: int, prior_df: float) -> tuple[float, float]:
    """Return mean and variance of log F with *d* and ``d0`` df, winsorised at its quantiles."""
    below, above = _WINSORISED
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    u = below + (1 - above - below) * (nodes + 1) / 2
    weights = weights / 2 * (1 - above - below)
    q = np.log(_quantile(np.concatenate([u, [below, 1 - above]]), df, prior_df))
    weights = np.concatenate([weights, [below, above]])
    mean = float(weights @ q)
    return mean, float(weights @ np.square(q - mean))


def _quantile(u: FloatArray, df: int, prior_df: float) -> FloatArray:
    if prior_df >= _MANY:
        return np.asarray(chi2.ppf(u, df) / df)
    return np.asarray(f.ppf(u, df, prior_df))


def _log_tail(ratio: FloatArray, df: int, prior_df: float) -> FloatArray:
    if prior_df >= _MANY:
        return np.asarray(chi2.logsf(ratio * df, df))
    return np.asarray(f.logsf(ratio, df, prior_df))


def _own_df(ratio: FloatArray, df: int, prior_df: float) -> FloatArray:
    """Return each gene's prior degrees of freedom, given its variance over the prior's."""
    n = ratio.size
    log_expected = _log_tail(ratio, df, prior_df)
    log_seen = np.log((n - rankdata(ratio) + 0.5) / n)
    regular = np.exp(np.minimum(log_expected - log_seen, 0.0))
    # Of regular genes too, the largest of thousands seldom has its expected rank to the digit.
    if regular.min() >= 1:
        return np.full(n, prior_df)
    largest = float(ratio.max())
    whole = min(prior_df, _MANY)
    outlying = whole
    if _log_tail(np.array([largest]), df, whole)[0] < np.log(0.5):
        outlying = _df_at_median(largest, df, whole)
    mixed = regular * whole + (1 - regular) * outlying
    # No gene has fewer than one of larger variance.
    falling = np.argsort(-ratio, kind="stable")
    mixed[falling] = np.maximum.accumulate(mixed[falling])
    return np.where((mixed >= whole) & np.isinf(prior_df), np.inf, mixed)


def _df_at_median(ratio: float, df: int, most: float) -> float:
    """Find the ``d0`` that puts this ratio at the median of F; 0.01 where none does."""

    def excess(log_df: float) -> float:
        return float(f.sf(ratio, df, np.exp(log_df))) - 0.5

    few = np.log(0.01)
    if excess(few) <= 0:
        return 0.01
    return float(np.exp(brentq(excess, few, np.log(most), xtol=1e-8)))
