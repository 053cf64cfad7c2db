"""What was compared, and in which direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rnaseq_s6k1.report.run_directory import RunDirectory

__all__ = ["ComparisonSection", "collect_comparison"]


@dataclass(frozen=True)
class ComparisonSection:
    """The comparison behind the differential expression.

    Attributes
    ----------
    factor, target, reference
        The contrast; `factor` is empty where it is of a coefficient.
    n_target, n_reference, n_samples
        Samples of the two groups, and of the fit.
    design
        The formula.
    direction
        What a positive fold change means.
    rule
        By which genes were called.
    n_genes, n_up, n_down
        Rows of ``de/results.tsv``, and those called.
    without_fdr
        Genes without an adjusted p, by the reason.
    split_gene
        The gene the groups were cut on, if they were.
    simulated
        Whether the counts are the simulated ones of the demonstration.
    lfc, alpha, lfc_mode, significance
        The thresholds of the rule.
    """

    factor: str
    target: str
    reference: str
    n_target: int
    n_reference: int
    n_samples: int
    design: str
    direction: str
    rule: str
    n_genes: int
    n_up: int
    n_down: int
    without_fdr: dict[str, int]
    split_gene: str
    simulated: bool
    lfc: float
    alpha: float
    lfc_mode: str
    significance: str

    @property
    def title(self) -> str:
        """The two sides, as a heading has them."""
        if self.factor:
            return f"{self.target} over {self.reference}"
        return f"per unit of {self.target}" if self.target else "differential expression"


def collect_comparison(run: RunDirectory) -> ComparisonSection:
    """Read it from the record and the table of ``de/``."""
    step, results = run.step("de"), run.table("de/results.tsv")
    assert results is not None  # `RunDirectory.check` has seen the file
    arguments, found = step.arguments, step.results
    called = results["direction"].value_counts()
    reasons = results.loc[results["padj"].isna(), "padj_na_reason"].value_counts()
    return ComparisonSection(
        factor=_text(arguments.get("factor")),
        target=_text(arguments.get("target")),
        reference=_text(arguments.get("reference")),
        n_target=int(found.get("n_target", 0)),
        n_reference=int(found.get("n_reference", 0)),
        n_samples=len(arguments.get("samples", [])),
        design=_text(arguments.get("design")),
        direction=_text(found.get("direction")),
        rule=_text(found.get("rule")),
        n_genes=len(results),
        n_up=int(called.get("up", 0)),
        n_down=int(called.get("down", 0)),
        without_fdr={str(reason): int(number) for reason, number in reasons.items() if reason},
        split_gene=_text(found.get("split_gene")),
        simulated=(run.path / "simulate" / "truth.tsv").is_file(),
        lfc=float(arguments.get("lfc", 1.0)),
        alpha=float(arguments.get("alpha", 0.05)),
        lfc_mode=_text(arguments.get("lfc_mode")) or "filter",
        significance=_text(arguments.get("significance")) or "padj",
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value)
