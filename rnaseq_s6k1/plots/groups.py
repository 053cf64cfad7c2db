"""Sample groups: their colours, shapes, strips beside a heat map, and legends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.plots.attach import attached_axes
from rnaseq_s6k1.plots.style import GROUP_COLOURS, GROUP_MARKERS, figure_of
from rnaseq_s6k1.plots.text import display_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend
    from matplotlib.lines import Line2D

__all__ = [
    "group_handles",
    "group_levels",
    "group_strip",
    "group_styles",
    "strip_legend",
]


def group_levels(groups: pd.Series, first: Sequence[str] = ()) -> list[str]:
    """Return the groups that occur, those of `first` (e.g. the reference) before the others."""
    present = sorted(set(groups.astype(str)))
    leading = [name for name in first if name in present]
    return leading + [name for name in present if name not in leading]


def group_styles(levels: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Give each group a colour and a marker; no two groups share both up to 64 groups."""
    colours, markers = len(GROUP_COLOURS), len(GROUP_MARKERS)
    return {
        level: (GROUP_COLOURS[i % colours], GROUP_MARKERS[(i + i // colours) % markers])
        for i, level in enumerate(levels)
    }


def group_handles(levels: Sequence[str], counts: pd.Series | None = None) -> list[Line2D]:
    """Return legend entries with each group's marker and, where given, its number of samples."""
    return [
        _handle(level, colour, marker, "" if counts is None else f" (n = {counts[level]})")
        for level, (colour, marker) in group_styles(levels).items()
    ]


def _handle(level: str, colour: str, marker: str, suffix: str = "") -> Line2D:
    from matplotlib.lines import Line2D

    return Line2D(
        [],
        [],
        linestyle="none",
        marker=marker,
        markersize=5.5,
        color=colour,
        markeredgecolor="white",
        markeredgewidth=0.4,
        label=display_text(level) + suffix,
    )


def strip_legend(ax: Axes, levels: Sequence[str], title: str) -> Legend:
    """Explain the colours of group strips above a heat map.

    Parameters
    ----------
    ax
        The heat map.
    levels
        The groups.
    title
        What they are groups of.
    """
    from matplotlib.transforms import ScaledTranslation

    # A strip shows colours only, so the legend shows no other shapes.
    handles = [_handle(level, colour, "s") for level, (colour, _) in group_styles(levels).items()]
    longest = max(len(display_text(level)) for level in levels)
    return ax.legend(
        handles=handles,
        title=display_text(title),
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        # Above the strip, in inches, so that it does not depend on the height of the map.
        bbox_transform=ax.transAxes + ScaledTranslation(0, 0.15, figure_of(ax).dpi_scale_trans),
        ncols=max(1, min(len(levels), 50 // (longest + 4))),
        alignment="left",
        columnspacing=1.0,
        borderpad=0.0,
    )


def group_strip(
    ax: Axes, groups: Sequence[str], levels: Sequence[str], *, side: str, inches: float = 0.09
) -> Axes:
    """Draw a strip of group colours along the `top` or `left` side of a heat map.

    Parameters
    ----------
    ax
        The heat map, whose cells are one data unit wide.
    groups
        The group of each column (``top``) or row (``left``).
    levels
        All groups, as given to `group_styles`.
    side
        ``top`` or ``left``.
    inches
        Thickness.
    """
    from matplotlib.colors import ListedColormap

    strip = attached_axes(ax, side, gap=0.03, thickness=inches)
    codes = np.array([[list(levels).index(group) for group in groups]], dtype=float)
    styles = group_styles(levels)
    strip.imshow(
        codes if side == "top" else codes.T,
        aspect="auto",
        interpolation="nearest",
        cmap=ListedColormap([styles[level][0] for level in levels]),
        vmin=-0.5,
        vmax=len(levels) - 0.5,
    )
    strip.set_axis_off()
    strip.set_gid("group-strip")
    return strip
