"""The verdict on the card, with the figure of the source that each line answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rnaseq_s6k1.report.run_directory import RunDirectory

__all__ = ["Answer", "VerdictLine", "VerdictSection", "collect_verdict"]

_STATES = {
    "reproduced": "good",
    "partly reproduced": "partial",
    "contradicted": "bad",
    "not established": "open",
    "consistent": "good",
    "inconsistent": "bad",
    "undecided": "open",
    "moved": "good",
    "not moved": "bad",
    "by construction": "neutral",
    "met": "good",
}
_KINDS = {
    "gene": "gene",
    "gene_set": "gene set",
    "over_representation": "over-representation",
    "artefact": "artefact check",
}
_EFFECTS = {"gene": "log2FC", "over_representation": "odds ratio"}


@dataclass(frozen=True)
class Answer:
    """One of the verdict's answers.

    Attributes
    ----------
    question
        In words.
    answer
        As ``verdict.json`` has it.
    state
        ``good``, ``partial``, ``bad``, ``open`` or ``neutral``: how it is marked.
    """

    question: str
    answer: str
    state: str


@dataclass(frozen=True)
class VerdictLine:
    """One line of the card with its evidence; see `rnaseq_s6k1.mechanism.evaluate.Finding`.

    Attributes
    ----------
    line
        The entry of ``verdict.json``.
    kind, effect_name
        In words: what the target is, and what its effect measures.
    evidence
        The test's result in words.
    source
        The figure or sentence of the source it answers.
    state
        As in `Answer`.
    """

    line: Mapping[str, Any]
    kind: str
    effect_name: str
    evidence: str
    source: str
    state: str


@dataclass(frozen=True)
class VerdictSection:
    """The verdict.

    Attributes
    ----------
    headline, more
        The first sentence, and those after it.
    answers
        Signature, mechanism, driver and, where a screen ran, specificity.
    lines
        Every line of the card.
    claim
        Title, citation, doi and perturbation of the card.
    card, driver_gene, driver_change, evidence, warnings
        As ``verdict.json`` has them.
    """

    headline: str
    more: str
    answers: list[Answer]
    lines: list[VerdictLine]
    claim: Mapping[str, Any]
    card: str
    driver_gene: str
    driver_change: Mapping[str, Any] | None
    evidence: str
    warnings: list[str]


def collect_verdict(run: RunDirectory) -> VerdictSection | None:
    """Read ``signature/verdict.json``; None where no card was judged."""
    found = run.document("signature/verdict.json")
    if not found:
        return None
    claim: Mapping[str, Any] = found.get("claim") or {}
    first, stop, more = str(found.get("sentence", "")).partition(". ")
    answers = [
        _answer("Signature: are the core gene sets as claimed?", found.get("signature")),
        _answer("Mechanism: do the details fit?", found.get("mechanism")),
        _answer("Driver: did it move as claimed?", found.get("driver")),
    ]
    if found.get("specificity") is not None:
        specific = float(found["specificity"]) < float(claim.get("alpha", 0.05))
        answers.append(
            Answer(
                "Specificity: do genes like the driver do as well?",
                f"{'specific' if specific else 'not specific'} (p {found['specificity']:.2g})",
                "good" if specific else "bad",
            )
        )
    sources = list(claim.get("sources", []))
    expectations = found.get("expectations", [])
    sources += [""] * (len(expectations) - len(sources))
    return VerdictSection(
        headline=first + ("." if stop else ""),
        more=more,
        answers=answers,
        lines=[
            _line(line, str(source)) for line, source in zip(expectations, sources, strict=True)
        ],
        claim=claim,
        card=str(found.get("card", "")),
        driver_gene=str(found.get("driver_gene", "")),
        driver_change=found.get("driver_change"),
        evidence=str(found.get("evidence", "")),
        warnings=list(map(str, found.get("warnings", []))),
    )


def _answer(question: str, answer: Any) -> Answer:
    return Answer(question, str(answer), _STATES.get(str(answer), "open"))


def _set_effect(line: Mapping[str, Any]) -> str:
    """Name what is given for a set: the mean rank, where it points the other way than the score."""
    effect = line.get("effect")
    shown = effect is None or f"NES {effect:.2f}" in str(line.get("why", ""))
    return "NES" if shown else "mean rank"


def _line(line: Mapping[str, Any], source: str) -> VerdictLine:
    kind, outcome = str(line.get("kind", "")), str(line.get("outcome", ""))
    return VerdictLine(
        line=line,
        kind=_KINDS.get(kind, kind),
        effect_name=_EFFECTS.get(kind) or _set_effect(line),
        evidence=str(line.get("why", "")).removesuffix(f" [{source}]"),
        source=source,
        state="bad" if outcome == "contradicted" else _STATES.get(outcome, "open"),
    )
