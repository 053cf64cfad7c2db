"""The statistics of two results against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from rnaseq_s6k1.plots.columns import require_columns
from rnaseq_s6k1.plots.labels import PointLabel, place_labels
from rnaseq_s6k1.plots.style import COLOURS, prepare_axes, styled
from rnaseq_s6k1.plots.text import display_text, empty_message, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["concord_scatter"]

_STYLES: Final = {
    "neither": (COLOURS["none"], 3.0, "in neither"),
    "only_a": ("#E69F00", 5.0, "called in A only"),
    "only_b": ("#56B4E9", 5.0, "called in B only"),
    "same": ("#009E73", 16.0, "called in both, same way"),
    "opposite": ("#CC79A7", 16.0, "called in both, opposite"),
}
_LABELLED: Final = 16


@styled
def concord_scatter(
    genes: pd.DataFrame,
    *,
    names: tuple[str, str] = ("A", "B"),
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw the statistic of each gene in A and in B, genes called in both in colour.

    Parameters
    ----------
    genes
        Matched genes of the concordance step.
    names
        What A and B are.
    title
        The answer in words.
    ax
        Where to draw; a new figure otherwise. Labels are placed for the room there is.

    Raises
    ------
    DataError
        If the table lacks a column.
    """
    require_columns(genes, ("gene_name", "stat_a", "stat_b", "agreement"), "the scatter plot")
    ax = prepare_axes(ax, 5.4, 5.0)
    if genes.empty:
        ax.set_axis_off()
        empty_message(ax, "no gene is in both results")
        return ax
    ax.axhline(0, color=COLOURS["line"], linewidth=0.6, zorder=0.5)
    ax.axvline(0, color=COLOURS["line"], linewidth=0.6, zorder=0.5)
    for agreement, (colour, size, label) in _STYLES.items():
        rows = genes[genes["agreement"] == agreement]
        ax.scatter(
            rows["stat_a"],
            rows["stat_b"],
            s=size,
            color=colour,
            linewidths=0.3 if size > 10 else 0.0,
            edgecolors="white",
            rasterized=True,
            label=f"{label} ({len(rows):,})",
        )
    for which, column in (("x", "stat_a"), ("y", "stat_b")):
        reach = 1.08 * max(float(genes[column].abs().max()), 1.0)
        (ax.set_xlim if which == "x" else ax.set_ylim)(-reach, reach)
    ax.set_xlabel(f"statistic in A: {display_text(names[0], 48)}")
    ax.set_ylabel(f"statistic in B: {display_text(names[1], 48)}")
    if title:
        ax.set_title(wrapped(title, 84, lines=4), loc="left", fontsize=7)
    ax.legend(
        loc="upper left", bbox_to_anchor=(0.0, -0.12), ncols=2, columnspacing=1.0, markerscale=1.2
    )
    _label(ax, genes)
    return ax


def _label(ax: Axes, genes: pd.DataFrame) -> None:
    """Name the genes called in both that are farthest out in both."""
    both = genes[genes["agreement"].isin(("same", "opposite"))]
    scaled = [
        both[column].abs() / max(float(genes[column].abs().max()), 1e-12)
        for column in ("stat_a", "stat_b")
    ]
    weight = np.minimum(scaled[0], scaled[1])
    chosen = both.assign(weight=-weight).sort_values(["weight", "gene_name"]).head(_LABELLED)
    labels = [
        PointLabel(float(x), float(y), str(name))
        for x, y, name in zip(chosen["stat_a"], chosen["stat_b"], chosen["gene_name"], strict=True)
    ]
    crowd = genes.loc[genes["agreement"] != "neither", ["stat_a", "stat_b"]].to_numpy(dtype=float)
    place_labels(ax, labels, crowd=crowd)
