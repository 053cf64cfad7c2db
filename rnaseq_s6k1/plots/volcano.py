"""Volcano plot: effect against significance of every gene."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from rnaseq_s6k1.plots.columns import require_columns
from rnaseq_s6k1.plots.labels import PointLabel, place_labels
from rnaseq_s6k1.plots.style import COLOURS, prepare_axes, styled
from rnaseq_s6k1.plots.text import (
    add_note,
    contrast_title,
    display_text,
    empty_message,
    lfc_label,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rnaseq_s6k1.design.contrast import Contrast

__all__ = ["volcano"]

_SIZE = (4.6, 4.4)
_COLUMNS = ("gene_id", "gene_name", "log2FoldChange", "pvalue", "padj", "direction")


@styled
def volcano(
    results: pd.DataFrame,
    *,
    contrast: Contrast | None = None,
    lfc: float = 1.0,
    alpha: float = 0.05,
    significance: Literal["padj", "pvalue"] = "padj",
    highlight: Sequence[str] = (),
    driver: str | None = None,
    top: int = 10,
    ax: Axes | None = None,
) -> Axes:
    """Draw log2 fold change against -log10 p, naming the genes that matter.

    Genes are coloured by the column ``direction``, so the calls are those of the table.
    Highlighted genes that were called are filled, the others are hollow.

    Parameters
    ----------
    results
        Table of the differential expression step, one row a gene.
    contrast
        Names the two groups at the x axis and gives the direction in words.
    lfc
        Where the vertical threshold lines go, log2 units; none are drawn at 0.
    alpha
        Where the horizontal threshold line goes.
    significance
        The column on the y axis.
    highlight
        Names (or ids) of genes to mark and label; those absent are passed over.
    driver
        Name (or id) of the gene that was perturbed, marked by a diamond.
    top
        How many further called genes are labelled, the most significant first.
    ax
        Where to draw; a new figure otherwise. Labels are placed for the room there is, so in a
        figure of several panels draw this one last.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If the table lacks a column.
    """
    require_columns(results, _COLUMNS, "the volcano plot")
    ax = prepare_axes(ax, *_SIZE)
    drawn, ceiling, notes = _coordinates(results, significance, driver)
    adjusted = "adjusted p" if significance == "padj" else "p"
    ax.set_xlabel(lfc_label(contrast))
    ax.set_ylabel(f"-log10 {adjusted}")
    contrast_title(ax, contrast)
    _set_limits(ax, drawn, lfc, alpha, ceiling)
    _draw_thresholds(ax, lfc, alpha)
    if drawn.empty:
        empty_message(ax, f"no gene has a finite {adjusted}")
        add_note(ax, notes)
        return ax
    _draw_points(ax, drawn)
    chosen = _chosen(drawn, highlight, driver, significance, top)
    _draw_chosen(ax, chosen)
    _write_counts(ax, results["direction"])
    _draw_legend(ax, chosen)
    add_note(ax, notes)
    place_labels(ax, _point_labels(chosen), crowd=drawn[["x", "y"]].to_numpy())
    return ax


def _coordinates(
    results: pd.DataFrame, significance: str, driver: str | None
) -> tuple[pd.DataFrame, float | None, list[str]]:
    """Return the genes that can be drawn, with x, y and ``clipped``, and what to say."""
    p = results[significance].to_numpy(dtype=float)
    x = results["log2FoldChange"].to_numpy(dtype=float)
    with np.errstate(divide="ignore"):
        y = np.where(np.isfinite(p), -np.log10(np.where(p > 0, p, 0.0)), np.nan)
    keep = np.isfinite(x) & np.isfinite(p)
    drawn = results.assign(x=x, y=y, clipped=np.isinf(y)).loc[keep].copy()
    notes = []
    ceiling = None
    if drawn["clipped"].any():
        finite = drawn.loc[~drawn["clipped"], "y"]
        ceiling = 1.05 * max(float(finite.max()) if len(finite) else 0.0, 10.0)
        drawn.loc[drawn["clipped"], "y"] = ceiling
        count = int(drawn["clipped"].sum())
        notes.append(f"▲ p is 0 in double precision: {_genes(count)} drawn at the upper edge")
    missing = len(results) - len(drawn)
    if missing:
        name = "adjusted p" if significance == "padj" else "p"
        lost = results.loc[~keep]
        among = ""
        if driver is not None and _named(lost, driver).any() and not _named(drawn, driver).any():
            among = f", among them {display_text(driver)}"
        notes.append(f"{_genes(missing)} without {name} not drawn{among}")
    return drawn, ceiling, notes


def _genes(count: int) -> str:
    return f"{count:,} gene" if count == 1 else f"{count:,} genes"


def _named(table: pd.DataFrame, name: str) -> pd.Series:
    return (table["gene_name"] == name) | (table["gene_id"] == name)


def _set_limits(
    ax: Axes, drawn: pd.DataFrame, lfc: float, alpha: float, ceiling: float | None
) -> None:
    reach = max(float(drawn["x"].abs().max()) if len(drawn) else 0.0, 1.5 * lfc, 1.0) * 1.08
    height = max(float(drawn["y"].max()) if len(drawn) else 0.0, -1.6 * np.log10(alpha))
    ax.set_xlim(-reach, reach)
    # Headroom for the counts and the legend; below, for the mark of a gene with p = 1.
    ax.set_ylim(-0.03 * height, 1.22 * height if ceiling is None else 1.22 * ceiling)


def _draw_thresholds(ax: Axes, lfc: float, alpha: float) -> None:
    style: dict[str, Any] = {
        "color": COLOURS["line"],
        "linewidth": 0.6,
        "linestyle": (0, (4, 3)),
        "zorder": 0.5,
    }
    ax.axhline(-np.log10(alpha), **style)
    if lfc > 0:
        ax.axvline(-lfc, **style)
        ax.axvline(lfc, **style)


def _draw_points(ax: Axes, drawn: pd.DataFrame) -> None:
    for zorder, direction in enumerate(("none", "down", "up"), start=1):
        rows = drawn[drawn["direction"] == direction]
        for clipped, marker, size in ((False, "o", 5.0), (True, "^", 14.0)):
            part = rows[rows["clipped"] == clipped]
            if len(part):
                ax.scatter(
                    part["x"],
                    part["y"],
                    s=size,
                    marker=marker,
                    color=COLOURS[direction],
                    alpha=0.6 if direction == "none" else 0.75,
                    linewidths=0,
                    rasterized=True,
                    zorder=1 + 0.1 * zorder,
                )


def _chosen(
    drawn: pd.DataFrame, highlight: Sequence[str], driver: str | None, significance: str, top: int
) -> pd.DataFrame:
    """Return the genes to label in order of importance, with their ``role``."""
    # Of several genes with one name the most significant stands for it.
    ranked = drawn.sort_values([significance, "gene_id"], kind="stable")
    rows: dict[object, str] = {}
    wanted = [(driver, "driver")] if driver is not None else []
    wanted += [(name, "highlight") for name in highlight]
    for name, role in wanted:
        found = ranked.index[_named(ranked, str(name))]
        if len(found):
            rows.setdefault(found[0], role)
    taken = set(ranked.loc[list(rows), "gene_name"])
    called = ranked[(ranked["direction"] != "none") & ~ranked["gene_name"].isin(taken)]
    for index in called.drop_duplicates("gene_name").index[: max(top, 0)]:
        rows.setdefault(index, "top")
    return ranked.loc[list(rows)].assign(role=list(rows.values()))


_MARKERS = {"driver": ("D", 30.0), "highlight": ("o", 20.0)}


def _draw_chosen(ax: Axes, chosen: pd.DataFrame) -> None:
    for role, (marker, size) in _MARKERS.items():
        rows = chosen[chosen["role"] == role]
        called = rows["direction"] != "none"
        fill = [
            COLOURS[d] if c else "white" for d, c in zip(rows["direction"], called, strict=True)
        ]
        if len(rows):
            ax.scatter(
                rows["x"],
                rows["y"],
                s=size,
                marker=marker,
                c=fill,
                edgecolors=COLOURS["highlight"],
                linewidths=0.9,
                # Nothing hides the driver.
                zorder=5.1 if role == "driver" else 5,
            )


def _draw_legend(ax: Axes, chosen: pd.DataFrame) -> None:
    """Explain the marks of the driver and of the highlighted genes that are there."""
    from matplotlib.lines import Line2D

    handles = []
    for role, (marker, size) in _MARKERS.items():
        rows = chosen[chosen["role"] == role]
        for is_called in (True, False):
            part = rows[(rows["direction"] != "none") == is_called]
            if part.empty:
                continue
            name = "highlighted" if role == "highlight" else "driver"
            # Called genes have the colour of their direction; grey stands for either.
            fill = COLOURS["line"] if is_called else "white"
            if role == "driver" and is_called:
                fill = COLOURS[part["direction"].iloc[0]]
            handles.append(
                Line2D(
                    [],
                    [],
                    linestyle="none",
                    marker=marker,
                    markersize=np.sqrt(size),
                    markerfacecolor=fill,
                    markeredgecolor=COLOURS["highlight"],
                    markeredgewidth=0.9,
                    label=f"{name}, {'called' if is_called else 'not called'}",
                )
            )
    if handles:
        ax.legend(
            handles=handles, loc="upper center", frameon=True, framealpha=0.9, edgecolor="none"
        )


def _write_counts(ax: Axes, direction: pd.Series) -> None:
    for side, x, align in (("down", 0.01, "left"), ("up", 0.99, "right")):
        ax.text(
            x,
            0.995,
            f"{int((direction == side).sum()):,} {side}",
            transform=ax.transAxes,
            ha=align,
            va="top",
            fontsize=8,
            fontweight="bold",
            color=COLOURS[side],
        )


def _point_labels(chosen: pd.DataFrame) -> list[PointLabel]:
    labels = []
    for x, y, name, identifier, role, direction in zip(
        *(chosen[c] for c in ("x", "y", "gene_name", "gene_id", "role", "direction")), strict=True
    ):
        style: dict[str, object] = {"color": COLOURS["highlight"]}
        if role == "driver":
            style["fontweight"] = "bold"
        if role == "top":
            style["color"] = COLOURS["note"]
        if direction == "none":
            style["fontstyle"] = "italic"
        labels.append(PointLabel(float(x), float(y), str(name or identifier), style))
    return labels
