"""``correlate``: the driver's expression against that of other genes."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnaseq_s6k1.cli.options import (
    CommonOptions,
    ComparisonOptions,
    CountsOptions,
    NormalisationChoice,
    NormalisationOption,
)
from rnaseq_s6k1.errors import UsageError

if TYPE_CHECKING:
    from rnaseq_s6k1.cohort.correlation import CorrelationResult

__all__ = ["command"]

logger = logging.getLogger(__name__)

_SHOWN = 12


def command(
    counts: Annotated[Path, typer.Argument(metavar="COUNTS", help="Count matrix or folder.")],
    reading: CountsOptions,
    common: CommonOptions,
    gene: Annotated[str, typer.Option(help="The driver: symbol or gene id.")] = "RPS6KB1",
    genes: Annotated[
        str | None,
        typer.Option(
            help="Genes, separated by commas, or a file with one a line.  [default: CCNE2, RB1, "
            "CDK2, CCND1, CDK4, CCNE1, MYC, E2F1, CDK6]"
        ),
    ] = None,
    all_genes: Annotated[
        bool, typer.Option("--all-genes", help="Every gene with a median count of at least 10.")
    ] = False,
    partial: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Given this column of the sheet, such as the driver's copy number; repeatable.",
        ),
    ] = None,
    normalisation: NormalisationOption = NormalisationChoice.tmm,
    samples: Annotated[Path | None, typer.Option(help="Sample sheet (TSV or CSV).")] = None,
    where: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN=VALUE", help="Use only these samples.")
    ] = None,
) -> None:
    """Correlate a driver's expression with that of chosen genes, or of all.

    Spearman, or partial Spearman (of rank residuals) given --partial; with each gene's
    percentile among all genes. Writes correlate/correlations.tsv.

    Example: rnaseq-s6k1 correlate counts.tsv --samples clinical.tsv --partial RPS6KB1_gistic
    """
    from rnaseq_s6k1.cli.activity import activity
    from rnaseq_s6k1.cli.loading import (
        input_files,
        load_counts,
        load_experiment,
        matrix_gene_names,
    )
    from rnaseq_s6k1.cohort.correlation import DEFAULT_GENES, correlate
    from rnaseq_s6k1.genes.naming import name_genes
    from rnaseq_s6k1.provenance import record_step

    if all_genes and genes is not None:
        raise UsageError("--all-genes and --genes exclude each other; give one")
    if partial and samples is None and counts.suffix != ".h5ad":
        raise UsageError("--partial names columns of a sample sheet; give one with --samples")
    wanted, listed_in = _wanted(genes)
    adata = load_experiment(
        load_counts(counts, reading), ComparisonOptions(samples=samples, where=where or [])
    )
    folder = common.out / "correlate"
    arguments = {
        "gene": gene,
        "genes": "all" if all_genes else wanted or list(DEFAULT_GENES),
        "partial": partial or [],
        "normalisation": normalisation.value,
        "where": where or [],
    }
    inputs = input_files(counts, samples, reading.id_map, listed_in)
    with record_step(
        "correlate", folder, arguments=arguments, inputs=inputs, seed=common.seed
    ) as record:
        names = name_genes(
            adata.var_names, matrix_names=matrix_gene_names(adata), id_map=reading.id_map
        ).names
        with activity("correlating"):
            found = correlate(
                adata,
                gene,
                genes=None if all_genes else wanted or DEFAULT_GENES,
                partial=partial or [],
                names=names,
                normalisation=normalisation.value,
            )
        record.outputs += found.write(folder)
        record.results |= {
            "n": found.n,
            "degrees_of_freedom": found.degrees_of_freedom,
            "background": len(found.background),
        }
        for note in found.notes:
            logger.info("%s", note)
        if common.figures:
            from rnaseq_s6k1.cli.figures import draw_correlation_figures

            with activity("drawing figures"):
                record.outputs += draw_correlation_figures(found, folder / "figures")
    _print(found, folder)


def _wanted(genes: str | None) -> tuple[list[str], Path | None]:
    """Give the genes asked for, and the file they stood in."""
    from rnaseq_s6k1.cli.cohort.inputs import split_names
    from rnaseq_s6k1.enrichment.ora import read_gene_list

    if genes is None:
        return [], None
    if "," not in genes and len(genes) < 4_096 and Path(genes).is_file():
        return sorted(read_gene_list(Path(genes))), Path(genes)
    names = split_names(genes)
    if not names:
        raise UsageError("--genes names no gene")
    return names, None


def _print(found: CorrelationResult, folder: Path) -> None:
    from rnaseq_s6k1.cohort.correlation import PAPER_RHO

    typer.echo("Correlation")
    typer.echo(f"  {found.sentence}")
    for row in found.table.head(_SHOWN).to_dict("records"):
        typer.echo(
            f"  {str(row['gene_name'])[:16]:<16} {row['rho']:6.2f} (95 % CI {row['ci_low']:5.2f} "
            f"to {row['ci_high']:5.2f})  FDR {row['padj']:<8.2g} above {row['percentile']:.0f} % "
            f"of all genes{', in the amplicon' if row['amplicon'] else ''}"
        )
    if len(found.table) > _SHOWN:
        typer.echo(f"  and {len(found.table) - _SHOWN:,} more genes")
    if found.gene == "RPS6KB1" and not found.covariates:
        smallest = min(PAPER_RHO.values())
        typer.echo(
            f"  {100 * found.share_above(smallest):.0f} % of all genes exceed {smallest:g}, the "
            "smallest correlation the founding paper reports"
        )
    typer.echo(f"  written to {folder}")
