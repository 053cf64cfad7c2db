"""Round times: where numbers at risk are counted and axes have their ticks."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.cohort.survival.endpoints import TIME_UNITS

__all__ = ["display_unit", "round_times"]

_MOST_TICKS = 7
#: In which unit a span is read off most easily: at least so many of it.
_FEWEST = {"years": 3.0, "months": 3.0, "weeks": 3.0}


def display_unit(longest: float, unit: str) -> tuple[str, float]:
    """Choose the unit an axis is labelled in.

    Parameters
    ----------
    longest
        The latest time.
    unit
        Of `longest`, a key of `TIME_UNITS`.

    Returns
    -------
    unit : str
        ``years`` where there are three of them, else months, weeks, or days; never finer than
        the unit given.
    size : float
        How many of the given unit one of it is.
    """
    days = longest * TIME_UNITS[unit]
    for name, fewest in _FEWEST.items():
        if days >= fewest * TIME_UNITS[name] or name == unit:
            return name, TIME_UNITS[name] / TIME_UNITS[unit]
    return unit, 1.0


def round_times(longest: float, unit: str) -> NDArray[np.float64]:
    """Give at most eight times from 0, round in the unit they are shown in.

    Parameters
    ----------
    longest
        The latest time, positive.
    unit
        Of `longest` and of the result.
    """
    name, size = display_unit(longest, unit)
    span = longest / size
    steps = (3, 6, 12, 24, 36, 60, 120) if name == "months" else ()
    step = next((float(one) for one in steps if span / one <= _MOST_TICKS), 0.0)
    if not step or span < step:
        magnitude = 10.0 ** math.floor(math.log10(span / _MOST_TICKS))
        step = next(
            k * magnitude for k in (1, 2, 5, 10, 20) if span / (k * magnitude) <= _MOST_TICKS
        )
    count = math.floor(span / step + 1e-9)
    return np.asarray(np.arange(count + 1) * step * size)
