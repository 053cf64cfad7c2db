"""What every figure is held to: nothing cut off, no words over one another."""

from __future__ import annotations

import itertools

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from rnaseq_s6k1.plots.style import figure_of, figure_style


def all_text(ax: Axes) -> str:
    return "\n".join(text.get_text() for text in figure_of(ax).findobj(mpl.text.Text))


def assert_everything_inside(ax: Axes) -> None:
    """No text of the figure is cut off at the figure's edge."""
    figure = figure_of(ax)
    with figure_style():
        figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    undrawn = set()
    for axis in figure.findobj(mpl.axis.Axis):
        low, high = sorted(axis.get_view_interval())
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
            if not low - 1e-9 <= tick.get_loc() <= high + 1e-9:
                undrawn |= {tick.label1, tick.label2}
    for text in figure.findobj(mpl.text.Text):
        if text.get_visible() and text.get_text().strip() and text not in undrawn:
            with figure_style():
                box = text.get_window_extent(renderer)
            inside = (
                box.x0 >= -1
                and box.y0 >= -1
                and box.x1 <= figure.bbox.x1 + 1
                and box.y1 <= figure.bbox.y1 + 1
            )
            assert inside, (text.get_text(), box, figure.bbox)


def boxes_of(ax: Axes, texts: list[Text]) -> list[Bbox]:
    """Extents of the letters alone: an annotation's own extent includes its leader line."""
    figure = figure_of(ax)
    renderer = figure.canvas.get_renderer()
    with figure_style():
        figure.draw_without_rendering()
        return [Text.get_window_extent(text, renderer) for text in texts]


def assert_apart(ax: Axes, texts: list[Text], by: float = 0.0) -> None:
    """No two of the texts overlap by more than `by` pixels both ways."""
    written = [text for text in texts if text.get_visible() and text.get_text().strip()]
    boxes = boxes_of(ax, written)
    for (a, one), (b, other) in itertools.combinations(zip(written, boxes, strict=True), 2):
        across = min(one.x1, other.x1) - max(one.x0, other.x0)
        down = min(one.y1, other.y1) - max(one.y0, other.y0)
        assert across <= by or down <= by, (a.get_text(), b.get_text())


def assert_tick_labels_apart(ax: Axes) -> None:
    with figure_style():
        figure_of(ax).draw_without_rendering()
    for axis in (ax.xaxis, ax.yaxis):
        low, high = sorted(axis.get_view_interval())
        # Matplotlib keeps ticks outside the view, and does not draw them.
        ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
        drawn = {tick.get_loc(): tick for tick in ticks}.values()
        assert_apart(ax, [t for tick in drawn for t in (tick.label1, tick.label2)], by=1.0)


def names_in(ax: Axes) -> list[Text]:
    """Texts inside the Axes: labels of points, without small print and leader lines."""
    return [t for t in ax.texts if t.get_text() and isinstance(t, Annotation)]
