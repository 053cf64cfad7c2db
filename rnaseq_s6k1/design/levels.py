"""Levels of a sample sheet's column: what is categorical, their text and their order."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd

from rnaseq_s6k1.design.wording import did_you_mean, listed, quoted
from rnaseq_s6k1.errors import UsageError

__all__ = ["is_continuous", "level_text", "level_texts", "levels_in_order", "match_level"]

_DIGITS = re.compile(r"([0-9]+)")


def is_continuous(values: pd.Series) -> bool:
    """Whether a column holds numbers, and so enters a model as a slope.

    Booleans, text and pandas categoricals do not.
    """
    if isinstance(values.dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(values.dtype):
        return False
    if pd.api.types.is_numeric_dtype(values.dtype):
        return not pd.api.types.is_complex_dtype(values.dtype)
    present = values.dropna()
    return len(present) > 0 and all(
        isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
        for value in present
    )


def level_text(value: object) -> str:
    """Give the text of one level; whole numbers lose a trailing ``.0``."""
    if isinstance(value, (float, np.floating)) and math.isfinite(value) and value == int(value):
        return str(int(value))
    return str(value)


def level_texts(values: pd.Series) -> pd.Series:
    """Give the levels of a column as text; missing and empty values become ``None``.

    Parameters
    ----------
    values
        A column, shape ``(n_samples,)``.

    Returns
    -------
    pandas.Series
        Objects, ``str`` or ``None``, on the same index.
    """
    missing = values.isna().to_numpy()
    texts = [
        None if absent or not (text := level_text(value)).strip() else text
        for value, absent in zip(values.tolist(), missing, strict=True)
    ]
    return pd.Series(texts, index=values.index, dtype=object, name=values.name)


def _natural(text: str) -> tuple[object, ...]:
    # Runs of digits compare as numbers; by length and text, as int() refuses very long ones.
    pieces = _DIGITS.split(text.casefold())
    key: list[object] = []
    for position, piece in enumerate(pieces):
        stripped = piece.lstrip("0")
        key.append((len(stripped), stripped) if position % 2 else piece)
    return (*key, text)


def levels_in_order(values: pd.Series) -> list[str]:
    """List the distinct levels present: numbers by size, text in natural order."""
    texts = level_texts(values)
    distinct = [str(text) for text in pd.unique(texts.dropna())]
    if is_continuous(values):
        return sorted(distinct, key=float)
    return sorted(distinct, key=_natural)


def match_level(column: str, values: pd.Series, level: str) -> str:
    """Find the level that `level` names; numbers may be written any way (``4`` or ``4.0``).

    Raises
    ------
    UsageError
        If the column has no such level; the message lists those it has.
    """
    levels = levels_in_order(values)
    if level in levels:
        return level
    try:
        number = float(level)
    except ValueError:
        number = math.nan
    for candidate in levels:
        try:
            if float(candidate) == number:
                return candidate
        except ValueError:
            continue
    raise UsageError(
        f"column {quoted(column)} has no level {quoted(level)}"
        f"{did_you_mean(level, levels)}; it has {listed(levels)}"
    )
