"""Names in a row beside the values they belong to, moved aside where crowded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FLAG_ROOM", "raise_flags"]

#: How far above the tallest bar the axis must reach for lines and names.
FLAG_ROOM = 1.85
_LABEL_INCHES = 0.14


def raise_flags(
    ax: Axes,
    values: Sequence[float],
    texts: Sequence[str],
    colours: Sequence[str],
    top: float,
    width: float,
) -> None:
    """Draw a line at each value, and its text upright above, moved aside where crowded.

    Parameters
    ----------
    ax
        The histogram, its limits on x set.
    values, texts, colours
        Of each flag, by ascending value.
    top
        Height of the tallest bar.
    width
        Of the axis, in inches.
    """
    low, high = ax.get_xlim()
    spacing = (high - low) * _LABEL_INCHES / width
    places = _apart(np.asarray(values, dtype=float), spacing, low, high)
    for at, place, text, colour in zip(values, places, texts, colours, strict=True):
        ax.plot(
            [at, at, place],
            [0, 1.05 * top, 1.2 * top],
            color=colour,
            linewidth=0.8,
            zorder=3,
        )
        ax.text(
            place,
            1.23 * top,
            text,
            rotation=90,
            ha="center",
            va="bottom",
            fontsize=7,
            parse_math=False,
        )


def _apart(
    values: NDArray[np.float64], spacing: float, low: float, high: float
) -> NDArray[np.float64]:
    """Move ascending positions as little as possible, so that neighbours are `spacing` apart.

    They stay between `low` and `high`, if there is room for them.
    """
    from scipy.optimize import isotonic_regression

    if not len(values):
        return values
    steps = spacing * np.arange(len(values))
    moved = isotonic_regression(values - steps).x
    last = high - spacing / 2 - steps[-1]
    return np.asarray(np.clip(moved, low + spacing / 2, max(last, low + spacing / 2)) + steps)
