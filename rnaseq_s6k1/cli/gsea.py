"""``gsea``: gene sets against the ranking of all genes."""

from __future__ import annotations

import logging
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnaseq_s6k1.cli.amplicon import AmpliconOptions, gsea_without_amplicon, split_amplicon
from rnaseq_s6k1.cli.options import CommonOptions, check_alpha
from rnaseq_s6k1.cli.set_options import (
    DEFAULT_PRERANK,
    DEFAULT_TESTS,
    PrerankOptions,
    SampleTestOptions,
    SetOptions,
    TestChoice,
)
from rnaseq_s6k1.cli.set_tests import run_set_tests

if TYPE_CHECKING:
    from rnaseq_s6k1.de.result import DEResult
    from rnaseq_s6k1.enrichment.gsea import GSEAResult
    from rnaseq_s6k1.enrichment.leading_edges import LeadingEdges
    from rnaseq_s6k1.enrichment.ranking import Ranking
    from rnaseq_s6k1.enrichment.redundancy import CollapsedSets
    from rnaseq_s6k1.enrichment.sample_data import SampleData

__all__ = ["RankByChoice", "command", "gsea_step", "load_ranking", "print_gsea_summary"]

logger = logging.getLogger(__name__)

_SHOWN = 10


class RankByChoice(StrEnum):
    """Choices of ``--rank-by``."""

    stat = "stat"
    signed_log10p = "signed_log10p"
    lfc_shrunk = "lfc_shrunk"


RankBy = Annotated[RankByChoice, typer.Option(help="What genes are ranked by.")]
Results = Annotated[
    Path | None, typer.Option(help="A results table instead of the output directory's.")
]
Rnk = Annotated[Path | None, typer.Option(help="A ranked list (.rnk) instead of a results table.")]
IdMap = Annotated[
    Path | None, typer.Option(help="Two columns, id and name, for the genes of --rnk or --results.")
]

OrthologMap = Annotated[
    Path | None,
    typer.Option(help="Two columns, the data's gene and its human ortholog: for other species."),
]


def command(
    sets: SetOptions,
    neighbours: AmpliconOptions,
    prerank: PrerankOptions,
    tests: SampleTestOptions,
    common: CommonOptions,
    results: Results = None,
    rnk: Rnk = None,
    id_map: IdMap = None,
    ortholog_map: OrthologMap = None,
    rank_by: RankBy = RankByChoice.stat,
    alpha: Annotated[float, typer.Option(help="FDR below which a set counts.")] = 0.05,
) -> None:
    """Test gene sets for enrichment at either end of the ranked genes.

    Reads de/results.tsv of the output directory, writes gsea/gsea.tsv. The Broad's names
    --nperm, --set-min, --set-max and --rnd-seed stand for --permutations, --min-size,
    --max-size and --seed.

    Example: rnaseq-s6k1 gsea --gene-sets hallmark --gene-sets my_sets.gmt
    """
    check_alpha(alpha)
    result, ranking, inputs = load_ranking(common.out, results, rnk, id_map, rank_by, ortholog_map)
    amplicon = split_amplicon(result, neighbours) if neighbours.without_amplicon else None
    own = results is None and rnk is None
    samples = samples_for(result, ranking, tests, own=own)
    tested = gsea_step(
        result,
        ranking,
        sets,
        common,
        common.out,
        inputs,
        alpha,
        prerank=prerank,
        tests=tests,
        samples=samples,
    )
    print_gsea_summary(tested, result, common.out, alpha)
    if amplicon is not None:
        gsea_without_amplicon(
            *(result, ranking, tested, amplicon, sets, prerank, tests, common, common.out, alpha)
        )


