"""Further panels beside or below an Axes, in sizes that the layout of a figure can settle."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from matplotlib.transforms import Bbox

from rnaseq_s6k1.plots.style import figure_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colorizer import ColorizingArtist

__all__ = ["attached_axes", "colour_bar", "side_axes", "stacked_axes"]


def attached_axes(
    ax: Axes, side: str, *, gap: float, thickness: float, length: float | None = None
) -> Axes:
    """Add a thin Axes beside `ax` that keeps its thickness whatever becomes of `ax`.

    A thickness in fractions of `ax` would change each time the layout changes `ax`, and the
    layout of the figure would not settle.

    Parameters
    ----------
    ax
        The Axes it belongs to.
    side
        ``top``, ``bottom``, ``left`` or ``right``.
    gap, thickness
        Inches.
    length
        Inches from the left or from the bottom, at most the side of `ax`; all of it if None.
    """
    child = ax.inset_axes((0.0, 1.0, 1.0, 0.1))
    child.set_axes_locator(_locator(ax, side, gap, thickness, length))
    return child


def _locator(
    parent: Axes, side: str, gap: float, thickness: float, length: float | None
) -> Callable[[object, object], Bbox]:
    figure = figure_of(parent)

    def locate(_child: object, _renderer: object) -> Bbox:
        x0, y0, x1, y1 = parent.get_window_extent().extents
        near, far = gap * figure.dpi, (gap + thickness) * figure.dpi
        if side in ("top", "bottom"):
            end = x1 if length is None else min(x1, x0 + length * figure.dpi)
            low, high = (y1 + near, y1 + far) if side == "top" else (y0 - far, y0 - near)
            box = Bbox.from_extents(x0, low, end, high)
        else:
            end = y1 if length is None else min(y1, y0 + length * figure.dpi)
            low, high = (x1 + near, x1 + far) if side == "right" else (x0 - far, x0 - near)
            box = Bbox.from_extents(low, y0, high, end)
        return box.transformed(figure.transFigure.inverted())

    return locate


def colour_bar(
    ax: Axes,
    artist: ColorizingArtist,
    label: str,
    *,
    side: str = "bottom",
    gap: float,
    length: float = 2.2,
    extend: str = "neither",
) -> Axes:
    """Draw a colour bar of constant thickness beside `ax` and return its Axes.

    Parameters
    ----------
    ax
        Where the colours are.
    artist
        What has them: an image or a scatter.
    label
        What the colours mean, with the unit.
    side
        ``bottom`` or ``right``.
    gap, length
        Inches.
    extend
        At which end values beyond the scale were clipped, as matplotlib names it.
    """
    place = attached_axes(ax, side, gap=gap, thickness=0.09, length=length)
    bar = figure_of(ax).colorbar(
        artist,
        cax=place,
        orientation="horizontal" if side == "bottom" else "vertical",
        extend=extend,
    )
    place.tick_params(labelsize=7, width=0.7, length=2.5)
    if side == "bottom":
        bar.set_label(label, fontsize=7, loc="left")
    else:
        bar.set_label(label, fontsize=7)
    for spine in place.spines.values():
        spine.set_visible(False)
    return place


def stacked_axes(ax: Axes, ratios: tuple[float, ...]) -> list[Axes]:
    """Give up the lower part of `ax` to further Axes; return all of them from the top.

    Parameters
    ----------
    ax
        Becomes the topmost.
    ratios
        Heights of all, relative to one another.
    """
    return _split(ax, ratios, down=True)


def side_axes(ax: Axes, ratios: tuple[float, ...]) -> list[Axes]:
    """Give up the right part of `ax` to further Axes; return all of them from the left.

    Parameters
    ----------
    ax
        Becomes the leftmost.
    ratios
        Widths of all, relative to one another.
    """
    return _split(ax, ratios, down=False)


def _split(ax: Axes, ratios: tuple[float, ...], *, down: bool) -> list[Axes]:
    figure = figure_of(ax)
    spec = ax.get_subplotspec()
    if spec is not None:
        grid = (
            spec.subgridspec(len(ratios), 1, height_ratios=ratios, hspace=0.08)
            if down
            else spec.subgridspec(1, len(ratios), width_ratios=ratios, wspace=0.06)
        )
        ax.set_subplotspec(grid[0])
        return [ax, *(figure.add_subplot(grid[i]) for i in range(1, len(ratios)))]
    box = ax.get_position()
    unit = (box.height if down else box.width) / sum(ratios)
    start = box.y1 if down else box.x0
    axes = []
    for index, ratio in enumerate(ratios):
        if down:
            bounds = (box.x0, start - ratio * unit, box.width, 0.92 * ratio * unit)
        else:
            bounds = (start, box.y0, 0.94 * ratio * unit, box.height)
        if index == 0:
            ax.set_position(bounds)
        axes.append(ax if index == 0 else figure.add_axes(bounds))
        start += -ratio * unit if down else ratio * unit
    return axes
