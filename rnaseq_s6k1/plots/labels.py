"""Labels beside points that overlap neither each other nor the frame.

Labels are placed one after another, the most important first. Each tries positions on
growing rings round its point and takes the cheapest of those that are free: near, over few
points, and with a leader line that crosses nothing. A few more rounds let each label move
again, given the others. The boxes are measured by a renderer. No chance is involved.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.plots.style import COLOURS, figure_of, figure_style
from rnaseq_s6k1.plots.text import display_text, wrapped

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation

__all__ = ["PointLabel", "place_labels"]

logger = logging.getLogger(__name__)

Array = NDArray[np.float64]

_RADII = (
    4.0,
    6.0,
    8.0,
    11.0,
    14.0,
    18.0,
    23.0,
    28.0,
    34.0,
    41.0,
    50.0,
    60.0,
    72.0,
    86.0,
    105.0,
    130.0,
)
_ANGLES = np.deg2rad(np.arange(0.0, 360.0, 15.0))
_LEADER_FROM = 6.5
_ROUNDS = 4
_PADDING = 1.0
_CELL = 4.0


@dataclass(frozen=True)
class PointLabel:
    """A text and the point it names, in data coordinates; `style` goes to the text.

    `radius` is half the width of the point's mark, in points, which labels then keep clear.
    """

    x: float
    y: float
    text: str
    style: dict[str, Any] = field(default_factory=dict)
    radius: float = 0.0


class _Canvas:
    """What is taken already, in points (1/72 inch) from the figure's lower left corner."""

    def __init__(
        self, frame: Array, crowd: Array, anchors: Array, radii: Array, obstacles: Array
    ) -> None:
        self.frame = frame
        self.anchors = anchors
        self.radii = radii
        # One row a point, NaN where its mark is so small that labels may cover it.
        reach = np.where(radii > 0, radii, np.nan)[:, None]
        self.marks = np.hstack([anchors - reach, anchors + reach])
        self.obstacles = obstacles
        # One row a label, NaN where it is not placed: NaN overlaps and crosses nothing.
        self.boxes = np.full((len(anchors), 4), np.nan)
        self.leaders = np.full((len(anchors), 4), np.nan)
        x0, y0, x1, y1 = frame
        cells = (max(1, int((x1 - x0) / _CELL)), max(1, int((y1 - y0) / _CELL)))
        counts, _, _ = np.histogram2d(
            crowd[:, 0], crowd[:, 1], bins=cells, range=[[x0, x1], [y0, y1]]
        )
        # Beyond a few points a cell is simply full; the running total answers box sums at once.
        self.total = np.zeros((cells[0] + 1, cells[1] + 1))
        self.total[1:, 1:] = np.minimum(counts, 3).cumsum(axis=0).cumsum(axis=1)

    def settle(self, label: int, size: Array) -> None:
        """Put a label where it is cheapest, given all others; leave it unplaced if none is free."""
        self.boxes[label] = np.nan
        self.leaders[label] = np.nan
        anchor = self.anchors[label]
        for boxes in (_candidates(anchor, size, self.radii[label]), _grid(self.frame, size)):
            boxes = boxes[self._free(boxes)] if len(boxes) else boxes
            if len(boxes):
                leaders = _leaders(boxes, anchor)
                # Rounded, so that of equal places the first wins and not the last digit.
                best = int(np.argmin(np.round(self._cost(label, boxes, leaders), 6)))
                self.boxes[label], self.leaders[label] = boxes[best], leaders[best]
                return

    def _free(self, boxes: Array) -> NDArray[np.bool_]:
        """Tell which of the boxes, shape ``(n, 4)``, lie in the frame and on no other box."""
        x0, y0, x1, y1 = self.frame
        inside = (
            (boxes[:, 0] >= x0) & (boxes[:, 1] >= y0) & (boxes[:, 2] <= x1) & (boxes[:, 3] <= y1)
        )
        taken = np.vstack([self.obstacles, self.marks, self.boxes])
        return np.asarray(inside & ~_overlaps(boxes, taken).any(axis=1))

    def _cost(self, label: int, boxes: Array, leaders: Array) -> Array:
        """Weigh free boxes by what they and their leader lines cover."""
        length = np.hypot(leaders[:, 2] - leaders[:, 0], leaders[:, 3] - leaders[:, 1])
        beside = np.abs(boxes[:, [0, 2]].mean(axis=1) - self.anchors[label, 0])
        others = np.delete(self.anchors, label, axis=0)
        marks = np.delete(self.marks, label, axis=0)
        return np.asarray(
            length
            + 0.02 * beside
            + 0.6 * self._crowd(boxes)
            + 40.0 * _contains(boxes, self.anchors).sum(axis=1)
            + 15.0 * (_distances(leaders, others) < 3.0).sum(axis=1)
            + 80.0 * _crosses(leaders, self.leaders).sum(axis=1)
            + 100.0 * _passes(leaders, self.boxes).sum(axis=1)
            + 100.0 * _passes(leaders, self.obstacles).sum(axis=1)
            + 100.0 * _passes(leaders, marks).sum(axis=1)
            + 100.0 * _passes(self.leaders, boxes).sum(axis=0)
        )

    def _crowd(self, boxes: Array) -> Array:
        origin = self.frame[:2]
        low = np.floor((boxes[:, :2] - origin) / _CELL).astype(int)
        high = np.ceil((boxes[:, 2:] - origin) / _CELL).astype(int)
        limit = np.array(self.total.shape) - 1
        (i0, j0), (i1, j1) = np.clip(low, 0, limit).T, np.clip(high, 0, limit).T
        t = self.total
        return np.asarray(t[i1, j1] - t[i0, j1] - t[i1, j0] + t[i0, j0])


