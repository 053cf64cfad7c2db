"""Cox models of one outcome: hazard ratios with intervals, or why there are none.

The fit is Newton's method on Efron's partial likelihood (`partial_likelihood`), which agrees with R
to ten digits. lifelines' CoxPHFitter, a second opinion in the tests, stops early by default (hazard
ratios differ from R's by up to 4e-5 of their size, p-values by 3e-4), and where two covariates are
nearly one it stops far from the maximum with no more than a warning. So its curves are used here,
and its regression is not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2, norm

from rnaseq_s6k1.cohort.survival.partial_likelihood import event_moments, fit_many, risk_sets
from rnaseq_s6k1.cohort.survival.proportional_hazards import (
    ProportionalHazards,
    proportional_hazards,
)
from rnaseq_s6k1.cohort.survival.separation import runaway_terms
from rnaseq_s6k1.design.wording import listed
from rnaseq_s6k1.errors import ModelError

__all__ = ["TERM_COLUMNS", "CoxFit", "fit_cox", "without_estimates"]

TERM_COLUMNS = (
    "term",
    "HR",
    "ci_low",
    "ci_high",
    "log_hr",
    "se",
    "z",
    "pvalue",
    "ph_chisq",
    "ph_p",
)
#: Beyond this many units of a covariate's range on the log scale an estimate is looked into.
_SUSPICIOUS = 8.0


@dataclass(frozen=True, eq=False)
class CoxFit:
    """A fitted Cox model.

    Attributes
    ----------
    terms
        One row a coefficient, the columns of `TERM_COLUMNS`; ``log_hr`` and ``se`` are natural
        logs. NA where the likelihood has no finite maximum.
    n, n_events
        Samples and events used.
    log_likelihood, null_log_likelihood
        Of the model and of the one without covariates (partial, Efron).
    ratio_pvalue
        Of the likelihood-ratio test of all terms together.
    ph_global_p
        Of Grambsch and Therneau's test of all terms together.
    concordance
        Harrell's C, within strata.
    note
        Why estimates are missing; empty where they are not.
    """

    terms: pd.DataFrame
    n: int
    n_events: int
    log_likelihood: float
    null_log_likelihood: float
    ratio_pvalue: float
    ph_global_p: float
    concordance: float
    note: str


def fit_cox(
    X: pd.DataFrame,
    time: NDArray[np.float64],
    event: NDArray[np.bool_],
    strata: NDArray[np.intp] | None = None,
    *,
    level: float = 0.95,
) -> CoxFit:
    """Fit a Cox model with Efron's ties and test its proportional hazards.

    Parameters
    ----------
    X
        Covariates, one column a coefficient, shape ``(n, n_terms)``.
    time, event, strata
        Shape ``(n,)``; strata are codes, None for one stratum.
    level
        Of the confidence intervals.

    Returns
    -------
    CoxFit
        Estimates; NA with a note where there is no event or no finite maximum.

    Raises
    ------
    ModelError
        If columns are constant or depend on each other.
    """
    values = X.to_numpy(dtype=float)
    codes = np.zeros(len(time), dtype=np.intp) if strata is None else strata
    _check_rank(X, codes)
    if not event.any():
        return without_estimates(X, event, "no events")
    spread = np.ptp(values, axis=0)
    sets = risk_sets(time, event, codes)
    fitted = fit_many((values / spread)[:, None, :], sets)
    # Far estimates are the cheap sign of runaway ones; the linear program decides.
    if not fitted.converged[0] or (np.abs(fitted.beta[0]) > _SUSPICIOUS).any():
        runaway = runaway_terms(values, time, event, codes)
        if runaway.any():
            names = listed(X.columns[runaway], 4)
            return without_estimates(
                X,
                event,
                f"no finite estimate for {names}: every event falls to an extreme value of it "
                "among those at risk, so that the likelihood rises without end",
            )
        if not fitted.converged[0]:
            return without_estimates(
                X, event, f"the events tell nothing of {listed(X.columns, 4)} apart from each other"
            )
    beta, se = fitted.beta[0] / spread, fitted.se[0] / spread
    tested = proportional_hazards(values, beta, time, event, codes)
    null = -float(event_moments(values[:, None, :], np.zeros((1, X.shape[1])), sets).log_sum.sum())
    ratio = max(2 * (float(fitted.log_likelihood[0]) - null), 0.0)
    return CoxFit(
        terms=_terms(X, beta, se, tested, level),
        n=len(time),
        n_events=int(event.sum()),
        log_likelihood=float(fitted.log_likelihood[0]),
        null_log_likelihood=null,
        ratio_pvalue=float(chi2.sf(ratio, len(beta))),
        ph_global_p=tested.global_pvalue,
        concordance=_concordance(values @ beta, time, event, codes),
        note="",
    )


def _terms(
    X: pd.DataFrame,
    beta: NDArray[np.float64],
    se: NDArray[np.float64],
    tested: ProportionalHazards,
    level: float,
) -> pd.DataFrame:
    reach = float(norm.isf((1 - level) / 2)) * se
    # Beyond e^709 a number ends; the interval of a far estimate reaches there.
    with np.errstate(over="ignore"):
        ratio, low, high = np.exp(beta), np.exp(beta - reach), np.exp(beta + reach)
    return pd.DataFrame(
        {
            "term": [str(name) for name in X.columns],
            "HR": ratio,
            "ci_low": low,
            "ci_high": high,
            "log_hr": beta,
            "se": se,
            "z": beta / se,
            "pvalue": 2 * norm.sf(np.abs(beta / se)),
            "ph_chisq": tested.chisq,
            "ph_p": tested.pvalue,
        }
    )


def _concordance(
    risk: NDArray[np.float64],
    time: NDArray[np.float64],
    event: NDArray[np.bool_],
    codes: NDArray[np.intp],
) -> float:
    """Give the share of comparable pairs, within strata, whose earlier event has the higher risk.

    A pair is comparable where one has an event and the other is known to have outlived it; equal
    risks count half (Harrell et al., Statistics in Medicine 1996, 15:361).
    """
    agree, pairs = 0.0, 0
    risk = np.round(risk, 10)  # levels of a factor must tie exactly
    for i in np.flatnonzero(event):
        outlived = (time > time[i]) | ((time == time[i]) & ~event)
        others = risk[outlived & (codes == codes[i])]
        agree += float((others < risk[i]).sum()) + 0.5 * float((others == risk[i]).sum())
        pairs += len(others)
    return agree / pairs if pairs else float("nan")


def without_estimates(X: pd.DataFrame, event: NDArray[np.bool_], note: str) -> CoxFit:
    """Give a model whose estimates are all NA, with the reason."""
    terms = pd.DataFrame(np.nan, index=range(X.shape[1]), columns=list(TERM_COLUMNS))
    terms["term"] = [str(name) for name in X.columns]
    nan = float("nan")
    return CoxFit(terms, len(X), int(event.sum()), nan, nan, nan, nan, nan, note)


def _check_rank(X: pd.DataFrame, codes: NDArray[np.intp]) -> None:
    """Refuse columns that no coefficient can be told of: constant within strata, or dependent."""
    values = X.to_numpy(dtype=float)
    centred = values.copy()
    for code in np.unique(codes):
        centred[codes == code] -= values[codes == code].mean(axis=0)
    size = np.linalg.norm(centred, axis=0)
    overall = np.linalg.norm(values - values.mean(axis=0), axis=0)
    scale = np.maximum(overall, np.abs(values).max(axis=0, initial=0.0) * 1e-9)
    constant = size <= 1e-9 * np.where(scale > 0, scale, 1.0)
    if constant.any():
        raise ModelError(
            f"{listed(X.columns[constant], 4)} does not vary"
            f"{' within the strata' if len(np.unique(codes)) > 1 else ''} among the {len(X)} "
            "samples used, so that no hazard ratio can be told; leave it out"
        )
    unit = centred / size
    if np.linalg.matrix_rank(unit, tol=1e-8) < X.shape[1]:
        raise ModelError(
            f"the columns {listed(X.columns, 6)} depend on each other among the {len(X)} samples "
            "used; leave one out"
        )
