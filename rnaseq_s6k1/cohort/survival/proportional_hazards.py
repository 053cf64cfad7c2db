r"""Whether hazards stay proportional: Grambsch and Therneau's test.

The model :math:`\beta(t) = \beta + \theta g(t)` is tested at :math:`\theta = 0` (Biometrika 1994,
81:515). With the Schoenfeld residuals :math:`s_i = x_i - \bar x_i` and covariances :math:`V_i` of
`partial_likelihood` at the fitted :math:`\beta`, the score of :math:`\theta` is
:math:`U = \sum g(t_i) s_i`, and its variance, :math:`\beta` being estimated,

.. math:: W = \sum g_i^2 V_i - \left(\sum g_i V_i\right) \left(\sum V_i\right)^{-1}
          \left(\sum g_i V_i\right).

:math:`U' W^{-1} U` is chi-squared. It is the exact score test, of which the correlation of scaled
residuals with time is an approximation that takes all :math:`V_i` as equal. Time enters as one
less the Kaplan-Meier estimate just before the event, as is the habit, so that late, sparse times
do not decide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from rnaseq_s6k1.cohort.survival.partial_likelihood import event_moments, risk_sets

__all__ = ["ProportionalHazards", "proportional_hazards"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ProportionalHazards:
    """Tests of proportional hazards.

    Attributes
    ----------
    chisq, pvalue
        Of each covariate alone, one degree of freedom, shape ``(n_terms,)``.
    global_chisq, global_pvalue
        Of all together, as many degrees of freedom as covariates.
    """

    chisq: Array
    pvalue: Array
    global_chisq: float
    global_pvalue: float


def proportional_hazards(
    X: Array, beta: Array, time: Array, event: NDArray[np.bool_], strata: NDArray[np.intp]
) -> ProportionalHazards:
    """Test each covariate of a fitted Cox model; see the module's equations.

    Parameters
    ----------
    X
        Covariates, shape ``(n, n_terms)``.
    beta
        Fitted coefficients (natural log), shape ``(n_terms,)``.
    time, event, strata
        Shape ``(n,)``.
    """
    moments = event_moments(
        (X - X.mean(axis=0))[:, None, :], beta[None, :], risk_sets(time, event, strata)
    )
    residuals = (X - X.mean(axis=0))[moments.sample] - moments.mean[:, 0]
    V = moments.variance[:, 0]
    g = _survival_before(time, event, time[moments.sample])
    g = g - g.mean()
    U = g @ residuals
    information, cross = V.sum(axis=0), np.einsum("e,epq->pq", g, V)
    W = np.einsum("e,epq->pq", g**2, V) - cross @ np.linalg.pinv(information) @ cross
    single = np.diag(W)
    with np.errstate(divide="ignore", invalid="ignore"):
        chisq = np.where(single > 1e-12, U**2 / single, np.nan)
    whole = float(U @ np.linalg.pinv(W) @ U) if np.isfinite(chisq).any() else float("nan")
    return ProportionalHazards(chisq, chi2.sf(chisq, 1), whole, float(chi2.sf(whole, X.shape[1])))


def _survival_before(time: Array, event: NDArray[np.bool_], at: Array) -> Array:
    """Give one less the Kaplan-Meier estimate of all samples just before each time."""
    times, died = np.unique(time[event], return_counts=True)
    at_risk = len(time) - np.searchsorted(np.sort(time), times, side="left")
    survival = np.append(1.0, np.cumprod(1 - died / at_risk))
    return np.asarray(1 - survival[np.searchsorted(times, at, side="left")])
