"""Tab-separated sheets: lines and fields, with the line each comes from."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sheets.checks import SheetError, shown, unknown

__all__ = ["Row", "read_rows"]

#: Where a row stands, as ``FILE: line N``, and its fields that are not empty, by column.
Row = tuple[str, dict[str, str]]


def read_rows(path: Path, schema: Mapping[str, Any], what: str) -> Iterator[Row]:
    """Read a sheet whose header fits a schema, without lines that are empty or begin with ``#``.

    Parameters
    ----------
    path
        The sheet.
    schema
        Its columns (``properties``) and those the header needs (``required``).
    what
        What its rows are called, for the message.

    Raises
    ------
    SheetError
        If the sheet cannot be read, or has no rows or a wrong header; the message names the file,
        the line and the entry.
    """
    lines = _lines(path)
    number, header = next(lines, (1, []))
    _check_header(header, schema, f"{path}: line {number}")
    empty = True
    for number, fields in lines:
        empty = False
        place = f"{path}: line {number}"
        if len(fields) != len(header):
            raise SheetError(
                f"{place}: {len(fields)} fields where the header has {len(header)}; fields are "
                "separated by tabs, and an empty one keeps its tab"
            )
        yield place, {name: text for name, text in zip(header, fields, strict=True) if text}
    if empty:
        raise SheetError(f"{path}: no {what} below the header; add a line for each")


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and fields of the lines that say something."""
    try:
        # utf-8-sig drops the mark that spreadsheets put before the first column's name.
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, delimiter="\t", strict=True)
            for fields in reader:
                stripped = [field.strip() for field in fields]
                if any(stripped) and not stripped[0].startswith("#"):
                    yield reader.line_num, stripped
    except UnicodeDecodeError as error:
        raise SheetError(f"{path}: is not UTF-8 text; save it as UTF-8") from error
    except csv.Error as error:
        raise SheetError(f"{path}: line {reader.line_num}: {error}") from error
    except OSError as error:
        raise SheetError(f"{path}: cannot be read ({error.strerror or error})") from error


def _check_header(header: list[str], schema: Mapping[str, Any], place: str) -> None:
    required = schema["required"]
    if not set(required) <= set(header):
        hint = "; columns are separated by tabs" if len(header) == 1 else ""
        raise SheetError(
            f"{place}: the header needs the columns {' and '.join(required)}, and has "
            f"{shown(', '.join(header))}{hint}"
        )
    for column in header:
        if column not in schema["properties"]:
            raise SheetError(f"{place}: {unknown('column', column, schema)}")
        if header.count(column) > 1:
            raise SheetError(f"{place}: the column {column} is there twice; keep one")
