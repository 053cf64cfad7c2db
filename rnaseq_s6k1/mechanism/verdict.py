"""Three answers, apart: is the signature there, does the detail fit, did the driver move."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from rnaseq_s6k1.cohort.screen.specificity import Specificity
from rnaseq_s6k1.de.result import DEResult
from rnaseq_s6k1.enrichment.gsea import GSEAResult, run_gsea
from rnaseq_s6k1.enrichment.ranking import Ranking
from rnaseq_s6k1.enrichment.sample_data import SampleData
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.gmt import GeneSet
from rnaseq_s6k1.mechanism.card import Card, Claim
from rnaseq_s6k1.mechanism.driver import DriverAnswer, DriverChange, judge_driver
from rnaseq_s6k1.mechanism.evaluate import Finding, SetEvidence, evaluate_card
from rnaseq_s6k1.mechanism.sentence import compose_sentence

__all__ = ["EXPECTATION_COLUMNS", "Verdict", "check_signature"]

logger = logging.getLogger(__name__)

SignatureAnswer = Literal["reproduced", "partly reproduced", "contradicted", "not established"]
MechanismAnswer = Literal["consistent", "inconsistent", "undecided"]
EvidenceKind = Literal["rotation", "gene-sampling only"]

EXPECTATION_COLUMNS: tuple[str, ...] = tuple(Finding.__dataclass_fields__)

# Sets of a card are tested whatever --min-size says, down to the fewest that mean anything.
_SMALLEST_CARD_SET = 5


@dataclass(frozen=True)
class Verdict:
    """The verdict on a card.

    Attributes
    ----------
    card
        Name of the card.
    signature
        Whether the card's core gene sets are as claimed.
    mechanism
        Whether the card's detail lines fit.
    driver
        Whether the driver moved; never proof that it did it.
    driver_gene, driver_change
        The driver, and its change (None where not measured).
    specificity
        The p-value of the screen against matched genes, where one ran.
    evidence
        ``rotation`` where every core p respects correlation among genes.
    sentence
        The verdict in words.
    warnings
        Artefacts seen.
    expectations
        Every line with its evidence.
    claim
        What the card says of itself.
    """

    card: str
    signature: SignatureAnswer
    mechanism: MechanismAnswer
    driver: DriverAnswer
    driver_gene: str
    driver_change: DriverChange | None
    specificity: float | None
    evidence: EvidenceKind
    sentence: str
    warnings: tuple[str, ...]
    expectations: tuple[Finding, ...]
    claim: Claim

    @property
    def reproduced(self) -> bool:
        """Whether the claim stands as far as these data go (what ``--strict`` asks)."""
        return (
            self.signature == "reproduced"
            and self.mechanism != "inconsistent"
            and self.driver in ("moved", "by construction")
            and self.evidence == "rotation"
        )

    @property
    def table(self) -> pd.DataFrame:
        """The expectations as a table with the columns of `EXPECTATION_COLUMNS`."""
        rows = [asdict(finding) for finding in self.expectations]
        return pd.DataFrame(rows, columns=list(EXPECTATION_COLUMNS))

    def as_dict(self) -> dict[str, Any]:
        """Return what ``verdict.json`` holds; missing numbers are None."""
        change = None
        if self.driver_change is not None:
            percent, low, high = self.driver_change.percent
            change = {
                "log2FC": self.driver_change.log2_fold_change,
                "ci_low": self.driver_change.ci_low,
                "ci_high": self.driver_change.ci_high,
                "pvalue": self.driver_change.pvalue,
                "percent_of_control": percent,
                "percent_ci_low": low,
                "percent_ci_high": high,
            }
            change = {name: _json_value(value) for name, value in change.items()}
        return {
            "card": self.card,
            "claim": asdict(self.claim),
            "signature": self.signature,
            "mechanism": self.mechanism,
            "driver": self.driver,
            "driver_gene": self.driver_gene,
            "driver_change": change,
            "specificity": self.specificity,
            "evidence": self.evidence,
            "sentence": self.sentence,
            "warnings": list(self.warnings),
            "expectations": [
                {name: _json_value(value) for name, value in asdict(finding).items()}
                for finding in self.expectations
            ],
        }

    def write(self, folder: Path) -> list[Path]:
        """Write ``verdict.json`` and ``verdict.tsv`` into `folder`."""
        from rnaseq_s6k1.io.atomic import write_text
        from rnaseq_s6k1.io.tables import write_table

        text = json.dumps(self.as_dict(), indent=2, ensure_ascii=False, allow_nan=False)
        write_text(folder / "verdict.json", text + "\n")
        write_table(self.table, folder / "verdict.tsv")
        return [folder / "verdict.json", folder / "verdict.tsv"]


def check_signature(
    result: DEResult,
    card: Card,
    collections: Mapping[str, Mapping[str, GeneSet]],
    ranking: Ranking,
    *,
    gsea: GSEAResult | pd.DataFrame | None = None,
    specificity: Specificity | None = None,
    samples: SampleData | None = None,
    seed: int = 0,
    jobs: int = 1,
) -> Verdict:
    """Judge a claim against a differential-expression result.

    Parameters
    ----------
    result
        The result; its fold changes are the perturbed over the unperturbed group.
    card
        The claim.
    collections
        Gene sets that hold at least the card's.
    ranking
        The ranking of the same result; sets that `gsea` lacks are tested on it.
    gsea
        Gene-set tests of this result; their p-values are used as they are. A table may have
        the column ``mean_rank`` of the rotation test, which gives its direction; it is else the
        score's.
    samples
        The samples of this result, for the rotation test of sets that `gsea` lacks.
    specificity
        The screen of the driver that split these groups, where one ran.
    seed, jobs
        For the sets tested here.

    Raises
    ------
    DataError
        If a set of the card is in none of the collections, or the genes do not match.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> adata = s6k1.simulate_counts(n_genes=6000).adata
    >>> result = s6k1.run_de(adata, "~ condition", ("condition", "siS6K1", "siNC"))
    >>> verdict = s6k1.check_signature(
    ...     result,
    ...     s6k1.load_card("s6k1-knockdown"),
    ...     s6k1.read_gene_sets(["hallmark", "kegg_cell_cycle"]),
    ...     s6k1.rank_genes(result.table),
    ... )
    >>> verdict.signature, verdict.driver
    ('reproduced', 'moved')
    """
    sets = card.resolve_sets(collections)
    table = _with_mean_ranks(gsea) if isinstance(gsea, GSEAResult) else gsea
    evidence = _set_evidence(card, result, sets, ranking, table, samples, seed, jobs)
    findings = evaluate_card(card, result, sets, evidence)
    core = [finding for finding in findings if finding.role == "core"]
    detail = [f for f in findings if f.role == "detail" and f.kind != "artefact"]
    artefacts = [f for f in findings if f.kind == "artefact" and f.outcome == "contradicted"]
    by_rotation = all(evidence[f.target].by_rotation for f in core if f.target in evidence) and any(
        f.target in evidence for f in core
    )
    driver, change = judge_driver(card, result)
    answers: dict[str, Any] = {
        "signature": _signature(core),
        "mechanism": _mechanism(detail),
        "driver": driver,
        "driver_change": change,
        "evidence": "rotation" if by_rotation else "gene-sampling only",
    }
    warnings = tuple(f"{f.target} is up: {f.why}" for f in artefacts)
    for sentence in warnings:
        logger.warning("%s", sentence)
    return Verdict(
        card=card.name,
        driver_gene=card.driver_gene,
        specificity=None if specificity is None else specificity.pvalue,
        sentence=compose_sentence(card, result, findings, specificity=specificity, **answers),
        warnings=warnings,
        expectations=tuple(findings),
        claim=card.claim,
        **answers,
    )


def _set_evidence(
    card: Card,
    result: DEResult,
    sets: Mapping[str, GeneSet],
    ranking: Ranking,
    gsea: pd.DataFrame | None,
    samples: SampleData | None,
    seed: int,
    jobs: int,
) -> dict[str, SetEvidence]:
    """Take each set's test from the table; test what the table lacks."""
    evidence: dict[str, SetEvidence] = {}
    if gsea is not None:
        wanted = gsea[gsea["set"].isin(set(sets))]
        for _, row in wanted.drop_duplicates("set").iterrows():
            evidence[str(row["set"])] = _evidence_of(row)
    missing = {name: gene_set for name, gene_set in sets.items() if name not in evidence}
    if missing:
        split = result.parameters.split_gene
        names = result.table.loc[result.table["gene_id"] == split, "gene_name"]
        try:
            tested = _with_mean_ranks(
                run_gsea(
                    ranking,
                    {"card": missing},
                    min_size=_SMALLEST_CARD_SET,
                    max_size=len(ranking.stats),
                    exclude=set(names.astype(str)),
                    samples=samples,
                    seed=seed,
                    jobs=jobs,
                )
            )
        except DataError:
            if not evidence:
                raise
            logger.warning(
                "too few genes of %s to test; these lines stay undecided", ", ".join(missing)
            )
        else:
            for _, row in tested.iterrows():
                evidence[str(row["set"])] = _evidence_of(row)
    return evidence


