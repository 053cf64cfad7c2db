"""Heat map of leading edges: which genes carry which sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import seaborn
from numpy.typing import NDArray

from rnaseq_s6k1.plots.attach import colour_bar
from rnaseq_s6k1.plots.leading_edges import edge_genes, sets_with_edges
from rnaseq_s6k1.plots.ordering import cluster_order
from rnaseq_s6k1.plots.set_labels import label_inches, row_edges, set_labels
from rnaseq_s6k1.plots.style import COLOURS, DIVERGING, prepare_axes, styled
from rnaseq_s6k1.plots.text import display_text, empty_axes, set_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection

__all__ = ["leading_edge_heatmap"]

_COLUMN: Final = 0.13
_GENE_NAME: Final = 16
# Beyond this percentile of the statistic all colours are the same, or one gene would pale the rest.
_CLIP: Final = 95.0


@styled
def leading_edge_heatmap(
    table: pd.DataFrame,
    values: pd.Series,
    *,
    label: str = "Wald statistic",
    top: int = 20,
    genes: int = 45,
    ax: Axes | None = None,
) -> Axes:
    """Draw the membership of genes in the leading edges of the top sets.

    A cell is coloured by the gene's value where the gene is in the set's leading edge, and
    absent elsewhere. Rows and columns stand in the order of average-linkage trees.

    Parameters
    ----------
    table
        Table of the GSEA step, with ``leading_edge`` (genes joined by commas).
    values
        The value of each gene, indexed by gene name, unique; genes it lacks are passed over.
    label
        What the value is, with its unit.
    top
        How many sets at most, the best supported ones.
    genes
        How many genes at most: those in most leading edges, then of the largest absolute value.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If the table lacks a column.
    """
    chosen = sets_with_edges(table, top, "the heat map of leading edges")
    membership = _membership(chosen, values)
    if membership.empty:
        return empty_axes(ax, "no gene set has a leading edge whose genes have values")
    shown = _most_shared(membership, values, max(genes, 1))
    rows = cluster_order(rows=shown.to_numpy(dtype=float))
    columns = cluster_order(rows=shown.to_numpy(dtype=float).T)
    shown = shown.iloc[rows, columns]
    sets = chosen.loc[shown.index]
    labels = set_labels(sets["set"].tolist(), sets["collection"].tolist())
    names = [display_text(gene, _GENE_NAME) for gene in shown.columns]
    below = 0.068 * max(len(name) for name in names)
    width = max(_COLUMN * len(names), 2.4) + label_inches(labels)
    edges = row_edges(labels, 0.19)
    ax = prepare_axes(ax, width + 0.3, float(edges[-1]) + below + 0.9)
    cells = _draw_cells(ax, shown, values, edges)
    set_names(ax, "y", ((edges[1:] + edges[:-1]) / 2).tolist(), labels)
    set_names(ax, "x", range(len(names)), names)
    ax.tick_params(axis="x", labelrotation=90, labelsize=6.5)
    ax.tick_params(axis="both", length=0, pad=2)
    if len(names) < membership.shape[1]:
        label += (
            f"\n{len(names):,} of {membership.shape[1]:,} genes shown: those in most leading edges"
        )
    clipped = bool((values.reindex(shown.columns).abs() > cells.norm.vmax).any())
    colour_bar(ax, cells, label, gap=below + 0.12, extend="both" if clipped else "neither")
    return ax


def _draw_cells(
    ax: Axes, shown: pd.DataFrame, values: pd.Series, edges: NDArray[np.float64]
) -> PolyCollection:
    """Draw the members as framed cells, so that one of a small value is seen as well."""
    from matplotlib.collections import PolyCollection

    rows, columns = np.nonzero(shown.to_numpy())
    found = values.reindex(shown.columns).to_numpy(dtype=float)[columns]
    limit = float(np.percentile(np.abs(found), _CLIP)) or 1.0
    x, top, foot = columns - 0.5, edges[rows], edges[rows + 1]
    corners = np.stack([[x, top], [x + 1, top], [x + 1, foot], [x, foot]]).transpose(2, 0, 1)
    cells = PolyCollection(
        list(corners),
        array=found,
        cmap=seaborn.color_palette(DIVERGING, as_cmap=True),
        edgecolors=COLOURS["none"],
        linewidths=0.5,
    )
    cells.set_clim(-limit, limit)
    ax.add_collection(cells)
    ax.set_xlim(-0.5, shown.shape[1] - 0.5)
    ax.set_ylim(edges[-1], edges[0])
    ax.hlines(
        (edges[1:] + edges[:-1]) / 2,
        -0.5,
        shown.shape[1] - 0.5,
        color="#EEEEEE",
        linewidth=0.6,
        zorder=0,
    )
    ax.spines[:].set_visible(False)
    return cells


def _membership(chosen: pd.DataFrame, values: pd.Series) -> pd.DataFrame:
    """Return sets x genes, True where the gene is in the leading edge and has a value."""
    finite = values[np.isfinite(values.to_numpy(dtype=float))]
    edges = {
        index: [gene for gene in edge_genes(edge) if gene in finite.index]
        for index, edge in chosen["leading_edge"].items()
    }
    genes = sorted(set().union(*edges.values()))
    kept = [index for index, edge in edges.items() if edge]
    cells = np.zeros((len(kept), len(genes)), dtype=bool)
    for row, index in enumerate(kept):
        cells[row, np.searchsorted(genes, edges[index])] = True
    return pd.DataFrame(cells, index=pd.Index(kept), columns=genes)


def _most_shared(membership: pd.DataFrame, values: pd.Series, genes: int) -> pd.DataFrame:
    """Keep the genes of most sets, and the sets that have any of them."""
    order = pd.DataFrame(
        {"n": membership.sum(), "size": values.reindex(membership.columns).abs()}
    ).rename_axis("gene")
    kept = order.reset_index().sort_values(["n", "size", "gene"], ascending=[False, False, True])
    shown = membership[kept["gene"].head(genes).tolist()]
    return shown[shown.any(axis=1)]
