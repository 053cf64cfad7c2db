"""``cohort protein``: a gene's mRNA against its protein."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnaseq_s6k1.cli.cohort.inputs import CountsArgument, SheetOptions, ValuesOption
from rnaseq_s6k1.cli.options import CommonOptions, ComparisonOptions, CountsOptions
from rnaseq_s6k1.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from rnaseq_s6k1.cohort.protein import ProteinCorrelation

__all__ = ["command"]


def command(
    reading: CountsOptions,
    sheet: SheetOptions,
    common: CommonOptions,
    protein: Annotated[Path, typer.Option(help="Protein amounts, proteins x samples.")],
    counts: CountsArgument = None,
    gene: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GENE[=PROTEIN]",
            help="Gene, and its row in --protein where that has another name; repeatable.  "
            "[default: RPS6KB1]",
        ),
    ] = None,
    values: ValuesOption = None,
) -> None:
    """Correlate a gene's mRNA with the amount of its protein.

    Spearman with interval, and where it stands among all genes that both tables name; writes
    cohort/protein/.

    Example: rnaseq-s6k1 cohort protein counts.tsv --protein rppa.tsv --gene RPS6KB1=p70S6K1
    """
    from rnaseq_s6k1.cli.cohort.inputs import find_row, load_sheet
    from rnaseq_s6k1.cohort.matching import matched
    from rnaseq_s6k1.cohort.protein import mrna_against_protein
    from rnaseq_s6k1.io.value_matrix import read_value_matrix
    from rnaseq_s6k1.provenance import record_step

    if (counts is None) == (values is None):
        raise UsageError("give the mRNA as either COUNTS or --values, and not both")
    proteins = read_value_matrix(protein).T
    scale, mrna = _mrna(counts, values, reading, sheet)
    tables = {"the mRNA": mrna, "the protein": proteins}
    if values is not None and sheet.samples is not None:
        tables["the sample sheet"] = load_sheet(sheet, mrna.index)
    used = matched(tables)
    pairs = []
    for one in gene or ["RPS6KB1"]:
        name, _, product = one.partition("=")
        row = find_row(used["the mRNA"].columns, name, "the mRNA table")
        pairs.append((row, product.strip() or row))
    folder = common.out / "cohort" / "protein"
    inputs = [path for path in (counts, values, protein, sheet.samples, reading.id_map) if path]
    arguments = {"pairs": [f"{a}={b}" for a, b in pairs], "where": sheet.where}
    with record_step(
        "cohort protein", folder, arguments=arguments, inputs=inputs, seed=common.seed
    ) as record:
        found = mrna_against_protein(used["the mRNA"], used["the protein"], pairs)
        record.outputs += found.write(folder)
        record.results |= {"pairs": len(found.table), "background": len(found.background)}
        if common.figures:
            from rnaseq_s6k1.cli.cohort.figures import draw_protein

            record.outputs += draw_protein(found, scale, folder / "figures")
    _print(found)
    typer.echo(f"  written to {folder}")


def _mrna(
    counts: Path | None, values: Path | None, reading: CountsOptions, sheet: SheetOptions
) -> tuple[str, pd.DataFrame]:
    """Give the mRNA of all genes, samples x genes by name, and what its scale is."""
    import pandas as pd

    from rnaseq_s6k1.cli.loading import load_counts, load_experiment, matrix_gene_names
    from rnaseq_s6k1.cohort.expression import cohort_counts
    from rnaseq_s6k1.genes.naming import name_genes
    from rnaseq_s6k1.io.value_matrix import read_value_matrix

    if values is not None:
        return "mRNA, as given", read_value_matrix(values).T
    assert counts is not None
    chosen = ComparisonOptions(samples=sheet.samples, where=sheet.where)
    adata = load_experiment(load_counts(counts, reading), chosen)
    names = name_genes(
        adata.var_names, matrix_names=matrix_gene_names(adata), id_map=reading.id_map
    ).names
    cohort = cohort_counts(adata)
    # Of several rows with one name the most counted stands for the gene.
    order = cohort.counts.sum(axis=0).argsort(kind="stable")[::-1]
    named = pd.Series(names.reindex(cohort.gene_ids).to_numpy(dtype=object)[order], index=order)
    kept = named.drop_duplicates().sort_values()
    table = pd.DataFrame(
        cohort.log2_cpm(kept.index.to_numpy()), index=cohort.samples, columns=kept.to_numpy()
    )
    return "mRNA, log2 CPM, TMM", table


def _print(found: ProteinCorrelation) -> None:
    typer.echo("mRNA and protein")
    for row in found.table.to_dict("records"):
        place = (
            f", above {row['percentile']:.0f} % of {len(found.background):,} genes"
            if row["percentile"] == row["percentile"]
            else ""
        )
        typer.echo(
            f"  {row['gene']} with {row['protein']}: Spearman {row['rho']:.3f} (95 % CI "
            f"{row['ci_low']:.2f} to {row['ci_high']:.2f}), p {row['pvalue']:.2g}, n = {row['n']}"
            f"{place}"
        )
