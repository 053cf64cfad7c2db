"""Which figures the analyses of a cohort draw, and from what."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from rnaseq_s6k1.cli.figures import draw_all

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rnaseq_s6k1.cohort.alterations import Alterations
    from rnaseq_s6k1.cohort.copy_number import CopyNumberExpression
    from rnaseq_s6k1.cohort.exclusivity import ExclusivityResult
    from rnaseq_s6k1.cohort.group_comparison import GroupComparison
    from rnaseq_s6k1.cohort.protein import ProteinCorrelation

__all__ = [
    "draw_copy_number",
    "draw_exclusivity",
    "draw_groups",
    "draw_oncoprint",
    "draw_protein",
]

_SCATTERS = 6


def draw_copy_number(found: CopyNumberExpression, folder: Path) -> list[Path]:
    """Draw expression by GISTIC level, with the numbers of samples."""
    from rnaseq_s6k1.cohort.copy_number import level_name
    from rnaseq_s6k1.plots.driver_split import driver_split
    from rnaseq_s6k1.plots.text import add_note

    samples = found.samples.set_index("sample")

    def draw() -> Axes:
        ax = driver_split(
            samples["expression"],
            samples["level"].map(level_name),
            found.gene,
            first=list(found.comparison.groups["group"]),
            unit=found.scale,
        )
        rho = found.tests.iloc[0]
        trend = found.tests[found.tests["test"] == "Jonckheere-Terpstra"].iloc[0]
        add_note(
            ax,
            [
                f"Spearman {rho['statistic']:.2f} ({rho['ci_low']:.2f} to {rho['ci_high']:.2f}); "
                f"trend p = {trend['pvalue']:.2g}"
            ],
            width=50,
        )
        return ax

    return draw_all({"expression_by_level": draw}, folder)


def draw_oncoprint(
    found: Alterations, table: pd.DataFrame, groups: pd.Series | None, folder: Path
) -> list[Path]:
    """Draw the oncoprint of all samples."""
    from rnaseq_s6k1.cohort.alterations import memo_sort
    from rnaseq_s6k1.plots.oncoprint import oncoprint

    genes, samples = memo_sort(found)
    overall = table[(table["kind"] == "any") & (table["group"] == "all")]
    membership = None
    if groups is not None:
        membership = groups.reindex(samples).fillna("not known").astype(str)
    return draw_all(
        {
            "oncoprint": lambda: oncoprint(
                found.kinds.loc[samples, genes],
                overall.set_index("gene")["share"],
                known=found.known.loc[samples, genes],
                groups=membership,
                group_name=str(groups.name) if groups is not None else "group",
            )
        },
        folder,
    )


def draw_exclusivity(found: ExclusivityResult, alpha: float, folder: Path) -> list[Path]:
    """Draw the odds ratios of all pairs."""
    from rnaseq_s6k1.plots.exclusivity_map import exclusivity_map

    return draw_all(
        {"exclusivity": lambda: exclusivity_map(found.table, found.events, alpha=alpha)}, folder
    )


def draw_groups(
    expression: pd.Series, groups: pd.Series, found: GroupComparison, label: str, folder: Path
) -> list[Path]:
    """Draw expression by group, without the groups left out."""
    from rnaseq_s6k1.plots.group_boxes import group_boxes

    shown = groups[groups.isin(set(found.groups["group"]))]
    note = (
        f"Kruskal-Wallis p = {found.pvalue:.2g}, epsilon squared {found.epsilon_squared:.2f}, "
        f"n = {found.n:,}"
    )
    values = expression.loc[expression.index.isin(shown.index)].dropna()
    return draw_all(
        {"expression_by_group": lambda: group_boxes(values, shown, label, note=[note])}, folder
    )


def draw_protein(found: ProteinCorrelation, scale: str, folder: Path) -> list[Path]:
    """Draw mRNA against protein of the first pairs."""
    figures: dict[str, Callable[[], Axes]] = {}
    for number, row in enumerate(found.table.head(_SCATTERS).to_dict("records"), 1):
        figures[f"scatter_{number}"] = partial(_scatter, found, row, scale)
    return draw_all(figures, folder)


def _scatter(found: ProteinCorrelation, row: dict[Hashable, Any], scale: str) -> Axes:
    from rnaseq_s6k1.plots.rank_scatter import rank_scatter

    samples = found.samples
    chosen = (samples["gene"] == row["gene"]) & (samples["protein_name"] == row["protein"])
    both = samples[chosen].set_index("sample")
    note = (
        f"Spearman {row['rho']:.2f} ({row['ci_low']:.2f} to {row['ci_high']:.2f}), "
        f"p = {row['pvalue']:.2g}"
    )
    return rank_scatter(
        both["mrna"],
        both["protein"],
        x_label=f"{row['gene']} {scale}",
        y_label=f"{row['protein']} protein",
        note=[note],
    )
