"""Tables as the page shows them: chosen columns with labels, rows as they are on disk."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

__all__ = ["Column", "Grid", "Kind", "grid"]

Kind = Literal["text", "words", "count", "number", "p", "percent", "signed", "interval"]


@dataclass(frozen=True)
class Column:
    """One column of a table on the page.

    Attributes
    ----------
    name
        In the file.
    label
        On the page, with the unit.
    kind
        How its values are written: ``words`` are sentences, and an ``interval`` goes from
        ``ci_low`` to ``ci_high`` of the row.
    """

    name: str
    label: str
    kind: Kind = "text"


@dataclass(frozen=True)
class Grid:
    """A table on the page.

    Attributes
    ----------
    caption
        What its rows are.
    columns
        Those shown.
    rows
        The values of every column of the file, a mapping a row.
    file
        Where the whole table is, below the run directory.
    left_out
        How many rows the file has beyond those shown.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: list[dict[Hashable, Any]]
    file: str
    left_out: int = 0


def grid(
    table: pd.DataFrame | None,
    caption: str,
    columns: Sequence[Column],
    file: str,
    *,
    most: int = 60,
) -> list[Grid]:
    """Show the first rows of a table, and the columns that it has; nothing without a table."""
    if table is None or table.empty:
        return []
    kept = tuple(column for column in columns if column.name in table.columns)
    rows = table.head(most).to_dict("records")
    return [Grid(caption, kept, rows, file, max(0, len(table) - most))]
