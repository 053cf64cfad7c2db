"""Samples on their first two principal components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.columns import aligned_groups
from rnaseq_s6k1.plots.groups import group_handles, group_levels, group_styles
from rnaseq_s6k1.plots.labels import PointLabel, place_labels
from rnaseq_s6k1.plots.style import COLOURS, prepare_axes, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rnaseq_s6k1.de.pca import PCAResult

__all__ = ["pca_plot"]

_SIZE = (5.4, 4.0)
_LABELLED_UP_TO = 24


@styled
def pca_plot(
    result: PCAResult,
    samples: Sequence[str],
    groups: pd.Series,
    *,
    first: Sequence[str] = (),
    group_name: str = "group",
    ax: Axes | None = None,
) -> Axes:
    """Draw samples on their first two components, groups by colour and by shape.

    Parameters
    ----------
    result
        Of `rnaseq_s6k1.de.pca.pca`.
    samples
        Names of the rows of ``result.coordinates``; written beside the points of at most 24.
    groups
        Group of each sample, indexed by sample.
    first
        Groups that come first in the legend, e.g. the reference and the target.
    group_name
        Title of the legend.
    ax
        Where to draw; a new figure otherwise. Labels are placed for the room there is, so in a
        figure of several panels draw this one last.

    Raises
    ------
    DataError
        If samples and coordinates differ in number, or a sample has no group.
    """
    xy = result.coordinates[:, :2]
    if len(samples) != len(xy):
        raise DataError(
            f"the PCA plot got {len(samples)} sample names for {len(xy)} samples; "
            "give the names in the order of the matrix"
        )
    if xy.shape[1] < 2:
        # Two samples span one axis only.
        xy = np.column_stack([xy, np.zeros(len(xy))])
    membership = aligned_groups(groups, pd.Index(samples), "the PCA plot")
    levels = group_levels(membership, first)
    ax = prepare_axes(ax, *_SIZE)
    for level, (colour, marker) in group_styles(levels).items():
        rows = xy[(membership == level).to_numpy()]
        ax.scatter(
            rows[:, 0],
            rows[:, 1],
            s=32 if len(xy) <= _LABELLED_UP_TO else 18,
            marker=marker,
            color=colour,
            edgecolors="white",
            linewidths=0.4,
            alpha=0.95 if len(xy) <= _LABELLED_UP_TO else 0.8,
            zorder=3,
        )
    for line in (ax.axhline, ax.axvline):
        line(0, color=COLOURS["none"], linewidth=0.6, zorder=0.5)
    shares = [*result.explained[:2], 0.0, 0.0]
    ax.set_xlabel(f"PC1 ({100 * shares[0]:.1f} % of variance)")
    ax.set_ylabel(f"PC2 ({100 * shares[1]:.1f} % of variance)")
    ax.set_title(f"{len(xy):,} samples, {result.n_genes:,} most variable genes", fontsize=7)
    ax.margins(0.14)
    ax.legend(
        handles=group_handles(levels, membership.value_counts()),
        title=group_name,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        alignment="left",
    )
    if len(xy) <= _LABELLED_UP_TO:
        # Many long names would crowd one another out.
        limit = 24 if len(xy) <= 12 else 16
        labels = [
            PointLabel(float(x), float(y), str(name))
            for (x, y), name in zip(xy, samples, strict=True)
        ]
        place_labels(ax, labels, crowd=xy, limit=limit)
    return ax