def _overlaps(a: Array, b: Array) -> NDArray[np.bool_]:
    """Return an array ``(len(a), len(b))``: which boxes share area."""
    return np.asarray(
        (a[:, None, 0] < b[None, :, 2])
        & (b[None, :, 0] < a[:, None, 2])
        & (a[:, None, 1] < b[None, :, 3])
        & (b[None, :, 1] < a[:, None, 3])
    )


def _contains(boxes: Array, points: Array) -> NDArray[np.bool_]:
    return np.asarray(
        (boxes[:, None, 0] < points[None, :, 0])
        & (points[None, :, 0] < boxes[:, None, 2])
        & (boxes[:, None, 1] < points[None, :, 1])
        & (points[None, :, 1] < boxes[:, None, 3])
    )


def _side(p: Array, q: Array, r: Array) -> Array:
    return np.asarray(
        (q[..., 0] - p[..., 0]) * (r[..., 1] - p[..., 1])
        - (q[..., 1] - p[..., 1]) * (r[..., 0] - p[..., 0])
    )


def _crosses(a: Array, b: Array) -> NDArray[np.bool_]:
    """Return an array ``(len(a), len(b))``: which segments cut each other."""
    p, q = a[:, None, :2], a[:, None, 2:]
    r, s = b[None, :, :2], b[None, :, 2:]
    return np.asarray((_side(p, q, r) * _side(p, q, s) < 0) & (_side(r, s, p) * _side(r, s, q) < 0))


def _passes(segments: Array, boxes: Array) -> NDArray[np.bool_]:
    """Return an array ``(len(segments), len(boxes))``: which segments cut a box's diagonals."""
    rising = _crosses(segments, boxes)
    falling = _crosses(segments, boxes[:, [0, 3, 2, 1]])
    return np.asarray(rising | falling)


def _distances(segments: Array, points: Array) -> Array:
    """Return an array ``(len(segments), len(points))`` of distances."""
    start, along = segments[:, None, :2], (segments[:, 2:] - segments[:, :2])[:, None]
    to = points[None] - start
    squared = np.maximum((along**2).sum(axis=-1), 1e-12)
    share = np.clip((to * along).sum(axis=-1) / squared, 0.0, 1.0)
    return np.asarray(np.linalg.norm(to - share[..., None] * along, axis=-1))


def _candidates(anchor: Array, size: Array, clear: float) -> Array:
    """Return boxes of `size` whose nearest edge or corner lies on rings round `anchor`.

    The rings grow from `clear`, the radius of the point's mark.
    """
    direction = np.column_stack([np.cos(_ANGLES), np.sin(_ANGLES)])
    # The box hangs off the ring on the side that faces away from the point.
    away = np.sign(np.round(direction, 6)) * size / 2
    centre = np.vstack([anchor + direction * (clear + radius) + away for radius in _RADII])
    return np.hstack([centre - size / 2, centre + size / 2])


def _grid(frame: Array, size: Array) -> Array:
    """Return boxes all over the frame, for the label that finds no room near its point."""
    xs = np.arange(frame[0], frame[2] - size[0], max(size[0] / 2, _CELL))
    ys = np.arange(frame[1], frame[3] - size[1], max(size[1] / 2, _CELL))
    corner = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    return np.hstack([corner, corner + size])


def _leaders(boxes: Array, anchor: Array) -> Array:
    """Return the segments from `anchor` to the nearest point of each box."""
    nearest = np.clip(anchor, boxes[:, :2], boxes[:, 2:])
    return np.hstack([np.broadcast_to(anchor, nearest.shape), nearest])


