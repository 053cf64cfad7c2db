"""Rows of a portal's tab-separated table, one by one, with their line numbers.

GDC, cBioPortal, Xena and GISTIC write plain tab-separated text: no quoting, so a quotation
mark is a letter like any other; comment lines that start with ``#`` stand before the header.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.text import check_readable, iterate_lines
from rnaseq_s6k1.io.wording import clip, listing, plural

__all__ = ["TsvHead", "find_column", "read_head", "tsv_rows"]

_HEAD_BYTES = 256 << 10


@dataclass(frozen=True)
class TsvHead:
    """What stands before the rows of a table.

    Attributes
    ----------
    path
        The file.
    comments
        The comment lines before the header, without their ``#``.
    header
        Column names, stripped of white space.
    line
        The line number of the header.
    """

    path: Path
    comments: tuple[str, ...]
    header: tuple[str, ...]
    line: int


def read_head(path: Path) -> TsvHead:
    """Read comments and header of a table.

    Raises
    ------
    DataError
        If the file cannot be read, or has no header.
    """
    check_readable(path)
    comments: list[str] = []
    number = 0
    for block in iterate_lines(path, block_bytes=_HEAD_BYTES):
        for line in block.data.split(b"\n")[:-1]:
            number += 1
            text = line.decode("utf-8").removesuffix("\r")
            if text.startswith("#"):
                comments.append(text[1:])
            elif text.strip():
                header = tuple(cell.strip() for cell in text.split("\t"))
                return TsvHead(path, tuple(comments), header, number)
    raise DataError(
        f"{path}: the file holds no table, only blank or comment lines; check how it was made"
    )


def tsv_rows(head: TsvHead) -> Iterator[tuple[int, list[str]]]:
    """Give line number and cells of every row after the header.

    Blank lines are passed over, cells are as written.

    Raises
    ------
    DataError
        If a row has more or fewer cells than the header, or there is no row at all.
    """
    width = len(head.header)
    any_row = False
    for block in iterate_lines(head.path):
        number = block.first_line - 1
        for line in block.data.split(b"\n")[:-1]:
            number += 1
            if number <= head.line or not line.strip(b"\r \t"):
                continue
            cells = line.decode("utf-8").removesuffix("\r").split("\t")
            if len(cells) != width:
                raise DataError(
                    f"{head.path}: line {number:,} has {plural(len(cells), 'field')} where the "
                    f"header (line {head.line}) has {width:,}; download the file again, or repair "
                    "that line"
                )
            any_row = True
            yield number, cells
    if not any_row:
        raise DataError(
            f"{head.path}: the file holds a header (line {head.line}) and no rows; check how it "
            "was made"
        )


def find_column(head: TsvHead, *names: str, what: str) -> int:
    """Give the position of the first of several column names, whatever their case.

    Parameters
    ----------
    head
        The table's head.
    names
        Names the column may have, the preferred first.
    what
        What the table should be, for the message.

    Raises
    ------
    DataError
        If there is none, or the name stands twice.
    """
    lowered = [name.lower() for name in head.header]
    for name in names:
        places = [at for at, found in enumerate(lowered) if found == name.lower()]
        if len(places) > 1:
            raise DataError(
                f"{head.path}: the header (line {head.line}) names {clip(name)} more than once; "
                "rename one"
            )
        if places:
            return places[0]
    raise DataError(
        f"{head.path}: no column {' or '.join(names)}, as {what} has one; found "
        f"{listing(head.header, 8)}"
    )
