"""Alterations of several genes, a column a tumour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.columns import aligned_groups
from rnaseq_s6k1.plots.groups import group_levels, group_strip, group_styles
from rnaseq_s6k1.plots.style import DOUBLE_COLUMN, figure_of, prepare_axes, styled
from rnaseq_s6k1.plots.text import display_text, set_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Patch

__all__ = ["ALTERATION_STYLES", "oncoprint"]

#: Colour, height within the row, and name of each kind. Copy number fills the cell, a mutation
#: lies on it as a bar, so that both are seen.
ALTERATION_STYLES: Final[dict[str, tuple[str, float, str]]] = {
    "amplification": ("#D55E00", 0.86, "amplification"),
    "gain": ("#F2B48C", 0.86, "gain"),
    "deep_deletion": ("#0072B2", 0.86, "deep deletion"),
    "shallow_deletion": ("#A6CEE3", 0.86, "shallow deletion"),
    "truncating": ("#000000", 0.34, "truncating mutation"),
    "inframe": ("#E69F00", 0.34, "in-frame mutation"),
    "missense": ("#009E73", 0.34, "missense mutation"),
    "other_mutation": ("#CC79A7", 0.34, "other mutation"),
}
_EMPTY, _UNKNOWN = "#E6E6E6", "#FFFFFF"


@styled
def oncoprint(
    kinds: pd.DataFrame,
    shares: pd.Series,
    *,
    known: pd.DataFrame | None = None,
    groups: pd.Series | None = None,
    group_name: str = "group",
    ax: Axes | None = None,
) -> Axes:
    """Draw which tumour has which gene altered, in the order given.

    Parameters
    ----------
    kinds
        Kinds of alteration, a tuple a cell (keys of `ALTERATION_STYLES`), samples x genes, both
        in the order they are drawn.
    shares
        Share of samples altered, by gene; written beside the rows.
    known
        Whether a cell was looked at; the others are left blank with a frame.
    groups
        Group of each sample, drawn as a strip above.
    group_name
        Title of its legend.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If there is no sample or gene, or a sample lacks a group.
    """
    if kinds.empty:
        raise DataError("the oncoprint has no samples or no genes to draw")
    n_samples, n_genes = kinds.shape
    membership = None if groups is None else aligned_groups(groups, kinds.index, "the oncoprint")
    ax = prepare_axes(ax, DOUBLE_COLUMN, 1.1 + 0.24 * n_genes + (0.4 if groups is not None else 0))
    gap = 0.15 if n_samples <= 200 else 0.0
    present = []
    for row, gene in enumerate(kinds.columns):
        cells = kinds[gene].tolist()
        seen = [True] * n_samples if known is None else known[gene].tolist()
        _bars(ax, [i for i in range(n_samples) if seen[i]], row, 0.86, _EMPTY, gap)
        _bars(ax, [i for i in range(n_samples) if not seen[i]], row, 0.86, _UNKNOWN, gap)
        for kind, (colour, height, _) in ALTERATION_STYLES.items():
            places = [i for i, cell in enumerate(cells) if kind in cell]
            if places:
                _bars(ax, places, row, height, colour, gap)
                present.append(kind)
    ax.set_xlim(-0.5, n_samples - 0.5)
    ax.set_ylim(n_genes - 0.5, -0.5)
    names = [
        f"{display_text(gene, 18)}  {100 * shares[gene]:.0f} %"
        if np.isfinite(shares[gene])
        else display_text(gene, 18)
        for gene in kinds.columns
    ]
    set_names(ax, "y", range(n_genes), names)
    ax.set_xticks([])
    ax.tick_params(axis="y", length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    altered = sum(any(cells) for cells in kinds.itertuples(index=False))
    ax.set_xlabel(f"{n_samples:,} samples, {altered:,} with an alteration", loc="left")
    _legends(ax, [kind for kind in ALTERATION_STYLES if kind in present], membership, group_name)
    return ax


def _bars(
    ax: Axes, places: Sequence[int], row: int, height: float, colour: str, gap: float
) -> None:
    if not places:
        return
    width = 1 - gap
    ax.broken_barh(
        [(place - width / 2, width) for place in places],
        (row - height / 2, height),
        facecolors=colour,
        edgecolor="#B4B4B4" if colour == _UNKNOWN else "none",
        linewidth=0.2 if colour == _UNKNOWN else 0,
        # Hairlines between touching cells come from smoothing their edges.
        antialiased=gap > 0,
    )


def _legends(
    ax: Axes, present: Sequence[str], membership: pd.Series | None, group_name: str
) -> None:
    from matplotlib.patches import Patch
    from matplotlib.transforms import ScaledTranslation

    handles: list[Patch] = [
        Patch(color=ALTERATION_STYLES[kind][0], label=ALTERATION_STYLES[kind][2])
        for kind in present
    ]
    inch = figure_of(ax).dpi_scale_trans
    below = ax.transAxes + ScaledTranslation(0, -0.28, inch)
    if handles:
        legend = ax.legend(
            handles=handles,
            loc="upper left",
            bbox_to_anchor=(0.0, 0.0),
            bbox_transform=below,
            ncols=min(len(handles), 4),
            borderpad=0.0,
            columnspacing=1.2,
            handlelength=1.0,
        )
    if membership is None:
        return
    levels = group_levels(membership)
    group_strip(ax, list(membership), levels, side="top")
    if handles:
        ax.add_artist(legend)
        # What is clipped to the Axes has no room made for it by the layout.
        legend.set_clip_on(False)
    styles = group_styles(levels)
    ax.legend(
        handles=[Patch(color=styles[level][0], label=display_text(level, 16)) for level in levels],
        title=display_text(group_name),
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        bbox_transform=ax.transAxes + ScaledTranslation(0, 0.16, inch),
        ncols=max(1, min(len(levels), 6)),
        alignment="left",
        borderpad=0.0,
        columnspacing=1.2,
        handlelength=1.0,
    )
