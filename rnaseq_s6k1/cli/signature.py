"""``signature``: the verdict on a mechanism card."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnaseq_s6k1.cli.gsea import IdMap, OrthologMap, RankBy, RankByChoice, Results, Rnk
from rnaseq_s6k1.cli.options import CommonOptions
from rnaseq_s6k1.cli.set_options import DEFAULT_TESTS
from rnaseq_s6k1.errors import ClaimNotReproducedError

if TYPE_CHECKING:
    import pandas as pd

    from rnaseq_s6k1.cohort.screen.specificity import Specificity
    from rnaseq_s6k1.de.result import DEResult
    from rnaseq_s6k1.enrichment.gsea import GSEAResult
    from rnaseq_s6k1.enrichment.ranking import Ranking
    from rnaseq_s6k1.enrichment.sample_data import SampleData
    from rnaseq_s6k1.mechanism.card import Card
    from rnaseq_s6k1.mechanism.verdict import Verdict

__all__ = [
    "CardOption",
    "StrictOption",
    "choose_card",
    "command",
    "enforce",
    "print_verdict",
    "signature_step",
]

logger = logging.getLogger(__name__)

#: The card of an experiment, where none is named.
DEFAULT_CARD = "s6k1-knockdown"

CardOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE",
        help="s6k1-knockdown, s6k1-high, yes1-amplified, her2-resistance, or a YAML file.  "
        "[default: of a split the card of its gene, else s6k1-knockdown]",
        show_default=False,
    ),
]
StrictOption = Annotated[
    bool, typer.Option("--strict", help="Exit 4 when the claim is not reproduced.")
]


def command(
    common: CommonOptions,
    card: CardOption = None,
    strict: StrictOption = False,
    results: Results = None,
    rnk: Rnk = None,
    id_map: IdMap = None,
    ortholog_map: OrthologMap = None,
    rank_by: RankBy = RankByChoice.stat,
) -> None:
    """Judge a claim: whether signature, mechanism and driver are as a card says.

    Reads the output directory's de/, gsea/ and, where it ran, screen/; writes
    signature/verdict.json.

    Example: rnaseq-s6k1 signature --card s6k1-knockdown --strict
    """
    from rnaseq_s6k1.cli.gsea import load_ranking, samples_for
    from rnaseq_s6k1.cli.tables import read_gsea_table

    if card is not None:
        choose_card(card)  # a misspelt one is an error before anything is read
    result, ranking, inputs = load_ranking(common.out, results, rnk, id_map, rank_by, ortholog_map)
    claim, files = choose_card(card, split_gene=result.parameters.split_gene)
    inputs = [*inputs, *files]
    own = results is None and rnk is None
    gsea = read_gsea_table(common.out, ortholog_map) if own else None
    if gsea is not None:
        inputs = [*inputs, common.out / "gsea" / "gsea.tsv"]
    samples = None
    # Sets that a table by gene sampling lacks are tested as the others were.
    if own and (gsea is None or gsea["rotation_pvalue"].notna().any()):
        samples = samples_for(result, ranking, DEFAULT_TESTS)
    verdict = signature_step(claim, result, ranking, gsea, common, common.out, inputs, samples)
    print_verdict(verdict, common.out)
    enforce(verdict, strict)


def choose_card(card: str | None, *, split_gene: str | None = None) -> tuple[Card, list[Path]]:
    """Load the card asked for, or the one of the gene that splits a cohort.

    Returns
    -------
    Card
        The claim.
    list of pathlib.Path
        The file it came from, where it is none of this package.

    Raises
    ------
    UsageError
        If there is no such card, or none of the gene.
    """
    from rnaseq_s6k1.mechanism.card import card_names, load_card
    from rnaseq_s6k1.mechanism.split_card import split_card

    if card is not None:
        return load_card(card), [] if card in card_names() else [Path(card)]
    if not split_gene:
        return load_card(DEFAULT_CARD), []
    claim = split_card(split_gene)
    logger.info("card %s: its driver is %s, and the groups are of it", claim.name, split_gene)
    return claim, []


def signature_step(
    claim: Card,
    result: DEResult,
    ranking: Ranking,
    gsea: GSEAResult | pd.DataFrame | None,
    common: CommonOptions,
    out: Path,
    inputs: list[Path],
    samples: SampleData | None = None,
) -> Verdict:
    """Judge the card, write ``signature/``, and return the verdict."""
    from rnaseq_s6k1.enrichment.collections import read_gene_sets
    from rnaseq_s6k1.mechanism.verdict import check_signature
    from rnaseq_s6k1.provenance import record_step

    folder = out / "signature"
    specificity, screened = _specificity(out, result, claim)
    with record_step(
        "signature",
        folder,
        arguments={"card": claim.name},
        inputs=[*inputs, *screened],
        seed=common.seed,
    ) as record:
        verdict = check_signature(
            result,
            claim,
            read_gene_sets(claim.collections),
            ranking,
            gsea=gsea,
            specificity=specificity,
            samples=samples,
            seed=common.seed,
            jobs=common.cores,
        )
        record.outputs += verdict.write(folder)
        record.results |= {"sentence": verdict.sentence}
    return verdict


def _specificity(out: Path, result: DEResult, claim: Card) -> tuple[Specificity | None, list[Path]]:
    """Read the screen's answer where it is of this result and card, and say why where not."""
    path = out / "screen" / "specificity.json"
    if not result.parameters.split_gene or not path.is_file():
        return None, []
    from rnaseq_s6k1.cohort.screen.specificity import Specificity

    found = Specificity.read(path)
    other = found.mismatch(result, claim.name)
    if other:
        logger.warning("%s does not enter the verdict: %s", path, other)
        return None, []
    return found, [path]


def print_verdict(verdict: Verdict, out: Path) -> None:
    """Print the verdict and its lines on stdout."""
    typer.echo(f"Verdict on {verdict.card}")
    for finding in verdict.expectations:
        typer.echo(
            f"  {finding.outcome:<13} {finding.role:<7} {finding.target} {finding.expected}: "
            f"{finding.why}"
        )
    typer.echo(f"  {verdict.sentence}")
    typer.echo(
        f"  signature: {verdict.signature}    mechanism: {verdict.mechanism}    "
        f"driver: {verdict.driver}    evidence: {verdict.evidence}"
        + ("" if verdict.specificity is None else f"    specificity: p {verdict.specificity:.2g}")
    )
    typer.echo(f"  written to {out / 'signature'}")


def enforce(verdict: Verdict, strict: bool) -> None:
    """Raise where ``--strict`` was asked for and the claim is not reproduced."""
    if strict and not verdict.reproduced:
        raise ClaimNotReproducedError(
            f"--strict: {verdict.card} is not reproduced: signature {verdict.signature}, "
            f"mechanism {verdict.mechanism}, driver {verdict.driver}, evidence {verdict.evidence}"
        )
