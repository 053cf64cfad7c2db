"""``cohort exclusivity``: which alterations avoid each other, and which come together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rnaseq_s6k1.cli.cohort.inputs import AlterationOptions, SheetOptions
from rnaseq_s6k1.cli.options import CommonOptions, check_alpha
from rnaseq_s6k1.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from rnaseq_s6k1.cohort.exclusivity import ExclusivityResult

__all__ = ["command"]

_SHOWN = 10
#: What may stand behind a gene, and the kinds of alteration it means.
_PARTS = {
    "amp": ("amplification", "gain"),
    "del": ("deep_deletion", "shallow_deletion"),
    "mut": ("truncating", "inframe", "missense", "other_mutation"),
}


def command(
    sheet: SheetOptions,
    alterations: AlterationOptions,
    common: CommonOptions,
    genes: Annotated[
        str | None,
        typer.Option(
            help="Genes, separated by commas; GENE:amp, GENE:del and GENE:mut count one kind."
        ),
    ] = None,
    event: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=VALUE", help="A property from the sheet as an event; repeatable."
        ),
    ] = None,
    alpha: Annotated[float, typer.Option(help="FDR below which a pair is marked.")] = 0.05,
) -> None:
    """Test pairs of alterations for mutual exclusivity and co-occurrence.

    The 2 x 2 table, log2 odds ratio, Fisher's exact test one- and two-sided; writes
    cohort/exclusivity/pairs.tsv.

    Example: rnaseq-s6k1 cohort exclusivity --samples clinical.tsv --mutations mutations.tsv
    --genes RPS6KB1:amp,PIK3CA:mut
    """
    from rnaseq_s6k1.cohort.exclusivity import exclusivity_table
    from rnaseq_s6k1.provenance import record_step

    check_alpha(alpha)
    events = _events(genes, event or [], alterations, sheet)
    folder = common.out / "cohort" / "exclusivity"
    inputs = [
        path for path in (sheet.samples, alterations.copy_number, alterations.mutations) if path
    ]
    arguments = {
        "events": list(events.columns),
        "levels": alterations.level_numbers,
        "where": sheet.where,
        "alpha": alpha,
    }
    with record_step(
        "cohort exclusivity", folder, arguments=arguments, inputs=inputs, seed=common.seed
    ) as record:
        found = exclusivity_table(events)
        record.outputs += found.write(folder)
        record.results |= {"pairs": len(found.table), "samples": len(events)}
        if common.figures:
            from rnaseq_s6k1.cli.cohort.figures import draw_exclusivity

            record.outputs += draw_exclusivity(found, alpha, folder / "figures")
    _print(found)
    typer.echo(f"  written to {folder}")


def _events(
    genes: str | None, conditions: list[str], alterations: AlterationOptions, sheet: SheetOptions
) -> pd.DataFrame:
    """Give 1, 0 or NaN, samples x events: altered genes, then properties from the sheet."""
    import pandas as pd

    from rnaseq_s6k1.cli.cohort.inputs import load_alterations, load_sheet, split_names
    from rnaseq_s6k1.cohort.matching import by_patient

    specs = split_names(genes)
    names = list(dict.fromkeys(spec.rpartition(":")[0] or spec for spec in specs))
    for spec in specs:
        gene, colon, part = spec.rpartition(":")
        if colon and (not gene or part not in _PARTS):
            raise UsageError(
                f"--genes {spec[:40]!r}: behind the colon stands amp, del or mut, as in PIK3CA:mut"
            )
    no_tables = alterations.copy_number is None and alterations.mutations is None
    if len(conditions) > 1 and not specs and no_tables:
        if sheet.samples is None:
            raise UsageError("--event names a column of a sample sheet; give one with --samples")
        obs = by_patient(load_sheet(sheet, pd.Index([])))
        found = pd.DataFrame(index=obs.index)
    else:
        table, obs = load_alterations(names, alterations, sheet)
        found = pd.DataFrame(index=obs.index)
        for spec in specs or table.genes:
            gene, colon, part = spec.rpartition(":")
            counted = table.altered(_PARTS[part]) if colon else table.altered()
            found[spec] = counted[gene if colon else spec]
    for condition in conditions:
        if condition in found:
            raise UsageError(f"--event {condition[:60]!r} is given twice")
        found[condition] = _property(obs, condition)
    return found


def _property(obs: pd.DataFrame, condition: str) -> pd.Series:
    """Give 1 where a column of the sheet has the value, 0 where another, NaN where none."""
    from rnaseq_s6k1.design.levels import level_texts, match_level
    from rnaseq_s6k1.design.wording import did_you_mean, listed

    columns = [str(name) for name in obs.columns]
    fitting = [name for name in columns if condition.startswith(f"{name}=")]
    if not fitting:
        column = condition.partition("=")[0]
        raise UsageError(
            f"--event {condition[:60]!r} is not COLUMN=VALUE of the sample sheet"
            f"{did_you_mean(column, columns)}; its columns are {listed(columns, 20)}"
        )
    column = max(fitting, key=len)
    value = match_level(column, obs[column], condition[len(column) + 1 :].strip())
    texts = level_texts(obs[column])
    return (texts == value).astype(float).where(texts.notna())


def _print(found: ExclusivityResult) -> None:
    typer.echo("Mutual exclusivity and co-occurrence")
    for row in found.table.head(_SHOWN).to_dict("records"):
        mark = " (0.5 added to each cell)" if row["haldane_corrected"] else ""
        typer.echo(
            f"  {row['a']} and {row['b']}: both {row['both']}, {row['a']} only {row['a_only']}, "
            f"{row['b']} only {row['b_only']}, neither {row['neither']}; log2 odds ratio "
            f"{row['log2_odds_ratio_haldane']:.2f}{mark}, Fisher p {row['pvalue']:.2g} two-sided, "
            f"FDR {row['padj']:.2g}, {row['tendency']}"
        )
    if len(found.table) > _SHOWN:
        typer.echo(f"  and {len(found.table) - _SHOWN:,} more pairs")
    typer.echo(
        "  Fisher's test takes all samples as alike; subtypes differ, so look within them too "
        "(--where)."
    )
