"""Two measurements of the same samples against each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.style import COLOURS, prepare_axes, styled
from rnaseq_s6k1.plots.text import add_note, display_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["rank_scatter"]


@styled
def rank_scatter(
    x: pd.Series,
    y: pd.Series,
    *,
    x_label: str,
    y_label: str,
    note: Sequence[str] = (),
    ax: Axes | None = None,
) -> Axes:
    """Draw one point a sample.

    Parameters
    ----------
    x, y
        Values, indexed by sample; samples with both are drawn.
    x_label, y_label
        What they are, with the unit.
    note
        Small print, such as the correlation.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If no sample has both.
    """
    both = pd.DataFrame({"x": x, "y": y}).dropna()
    if both.empty:
        raise DataError("the scatter plot has no sample with both values")
    ax = prepare_axes(ax, 3.3, 3.1)
    ax.scatter(
        np.asarray(both["x"], dtype=float),
        np.asarray(both["y"], dtype=float),
        s=14 if len(both) < 200 else 6,
        color=COLOURS["down"],
        alpha=0.7,
        linewidths=0,
        rasterized=len(both) > 2_000,
    )
    ax.set_xlabel(display_text(x_label, 50))
    ax.set_ylabel(display_text(y_label, 50))
    ax.set_title(f"{len(both):,} samples", fontsize=7)
    add_note(ax, note, width=52)
    return ax
