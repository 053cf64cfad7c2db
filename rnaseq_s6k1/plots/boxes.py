"""Boxes of quartiles with the points they stand for, drawn upright or lying."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_box", "sideways"]


def draw_box(
    ax: Axes, values: NDArray[np.float64], position: float, *, lying: bool = False
) -> None:
    """Draw the box of a group: quartiles, median, whiskers to 1.5 times the box's length.

    Parameters
    ----------
    ax
        Where.
    values
        Finite values; nothing is drawn where there are none.
    position
        Of the box on the axis of groups.
    lying
        Whether the values run along x.
    """
    if not len(values):
        return
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    reach = 1.5 * (high - low)
    ends = values[(values >= low - reach) & (values <= high + reach)]
    box = {
        "med": float(middle),
        "q1": float(low),
        "q3": float(high),
        "whislo": float(ends.min()) if len(ends) else float(low),
        "whishi": float(ends.max()) if len(ends) else float(high),
    }
    line = {"color": "black", "linewidth": 0.9}
    ax.bxp(
        [box],
        positions=[position],
        widths=0.5,
        showfliers=False,
        manage_ticks=False,
        orientation="horizontal" if lying else "vertical",
        boxprops=line,
        medianprops={"color": "black", "linewidth": 1.6},
        whiskerprops=line,
        capprops=line,
        zorder=3,
    )


def sideways(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sideways offsets that spread points where they are many, without chance.

    Neighbours in value get offsets far apart (the golden-ratio sequence), scaled by how many
    samples lie in the same stretch of the axis.
    """
    if len(values) < 2:
        return np.zeros(len(values))
    sequence = (np.arange(1, len(values) + 1) * (np.sqrt(5) - 1) / 2) % 1 - 0.5
    width = max(float(np.ptp(values)) / 12, 1e-12)
    near = np.searchsorted(values, values + width) - np.searchsorted(values, values - width)
    return np.asarray(0.5 * sequence * np.sqrt(near / near.max()))
