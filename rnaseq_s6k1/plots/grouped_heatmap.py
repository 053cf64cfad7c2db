"""What heat maps of z-scores over grouped samples have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import seaborn
from numpy.typing import NDArray

from rnaseq_s6k1.plots.attach import colour_bar
from rnaseq_s6k1.plots.groups import group_levels, group_strip, strip_legend
from rnaseq_s6k1.plots.ordering import cluster_within
from rnaseq_s6k1.plots.style import DIVERGING, prepare_axes
from rnaseq_s6k1.plots.text import display_text, set_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_grouped_heatmap", "row_z_scores"]

_NAMED_UP_TO = 60
_CLIP = 2.5
_NAME = 18
_NAMED_ROWS_UP_TO = 70


def row_z_scores(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rows with mean 0 and standard deviation 1; constant ones are 0."""
    centred = values - values.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1, ddof=1, keepdims=True)
    return np.asarray(np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0))


def draw_grouped_heatmap(
    ax: Axes | None,
    z: NDArray[np.float64],
    membership: pd.Series,
    *,
    row_blocks: NDArray[np.intp],
    row_names: Sequence[str],
    rows_are: str,
    label: str,
    first: Sequence[str] = (),
    group_name: str = "group",
    row_inches: float = 0.125,
) -> Axes:
    """Draw z-scores with samples by group, clustered within groups and within blocks of rows.

    Parameters
    ----------
    ax
        Where to draw; a new figure otherwise.
    z
        Shape ``(n_rows, n_samples)``.
    membership
        Group of each sample, indexed by sample.
    row_blocks
        Rows of one block stay together, shape ``(n_rows,)``.
    row_names
        Printable names, written up to 70 rows.
    rows_are
        What rows are, in the plural, for more of them.
    label
        Of the colour bar.
    first, group_name
        As in `rnaseq_s6k1.plots.heatmap.heatmap`.
    row_inches
        Height of a row.
    """
    levels = group_levels(membership, first)
    samples = membership.index
    n = len(samples)
    blocks = np.array([levels.index(group) for group in membership], dtype=np.intp)
    limit = float(np.clip(np.abs(z).max(), 0.1, _CLIP))
    columns = cluster_within(z.T, blocks)
    rows = cluster_within(z, row_blocks)
    named = n <= _NAMED_UP_TO
    width = float(np.clip(0.16 * n, 2.6, 5.2)) if named else 5.2
    height = float(np.clip(row_inches * len(z), 0.6, 8.0))
    names_below = named and 0.125 * n <= width
    ax = prepare_axes(ax, width + 1.5, height + (2.3 if names_below else 1.3))
    image = ax.imshow(
        z[np.ix_(rows, columns)],
        cmap=seaborn.color_palette(DIVERGING, as_cmap=True),
        vmin=-limit,
        vmax=limit,
        aspect="auto",
        interpolation="nearest",
    )
    _name_rows(ax, [row_names[row] for row in rows], row_blocks[rows], rows_are)
    _name_samples(ax, samples[columns], names_below)
    group_strip(ax, membership.iloc[columns].tolist(), levels, side="top")
    strip_legend(ax, levels, group_name)
    longest = max(len(display_text(name, _NAME)) for name in samples)
    colour_bar(
        ax,
        image,
        label,
        gap=0.12 + 0.066 * longest if names_below else 0.3,
        extend="both" if (np.abs(z) > limit).any() else "neither",
    )
    return ax


def _name_rows(ax: Axes, names: Sequence[str], blocks: NDArray[np.intp], rows_are: str) -> None:
    ax.spines[:].set_visible(False)
    ax.yaxis.tick_right()
    if len(names) <= _NAMED_ROWS_UP_TO:
        set_names(ax, "y", range(len(names)), names)
    else:
        ax.set_yticks([])
        ax.set_ylabel(f"{len(names):,} {rows_are}")
    ax.tick_params(axis="both", length=0, pad=2)
    for turn in np.flatnonzero(np.diff(blocks)):
        ax.axhline(turn + 0.5, color="white", linewidth=2.0)


def _name_samples(ax: Axes, samples: pd.Index, names_below: bool) -> None:
    if names_below:
        set_names(ax, "x", range(len(samples)), [display_text(name, _NAME) for name in samples])
        ax.tick_params(axis="x", labelrotation=90)
    else:
        ax.set_xticks([])
        ax.set_xlabel(f"{len(samples):,} samples")
