"""Files appear whole or not at all.

Every output is written to a temporary file in its own folder and renamed into place,
so that a killed run leaves the old file or none, never half of one.
"""

from __future__ import annotations

import gzip
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from rnaseq_s6k1.errors import DataError

__all__ = ["atomic_path", "open_atomic", "write_bytes", "write_text"]


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path that replaces `path` when the block ends without an error.

    Parameters
    ----------
    path
        The file to write. Its folder is made if it does not exist. The temporary name
        keeps the file's suffixes, as many writers choose their format by them.

    Yields
    ------
    pathlib.Path
        Where to write.

    Raises
    ------
    DataError
        If the folder or the file cannot be made or written to; any `OSError` of the block is
        taken for that.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f".{path.name.split('.')[0]}-", suffix="".join(path.suffixes), dir=path.parent
        )
    except OSError as error:
        raise _cannot_write(path, error) from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes private files; outputs get the permissions any new file gets.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except OSError as error:  # the disk is full, a folder of that name is in the way
        temporary.unlink(missing_ok=True)
        raise _cannot_write(path, error) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _cannot_write(path: Path, error: OSError) -> DataError:
    reason = error.strerror or (str(error).splitlines() or ["unknown reason"])[0]
    return DataError(f"cannot write {path}: {reason}; choose another folder with --out")


@contextmanager
def open_atomic(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file for bytes that replaces `path` when the block ends without an error.

    A name ending in ``.gz`` is compressed. The gzip header carries no time and no name, so equal
    content gives equal bytes. Otherwise as `atomic_path`.
    """
    with atomic_path(path) as temporary, temporary.open("wb") as plain:
        if not str(path).endswith(".gz"):
            yield plain
            return
        with gzip.GzipFile(
            filename="", mode="wb", fileobj=plain, mtime=0, compresslevel=6
        ) as packed:
            yield cast(BinaryIO, packed)


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Write `content` to `path` atomically; see `open_atomic`."""
    with open_atomic(path) as stream:
        stream.write(content)


def write_text(path: str | os.PathLike[str], content: str) -> None:
    """Write text as UTF-8, its line ends as they are; see `open_atomic`."""
    write_bytes(path, content.encode("utf-8"))