def place_labels(
    ax: Axes,
    labels: Sequence[PointLabel],
    *,
    crowd: Array | None = None,
    fontsize: float = 7.0,
    limit: int = 24,
    lines: int = 1,
) -> list[Annotation]:
    """Write each label beside its point, with a leader line where it had to move away.

    Call it last: legends, titles and limits must be in place, since the figure is laid out
    once to measure the room. Texts that are there already are kept clear.

    Parameters
    ----------
    ax
        The Axes with the points.
    labels
        Most important first. One that finds no room at all is left out, with a notice.
    crowd
        Points better not covered, shape ``(n_points, 2)``, data coordinates.
    fontsize
        In points.
    limit, lines
        Texts are broken into so many lines of so many characters; longer ones are shortened.

    Returns
    -------
    list of matplotlib.text.Annotation
        The labels that were placed.
    """
    if not labels:
        return []
    with figure_style():
        return _place(ax, labels, crowd, fontsize, (limit, lines))


def _place(
    ax: Axes,
    labels: Sequence[PointLabel],
    crowd: Array | None,
    fontsize: float,
    shape: tuple[int, int],
) -> list[Annotation]:
    from matplotlib.backends.backend_agg import RendererAgg

    figure = figure_of(ax)
    figure.draw_without_rendering()
    points = 72.0 / figure.dpi
    renderer = RendererAgg(*figure.bbox.size, figure.dpi)  # type: ignore[no-untyped-call]

    def extent(artist: Artist) -> Array:
        return np.array(artist.get_window_extent(renderer).extents) * points

    legend = ax.get_legend()
    obstacles = [extent(a) + _outwards(2.0) for a in [*ax.texts, *([legend] if legend else [])]]
    anchors = ax.transData.transform([(label.x, label.y) for label in labels]) * points
    canvas = _Canvas(
        frame=extent(ax.patch) - _outwards(1.0),
        crowd=np.empty((0, 2)) if crowd is None else ax.transData.transform(crowd) * points,
        anchors=anchors,
        radii=np.array([label.radius for label in labels]),
        obstacles=np.array(obstacles).reshape(-1, 4),
    )
    texts = [_write(ax, label, fontsize, shape) for label in labels]
    boxes = np.array([extent(text) for text in texts])
    sizes = boxes[:, 2:] - boxes[:, :2] + 2 * _PADDING
    # Later rounds let the early labels give way to those that came after them.
    for _ in range(_ROUNDS):
        before = canvas.boxes.copy()
        for index, size in enumerate(sizes):
            canvas.settle(index, size)
        if np.array_equal(before, canvas.boxes, equal_nan=True):
            break
    return _finish(ax, labels, texts, canvas)


def _outwards(by: float) -> Array:
    return np.array([-by, -by, by, by])


def _write(ax: Axes, label: PointLabel, fontsize: float, shape: tuple[int, int]) -> Annotation:
    width, lines = shape
    text = ax.annotate(
        wrapped(label.text, width, lines) if lines > 1 else display_text(label.text, width),
        (label.x, label.y),
        xytext=(0, 0),
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=fontsize,
        parse_math=False,
        annotation_clip=False,
        zorder=10,
        bbox={"boxstyle": "square,pad=0.05", "fc": "white", "ec": "none", "alpha": 0.7},
        **label.style,
    )
    # Else the layout of the figure would make room for labels that are inside already.
    text.set_in_layout(False)
    return text


def _finish(
    ax: Axes, labels: Sequence[PointLabel], texts: Sequence[Annotation], canvas: _Canvas
) -> list[Annotation]:
    """Move the texts to their boxes, draw leader lines, take out what found no room."""
    placed, left_out = [], []
    for index, (label, text) in enumerate(zip(labels, texts, strict=True)):
        box = canvas.boxes[index]
        if np.isnan(box).any():
            text.remove()
            left_out.append(text.get_text())
            continue
        anchor = canvas.anchors[index]
        text.set_position(tuple((box[:2] + box[2:]) / 2 - anchor))
        _draw_leader(ax, label, canvas.leaders[index], anchor)
        placed.append(text)
    if left_out:
        logger.info("no room in the figure for %d labels: %s", len(left_out), ", ".join(left_out))
    return placed


def _draw_leader(ax: Axes, label: PointLabel, leader: Array, anchor: Array) -> None:
    """Draw a line from the point to its label, unless they are side by side."""
    end = leader[2:] - anchor
    if np.hypot(*end) < label.radius + _LEADER_FROM:
        return
    line = ax.annotate(
        "",
        (label.x, label.y),
        xytext=tuple(end),
        textcoords="offset points",
        annotation_clip=False,
        zorder=9,
        arrowprops={
            "arrowstyle": "-",
            "linewidth": 0.5,
            "color": COLOURS["line"],
            "shrinkA": 0,
            "shrinkB": 2,
        },
    )
    line.set_in_layout(False)
