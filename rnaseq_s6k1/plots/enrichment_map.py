"""Enrichment map: gene sets as a network, linked where they share genes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import seaborn
from numpy.typing import NDArray

from rnaseq_s6k1.plots.attach import colour_bar
from rnaseq_s6k1.plots.columns import require_columns
from rnaseq_s6k1.plots.evidence import EVIDENCE_MARKS
from rnaseq_s6k1.plots.labels import PointLabel, place_labels
from rnaseq_s6k1.plots.legends import marker_handle, sectioned_legend
from rnaseq_s6k1.plots.set_labels import set_labels
from rnaseq_s6k1.plots.style import COLOURS, DIVERGING, prepare_axes, styled
from rnaseq_s6k1.plots.text import display_text, empty_axes

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from rnaseq_s6k1.design.contrast import Contrast
    from rnaseq_s6k1.enrichment.set_network import SetNetwork

__all__ = ["enrichment_map"]

# Inches of a unit of the layout, and the free rim round it.
_UNIT: Final = 0.82
_RIM: Final = 0.75
_LINE: Final = 20
_LINES: Final = 13
_FONT: Final = 6.0
_SIMILARITY: Final = {
    "combined": "overlap",
    "jaccard": "Jaccard index",
    "overlap": "overlap coefficient",
}
_MEANING: Final = _SIMILARITY | {"combined": "mean of Jaccard index and overlap coefficient"}
_OUTLINES: Final[dict[str, tuple[float, Any]]] = {
    "established": (1.7, "-"),
    "gene-sampling only": (0.9, (0, (1.6, 1.2))),
    "none": (0.0, "-"),
}


@styled
def enrichment_map(
    network: SetNetwork,
    table: pd.DataFrame,
    *,
    contrast: Contrast | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the network of overlapping gene sets.

    A node's area shows the number of genes, its colour the normalised enrichment score, its
    outline the evidence; the width of a line how alike two sets are. Sets without a line
    stand in rows at the foot.

    Parameters
    ----------
    network
        Nodes with their places, and edges; of `rnaseq_s6k1.enrichment.set_network`.
    table
        Table of the GSEA step, one row a node at least, sets named as in the network.
    contrast
        Says in words what a positive score means.
    ax
        Where to draw; a new figure otherwise. Labels are placed for the room there is, so in a
        figure of several panels draw this one last.

    Raises
    ------
    DataError
        If the table lacks a column.
    """
    require_columns(table, ("set", "size", "nes", "evidence"), "the enrichment map")
    rows = table.drop_duplicates("set")
    nodes = network.nodes.merge(rows, on="set", how="inner", validate="one_to_one")
    nodes = nodes[np.isfinite(nodes["nes"].to_numpy(dtype=float))].reset_index(drop=True)
    if nodes.empty:
        return empty_axes(ax, "there is no gene set with a normalised enrichment score to map")
    wide, high = (float(np.ptp(nodes[c])) + 2 * _RIM for c in ("x", "y"))
    ax = prepare_axes(ax, max(_UNIT * wide, 2.6) + 1.5, max(_UNIT * high, 2.0) + 0.7)
    ax.set_xlim(nodes["x"].min() - _RIM, nodes["x"].max() + _RIM)
    ax.set_ylim(nodes["y"].min() - _RIM, nodes["y"].max() + _RIM)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    _draw_edges(ax, network.edges, nodes)
    radii = _draw_nodes(ax, nodes)
    _explain(ax, network, nodes, contrast)
    _head_singles(ax, network, nodes)
    _write_names(ax, nodes, radii)
    return ax


def _areas(sizes: NDArray[np.float64], largest: float) -> NDArray[np.float64]:
    """Return marker areas (square points) that grow with the number of genes."""
    return np.asarray(45.0 + 300.0 * sizes / max(largest, 1.0))


def _width(similarity: Any) -> Any:
    return 0.4 + 2.6 * similarity


def _draw_edges(ax: Axes, edges: pd.DataFrame, nodes: pd.DataFrame) -> None:
    from matplotlib.collections import LineCollection

    places = nodes.set_index("set")[["x", "y"]]
    drawn = edges[edges["set_a"].isin(places.index) & edges["set_b"].isin(places.index)]
    ends = [places.loc[drawn[column]].to_numpy() for column in ("set_a", "set_b")]
    lines = LineCollection(
        list(np.stack(ends, axis=1)),
        linewidths=_width(drawn["similarity"].to_numpy(dtype=float)),
        colors=COLOURS["none"],
        alpha=0.6,
        zorder=1,
    )
    lines.set_gid("edges")
    ax.add_collection(lines)


