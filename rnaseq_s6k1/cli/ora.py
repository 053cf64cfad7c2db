"""``ora``: gene sets against lists of genes."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnaseq_s6k1.cli.amplicon import AmpliconOptions, ora_without_amplicon, split_amplicon
from rnaseq_s6k1.cli.gsea import OrthologMap
from rnaseq_s6k1.cli.options import CommonOptions, check_alpha
from rnaseq_s6k1.cli.set_options import SetOptions
from rnaseq_s6k1.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from rnaseq_s6k1.de.result import DEResult
    from rnaseq_s6k1.enrichment.ora import ORAResult

__all__ = ["DirectionChoice", "command", "ora_step", "print_ora_summary"]

_SHOWN = 5


class DirectionChoice(StrEnum):
    """Choices of ``--direction``."""

    up = "up"
    down = "down"
    both = "both"


def command(
    sets: SetOptions,
    neighbours: AmpliconOptions,
    common: CommonOptions,
    results: Annotated[
        Path | None, typer.Option(help="A results table instead of the output directory's.")
    ] = None,
    id_map: Annotated[
        Path | None, typer.Option(help="Two columns, id and name, for the genes of --results.")
    ] = None,
    ortholog_map: OrthologMap = None,
    direction: Annotated[
        DirectionChoice, typer.Option(help="Which called genes; both are tested apart.")
    ] = DirectionChoice.both,
    genes: Annotated[
        Path | None, typer.Option(help="A list of genes, one a line, instead of called genes.")
    ] = None,
    universe: Annotated[
        Path | None, typer.Option(help="All genes that could have been in --genes.")
    ] = None,
    alpha: Annotated[float, typer.Option(help="FDR below which a set counts.")] = 0.05,
) -> None:
    """Test gene sets for over-representation among the called genes, or in any list.

    Reads de/results.tsv of the output directory, writes ora/ora.tsv.

    Example: rnaseq-s6k1 ora --genes chip_hits.txt --universe chip_proteins.txt
    """
    from rnaseq_s6k1.cli.tables import read_de_result, split_gene_names
    from rnaseq_s6k1.enrichment.ora import read_gene_list

    check_alpha(alpha)
    if (genes is None) != (universe is None):
        raise UsageError(
            "--genes and --universe go together: the universe is every gene that could have "
            "been on the list"
        )
    if genes is not None and (results is not None or id_map is not None):
        raise UsageError("--genes takes neither --results nor --id-map; give one or the other")
    if genes is not None and neighbours.without_amplicon:
        raise UsageError("--without-amplicon leaves genes out of a split's results, not of --genes")
    if genes is not None and universe is not None:
        listed, background = read_gene_list(genes), read_gene_list(universe)
        inputs = [genes, universe]
        if ortholog_map is not None:
            listed, background = human_lists(listed, background, ortholog_map)
            inputs.append(ortholog_map)
        tested = ora_step({"list": listed}, background, (), sets, common, common.out, inputs, alpha)
    else:
        if id_map is not None and results is None:
            raise UsageError("--id-map here maps the genes of --results; leave it out or give both")
        result, inputs = read_de_result(common.out, results, id_map, ortholog_map)
        amplicon = split_amplicon(result, neighbours) if neighbours.without_amplicon else None
        lists, names = called_lists(result, direction)
        tested = ora_step(
            *(lists, names, split_gene_names(result), sets),
            *(common, common.out, inputs, alpha),
        )
    print_ora_summary(tested, common.out, alpha)
    if genes is None and amplicon is not None:
        ora_without_amplicon(result, tested, direction.value, amplicon, sets, common.out, alpha)


def human_lists(
    listed: set[str], background: set[str], ortholog_map: Path
) -> tuple[set[str], set[str]]:
    """Give a list of genes and its universe by their human orthologs."""
    from rnaseq_s6k1.genes.orthologs import find_orthologs

    genes = sorted(listed | background)
    human = dict(zip(genes, find_orthologs(genes, ortholog_map).names, strict=True))
    return (
        {name for gene in listed if (name := human[gene]) is not None},
        {name for gene in background if (name := human[gene]) is not None},
    )


def called_lists(
    result: DEResult, direction: DirectionChoice
) -> tuple[dict[str, set[str]], set[str]]:
    """Take the called genes and their universe from a result."""
    from rnaseq_s6k1.enrichment.ora import ora_lists

    split = result.parameters.split_gene
    return ora_lists(result.table, direction.value, exclude={split} if split else ())


def ora_step(
    lists: Mapping[str, Collection[str]],
    universe: Collection[str],
    exclude: Collection[str],
    sets: SetOptions,
    common: CommonOptions,
    out: Path,
    inputs: list[Path],
    alpha: float,
) -> ORAResult:
    """Test the sets, write ``ora/``, and return the result."""
    from rnaseq_s6k1.enrichment.collections import read_gene_sets
    from rnaseq_s6k1.enrichment.ora import run_ora
    from rnaseq_s6k1.provenance import record_step

    folder = out / "ora"
    gmt_files = [Path(name) for name in sets.collections if Path(name).is_file()]
    arguments = {
        "gene_sets": sets.collections,
        "directions": sorted(lists),
        "min_size": sets.min_size,
        "max_size": sets.max_size,
        "fdr_by": sets.fdr_by.value,
    }
    with record_step(
        "ora", folder, arguments=arguments, inputs=[*inputs, *gmt_files], seed=common.seed
    ) as record:
        tested = run_ora(
            lists,
            universe,
            read_gene_sets(sets.collections),
            min_size=sets.min_size,
            max_size=sets.max_size,
            fdr_by=sets.fdr_by.value,
            exclude=exclude,
        )
        record.outputs += tested.write(folder)
        record.results |= {"universe": tested.n_universe, "family": tested.family}
        if common.figures:
            from rnaseq_s6k1.cli.figures import draw_ora_figure

            record.outputs += draw_ora_figure(tested, folder / "figures", alpha)
    return tested


def print_ora_summary(tested: ORAResult, out: Path, alpha: float) -> None:
    """Say on stdout which sets are over-represented."""
    listed = ", ".join(f"{n:,} {label}" for label, n in tested.n_listed.items())
    below = tested.table[tested.table["padj"] < alpha]
    typer.echo("Over-representation")
    typer.echo(
        f"  {listed} of {tested.n_universe:,} genes; {len(below)} of {len(tested.table):,} tests "
        f"at FDR < {alpha:g}; {tested.family}"
    )
    for _, row in below.sort_values(["pvalue", "set"], kind="stable").head(_SHOWN).iterrows():
        typer.echo(
            f"  {row['set']:<45} {row['direction']:<5} {row['overlap']} of {row['size']} genes, "
            f"{row['expected']:.1f} expected, odds ratio {row['odds_ratio']:.2g} "
            f"({row['odds_ratio_ci_low']:.2g} to {row['odds_ratio_ci_high']:.2g}), "
            f"FDR {row['padj']:.2g}"
        )
    typer.echo(f"  written to {out / 'ora'}")
