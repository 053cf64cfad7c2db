"""The neighbours of the gene that split a cohort, and what gene sets say without them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnaseq_s6k1.cli.options import CommonOptions
from rnaseq_s6k1.cli.set_options import PrerankOptions, SampleTestOptions, SetOptions
from rnaseq_s6k1.errors import DataError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from rnaseq_s6k1.cohort.amplicon import Amplicon
    from rnaseq_s6k1.de.result import DEResult
    from rnaseq_s6k1.enrichment.gsea import GSEAResult
    from rnaseq_s6k1.enrichment.ora import Direction, ORAResult
    from rnaseq_s6k1.enrichment.ranking import Ranking

__all__ = [
    "AmpliconOptions",
    "amplicon_step",
    "gsea_without_amplicon",
    "ora_without_amplicon",
    "split_amplicon",
]

logger = logging.getLogger(__name__)

_NAMED = 6


@dataclass(frozen=True)
class AmpliconOptions:
    """The neighbours of the gene that split the cohort."""

    without_amplicon: Annotated[
        bool,
        typer.Option(
            "--without-amplicon",
            help="Repeat the gene-set tests without the split gene's neighbours.",
        ),
    ] = False
    amplicon_mb: Annotated[
        float,
        typer.Option(help="Window of neighbours in Mb, half on either side, beside the cytoband."),
    ] = 4.0

    def check(self) -> None:
        """Refuse a window that is none.

        Raises
        ------
        UsageError
            If it is not a positive number.
        """
        if not 0 < self.amplicon_mb < 1_000:
            raise UsageError(
                f"--amplicon-mb must be a positive number of megabases, not {self.amplicon_mb:g}"
            )


def split_amplicon(result: DEResult, options: AmpliconOptions) -> Amplicon:
    """Find the neighbours of the gene that split the groups.

    Raises
    ------
    UsageError
        If no gene split them.
    DataError
        If the gene table does not place it.
    """
    from rnaseq_s6k1.cohort.amplicon import amplicon_of

    split = result.parameters.split_gene
    if not split:
        raise UsageError(
            "--without-amplicon needs groups that were split on a gene's expression; make them "
            "with `run --stratify GENE`"
        )
    named = result.table.loc[result.table["gene_id"] == split, "gene_name"]
    try:
        return amplicon_of(split, window_mb=options.amplicon_mb)
    except DataError:
        if named.empty:
            raise
        return amplicon_of(str(named.iloc[0]), window_mb=options.amplicon_mb)


def amplicon_step(result: DEResult, options: AmpliconOptions, out: Path) -> Amplicon | None:
    """Write the neighbours' results to ``stratify/amplicon.tsv`` and say how many were called.

    None where the gene table does not know the gene, which is no fault of the split.
    """
    from rnaseq_s6k1.cohort.amplicon import amplicon_results
    from rnaseq_s6k1.io.tables import write_table
    from rnaseq_s6k1.provenance import extend_record

    try:
        amplicon = split_amplicon(result, options)
    except DataError as error:
        if options.without_amplicon:
            raise
        logger.warning("neighbours of the split gene are not flagged: %s", error)
        return None
    table = amplicon_results(result.table, amplicon)
    path = out / "stratify" / "amplicon.tsv"
    write_table(table, path)
    called = table["direction"].isin(["up", "down"])
    everywhere = result.table["direction"].isin(["up", "down"])
    extend_record(
        path.parent,
        outputs=[path],
        inputs=[out / "de" / "results.tsv"],
        arguments={"amplicon_mb": options.amplicon_mb},
        results={"amplicon_genes": len(table), "amplicon_called": int(called.sum())},
    )
    typer.echo("Amplicon")
    typer.echo(f"  {amplicon.sentence}; {len(table):,} of them are in the matrix")
    typer.echo(
        f"  {called.sum():,} of them are called ({(table['direction'] == 'up').sum():,} up), of "
        f"{everywhere.sum():,} called genes; listed in {path}"
    )
    return amplicon


def gsea_without_amplicon(
    result: DEResult,
    ranking: Ranking,
    tested: GSEAResult,
    amplicon: Amplicon,
    sets: SetOptions,
    prerank: PrerankOptions,
    tests: SampleTestOptions,
    common: CommonOptions,
    out: Path,
    alpha: float,
    core: tuple[str, ...] = (),
) -> None:
    """Repeat the tests that were run without the neighbours, and say what changes.

    Writes ``gsea/without_amplicon.tsv`` and ``gsea/without_amplicon_changes.tsv``. The rotation
    test's p of the sets in `core` is printed, whatever it is.
    """
    from rnaseq_s6k1.cli.activity import activity
    from rnaseq_s6k1.cli.set_tests import run_set_tests
    from rnaseq_s6k1.cli.tables import split_gene_names
    from rnaseq_s6k1.enrichment.collections import read_gene_sets
    from rnaseq_s6k1.enrichment.ranking import rank_genes
    from rnaseq_s6k1.enrichment.sample_data import sample_data

    ids, names = _neighbours(result, amplicon)
    split = {str(result.parameters.split_gene)}
    with activity("testing gene sets without the amplicon"):
        others = rank_genes(result.table, ranking.by, exclude=ids | split)  # type: ignore[arg-type]
        again = run_set_tests(
            *(others, read_gene_sets(sets.collections), sets, prerank, tests, common),
            samples=None if tested.rotation is None else sample_data(result, others),
            exclude=split_gene_names(result) | names,
            alpha=alpha,
        )
    changes = _compare(
        tested.table, again.table, ("collection", "set"), "nes", alpha, out / "gsea", len(ids),
        amplicon,
    )  # fmt: skip
    _print_rotation(changes, alpha, core)


def ora_without_amplicon(
    result: DEResult,
    tested: ORAResult,
    direction: Direction,
    amplicon: Amplicon,
    sets: SetOptions,
    out: Path,
    alpha: float,
) -> None:
    """Repeat over-representation without the neighbours, and say what changes.

    Writes ``ora/without_amplicon.tsv`` and ``ora/without_amplicon_changes.tsv``.
    """
    from rnaseq_s6k1.cli.tables import split_gene_names
    from rnaseq_s6k1.enrichment.collections import read_gene_sets
    from rnaseq_s6k1.enrichment.ora import ora_lists, run_ora

    ids, names = _neighbours(result, amplicon)
    lists, universe = ora_lists(
        result.table, direction, exclude=ids | {str(result.parameters.split_gene)}
    )
    again = run_ora(
        lists,
        universe,
        read_gene_sets(sets.collections),
        min_size=sets.min_size,
        max_size=sets.max_size,
        fdr_by=sets.fdr_by.value,
        exclude=split_gene_names(result) | names,
    )
    _compare(
        tested.table, again.table, ("collection", "set", "direction"), "odds_ratio", alpha,
        out / "ora", len(ids), amplicon,
    )  # fmt: skip


def _neighbours(result: DEResult, amplicon: Amplicon) -> tuple[set[str], set[str]]:
    """Give ids and names of the neighbours in a result; a name that others share stays."""
    table = result.table.set_index("gene_id")["gene_name"].astype(str)
    ids = {str(gene_id) for gene_id in amplicon.flags(table).index}
    elsewhere = set(table[~table.index.isin(ids)])
    return ids, set(table[table.index.isin(ids)]) - elsewhere


def _compare(
    before: pd.DataFrame,
    after: pd.DataFrame,
    keys: tuple[str, ...],
    effect: str,
    alpha: float,
    folder: Path,
    n_genes: int,
    amplicon: Amplicon,
) -> pd.DataFrame:
    """Write what the tests are without the neighbours, print what changes, and return it."""
    from rnaseq_s6k1.cohort.amplicon import result_changes
    from rnaseq_s6k1.io.tables import write_table
    from rnaseq_s6k1.provenance import extend_record

    changes = result_changes(before, after, keys=keys, effect=effect, alpha=alpha)
    paths = [folder / "without_amplicon.tsv", folder / "without_amplicon_changes.tsv"]
    write_table(after, paths[0])
    write_table(changes, paths[1])
    changed = changes[changes["change"] != "none"]
    extend_record(
        folder,
        outputs=paths,
        arguments={"without_amplicon": True, "amplicon_mb": amplicon.window_mb},
        results={"without_amplicon_genes": n_genes, "without_amplicon_changes": len(changed)},
    )
    what = "enrichment" if effect == "nes" else "over-representation"
    typer.echo(
        f"Without the {n_genes} neighbours of {amplicon.gene}: {len(changed)} of {len(changes):,} "
        f"tests of {what} change at FDR < {alpha:g}{_largest_move(changes, effect)}"
    )
    for row in changed.head(_NAMED).to_dict("records"):
        way = f" {row['direction']}" if "direction" in keys else ""
        typer.echo(
            f"  {row['set']}{way}: {row['change']} (FDR {row['padj']:.2g}, without "
            f"{row['padj_without']:.2g})"
        )
    if len(changed) > _NAMED:
        typer.echo(f"  and {len(changed) - _NAMED} more in {paths[1]}")
    return changes


def _print_rotation(changes: pd.DataFrame, alpha: float, core: tuple[str, ...]) -> None:
    """Say what changes by the rotation test, and what it gives for some sets."""
    if "rotation_change" not in changes:
        return
    changed = changes[changes["rotation_change"] != "none"]
    typer.echo(f"  by rotation: {len(changed)} of {len(changes):,} tests change at FDR < {alpha:g}")
    named = changes[changes["set"].isin([*changed["set"].head(_NAMED), *core])]
    for row in named.to_dict("records"):
        change = "" if row["rotation_change"] == "none" else f"{row['rotation_change']}, "
        typer.echo(
            f"  {row['set']}: {change}rotation p {row['rotation_pvalue']:.2g}, without "
            f"{row['rotation_pvalue_without']:.2g}"
        )


def _largest_move(changes: pd.DataFrame, effect: str) -> str:
    """Say which set's NES moves most; odds ratios have no common scale to say it on."""
    moved = (changes[effect] - changes[f"{effect}_without"]).abs()
    if effect != "nes" or moved.isna().all():
        return ""
    name = changes["set"].to_numpy()[int(moved.fillna(-1).to_numpy().argmax())]
    return f"; the NES moves by at most {moved.max():.2f} ({name})"
