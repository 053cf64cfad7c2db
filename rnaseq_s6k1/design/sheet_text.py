"""Small delimited tables that people write by hand: sample sheets, lists of contrasts.

Tab, comma and semicolon are told apart by the header; gzip, a byte-order mark, CRLF and
quotes are harmless. So is the apostrophe before text that a spreadsheet would run; see
`rnaseq_s6k1.io.spreadsheets`. What cannot be read is refused with its line.
"""

from __future__ import annotations

import csv
import io
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

from rnaseq_s6k1.design.wording import listed, quoted
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.spreadsheets import unguard_texts

__all__ = ["SheetRows", "read_sheet_rows"]

_LARGEST = 64 * 1024 * 1024  # bytes, unpacked
_CHUNK = 1 << 20


@dataclass(frozen=True)
class SheetRows:
    """A table as text.

    Attributes
    ----------
    header
        Names of the columns; the first may be empty, as row names have none.
    rows
        Cells, stripped of white space, as many a row as the header has; without the apostrophe
        that makes a formula text.
    written
        The same cells with it.
    lines
        The line of the file each row ends on, counted from 1.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    written: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]


def read_sheet_rows(path: str | os.PathLike[str]) -> SheetRows:
    """Read a TSV, CSV or semicolon-separated table.

    Raises
    ------
    DataError
        If the file is missing, not text in UTF-8, empty, ragged (naming the line), or has
        unnamed or repeated columns.
    """
    path = Path(path)
    text = _text(path)
    parsed = [(line, row) for line, row in _parsed(text, path) if any(row)]
    if not parsed:
        raise DataError(f"{path}: the file is empty; it needs a header and a row a sample")
    header, body = parsed[0][1], parsed[1:]
    if not body:
        raise DataError(f"{path}: there is a header but no row below it")
    if all(len(row) == len(header) + 1 for _, row in body):
        header = ("", *header)  # as R's write.table writes row names
    for line, row in body:
        if len(row) != len(header):
            raise DataError(
                f"{path}, line {line}: {len(row)} cells where the header has {len(header)}; "
                "quote cells that hold the separator, and fill the missing ones with NA"
            )
    header = unguard_texts(header)
    _check_header(header, path)
    written = tuple(row for _, row in body)
    rows = tuple(map(unguard_texts, written))
    return SheetRows(header, rows, written, tuple(line for line, _ in body))


def _check_header(header: tuple[str, ...], path: Path) -> None:
    for position, name in enumerate(header[1:], start=2):
        if not name:
            raise DataError(f"{path}: column {position} has no name in the header; give it one")
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise DataError(f"{path}: the header names {listed(repeated)} more than once; rename one")
    if "_index" in header:
        raise DataError(f"{path}: the column name '_index' is reserved; rename it")


def _text(path: Path) -> str:
    content = _unpacked(path)
    if content[:2] == b"PK" or content[:4] == b"\xd0\xcf\x11\xe0":
        raise DataError(f"{path}: this is a spreadsheet file; export it as TSV or CSV")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}, line {line}: not UTF-8 text (byte 0x{content[error.start]:02x}); "
            "save the file as UTF-8"
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DataError(f"{path}, line {line}: holds NUL bytes; save the file as UTF-8 text")
    return text


def _unpacked(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: cannot be read ({reason})") from None
    if content[:2] == b"\x1f\x8b":
        content = _gunzipped(content, path)
    if len(content) > _LARGEST:
        raise DataError(
            f"{path}: larger than {_LARGEST >> 20} MiB, which no sample sheet is; "
            "check that this is the right file"
        )
    return content


def _gunzipped(content: bytes, path: Path) -> bytes:
    size = 0
    parts: list[bytes] = []
    try:
        while content and size <= _LARGEST:
            unpacker = zlib.decompressobj(wbits=31)
            piece = unpacker.decompress(content, _CHUNK)
            while piece and size <= _LARGEST:
                parts.append(piece)
                size += len(piece)
                piece = unpacker.decompress(unpacker.unconsumed_tail, _CHUNK)
            if size <= _LARGEST and not unpacker.eof:  # many members may follow each other
                raise DataError(f"{path}: the gzip file is cut short; copy it again")
            content = unpacker.unused_data.lstrip(b"\0")
    except zlib.error:
        raise DataError(f"{path}: the gzip file is damaged; copy it again") from None
    return b"".join(parts)


def _parsed(text: str, path: Path) -> list[tuple[int, tuple[str, ...]]]:
    lines = io.StringIO(text, newline=None).read()  # CRLF and CR become LF
    first = next((line for line in lines.split("\n") if line.strip()), "")
    reader = csv.reader(io.StringIO(lines), delimiter=_delimiter(first), strict=True)
    try:
        return [(reader.line_num, tuple(cell.strip() for cell in row)) for row in reader]
    except csv.Error as error:
        raise DataError(
            f"{path}, line {reader.line_num}: {quoted(error, 80)}; check the quotes of this line"
        ) from None


def _delimiter(header: str) -> str:
    if "\t" in header:
        return "\t"
    return ";" if header.count(";") > header.count(",") else ","
