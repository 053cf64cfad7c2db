r"""What the data say of each line of a card: *met*, *contradicted* or *undecided*.

- A gene expected ``up`` or ``down``: the Wald test of no change (Love 2014), Holm-adjusted
  (Holm, Scand J Stat 1979, 6:65) over the card's gene lines of that kind, and the sign.
- A gene expected ``unchanged``: two one-sided tests within the margin (Schuirmann, J
  Pharmacokinet Biopharm 1987, 15:657; DESeq2's ``lessAbs``), on the unfiltered p; it is
  contradicted where the change is significantly beyond the margin. The power at no true
  change is :math:`2\Phi(m/s - z_{0.95}) - 1` for margin *m* and standard error *s*.
- A gene set: the rotation p-value where there is one, else the preranked one, Holm-adjusted
  over the card's core sets (detail sets: over the detail sets), and the direction of that test:
  of the mean rank, or the sign of the score.
- Over-representation: the hypergeometric test among the genes called in the direction,
  Holm-adjusted over the card's lines of that kind; it is contradicted where the set is not
  over-represented there, but is among the genes called the other way.
- An artefact: a set that must not be up; it is contradicted where it is, else undecided.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import ndtri

from rnaseq_s6k1.de.result import DEResult
from rnaseq_s6k1.de.wald import wald_test
from rnaseq_s6k1.enrichment.families import holm
from rnaseq_s6k1.enrichment.ora import ora_lists, run_ora
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.gmt import GeneSet
from rnaseq_s6k1.mechanism.card import Card, Expectation

__all__ = ["Finding", "Outcome", "SetEvidence", "evaluate_card", "find_gene", "holm", "withheld"]

Outcome = Literal["met", "contradicted", "undecided"]

_Z95 = float(ndtri(0.95))
_Z975 = float(ndtri(0.975))

_NOT_MEASURED = "not measured: the gene is absent or has no counts"
_WITHHELD = "withheld: one sample dominates (Cook's distance)"


@dataclass(frozen=True)
class SetEvidence:
    """The test of one gene set.

    Attributes
    ----------
    effect
        Normalised enrichment score.
    pvalue
        Of the rotation test where `by_rotation`, else of the preranked test.
    size
        Genes of the set that were ranked.
    by_rotation
        Whether the p-value respects the correlation among genes.
    leaning
        Its sign is the direction of the deciding test, as the mean rank's of the rotation
        test; None where that is the score's.
    preranked_pvalue
        Of the preranked test, whichever decides; NaN where it did not run.
    """

    effect: float
    pvalue: float
    size: int
    by_rotation: bool
    leaning: float | None = None
    preranked_pvalue: float = np.nan


@dataclass(frozen=True)
class Finding:
    """One line of a card, judged.

    Attributes
    ----------
    target, kind, expected, role
        The line; see `rnaseq_s6k1.mechanism.card.Expectation`.
    outcome
        What the data say of it.
    effect, ci_low, ci_high
        Genes: log2 fold change with its 95 % confidence interval (90 % for ``unchanged``,
        the interval two one-sided tests use). Sets: normalised enrichment score.
        Over-representation: odds ratio.
    pvalue, padj
        Of the deciding test; `padj` is Holm-adjusted over the card's lines of the kind (sets:
        of the kind and role). Lines of ``unchanged`` and artefacts are not adjusted: each
        margin is its own question, and an artefact should rather be seen once too often.
    n
        Samples for genes, genes of the set for sets.
    why
        The evidence in words.
    """

    target: str
    kind: str
    expected: str
    outcome: Outcome
    role: str
    effect: float
    ci_low: float
    ci_high: float
    pvalue: float
    padj: float
    n: int
    why: str


def find_gene(table: pd.DataFrame, name: str) -> pd.Series | None:
    """Return the row of a gene by name or id; of several, the one with the largest mean."""
    rows = table[(table["gene_name"] == name) | (table["gene_id"] == name)]
    if rows.empty:
        return None
    return rows.sort_values(["baseMean", "gene_id"], ascending=[False, True]).iloc[0]


def withheld(row: pd.Series) -> bool:
    """Whether a gene's test was withheld because one sample dominates (Cook's distance).

    Tables of other origin give no reason; there, as in DESeq2, an estimated gene without a
    p-value is one.
    """
    return bool(row["padj_na_reason"] == "outlier" or np.isnan(row["pvalue"]))


def evaluate_card(
    card: Card,
    result: DEResult,
    sets: Mapping[str, GeneSet],
    set_evidence: Mapping[str, SetEvidence],
) -> list[Finding]:
    """Judge every line of a card.

    Parameters
    ----------
    card
        The claim.
    result
        The differential-expression result, target over reference as the card says.
    sets
        The card's gene sets by name.
    set_evidence
        The tests of the sets that could be tested, by name.

    Returns
    -------
    list of Finding
        In the order of the card.
    """
    lines = card.expectations
    findings: dict[int, Finding] = {}
    for role in ("core", "detail"):
        chosen = [i for i, e in enumerate(lines) if e.kind == "gene_set" and e.role == role]
        findings |= _judge_family(
            chosen, lines, lambda line: _gene_set(line, set_evidence), card.alpha
        )
    moved = [i for i, e in enumerate(lines) if e.kind == "gene" and e.expected != "unchanged"]
    findings |= _judge_family(moved, lines, lambda line: _moved_gene(line, result), card.alpha)
    listed = [i for i, e in enumerate(lines) if e.kind == "over_representation"]
    findings |= _over_representations(listed, lines, result, sets, card.alpha)
    for i, line in enumerate(lines):
        if line.kind == "gene" and line.expected == "unchanged":
            findings[i] = _unchanged_gene(line, result, card.alpha)
        elif line.kind == "artefact":
            findings[i] = _artefact(line, set_evidence, card.alpha)
    return [findings[i] for i in range(len(lines))]


def _judge_family(
    indices: Sequence[int],
    lines: Sequence[Expectation],
    measure: Callable[[Expectation], Finding],
    alpha: float,
) -> dict[int, Finding]:
    """Measure lines of one kind, adjust their p-values together, and decide each."""
    measured = [measure(lines[i]) for i in indices]
    adjusted = holm([finding.pvalue for finding in measured])
    return {
        i: replace(finding, padj=padj, outcome=_directed(finding, padj, alpha))
        for i, finding, padj in zip(indices, measured, adjusted, strict=True)
    }


def _directed(finding: Finding, padj: float, alpha: float) -> Outcome:
    if not padj < alpha:  # NaN decides nothing
        return "undecided"
    direction = "up" if finding.effect > 0 else "down"
    return "met" if direction == finding.expected else "contradicted"


def _finding(line: Expectation, why: str, **values: float) -> Finding:
    numbers = {"effect": np.nan, "ci_low": np.nan, "ci_high": np.nan, "pvalue": np.nan}
    numbers |= values
    n = int(numbers.pop("n", 0))
    padj = numbers.pop("padj", np.nan)
    return Finding(
        target=line.target,
        kind=line.kind,
        expected=line.expected,
        outcome="undecided",
        role=line.role,
        padj=padj,
        n=n,
        why=f"{why} [{line.source}]",
        **numbers,
    )


def _gene_set(line: Expectation, evidence: Mapping[str, SetEvidence]) -> Finding:
    found = evidence.get(line.target)
    if found is None:
        return _finding(line, "too few of the set's genes were tested")
    test = "preranked test, gene sampling only"
    if found.by_rotation:
        test = f"rotation test; preranked {found.preranked_pvalue:.2g}"
    leaning = found.effect if found.leaning is None else found.leaning
    way = "up" if leaning > 0 else "down"
    # A score on the other side than the mean rank would tell the opposite of what was tested.
    effect = found.effect if found.effect * leaning > 0 else leaning
    if found.effect * leaning < 0:
        way += " by mean rank"
    return _finding(
        line,
        f"{way}, NES {found.effect:.2f}, p {found.pvalue:.2g} ({test}), {found.size} genes",
        effect=effect,
        pvalue=found.pvalue,
        n=found.size,
    )


def _moved_gene(line: Expectation, result: DEResult) -> Finding:
    row = find_gene(result.table, line.target)
    if row is None or not _estimated(row):
        return _finding(line, _NOT_MEASURED)
    b, s = float(row["log2FoldChange"]), float(row["lfcSE"])
    if withheld(row):
        return _finding(line, _WITHHELD, effect=b)
    # The table's p may belong to another null (--lfc-mode test).
    p = float(wald_test(np.array([b]), np.array([s]))[1][0])
    fdr = "not adjusted" if np.isnan(row["padj"]) else f"FDR {row['padj']:.2g} among all genes"
    return _finding(
        line,
        f"log2FC {b:.2f}, p {p:.2g}, {fdr}, mean count {row['baseMean']:.0f}",
        effect=b,
        ci_low=b - _Z975 * s,
        ci_high=b + _Z975 * s,
        pvalue=p,
        n=_n(result),
    )


def _unchanged_gene(line: Expectation, result: DEResult, alpha: float) -> Finding:
    row = find_gene(result.table, line.target)
    if row is None or not _estimated(row):
        return _finding(line, _NOT_MEASURED)
    b, s, margin = float(row["log2FoldChange"]), float(row["lfcSE"]), line.within
    if withheld(row):
        return _finding(line, _WITHHELD, effect=b)
    estimate, error = np.array([b]), np.array([s])
    inside = float(wald_test(estimate, error, threshold=margin, alternative="lessAbs")[1][0])
    beyond = float(wald_test(estimate, error, threshold=margin)[1][0])
    low, high = b - _Z95 * s, b + _Z95 * s
    power = max(0.0, 2 * float(_phi(margin / s - _Z95)) - 1)
    why = (
        f"log2FC {b:.2f}; equivalence within {margin:g}: p {inside:.2g}; the smallest margin that "
        f"would pass is {max(abs(low), abs(high)):.2f}; power at no change {power:.2f}"
    )
    finding = _finding(
        line, why, effect=b, ci_low=low, ci_high=high, pvalue=inside, padj=inside, n=_n(result)
    )
    if inside < alpha:
        return replace(finding, outcome="met")
    return replace(finding, outcome="contradicted" if beyond < alpha else "undecided")


def _over_representations(
    indices: Sequence[int],
    lines: Sequence[Expectation],
    result: DEResult,
    sets: Mapping[str, GeneSet],
    alpha: float,
) -> dict[int, Finding]:
    """Judge the over-representation lines; both directions are adjusted over all of them."""
    measured = [_over_representation(lines[i], result, sets) for i in indices]
    expected = holm([finding.pvalue for finding, _ in measured])
    opposite = holm([p for _, p in measured])
    judged = {}
    for i, (finding, _), here, there in zip(indices, measured, expected, opposite, strict=True):
        outcome: Outcome = "undecided"
        if here < alpha:
            outcome = "met"
        elif there < alpha:
            outcome = "contradicted"
        judged[i] = replace(finding, padj=here, outcome=outcome)
    return judged


def _over_representation(
    line: Expectation, result: DEResult, sets: Mapping[str, GeneSet]
) -> tuple[Finding, float]:
    """Test a set among the genes called the expected way; return the other way's p too."""
    split = result.parameters.split_gene
    way = line.expected
    other = "down" if way == "up" else "up"
    lists, universe = ora_lists(result.table, "both", exclude={split} if split else ())
    if not any(lists.values()):
        return _finding(line, "no gene is called up or down"), np.nan
    try:
        table = run_ora(
            lists,
            universe,
            {"card": {line.target: sets[line.target]}},
            min_size=1,
            max_size=len(universe),
        ).table
    except DataError:
        return _finding(line, "too few of the set's genes were tested"), np.nan
    by_way = {str(row["direction"]): row for row in table.to_dict("records")}
    tested, contrary = by_way[way], by_way[other]
    finding = _finding(
        line,
        f"{tested['overlap']} of the {len(lists[way])} {way} genes are in the set, "
        f"{tested['expected']:.1f} expected, p {tested['pvalue']:.2g}; "
        f"{contrary['overlap']} of the {len(lists[other])} {other} genes, "
        f"{contrary['expected']:.1f} expected, p {contrary['pvalue']:.2g}",
        effect=float(tested["odds_ratio"]),
        pvalue=float(tested["pvalue"]),
        n=int(tested["size"]),
    )
    return finding, float(contrary["pvalue"])


def _artefact(line: Expectation, evidence: Mapping[str, SetEvidence], alpha: float) -> Finding:
    finding = _gene_set(line, evidence)
    finding = replace(finding, padj=finding.pvalue)
    if finding.pvalue < alpha and finding.effect > 0:
        return replace(finding, outcome="contradicted")
    return finding


def _estimated(row: pd.Series) -> bool:
    """Whether a fold change was estimated; a standard error of 0 is a gene without counts."""
    b, s = row["log2FoldChange"], row["lfcSE"]
    return bool(np.isfinite(b) and np.isfinite(s) and s > 0)


def _n(result: DEResult) -> int:
    """Count the samples compared; all of the model's where the contrast is of a coefficient."""
    if result.contrast is not None and not result.contrast.factor and result.experiment is not None:
        return int(result.experiment.n_obs)
    return result.parameters.n_target + result.parameters.n_reference


def _phi(x: float) -> float:
    from scipy.special import ndtr

    return float(ndtr(x))
