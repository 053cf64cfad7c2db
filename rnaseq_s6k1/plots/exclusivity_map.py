"""Odds ratios of pairs of alterations, as a triangle of coloured cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.attach import colour_bar
from rnaseq_s6k1.plots.columns import require_columns
from rnaseq_s6k1.plots.style import DIVERGING, prepare_axes, styled
from rnaseq_s6k1.plots.text import add_note, display_text, set_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["exclusivity_map"]

_LIMIT = 4.0
_WRITTEN_UP_TO = 15


@styled
def exclusivity_map(
    pairs: pd.DataFrame, events: Sequence[str], *, alpha: float = 0.05, ax: Axes | None = None
) -> Axes:
    """Draw the log2 odds ratio of each pair; a star where its FDR is below `alpha`.

    Parameters
    ----------
    pairs
        Columns ``a b log2_odds_ratio_haldane padj haldane_corrected``.
    events
        In the order they are drawn.
    alpha
        FDR below which a pair has a star.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If `pairs` lacks a column, or there are fewer than two events.
    """
    # seaborn registers the colour map's name.
    import seaborn  # noqa: F401

    columns = ("a", "b", "log2_odds_ratio_haldane", "padj", "haldane_corrected")
    require_columns(pairs, columns, "the map of exclusivity")
    n = len(events)
    if n < 2:
        raise DataError("the map of exclusivity needs at least two events")
    place = {str(name): at for at, name in enumerate(events)}
    values = np.full((n - 1, n - 1), np.nan)
    texts: dict[tuple[int, int], str] = {}
    for row in pairs.to_dict("records"):
        first, second = sorted((place[row["a"]], place[row["b"]]))
        value = float(row["log2_odds_ratio_haldane"])
        values[second - 1, first] = np.clip(value, -_LIMIT, _LIMIT)
        mark = "°" if row["haldane_corrected"] else ""
        star = "*" if row["padj"] < alpha else ""
        texts[second - 1, first] = f"{value:.1f}{mark}{star}" if n <= _WRITTEN_UP_TO else star
    side = 0.42 * max(n, 4)
    ax = prepare_axes(ax, side + 1.7, side + 0.9)
    image = ax.imshow(values, cmap=DIVERGING, vmin=-_LIMIT, vmax=_LIMIT, aspect="equal")
    for (i, j), text in texts.items():
        dark = abs(values[i, j]) > 0.7 * _LIMIT
        ax.text(
            j,
            i,
            text,
            ha="center",
            va="center",
            fontsize=6.5,
            color="white" if dark else "black",
            parse_math=False,
        )
    names = [display_text(name, 18) for name in events]
    set_names(ax, "x", range(n - 1), names[:-1])
    set_names(ax, "y", range(n - 1), names[1:])
    for label in ax.get_xticklabels():
        label.set_rotation(90)
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    legend = f"* FDR < {alpha:g}"
    if pairs["haldane_corrected"].any():
        legend += "; ° a cell is 0: 0.5 added to each"
    add_note(ax, [legend], width=50)
    colour_bar(
        ax,
        image,
        "log2 odds ratio\n(blue: exclusive, red: together)",
        side="right",
        gap=0.12,
        length=1.6,
        extend="both",
    )
    return ax
