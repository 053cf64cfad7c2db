"""``report.html``: the sections of a run directory on one page that needs nothing else."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from rnaseq_s6k1.report.collect.cohort import CohortSection, collect_cohort
from rnaseq_s6k1.report.collect.comparison import ComparisonSection, collect_comparison
from rnaseq_s6k1.report.collect.gene_sets import (
    GeneSetsSection,
    OverRepresentationSection,
    collect_gene_sets,
    collect_over_representation,
)
from rnaseq_s6k1.report.collect.genes import GenesSection, collect_genes
from rnaseq_s6k1.report.collect.methods import MethodsSection, collect_methods
from rnaseq_s6k1.report.collect.provenance import ProvenanceSection, collect_provenance
from rnaseq_s6k1.report.collect.quality import QualitySection, collect_quality
from rnaseq_s6k1.report.collect.verdict import VerdictSection, collect_verdict
from rnaseq_s6k1.report.collect.warnings import Caution, collect_cautions
from rnaseq_s6k1.report.html import render
from rnaseq_s6k1.report.run_directory import RunDirectory

__all__ = ["PAGE", "Report", "collect_report", "render_report", "write_report"]

PAGE = "report.html"

# The order matters: each file uses those before it.
_SCRIPTS = (
    "base", "tsv", "axes", "canvas_scatter", "theme", "calls", "gene_charts", "gene_table",
    "quality", "running_sums", "sortable", "figures", "start",
)  # fmt: skip
_STYLES = ("colours", "layout", "verdict", "charts", "tables", "print")


@dataclass(frozen=True)
class Report:
    """Everything on the page; sections whose folder is not there are None or empty."""

    comparison: ComparisonSection
    verdict: VerdictSection | None
    quality: QualitySection | None
    genes: GenesSection
    gene_sets: GeneSetsSection | None
    over_representation: OverRepresentationSection | None
    cohort: list[CohortSection]
    cautions: list[Caution]
    methods: MethodsSection
    provenance: ProvenanceSection

    @property
    def settings(self) -> dict[str, Any]:
        """What the page's scripts must know of the comparison."""
        names = ("factor", "target", "reference", "split_gene", "lfc", "alpha", "lfc_mode")
        known = {name: getattr(self.comparison, name) for name in names}
        driver = self.verdict.driver_gene if self.verdict else ""
        return known | {"significance": self.comparison.significance, "driver": driver}


def collect_report(run: RunDirectory) -> Report:
    """Read every section of a run directory.

    Raises
    ------
    DataError
        If the directory holds no differential expression, or a file of it cannot be read.
    """
    run.check()
    comparison, verdict = collect_comparison(run), collect_verdict(run)
    provenance = collect_provenance(run)
    return Report(
        comparison=comparison,
        verdict=verdict,
        quality=collect_quality(run),
        genes=collect_genes(run),
        gene_sets=collect_gene_sets(run),
        over_representation=collect_over_representation(run),
        cohort=collect_cohort(run),
        cautions=collect_cautions(run),
        methods=collect_methods(run, comparison, verdict, provenance),
        provenance=provenance,
    )


def render_report(report: Report) -> str:
    """Put a report into HTML; every name in it is escaped."""
    content = {field.name: getattr(report, field.name) for field in fields(report)}
    return render(
        "page.html.j2",
        content | {"settings": report.settings, "version": report.provenance.version},
        styles=_STYLES,
        scripts=_SCRIPTS,
    )


def write_report(folder: Path) -> Path:
    """Write ``report.html`` into a run directory and return its path."""
    from rnaseq_s6k1.io.atomic import write_bytes

    text = render_report(collect_report(RunDirectory(folder)))
    # Names may hold what UTF-8 has no bytes for.
    write_bytes(folder / PAGE, text.encode("utf-8", "replace"))
    return folder / PAGE