def _with_mean_ranks(gsea: GSEAResult) -> pd.DataFrame:
    if gsea.rotation is None:
        return gsea.table
    ranks = gsea.rotation[["collection", "set", "mean_rank"]]
    return gsea.table.merge(ranks, "left", on=["collection", "set"])


def _evidence_of(row: pd.Series) -> SetEvidence:
    by_rotation = not pd.isna(row["rotation_pvalue"])
    mean_rank = float(row.get("mean_rank", np.nan))
    return SetEvidence(
        effect=float(row["nes"]),
        pvalue=float(row["rotation_pvalue"] if by_rotation else row["pvalue"]),
        size=int(row["size"]),
        by_rotation=by_rotation,
        leaning=mean_rank if by_rotation and np.isfinite(mean_rank) else None,
        preranked_pvalue=float(row["pvalue"]),
    )


def _signature(core: list[Finding]) -> SignatureAnswer:
    met = sum(finding.outcome == "met" for finding in core)
    if met == len(core):
        return "reproduced"
    if met:
        return "partly reproduced"
    if any(finding.outcome == "contradicted" for finding in core):
        return "contradicted"
    return "not established"


def _mechanism(detail: list[Finding]) -> MechanismAnswer:
    if any(finding.outcome == "contradicted" for finding in detail):
        return "inconsistent"
    if detail and all(finding.outcome == "met" for finding in detail):
        return "consistent"
    return "undecided"


def _json_value(value: Any) -> Any:
    """JSON has no NaN and no infinity; a missing number is null, an infinite one a word."""
    if isinstance(value, (float, np.floating)):
        number = float(value)
        if math.isnan(number):
            return None
        return number if math.isfinite(number) else ("inf" if number > 0 else "-inf")
    return value.item() if isinstance(value, np.generic) else value
