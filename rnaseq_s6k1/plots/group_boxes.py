"""A measurement across many groups, as lying boxes with their points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.boxes import draw_box, sideways
from rnaseq_s6k1.plots.columns import aligned_groups
from rnaseq_s6k1.plots.groups import group_styles
from rnaseq_s6k1.plots.style import prepare_axes, styled
from rnaseq_s6k1.plots.text import add_note, display_text, set_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["group_boxes"]


@styled
def group_boxes(
    values: pd.Series,
    groups: pd.Series,
    label: str,
    *,
    note: Sequence[str] = (),
    ax: Axes | None = None,
) -> Axes:
    """Draw each sample's value by group, the group with the highest median on top.

    Parameters
    ----------
    values
        Finite values, indexed by sample.
    groups
        Group of each sample, indexed by sample.
    label
        What the values are, with their unit.
    note
        Small print, such as the test.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If a sample has no group, or there are no samples.
    """
    membership = aligned_groups(groups, values.index, "the plot of groups")
    if membership.empty:
        raise DataError("the plot of groups has no samples; give at least one")
    medians = values.groupby(membership).median()
    levels = sorted(medians.index, key=lambda level: (medians[level], level))
    ax = prepare_axes(ax, 4.6, 0.9 + 0.32 * len(levels))
    names = []
    for position, (level, (colour, marker)) in enumerate(group_styles(levels).items()):
        inside = np.sort(values[(membership == level).to_numpy()].to_numpy(dtype=float))
        ax.scatter(
            inside,
            position + 0.8 * sideways(inside),
            s=9 if len(values) < 1_000 else 4,
            marker=marker,
            color=colour,
            alpha=0.7,
            linewidths=0,
            zorder=2,
            rasterized=len(values) > 2_000,
        )
        draw_box(ax, inside, position, lying=True)
        names.append(f"{display_text(level, 26)} ({len(inside):,})")
    set_names(ax, "y", range(len(levels)), names)
    ax.set_ylim(-0.6, len(levels) - 0.4)
    ax.set_xlabel(display_text(label, 60))
    add_note(ax, note)
    return ax