def _draw_nodes(ax: Axes, nodes: pd.DataFrame) -> NDArray[np.float64]:
    """Draw the nodes; return their radii in points."""
    nes = nodes["nes"].to_numpy(dtype=float)
    limit = max(float(np.abs(nes).max()), 1.0)
    areas = _areas(nodes["size"].to_numpy(dtype=float), float(nodes["size"].max()))
    outlines = [_OUTLINES.get(kind, _OUTLINES["none"]) for kind in nodes["evidence"]]
    points = ax.scatter(
        nodes["x"],
        nodes["y"],
        s=areas,
        c=nes,
        cmap=seaborn.color_palette(DIVERGING, as_cmap=True),
        vmin=-limit,
        vmax=limit,
        edgecolors=COLOURS["highlight"],
        linewidths=[width for width, _ in outlines],
        linestyles=[dashes for _, dashes in outlines],
        zorder=9.5,
    )
    points.set_gid("nodes")
    return np.asarray(np.sqrt(areas) / 2)


def _explain(ax: Axes, network: SetNetwork, nodes: pd.DataFrame, contrast: Contrast | None) -> None:
    """Explain colours below, the rest right of the map."""
    label = "normalised enrichment score (NES)"
    if contrast is not None:
        label += f"\npositive: higher in {display_text(contrast.target, 28)}"
        label += f"\nnegative: higher in {display_text(contrast.reference, 28)}"
    label += f"\nlines: {_MEANING[network.coefficient]} ≥ {network.threshold:g}"
    points = next(one for one in ax.collections if one.get_gid() == "nodes")
    colour_bar(ax, points, label, gap=0.02)
    largest = float(nodes["size"].max())
    sizes = np.unique([_round(largest * share) for share in (0.1, 0.5, 1.0)])
    sections: list[tuple[str, Sequence[Artist]]] = [
        ("evidence", _evidence_entries(ax, set(nodes["evidence"]))),
        (
            "genes in set",
            [
                marker_handle(f"{size:,}", size=float(np.sqrt(area)))
                for size, area in zip(sizes, _areas(sizes.astype(np.float64), largest), strict=True)
            ],
        ),
        (_SIMILARITY[network.coefficient], _edge_entries(network)),
    ]
    sectioned_legend(ax, sections, gap=0.05)


def _evidence_entries(ax: Axes, present: set[str]) -> list[Artist]:
    """Return entries with the outlines of the nodes, which may be dashed."""
    entries: list[Artist] = []
    for kind in EVIDENCE_MARKS:
        if kind in present:
            width, dashes = _OUTLINES[kind]
            entry = ax.scatter(
                [],
                [],
                s=60.0,
                c="#D9D9D9",
                edgecolors=COLOURS["highlight"],
                linewidths=width,
                linestyles=[dashes],
                label=kind,
            )
            entry.remove()
            entries.append(entry)
    return entries


def _edge_entries(network: SetNetwork) -> list[Line2D]:
    from matplotlib.lines import Line2D

    if network.edges.empty:
        return [Line2D([], [], linestyle="none", label=f"nowhere ≥ {network.threshold:g}")]
    return [
        Line2D([], [], color=COLOURS["none"], linewidth=float(_width(value)), label=f"{value:g}")
        for value in sorted({network.threshold, 1.0})
    ]


def _round(size: float) -> int:
    """Return the size with one leading digit, at least 1."""
    return max(1, int(float(f"{size:.1g}")))


def _head_singles(ax: Axes, network: SetNetwork, nodes: pd.DataFrame) -> None:
    """Say above the rows of sets without a line what they are."""
    singles = nodes.loc[nodes["cluster"] < 0, "y"]
    if len(singles) and len(singles) < len(nodes):
        ax.text(
            0.0,
            float(singles.max()) + _RIM,
            f"{_SIMILARITY[network.coefficient]} below {network.threshold:g} with every other set",
            transform=ax.get_yaxis_transform(),
            fontsize=7,
            color=COLOURS["note"],
            va="center",
        )


def _write_names(ax: Axes, nodes: pd.DataFrame, radii: NDArray[np.float64]) -> None:
    collections = nodes["collection"].tolist() if "collection" in nodes.columns else None
    names = set_labels(nodes["set"].tolist(), collections, width=10**6, lines=1)
    # Large nodes in the thick of a cluster have the fewest places to choose from.
    order = np.lexsort((nodes["set"], -radii))
    labels = [
        PointLabel(
            float(nodes["x"].iloc[i]), float(nodes["y"].iloc[i]), names[i], radius=float(radii[i])
        )
        for i in order
    ]
    place_labels(ax, labels, fontsize=_FONT, limit=_LINE, lines=_LINES)
