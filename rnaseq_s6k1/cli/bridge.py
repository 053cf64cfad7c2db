"""``bridge``: the signature of an experiment, scored in every tumour of a cohort."""

from __future__ import annotations

import logging
import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnaseq_s6k1.cli.clinical import load_cohort
from rnaseq_s6k1.cli.options import CommonOptions, CountsOptions
from rnaseq_s6k1.cli.survival import EndpointOptions
from rnaseq_s6k1.errors import DataError, UsageError

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

    from rnaseq_s6k1.cohort.score_bridge.run import BridgeResult
    from rnaseq_s6k1.cohort.survival.endpoints import EndpointColumns
    from rnaseq_s6k1.de.result import DEResult

__all__ = ["SignatureOptions", "Tumours", "bridge_step", "command", "print_bridge"]

logger = logging.getLogger(__name__)

_AXES = {
    "driver_expression": "Spearman's rho with the driver",
    "copy_number": "Spearman's rho with copy number",
    "proliferation": "Spearman's rho with proliferation",
    "outcome": "z of the Cox model (per SD of the score)",
}


class WeightsChoice(StrEnum):
    """Choices of ``--weights``."""

    sign = "sign"
    stat = "stat"
    lfc = "lfc"


class MethodChoice(StrEnum):
    """Choices of ``--method``."""

    zscore = "zscore"
    rank = "rank"


class ProliferationChoice(StrEnum):
    """Choices of ``--proliferation``."""

    hallmark = "hallmark"
    pcna = "pcna"


@dataclass(frozen=True)
class SignatureOptions:
    """Which genes make the signature, and how samples are scored by it."""

    results: Annotated[
        Path | None, typer.Option(help="A results table instead of the output directory's.")
    ] = None
    results_id_map: Annotated[
        Path | None, typer.Option(help="Two columns, id and name, for the genes of --results.")
    ] = None
    top: Annotated[
        int | None,
        typer.Option(help="The N genes with the largest statistic; without it the called genes."),
    ] = None
    weights: Annotated[
        WeightsChoice, typer.Option(help="A gene's sign, Wald statistic or log2 fold change.")
    ] = WeightsChoice.sign
    method: Annotated[
        MethodChoice, typer.Option(help="z-scores over the cohort, or ranks within a sample.")
    ] = MethodChoice.zscore
    proliferation: Annotated[
        ProliferationChoice,
        typer.Option(help="Meta-gene: Hallmark E2F and G2M, or what follows PCNA in the cohort."),
    ] = ProliferationChoice.hallmark
    random: Annotated[
        int, typer.Option(min=10, max=1_000_000, help="Random signatures to compare with.")
    ] = 1000
    window: Annotated[
        float, typer.Option(min=0.001, help="Mb around the driver whose genes are left out.")
    ] = 4.0


@dataclass(frozen=True, eq=False)
class Tumours:
    """The cohort that is scored, and its driver.

    Attributes
    ----------
    adata
        Integer counts, shape ``(n_samples, n_genes)``.
    clinical
        Copy number and endpoints, indexed by sample.
    gene
        The driver: symbol or gene id.
    copy_number
        Column with its copy-number level; by its name, where the table has one, without it.
    id_map
        File that names the genes.
    """

    adata: AnnData
    clinical: pd.DataFrame | None
    gene: str
    copy_number: str | None = None
    id_map: Path | None = None


def command(
    counts: Annotated[Path, typer.Argument(metavar="COUNTS", help="Count matrix of the cohort.")],
    chosen: SignatureOptions,
    outcome: EndpointOptions,
    reading: CountsOptions,
    common: CommonOptions,
    gene: Annotated[str, typer.Option(help="The driver: symbol or gene id.")] = "RPS6KB1",
    samples: Annotated[
        Path | None, typer.Option(help="Clinical table: copy number and endpoints.")
    ] = None,
    copy_number: Annotated[
        str | None,
        typer.Option(
            help="Column with the driver's copy-number level.  [default: GENE_gistic or GENE_cna]",
            show_default=False,
        ),
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN=VALUE", help="Use only these samples.")
    ] = None,
) -> None:
    """Score tumours by a differential-expression result, beside random signatures.

    The score is related to the driver's expression and copy number and to outcome, plainly and
    adjusted for a proliferation meta-gene. Reads de/results.tsv of the output directory or
    --results, writes bridge/bridge.tsv, scores and figures.

    Example: rnaseq-s6k1 bridge tumours.tsv --samples clinical.tsv --results
    knockdown/de/results.tsv --gene RPS6KB1 --endpoints OS
    """
    from rnaseq_s6k1.cli.loading import load_counts
    from rnaseq_s6k1.cli.tables import read_de_result

    if samples is None and (copy_number or where or outcome.names):
        raise UsageError("--copy-number, --where and --endpoints need a clinical table: --samples")
    result, read = read_de_result(common.out, chosen.results, chosen.results_id_map)
    inputs = [*read, counts, *(path for path in (samples, reading.id_map) if path is not None)]
    clinical: pd.DataFrame | None = None
    if samples is None:
        adata = load_counts(counts, reading)
    else:
        adata, clinical = load_cohort(counts, samples, reading, where or [])
    tumours = Tumours(adata, clinical, gene, copy_number, reading.id_map)
    bridge = bridge_step(result, tumours, chosen, outcome, common, inputs, where or [])
    print_bridge(bridge, result, common.out)


