"""The verdict in words a person can paste into a lab book."""

from __future__ import annotations

from collections.abc import Sequence

from rnaseq_s6k1.cohort.screen.specificity import Specificity
from rnaseq_s6k1.de.result import DEResult
from rnaseq_s6k1.mechanism.card import Card
from rnaseq_s6k1.mechanism.driver import DriverChange
from rnaseq_s6k1.mechanism.evaluate import Finding

__all__ = ["compose_sentence"]


def compose_sentence(
    card: Card,
    result: DEResult,
    findings: Sequence[Finding],
    *,
    signature: str,
    mechanism: str,
    driver: str,
    driver_change: DriverChange | None,
    evidence: str,
    specificity: Specificity | None = None,
) -> str:
    """Put the three answers, and how far they carry, into words."""
    core = [finding for finding in findings if finding.role == "core"]
    met = sum(finding.outcome == "met" for finding in core)
    parts = [f"Signature {signature} ({met} of {len(core)} core gene sets as claimed)"]
    parts.append(f"mechanism {mechanism}{_why_mechanism(findings)}")
    parts.append(f"driver {card.driver_gene} {driver}{_driver_words(card, result, driver_change)}")
    sentence = "; ".join(parts) + "."
    if driver == "moved":
        sentence += (
            f" This is compatible with {card.driver_gene} acting so, and no proof that it does."
        )
    elif driver == "not moved" and signature in ("reproduced", "partly reproduced"):
        sentence += f" The signature is there without {card.driver_gene}: something else made it."
    elif driver == "by construction":
        sentence += (
            f" The groups were cut on {card.driver_gene}, so its change is no evidence, and a "
            "signature may come with almost any gene that follows proliferation."
        )
    if evidence == "rotation" and signature == "not established":
        sentence += _agreeing_direction(core)
    if specificity is not None:
        sentence += specificity.verdict_sentence(card.alpha)
    if evidence == "gene-sampling only":
        sentence += (
            " The evidence is gene sampling only: these p-values treat genes as independent, "
            "which they are not, and are too small."
        )
    else:
        sentence += (
            " The evidence on the core gene sets is a rotation test, which respects the "
            "correlation among genes."
        )
    artefacts = [f.target for f in findings if f.kind == "artefact" and f.outcome == "contradicted"]
    if artefacts:
        sentence += f" Beware: {', '.join(artefacts)} up, as the treatment alone may cause."
    return sentence


def _agreeing_direction(core: Sequence[Finding]) -> str:
    """Say where the core sets point, and why that is not enough."""
    agreeing = sum(f.outcome == "undecided" and _leans(f) == f.expected for f in core)
    if 2 * agreeing <= len(core):
        return ""
    agrees = "The direction agrees" if agreeing == len(core) else "The direction agrees in part"
    return (
        f" {agrees} ({agreeing} of {len(core)} core gene sets point as claimed), but correlation "
        "among genes can explain it."
    )


def _leans(finding: Finding) -> str:
    if finding.effect == 0 or finding.effect != finding.effect:
        return ""
    return "up" if finding.effect > 0 else "down"


def _why_mechanism(findings: Sequence[Finding]) -> str:
    detail = [f for f in findings if f.role == "detail" and f.kind != "artefact"]
    for outcome in ("contradicted", "undecided"):
        names = [f"{f.target} {f.expected}" for f in detail if f.outcome == outcome]
        if names:
            return f" ({outcome}: {', '.join(names)})"
    if len(detail) == 1:
        return " (the one detail line met)"
    return f" (all {len(detail)} detail lines met)" if detail else ""


def _driver_words(card: Card, result: DEResult, change: DriverChange | None) -> str:
    if change is None:
        return " (not measured)"
    percent, low, high = change.percent
    against = f"of {result.contrast.reference}" if result.contrast else "of control"
    if result.contrast is not None and not result.contrast.factor:
        against = "per standard deviation of its expression"
    nearest = -change.ci_high if card.driver_direction == "up" else change.ci_low
    opposite = ", the opposite of the claim" if nearest > 0 and not _within(card, change) else ""
    return f" ({percent:.0f} % {against}, 95 % CI {low:.0f} to {high:.0f}{opposite})"


def _within(card: Card, change: DriverChange) -> bool:
    return max(abs(change.ci_low), abs(change.ci_high)) < card.within
