"""``stratify``: high against low expression of a driver in a cohort."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnaseq_s6k1.cli.options import CommonOptions, ComparisonOptions, CountsOptions
from rnaseq_s6k1.cli.split_options import SplitOptions, copy_number_of

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

    from rnaseq_s6k1.cohort.stratify import Stratification

__all__ = ["command", "print_split", "split_step"]

logger = logging.getLogger(__name__)

_SHOWN_WARNINGS = 5


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
    from rnaseq_s6k1.cohort.balance import balance_table, covariates, imbalance_warnings
    from rnaseq_s6k1.cohort.stratify import stratify, with_groups
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
        record.results |= {"high": split.n_high, "low": split.n_low}
        _warn_of_imbalance(imbalance_warnings(balance))
        if common.figures:
            from rnaseq_s6k1.cli.figures import draw_split_figure

            record.outputs += draw_split_figure(split, folder / "figures")
    return split, balance


def _warn_of_imbalance(sentences: list[str]) -> None:
    for sentence in sentences[:_SHOWN_WARNINGS]:
        logger.warning("%s", sentence)
    if len(sentences) > _SHOWN_WARNINGS:
        logger.warning(
            "%d more covariates differ; see stratify/balance.tsv, and adjust with --covariates",
            len(sentences) - _SHOWN_WARNINGS,
        )


def print_split(split: Stratification, balance: pd.DataFrame, out: Path) -> None:
    """Say on stdout how the cohort was cut and how the groups differ."""
    typer.echo(f"Split by {split.gene}")
    typer.echo(f"  {split.sentence}")
    for one in split.strata:
        if one.reason:
            typer.echo(f"  {split.within} {one.stratum} is left out: {one.reason}")
    typer.echo(
        f"  balance of {len(balance)} rows of covariates in {out / 'stratify' / 'balance.tsv'}"
    )
