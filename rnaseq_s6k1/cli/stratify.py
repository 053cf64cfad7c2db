"""``stratify``: high against low expression of a driver in a cohort."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnaseq_s6k1.cli.options import CommonOptions, ComparisonOptions, CountsOptions
from rnaseq_s6k1.cli.split_options import SplitOptions, copy_number_of
from rnaseq_s6k1.io.wording import listing

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

    from rnaseq_s6k1.cohort.stratify import Stratification

__all__ = ["command", "print_split", "split_step"]

logger = logging.getLogger(__name__)

_SHOWN_WARNINGS = 5
_NAMED = 20


def command(
    counts: Annotated[Path, typer.Argument(metavar="COUNTS", help="Count matrix or folder.")],
    reading: CountsOptions,
    cutting: SplitOptions,
    common: CommonOptions,
    gene: Annotated[str, typer.Option(help="The driver: symbol or gene id.")] = "RPS6KB1",
    samples: Annotated[Path | None, typer.Option(help="Sample sheet, for the balance.")] = None,
    where: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN=VALUE", help="Use only these samples.")
    ] = None,
) -> None:
    """Split a cohort into high and low expression, or copy number, of a driver gene.

    Writes stratify/samples.tsv (a sample sheet with the column group),
    stratify/balance.tsv and, with --within, stratify/strata.tsv.

    Example: rnaseq-s6k1 stratify counts.tsv --samples clinical.tsv --gene RPS6KB1

    Example: rnaseq-s6k1 stratify counts.tsv --cut median --normalisation library_size
    """
    from rnaseq_s6k1.cli.loading import input_files, load_counts, load_experiment

    chosen = ComparisonOptions(samples=samples, where=where or [])
    adata = load_experiment(load_counts(counts, reading), chosen)
    inputs = input_files(counts, samples, reading.id_map, cutting.copy_number)
    split, balance = split_step(adata, gene, cutting, reading.id_map, common, common.out, inputs)
    print_split(split, balance, common.out)


def split_step(
    adata: AnnData,
    gene: str,
    cutting: SplitOptions,
    id_map: Path | None,
    common: CommonOptions,
    out: Path,
    inputs: list[Path],
) -> tuple[Stratification, pd.DataFrame]:
    """Split the cohort, write ``stratify/``, and return groups and balance."""
    import pandas as pd

    from rnaseq_s6k1.cli.loading import matrix_gene_names
    from rnaseq_s6k1.cohort.balance import balance_table, covariates
    from rnaseq_s6k1.cohort.split_samples import with_groups
    from rnaseq_s6k1.cohort.stratify import stratify
    from rnaseq_s6k1.genes.naming import name_genes
    from rnaseq_s6k1.io.tables import write_table
    from rnaseq_s6k1.provenance import record_step

    folder = out / "stratify"
    arguments = {
        "gene": gene,
        **{name: getattr(cutting, name) for name in cutting.__dataclass_fields__},
    }
    with record_step(
        "stratify", folder, arguments=arguments, inputs=inputs, seed=common.seed
    ) as record:
        names = name_genes(
            adata.var_names, matrix_names=matrix_gene_names(adata), id_map=id_map
        ).names
        split = stratify(
            adata,
            gene,
            cut=cutting.cut,
            within=cutting.within,
            copy_number=copy_number_of(adata, gene, names, cutting),
            names=names,
            normalisation=cutting.normalisation.value,
        )
        compared, column = with_groups(adata, split)
        balance = balance_table(covariates(compared), compared.obs[column])
        sheet = split.samples.merge(
            adata.obs.reset_index(names="sample"), on="sample", how="left", suffixes=("", "_sheet")
        )
        write_table(sheet, folder / "samples.tsv")
        write_table(balance, folder / "balance.tsv")
        record.outputs += [folder / "samples.tsv", folder / "balance.tsv"]
        if split.strata:
            write_table(pd.DataFrame(split.strata), folder / "strata.tsv")
            record.outputs.append(folder / "strata.tsv")
        balance.attrs["aside"] = _aside(compared.obs, split)
        record.results |= {"high": split.n_high, "low": split.n_low}
        _warn_of_imbalance(balance)
        if common.figures:
            from rnaseq_s6k1.cli.figures import draw_split_figure

            record.outputs += draw_split_figure(split, folder / "figures")
    return split, balance


def _aside(sheet: pd.DataFrame, split: Stratification) -> list[str]:
    """Give the columns that cannot be confounders: the driver's own, and outcomes."""
    from rnaseq_s6k1.cohort.survival.endpoints import find_endpoints
    from rnaseq_s6k1.errors import UsageError

    columns = [str(name) for name in sheet.columns]
    starts = tuple(f"{name}_".casefold() for name in {split.gene, split.gene_id})
    own = [name for name in columns if name.casefold().startswith(starts)]
    try:
        endpoints = find_endpoints(sheet)
    except UsageError:  # it has none
        endpoints = []
    return [*own, *(column for one in endpoints for column in (one.event, one.time))]


def _warn_of_imbalance(balance: pd.DataFrame) -> None:
    from rnaseq_s6k1.cohort.balance import imbalance_warnings, unbalanced

    aside = balance.attrs["aside"]
    for sentence in imbalance_warnings(balance, aside=aside)[:_SHOWN_WARNINGS]:
        logger.warning("%s", sentence)
    rest = unbalanced(balance, aside=aside)["covariate"].tolist()[_SHOWN_WARNINGS:]
    if rest:
        logger.warning(
            "groups differ in %d more: %s; see stratify/balance.tsv, and adjust with --covariates",
            len(rest),
            listing(rest, _NAMED),
        )


def print_split(
    split: Stratification, balance: pd.DataFrame, out: Path, adjusted: Sequence[str] = ()
) -> None:
    """Say on stdout how the cohort was cut and how the groups differ."""
    from rnaseq_s6k1.cohort.balance import SMD_LIMIT, unbalanced

    typer.echo(f"Split by {split.gene}")
    typer.echo(f"  {split.sentence}")
    for one in split.strata:
        if one.reason:
            typer.echo(f"  {split.within} {one.stratum} is left out: {one.reason}")
    differ = unbalanced(balance, aside=balance.attrs["aside"])["covariate"].tolist()
    path = out / "stratify" / "balance.tsv"
    if not differ:
        typer.echo(f"  the groups are balanced in all covariates of {path}")
        return
    typer.echo(
        f"  the groups differ (standardised difference beyond {SMD_LIMIT:g}) in "
        f"{listing(differ, _NAMED)}; see {path}"
    )
    if handled := [name for name in differ if name in adjusted]:
        typer.echo(f"  adjusted for: {listing(handled, _NAMED)}")
