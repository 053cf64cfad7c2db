"""``run``: the whole road from counts to the verdict."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnaseq_s6k1.cli.amplicon import (
    AmpliconOptions,
    amplicon_step,
    gsea_without_amplicon,
    ora_without_amplicon,
)
from rnaseq_s6k1.cli.cohort_run import CohortRun, run_cohort
from rnaseq_s6k1.cli.de import de_step, print_de_summary
from rnaseq_s6k1.cli.gsea import (
    OrthologMap,
    RankBy,
    RankByChoice,
    gsea_step,
    print_gsea_summary,
    ranking_of,
    samples_for,
)
from rnaseq_s6k1.cli.knockdown import KnockdownOptions, read_knockdown
from rnaseq_s6k1.cli.loading import (
    PlannedContrast,
    input_files,
    load_counts,
    load_experiment,
    plan_contrasts,
)
from rnaseq_s6k1.cli.options import (
    CallOptions,
    CommonOptions,
    ComparisonOptions,
    CountsOptions,
    NormalisationChoice,
)
from rnaseq_s6k1.cli.ora import DirectionChoice, called_lists, ora_step, print_ora_summary
from rnaseq_s6k1.cli.report import index_step, report_step
from rnaseq_s6k1.cli.set_options import (
    DEFAULT_PRERANK,
    DEFAULT_TESTS,
    PrerankOptions,
    SampleTestOptions,
    SetOptions,
)
from rnaseq_s6k1.cli.signature import (
    CardOption,
    StrictOption,
    choose_card,
    enforce,
    print_verdict,
    signature_step,
)
from rnaseq_s6k1.cli.split_options import ByChoice, SplitOptions
from rnaseq_s6k1.errors import UsageError

if TYPE_CHECKING:
    from rnaseq_s6k1.mechanism.card import Card
    from rnaseq_s6k1.mechanism.verdict import Verdict

__all__ = ["command", "run_road"]

logger = logging.getLogger(__name__)


def command(
    counts: Annotated[Path, typer.Argument(metavar="COUNTS", help="Count matrix or folder.")],
    reading: CountsOptions,
    comparison: ComparisonOptions,
    calling: CallOptions,
    sets: SetOptions,
    cutting: SplitOptions,
    neighbours: AmpliconOptions,
    experiment: KnockdownOptions,
    prerank: PrerankOptions,
    tests: SampleTestOptions,
    common: CommonOptions,
    card: CardOption = None,
    strict: StrictOption = False,
    rank_by: RankBy = RankByChoice.stat,
    ortholog_map: OrthologMap = None,
    stratify: Annotated[
        str | None,
        typer.Option(metavar="GENE", help="Compare high with low expression of this gene."),
    ] = None,
    continuous: Annotated[
        bool,
        typer.Option(
            "--continuous",
            help="--stratify: model the gene's expression itself; the cut is compared with it.",
        ),
    ] = False,
    screen: Annotated[
        bool | None,
        typer.Option(
            "--screen/--no-screen",
            help="--stratify: compare the claim with that of genes like the driver.  [default: "
            "screen, where it can be done]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Go the whole road: differential expression, gene sets, and the verdict on a card.

    The Broad's names --nperm, --set-min, --set-max and --rnd-seed are taken as by `gsea`.

    Example: rnaseq-s6k1 run counts.tsv --samples samples.tsv --factor treatment
    --reference siNC --target siS6K1 --card s6k1-knockdown -o results
    """
    from rnaseq_s6k1.enrichment.collections import read_gene_sets
    from rnaseq_s6k1.genes.id_map import ORTHOLOG_MAP, read_id_map

    _check_split(stratify, cutting, continuous, screen)
    if neighbours.without_amplicon and stratify is None:
        raise UsageError("--without-amplicon leaves out the neighbours of the gene of --stratify")
    if experiment.knockdown_results is not None and stratify is None:
        raise UsageError("--knockdown-results is held against a split cohort; add --stratify GENE")
    claim, card_files = choose_card(card, split_gene=stratify)
    # Misspelt collections are an error now, and not after the fit.
    claim.resolve_sets(read_gene_sets(claim.collections))
    read_gene_sets(sets.collections)
    if ortholog_map is not None:
        read_id_map(ortholog_map, ORTHOLOG_MAP)
    inputs = input_files(
        counts, comparison.samples, comparison.contrasts, reading.id_map, calling.lengths
    )
    inputs += card_files
    knockdown = read_knockdown(experiment)
    adata = load_experiment(load_counts(counts, reading), comparison)
    road = partial(
        run_road,
        claim=claim,
        reading=reading,
        calling=calling,
        sets=sets,
        common=common,
        rank_by=rank_by,
        inputs=inputs,
        ortholog_map=ortholog_map,
        prerank=prerank,
        tests=tests,
    )
    if stratify is not None:
        # The page comes last, when the groups, the screen and the repetitions are there.
        cohort = CohortRun(
            stratify, cutting, comparison, reading, common, claim, neighbours, knockdown
        )
        verdict = run_cohort(adata, cohort, road, inputs, continuous=continuous, screen=screen)
        report_step(common.out)
        enforce(verdict, strict)
        return
    from rnaseq_s6k1.report.index import INDEX

    contrasts = plan_contrasts(adata, comparison)
    verdicts = []
    for planned in contrasts:
        verdicts.append(road(planned))
        report_step(common.out / planned.name if planned.name else common.out)
    if len(contrasts) > 1:
        if common.figures:
            _compare_contrasts([planned.name for planned in contrasts], common.out)
        index_step([common.out / planned.name for planned in contrasts], common.out / INDEX)
    for verdict in verdicts:
        enforce(verdict, strict)


