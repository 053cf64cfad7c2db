"""``cohort groups``: a gene's expression across cancer types, subtypes or cell lines."""

from __future__ import annotations

from typing import Annotated

import typer

from rnaseq_s6k1.cli.cohort.inputs import CountsArgument, SheetOptions, ValuesOption
from rnaseq_s6k1.cli.options import CommonOptions, CountsOptions
from rnaseq_s6k1.errors import UsageError

__all__ = ["command"]

_SHOWN = 10


def command(
    reading: CountsOptions,
    sheet: SheetOptions,
    common: CommonOptions,
    by: Annotated[str, typer.Option(help="Column of the sheet: cancer type, subtype, lineage.")],
    counts: CountsArgument = None,
    gene: Annotated[str, typer.Option(help="The gene: symbol or gene id.")] = "RPS6KB1",
    values: ValuesOption = None,
    min_size: Annotated[
        int, typer.Option(min=1, help="Smaller groups are left out, and named.")
    ] = 3,
) -> None:
    """Compare a gene's expression across groups of samples.

    Kruskal-Wallis with epsilon squared, and Dunn's test of each pair (Holm, BH); writes
    cohort/groups/.

    Example: rnaseq-s6k1 cohort groups --values ccle_log_tpm.tsv --samples lines.tsv
    --by lineage --gene RPS6KB1
    """
    from rnaseq_s6k1.cli.cohort.inputs import load_expression
    from rnaseq_s6k1.cohort.group_comparison import compare_groups
    from rnaseq_s6k1.design.levels import level_texts, levels_in_order
    from rnaseq_s6k1.design.wording import did_you_mean, listed
    from rnaseq_s6k1.provenance import record_step

    if sheet.samples is None and counts is None:
        raise UsageError("--by names a column of a sample sheet; give one with --samples")
    measured = load_expression(counts, values, gene, reading, sheet)
    columns = [str(name) for name in measured.obs.columns]
    if by not in columns:
        raise UsageError(
            f"--by {by[:60]!r} is no column of the sample sheet{did_you_mean(by, columns)}; "
            f"it has {listed(columns, 20) if columns else 'none; give one with --samples'}"
        )
    scale = str(measured.expressions.columns[0])
    expression = measured.expressions[scale]
    groups = level_texts(measured.obs[by])
    folder = common.out / "cohort" / "groups"
    inputs = [path for path in (counts, values, sheet.samples, reading.id_map) if path]
    arguments = {"gene": gene, "by": by, "min_size": min_size, "where": sheet.where}
    with record_step(
        "cohort groups", folder, arguments=arguments, inputs=inputs, seed=common.seed
    ) as record:
        found = compare_groups(
            expression, groups, order=levels_in_order(measured.obs[by]), min_size=min_size
        )
        record.outputs += found.write(folder)
        record.warnings += found.notes
        record.results |= {"n": found.n, "groups": len(found.groups)}
        if common.figures:
            from rnaseq_s6k1.cli.cohort.figures import draw_groups

            label = f"{measured.gene}, {scale}"
            record.outputs += draw_groups(expression, groups, found, label, folder / "figures")
    typer.echo(f"{measured.gene} across {by}")
    typer.echo(f"  {found.sentence}")
    ordered = found.groups.sort_values(["median", "group"], ascending=[False, True])
    for row in ordered.head(_SHOWN).to_dict("records"):
        typer.echo(f"  {row['group']:<24} n = {row['n']:<5} median {row['median']:.2f}")
    if len(ordered) > _SHOWN:
        typer.echo(f"  and {len(ordered) - _SHOWN} more groups")
    below = int((found.pairs["padj_holm"] < 0.05).sum())
    typer.echo(f"  {below} of {len(found.pairs)} pairs differ by Dunn's test (Holm, p < 0.05)")
    for note in found.notes:
        typer.echo(f"  {note}")
    typer.echo(f"  written to {folder}")
