"""Over-represented gene sets: odds ratios with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from rnaseq_s6k1.plots.attach import colour_bar
from rnaseq_s6k1.plots.columns import require_columns
from rnaseq_s6k1.plots.set_labels import set_labels
from rnaseq_s6k1.plots.style import COLOURS, SEQUENTIAL, prepare_axes, styled
from rnaseq_s6k1.plots.text import add_note, display_text, empty_axes, set_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection

__all__ = ["ora_plot"]

_CAP: Final = 10.0
_COLUMNS: Final = (
    "set",
    "direction",
    "size",
    "overlap",
    "odds_ratio",
    "odds_ratio_ci_low",
    "odds_ratio_ci_high",
    "pvalue",
    "padj",
)


@styled
def ora_plot(
    table: pd.DataFrame, *, top: int = 12, alpha: float = 0.05, ax: Axes | None = None
) -> Axes:
    """Draw the most over-represented sets of each list by odds ratio, with 95 % intervals.

    Parameters
    ----------
    table
        Table of the over-representation step.
    top
        How many sets at most of each direction.
    alpha
        Sets with a smaller FDR have a black outline.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If the table lacks a column.
    """
    require_columns(table, _COLUMNS, "the figure of over-representation")
    usable = table[(table["overlap"] > 0) & table["odds_ratio"].notna()]
    ordered = usable.sort_values(["pvalue", "set"], kind="stable")
    shown = ordered.groupby("direction", sort=False).head(max(top, 1))
    if shown.empty:
        return empty_axes(ax, "no gene set shares a gene with a list")
    order = {"up": 0, "down": 1}
    shown = shown.assign(block=shown["direction"].map(order).fillna(2))
    shown = shown.sort_values(["block", "direction", "pvalue", "set"], kind="stable")
    changed = (shown["direction"] != shown["direction"].shift()).to_numpy()
    changed[0] = False
    y = np.arange(len(shown), dtype=float) + 1.3 * np.cumsum(changed)
    ax = prepare_axes(ax, 6.6, max(1.3 + 0.19 * (float(y.max()) + 2), 2.6))
    _log2_axis(ax)
    points = _draw(ax, shown, y, alpha)
    ax.set_ylim(float(y.max()) + 0.7, -1.6)
    names = set_labels([str(name) for name in shown["set"]])
    labels = [
        f"{name}  {row.overlap}/{row.size}"
        for name, row in zip(names, shown.itertuples(), strict=True)
    ]
    set_names(ax, "y", y.tolist(), labels)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", color="#EEEEEE", linewidth=0.6)
    ax.set_xlabel("odds ratio, 95 % interval (log scale)")
    _head_lists(ax, shown["direction"], y)
    place = colour_bar(ax, points, "-log10 FDR", side="right", gap=0.14, length=0.8)
    place.set_yticks([0, 5, _CAP], labels=["0", "5", f"≥ {_CAP:.0f}"])
    notes = [f"black outline: FDR < {alpha:g}; behind each name: genes on the list / in the set"]
    if len(table) > len(shown):
        notes.append(f"{len(table) - len(shown):,} less significant tests are not shown")
    add_note(ax, notes, width=80)
    return ax


def _log2_axis(ax: Axes) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_locator(LogLocator(base=2, numticks=9))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _position: f"{value:g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_minor_formatter(NullFormatter())


def _draw(ax: Axes, shown: pd.DataFrame, y: np.ndarray, alpha: float) -> PathCollection:
    estimate = shown["odds_ratio"].to_numpy(float)
    low, high = (shown[f"odds_ratio_ci_{end}"].to_numpy(float) for end in ("low", "high"))
    ends = np.concatenate([estimate, low, high])
    finite = ends[np.isfinite(ends) & (ends > 0)]
    # An odds ratio without bound ends at the frame.
    left = max(min(0.8, float(finite.min()) / 1.2), 2.0**-6)
    right = min(max(2.0, float(finite.max()) * 1.2), 2.0**10)
    ax.set_xlim(left, right)
    ax.axvline(1, color=COLOURS["line"], linewidth=0.6, zorder=0.5)
    colours = [COLOURS.get(way, COLOURS["note"]) for way in shown["direction"]]
    ax.hlines(
        y, np.clip(low, left, right), np.clip(high, left, right), colors=colours, linewidth=1.2
    )
    called = (shown["padj"] < alpha).to_numpy()
    with np.errstate(divide="ignore"):
        significance = np.minimum(-np.log10(shown["padj"].to_numpy(float)), _CAP)
    return ax.scatter(
        np.clip(estimate, left, right),
        y,
        s=34,
        c=significance,
        cmap=f"{SEQUENTIAL}_r",
        vmin=0,
        vmax=_CAP,
        edgecolors=["black" if one else COLOURS["none"] for one in called],
        linewidths=0.8,
        zorder=3,
    )


def _head_lists(ax: Axes, directions: pd.Series, y: np.ndarray) -> None:
    """Write above each block which list it is of."""
    transform = ax.get_yaxis_transform()
    words = {"up": "genes called up", "down": "genes called down", "list": "genes of the list"}
    for way in directions.unique():
        start = float(y[(directions == way).to_numpy()].min())
        ax.text(
            0.01,
            start - 0.7,
            words.get(way, display_text(way, 40)),
            transform=transform,
            ha="left",
            va="bottom",
            fontsize=7,
            fontweight="bold",
            color=COLOURS.get(way, COLOURS["note"]),
            bbox={"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none"},
        )
