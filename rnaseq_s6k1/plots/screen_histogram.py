"""The scores of genes like the driver, with the driver and its amplicon marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.columns import require_columns
from rnaseq_s6k1.plots.flags import FLAG_ROOM, raise_flags
from rnaseq_s6k1.plots.style import COLOURS, prepare_axes, styled
from rnaseq_s6k1.plots.text import display_text, format_p

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["screen_histogram"]

_WIDTH = 5.2
_NEIGHBOURS_NAMED = 8


@styled
def screen_histogram(
    table: pd.DataFrame, driver: str, pvalue: float, card: str, *, ax: Axes | None = None
) -> Axes:
    """Draw the background's scores as a histogram, and flags at the driver and its neighbours.

    Parameters
    ----------
    table
        Columns ``gene_name role score rank``; see
        `rnaseq_s6k1.cohort.screen.run.ScreenResult`. The eight best neighbours are named, the
        others are ticks.
    driver
        Name of the driver.
    pvalue
        Its empirical p.
    card
        Name of the card that was scored.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If the table lacks a column, or has no background.
    """
    require_columns(table, ("gene_name", "role", "score", "rank"), "the histogram of the screen")
    scored = table[table["rank"].notna() | (table["role"] == "driver")]
    background = scored.loc[scored["role"] == "background", "score"].to_numpy(dtype=float)
    if not len(background):
        raise DataError("the histogram of the screen has no background; screen a driver")
    ax = prepare_axes(ax, _WIDTH, 3.6)
    every = scored.loc[scored["role"] != "listed", "score"].to_numpy(dtype=float)
    reach = float(every.max() - every.min()) or 1.0
    low, high = float(every.min()) - 0.06 * reach, float(every.max()) + 0.06 * reach
    bins = np.linspace(low, high, 41)
    heights, _, _ = ax.hist(background, bins=bins.tolist(), color=COLOURS["none"], linewidth=0)
    top = float(np.max(heights))
    ax.set_xlim(low, high)
    ax.set_ylim(-0.09 * top, FLAG_ROOM * top)
    ax.spines["left"].set_bounds(0, 1.05 * top)
    ax.set_yticks([tick for tick in ax.get_yticks() if 0 <= tick <= 1.05 * top])
    neighbours = scored[scored["role"] == "amplicon"]
    ax.plot(
        neighbours["score"],
        np.full(len(neighbours), -0.045 * top),
        linestyle="none",
        marker="|",
        markersize=5,
        color=COLOURS["trend"],
    )
    _flags(ax, scored[scored["role"] == "driver"], neighbours, top)
    ax.set_xlabel(f"signed score on the core sets of {display_text(card, 40)}")
    ax.set_ylabel("genes like the driver")
    ax.set_title(
        f"{display_text(driver)} among {len(background):,} genes of like mean and variance, "
        f"{format_p(pvalue, 'p')}\nticks: {len(neighbours)} genes of its amplicon",
        loc="left",
        fontsize=7,
    )
    return ax


def _flags(ax: Axes, driver: pd.DataFrame, neighbours: pd.DataFrame, top: float) -> None:
    best = neighbours.sort_values(["score", "gene_name"], ascending=[False, True], kind="stable")
    marked = pd.concat([driver, best.head(_NEIGHBOURS_NAMED)])
    marked = marked.sort_values(["score", "gene_name"], kind="stable")
    texts = [
        f"{display_text(name, 14)} {score:.1f}"
        for name, score in zip(marked["gene_name"], marked["score"], strict=True)
    ]
    colours = [COLOURS["driver" if role == "driver" else "trend"] for role in marked["role"]]
    raise_flags(ax, list(marked["score"]), texts, colours, top, _WIDTH)
