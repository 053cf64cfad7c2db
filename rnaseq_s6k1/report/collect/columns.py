"""Columns of tables as lists that JSON can hold."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

__all__ = ["column_values"]


def column_values(values: pd.Series, *, digits: int | None = None) -> list[Any]:
    """Return the values of a column; what is missing, and infinities, as None.

    Parameters
    ----------
    values
        Numbers, truth values or text.
    digits
        Significant digits of numbers, for charts; all of them by default.
    """
    return [_plain(value, digits) for value in values.tolist()]


def _plain(value: Any, digits: int | None) -> Any:
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return value if digits is None else float(f"{value:.{digits}g}")
    return value
