"""Lines of the lists that people bring: ranked lists and lists of genes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rnaseq_s6k1.io.text import check_readable, iterate_lines

__all__ = ["numbered_lines"]


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Give the lines that hold something, with their numbers from 1.

    Blank lines and those that start with ``#`` are passed over. Gzip is unpacked; a byte
    order mark and line ends of any kind are harmless.

    Raises
    ------
    DataError
        If the file is missing, empty, or not UTF-8 text.
    """
    check_readable(path)
    for block in iterate_lines(path):
        lines = block.data.decode("utf-8").split("\n")
        for number, line in enumerate(lines, start=block.first_line):
            if line.strip() and not line.startswith("#"):
                yield number, line.rstrip("\r")
