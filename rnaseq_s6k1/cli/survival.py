"""``survival``: outcome of groups of a cohort, or along a gene or a marker."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnaseq_s6k1.cli.options import CommonOptions, CountsOptions
from rnaseq_s6k1.cli.split_options import CUT_HELP
from rnaseq_s6k1.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

    from rnaseq_s6k1.cohort.survival.groups import Groups, Marker
    from rnaseq_s6k1.cohort.survival.result import SurvivalResult

__all__ = [
    "EndpointOptions",
    "TimeUnitChoice",
    "command",
    "load_clinical",
    "load_cohort",
    "print_survival",
]

logger = logging.getLogger(__name__)

_SHOWN_LINES = 6


class TimeUnitChoice(StrEnum):
    """Choices of ``--time-unit``."""

    auto = "auto"
    days = "days"
    weeks = "weeks"
    months = "months"
    years = "years"


@dataclass(frozen=True)
class EndpointOptions:
    """Which endpoints are read, and from which columns."""

    endpoints: Annotated[
        str | None,
        typer.Option(
            metavar="OS,PFI",
            help="Endpoints (columns OS and OS.time, or OS_STATUS and OS_MONTHS), or "
            "NAME=EVENT:TIME; all that are known without it.",
        ),
    ] = None
    time_unit: Annotated[
        TimeUnitChoice,
        typer.Option(help="Unit of the times; auto: by the column's name, else days."),
    ] = TimeUnitChoice.auto

    @property
    def names(self) -> list[str]:
        """The endpoints as a list."""
        return _listed(self.endpoints)

    @property
    def unit(self) -> str:
        """The unit stated, or nothing."""
        return "" if self.time_unit is TimeUnitChoice.auto else self.time_unit.value


@dataclass(frozen=True)
class CompareOptions:
    """What survival is compared by."""

    gene: Annotated[
        str | None,
        typer.Option(help="Cut the cohort on this gene.  [default with counts: RPS6KB1]"),
    ] = None
    group: Annotated[
        str | None, typer.Option(help="Compare the levels of this column of the clinical table.")
    ] = None
    target: Annotated[
        str | None, typer.Option(help="With --group: this level, against all others.")
    ] = None
    reference: Annotated[
        str | None, typer.Option(help="With --group: the level compared against.")
    ] = None
    marker: Annotated[
        str | None, typer.Option(help="Cut this numeric column of the clinical table.")
    ] = None
    cut: Annotated[
        str | None, typer.Option(help=f"{CUT_HELP[:-1]}; of a marker, its own unit.  [tertile]")
    ] = None
    continuous: Annotated[
        bool, typer.Option("--continuous", help="Also the hazard ratio per standard deviation.")
    ] = False
    best_cut: Annotated[
        bool,
        typer.Option(
            "--best-cut", help="Also search the best cut, its p corrected for the search."
        ),
    ] = False
    best_cut_range: Annotated[
        str, typer.Option(help="Shares of the samples between which --best-cut searches.")
    ] = "0.1,0.9"
    permutations: Annotated[
        int, typer.Option(min=99, max=10_000_000, help="Random pairings for the p of --best-cut.")
    ] = 9_999

    def check(self) -> None:
        """Refuse options that contradict each other, before any work.

        Raises
        ------
        UsageError
            If more than one thing is to be compared by, or an option lacks what it belongs to.
        """
        given = [
            name
            for name, value in (
                ("--gene", self.gene),
                ("--group", self.group),
                ("--marker", self.marker),
            )
            if value is not None
        ]
        if len(given) > 1:
            raise UsageError(f"{' and '.join(given)} exclude each other; compare by one of them")
        if self.group is None and (self.target is not None or self.reference is not None):
            raise UsageError("--target and --reference are levels of a --group COLUMN; name it")
        if self.group is not None:
            if self.cut is not None:
                raise UsageError("--cut cuts a number; --group has its groups: leave one out")
            if self.continuous or self.best_cut:
                raise UsageError("--continuous and --best-cut need a number: --gene or --marker")
        _ = self.range

    @property
    def range(self) -> tuple[float, float]:
        """The two shares of ``--best-cut-range``."""
        parts = self.best_cut_range.split(",")
        try:
            low, high = (float(part) for part in parts)
        except ValueError:
            low, high = 0.0, 0.0
        if not 0 < low < high < 1:
            raise UsageError(
                f"--best-cut-range {self.best_cut_range[:40]!r}: give two shares in order, "
                "such as 0.1,0.9"
            )
        return low, high


def command(
    table: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT", help="Count matrix, with --samples; or a clinical table alone."
        ),
    ],
    compare: CompareOptions,
    outcome: EndpointOptions,
    reading: CountsOptions,
    common: CommonOptions,
    samples: Annotated[
        Path | None, typer.Option(help="Clinical table of the counts, with the endpoints.")
    ] = None,
    covariates: Annotated[
        str | None, typer.Option(help="Columns to adjust for, separated by commas.")
    ] = None,
    strata: Annotated[
        str | None, typer.Option(help="Columns with a baseline hazard for each level.")
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN=VALUE", help="Use only these samples.")
    ] = None,
) -> None:
    """Compare survival by a gene, groups or a marker: curves, log-rank tests, Cox models.

    The cut is fixed before any outcome is seen; --best-cut searches one, and says what the
    search costs. Writes survival/survival.tsv, curves, numbers at risk and figures.

    Example: rnaseq-s6k1 survival counts.tsv --samples clinical.tsv --gene RPS6KB1
    --endpoints OS,PFI --covariates ER
    """
    from rnaseq_s6k1.cohort.survival.endpoints import find_endpoints
    from rnaseq_s6k1.cohort.survival.run import BestCutSearch, run_survival
    from rnaseq_s6k1.provenance import record_step

    if samples is None and compare.group is None and compare.marker is None:
        raise UsageError(
            "a clinical table alone needs --group COLUMN or --marker COLUMN; for a gene give "
            "counts, and their clinical table with --samples"
        )
    folder = common.out / "survival"
    inputs = [path for path in (table, samples, reading.id_map) if path is not None]
    arguments = {
        **vars(compare),
        "endpoints": outcome.names,
        "time_unit": outcome.time_unit.value,
        "covariates": _listed(covariates),
        "strata": _listed(strata),
        "where": where or [],
    }
    with record_step(
        "survival", folder, arguments=arguments, inputs=inputs, seed=common.seed
    ) as record:
        if samples is None:
            clinical = load_clinical(table, where or [])
            groups, marker = _from_columns(clinical, compare)
        else:
            adata, clinical = load_cohort(table, samples, reading, where or [])
            groups, marker = _from_counts(adata, clinical, compare, reading.id_map)
        endpoints = find_endpoints(clinical, outcome.names, time_unit=outcome.unit)
        for one in endpoints:
            if not one.stated:
                logger.info(
                    "%s: the times in %s are taken for days, as TCGA's are; --time-unit says "
                    "otherwise",
                    one.name,
                    one.time,
                )
        low, high = compare.range
        search = BestCutSearch(low, high, compare.permutations, common.seed)
        result = run_survival(
            clinical,
            endpoints,
            groups=groups,
            marker=marker if compare.continuous or compare.best_cut else None,
            continuous=compare.continuous,
            covariates=_listed(covariates),
            strata=_listed(strata),
            search=search if compare.best_cut else None,
        )
        for note in result.notes:
            logger.info("%s", note)
        record.outputs += result.write(folder)
        record.results |= {
            "endpoints": [one.name for one in endpoints],
            "rule": result.rule,
            "notes": list(result.notes),
        }
        if common.figures:
            record.outputs += _draw(result, groups, folder / "figures")
    print_survival(result, common.out)


def load_clinical(path: Path, where: list[str]) -> pd.DataFrame:
    """Read a clinical table, one row a TCGA patient, and keep the rows asked for."""
    from rnaseq_s6k1.cohort.clinical_rows import one_row_per_patient
    from rnaseq_s6k1.design.clinical import read_clinical_table

    return _filtered(one_row_per_patient(read_clinical_table(path)), where)


def load_cohort(
    counts: Path, samples: Path, reading: CountsOptions, where: list[str]
) -> tuple[AnnData, pd.DataFrame]:
    """Read counts and their clinical table, and keep the samples that have both."""
    from rnaseq_s6k1.cli.loading import load_counts
    from rnaseq_s6k1.cohort.clinical_rows import clinical_of_samples, one_row_per_patient
    from rnaseq_s6k1.design.clinical import read_clinical_table

    adata = load_counts(counts, reading)
    table = clinical_of_samples(read_clinical_table(samples), adata.obs_names)
    clinical = _filtered(one_row_per_patient(table), where)
    return adata[clinical.index].copy(), clinical


def _filtered(clinical: pd.DataFrame, where: list[str]) -> pd.DataFrame:
    from anndata import AnnData

    from rnaseq_s6k1.design.where import filter_samples

    if not where:
        return clinical
    kept: pd.DataFrame = filter_samples(AnnData(obs=clinical), where).obs
    rows = clinical.loc[kept.index]
    rows.attrs = dict(clinical.attrs)
    return rows


def _from_columns(clinical: pd.DataFrame, compare: CompareOptions) -> tuple[Groups, Marker | None]:
    from rnaseq_s6k1.cohort.survival.groups import cut_marker, groups_of_column, marker_of_column

    if compare.marker is not None:
        marker = marker_of_column(clinical, compare.marker)
        return cut_marker(marker, compare.cut or "tertile"), marker
    if compare.group is None:
        raise UsageError("--gene needs counts: give them, and the clinical table with --samples")
    groups = groups_of_column(
        clinical, compare.group, target=compare.target, reference=compare.reference
    )
    return groups, None


def _from_counts(
    adata: AnnData, clinical: pd.DataFrame, compare: CompareOptions, id_map: Path | None
) -> tuple[Groups, Marker | None]:
    from rnaseq_s6k1.cli.loading import matrix_gene_names
    from rnaseq_s6k1.cohort.stratify import stratify
    from rnaseq_s6k1.cohort.survival.groups import Marker, groups_of_split
    from rnaseq_s6k1.genes.naming import name_genes

    if compare.group is not None or compare.marker is not None:
        return _from_columns(clinical, compare)
    names = name_genes(adata.var_names, matrix_names=matrix_gene_names(adata), id_map=id_map).names
    split = stratify(adata, compare.gene or "RPS6KB1", cut=compare.cut or "tertile", names=names)
    for note in split.notes:
        logger.info("%s", note)
    used = split.samples.dropna(subset=["expression"]).set_index("sample")["expression"]
    return groups_of_split(split), Marker(split.gene, used.astype(float), "log2 CPM")


def _draw(result: SurvivalResult, groups: Groups, folder: Path) -> list[Path]:
    from rnaseq_s6k1.cohort.survival.endpoints import KNOWN_ENDPOINTS
    from rnaseq_s6k1.cohort.survival.ticks import display_unit
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
            endpoint=f"{KNOWN_ENDPOINTS[endpoint]} ({endpoint})"
            if endpoint in KNOWN_ENDPOINTS
            else endpoint,
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


def _listed(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]
