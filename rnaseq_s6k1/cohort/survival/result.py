"""What a survival analysis leaves: its tables and what must be known of them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd

__all__ = [
    "AT_RISK_COLUMNS",
    "BEST_CUT_COLUMNS",
    "CURVE_COLUMNS",
    "GROUP_COLUMNS",
    "SURVIVAL_COLUMNS",
    "TERM_TABLE_COLUMNS",
    "ComparisonRow",
    "SurvivalResult",
]

NAN = float("nan")


@dataclass(frozen=True)
class ComparisonRow:
    """One comparison of one endpoint under one model: a row of ``survival.tsv``."""

    endpoint: str
    comparison: str
    model: str
    covariates: str
    strata: str
    n: int
    events: int
    n_target: float = NAN
    events_target: float = NAN
    n_reference: float = NAN
    events_reference: float = NAN
    HR: float = NAN
    ci_low: float = NAN
    ci_high: float = NAN
    pvalue: float = NAN
    logrank_chisq: float = NAN
    logrank_df: float = NAN
    logrank_p: float = NAN
    ph_p: float = NAN
    ph_global_p: float = NAN
    concordance: float = NAN
    rmst_horizon: float = NAN
    rmst_difference: float = NAN
    rmst_ci_low: float = NAN
    rmst_ci_high: float = NAN
    rmst_p: float = NAN
    time_unit: str = ""
    note: str = ""


SURVIVAL_COLUMNS = tuple(field.name for field in fields(ComparisonRow))
GROUP_COLUMNS = (
    "endpoint",
    "group",
    "n",
    "events",
    "median",
    "median_ci_low",
    "median_ci_high",
    "rmst_horizon",
    "rmst",
    "rmst_se",
    "median_follow_up",
    "time_unit",
)
TERM_TABLE_COLUMNS = (
    "endpoint",
    "model",
    "exposure",
    "covariate",
    "level",
    "HR",
    "ci_low",
    "ci_high",
    "log_hr",
    "se",
    "z",
    "pvalue",
    "ph_chisq",
    "ph_p",
    "n",
    "events",
)
CURVE_COLUMNS = (
    "endpoint",
    "group",
    "time",
    "n_risk",
    "n_event",
    "n_censored",
    "survival",
    "ci_low",
    "ci_high",
)
AT_RISK_COLUMNS = ("endpoint", "group", "time", "n_risk")
BEST_CUT_COLUMNS = (
    "endpoint",
    "marker",
    "cut",
    "n_low",
    "n_high",
    "statistic",
    "pvalue",
    "pvalue_miller_siegmund",
    "pvalue_bonferroni",
    "n_permutations",
    "naive_pvalue_invalid",
    "n_cuts",
    "share_from",
    "share_to",
    "higher_hazard",
)


@dataclass(frozen=True, eq=False)
class SurvivalResult:
    """Survival of the groups of a cohort.

    Attributes
    ----------
    table
        One row a comparison, endpoint and model, the columns of `SURVIVAL_COLUMNS`: ``model`` is
        ``unadjusted``, ``stratified`` or ``adjusted``; hazard ratios with intervals; ``n_target``
        and the like are NA for a number. Integers that can be missing are written whole.
    terms
        Every coefficient of every model, the columns of `TERM_TABLE_COLUMNS`; ``log_hr`` and
        ``se`` are natural logs.
    groups
        One row a group and endpoint, the columns of `GROUP_COLUMNS`.
    curves
        Kaplan-Meier curves, the columns of `CURVE_COLUMNS`.
    at_risk
        Numbers at risk at round times, the columns of `AT_RISK_COLUMNS`.
    best_cuts
        The columns of `BEST_CUT_COLUMNS`; empty where no cut was searched.
    excluded
        ``endpoint sample reason``: who was left out.
    time_units
        Unit of the times, by endpoint.
    rule
        How the groups were made, in words.
    notes
        Sentences on what the user should know.
    """

    table: pd.DataFrame
    terms: pd.DataFrame
    groups: pd.DataFrame
    curves: pd.DataFrame
    at_risk: pd.DataFrame
    best_cuts: pd.DataFrame
    excluded: pd.DataFrame
    time_units: dict[str, str]
    rule: str
    notes: tuple[str, ...]

    def write(self, folder: Path) -> list[Path]:
        """Write the tables into `folder`; the best cuts' only where one was searched."""
        from rnaseq_s6k1.io.tables import write_table

        tables = {
            "survival": self.table,
            "cox_terms": self.terms,
            "groups": self.groups,
            "curves": self.curves,
            "at_risk": self.at_risk,
            "excluded": self.excluded,
        }
        if len(self.best_cuts):
            tables["best_cut"] = self.best_cuts
        paths = []
        for name, table in tables.items():
            write_table(table, folder / f"{name}.tsv")
            paths.append(folder / f"{name}.tsv")
        return paths
