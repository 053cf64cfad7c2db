"""The correlation of two results beside what chance does with the samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.plots.columns import require_columns
from rnaseq_s6k1.plots.style import COLOURS, GROUP_COLOURS, prepare_axes, styled
from rnaseq_s6k1.plots.text import display_text, empty_message

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["concord_null"]


@styled
def concord_null(
    rotations: pd.DataFrame,
    rho: float,
    *,
    margin: float = 0.1,
    names: tuple[str, str] = ("A", "B"),
    ax: Axes | None = None,
) -> Axes:
    """Draw the correlations of rotated contrasts, and the one that was found.

    Parameters
    ----------
    rotations
        Rotations of the concordance step, a row a draw.
    rho
        The correlation that was found.
    margin
        Correlations within it count as none; shaded.
    names
        What A and B are.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If the table lacks a column.
    """
    require_columns(rotations, ("rotated", "rho"), "the figure of rotations")
    if rotations.empty:
        ax = prepare_axes(ax, 4.6, 2.0)
        ax.set_axis_off()
        empty_message(ax, "no experiment could be rotated")
        return ax
    ax = prepare_axes(ax, 4.8, 3.0)
    reach = 1.1 * max(float(rotations["rho"].abs().max()), abs(rho), margin)
    bins = np.linspace(-reach, reach, 61)
    ax.axvspan(-margin, margin, color="#EEEEEE", zorder=0, label=f"counts as none (± {margin:g})")
    sides = {"a": names[0], "b": names[1]}
    for colour, (side, rows) in zip(GROUP_COLOURS, rotations.groupby("rotated"), strict=False):
        ax.hist(
            rows["rho"],
            bins=bins.tolist(),
            histtype="step",
            color=colour,
            linewidth=1.2,
            label=f"{display_text(sides[str(side)], 24)} rotated ({len(rows):,})",
        )
    ax.axvline(rho, color=COLOURS["up"], linewidth=1.6, label=f"found ({rho:.2f})")
    ax.set_xlim(-reach, reach)
    ax.set_xlabel("Spearman's correlation of the genes' statistics")
    ax.set_ylabel("rotated contrasts")
    ax.legend(loc="upper left", bbox_to_anchor=(0.0, -0.2), ncols=2, columnspacing=0.8)
    return ax
