"""Dot plot of gene sets: direction and strength, size and significance of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from rnaseq_s6k1.plots.attach import colour_bar
from rnaseq_s6k1.plots.columns import require_columns
from rnaseq_s6k1.plots.style import COLOURS, SEQUENTIAL, prepare_axes, styled
from rnaseq_s6k1.plots.text import add_note, display_text, empty_message, set_names, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection

    from rnaseq_s6k1.design.contrast import Contrast

__all__ = ["clean_set_name", "gene_set_dots"]

_CAP: Final = 10.0
_PREFIXES: Final = ("HALLMARK_", "KEGG_MEDICUS_", "KEGG_", "REACTOME_", "WP_", "GOBP_", "GO_")


@styled
def gene_set_dots(
    table: pd.DataFrame,
    *,
    contrast: Contrast | None = None,
    top: int = 30,
    alpha: float = 0.05,
    fdr: str = "padj",
    ax: Axes | None = None,
) -> Axes:
    """Draw the most significant gene sets by their normalised enrichment score.

    Parameters
    ----------
    table
        Table of the GSEA step, one row a set.
    contrast
        Says in words what a positive score means.
    top
        How many sets at most, over all collections.
    alpha
        Sets with a smaller FDR have a black outline.
    fdr
        Which column holds the FDR: ``padj`` or ``rotation_padj``.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If the table lacks a column.
    """
    require_columns(table, ("collection", "set", "size", "nes", "pvalue", fdr), "the dot plot")
    usable = table[np.isfinite(table["nes"].to_numpy(float)) & table[fdr].notna()]
    shown = usable.sort_values([fdr, "pvalue", "set"], kind="stable").head(max(top, 1))
    if shown.empty:
        ax = prepare_axes(ax, 4.6, 2.0)
        ax.set_axis_off()
        empty_message(ax, "no gene set has a normalised enrichment score and an FDR")
        return ax
    shown = shown.sort_values(["collection", "nes", "set"], ascending=[True, False, True])
    y = _rows(shown["collection"])
    names = [clean_set_name(name) for name in shown["set"]]
    lines = sum(name.count("\n") for name in names)
    height = 1.3 + 0.19 * (float(y.max()) + 1) + 0.06 * lines
    ax = prepare_axes(ax, 6.2, max(height, 2.9))
    points = _draw_dots(ax, shown, y, alpha, fdr)
    ax.set_ylim(float(y.max()) + 0.7, -0.7 if shown["collection"].nunique() == 1 else -1.7)
    set_names(ax, "y", y.tolist(), names)
    ax.tick_params(axis="y", length=0)
    _set_x(ax, shown, contrast)
    if shown["collection"].nunique() > 1:
        _head_collections(ax, shown["collection"], y)
    _draw_legends(ax, points, shown, fdr, alpha)
    hidden = len(table) - len(shown)
    if hidden:
        add_note(ax, [f"{hidden:,} less significant or untested sets are not shown"])
    return ax


def _rows(collections: pd.Series) -> np.ndarray:
    """Return the y of each set, with a free row for the heading of each further collection."""
    changed = (collections != collections.shift()).to_numpy()
    changed[0] = False
    return np.arange(len(collections), dtype=float) + 1.3 * np.cumsum(changed)


def clean_set_name(name: str) -> str:
    """Return a set's name without the prefix of its collection, underscores as spaces."""
    for prefix in _PREFIXES:
        if name.startswith(prefix) and len(name) > len(prefix):
            name = name[len(prefix) :]
            break
    return wrapped(name.replace("_", " "), 40, lines=2)


def _significance(values: pd.Series) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.asarray(np.minimum(-np.log10(values.to_numpy(float)), _CAP))


def _areas(sizes: np.ndarray, largest: float) -> np.ndarray:
    """Return marker areas (square points) that grow with the number of genes."""
    return np.asarray(8.0 + 100.0 * np.asarray(sizes, dtype=float) / max(largest, 1.0))


def _draw_dots(
    ax: Axes, shown: pd.DataFrame, y: np.ndarray, alpha: float, fdr: str
) -> PathCollection:
    largest = float(shown["size"].max())
    called = (shown[fdr] < alpha).to_numpy()
    return ax.scatter(
        shown["nes"].to_numpy(float),
        y,
        s=_areas(shown["size"].to_numpy(float), largest),
        c=_significance(shown[fdr]),
        cmap=f"{SEQUENTIAL}_r",
        vmin=0,
        vmax=_CAP,
        edgecolors=["black" if is_called else COLOURS["none"] for is_called in called],
        linewidths=0.8,
        zorder=3,
    )


def _set_x(ax: Axes, shown: pd.DataFrame, contrast: Contrast | None) -> None:
    reach = 1.15 * max(float(shown["nes"].abs().max()), 1.0)
    ax.set_xlim(-reach, reach)
    ax.axvline(0, color=COLOURS["line"], linewidth=0.6, zorder=0.5)
    ax.grid(axis="y", color="#EEEEEE", linewidth=0.6)
    label = "normalised enrichment score (NES)"
    if contrast is not None:
        groups = (display_text(contrast.reference, 20), display_text(contrast.target, 20))
        label += f"\n← higher in {groups[0]}      higher in {groups[1]} →"
    ax.set_xlabel(label)


def _head_collections(ax: Axes, collections: pd.Series, y: np.ndarray) -> None:
    """Write the name of each collection above its sets, and a line between collections."""
    transform = ax.get_yaxis_transform()
    for name in collections.unique():
        start = float(y[(collections == name).to_numpy()].min())
        ax.text(
            0.01,
            start - 0.75,
            display_text(name, 50),
            transform=transform,
            ha="left",
            va="bottom",
            fontsize=7,
            fontweight="bold",
        )
        if start > 0:
            ax.axhline(start - 1.65, color=COLOURS["line"], linewidth=0.6)


def _draw_legends(
    ax: Axes, points: PathCollection, shown: pd.DataFrame, fdr: str, alpha: float
) -> None:
    from matplotlib.lines import Line2D

    largest = float(shown["size"].max())
    steps = sorted({_round(largest * share) for share in (0.25, 0.5, 1.0)})
    handles = [
        Line2D(
            [],
            [],
            linestyle="none",
            marker="o",
            markersize=float(np.sqrt(_areas(np.array([size]), largest)[0])),
            markerfacecolor="white",
            markeredgecolor="black",
            label=f"{size:,}",
        )
        for size in steps
    ]
    ax.legend(
        handles=handles,
        title=f"genes in set\n(black outline:\nFDR < {alpha:g})",
        loc="upper left",
        bbox_to_anchor=(1.02, 1.0),
        alignment="left",
        labelspacing=0.8,
    )
    name = "rotation FDR" if fdr == "rotation_padj" else "FDR"
    place = colour_bar(ax, points, f"-log10 {name}", side="right", gap=0.14, length=0.8)
    place.set_yticks([0, 5, _CAP], labels=["0", "5", f"≥ {_CAP:.0f}"])


def _round(size: float) -> int:
    """Return the size with one leading digit, at least 1."""
    return max(1, int(float(f"{size:.1g}")))
