"""``cohort copy-number``: a gene's expression against its own copy number."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnaseq_s6k1.cli.cohort.inputs import CountsArgument, MeasuredGene, SheetOptions, ValuesOption
from rnaseq_s6k1.cli.options import CommonOptions, CountsOptions
from rnaseq_s6k1.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["command"]


def command(
    reading: CountsOptions,
    sheet: SheetOptions,
    common: CommonOptions,
    counts: CountsArgument = None,
    gene: Annotated[str, typer.Option(help="The gene: symbol or gene id.")] = "RPS6KB1",
    values: ValuesOption = None,
    copy_number: Annotated[
        Path | None, typer.Option(help="GISTIC levels, genes x samples.")
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(help="Column of the sheet with the levels.  [default: GENE_gistic]"),
    ] = None,
) -> None:
    """Test whether a gene's expression follows its copy number.

    Spearman, the Jonckheere-Terpstra trend and Kruskal-Wallis over GISTIC's levels; writes
    cohort/copy_number/.

    Example: rnaseq-s6k1 cohort copy-number counts.tsv --samples clinical.tsv --gene RPS6KB1
    """
    from rnaseq_s6k1.cli.cohort.inputs import load_expression
    from rnaseq_s6k1.cli.loading import input_files
    from rnaseq_s6k1.cohort.copy_number import copy_number_expression
    from rnaseq_s6k1.provenance import record_step

    if copy_number is not None and column is not None:
        raise UsageError("--copy-number and --column both give the levels; leave one out")
    measured = load_expression(counts, values, gene, reading, sheet)
    measured, levels = _levels(measured, copy_number, column)
    folder = common.out / "cohort" / "copy_number"
    given = [path for path in (counts, values, sheet.samples, copy_number, reading.id_map) if path]
    arguments = {"gene": gene, "column": column, "where": sheet.where}
    with record_step(
        "cohort copy-number",
        folder,
        arguments=arguments,
        inputs=input_files(given[0], *given[1:]),
        seed=common.seed,
    ) as record:
        found = copy_number_expression(
            {str(name): measured.expressions[name] for name in measured.expressions},
            levels,
            measured.gene,
        )
        record.outputs += found.write(folder)
        record.results |= {"n": len(found.samples), "spearman": found.tests["statistic"].iloc[0]}
        if common.figures:
            from rnaseq_s6k1.cli.cohort.figures import draw_copy_number

            record.outputs += draw_copy_number(found, folder / "figures")
    typer.echo("Copy number and expression")
    typer.echo(f"  {found.sentence}")
    for row in found.tests.iloc[1:].to_dict("records"):
        if row["test"] != "Jonckheere-Terpstra":
            typer.echo(
                f"  {row['test']} ({row['expression']}): {row['statistic']:.3f}, "
                f"p = {row['pvalue']:.2g}"
            )
    for row in found.comparison.groups.to_dict("records"):
        typer.echo(f"  {row['group']:<20} n = {row['n']:<5} median {row['median']:.2f}")
    typer.echo(f"  written to {folder}")


def _levels(
    measured: MeasuredGene, copy_number: Path | None, column: str | None
) -> tuple[MeasuredGene, pd.Series]:
    """Give the levels of the gene, and its expression in the samples that have them."""
    import pandas as pd

    from rnaseq_s6k1.cli.cohort.inputs import find_row, load_copy_number
    from rnaseq_s6k1.cohort.copy_number import copy_number_columns
    from rnaseq_s6k1.cohort.matching import matched
    from rnaseq_s6k1.design.levels import is_continuous
    from rnaseq_s6k1.design.wording import did_you_mean, listed

    if copy_number is not None:
        table = load_copy_number(copy_number)
        row = table.loc[find_row(table.index, measured.gene, str(copy_number))]
        tables = matched(
            {"the expression": measured.expressions, "the copy numbers": pd.DataFrame({"x": row})}
        )
        used = tables["the expression"]
        kept = MeasuredGene(measured.gene, used, measured.obs.loc[used.index])
        return kept, tables["the copy numbers"]["x"]
    columns = [str(name) for name in measured.obs.columns]
    name = column or copy_number_columns(measured.obs).get(measured.gene)
    if name is None or name not in columns:
        asked = name or f"{measured.gene}_gistic"
        raise UsageError(
            f"the sample sheet has no column {asked[:60]!r} with copy-number levels"
            f"{did_you_mean(asked, columns)}; it has {listed(columns, 20)}; name one with "
            "--column, or a table with --copy-number"
        )
    if not is_continuous(measured.obs[name]):
        raise UsageError(f"column {name[:60]!r} does not hold numbers, and so no GISTIC levels")
    return measured, measured.obs[name]