def run_road(
    planned: PlannedContrast,
    claim: Card,
    reading: CountsOptions,
    calling: CallOptions,
    sets: SetOptions,
    common: CommonOptions,
    rank_by: RankByChoice,
    inputs: list[Path],
    split_gene: str | None = None,
    neighbours: AmpliconOptions | None = None,
    ortholog_map: Path | None = None,
    prerank: PrerankOptions = DEFAULT_PRERANK,
    tests: SampleTestOptions = DEFAULT_TESTS,
) -> Verdict:
    """Run every step of one contrast, print each step's summary, and return the verdict.

    `neighbours` belong to a split whose ``stratify/`` is in the output directory.
    Genes keep their own names in ``de/``; the steps after it have those of the ortholog map.
    """
    out = common.out / planned.name if planned.name else common.out
    named = tuple(
        dict.fromkeys(
            [claim.driver_gene, *(e.target for e in claim.expectations if e.kind == "gene")]
        )
    )
    from rnaseq_s6k1.cli.figures import CELL_CYCLE_GENES
    from rnaseq_s6k1.cli.tables import split_gene_names, with_orthologs

    highlight = tuple(dict.fromkeys([*named, *CELL_CYCLE_GENES]))
    result = de_step(planned, reading, calling, common, out, inputs, split_gene, highlight)
    print_de_summary(result, out, planned.name)
    amplicon = amplicon_step(result, neighbours, out) if neighbours is not None else None
    result = with_orthologs(result, ortholog_map)
    table = [
        out / "de" / "results.tsv",
        *(path for path in (ortholog_map,) if path is not None),
    ]
    # The sets' genes are tested whether or not the card asks for them.
    collections = list(dict.fromkeys([*sets.collections, *_collections_of(claim, sets)]))
    chosen = replace(sets, gene_sets=collections)
    ranking = ranking_of(result, rank_by)
    samples = samples_for(result, ranking, tests)
    tested = gsea_step(
        *(result, ranking, chosen, common, out, table, calling.alpha),
        *(_core_sets(claim), prerank, tests, samples),
    )
    print_gsea_summary(tested, result, out, calling.alpha)
    repeated = amplicon if neighbours is not None and neighbours.without_amplicon else None
    if repeated is not None:
        gsea_without_amplicon(
            *(result, ranking, tested, repeated, chosen, prerank, tests, common, out),
            *(calling.alpha, _core_sets(claim)),
        )
    lists, universe = called_lists(result, DirectionChoice.both)
    represented = ora_step(
        lists, universe, split_gene_names(result), chosen, common, out, table, calling.alpha
    )
    print_ora_summary(represented, out, calling.alpha)
    if repeated is not None:
        ora_without_amplicon(result, represented, "both", repeated, chosen, out, calling.alpha)
    verdict = signature_step(
        *(claim, result, ranking, tested, common, out),
        [*table, out / "gsea" / "gsea.tsv"],
        samples,
    )
    print_verdict(verdict, out)
    return verdict


def _compare_contrasts(names: list[str], out: Path) -> None:
    """Draw the gene sets of all contrasts in one matrix, in the output directory itself."""
    from rnaseq_s6k1.cli.figures import draw_contrast_figure
    from rnaseq_s6k1.io.tables import read_table

    tables = {name: read_table(out / name / "gsea" / "gsea.tsv") for name in names}
    for path in draw_contrast_figure(tables, out)[:1]:
        typer.echo(f"Gene sets of the {len(names)} contrasts: {path}")


def _core_sets(claim: Card) -> tuple[str, ...]:
    return tuple(line.target for line in claim.core)


def _collections_of(claim: Card, sets: SetOptions) -> list[str]:
    """Only small collections of a card are added; GO as a whole is tested on request."""
    return [] if sets.gene_sets else [name for name in claim.collections if name != "go_bp"]


def _check_split(
    gene: str | None, cutting: SplitOptions, continuous: bool, screen: bool | None
) -> None:
    """Refuse options of a split without one, and those that exclude each other."""
    if gene is None:
        given = {
            "--cut": cutting.cut is not None,
            "--by": cutting.by is ByChoice.cna,
            "--within": cutting.within is not None,
            "--continuous": continuous,
            "--screen": bool(screen),
            "--normalisation": cutting.normalisation is not NormalisationChoice.tmm,
        }
        for option, asked in given.items():
            if asked:
                raise UsageError(
                    f"{option} says how --stratify cuts; name the gene with --stratify"
                    if option == "--cut"
                    else f"{option} belongs to --stratify; name the gene with --stratify"
                )
        return
    if continuous and cutting.within is not None:
        raise UsageError("--continuous is not cut, and so not --within; use --covariates")
