"""``screen``: is the claim specific to the driver, or does it come with genes like it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnaseq_s6k1.cli.options import CommonOptions, ComparisonOptions, CountsOptions
from rnaseq_s6k1.cli.signature import CardOption, choose_card
from rnaseq_s6k1.cli.split_options import ByChoice, SplitOptions, copy_numbers
from rnaseq_s6k1.errors import UsageError
from rnaseq_s6k1.io.wording import plural

if TYPE_CHECKING:
    from anndata import AnnData

    from rnaseq_s6k1.cohort.screen.plan import ScreenPlan
    from rnaseq_s6k1.cohort.screen.run import ScreenResult
    from rnaseq_s6k1.mechanism.card import Card

__all__ = ["ScreenOptions", "command", "print_screen", "screen_step"]

logger = logging.getLogger(__name__)

JOURNAL = "finished.jsonl"
#: Whose card is meant where neither a card nor a driver is named.
_USUAL_DRIVER = "RPS6KB1"
_SHOWN = 10
#: Listed genes below this false discovery rate are counted.
_FDR = 0.05


@dataclass(frozen=True)
class ScreenOptions:
    """How large the background is, and where the work is done."""

    background: Annotated[int, typer.Option(min=1, help="Genes like the driver to begin with.")] = (
        200
    )
    grow: Annotated[
        bool,
        typer.Option(
            "--grow/--no-grow",
            help="Twice, then five times as many while fewer than 10 score as high as the driver.",
        ),
    ] = True
    amplicon_mb: Annotated[
        float, typer.Option(help="Window in Mb around the driver that is screened by itself.")
    ] = 4.0
    dask: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Scheduler of a dask.distributed cluster to work on."),
    ] = None
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew, whatever an unfinished screen left.")
    ] = False


@dataclass(frozen=True)
class _Claim:
    """What is screened: the division of the cohort and the card."""

    gene: str | None
    card: Card
    cutting: SplitOptions
    continuous: bool
    covariates: list[str]
    listed: list[str]

    @property
    def cut(self) -> str | None:
        """The cut; None where the expression itself is modelled."""
        if self.continuous:
            return None
        return self.cutting.cut or ("amplified" if self.by_copy_number else "tertile")

    @property
    def by_copy_number(self) -> bool:
        """Whether genes are cut by their copy number."""
        return self.cutting.by is ByChoice.cna and not self.continuous


def command(
    counts: Annotated[Path, typer.Argument(metavar="COUNTS", help="Count matrix or folder.")],
    reading: CountsOptions,
    cutting: SplitOptions,
    screening: ScreenOptions,
    common: CommonOptions,
    gene: Annotated[
        str | None,
        typer.Option(help="The driver: symbol or gene id.  [default: the card's]"),
    ] = None,
    genes: Annotated[
        Path | None,
        typer.Option(
            help="File with a gene a line: drivers, such as all kinases, each of which is compared "
            "with genes like it."
        ),
    ] = None,
    card: CardOption = None,
    continuous: Annotated[
        bool, typer.Option("--continuous", help="Model each gene's expression itself, uncut.")
    ] = False,
    covariates: Annotated[
        str | None, typer.Option(help="Columns to adjust for, separated by commas.")
    ] = None,
    samples: Annotated[Path | None, typer.Option(help="Sample sheet.")] = None,
    where: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN=VALUE", help="Use only these samples.")
    ] = None,
) -> None:
    """Compare the driver's claim with that of genes of like mean and variance.

    The cohort is split on each gene as on the driver; the score is how far the card's core sets
    move as claimed. Writes screen/screen.tsv, screen/specificity.json (which the verdict takes
    up), screen/amplicon.tsv and, of --genes, screen/listed.tsv. Killed, it goes on where it was.

    Example: rnaseq-s6k1 screen counts.tsv --samples clinical.tsv --covariates ER --card s6k1-high
    """
    from rnaseq_s6k1.cli.loading import input_files, load_counts, load_experiment
    from rnaseq_s6k1.enrichment.ora import read_gene_list

    if continuous and cutting.within is not None:
        raise UsageError("--continuous is not cut, and so not --within; use --covariates")
    claim, card_files = choose_card(card, split_gene=gene or _USUAL_DRIVER)
    chosen = ComparisonOptions(samples=samples, covariates=covariates, where=where or [])
    listed = sorted(read_gene_list(genes)) if genes is not None else []
    driver = gene if gene is not None or genes is not None else claim.driver_gene
    adata = load_experiment(load_counts(counts, reading), chosen)
    files = input_files(counts, samples, reading.id_map, genes, cutting.copy_number)
    inputs = [*files, *card_files]
    what = _Claim(driver, claim, cutting, continuous, chosen.covariate_names, listed)
    result = screen_step(adata, what, reading.id_map, screening, common, common.out, inputs)
    print_screen(result, common.out)


def screen_claim(
    gene: str, card: Card, cutting: SplitOptions, continuous: bool, covariates: list[str]
) -> _Claim:
    """Give what a split of a cohort is screened for."""
    kept = [name for name in covariates if name != cutting.within]
    return _Claim(gene, card, cutting, continuous, kept, [])


def screen_step(
    adata: AnnData,
    claim: _Claim,
    id_map: Path | None,
    options: ScreenOptions,
    common: CommonOptions,
    out: Path,
    inputs: list[Path],
    *,
    discard_stale: bool = False,
) -> ScreenResult:
    """Score the genes, write ``screen/`` and its figures, and return the result.

    What a killed run finished is taken up; with `discard_stale` that of other inputs is thrown
    away, where it is an error else.
    """
    from rnaseq_s6k1.cli.activity import activity
    from rnaseq_s6k1.provenance import record_step

    folder = out / "screen"
    arguments: dict[str, Any] = {
        "gene": claim.gene,
        "card": claim.card.name,
        "cut": claim.cut or "continuous",
        "by": "copy number" if claim.by_copy_number else "expression",
        "within": claim.cutting.within,
        "normalisation": claim.cutting.normalisation.value,
        "covariates": claim.covariates,
        "listed": len(claim.listed),
        "background": options.background,
        "grow": options.grow,
        "amplicon_mb": options.amplicon_mb,
        "dask": options.dask,
    }
    with record_step(
        "screen", folder, arguments=arguments, inputs=inputs, seed=common.seed
    ) as record:
        with activity("preparing the screen"):
            plan = _plan(adata, claim, id_map, options)
        for note in plan.notes:
            logger.info("%s", note)
        result = _scored(plan, claim.card.name, options, common, folder, discard_stale)
        record.outputs += result.write(folder)
        record.results |= {"screened": len(result.table)}
        if result.specificity is not None:
            record.results |= {"sentence": result.specificity.sentence}
        if common.figures:
            from rnaseq_s6k1.cli.figures import draw_screen_figures

            with activity("drawing figures"):
                record.outputs += draw_screen_figures(result, folder / "figures")
    return result


def _plan(adata: AnnData, claim: _Claim, id_map: Path | None, options: ScreenOptions) -> ScreenPlan:
    from rnaseq_s6k1.cli.loading import matrix_gene_names
    from rnaseq_s6k1.cohort.screen.plan import plan_screen
    from rnaseq_s6k1.enrichment.collections import read_gene_sets
    from rnaseq_s6k1.genes.naming import name_genes
    from rnaseq_s6k1.mechanism.claim_sets import card_gene_lines, core_claim

    if claim.card.driver_direction == "down":
        logger.warning(
            "card %s says what follows when its driver goes down; here it is read the other way "
            "round, high over low",
            claim.card.name,
        )
    names = name_genes(adata.var_names, matrix_names=matrix_gene_names(adata), id_map=id_map).names
    adata = _with_strata(adata, claim.cutting.within)
    return plan_screen(
        adata,
        claim.gene,
        core_claim(claim.card, read_gene_sets(claim.card.collections)),
        cut=claim.cut,
        covariates=claim.covariates,
        within=claim.cutting.within,
        card_genes=card_gene_lines(claim.card),
        listed=claim.listed,
        names=names,
        copy_number=copy_numbers(adata, claim.cutting) if claim.by_copy_number else None,
        normalisation=claim.cutting.normalisation.value,
        amplicon_mb=options.amplicon_mb,
    )


def _with_strata(adata: AnnData, within: str | None) -> AnnData:
    """Leave out samples without a stratum, as ``stratify`` does."""
    from rnaseq_s6k1.cohort.strata import stratum_labels

    if within is None:
        return adata
    known = stratum_labels(adata.obs, within).notna().to_numpy(dtype=bool)
    return adata if known.all() else adata[known].copy()


def _scored(
    plan: ScreenPlan,
    card: str,
    options: ScreenOptions,
    common: CommonOptions,
    folder: Path,
    discard_stale: bool,
) -> ScreenResult:
    """Run the screen with a journal of finished genes."""
    from rnaseq_s6k1.cli.progress import piece_bar
    from rnaseq_s6k1.cohort.screen.run import run_screen
    from rnaseq_s6k1.cohort.screen.score import GeneScore
    from rnaseq_s6k1.cohort.screen.scorers import dask_scorer, local_scorer

    path = folder / JOURNAL
    if options.fresh:
        path.unlink(missing_ok=True)
    with _journal(path, plan.problem.checksum, discard_stale) as journal:
        finished = {one.gene_id: one for one in map(GeneScore.from_dict, journal.entries)}
        if finished:
            logger.info("%d genes were finished before; going on", len(finished))
        scorer = (
            local_scorer(plan.problem, common.cores)
            if options.dask is None
            else dask_scorer(plan.problem, options.dask)
        )
        with scorer as score_many, piece_bar("screening genes") as bar:

            def keep(score: GeneScore) -> None:
                journal.append(score.as_dict())

            result = run_screen(
                plan,
                score_many,
                card=card,
                background=options.background,
                grow=options.grow,
                finished=finished,
                on_score=keep,
                progress=bar,
            )
        journal.discard()
    return result


def _journal(path: Path, checksum: str, discard_stale: bool) -> Any:
    from rnaseq_s6k1.io.journal import Journal, StaleJournalError

    try:
        return Journal(path, checksum)
    except StaleJournalError:
        if not discard_stale:
            raise
        logger.info("%s of other inputs is thrown away", path)
        path.unlink()
        return Journal(path, checksum)


def print_screen(result: ScreenResult, out: Path) -> None:
    """Say on stdout where the driver stands, or which listed genes lead."""
    typer.echo("Screen")
    found = result.specificity
    if found is not None:
        adjusted = ", ".join([*([found.within] if found.within else []), *found.covariates])
        typer.echo(
            f"  {found.gene}: signed card score {found.score:.2f} on {found.card} "
            f"({found.cut}{' by copy number' if found.by == 'copy number' else ''}"
            f"{f' within {found.within}' if found.within else ''}, "
            f"{f'adjusted for {adjusted}' if adjusted else 'no covariates'})"
        )
        typer.echo(f"  {found.sentence}")
        own = found.without_card_genes
        typer.echo(
            f"  without the card's own genes: {own.at_least:,} of {own.n:,}, p {own.pvalue:.2g} "
            f"(95 % CI {own.ci_low:.2g} to {own.ci_high:.2g})"
        )
        if found.amplicon_sentence:
            typer.echo(f"  {found.amplicon_sentence}")
    _print_listed(result)
    unscored = int((result.table["reason"] != "").sum())
    if unscored:
        typer.echo(
            f"  {plural(unscored, 'gene has', 'genes have')} no rank; column reason says why"
        )
    typer.echo(f"  written to {out / 'screen'}")


def _print_listed(result: ScreenResult) -> None:
    """Name the listed genes with the smallest p."""
    if result.listed.empty:
        return
    ranked = result.listed[result.listed["rank"].notna()]
    below = int((ranked["padj"] < _FDR).sum())
    typer.echo(
        f"  {len(ranked):,} of {len(result.listed):,} listed genes compared with genes like them; "
        f"{below:,} at FDR < {_FDR:g}"
    )
    for row in ranked.head(_SHOWN).to_dict("records"):
        typer.echo(
            f"  {row['rank']:>4} {str(row['gene_name'])[:20]:<20} score {row['score']:6.2f}  "
            f"p {row['pvalue']:.2g} (95 % CI {row['ci_low']:.2g} to {row['ci_high']:.2g}), FDR "
            f"{row['padj']:.2g}, {row['at_least']:,} of {row['n']:,}"
        )
    if len(ranked) > _SHOWN:
        typer.echo(f"  and {len(ranked) - _SHOWN:,} more in listed.tsv")
