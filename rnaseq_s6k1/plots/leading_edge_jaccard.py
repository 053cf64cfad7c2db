"""Heat map of the overlap of leading edges: which sets tell the same story."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.plots.attach import colour_bar
from rnaseq_s6k1.plots.columns import require_columns
from rnaseq_s6k1.plots.ordering import cluster_order
from rnaseq_s6k1.plots.set_labels import even_row, label_inches, set_labels
from rnaseq_s6k1.plots.style import SEQUENTIAL, prepare_axes, styled
from rnaseq_s6k1.plots.text import empty_axes, set_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["leading_edge_jaccard"]

_COUNTED_UP_TO: Final = 25
_ROW: Final = 0.22


@styled
def leading_edge_jaccard(
    overlap: pd.DataFrame,
    sets: Sequence[str] | None = None,
    *,
    top: int = 40,
    label: str = "Jaccard index of leading edges (shared genes / genes of either)",
    ax: Axes | None = None,
) -> Axes:
    """Draw the Jaccard index of each pair of leading edges, and how many genes they share.

    Rows and columns stand in the order of an average-linkage tree of 1 - Jaccard. Numbers in
    the cells are shared genes, on the diagonal the size of the leading edge; they are
    written up to 25 sets.

    Parameters
    ----------
    overlap
        One row a pair: ``set_a``, ``set_b``, ``n_a``, ``n_b``, ``shared``, ``jaccard``. Pairs
        that are absent share nothing.
    sets
        Which sets, the best supported first; all that occur, in order of appearance, if None.
    top
        How many sets at most.
    label
        What the colours mean.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If the table lacks a column.
    """
    columns = ("set_a", "set_b", "n_a", "n_b", "shared", "jaccard")
    require_columns(overlap, columns, "the heat map of overlaps")
    present = pd.unique(pd.concat([overlap["set_a"], overlap["set_b"]]).astype(str))
    wanted = [name for name in (present if sets is None else sets) if name in set(present)]
    names = list(dict.fromkeys(wanted))[: max(top, 1)]
    if len(names) < 2:
        return empty_axes(ax, "fewer than two gene sets have leading edges to compare")
    jaccard, shared = _matrices(overlap, names)
    order = cluster_order(distances=1.0 - jaccard)
    labels = set_labels([names[i] for i in order], width=60)
    row = even_row(labels, _ROW)
    width = max(_ROW * len(names), 2.4)
    ax = prepare_axes(ax, width + label_inches(labels) + 0.3, max(row * len(names), 0.5) + 0.75)
    _draw_cells(ax, jaccard[np.ix_(order, order)])
    if len(names) <= _COUNTED_UP_TO:
        _write_counts(ax, shared[np.ix_(order, order)], jaccard[np.ix_(order, order)])
    ax.yaxis.tick_right()
    set_names(ax, "y", range(len(names)), labels)
    ax.set_xticks([])
    ax.tick_params(axis="y", length=0, pad=2)
    if len(names) < len(set(wanted)):
        label += f"\n{len(names):,} of {len(set(wanted)):,} sets shown"
    colour_bar(ax, ax.images[0], label, gap=0.08)
    return ax


def _matrices(
    overlap: pd.DataFrame, names: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return Jaccard indices and shared genes of all pairs, sizes on the second's diagonal."""
    place = {name: index for index, name in enumerate(names)}
    known = overlap["set_a"].astype(str).isin(place) & overlap["set_b"].astype(str).isin(place)
    pairs = overlap[known]
    a = pairs["set_a"].astype(str).map(place).to_numpy(dtype=np.intp)
    b = pairs["set_b"].astype(str).map(place).to_numpy(dtype=np.intp)
    jaccard, shared = np.eye(len(names)), np.zeros((len(names), len(names)), dtype=np.intp)
    for rows, columns in ((a, b), (b, a)):
        jaccard[rows, columns] = pairs["jaccard"].to_numpy(dtype=float)
        shared[rows, columns] = pairs["shared"].to_numpy(dtype=np.intp)
    of_either = pd.concat(
        [
            overlap[["set_a", "n_a"]].set_axis(["set", "n"], axis=1),
            overlap[["set_b", "n_b"]].set_axis(["set", "n"], axis=1),
        ]
    ).drop_duplicates("set")
    sizes = of_either.assign(set=of_either["set"].astype(str)).set_index("set")["n"]
    np.fill_diagonal(shared, sizes.reindex(list(names)).to_numpy(dtype=np.intp))
    np.fill_diagonal(jaccard, 1.0)
    return jaccard, shared


def _draw_cells(ax: Axes, jaccard: NDArray[np.float64]) -> None:
    apart = jaccard[~np.eye(len(jaccard), dtype=bool)]
    cells = jaccard.copy()
    # A set's overlap with itself says nothing, and would take up most of the colours.
    np.fill_diagonal(cells, np.nan)
    ax.imshow(
        cells,
        cmap=f"{SEQUENTIAL}_r",
        vmin=0.0,
        vmax=max(float(apart.max()), 0.1),
        aspect="auto",
        interpolation="nearest",
    )
    ax.set_facecolor("#E6E6E6")
    ax.spines[:].set_visible(False)


def _write_counts(ax: Axes, shared: NDArray[np.intp], jaccard: NDArray[np.float64]) -> None:
    _, limit = ax.images[0].get_clim()
    for (row, column), count in np.ndenumerate(shared):
        if count:
            # The scale ends dark.
            dark = row != column and jaccard[row, column] > 0.55 * (limit or 1.0)
            ax.text(
                column,
                row,
                f"{count}",
                ha="center",
                va="center",
                fontsize=5.5,
                color="white" if dark else "black",
                # Inside its cell, where the layout need not measure it.
                in_layout=False,
            )
