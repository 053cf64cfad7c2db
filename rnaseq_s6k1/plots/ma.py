"""MA plot: effect against mean expression of every gene."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.plots.columns import require_columns
from rnaseq_s6k1.plots.labels import PointLabel, place_labels
from rnaseq_s6k1.plots.style import COLOURS, prepare_axes, styled
from rnaseq_s6k1.plots.text import (
    add_note,
    contrast_title,
    empty_message,
    lfc_label,
    plain_log_axis,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rnaseq_s6k1.design.contrast import Contrast

__all__ = ["ma"]

_SIZE = (4.6, 3.6)


@styled
def ma(
    results: pd.DataFrame,
    *,
    contrast: Contrast | None = None,
    lfc: float = 1.0,
    shrunk: bool = False,
    driver: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw log2 fold change against the mean of normalised counts.

    Genes far outside the bulk (beyond the 99.9th percentile of absolute fold change and twice
    `lfc`) are drawn as triangles at the edge, so that a few genes of three counts do not
    flatten all others.

    Parameters
    ----------
    results
        Table of the differential expression step, one row a gene.
    contrast
        Names the two groups at the y axis and gives the direction in words.
    lfc
        Where the threshold lines go, log2 units; none are drawn at 0.
    shrunk
        Draw ``log2FoldChange_shrunk`` instead of the estimate.
    driver
        Name (or id) of the gene that was perturbed, marked and labelled.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If the table lacks a column.
    """
    column = "log2FoldChange_shrunk" if shrunk else "log2FoldChange"
    require_columns(
        results, ("gene_id", "gene_name", "baseMean", column, "direction"), "the MA plot"
    )
    ax = prepare_axes(ax, *_SIZE)
    plain_log_axis(ax, "x")
    ax.set_xlabel("mean of normalised counts")
    ax.set_ylabel(
        lfc_label(contrast, "shrunken log2 fold change" if shrunk else "log2 fold change")
    )
    contrast_title(ax, contrast)
    drawn = results[(results["baseMean"] > 0) & np.isfinite(results[column].to_numpy(float))]
    if drawn.empty:
        empty_message(ax, "no gene has counts and a fold change")
        return ax
    y = drawn[column].to_numpy(float)
    limit = max(1.1 * float(np.quantile(np.abs(y), 0.999)), 2 * lfc, 1.0)
    outside = int((np.abs(y) > limit).sum())
    drawn = drawn.assign(y=np.clip(y, -limit, limit), edge=np.sign(y) * (np.abs(y) > limit))
    _draw(ax, drawn)
    ax.set_ylim(-1.06 * limit, 1.06 * limit)
    ax.axhline(0, color="black", linewidth=0.7, zorder=3)
    for line in (-lfc, lfc) if lfc > 0 else ():
        ax.axhline(line, color=COLOURS["line"], linewidth=0.6, linestyle=(0, (4, 3)), zorder=0.5)
    _write_counts(ax, results["direction"])
    if outside:
        add_note(ax, [f"▲▼ {outside:,} beyond ±{limit:.3g} drawn at the edge"])
    _mark_driver(ax, drawn, driver)
    return ax


def _draw(ax: Axes, drawn: pd.DataFrame) -> None:
    for zorder, direction in enumerate(("none", "down", "up")):
        rows = drawn[drawn["direction"] == direction]
        for edge, marker, size in ((0, "o", 4.0), (1, "^", 14.0), (-1, "v", 14.0)):
            part = rows[rows["edge"] == edge]
            if len(part):
                ax.scatter(
                    part["baseMean"],
                    part["y"],
                    s=size,
                    marker=marker,
                    color=COLOURS[direction],
                    alpha=0.5 if direction == "none" else 0.75,
                    linewidths=0,
                    rasterized=True,
                    zorder=1 + 0.1 * zorder,
                )


def _write_counts(ax: Axes, direction: pd.Series) -> None:
    for side, y, align in (("up", 0.99, "top"), ("down", 0.01, "bottom")):
        ax.text(
            0.99,
            y,
            f"{int((direction == side).sum()):,} {side}",
            transform=ax.transAxes,
            ha="right",
            va=align,
            fontsize=8,
            fontweight="bold",
            color=COLOURS[side],
        )


def _mark_driver(ax: Axes, drawn: pd.DataFrame, driver: str | None) -> None:
    found = drawn[(drawn["gene_name"] == driver) | (drawn["gene_id"] == driver)]
    if driver is None or found.empty:
        return
    row = found.sort_values("baseMean", ascending=False, kind="stable").iloc[0]
    called = row["direction"] != "none"
    ax.scatter(
        [row["baseMean"]],
        [row["y"]],
        s=30,
        marker="D",
        c=COLOURS[row["direction"]] if called else "white",
        edgecolors=COLOURS["highlight"],
        linewidths=0.9,
        zorder=5,
    )
    label = PointLabel(float(row["baseMean"]), float(row["y"]), driver, {"fontweight": "bold"})
    cloud = drawn.loc[drawn["baseMean"] > 0, ["baseMean", "y"]].to_numpy(float)
    place_labels(ax, [label], crowd=cloud)
