"""What a comparison of survival came to, in words and figures."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rnaseq_s6k1.cohort.survival.groups import Groups
    from rnaseq_s6k1.cohort.survival.result import SurvivalResult

__all__ = ["draw_survival", "print_survival"]

_SHOWN_LINES = 6


def draw_survival(result: SurvivalResult, groups: Groups, folder: Path) -> list[Path]:
    """Draw the curves of each endpoint into a file of its own."""
    from rnaseq_s6k1.cohort.survival.ticks import display_unit
    from rnaseq_s6k1.io.endpoints import ENDPOINTS
    from rnaseq_s6k1.plots.kaplan_meier import kaplan_meier_plot
    from rnaseq_s6k1.plots.save import save_figure

    paths: list[Path] = []
    taken: set[str] = set()
    for endpoint in result.curves["endpoint"].unique():
        curves = result.curves[result.curves["endpoint"] == endpoint]
        at_risk = result.at_risk[result.at_risk["endpoint"] == endpoint]
        unit, size = display_unit(float(curves["time"].max()), result.time_units[endpoint])
        present = [one for one in groups.levels if one in set(curves["group"])]
        ax = kaplan_meier_plot(
            curves,
            at_risk,
            endpoint=f"{ENDPOINTS[endpoint]} ({endpoint})" if endpoint in ENDPOINTS else endpoint,
            unit=unit,
            unit_size=size,
            groups=present,
            title=groups.name,
            lines=_figure_lines(result, endpoint),
        )
        stem = re.sub(r"[^A-Za-z0-9.-]+", "_", endpoint)[:40].strip("._") or "endpoint"
        while f"km_{stem}".lower() in taken:
            stem += "_"
        taken.add(f"km_{stem}".lower())
        paths += save_figure(ax, folder / f"km_{stem}")
    return paths


def _figure_lines(result: SurvivalResult, endpoint: str) -> list[str]:
    """Word the hazard ratios and tests of an endpoint's groups for its figure."""
    rows = result.table[result.table["endpoint"] == endpoint]
    rows = rows[rows["n_target"].notna()]
    return [
        f"{row['comparison']}{_model(row)}: {_ratio(row, short=not math.isnan(row['logrank_p']))}"
        f"{_log_rank(row)}"
        for row in rows.head(_SHOWN_LINES).to_dict("records")
    ]


def _model(row: Mapping[Hashable, Any]) -> str:
    if row["model"] == "unadjusted":
        return ""
    parts = [f"adjusted for {row['covariates'].replace(',', ', ')}"] if row["covariates"] else []
    parts += [f"stratified by {row['strata'].replace(',', ', ')}"] if row["strata"] else []
    return f" ({', '.join(parts)})"


def _ratio(row: Mapping[Hashable, Any], *, short: bool = False) -> str:
    """Word a hazard ratio; in short, without its p where the log-rank test's follows."""
    ratio, low, high, p = (float(row[name]) for name in ("HR", "ci_low", "ci_high", "pvalue"))
    if math.isnan(ratio):
        return "HR cannot be told"
    text = f"HR {ratio:.2f} (95 % CI {low:.2f} to {high:.2f})"
    return text if short else f"{text}, p = {p:.2g}"


def _log_rank(row: Mapping[Hashable, Any]) -> str:
    p = float(row["logrank_p"])
    if math.isnan(p):
        return ""
    return f", log-rank p{' (all groups)' if row['logrank_df'] > 1 else ''} = {p:.2g}"


def print_survival(result: SurvivalResult, out: Path) -> None:
    """Say on stdout what was compared and what came out."""
    typer.echo("Survival")
    if result.rule:
        typer.echo(f"  {result.rule}")
    for endpoint, rows in result.table.groupby("endpoint", sort=False):
        typer.echo(f"  {endpoint} (times in {result.time_units[str(endpoint)]})")
        for row in rows.to_dict("records"):
            typer.echo(
                f"    {row['comparison']}{_model(row)}: n = {row['n']}, {row['events']} events, "
                f"{_ratio(row)}{_log_rank(row)}"
            )
            if row["note"]:
                typer.echo(f"      {row['note']}")
    for row in result.best_cuts.to_dict("records"):
        typer.echo(
            f"  {row['endpoint']}: best cut of {row['marker']} at {row['cut']:.4g} ({row['n_low']} "
            f"low, {row['n_high']} high), p corrected for the search = {row['pvalue']:.2g}; the "
            f"naive log-rank p ({row['naive_pvalue_invalid']:.2g}) is invalid: the outcome chose "
            "the cut"
        )
    typer.echo(f"  written to {out / 'survival'}")
