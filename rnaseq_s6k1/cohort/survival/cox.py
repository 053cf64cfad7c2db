"""Cox models of one outcome: hazard ratios with intervals, or why there are none.

The models are lifelines' (Davidson-Pilon, JOSS 2019, 4:1317) with Efron's ties, iterated until its
Newton decrement is below 1e-20, where the default of 1e-7 leaves the fourth digit open. Before, the
solver of `partial_likelihood` looks whether there is a maximum at all, and the two must agree.
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2, norm

from rnaseq_s6k1.cohort.survival.partial_likelihood import event_moments, fit_many, risk_sets
from rnaseq_s6k1.cohort.survival.proportional_hazards import proportional_hazards
from rnaseq_s6k1.cohort.survival.separation import runaway_terms
from rnaseq_s6k1.design.wording import listed
from rnaseq_s6k1.errors import ModelError

__all__ = ["TERM_COLUMNS", "CoxFit", "fit_cox", "without_estimates"]

logger = logging.getLogger(__name__)

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
_PRECISION = {"precision": 1e-20, "r_precision": 0.0, "max_steps": 200}
#: Estimates of the two solvers may differ by this share of a standard error.
_AGREEMENT = 1e-4
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
        If columns are constant or depend on each other, or the fit fails.
    """
    values = X.to_numpy(dtype=float)
    codes = np.zeros(len(time), dtype=np.intp) if strata is None else strata
    _check_rank(X, codes)
    if not event.any():
        return without_estimates(X, event, "no events")
    spread = np.ptp(values, axis=0)
    sets = risk_sets(time, event, codes)
    # The cheap sign of a runaway estimate is looked for first; the linear program decides.
    tried = fit_many((values / spread)[:, None, :], sets)
    if not tried.converged[0] or (np.abs(tried.beta[0]) > _SUSPICIOUS).any():
        runaway = runaway_terms(values, time, event, codes)
        if runaway.any():
            names = listed(X.columns[runaway], 4)
            return without_estimates(
                X,
                event,
                f"no finite estimate for {names}: every event falls to an extreme value of it "
                "among those at risk, so that the likelihood rises without end",
            )
        if not tried.converged[0]:
            return without_estimates(
                X, event, f"the events tell nothing of {listed(X.columns, 4)} apart from each other"
            )
    null = -float(event_moments(values[:, None, :], np.zeros((1, X.shape[1])), sets).log_sum.sum())
    return _fit(X, time, event, codes, level, null, tried.beta[0] / spread)


def _fit(
    X: pd.DataFrame,
    time: NDArray[np.float64],
    event: NDArray[np.bool_],
    codes: NDArray[np.intp],
    level: float,
    null: float,
    expected: NDArray[np.float64],
) -> CoxFit:
    from lifelines import CoxPHFitter
    from lifelines.exceptions import ConvergenceError

    # Names of columns are other people's; lifelines gets its own.
    values = X.to_numpy(dtype=float)
    names = [f"x{k}" for k in range(values.shape[1])]
    table = pd.DataFrame(values, columns=names)
    table["time"], table["event"], table["stratum"] = time, event.astype(float), codes
    by = ["stratum"] if len(np.unique(codes)) > 1 else None
    if by is None:
        table = table.drop(columns="stratum")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            model = CoxPHFitter(alpha=1 - level).fit(
                table, "time", "event", strata=by, fit_options=_PRECISION
            )
        except (ConvergenceError, np.linalg.LinAlgError) as error:
            reason = " ".join(str(error).split())[:160]
            raise ModelError(
                f"the Cox model of {listed(X.columns, 4)} does not converge ({reason}); use fewer "
                "covariates, or put rare levels together"
            ) from error
        concordance = float(model.concordance_index_)
    for warning in said:
        logger.debug("lifelines: %s", " ".join(str(warning.message).split()))
    beta = model.params_.to_numpy(dtype=float)
    se = model.standard_errors_.to_numpy(dtype=float)
    if not (np.abs(beta - expected) <= _AGREEMENT * se).all():
        raise ModelError(
            f"the Cox model of {listed(X.columns, 4)} does not converge; bring its covariates to "
            "similar scales, or use fewer"
        )
    tested = proportional_hazards(values, beta, time, event, codes)
    z = beta / se
    reach = float(norm.isf((1 - level) / 2)) * se
    terms = pd.DataFrame(
        {
            "term": [str(name) for name in X.columns],
            "HR": np.exp(beta),
            "ci_low": np.exp(beta - reach),
            "ci_high": np.exp(beta + reach),
            "log_hr": beta,
            "se": se,
            "z": z,
            "pvalue": 2 * norm.sf(np.abs(z)),
            "ph_chisq": tested.chisq,
            "ph_p": tested.pvalue,
        }
    )
    reached = float(model.log_likelihood_)
    return CoxFit(
        terms=terms,
        n=len(time),
        n_events=int(event.sum()),
        log_likelihood=reached,
        null_log_likelihood=null,
        ratio_pvalue=float(chi2.sf(max(2 * (reached - null), 0.0), len(beta))),
        ph_global_p=tested.global_pvalue,
        concordance=concordance,
        note="",
    )


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
