"""Text files from outside: opened once, unpacked as they are read, and never trusted."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from rnaseq_s6k1.errors import DataError

__all__ = ["TextBlock", "check_readable", "is_gzip", "iterate_lines", "read_start"]

# A block is large enough to amortise the call and small enough to stay near the cache.
_BLOCK_BYTES = 8 << 20
_LONGEST_LINE = 256 << 20
# Real count matrices pack 3 to 50 times; deflate cannot do better than 1,032.
_BOMB_BYTES = 1 << 30
_BOMB_RATIO = 200

_ARCHIVES = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook", "export the sheet as tab-separated text"),
    (b"PK\x05\x06", "an empty zip archive", "give the table itself"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "export the sheet as tab-separated text"),
    (b"BZh", "compressed with bzip2", "unpack it with bunzip2"),
    (b"\xfd7zXZ", "compressed with xz", "unpack it with unxz"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "unpack it with unzstd"),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it first"),
    (b"RDX", "an R data file", "write the matrix with write.table in R"),
    (b"\xff\xfe", "UTF-16 text", "save it as UTF-8 text"),
    (b"\xfe\xff", "UTF-16 text", "save it as UTF-8 text"),
)


@dataclass(frozen=True)
class TextBlock:
    """Whole lines of a file, the last one ended by a line feed.

    Attributes
    ----------
    data
        The bytes, checked to be UTF-8.
    first_line
        The number of the first line, counted from 1.
    """

    data: bytes
    first_line: int


def check_readable(path: Path) -> None:
    """Refuse a path that is not a readable, non-empty regular file.

    Raises
    ------
    DataError
        Naming the file and what is wrong with it.
    """
    try:
        if not path.exists():
            raise DataError(f"{path}: no such file or folder; check the path")
        if not path.is_file():
            raise DataError(f"{path}: not a regular file; save the table to a file and give that")
        if path.stat().st_size == 0:
            raise DataError(f"{path}: the file is empty; check how it was written or downloaded")
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be opened ({error}); check the path") from None


def is_gzip(path: Path) -> bool:
    """Tell whether a file starts as gzip does, whatever its name."""
    return read_start(path, 2) == b"\x1f\x8b"


def read_start(path: Path, size: int) -> bytes:
    """Give the first bytes of a file as they lie on the disk.

    Raises
    ------
    DataError
        If the file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(size)
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror or error}); check its permissions"
        ) from None


def iterate_lines(path: Path, *, block_bytes: int = _BLOCK_BYTES) -> Iterator[TextBlock]:
    """Read a plain or gzip text file in blocks of whole lines.

    A byte order mark is dropped, old Macintosh line ends (a bare carriage return) become
    line feeds, and the last line gets a line feed where it lacks one.

    Parameters
    ----------
    path
        A file that `check_readable` accepted.
    block_bytes
        About how much to give at a time; less where only the start is wanted.

    Yields
    ------
    TextBlock
        At least one line each.

    Raises
    ------
    DataError
        If the file cannot be read or unpacked, is truncated, is not UTF-8 text, or
        unpacks to far more than a table of counts would.
    """
    line = 1
    rest = b""
    first = True
    old_mac = False
    for piece in _unpacked(path, block_bytes):
        if first:
            _refuse_foreign(path, piece)
            piece = piece.removeprefix(b"\xef\xbb\xbf")
            old_mac = b"\r" in piece and b"\n" not in piece
            first = False
        if old_mac:
            piece = piece.replace(b"\r", b"\n")
        cut = piece.rfind(b"\n") + 1
        if cut == 0:
            rest += piece
            if len(rest) > _LONGEST_LINE:
                raise DataError(
                    f"{path}: line {line:,} is longer than 256 MiB; this is not a table of counts"
                )
            continue
        block = rest + piece[:cut]
        rest = piece[cut:]
        _check_utf8(path, block, line)
        yield TextBlock(block, line)
        line += block.count(b"\n")
    if rest:
        _check_utf8(path, rest, line)
        yield TextBlock(rest + b"\n", line)


def _unpacked(path: Path, block_bytes: int) -> Iterator[bytes]:
    """Give the content in pieces, unpacking gzip on the way."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            stream = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if packed else raw
            total = 0
            while piece := stream.read(block_bytes):
                total += len(piece)
                if packed and total > _BOMB_BYTES and total > _BOMB_RATIO * raw.tell():
                    raise DataError(
                        f"{path}: unpacks to more than {_BOMB_RATIO} times its size, as no table "
                        "of counts does; unpack it yourself if you trust it"
                    )
                yield piece
    except EOFError:
        raise DataError(
            f"{path}: the gzip file is truncated; download or compress it again"
        ) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(
            f"{path}: the gzip file is damaged ({error}); download or compress it again"
        ) from None
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror or error}); check its permissions"
        ) from None


def _refuse_foreign(path: Path, start: bytes) -> None:
    for magic, what, mend in _ARCHIVES:
        if start.startswith(magic):
            raise DataError(f"{path}: this is {what}, not a table of counts; {mend}")
    if start[257:262] == b"ustar":
        raise DataError(f"{path}: this is a tar archive, not a table of counts; unpack it first")


def _check_utf8(path: Path, block: bytes, first_line: int) -> None:
    if b"\0" in block:
        line = first_line + block.count(b"\n", 0, block.index(b"\0"))
        raise DataError(
            f"{path}: line {line:,} holds a NUL byte, so this is not a text file; give the "
            "counts as tab-separated text"
        )
    if block.isascii():
        return
    try:
        block.decode("utf-8")
    except UnicodeDecodeError as error:
        line = first_line + block.count(b"\n", 0, error.start)
        raise DataError(
            f"{path}: line {line:,} is not UTF-8 text (byte 0x{block[error.start]:02x}); save the "
            "file as UTF-8, for instance with iconv -f LATIN1 -t UTF-8"
        ) from None
