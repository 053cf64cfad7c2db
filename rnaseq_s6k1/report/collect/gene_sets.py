"""Gene sets: both tests side by side, running sums, leading edges, over-representation."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from rnaseq_s6k1.report.collect.columns import column_values
from rnaseq_s6k1.report.run_directory import Picture, RunDirectory

__all__ = [
    "GeneSetsSection",
    "OverRepresentationSection",
    "collect_gene_sets",
    "collect_over_representation",
]

# Sets on the page; the table on disk has them all.
_MOST_SETS = 200


@dataclass(frozen=True)
class GeneSetsSection:
    """Tested gene sets.

    Attributes
    ----------
    rows
        ``gsea/gsea.tsv``, the smallest rotation p (else preranked p) first.
    left_out
        How many more sets the table has.
    rotated
        Whether the rotation test ran.
    evidence
        How many sets have each kind of evidence, over the whole table.
    family, alpha
        Over what the FDR is controlled, and its level.
    curves
        Running sums, as the chart takes them.
    pictures
        Figures of the step.
    """

    rows: list[dict[Hashable, Any]]
    left_out: int
    rotated: bool
    evidence: dict[str, int]
    family: str
    alpha: float
    curves: dict[str, Any]
    pictures: list[Picture]


@dataclass(frozen=True)
class OverRepresentationSection:
    """Gene sets among the called genes.

    Attributes
    ----------
    rows
        ``ora/ora.tsv``, the smallest p first.
    left_out
        How many more rows the table has.
    universe
        How many genes could have been called.
    family
        Over what the FDR is controlled.
    pictures
        Figures of the step.
    """

    rows: list[dict[Hashable, Any]]
    left_out: int
    universe: int
    family: str
    pictures: list[Picture]


def collect_gene_sets(run: RunDirectory) -> GeneSetsSection | None:
    """Read ``gsea/``; None where it is not there."""
    table = run.table("gsea/gsea.tsv")
    if table is None:
        return None
    step = run.step("gsea")
    rows, left_out = _first_rows(table, ["rotation_pvalue", "pvalue", "set"])
    pictures = run.pictures(
        {
            "gsea/figures/gene_sets": "Scores of the best supported gene sets",
            "gsea/figures/leading_edge_heatmap": "Which genes the leading edges of sets share",
            "gsea/figures/enrichment_map": "Gene sets; lines join those that share genes",
        }
    )
    return GeneSetsSection(
        rows=rows,
        left_out=left_out,
        rotated=bool(table["rotation_pvalue"].notna().any()),
        evidence={str(k): int(v) for k, v in table["evidence"].value_counts().items()},
        family=str(step.results.get("family", "")),
        alpha=float(step.arguments.get("alpha", 0.05)),
        curves=_curves(run),
        pictures=pictures,
    )


def _first_rows(table: pd.DataFrame, order: list[str]) -> tuple[list[dict[Hashable, Any]], int]:
    """Return the rows the page shows, in this order, and how many more there are."""
    ordered = table.sort_values(order, kind="stable")
    return ordered.head(_MOST_SETS).to_dict("records"), max(0, len(table) - _MOST_SETS)


def _curves(run: RunDirectory) -> dict[str, Any]:
    table = run.table("gsea/running_sums.tsv")
    ranking = run.path / "gsea" / "ranks.rnk"
    if table is None or table.empty or not ranking.is_file():
        return {}
    with ranking.open(encoding="utf-8") as stream:
        n_genes = sum(1 for line in stream if line.strip())
    sets = {}
    for (collection, name), rows in table.groupby(["collection", "set"], sort=True):
        sets[f"{collection}/{name}"] = {
            "rank": column_values(rows["rank"]),
            "gene": column_values(rows["gene"]),
            "before": column_values(rows["before"], digits=4),
            "after": column_values(rows["after"], digits=4),
        }
    by = str(run.step("gsea").arguments.get("rank_by", ""))
    return {"nGenes": n_genes, "rankedBy": by, "sets": sets}


def collect_over_representation(run: RunDirectory) -> OverRepresentationSection | None:
    """Read ``ora/``; None where it is not there."""
    table = run.table("ora/ora.tsv")
    if table is None:
        return None
    step = run.step("ora")
    rows, left_out = _first_rows(table, ["pvalue", "set", "direction"])
    return OverRepresentationSection(
        rows=rows,
        left_out=left_out,
        universe=int(step.results.get("universe", 0)),
        family=str(step.results.get("family", "")),
        pictures=run.pictures(
            {"ora/figures/ora": "Odds ratios of the most over-represented gene sets"}
        ),
    )
