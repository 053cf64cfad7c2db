"""Heat map of single-sample scores of gene sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.plots.columns import aligned_groups
from rnaseq_s6k1.plots.grouped_heatmap import draw_grouped_heatmap, row_z_scores
from rnaseq_s6k1.plots.set_labels import set_labels
from rnaseq_s6k1.plots.style import prepare_axes, styled
from rnaseq_s6k1.plots.text import display_text, empty_message

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["score_heatmap"]


@styled
def score_heatmap(
    scores: pd.DataFrame,
    groups: pd.Series | None = None,
    *,
    method: str = "score",
    sets: Sequence[str] = (),
    top: int = 40,
    first: Sequence[str] = (),
    group_name: str = "group",
    ax: Axes | None = None,
) -> Axes:
    """Draw each sample's scores, each set as z-scores over the samples.

    Parameters
    ----------
    scores
        Samples x sets.
    groups
        Group of each sample, indexed by sample; None for no groups.
    method
        What the scores are, for the colour bar.
    sets
        Which sets, the most important first; all in their order otherwise.
    top
        How many of them at most.
    first
        Groups that come first from the left.
    group_name
        Title of the legend.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If a sample has no group.
    """
    chosen = [name for name in (sets or scores.columns) if scores[name].notna().all()]
    shown = chosen[: max(top, 1)]
    if not shown or len(scores) < 2:
        ax = prepare_axes(ax, 4.6, 2.0)
        ax.set_axis_off()
        empty_message(ax, "a heat map needs scores of two samples at least")
        return ax
    given = pd.Series("all samples", index=scores.index) if groups is None else groups
    membership = aligned_groups(given, scores.index, "the heat map of scores")
    label = f"z-score of the {display_text(method, 40)}\n(SD from the set's mean)"
    if len(scores.columns) > len(shown):
        # Below the colour bar's label, since the bar stands where a note would.
        label += f"\n{len(scores.columns) - len(shown):,} further sets are not shown"
    return draw_grouped_heatmap(
        ax,
        row_z_scores(scores[shown].to_numpy(dtype=float).T),
        membership,
        row_blocks=np.zeros(len(shown), dtype=np.intp),
        row_names=set_labels(shown),
        rows_are="gene sets",
        label=label,
        first=first,
        group_name=group_name,
        row_inches=0.17,
    )
