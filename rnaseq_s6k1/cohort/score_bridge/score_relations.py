"""Each relation of a score, beside the same relation of random scores."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import beta, norm

from rnaseq_s6k1.cohort.rank_correlation import (
    RankCorrelation,
    covariate_basis,
    rank_correlation,
)
from rnaseq_s6k1.cohort.score_bridge.hazards import hazard_statistics
from rnaseq_s6k1.cohort.survival.cox import fit_cox
from rnaseq_s6k1.cohort.survival.endpoints import EndpointColumns, read_endpoint
from rnaseq_s6k1.errors import ModelError
from rnaseq_s6k1.io.wording import listing, plural

__all__ = ["BRIDGE_COLUMNS", "BridgeRow", "ScoreRelations"]

Array = NDArray[np.float64]
_FEWEST = 5
_NAN = float("nan")


@dataclass(frozen=True)
class BridgeRow:
    """One relation of the score: a row of ``bridge.tsv``."""

    relation: str
    variable: str
    adjustment: str
    measure: str
    n: int
    events: float
    estimate: float
    ci_low: float
    ci_high: float
    statistic: float
    pvalue: float
    n_random: int
    empirical_p: float
    empirical_p_low: float
    empirical_p_high: float
    random_share_p05: float
    random_low: float
    random_median: float
    random_high: float
    note: str


BRIDGE_COLUMNS = tuple(field.name for field in fields(BridgeRow))


class ScoreRelations:
    """The relations of a score and of random ones; the first column of `scores` is observed."""

    def __init__(self, scores: Array, meta: Array, samples: list[str]) -> None:
        self._scores, self._meta, self._samples = scores, meta, samples
        self.rows: list[BridgeRow] = []
        self.random: dict[str, Array] = {}
        self.notes: list[str] = []

    def correlate(
        self, relation: str, variable: str, values: Array, *, adjust: bool = True
    ) -> None:
        """Add the rank correlation with a variable, plain and adjusted."""
        known = np.isfinite(values)
        if not known.all():
            self._miss(f"no {variable}", known)
        if known.sum() < _FEWEST:
            self.notes.append(f"{variable}: {plural(int(known.sum()), 'sample')} are too few")
            return
        for given in (None, self._meta[known]) if adjust else (None,):
            found = _rank_relation(self._scores[known], values[known], given)
            self._add(
                relation,
                variable,
                given is not None,
                ("spearman", int(known.sum()), _NAN),
                (found.rho[0], found.ci_low[0], found.ci_high[0], found.rho[0], found.pvalue[0]),
                found.rho[1:],
                found.pvalue[1:],
                "",
            )

    def follow(self, clinical: pd.DataFrame, columns: EndpointColumns) -> None:
        """Add the Cox models of an endpoint, plain and adjusted."""
        outcome = read_endpoint(clinical, columns)
        self.notes.append(outcome.sentence)
        if not outcome.event.any():
            self.notes.append(f"{columns.name}: no events, so no hazard ratio")
            return
        rows = np.flatnonzero(np.isin(self._samples, outcome.time.index.to_numpy(dtype=str)))
        order = [self._samples[k] for k in rows]
        time = outcome.time.loc[order].to_numpy(dtype=float)
        event = outcome.event.loc[order].to_numpy(dtype=bool)
        scores, meta = self._scores[rows], self._meta[rows]
        unit = scores[:, 0] / scores[:, 0].std(ddof=1)
        for given in (None, meta):
            X = pd.DataFrame({"score": unit})
            if given is not None:
                X["proliferation"] = given / given.std(ddof=1)
            fitted = fit_cox(X, time, event)
            term = fitted.terms.iloc[0]
            z = hazard_statistics(scores[:, 1:], time, event, given)
            self._add(
                "outcome",
                columns.name,
                given is not None,
                ("hazard_ratio_per_sd", len(rows), float(event.sum())),
                (term["HR"], term["ci_low"], term["ci_high"], term["z"], term["pvalue"]),
                z,
                2 * norm.sf(np.abs(z)),
                fitted.note,
            )

    def _add(
        self,
        relation: str,
        variable: str,
        adjusted: bool,
        what: tuple[str, int, float],
        observed: tuple[float, float, float, float, float],
        random: Array,
        random_p: Array,
        note: str,
    ) -> None:
        adjustment = "proliferation" if adjusted else "none"
        measure, n, events = what
        estimate, low, high, statistic, pvalue = map(float, observed)
        told = np.isfinite(random)
        count = int(told.sum())
        lost = len(random) - count
        if lost:
            text = f"{lost} random signatures without a finite estimate"
            note = f"{note}; {text}" if note else text
        b = int((np.abs(random[told]) >= abs(statistic) - 1e-12).sum())
        empirical = (b + 1) / (count + 1) if count and np.isfinite(statistic) else _NAN
        points = np.quantile(random[told], [0.025, 0.5, 0.975]) if count else [_NAN] * 3
        self.rows.append(
            BridgeRow(
                relation=relation,
                variable=variable,
                adjustment=adjustment,
                measure=measure,
                n=n,
                events=events,
                estimate=estimate,
                ci_low=low,
                ci_high=high,
                statistic=statistic,
                pvalue=pvalue,
                n_random=count,
                empirical_p=empirical,
                # Clopper and Pearson's interval of b among the random signatures.
                empirical_p_low=float(beta.ppf(0.025, b, count - b + 1)) if b else 0.0,
                empirical_p_high=float(beta.ppf(0.975, b + 1, count - b)) if b < count else 1.0,
                random_share_p05=float((random_p[told] < 0.05).mean()) if count else _NAN,
                random_low=float(points[0]),
                random_median=float(points[1]),
                random_high=float(points[2]),
                note=note,
            )
        )
        self.random[f"{relation}|{variable}|{adjustment}"] = random

    def _miss(self, reason: str, known: NDArray[np.bool_]) -> None:
        lost = [name for name, one in zip(self._samples, known, strict=True) if not one]
        self.notes.append(f"{len(lost)} left out, {reason} ({listing(lost, 3)})")


def _rank_relation(scores: Array, values: Array, given: Array | None) -> RankCorrelation:
    """Correlate every score with a variable; NaN where the variable does not vary."""
    basis = None if given is None else covariate_basis(pd.DataFrame({"given": given}))
    try:
        return rank_correlation(values, scores, basis)
    except ModelError:
        nothing = np.full(scores.shape[1], _NAN)
        return RankCorrelation(nothing, nothing, nothing, nothing, len(values), 0)
