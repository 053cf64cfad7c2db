"""Legends of several sections, each under its heading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rnaseq_s6k1.plots.style import COLOURS, figure_of

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend
    from matplotlib.lines import Line2D

__all__ = ["marker_handle", "sectioned_legend"]


def marker_handle(
    label: str,
    *,
    marker: str = "o",
    size: float = 6.0,
    fill: str = "white",
    edge: str = COLOURS["highlight"],
    width: float = 0.8,
) -> Line2D:
    """Return a legend entry with a marker.

    Parameters
    ----------
    label
        Its text.
    marker, size, fill, edge, width
        Shape; diameter in points; colours inside and of the outline; its width in points.
    """
    from matplotlib.lines import Line2D

    return Line2D(
        [],
        [],
        linestyle="none",
        marker=marker,
        markersize=size,
        markerfacecolor=fill,
        markeredgecolor=edge,
        markeredgewidth=width,
        label=label,
    )


def sectioned_legend(
    ax: Axes, sections: Sequence[tuple[str, Sequence[Artist]]], *, gap: float = 0.12
) -> Legend:
    """Draw one legend right of `ax` whose sections have bold headings; empty ones are left out.

    Parameters
    ----------
    ax
        The Axes it stands beside.
    sections
        Heading and entries of each.
    gap
        Between the two, in inches: the layout of the figure would not settle on a share of
        `ax`, whose width it changes.
    """
    from matplotlib.lines import Line2D
    from matplotlib.offsetbox import HPacker, TextArea
    from matplotlib.transforms import ScaledTranslation

    entries: list[Artist] = []
    headings = []
    for title, handles in sections:
        if handles:
            headings.append(len(entries))
            entries += [Line2D([], [], linestyle="none", label=title), *handles]
    # Rows make room for the largest marker, which a legend by itself would not.
    largest = max([_diameter(handle) for _, handles in sections for handle in handles], default=0.0)
    legend = ax.legend(
        handles=entries,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        bbox_transform=ax.transAxes + ScaledTranslation(gap, 0, figure_of(ax).dpi_scale_trans),
        alignment="left",
        labelspacing=max(0.6, (largest - 5.0) / 7.0),
        handlelength=max(1.6, (largest + 1.0) / 7.0),
        borderaxespad=0.0,
    )
    texts: list[Artist] = [*legend.get_texts()]
    for row in legend.findobj(HPacker):
        parts = row.get_children()
        if len(parts) == 2 and isinstance(parts[1], TextArea):
            position = texts.index(parts[1].get_children()[0])
            if position in headings:
                # A heading stands where the entries' markers stand.
                parts[0].set_visible(False)
                legend.get_texts()[position].set_fontweight("bold")
    return legend


def _diameter(handle: Artist) -> float:
    """Return the size of an entry's marker in points, 0 where it has none."""
    from matplotlib.collections import PathCollection
    from matplotlib.lines import Line2D

    if isinstance(handle, PathCollection):
        return float(max(handle.get_sizes(), default=0.0) ** 0.5)
    if isinstance(handle, Line2D) and handle.get_marker() not in ("None", None, ""):
        return float(handle.get_markersize())
    return 0.0
