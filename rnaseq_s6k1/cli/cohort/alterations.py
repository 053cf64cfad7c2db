"""``cohort alterations``: how often genes are altered, and the oncoprint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rnaseq_s6k1.cli.cohort.inputs import AlterationOptions, SheetOptions
from rnaseq_s6k1.cli.options import CommonOptions
from rnaseq_s6k1.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from rnaseq_s6k1.cohort.alterations import Alterations

__all__ = ["command"]


def command(
    sheet: SheetOptions,
    alterations: AlterationOptions,
    common: CommonOptions,
    genes: Annotated[
        str | None,
        typer.Option(help="Genes, separated by commas.  [default: those the sheet has levels of]"),
    ] = None,
    by: Annotated[str | None, typer.Option(help="Column of the sheet, such as a subtype.")] = None,
) -> None:
    """Count how often genes are altered, overall and by subtype, and draw the oncoprint.

    Shares with Wilson intervals; writes cohort/alterations/.

    Example: rnaseq-s6k1 cohort alterations --samples clinical.tsv --mutations mutations.tsv
    --genes RPS6KB1,PIK3CA --by PAM50
    """
    from rnaseq_s6k1.cli.cohort.inputs import load_alterations, split_names
    from rnaseq_s6k1.cohort.alterations import frequencies, group_tests, memo_sort
    from rnaseq_s6k1.io.tables import write_table
    from rnaseq_s6k1.provenance import record_step

    found, obs = load_alterations(split_names(genes), alterations, sheet)
    groups = _groups(obs, by)
    folder = common.out / "cohort" / "alterations"
    inputs = [
        path for path in (sheet.samples, alterations.copy_number, alterations.mutations) if path
    ]
    arguments = {
        "genes": found.genes, "levels": alterations.level_numbers, "by": by, "where": sheet.where,
    }  # fmt: skip
    with record_step(
        "cohort alterations", folder, arguments=arguments, inputs=inputs, seed=common.seed
    ) as record:
        altered = found.altered()
        table = frequencies(altered, found, groups)
        order = memo_sort(found)
        tables = {"frequencies": table, "oncoprint": _oncoprint_table(found, *order)}
        if groups is not None:
            tables["by_group"] = group_tests(altered, groups)
        for name, one in tables.items():
            write_table(one, folder / f"{name}.tsv")
        record.outputs += [folder / f"{name}.tsv" for name in tables]
        record.results |= {"samples": len(altered), "genes": len(found.genes)}
        if common.figures:
            from rnaseq_s6k1.cli.cohort.figures import draw_oncoprint

            record.outputs += draw_oncoprint(found, table, groups, folder / "figures")
    _print(table, tables.get("by_group"), by)
    typer.echo(f"  written to {folder}")


def _groups(obs: pd.DataFrame, by: str | None) -> pd.Series | None:
    from rnaseq_s6k1.design.levels import level_texts
    from rnaseq_s6k1.design.wording import did_you_mean, listed

    if by is None:
        return None
    columns = [str(name) for name in obs.columns]
    if by not in columns:
        raise UsageError(
            f"--by {by[:60]!r} is no column of the sample sheet{did_you_mean(by, columns)}; "
            f"it has {listed(columns, 20) if columns else 'none'}"
        )
    return level_texts(obs[by])


def _oncoprint_table(found: Alterations, genes: list[str], samples: list[str]) -> pd.DataFrame:
    """Give the oncoprint as a table: genes x samples in its order, kinds joined by ``;``."""
    table = found.kinds.loc[samples, genes].map(";".join).where(found.known, "not known").T
    table.index.name = "gene"
    return table.reset_index()


def _print(table: pd.DataFrame, tests: pd.DataFrame | None, by: str | None) -> None:
    typer.echo("Alterations")
    overall = table[table["kind"] == "any"]
    for row in overall.to_dict("records"):
        if row["group"] == "all" or by is not None:
            where = "" if row["group"] == "all" else f"  {by} {row['group']}"
            typer.echo(
                f"  {row['gene']:<12} {row['altered']:>4} of {row['n']:<5} "
                f"{100 * row['share']:5.1f} % (95 % CI {100 * row['ci_low']:.1f} to "
                f"{100 * row['ci_high']:.1f}){where}"
            )
    if tests is not None:
        for row in tests.to_dict("records"):
            typer.echo(
                f"  {row['gene']:<12} between {row['n_groups']} groups of {by}: {row['test']} "
                f"p {row['pvalue']:.2g}, FDR {row['padj']:.2g}"
            )
