"""A journal of finished pieces of long work, so that a killed run can go on.

One JSON object a line. The first names what the work is of by a checksum; pieces are appended,
each in one write, and what a killed run left of a line is cut off when the journal is opened.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any

from rnaseq_s6k1.errors import DataError

__all__ = ["Journal", "StaleJournalError"]

_LONGEST = 1_000_000


class StaleJournalError(DataError):
    """The journal belongs to other work."""


class Journal:
    """An open journal.

    Attributes
    ----------
    path
        The file.
    entries
        What was in it when it was opened.
    """

    def __init__(self, path: Path, checksum: str) -> None:
        """Open or begin a journal.

        Parameters
        ----------
        path
            The file; its folder is made.
        checksum
            Of everything the work depends on.

        Raises
        ------
        StaleJournalError
            If the file is the journal of other work.
        DataError
            If it cannot be read or written.
        """
        self.path = path
        self.entries: list[dict[str, Any]] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            content = path.read_bytes() if path.exists() else b""
            whole = content[: content.rfind(b"\n") + 1]
            if whole:
                self.entries = self._read(whole, checksum)
            self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            os.ftruncate(self._handle, len(whole))
        except OSError as error:
            raise DataError(
                f"{path}: cannot be opened ({error.strerror}); choose another --out"
            ) from error
        if not whole:
            self.append({"journal_of": checksum})

    def _read(self, content: bytes, checksum: str) -> list[dict[str, Any]]:
        try:
            lines = [json.loads(line) for line in content.splitlines() if len(line) < _LONGEST]
            if not all(isinstance(line, dict) for line in lines) or not lines:
                raise ValueError("not a journal")
        except (ValueError, RecursionError) as error:
            raise StaleJournalError(
                f"{self.path}: is not a journal of finished genes; delete it, or begin anew with "
                "--fresh"
            ) from error
        if lines[0].get("journal_of") != checksum:
            raise StaleJournalError(
                f"{self.path}: an unfinished run left it that had other inputs or arguments; "
                "repeat that run to finish it, choose another --out, or begin anew with --fresh"
            )
        return lines[1:]

    def append(self, entry: dict[str, Any]) -> None:
        """Add one piece.

        Raises
        ------
        DataError
            If it cannot be written, as when the disk is full.
        """
        line = (json.dumps(entry, ensure_ascii=True) + "\n").encode()
        try:
            if os.write(self._handle, line) != len(line):
                raise OSError(28, "no space left on device")
        except OSError as error:
            raise DataError(f"{self.path}: cannot be written to ({error.strerror})") from error

    def discard(self) -> None:
        """Remove the file: the work is finished."""
        self.close()
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file; what was appended is kept."""
        if self._handle >= 0:
            with contextlib.suppress(OSError):
                os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
