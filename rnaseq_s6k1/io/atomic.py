"""Files appear whole or not at all.

Every output is written to a temporary file in its own folder and renamed into place,
so that a killed run leaves the old file or none, never half of one.
"""

from __future__ import annotations

import gzip
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rnaseq_s6k1.errors import DataError

__all__ = ["atomic_path", "write_bytes", "write_text"]


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


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Write `content` to `path` atomically; a name ending in ``.gz`` is compressed.

    The gzip header carries no time and no name, so equal content gives equal bytes.
    """
    if str(path).endswith(".gz"):
        buffer = io.BytesIO()
        with gzip.GzipFile(
            filename="", mode="wb", fileobj=buffer, mtime=0, compresslevel=6
        ) as stream:
            stream.write(content)
        content = buffer.getvalue()
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: str | os.PathLike[str], content: str) -> None:
    """Write text as UTF-8, its line ends as they are; see `write_bytes`."""
    write_bytes(path, content.encode("utf-8"))
