"""Running sums of several gene sets in one panel, with a row of ticks for each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from rnaseq_s6k1.enrichment.located import ScoreType
from rnaseq_s6k1.enrichment.running_sum import RunningSum
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.attach import side_axes, stacked_axes
from rnaseq_s6k1.plots.ranked_statistic import draw_ranked_statistic, name_ranking_ends
from rnaseq_s6k1.plots.running_sum_plot import draw_curve, frame_sums, sum_along
from rnaseq_s6k1.plots.set_labels import set_labels
from rnaseq_s6k1.plots.style import GROUP_COLOURS, prepare_axes, styled
from rnaseq_s6k1.plots.text import add_note, format_p

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rnaseq_s6k1.design.contrast import Contrast

__all__ = ["running_sums_overlaid"]

# Yellow on white is hard to see as a line.
_COLOURS: Final = (*(c for c in GROUP_COLOURS if c != "#F0E442"), "#888888")
_DASHES: Final = ("-", (0, (5, 1.5)), (0, (1.5, 1)), (0, (5, 1, 1, 1)))
_MOST: Final = 8


@styled
def running_sums_overlaid(
    ranking: pd.Series,
    sets: Mapping[str, Collection[str]],
    table: pd.DataFrame,
    *,
    contrast: Contrast | None = None,
    statistic: str = "Wald statistic",
    weight: float = 1.0,
    score_type: ScoreType = "std",
    top: int = 6,
    ax: Axes | None = None,
) -> Axes:
    """Draw the running enrichment scores of several sets over one another.

    Curves differ in colour and in dashes; the rows of ticks below, one a gene, stand in the
    order of the legend, and the ranked statistic below them.

    Parameters
    ----------
    ranking
        Statistic of each gene, indexed by gene name, descending.
    sets
        Genes of each set, in the order they are drawn.
    table
        Rows with ``set``, ``nes``, ``padj`` and, if the rotation test ran, ``rotation_padj``;
        a set may be absent.
    contrast
        Whose groups are named at the two ends of the ranking.
    statistic
        What ranks the genes, with its unit if any.
    weight
        Exponent of the statistic in the running sum.
    score_type
        Which side of the running sum counts; see `rnaseq_s6k1.enrichment.running_sum`.
    top
        How many sets are drawn, at most 8; the others are counted in a note.
    ax
        Where to draw; it gives up its lower part to two more panels. A new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes
        The panel of the running sums.

    Raises
    ------
    DataError
        If there are no sets, no gene of a set is ranked, or the ranking is not descending.
    """
    if not sets:
        raise DataError("there is no gene set to draw; give at least one")
    names = list(sets)[: min(max(top, 1), _MOST)]
    results = [sum_along(ranking, sets[name], name, weight, score_type) for name in names]
    styles = [
        {"color": _COLOURS[i % len(_COLOURS)], "linestyle": _DASHES[i % len(_DASHES)]}
        for i in range(len(names))
    ]
    entries = _legend_entries(names, table)
    ticks = 0.09 * len(names)
    words = 0.14 * sum(entry.count("\n") + 2 for entry in entries) + 0.2
    ax = prepare_axes(ax, 7.1, max(3.7 + ticks, words))
    # The legend has room of its own, or the layout would stretch the upper panel to its height.
    ax, beside = side_axes(ax, (1.0, 0.42))
    beside.set_axis_off()
    ax, rugs, lower = stacked_axes(ax, (2.0, ticks + 0.05, 0.8))
    for result, style, entry in zip(results, styles, entries, strict=True):
        draw_curve(ax, result, linewidth=1.3, label=entry, **style)
    frame_sums(ax, results)
    _draw_rugs(rugs, results, styles)
    draw_ranked_statistic(lower, ranking.to_numpy(dtype=float), statistic)
    name_ranking_ends(lower, contrast)
    beside.legend(
        handles=ax.lines[: len(names)],
        loc="upper left",
        bbox_to_anchor=(0.0, 1.0),
        borderaxespad=0.0,
        handlelength=2.6,
        labelspacing=0.8,
    )
    if len(names) < len(sets):
        add_note(lower, [f"{len(sets) - len(names):,} further sets are not drawn"])
    return ax


def _legend_entries(names: Sequence[str], table: pd.DataFrame) -> list[str]:
    """Return for each set its name, score and FDRs in lines."""
    rows = table.drop_duplicates("set")
    read = rows.reindex(columns=["nes", "padj", "rotation_padj"]).to_numpy(dtype=float)
    scores = dict(zip(rows["set"], read.tolist(), strict=True))
    entries = []
    for name, label in zip(names, set_labels(names, width=30), strict=True):
        lines = [label]
        if name in scores:
            nes, fdr, rotation = scores[name]
            lines.append(f"NES = {nes:.2f}, {format_p(fdr, 'FDR')}")
            if np.isfinite(rotation):
                lines.append(format_p(rotation, "rotation FDR"))
        entries.append("\n".join(lines))
    return entries


def _draw_rugs(
    rugs: Axes, results: Sequence[RunningSum], styles: Sequence[Mapping[str, Any]]
) -> None:
    """Draw a row of ticks a set, the first on top."""
    for row, (result, style) in enumerate(zip(results, styles, strict=True)):
        rugs.vlines(result.hits + 0.5, row + 0.08, row + 0.92, color=style["color"], linewidth=0.5)
    rugs.set_xlim(0, len(results[0].values))
    rugs.set_ylim(len(results), 0)
    rugs.set_xticks([])
    rugs.set_yticks([])
    rugs.spines[:].set_visible(False)
    rugs.set_gid("rug")
