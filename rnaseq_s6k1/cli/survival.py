"""``survival``: outcome of groups of a cohort, or along a gene or a marker."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnaseq_s6k1.cli.clinical import load_clinical, load_cohort
from rnaseq_s6k1.cli.options import CommonOptions, CountsOptions
from rnaseq_s6k1.cli.split_options import CUT_HELP
from rnaseq_s6k1.cli.survival_summary import draw_survival, print_survival
from rnaseq_s6k1.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

    from rnaseq_s6k1.cohort.survival.groups import Groups, Marker

__all__ = ["EndpointOptions", "TimeUnitChoice", "command"]

logger = logging.getLogger(__name__)


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
            record.outputs += draw_survival(result, groups, folder / "figures")
    print_survival(result, common.out)


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


def _listed(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]
