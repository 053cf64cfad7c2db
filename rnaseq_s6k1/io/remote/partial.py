"""Files that grow under a hidden name, and can be gone on with after an interruption.

``.NAME.part`` lies beside ``NAME``; ``.NAME.part.tag`` holds the mark (ETag, or the date of the
last change) by which a server knows the version that the part is of.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from rnaseq_s6k1.errors import DataError

__all__ = [
    "disk_errors",
    "keep_validator",
    "open_part",
    "part_of",
    "read_validator",
    "restart",
    "validator_of",
    "write_piece",
]

logger = logging.getLogger(__name__)


def part_of(path: Path) -> Path:
    """Give the name under which a file grows."""
    return path.with_name(f".{path.name}.part")


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn a failure to write into one line."""
    try:
        yield
    except OSError as error:
        raise DataError(
            f"cannot write {path}: {error.strerror or error}; make room or choose another folder "
            "with --out, and run the same command again: what was fetched is kept"
        ) from error


@contextmanager
def open_part(part: Path, path: Path) -> Iterator[IO[bytes]]:
    """Open a part for appending; another run that has it open is an error."""
    with disk_errors(path):
        stream = part.open("ab", buffering=0)
    with stream:
        try:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:  # no such locks on Windows
            pass
        except BlockingIOError:
            raise DataError(
                f"{path}: another run is fetching this file; wait for it, or end it"
            ) from None
        except OSError:  # file systems without locks
            logger.debug("%s: the file system has no locks", path)
        try:
            yield stream
        finally:
            # Nothing came: nothing is left, neither here nor where a server had no such file.
            with contextlib.suppress(OSError):
                if part.exists() and part.stat().st_size == 0:
                    part.unlink()
                    validator_of(part).unlink(missing_ok=True)


def write_piece(path: Path, stream: IO[bytes], piece: bytes) -> None:
    """Write a piece whole; an unbuffered stream may take less at a time."""
    view = memoryview(piece)
    with disk_errors(path):
        while view:
            view = view[stream.write(view) :]


def restart(path: Path, stream: IO[bytes]) -> None:
    """Throw away what a part holds."""
    with disk_errors(path):
        stream.truncate(0)
        stream.seek(0)


def validator_of(part: Path) -> Path:
    """Give the name of the file with the server's mark."""
    return part.with_name(f"{part.name}.tag")


def keep_validator(path: Path, response: Any) -> None:
    """Keep the mark by which the server knows this version of the file."""
    tag = response.headers.get("ETag", "")
    # A weak mark does not promise the same bytes.
    mark = tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", "")
    with disk_errors(path):
        target = validator_of(part_of(path))
        if mark and mark.isprintable() and len(mark) < 300:
            target.write_text(mark, encoding="utf-8")
        else:
            target.unlink(missing_ok=True)


def read_validator(part: Path) -> str:
    """Read the server's mark; empty where there is none."""
    try:
        mark = validator_of(part).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    return mark if mark.isprintable() and len(mark) < 300 else ""
