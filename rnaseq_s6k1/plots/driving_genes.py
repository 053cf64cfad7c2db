"""Bars of the genes that stand in most leading edges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from rnaseq_s6k1.plots.columns import require_columns
from rnaseq_s6k1.plots.legends import marker_handle
from rnaseq_s6k1.plots.style import COLOURS, prepare_axes, styled
from rnaseq_s6k1.plots.text import add_note, display_text, empty_axes, set_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["driving_genes"]

_ROW: Final = 0.17


@styled
def driving_genes(
    genes: pd.DataFrame,
    *,
    statistic: str = "Wald statistic",
    top: int = 30,
    ax: Axes | None = None,
) -> Axes:
    """Draw in how many leading edges the most frequent genes are, and their statistic.

    Parameters
    ----------
    genes
        One row a gene: ``gene``, ``n_sets`` and ``statistic``.
    statistic
        What the statistic is, with its unit if any; written beside each bar.
    top
        How many genes at most: of most sets, then of the largest absolute statistic.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If the table lacks a column.
    """
    require_columns(genes, ("gene", "n_sets", "statistic"), "the bars of driving genes")
    ranked = genes.assign(_size=genes["statistic"].abs()).sort_values(
        ["n_sets", "_size", "gene"], ascending=[False, False, True], kind="stable"
    )
    shown = ranked[ranked["n_sets"] > 0].head(max(top, 1))
    if shown.empty:
        return empty_axes(ax, "no gene is in a leading edge")
    y = np.arange(len(shown), dtype=float)
    up = shown["statistic"].to_numpy(dtype=float) >= 0
    counts = shown["n_sets"].to_numpy(dtype=float)
    ax = prepare_axes(ax, 4.2, max(_ROW * len(shown) + 1.0, 1.8))
    ax.barh(
        y, counts, height=0.72, color=[COLOURS["up" if one else "down"] for one in up], linewidth=0
    )
    for place, count, value in zip(y, counts, shown["statistic"], strict=True):
        ax.annotate(
            f"{value:+.1f}",
            (count, place),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=6.5,
            color=COLOURS["note"],
        )
    set_names(ax, "y", y.tolist(), [display_text(gene, 24) for gene in shown["gene"]])
    ax.set_ylim(len(shown) - 0.4, -0.6)
    ax.set_xlim(0, 1.16 * float(counts.max()))
    ax.locator_params(axis="x", integer=True)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("leading edges that hold the gene (number of sets)")
    kinds = [
        marker_handle(word, marker="s", fill=COLOURS[side], edge=COLOURS[side])
        for side, word, found in (
            ("up", "up", bool(up.any())),
            ("down", "down", bool((~up).any())),
        )
        if found
    ]
    ax.legend(handles=kinds, loc="lower right")
    notes = [f"at the bars: {statistic}"]
    if len(shown) < len(ranked):
        notes.append(f"{len(shown):,} of {len(ranked):,} genes shown")
    add_note(ax, notes)
    return ax
