"""The type of a column of text cells: whole numbers, decimals, truth values, or text."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

__all__ = ["MISSING", "typed_column"]

MISSING = ("", "NA")
# Codes such as 007 stay text: their zeros mean something.
_WHOLE = re.compile(r"[+-]?(0|[1-9][0-9]{0,14})")
_NUMBER = re.compile(r"[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_TRUTH = {"true": True, "false": False}


def typed_column(cells: Sequence[str], *, missing: Collection[str] = MISSING) -> pd.Series:
    """Give cells their type.

    Parameters
    ----------
    cells
        Cells as text, shape ``(n_rows,)``.
    missing
        What stands for a missing value.

    Returns
    -------
    pandas.Series
        Whole numbers are int64 (float64 where some are missing), decimals float64, TRUE/FALSE
        bool, the rest text with None for missing; a column without any value is float64.
    """
    present = [cell for cell in cells if cell not in missing]
    complete = len(present) == len(cells)
    if not present:
        return pd.Series(np.full(len(cells), np.nan))
    if all(_WHOLE.fullmatch(cell) for cell in present) and complete:
        return pd.Series([int(cell) for cell in cells], dtype="int64")
    if all(_NUMBER.fullmatch(cell) and np.isfinite(float(cell)) for cell in present):
        return pd.Series([np.nan if cell in missing else float(cell) for cell in cells])
    if complete and all(cell.lower() in _TRUTH for cell in cells):
        return pd.Series([_TRUTH[cell.lower()] for cell in cells], dtype=bool)
    return pd.Series([None if cell in missing else cell for cell in cells], dtype=object)
