"""The driver's expression in the groups that were cut on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.boxes import draw_box, sideways
from rnaseq_s6k1.plots.columns import aligned_groups
from rnaseq_s6k1.plots.groups import group_levels, group_styles
from rnaseq_s6k1.plots.style import prepare_axes, styled
from rnaseq_s6k1.plots.text import display_text, set_names, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["driver_split"]


@styled
def driver_split(
    expression: pd.Series,
    groups: pd.Series,
    driver: str,
    *,
    first: Sequence[str] = (),
    unit: str = "log2 normalised counts",
    ax: Axes | None = None,
) -> Axes:
    """Draw each sample's expression of the driver by group, over a box of the quartiles.

    Parameters
    ----------
    expression
        Indexed by sample.
    groups
        Group of each sample, indexed by sample.
    driver
        Name of the gene.
    first
        Groups that come first from the left, e.g. ``low``.
    unit
        Of `expression`.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If a sample has no group, or there are no samples.
    """
    membership = aligned_groups(groups, expression.index, "the driver plot")
    if membership.empty:
        raise DataError("the driver plot has no samples; give at least one")
    levels = group_levels(membership, first)
    ax = prepare_axes(ax, max(2.4, 0.9 + 0.75 * len(levels)), 3.2)
    names = []
    for position, (level, (colour, marker)) in enumerate(group_styles(levels).items()):
        values = expression[(membership == level).to_numpy()].to_numpy(dtype=float)
        values = np.sort(values[np.isfinite(values)])
        ax.scatter(
            position + sideways(values),
            values,
            s=12 if len(values) < 100 else 6,
            marker=marker,
            color=colour,
            alpha=0.75,
            linewidths=0,
            zorder=2,
        )
        draw_box(ax, values, position)
        names.append(f"{wrapped(level, 14)}\nn = {len(values)}")
    set_names(ax, "x", range(len(levels)), names)
    ax.set_xlim(-0.6, len(levels) - 0.4)
    ax.set_ylabel(f"{display_text(driver)} expression\n({unit})")
    return ax