def load_ranking(
    out: Path,
    results: Path | None,
    rnk: Path | None,
    id_map: Path | None,
    rank_by: RankByChoice,
    ortholog_map: Path | None = None,
) -> tuple[DEResult, Ranking, list[Path]]:
    """Find what is ranked: the output directory's result, a table, or a ranked list."""
    from rnaseq_s6k1.cli.tables import bare_ranking_result, read_de_result
    from rnaseq_s6k1.enrichment.ranking import map_ranking_orthologs, read_rnk, rename_ranking
    from rnaseq_s6k1.errors import UsageError

    if rnk is not None:
        if results is not None:
            raise UsageError("--rnk and --results exclude each other; give one")
        ranking = read_rnk(rnk)
        if id_map is not None:
            ranking = rename_ranking(ranking, id_map)
        if ortholog_map is not None:
            ranking = map_ranking_orthologs(ranking, ortholog_map)
        inputs = [rnk, *(path for path in (id_map, ortholog_map) if path is not None)]
        logger.info("%s", ranking.sentence)
        return bare_ranking_result(), ranking, inputs
    if id_map is not None and results is None:
        raise UsageError(
            "--id-map here maps the genes of --rnk or --results; give it to `de` to name the "
            "genes of a count matrix"
        )
    result, inputs = read_de_result(out, results, id_map, ortholog_map)
    return result, ranking_of(result, rank_by), inputs


def ranking_of(result: DEResult, rank_by: RankByChoice) -> Ranking:
    """Rank a result's genes without the one that split the groups."""
    from rnaseq_s6k1.enrichment.ranking import rank_genes

    split = result.parameters.split_gene
    ranking = rank_genes(result.table, rank_by.value, exclude={split} if split else ())
    logger.info("%s", ranking.sentence)
    return ranking


def gsea_step(
    result: DEResult,
    ranking: Ranking,
    sets: SetOptions,
    common: CommonOptions,
    out: Path,
    inputs: list[Path],
    alpha: float,
    shown: tuple[str, ...] = (),
    prerank: PrerankOptions = DEFAULT_PRERANK,
    tests: SampleTestOptions = DEFAULT_TESTS,
    samples: SampleData | None = None,
) -> GSEAResult:
    """Test the sets, write ``gsea/`` and its figures, and return the result."""
    from rnaseq_s6k1.cli.activity import activity
    from rnaseq_s6k1.cli.tables import split_gene_names
    from rnaseq_s6k1.enrichment.collections import read_gene_sets
    from rnaseq_s6k1.provenance import record_step

    folder = out / "gsea"
    gmt_files = [Path(name) for name in sets.collections if Path(name).is_file()]
    arguments = {
        "gene_sets": sets.collections,
        "rank_by": ranking.by,
        "min_size": sets.min_size,
        "max_size": sets.max_size,
        "fdr_by": sets.fdr_by.value,
        "permutations": prerank.permutations,
        "alpha": alpha,
        "test": _tests_run(tests, samples),
        "rotations": tests.rotations,
        "also": tests.also_names,
        "trend": tests.trend,
        "robust": tests.robust,
        "method": prerank.method.value,
        "weight": prerank.weight,
        "score_type": prerank.score_type.value,
    }
    with record_step(
        "gsea", folder, arguments=arguments, inputs=[*inputs, *gmt_files], seed=common.seed
    ) as record:
        collections = read_gene_sets(sets.collections)
        with activity(f"testing {sum(map(len, collections.values())):,} gene sets"):
            tested = run_set_tests(
                *(ranking, collections, sets, prerank, tests, common),
                samples=samples,
                exclude=split_gene_names(result),
                alpha=alpha,
            )
        record.outputs += tested.write(folder)
        if prerank.broad_report:
            from rnaseq_s6k1.enrichment.broad_report import write_broad_report

            record.outputs += write_broad_report(
                tested,
                folder / "broad",
                collections=collections,
                contrast=result.contrast,
                fdr_by=sets.fdr_by.value,
            )
        record.results |= {"tested": len(tested.table), "family": tested.family}
        edges, collapsed = _what_sets_share(tested, alpha)
        record.outputs += [*edges.write(folder), *collapsed.write(folder)]
        record.results |= {"representatives": collapsed.n_representatives}
        if common.figures:
            from rnaseq_s6k1.cli.figures import draw_gsea_figures, group_contrast

            with activity("drawing figures"):
                record.outputs += draw_gsea_figures(
                    tested, group_contrast(result.contrast), folder / "figures", shown, result.table
                )
    return tested


