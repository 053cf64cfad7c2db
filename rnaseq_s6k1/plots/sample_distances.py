"""Heat map of the distances between samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.attach import colour_bar
from rnaseq_s6k1.plots.columns import aligned_groups
from rnaseq_s6k1.plots.groups import (
    group_levels,
    group_strip,
    strip_legend,
)
from rnaseq_s6k1.plots.ordering import cluster_order
from rnaseq_s6k1.plots.style import SEQUENTIAL, prepare_axes, styled
from rnaseq_s6k1.plots.text import display_text, set_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["sample_distances"]

_NAMED_UP_TO = 60
_NAME = 24


@styled
def sample_distances(
    distances: NDArray[np.float64],
    samples: Sequence[str],
    groups: pd.Series,
    *,
    first: Sequence[str] = (),
    group_name: str = "group",
    ax: Axes | None = None,
) -> Axes:
    """Draw the distances between samples, those alike beside each other.

    Rows and columns follow an average-linkage tree of the distances.

    Parameters
    ----------
    distances
        Euclidean, of log2 or variance-stabilised expression, shape ``(n_samples, n_samples)``;
        of `rnaseq_s6k1.de.pca.sample_distances`.
    samples
        Names of the rows; written up to 60 samples.
    groups
        Group of each sample, indexed by sample; a coloured strip beside the map.
    first
        Groups that come first in the legend.
    group_name
        Title of the legend.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If the matrix is not square or smaller than 2 x 2, or a sample has no name or group.
    """
    n = len(samples)
    if distances.shape != (n, n) or n < 2:
        raise DataError(
            f"the heat map of distances got a matrix of shape {distances.shape} for {n} samples; "
            "give a square one of at least 2 samples in the order of the samples"
        )
    membership = aligned_groups(groups, pd.Index(samples), "the heat map of distances")
    levels = group_levels(membership, first)
    order = cluster_order(distances=distances)
    named = n <= _NAMED_UP_TO
    side = float(np.clip(0.135 * n, 2.4, 6.0)) if named else 4.2
    longest = max(len(display_text(name, _NAME)) for name in samples) if named else 4
    ax = prepare_axes(ax, side + 0.25 + 0.066 * longest, side + 1.0 + 0.16 * -(-len(levels) // 3))
    shown = distances[np.ix_(order, order)].astype(float)
    apart = shown[~np.eye(n, dtype=bool)]
    # A sample's distance to itself says nothing, and would take up half of the colours.
    np.fill_diagonal(shown, np.nan)
    image = ax.imshow(
        shown,
        cmap=f"{SEQUENTIAL}_r",
        vmin=float(apart.min()),
        vmax=float(apart.max()) if apart.max() > apart.min() else float(apart.min()) + 1.0,
        # Square cells by the size of the figure: a fixed aspect would upset its layout.
        aspect="auto",
        interpolation="nearest",
    )
    ax.set_facecolor("#E6E6E6")
    ordered = membership.iloc[order].tolist()
    group_strip(ax, ordered, levels, side="top")
    group_strip(ax, ordered, levels, side="left")
    ax.spines[:].set_visible(False)
    ax.set_xticks([])
    if named:
        ax.yaxis.tick_right()
        set_names(ax, "y", range(n), [display_text(samples[i], _NAME) for i in order])
        ax.tick_params(axis="y", length=0, pad=2)
    else:
        ax.set_yticks([])
        ax.set_ylabel(f"{n:,} samples", labelpad=12)
    colour_bar(ax, image, "Euclidean distance (log2 expression units)", gap=0.08)
    strip_legend(ax, levels, group_name)
    return ax
