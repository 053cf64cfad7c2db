"""Matrix of gene sets by contrasts: where each set is up or down, and how well that stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import seaborn
from numpy.typing import NDArray

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.attach import colour_bar
from rnaseq_s6k1.plots.columns import require_columns
from rnaseq_s6k1.plots.evidence import EVIDENCE_MARKS, ranked_sets
from rnaseq_s6k1.plots.legends import marker_handle, sectioned_legend
from rnaseq_s6k1.plots.ordering import cluster_order
from rnaseq_s6k1.plots.set_labels import label_inches, row_edges, set_labels
from rnaseq_s6k1.plots.style import COLOURS, DIVERGING, prepare_axes, styled
from rnaseq_s6k1.plots.text import display_text, empty_axes, set_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

__all__ = ["set_by_contrast"]

_COLUMN: Final = 0.5
_ROW: Final = 0.2
_NAME: Final = 32
_COLUMNS_READ: Final = ("collection", "set", "nes", "pvalue", "padj", "evidence")
# Fill, size and width of the outline of the mark in a cell.
_MARKS: Final = {
    "established": (COLOURS["highlight"], 5.0, 0.8),
    "gene-sampling only": ("white", 5.0, 0.8),
}


@styled
def set_by_contrast(
    tables: Mapping[str, pd.DataFrame], *, top: int = 40, ax: Axes | None = None
) -> Axes:
    """Draw the normalised enrichment scores of gene sets in several contrasts.

    A full dot marks a set that the rotation test established in a contrast, an open one a set
    that only the preranked test calls. Grey cells were not tested. Rows stand in the order of
    an average-linkage tree of their scores.

    Parameters
    ----------
    tables
        Table of the GSEA step of each contrast, by the contrast's name, in the order of the
        columns.
    top
        How many sets at most: by their best evidence in any contrast, then by their best rank.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If there is no table, or one lacks a column.
    """
    if not tables:
        raise DataError("there is no contrast to draw; give the gene-set table of each")
    for name, table in tables.items():
        require_columns(table, _COLUMNS_READ, f"the matrix of contrasts ({display_text(name, 40)})")
    ranked = {name: ranked_sets(table) for name, table in tables.items()}
    keys, total = _best(list(ranked.values()), max(top, 1))
    if not keys:
        return empty_axes(ax, "no gene set has a normalised enrichment score in any contrast")
    nes, evidence = _cells(ranked, keys)
    order = cluster_order(rows=np.nan_to_num(nes))
    nes, evidence, keys = nes[order], evidence[order], [keys[i] for i in order]
    labels = set_labels([name for _, name in keys], [collection for collection, _ in keys])
    names = [display_text(name, _NAME) for name in tables]
    below = 0.066 * max(len(name) for name in names)
    edges = row_edges(labels, _ROW)
    width = max(_COLUMN * len(names), 2.2)
    # Names wider than their columns are turned.
    turned = below > width / len(names) - 0.06
    below = below if turned else 0.12
    ax = prepare_axes(ax, width + label_inches(labels) + 1.5, float(edges[-1]) + below + 0.8)
    limit = max(float(np.nanmax(np.abs(nes))), 1.0)
    cells = ax.pcolormesh(
        np.arange(len(names) + 1) - 0.5,
        edges,
        np.ma.masked_invalid(nes),
        cmap=seaborn.color_palette(DIVERGING, as_cmap=True),
        vmin=-limit,
        vmax=limit,
        edgecolors="white",
        linewidth=0.8,
    )
    cells.set_gid("scores")
    ax.set_ylim(edges[-1], edges[0])
    ax.set_facecolor("#D9D9D9")
    ax.spines[:].set_visible(False)
    centres = (edges[1:] + edges[:-1]) / 2
    _draw_marks(ax, evidence, centres)
    set_names(ax, "y", centres.tolist(), labels)
    set_names(ax, "x", range(len(names)), names)
    ax.tick_params(axis="both", length=0, pad=2)
    ax.tick_params(axis="x", labelrotation=90 if turned else 0)
    label = "normalised enrichment score (NES)"
    if len(keys) < total:
        label += f"\n{len(keys):,} of {total:,} sets shown: by evidence, then p, in any contrast"
    colour_bar(ax, cells, label, gap=below + 0.12)
    sectioned_legend(
        ax, [("evidence", _entries(set(evidence.ravel()), untested=bool(np.isnan(nes).any())))]
    )
    return ax


def _best(ranked: Sequence[pd.DataFrame], top: int) -> tuple[list[tuple[str, str]], int]:
    """Return the best sets by their best place in any contrast, and how many there are in all."""
    kinds = list(EVIDENCE_MARKS)
    best: dict[tuple[str, str], tuple[int, int]] = {}
    for table in ranked:
        columns = (table[name].astype(str) for name in ("collection", "set", "evidence"))
        for place, (collection, name, kind) in enumerate(zip(*columns, strict=True)):
            rank = (kinds.index(kind) if kind in kinds else len(kinds), place)
            key = (collection, name)
            best[key] = min(best.get(key, rank), rank)
    ordered = sorted(best, key=lambda key: (best[key], key))
    return ordered[:top], len(ordered)


def _cells(
    ranked: Mapping[str, pd.DataFrame], keys: list[tuple[str, str]]
) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
    """Return score and evidence of each set (rows) in each contrast (columns)."""
    index = pd.MultiIndex.from_tuples(keys)
    nes, evidence = [], []
    for table in ranked.values():
        rows = table.astype({"collection": str, "set": str})
        rows = rows.drop_duplicates(["collection", "set"]).set_index(["collection", "set"])
        found = rows.reindex(index)
        nes.append(found["nes"].to_numpy(dtype=float))
        evidence.append(found["evidence"].fillna("").to_numpy(dtype=object))
    return np.column_stack(nes), np.column_stack(evidence)


def _draw_marks(ax: Axes, evidence: NDArray[np.object_], centres: NDArray[np.float64]) -> None:
    for kind, (fill, size, width) in _MARKS.items():
        rows, columns = np.nonzero(evidence == kind)
        if len(rows):
            ax.scatter(
                columns,
                centres[rows],
                s=size**2,
                c=fill,
                edgecolors=COLOURS["highlight"],
                linewidths=width,
                zorder=3,
            ).set_gid(kind)


def _entries(present: set[str], *, untested: bool) -> list[Line2D]:
    entries = []
    for kind in EVIDENCE_MARKS:
        if kind in present and kind in _MARKS:
            fill, size, width = _MARKS[kind]
            entries.append(marker_handle(kind, size=size, fill=fill, width=width))
        elif kind in present:
            entries.append(marker_handle("none (no mark)", size=0.0, width=0.0))
    if untested:
        entries.append(marker_handle("not tested", marker="s", size=7.0, fill="#D9D9D9", width=0.0))
    return entries
