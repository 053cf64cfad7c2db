"""Result tables on disk: TSV with a header, ``NA`` for missing, round-trip precision."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.atomic import open_atomic
from rnaseq_s6k1.io.spreadsheets import guard, unguard

__all__ = ["read_table", "write_table"]


#: Columns of our tables that hold names; no name in them is ever a number or missing.
TEXT_COLUMNS = frozenset(
    {
        "collection",
        "direction",
        "evidence",
        "gene",
        "gene_id",
        "gene_name",
        "genes",
        "group",
        "leading_edge",
        "padj_na_reason",
        "reading",
        "reason",
        "representative",
        "sample",
        "set",
        "set_a",
        "set_b",
        "sets",
        "why",
    }
)


def write_table(
    table: pd.DataFrame, path: str | os.PathLike[str], *, index_label: str | None = None
) -> None:
    """Write a table as TSV, atomically.

    Floats are written with the fewest digits that read back to the same number. Text that a
    spreadsheet would run as a formula has an apostrophe before it, in the header too; see
    `rnaseq_s6k1.io.spreadsheets`.

    Parameters
    ----------
    table
        The rows, in the order they are written.
    path
        The file; compressed where the name ends in ``.gz``.
    index_label
        Header of the index column. Without it the index is not written.
    """
    table = table.copy(deep=False)
    for position, dtype in enumerate(table.dtypes):
        if not pd.api.types.is_numeric_dtype(dtype):
            table.isetitem(position, guard(table.iloc[:, position]).to_numpy())
    table.columns = guard(table.columns.to_series())
    if index_label is not None:
        table.index = pd.Index(guard(table.index.to_series()))
    with open_atomic(path) as stream:
        table.to_csv(
            stream,
            sep="\t",
            na_rep="NA",
            index=index_label is not None,
            index_label=index_label,
            lineterminator="\n",
            quoting=csv.QUOTE_MINIMAL,
            encoding="utf-8",
        )


def read_table(path: str | os.PathLike[str], *, required: Sequence[str] = ()) -> pd.DataFrame:
    """Read a TSV that `write_table` wrote, or one like it.

    The first column and those of `TEXT_COLUMNS` are read as text, letter by letter: genes
    named ``NA``, ``null``, ``1e5`` or ``007`` survive. In the other columns ``NA`` alone means
    missing. The apostrophe before text that begins like a formula is taken off.

    Parameters
    ----------
    path
        The file.
    required
        Columns that must be present.

    Raises
    ------
    DataError
        If the file is missing, is not a table, or lacks a required column.
    """
    path = Path(path)
    try:
        names = _column_names(path)
        text = TEXT_COLUMNS.intersection(names) | set(names[:1])
        table = pd.read_csv(
            path,
            sep="\t",
            header=0,
            names=names,
            dtype=dict.fromkeys(text, object),
            keep_default_na=False,
            na_values={name: ["NA"] for name in names if name not in text},
            float_precision="round_trip",
            encoding="utf-8-sig",
            low_memory=False,
        )
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: cannot be read as a TSV table ({reason})") from error
    missing = [column for column in required if column not in table.columns]
    if missing:
        raise DataError(
            f"{path}: lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; "
            f"found {', '.join(map(str, table.columns[:12]))}"
        )
    for name in table.select_dtypes(exclude=["number", "bool"]).columns:
        table[name] = unguard(table[name])
    return table


def _column_names(path: Path) -> list[str]:
    """Read the header; R's ``write.table`` leaves out the name of the row names."""
    first = pd.read_csv(path, sep="\t", nrows=1, dtype=object, encoding="utf-8-sig")
    names = unguard(first.columns.to_series().map(str)).tolist()
    return names if isinstance(first.index, pd.RangeIndex) else ["gene_id", *names]
