"""Map of the rank-rank hypergeometric overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.plots.attach import colour_bar
from rnaseq_s6k1.plots.columns import require_columns
from rnaseq_s6k1.plots.style import SEQUENTIAL, prepare_axes, styled
from rnaseq_s6k1.plots.text import add_note, display_text, empty_message

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["rrho_map"]

_WORDS = {
    "up_up": "up in both",
    "down_down": "down in both",
    "up_down": "up in A, down in B",
    "down_up": "down in A, up in B",
}


@styled
def rrho_map(
    table: pd.DataFrame, *, names: tuple[str, str] = ("A", "B"), ax: Axes | None = None
) -> Axes:
    """Draw -log10 p of the overlap at each pair of thresholds, quadrants apart.

    Parameters
    ----------
    table
        Map of the concordance step.
    names
        What A and B are.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If the table lacks a column.
    """
    columns = ("rank_a", "rank_b", "quadrant", "log10_pvalue")
    require_columns(table, columns, "the overlap map")
    ax = prepare_axes(ax, 5.2, 4.6)
    if table.empty:
        ax.set_axis_off()
        empty_message(ax, "there are too few genes for a map")
        return ax
    wide = table.pivot(index="rank_b", columns="rank_a", values="log10_pvalue")
    strength = -wide.to_numpy(dtype=float)
    quadrants = table.pivot(index="rank_b", columns="rank_a", values="quadrant").to_numpy()
    # Ranks are numbers of genes from the most up; a cell spans the step before its threshold.
    x, y = wide.columns.to_numpy(dtype=float), wide.index.to_numpy(dtype=float)
    image = ax.imshow(
        strength,
        cmap=SEQUENTIAL,
        vmin=0,
        vmax=max(float(strength.max()), 2.0),
        aspect="auto",
        interpolation="nearest",
        origin="lower",
        extent=(0.0, float(x[-1]), 0.0, float(y[-1])),
    )
    turn = _divide(ax, quadrants, x, y)
    _name_quadrants(ax, quadrants, strength, turn)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter("{x:,.0f}")
    ax.set_xlabel(f"rank in A, most up to most down\n{display_text(names[0], 60)}")
    ax.set_ylabel(f"rank in B, most up to most down\n{display_text(names[1], 60)}")
    colour_bar(ax, image, "-log10 p (hypergeometric)", side="right", gap=0.1, length=1.6)
    add_note(
        ax,
        [
            "p as if genes were independent, which they are not: the map shows where results "
            "overlap, not whether chance could do so"
        ],
        width=78,
    )
    return ax


def _divide(ax: Axes, quadrants: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Draw lines where up ends and down begins, and return where they are."""
    up_a = np.array([str(name).startswith("up") for name in quadrants[0]])
    up_b = np.array([str(name).endswith("up") for name in quadrants[:, 0]])
    turns = []
    for inside, at, draw in ((up_a, x, ax.axvline), (up_b, y, ax.axhline)):
        turns.append(float(at[inside][-1]) if inside.any() else 0.0)
        if inside.any() and not inside.all():
            draw(turns[-1], color="white", linewidth=1.2)
    return turns[0], turns[1]


def _name_quadrants(
    ax: Axes, quadrants: np.ndarray, strength: np.ndarray, turn: tuple[float, float]
) -> None:
    """Name the quadrants where they meet: overlaps of note lie farther out."""
    places = {
        "up_up": (-4, -4, "right", "top"),
        "down_down": (4, 4, "left", "bottom"),
        "up_down": (-4, 4, "right", "bottom"),
        "down_up": (4, -4, "left", "top"),
    }
    for name, (dx, dy, ha, va) in places.items():
        here = quadrants == name
        if here.any():
            ax.annotate(
                f"{_WORDS[name]}\npeak {strength[here].max():,.0f}",
                turn,
                xytext=(dx, dy),
                textcoords="offset points",
                ha=ha,
                va=va,
                fontsize=7,
                bbox={"boxstyle": "square,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.8},
            )
