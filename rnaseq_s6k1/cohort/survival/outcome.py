"""One endpoint of a survival analysis: its curves, tests and models, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.cohort.survival.best_cut import best_cut
from rnaseq_s6k1.cohort.survival.covariates import code_covariates, strata_codes
from rnaseq_s6k1.cohort.survival.cox import CoxFit, fit_cox, without_estimates
from rnaseq_s6k1.cohort.survival.curves import (
    RestrictedMean,
    kaplan_meier,
    numbers_at_risk,
    restricted_mean,
    restricted_mean_difference,
)
from rnaseq_s6k1.cohort.survival.endpoints import Endpoint
from rnaseq_s6k1.cohort.survival.groups import Groups, Marker
from rnaseq_s6k1.cohort.survival.logrank import log_rank
from rnaseq_s6k1.cohort.survival.result import ComparisonRow
from rnaseq_s6k1.cohort.survival.ticks import round_times
from rnaseq_s6k1.design.wording import listed
from rnaseq_s6k1.io.wording import plural

__all__ = ["BestCutSearch", "CollectedRows", "EndpointAnalysis"]

#: Below this many events a coefficient, estimates and intervals are rough (Peduzzi et al., Journal
#: of Clinical Epidemiology 1995, 48:1503).
_FEW_EVENTS = 10
_PH_ALPHA = 0.05


@dataclass(frozen=True)
class BestCutSearch:
    """How the best cut of the marker is searched; see `best_cut`."""

    lower: float = 0.1
    upper: float = 0.9
    permutations: int = 9_999
    seed: int = 0


@dataclass
class CollectedRows:
    """Rows of all tables while they grow."""

    rows: list[ComparisonRow] = field(default_factory=list)
    terms: list[pd.DataFrame] = field(default_factory=list)
    groups: list[tuple[object, ...]] = field(default_factory=list)
    curves: list[pd.DataFrame] = field(default_factory=list)
    at_risk: list[tuple[object, ...]] = field(default_factory=list)
    best_cuts: list[tuple[object, ...]] = field(default_factory=list)
    excluded: list[tuple[str, str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class EndpointAnalysis:
    """One endpoint, and the models asked for."""

    clinical: pd.DataFrame
    endpoint: Endpoint
    covariates: tuple[str, ...]
    strata: tuple[str, ...]
    level: float
    found: CollectedRows

    @property
    def _unit(self) -> str:
        return self.endpoint.columns.unit

    def compare(self, groups: Groups) -> None:
        """Add curves, tests and models of groups."""
        self._miss(groups.name, groups.missing)
        labels = groups.labels.set_axis(groups.labels.index.astype(str))
        samples = self.endpoint.time.index.intersection(labels.index, sort=False)
        labels = labels.loc[samples]
        present = [one for one in groups.levels if (labels == one).any()]
        self._lose(set(groups.levels) - set(present), groups)
        if groups.reference not in present or len(present) < 2:
            return
        means = self._describe(labels, present)
        indicators = pd.DataFrame(
            {f"{groups.name}[{one}]": (labels == one).astype(float) for one in present[1:]},
            index=samples,
        )
        names = {one: (groups.name, f"{one} v {groups.reference}") for one in present[1:]}
        codes = pd.Series([present.index(one) for one in labels], index=samples)
        for model in self._models(samples):
            fitted, used = self._fit(model, indicators, names)
            tested = None
            if model.name != "adjusted":
                time, event = self._outcome(used)
                tested = log_rank(
                    time, event, np.array(codes.loc[used], dtype=np.intp), model.codes(used)
                )
            for position, one in enumerate(present[1:]):
                row = self._row(f"{one} v {groups.reference}", model, fitted, position, used)
                row = self._with_sizes(row, labels.loc[used], one, groups.reference)
                if tested is not None:
                    row = replace(
                        row,
                        logrank_chisq=tested.chisq,
                        logrank_df=tested.df,
                        logrank_p=tested.pvalue,
                    )
                if model.name == "unadjusted":
                    row = _with_means(row, means[one], means[groups.reference], self.level)
                self.found.rows.append(row)

    def follow(self, marker: Marker) -> None:
        """Add models of a marker, per standard deviation."""
        self._miss(marker.name, marker.missing)
        values = marker.values.set_axis(marker.values.index.astype(str))
        deviation = float(values.std(ddof=1))
        samples = self.endpoint.time.index.intersection(values.index, sort=False)
        if len(samples) < 2 or values.loc[samples].nunique() < 2:
            self.found.notes.append(
                f"{self.endpoint.name}: {marker.name} does not vary among the samples with the "
                "endpoint, so that no hazard ratio can be told"
            )
            return
        unit = f" {marker.unit}" if marker.unit else ""
        comparison = f"{marker.name} per SD ({deviation:.4g}{unit})"
        column = pd.DataFrame({marker.name: values.loc[samples] / deviation})
        names = {marker.name: (marker.name, "per SD")}
        for model in self._models(samples):
            fitted, used = self._fit(model, column, names)
            self.found.rows.append(self._row(comparison, model, fitted, 0, used))

    def search(self, marker: Marker, how: BestCutSearch) -> None:
        """Add the best cut of a marker."""
        values = marker.values.set_axis(marker.values.index.astype(str))
        samples = self.endpoint.time.index.intersection(values.index, sort=False)
        time, event = self._outcome(samples)
        if not event.any():
            return
        cut = best_cut(
            values.loc[samples].to_numpy(dtype=float),
            time,
            event,
            lower=how.lower,
            upper=how.upper,
            permutations=how.permutations,
            seed=how.seed,
        )
        self.found.best_cuts.append(
            (
                self.endpoint.name,
                marker.name,
                cut.cut,
                cut.n_low,
                cut.n_high,
                cut.statistic,
                cut.pvalue,
                cut.pvalue_miller_siegmund,
                cut.pvalue_bonferroni,
                cut.n_permutations,
                cut.naive_pvalue,
                cut.n_cuts,
                cut.lower,
                cut.upper,
                "high" if cut.direction > 0 else "low",
            )
        )
        self.found.notes.append(
            f"{self.endpoint.name}: the best of {cut.n_cuts} cuts of {marker.name} is "
            f"{cut.cut:.4g} ({cut.n_low} low, {cut.n_high} high); p corrected for the search is "
            f"{cut.pvalue:.3g}; the naive log-rank p of that cut, {cut.naive_pvalue:.3g}, is "
            "invalid, as the outcome chose the cut"
            + (
                "; covariates and strata take no part in it"
                if self.covariates or self.strata
                else ""
            )
        )

    def _models(self, samples: pd.Index) -> list[_Model]:
        nothing = pd.DataFrame(index=samples)
        models = [_Model("unadjusted", nothing, None, {})]
        codes: pd.Series | None = None
        if self.strata:
            numbers, _ = strata_codes(self.clinical.loc[samples], self.strata)
            codes = pd.Series(numbers, index=samples)
            self._miss_rows("no stratum", samples[numbers < 0])
            codes = codes[codes >= 0]
            models.append(_Model("stratified", nothing.loc[codes.index], codes, {}))
        if self.covariates:
            kept = samples if codes is None else codes.index
            coded = code_covariates(self.clinical.loc[kept], self.covariates)
            for name, missing in coded.missing.items():
                self._miss_rows(f"no {name}, so not in the adjusted model", missing)
            models.append(_Model("adjusted", coded.columns, codes, coded.labels))
        return models

    def _fit(
        self, model: _Model, exposure: pd.DataFrame, names: dict[str, tuple[str, str]]
    ) -> tuple[CoxFit, pd.Index]:
        """Fit a model with the exposure first; the exposure's columns are called by `names`."""
        used = exposure.index.intersection(model.columns.index, sort=False)
        X = pd.concat([exposure.loc[used], model.columns.loc[used]], axis=1)
        # A level nobody is left of has no coefficient; its row says so.
        empty = [name for name in exposure.columns if X[name].nunique() < 2]
        if len(exposure.columns) > 1 and (X[exposure.columns].sum(axis=1) == 1).all():
            empty = ["the reference group"]
        time, event = self._outcome(used)
        if empty:
            fitted = without_estimates(X, event, f"too few are left of {listed(empty)}")
        else:
            fitted = fit_cox(X, time, event, model.codes(used), level=self.level)
        terms = fitted.terms.copy()
        labels = [*names.values(), *model.labels.values()]
        terms.insert(0, "endpoint", self.endpoint.name)
        terms.insert(1, "model", model.name)
        terms.insert(2, "exposure", next(iter(names.values()))[0])
        terms.insert(3, "covariate", [label[0] for label in labels])
        terms.insert(4, "level", [label[1] for label in labels])
        terms = terms.drop(columns="term")
        terms["n"], terms["events"] = fitted.n, fitted.n_events
        self.found.terms.append(terms)
        return fitted, used

    def _row(
        self, comparison: str, model: _Model, fitted: CoxFit, position: int, used: pd.Index
    ) -> ComparisonRow:
        term = fitted.terms.iloc[position]
        notes = [fitted.note] if fitted.note else []
        n_terms = len(fitted.terms)
        if not fitted.note and fitted.n_events < _FEW_EVENTS * n_terms:
            notes.append(
                f"{plural(fitted.n_events, 'event')} for {plural(n_terms, 'coefficient')}: the "
                "estimate is rough"
            )
        if term["ph_p"] < _PH_ALPHA:
            notes.append(
                f"hazards are not proportional (p {term['ph_p']:.2g}): the hazard ratio is an "
                "average over time"
            )
        return ComparisonRow(
            endpoint=self.endpoint.name,
            comparison=comparison,
            model=model.name,
            covariates=",".join(self.covariates) if model.name == "adjusted" else "",
            strata=",".join(self.strata) if model.name != "unadjusted" else "",
            n=len(used),
            events=fitted.n_events,
            HR=term["HR"],
            ci_low=term["ci_low"],
            ci_high=term["ci_high"],
            pvalue=term["pvalue"],
            ph_p=term["ph_p"],
            ph_global_p=fitted.ph_global_p,
            concordance=fitted.concordance,
            time_unit=self._unit,
            note="; ".join(notes),
        )

    def _with_sizes(
        self, row: ComparisonRow, labels: pd.Series, target: str, reference: str
    ) -> ComparisonRow:
        event = self.endpoint.event.loc[labels.index]
        sizes = {one: int((labels == one).sum()) for one in (target, reference)}
        events = {one: int(event[labels == one].sum()) for one in (target, reference)}
        note = row.note
        for one in (target, reference):
            if events[one] == 0 and row.events:
                none = f"no events among the {sizes[one]} of {one}"
                note = f"{none}; {note}" if note else none
        return replace(
            row,
            n_target=sizes[target],
            events_target=events[target],
            n_reference=sizes[reference],
            events_reference=events[reference],
            note=note,
        )

    def _describe(self, labels: pd.Series, levels: list[str]) -> dict[str, RestrictedMean]:
        """Add curves, numbers at risk, medians and restricted means; return the means."""
        parts = {one: self._outcome(labels.index[labels == one]) for one in levels}
        curves = {one: kaplan_meier(*part, level=self.level) for one, part in parts.items()}
        horizon = min(float(time.max()) for time, _ in parts.values())
        grid = round_times(max(float(time.max()) for time, _ in parts.values()), self._unit)
        means = {}
        for one in levels:
            time, event = parts[one]
            curve = curves[one]
            means[one] = restricted_mean(curve, horizon)
            table = curve.table.copy()
            table.insert(0, "endpoint", self.endpoint.name)
            table.insert(1, "group", one)
            self.found.curves.append(table)
            at_risk = numbers_at_risk(time, grid)
            self.found.at_risk += [
                (self.endpoint.name, one, at, int(n))
                for at, n in zip(grid.tolist(), at_risk, strict=True)
            ]
            self.found.groups.append(
                (
                    self.endpoint.name,
                    one,
                    len(time),
                    int(event.sum()),
                    curve.median,
                    curve.median_low,
                    curve.median_high,
                    horizon,
                    means[one].mean,
                    means[one].se,
                    # The reverse Kaplan-Meier: an event ends the follow-up as censoring does.
                    kaplan_meier(time, ~event).median,
                    self._unit,
                )
            )
        return means

    def _outcome(self, samples: pd.Index) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        return (
            self.endpoint.time.loc[samples].to_numpy(dtype=float),
            self.endpoint.event.loc[samples].to_numpy(dtype=bool),
        )

    def _miss(self, name: str, samples: Sequence[str]) -> None:
        self._miss_rows(f"no value of {name}", samples)

    def _miss_rows(self, reason: str, samples: Sequence[str] | pd.Index) -> None:
        with_endpoint = set(self.endpoint.time.index)
        rows = [
            (self.endpoint.name, str(sample), reason)
            for sample in sorted(map(str, samples))
            if str(sample) in with_endpoint
        ]
        known = set(self.found.excluded)
        new = [row for row in rows if row not in known]
        if new:
            self.found.notes.append(
                f"{self.endpoint.name}: {len(new)} left out, {reason} "
                f"({listed([row[1] for row in new], 3)})"
            )
        self.found.excluded += new

    def _lose(self, lost: set[str], groups: Groups) -> None:
        if lost:
            self.found.notes.append(
                f"{self.endpoint.name}: no sample of {groups.name} {listed(sorted(lost))} has the "
                "endpoint"
            )


@dataclass(frozen=True, eq=False)
class _Model:
    """What stands beside the exposure in a model."""

    name: str
    columns: pd.DataFrame
    strata: pd.Series | None
    labels: dict[str, tuple[str, str]]

    def codes(self, samples: pd.Index) -> NDArray[np.intp] | None:
        """Codes of the strata of the samples."""
        return None if self.strata is None else np.array(self.strata.loc[samples], dtype=np.intp)


def _with_means(
    row: ComparisonRow, target: RestrictedMean, reference: RestrictedMean, level: float
) -> ComparisonRow:
    difference, low, high, p = restricted_mean_difference(target, reference, level=level)
    return replace(
        row,
        rmst_horizon=target.horizon,
        rmst_difference=difference,
        rmst_ci_low=low,
        rmst_ci_high=high,
        rmst_p=p,
    )