def samples_for(
    result: DEResult, ranking: Ranking, tests: SampleTestOptions, *, own: bool = True
) -> SampleData | None:
    """Find the samples for the rotation test, if it is to run.

    Raises
    ------
    UsageError
        If the rotation test, or one besides it, is asked for on a ranking without samples.
    DataError, ModelError
        If it is asked for and cannot be done.
    """
    from rnaseq_s6k1.enrichment.sample_data import sample_data
    from rnaseq_s6k1.errors import DataError, UsageError

    wanted = tests.test in (TestChoice.rotation, TestChoice.both, TestChoice.phenotype)
    if tests.test is TestChoice.prerank:
        if tests.also:
            raise UsageError("--also needs the samples; use it with --test both or --test rotation")
        return None
    if not own or result.experiment is None:
        if wanted or tests.also:
            what = "--also" if not wanted else f"--test {tests.test.value}"
            raise UsageError(
                f"{what} needs the samples that `de` leaves in the output directory, and a table "
                "or ranked list has none; use --test prerank"
            )
        return None
    try:
        return sample_data(result, ranking)
    except DataError as error:
        if wanted:
            raise
        logger.warning("no rotation test, which respects correlation among genes: %s", error)
        return None


def _tests_run(tests: SampleTestOptions, samples: SampleData | None) -> str:
    if samples is None:
        return "prerank"
    return "both" if tests.test is TestChoice.auto else tests.test.value


def _what_sets_share(tested: GSEAResult, alpha: float) -> tuple[LeadingEdges, CollapsedSets]:
    """Compare the leading edges of the enriched sets, and collapse sets that overlap."""
    from rnaseq_s6k1.enrichment.leading_edges import leading_edges
    from rnaseq_s6k1.enrichment.redundancy import collapse_sets

    stats = tested.ranking.stats
    edges = leading_edges(tested.table, stats, alpha=alpha)
    if edges.n_compared < edges.n_enriched:
        logger.info(
            "leading edges are compared among the %d of %d enriched sets with the smallest p",
            edges.n_compared,
            edges.n_enriched,
        )
    collapsed = collapse_sets(tested.table, tested.members, stats, alpha=alpha)
    logger.info(
        "%d enriched sets collapse into %d representatives (collapsed.tsv)",
        len(collapsed.table),
        collapsed.n_representatives,
    )
    return edges, collapsed


def print_gsea_summary(tested: GSEAResult, result: DEResult, out: Path, alpha: float) -> None:
    """Say on stdout which sets lead, and how far their p-values carry."""
    table, rotated = tested.table, tested.rotation is not None
    below = table[table["padj"] < alpha]
    typer.echo("Gene-set enrichment")
    typer.echo(
        f"  {len(table):,} sets tested, {len(tested.dropped):,} of unfit size left out; "
        f"{tested.family}"
    )
    typer.echo(
        f"  preranked: {(below['nes'] > 0).sum()} up and {(below['nes'] < 0).sum()} down at "
        f"FDR < {alpha:g}; these p-values sample genes as if they were independent, which they are "
        "not, and are too small"
    )
    if rotated:
        established = int((table["evidence"] == "established").sum())
        only = int((table["evidence"] == "gene-sampling only").sum())
        typer.echo(
            f"  rotation, which keeps the correlation among genes: {established} established at "
            f"FDR < {alpha:g}; {only} by gene sampling only"
        )
    if result.contrast is not None:
        typer.echo(f"  {result.contrast.sentence}; NES has the same sign")
    leading = ["rotation_pvalue", "pvalue", "set"] if rotated else ["pvalue", "set"]
    for _, row in table.sort_values(leading, kind="stable").head(_SHOWN).iterrows():
        fdr = f"FDR {row['padj']:.2g}"
        if rotated:
            fdr += f" (rotation {row['rotation_padj']:.2g})"
        typer.echo(
            f"  {row['set']:<45} NES {row['nes']:6.2f}  {fdr}  {row['size']} genes  "
            f"{row['evidence']}"
        )
    typer.echo(f"  written to {out / 'gsea'}")
