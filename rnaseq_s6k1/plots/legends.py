"""Legends of several sections, each under its heading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rnaseq_s6k1.plots.style import COLOURS

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
    ax: Axes, sections: Sequence[tuple[str, Sequence[Artist]]], *, x: float = 1.04
) -> Legend:
    """Draw one legend right of `ax` whose sections have bold headings; empty ones are left out.

    Parameters
    ----------
    ax
        The Axes it stands beside.
    sections
        Heading and entries of each.
    x
        Its left edge, in widths of `ax`.
    """
    from matplotlib.lines import Line2D
    from matplotlib.offsetbox import HPacker, TextArea

    entries: list[Artist] = []
    headings = []
    for title, handles in sections:
        if handles:
            headings.append(len(entries))
            entries += [Line2D([], [], linestyle="none", label=title), *handles]
    legend = ax.legend(
        handles=entries,
        loc="upper left",
        bbox_to_anchor=(x, 1.0),
        alignment="left",
        labelspacing=0.6,
        handlelength=1.6,
        borderaxespad=0.0,
    )
    texts = legend.get_texts()
    for row in legend.findobj(HPacker):
        parts = row.get_children()
        if len(parts) == 2 and isinstance(parts[1], TextArea):
            position = texts.index(parts[1].get_children()[0])
            if position in headings:
                # A heading stands where the entries' markers stand.
                parts[0].set_visible(False)
                texts[position].set_fontweight("bold")
    return legend