def bridge_step(
    result: DEResult,
    tumours: Tumours,
    chosen: SignatureOptions,
    outcome: EndpointOptions,
    common: CommonOptions,
    inputs: list[Path],
    where: list[str],
) -> BridgeResult:
    """Score the tumours by a result, write ``bridge/`` and its figures, and return the scores."""
    from rnaseq_s6k1.cli.activity import activity
    from rnaseq_s6k1.provenance import record_step

    arguments = {
        **vars(chosen),
        "gene": tumours.gene,
        "copy_number": tumours.copy_number,
        "endpoints": outcome.names,
        "time_unit": outcome.time_unit.value,
        "where": where,
    }
    folder = common.out / "bridge"
    with (
        record_step(
            "bridge", folder, arguments=arguments, inputs=inputs, seed=common.seed
        ) as record,
        activity("scoring tumours"),
    ):
        bridge = _bridge(result, tumours, chosen, outcome, common)
        for note in bridge.notes:
            logger.info("%s", note)
        record.outputs += bridge.write(folder)
        record.results |= {"driver": bridge.driver, "notes": list(bridge.notes)}
        if common.figures:
            record.outputs += _draw(bridge, folder / "figures")
    return bridge


def _bridge(
    result: DEResult,
    tumours: Tumours,
    chosen: SignatureOptions,
    outcome: EndpointOptions,
    common: CommonOptions,
) -> BridgeResult:
    from rnaseq_s6k1.cli.loading import matrix_gene_names
    from rnaseq_s6k1.cohort.score_bridge.run import BridgeSettings, run_bridge
    from rnaseq_s6k1.cohort.score_bridge.signature import signature_of_results
    from rnaseq_s6k1.genes.naming import name_genes

    split = {result.parameters.split_gene} - {""}
    signature = signature_of_results(
        result.table, top=chosen.top, weights=chosen.weights.value, exclude=split
    )
    adata, clinical = tumours.adata, tumours.clinical
    names = name_genes(
        adata.var_names, matrix_names=matrix_gene_names(adata), id_map=tumours.id_map
    ).names
    return run_bridge(
        adata,
        signature,
        driver=tumours.gene,
        names=names,
        clinical=clinical,
        copy_number=tumours.copy_number or _copy_number_column(tumours, names),
        endpoints=[] if clinical is None else _endpoints(clinical, outcome),
        settings=BridgeSettings(
            method=chosen.method.value,
            meta_gene=chosen.proliferation.value,
            window_mb=chosen.window,
            n_random=chosen.random,
            seed=common.seed,
        ),
    )


def _copy_number_column(tumours: Tumours, names: pd.Series) -> str | None:
    """Find the driver's copy number in the clinical table, where it varies."""
    from rnaseq_s6k1.cohort.copy_number import copy_number_columns
    from rnaseq_s6k1.cohort.driver_gene import find_gene
    from rnaseq_s6k1.design.levels import is_continuous

    if tumours.clinical is None:
        return None
    driver = find_gene(tumours.adata, tumours.gene, names=names).name
    column = copy_number_columns(tumours.clinical).get(driver)
    if column is None or not is_continuous(tumours.clinical[column]):
        return None
    return column if tumours.clinical[column].nunique() > 1 else None


def _endpoints(clinical: pd.DataFrame, outcome: EndpointOptions) -> list[EndpointColumns]:
    """Find the endpoints asked for, or those there are, which may be none."""
    from rnaseq_s6k1.cohort.survival.endpoints import find_endpoints

    try:
        return find_endpoints(clinical, outcome.names, time_unit=outcome.unit)
    except UsageError:
        if outcome.names:
            raise
        logger.info("the clinical table has no endpoint that is known, so no outcome is tested")
        return []


def _draw(bridge: BridgeResult, folder: Path) -> list[Path]:
    from rnaseq_s6k1.plots.random_null import random_null_panels
    from rnaseq_s6k1.plots.save import save_figure
    from rnaseq_s6k1.plots.score_scatter import score_scatter

    rows = bridge.table[bridge.table["relation"] == "driver_expression"].to_dict("records")
    scatter = score_scatter(bridge.scores, bridge.driver, lines=[_sentence(row) for row in rows])
    paths = save_figure(scatter, folder / "score_driver")
    try:
        axes = random_null_panels(bridge.table, bridge.random, labels=_AXES)
    except DataError as error:
        logger.warning("the figure of random signatures was not drawn: %s", error)
        return paths
    return [*paths, *save_figure(axes[0], folder / "random_signatures")]


def _sentence(row: Mapping[Hashable, Any]) -> str:
    adjusted = f" (adjusted for {row['adjustment']})" if row["adjustment"] != "none" else ""
    what = "HR per SD" if row["measure"] == "hazard_ratio_per_sd" else "rho"
    if math.isnan(row["estimate"]):
        return f"{row['variable']}{adjusted}: {what} cannot be told"
    return (
        f"{row['variable']}{adjusted}: {what} {row['estimate']:.2f} ({row['ci_low']:.2f} to "
        f"{row['ci_high']:.2f}), p = {row['pvalue']:.2g}; p among random signatures "
        f"{row['empirical_p']:.2g}"
    )


def print_bridge(bridge: BridgeResult, result: DEResult, out: Path) -> None:
    """Say on stdout what the score goes with, and how many random signatures do too."""
    typer.echo("Score bridge")
    for note in bridge.notes[:2]:
        typer.echo(f"  {note}")
    contrast = result.contrast
    target = contrast.target if contrast is not None else "the target of the contrast"
    typer.echo(f"  a high score means: expression as in {target}")
    for row in bridge.table.to_dict("records"):
        events = "" if row["relation"] != "outcome" else f", {row['events']} events"
        typer.echo(f"  {_sentence(row)} (n = {row['n']}{events})")
        if row["n_random"]:
            typer.echo(
                f"    {row['random_share_p05']:.0%} of {row['n_random']:,} random signatures have "
                "p < 0.05"
            )
        if row["note"]:
            typer.echo(f"    {row['note']}")
    typer.echo(f"  written to {out / 'bridge'}")
