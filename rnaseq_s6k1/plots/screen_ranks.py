"""All genes of a screen by rank, the best and the driver named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.columns import require_columns
from rnaseq_s6k1.plots.style import COLOURS, GROUP_COLOURS, prepare_axes, styled
from rnaseq_s6k1.plots.text import display_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["screen_ranks"]

_NAMED = 8
_HEIGHT = 4.4
#: Height of a line of names, and room for the driver's name below them, in inches.
_LABEL_INCHES, _DRIVER_INCHES = 0.15, 0.25
#: Role to what the legend calls it, colour, marker and size; the last are drawn on top.
_ROLES = {
    "matched": ("like a listed gene", COLOURS["none"], "o", 6),
    "background": ("like the driver", COLOURS["none"], "o", 10),
    "listed": ("listed", GROUP_COLOURS[0], "s", 12),
    "amplicon": ("amplicon", COLOURS["trend"], "^", 16),
    "driver": ("driver", COLOURS["driver"], "D", 30),
}


@styled
def screen_ranks(table: pd.DataFrame, card: str = "", *, ax: Axes | None = None) -> Axes:
    """Draw each gene's score by its rank, in the colour and shape of its role.

    Named are the driver and the genes with the highest scores; of a list, those on it.

    Parameters
    ----------
    table
        Columns ``gene_name role score rank``; genes without a rank are not drawn.
    card
        Name of the card that was scored.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If the table lacks a column, or no gene has a rank.
    """
    require_columns(table, ("gene_name", "role", "score", "rank"), "the ranks of the screen")
    ranked = table[table["rank"].notna()].sort_values("rank", kind="stable")
    if ranked.empty:
        raise DataError("the ranks of the screen have no gene with a score")
    ax = prepare_axes(ax, 5.2, _HEIGHT)
    for order, (role, (name, colour, marker, size)) in enumerate(_ROLES.items()):
        mine = ranked[ranked["role"] == role]
        if len(mine):
            ax.scatter(
                mine["rank"].to_numpy(dtype=float),
                mine["score"].to_numpy(dtype=float),
                s=size,
                marker=marker,
                color=colour,
                linewidths=0,
                zorder=2 + order,
                label=f"{name} ({len(mine):,})",
            )
    ax.axhline(0, color=COLOURS["line"], linewidth=0.6, zorder=1)
    ax.set_xlim(-0.02 * len(ranked), 1.02 * len(ranked) + 1)
    ax.set_xlabel("rank")
    on = f"\non the core sets of {display_text(card, 40)}" if card else " on the card's core sets"
    ax.set_ylabel(f"signed score{on}")
    ax.legend(loc="lower left")
    # Of a list of drivers the best are named, and not the genes they are compared with.
    listed = ranked[ranked["role"] == "listed"]
    best = (ranked if listed.empty else listed).head(_NAMED)
    _name_driver(ax, ranked[(ranked["role"] == "driver") & ~ranked.index.isin(best.index)])
    _name_best(ax, best, len(ranked))
    return ax


def _name_driver(ax: Axes, driver: pd.DataFrame) -> None:
    """Write the driver's name to the upper right of its point, where no other can be."""
    middle = sum(ax.get_xlim()) / 2
    for row in driver.to_dict("records"):
        late = row["rank"] > 1.6 * middle
        ax.annotate(
            display_text(row["gene_name"], 16),
            (row["rank"], row["score"]),
            xytext=(-4 if late else 6, 7),
            textcoords="offset points",
            ha="right" if late else "left",
            va="bottom",
            fontsize=7,
            fontweight="bold",
            parse_math=False,
        )


def _name_best(ax: Axes, best: pd.DataFrame, n: int) -> None:
    """Write the best genes' names in a column above the curve."""
    if best.empty:
        return
    low, high = ax.get_ylim()
    wanted = _LABEL_INCHES * (len(best) + 1) + _DRIVER_INCHES
    unit = (high - low) / (_HEIGHT - wanted)  # of scores, an inch
    ax.set_yticks([tick for tick in ax.get_yticks() if low <= tick <= high])
    ax.set_ylim(low, high + wanted * unit)
    ax.spines["left"].set_bounds(low, high)
    # Above all points and the driver's own name.
    floor = high + _DRIVER_INCHES * unit
    # The lines bend to the right of every point named, as far as there is room, so as not to cross.
    bend = min(max(0.12 * n, float(best["rank"].max()) + 0.02 * n), 0.6 * n)
    for place, row in enumerate(best.iloc[::-1].to_dict("records"), start=1):
        at = floor + place * _LABEL_INCHES * unit
        ax.plot(
            [row["rank"], bend, bend + 0.03 * n],
            [row["score"], at, at],
            color=COLOURS["line"],
            linewidth=0.5,
            zorder=1.5,
        )
        ax.text(
            bend + 0.04 * n,
            at,
            f"{display_text(row['gene_name'], 16)} {row['score']:.1f}",
            va="center",
            fontsize=7,
            fontweight="bold" if row["role"] == "driver" else "normal",
            parse_math=False,
        )
