"""A signature's score against the driver's expression, by copy number where it is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.columns import require_columns
from rnaseq_s6k1.plots.style import COLOURS, GROUP_MARKERS, SEQUENTIAL, prepare_axes, styled
from rnaseq_s6k1.plots.text import display_text, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["score_scatter"]

_MOST_LEVELS = 6


@styled
def score_scatter(
    scores: pd.DataFrame,
    driver: str,
    *,
    unit: str = "log2 CPM",
    lines: Sequence[str] = (),
    ax: Axes | None = None,
) -> Axes:
    """Draw each sample's score against its expression of the driver.

    Parameters
    ----------
    scores
        ``score driver_expression``, and ``copy_number`` where known: colour and shape of the
        points.
    driver
        Name of the gene.
    unit
        Of the expression.
    lines
        Statements written above, such as a correlation.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If a column is missing or there is no sample.
    """
    require_columns(scores, ("score", "driver_expression"), "the score plot")
    if scores.empty:
        raise DataError("the score plot has no samples; give at least one")
    ax = prepare_axes(ax, 3.5, 3.2 + 0.12 * len(lines))
    x = scores["driver_expression"].to_numpy(dtype=float)
    y = scores["score"].to_numpy(dtype=float)
    for mask, colour, marker, label in _groups(scores):
        ax.scatter(
            x[mask],
            y[mask],
            s=16 if len(x) < 300 else 8,
            color=colour,
            marker=marker,
            alpha=0.8,
            linewidths=0.3,
            edgecolors="white",
            label=label,
        )
    ax.set_xlabel(f"{display_text(driver)} expression ({unit})")
    ax.set_ylabel("signature score")
    if lines:
        ax.set_title("\n".join(wrapped(line, 58, 2) for line in lines), loc="left", fontsize=7)
    if ax.get_legend_handles_labels()[1]:
        ax.legend(title="copy number", loc="center left", bbox_to_anchor=(1.0, 0.5))
    return ax


def _groups(
    scores: pd.DataFrame,
) -> list[tuple[np.ndarray, object, str, str | None]]:
    """Give each copy-number level its points, colour and shape; one group without levels."""
    import matplotlib as mpl

    everything = np.ones(len(scores), dtype=bool)
    if "copy_number" not in scores.columns:
        return [(everything, COLOURS["final"], "o", None)]
    values = scores["copy_number"].to_numpy(dtype=float)
    levels = np.unique(values[np.isfinite(values)])
    if not 1 < len(levels) <= _MOST_LEVELS:
        return [(everything, COLOURS["final"], "o", None)]
    # The pale end of the colour map would vanish on white.
    colours = mpl.colormaps[SEQUENTIAL](np.linspace(0.0, 0.88, len(levels)))
    groups: list[tuple[np.ndarray, object, str, str | None]] = [
        (
            values == level,
            colours[k],
            GROUP_MARKERS[(k + 1) % len(GROUP_MARKERS)],
            f"{level:+g}" if level else "0",
        )
        for k, level in enumerate(levels)
    ]
    unknown = ~np.isfinite(values)
    if unknown.any():
        groups.insert(0, (unknown, COLOURS["none"], "o", "unknown"))
    return groups
