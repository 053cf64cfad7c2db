"""Survival of groups, or along a marker, for several endpoints: every table of the analysis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd

from rnaseq_s6k1.cohort.survival.endpoints import Endpoint, EndpointColumns, read_endpoint
from rnaseq_s6k1.cohort.survival.groups import Groups, Marker
from rnaseq_s6k1.cohort.survival.outcome import BestCutSearch, CollectedRows, EndpointAnalysis
from rnaseq_s6k1.cohort.survival.result import (
    AT_RISK_COLUMNS,
    BEST_CUT_COLUMNS,
    CURVE_COLUMNS,
    GROUP_COLUMNS,
    SURVIVAL_COLUMNS,
    TERM_TABLE_COLUMNS,
    SurvivalResult,
)
from rnaseq_s6k1.design.wording import listed, quoted
from rnaseq_s6k1.errors import ModelError, UsageError

__all__ = ["BestCutSearch", "run_survival"]


def run_survival(
    clinical: pd.DataFrame,
    endpoints: Sequence[EndpointColumns],
    *,
    groups: Groups | None = None,
    marker: Marker | None = None,
    continuous: bool = True,
    covariates: Sequence[str] = (),
    strata: Sequence[str] = (),
    search: BestCutSearch | None = None,
    level: float = 0.95,
) -> SurvivalResult:
    """Compare survival between groups, along a marker, or both.

    Groups get Kaplan-Meier curves with log(-log) intervals, numbers at risk, medians,
    restricted means, log-rank tests (stratified too, where there are strata), and a Cox model
    with Efron's ties; a marker gets the Cox model, per standard deviation. With covariates the
    model is fitted once more with them, on the samples that have them all.

    Parameters
    ----------
    clinical
        Endpoints, covariates and strata, indexed by sample.
    endpoints
        From `find_endpoints`.
    groups, marker
        What to compare by; at least one. The hazard ratio is each level's over the first.
    continuous
        Whether the marker gets its models; without, only its best cut is searched.
    covariates, strata
        Columns of the table. Strata have a baseline hazard each.
    search
        Search the best cut of the marker, with the p that corrects for it; covariates and
        strata take no part in the search.
    level
        Of all confidence intervals.

    Returns
    -------
    SurvivalResult
        Tables and notes. A hazard ratio that cannot be told is NA, with a note.

    Raises
    ------
    UsageError
        If there is nothing to compare by, or a column is missing or named for two things.
    DataError
        If a time or an event cannot be read, or an endpoint has no sample.
    ModelError
        If no endpoint has an event, or covariates depend on each other.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> import pandas as pd
    >>> clinical = pd.DataFrame(
    ...     {
    ...         "S6K1": ["high", "low"] * 6,
    ...         "OS": [1, 1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 0],
    ...         "OS.time": [90, 400, 120, 800, 200, 610, 150, 900, 310, 520, 80, 700],
    ...     },
    ...     index=[f"patient{number}" for number in range(12)],
    ... )
    >>> result = s6k1.run_survival(
    ...     clinical,
    ...     s6k1.find_endpoints(clinical),
    ...     groups=s6k1.groups_of_column(clinical, "S6K1"),
    ... )
    >>> result.table[["endpoint", "n", "events"]].to_dict("list")
    {'endpoint': ['OS'], 'n': [12], 'events': [8]}
    """
    if groups is None and marker is None:
        raise UsageError("survival needs groups or a marker to compare by; give --gene or --group")
    if search is not None and marker is None:
        raise UsageError("--best-cut searches a number; give --gene or --marker")
    _check_overlap(groups, marker, covariates, strata)
    clinical = clinical.set_axis(clinical.index.astype(str)).sort_index()
    found = CollectedRows()
    read = [read_endpoint(clinical, columns) for columns in endpoints]
    if not any(one.event.any() for one in read):
        raise ModelError(
            f"no sample has an event in {listed([one.name for one in read])}; survival cannot be "
            "compared"
        )
    for endpoint in read:
        found.notes.append(endpoint.sentence)
        found.excluded += [
            (endpoint.name, *row) for row in endpoint.excluded.itertuples(index=False)
        ]
        outcome = EndpointAnalysis(
            clinical, endpoint, tuple(covariates), tuple(strata), level, found
        )
        if groups is not None:
            outcome.compare(groups)
        if marker is not None:
            if continuous:
                outcome.follow(marker)
            if search is not None:
                outcome.search(marker, search)
    if len(read) > 1:
        found.notes.append(
            f"{len(read)} endpoints are tested; their p-values are not adjusted for that number"
        )
    return _result(found, groups, read)


def _check_overlap(
    groups: Groups | None, marker: Marker | None, covariates: Sequence[str], strata: Sequence[str]
) -> None:
    """Refuse a column that is to be two things in one model."""
    compared = {one.name for one in (groups, marker) if one is not None}
    adjusted = [name.strip().removeprefix("C(").removesuffix(")").strip() for name in covariates]
    for name in (*adjusted, *strata):
        if name in compared:
            raise UsageError(
                f"{quoted(name)} is what survival is compared by, and cannot be adjusted for too"
            )
    both = sorted(set(adjusted) & set(strata))
    if both:
        raise UsageError(f"{listed(both)} in --covariates and --strata; name it in one of them")


def _result(found: CollectedRows, groups: Groups | None, read: list[Endpoint]) -> SurvivalResult:
    table = pd.DataFrame([asdict(row) for row in found.rows], columns=list(SURVIVAL_COLUMNS))
    for name in ("n_target", "events_target", "n_reference", "events_reference", "logrank_df"):
        table[name] = table[name].astype("Int64")
    curves = pd.concat(found.curves, ignore_index=True) if found.curves else pd.DataFrame()
    terms = pd.concat(found.terms, ignore_index=True) if found.terms else pd.DataFrame()
    return SurvivalResult(
        table=table,
        terms=terms.reindex(columns=list(TERM_TABLE_COLUMNS)),
        groups=pd.DataFrame(found.groups, columns=list(GROUP_COLUMNS)),
        curves=curves.reindex(columns=list(CURVE_COLUMNS)),
        at_risk=pd.DataFrame(found.at_risk, columns=list(AT_RISK_COLUMNS)),
        best_cuts=pd.DataFrame(found.best_cuts, columns=list(BEST_CUT_COLUMNS)),
        excluded=pd.DataFrame(found.excluded, columns=["endpoint", "sample", "reason"]),
        time_units={one.name: one.columns.unit for one in read},
        rule=groups.rule if groups is not None else "",
        notes=tuple(dict.fromkeys(found.notes)),
    )
