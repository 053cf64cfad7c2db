"""Files over the network that appear whole or not at all, resumed where they were cut off.

A file grows under a hidden name beside its own (``.NAME.part``) and takes its name once its
size and checksum are right. A run that is killed, cut off or out of disk space leaves the part,
with which the next one goes on.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import os
import re
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeVar

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.remote.partial import (
    disk_errors,
    keep_validator,
    open_part,
    part_of,
    read_validator,
    restart,
    validator_of,
    write_piece,
)
from rnaseq_s6k1.io.remote.transport import TransientError, dropped, open_url
from rnaseq_s6k1.io.wording import clip, plural
from rnaseq_s6k1.progress import Progress, SilentProgress

__all__ = [
    "CancelledError",
    "Downloader",
    "Remote",
    "md5_of",
    "safe_name",
]

logger = logging.getLogger(__name__)

_T = TypeVar("_T")
_CHUNK = 256 << 10
# An attempt that brings this much is not counted as fruitless.
_PROGRESS_BYTES = 1 << 20
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,200}", re.ASCII)
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class CancelledError(Exception):
    """Another download of the same run failed, or the user interrupted it."""


@dataclass
class _Tally:
    """How much of one file was told of."""

    progress: Progress
    bytes_told: int = 0
    expected: bool = False

    def at(self, length: int) -> None:
        self.progress.advance(length - self.bytes_told)
        self.bytes_told = length

    def announce(self, total: int) -> None:
        if not self.expected:
            self.expected = True
            self.progress.expect(total)


@dataclass(frozen=True)
class Remote:
    """A file to fetch.

    Attributes
    ----------
    url
        Where it is.
    size
        Its size in bytes, where it is known beforehand.
    md5
        Its MD5 in hexadecimal, where it is known beforehand.
    largest
        More bytes than this are refused.
    """

    url: str
    size: int | None = None
    md5: str | None = None
    largest: int = 16 << 30


def safe_name(name: str, where: str) -> str:
    """Give a file name that a server sent, if it is one and nothing else.

    Raises
    ------
    DataError
        If it could lead out of its folder, hide itself, or confuse a terminal.
    """
    if not _SAFE_NAME.fullmatch(name):
        raise DataError(
            f"{where}: names a file {clip(name, 60)}, which is no plain file name; the answer is "
            "not trusted"
        )
    return name


def md5_of(path: Path) -> str:
    """Compute the MD5 of a file, as the GDC states it.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(
                stream, lambda: hashlib.md5(usedforsecurity=False)
            ).hexdigest()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error


@dataclass
class Downloader:
    """Fetches with patience.

    Attributes
    ----------
    timeout
        Seconds to wait for each answer.
    attempts
        Fruitless attempts in a row before giving up.
    first_wait, longest_wait
        Seconds before the second attempt, doubled before each further one, and their limit.
    longest_retry_after
        Seconds of a server's Retry-After that are waited for.
    stop
        Set to make every download of this object end.
    """

    timeout: float = 60.0
    attempts: int = 5
    first_wait: float = 1.0
    longest_wait: float = 30.0
    longest_retry_after: float = 300.0
    stop: threading.Event = field(default_factory=threading.Event)

    def get_bytes(
        self,
        url: str,
        *,
        what: str,
        largest: int,
        data: bytes | None = None,
        content_type: str = "application/json",
    ) -> bytes:
        """Give the whole answer to a request.

        Parameters
        ----------
        url
            The address.
        what
            What it is, for messages.
        largest
            More bytes than this are refused.
        data
            Body of a POST.
        content_type
            Of the body.

        Raises
        ------
        DataError
            If the server cannot be reached, has nothing there, or answers too much.
        """

        def ask() -> bytes:
            headers = {"Content-Type": content_type} if data is not None else {}
            with open_url(url, timeout=self.timeout, headers=headers, data=data) as response:
                content = b"".join(self._pieces(response, largest, what))
                announced = _announced(response)
                if announced is not None and len(content) < announced:
                    raise TransientError(f"cut off after {len(content):,} of {announced:,} bytes")
                return content

        return self._with_patience(ask, what)

    def fetch(self, remote: Remote, path: Path, *, progress: Progress | None = None) -> None:
        """Fetch a file to a path; what is under that path already is replaced.

        Parameters
        ----------
        remote
            What to fetch.
        path
            Where to; its folder is made.
        progress
            Told of the bytes that come, and how many there will be where `remote` has no size.

        Raises
        ------
        DataError
            If the server cannot be reached or gives something else twice, or the disk is full.
        CancelledError
            If `stop` was set.
        """
        part = part_of(path)
        tally = _Tally(progress or SilentProgress(), expected=remote.size is not None)
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        for last in (False, True):
            with open_part(part, path) as stream:
                self._fill(remote, path, stream, tally)
                wrong = _what_is_wrong(remote, path, part)
                if wrong is None:
                    with disk_errors(path):
                        # On the disk before it has its name, should the machine stop just then.
                        os.fsync(stream.fileno())
                        os.replace(part, path)
                        validator_of(part).unlink(missing_ok=True)
                    return
                restart(path, stream)
                tally.at(0)
            if last:
                raise DataError(
                    f"{path.name}: {wrong}, twice; the server or the way to it damages the file, "
                    "so nothing was kept: try again later"
                )
            logger.warning("%s: %s; fetched once more", path.name, wrong)

    def _fill(self, remote: Remote, path: Path, stream: IO[bytes], tally: _Tally) -> None:
        """Bring a part to its full length."""
        before = _resumable(remote, part_of(path), stream)
        if before:
            logger.info("%s: goes on after %s bytes", path.name, f"{before:,}")
        tally.at(before)

        def attempt() -> None:
            with disk_errors(path):
                offset = stream.seek(0, os.SEEK_END)
            if remote.size is not None and offset == remote.size:
                return
            self._receive(remote, path, stream, offset, tally)

        def progressed() -> bool:
            nonlocal before
            far, before = tally.bytes_told - before >= _PROGRESS_BYTES, tally.bytes_told
            return far

        self._with_patience(attempt, path.name, progressed, kept=", what was fetched is kept")

    def _receive(
        self, remote: Remote, path: Path, stream: IO[bytes], offset: int, tally: _Tally
    ) -> None:
        """Append one response to the part."""
        headers = {}
        if offset:
            headers["Range"] = f"bytes={offset}-"
            validator = read_validator(part_of(path))
            if validator:
                headers["If-Range"] = validator
        with open_url(remote.url, timeout=self.timeout, headers=headers) as response:
            start, total = _span(response, offset)
            if start is None or (start == 0 and offset):
                restart(path, stream)
                tally.at(0)
            if start is None:
                raise TransientError("the server does not go on where it was cut off")
            _check_total(remote, path, total)
            if total is not None:
                tally.announce(total)
            if not start:
                keep_validator(path, response)
            allowed = remote.size if remote.size is not None else remote.largest
            length = start
            for piece in self._pieces(response, allowed - start, path.name):
                write_piece(path, stream, piece)
                length += len(piece)
                tally.at(length)
            wanted = total if total is not None else remote.size
            if wanted is not None and length < wanted:
                raise TransientError(f"cut off after {length:,} of {wanted:,} bytes")

    def _pieces(self, response: Any, largest: int, what: str) -> Iterator[bytes]:
        """Read a response piece by piece, no more than is allowed."""
        total = 0
        while True:
            if self.stop.is_set():
                raise CancelledError
            try:
                piece = response.read1(_CHUNK)
            except Exception as error:  # whatever http.client, ssl and sockets raise
                raise TransientError(dropped(error)) from None
            if not piece:
                return
            total += len(piece)
            if total > largest:
                raise DataError(f"{what}: the server sends more than {largest:,} bytes; refused")
            yield piece

    def _with_patience(
        self,
        action: Callable[[], _T],
        what: str,
        progressed: Callable[[], bool] = lambda: False,
        *,
        kept: str = "",
    ) -> _T:
        """Do something until it succeeds, fails for good, or patience ends."""
        fruitless = 0
        while True:
            if self.stop.is_set():
                raise CancelledError
            try:
                return action()
            except TransientError as error:
                fruitless = 1 if progressed() else fruitless + 1
                if error.wait is not None and error.wait > self.longest_retry_after:
                    raise DataError(
                        f"{what}: the server asks to wait {error.wait:,.0f} s ({error}); run the "
                        f"same command again then{kept}"
                    ) from None
                if fruitless >= self.attempts:
                    raise DataError(
                        f"{what}: cannot be fetched, given up after "
                        f"{plural(fruitless, 'attempt')} ({error}); check the connection and "
                        f"proxy and run the same command again{kept}"
                    ) from None
                pause = min(self.first_wait * 2.0 ** (fruitless - 1), self.longest_wait)
                pause = max(pause, error.wait or 0.0)
                logger.info("%s: %s; tried again in %.3g s", what, error, pause)
                if self.stop.wait(pause):
                    raise CancelledError from None


def _check_total(remote: Remote, path: Path, total: int | None) -> None:
    """Refuse a file whose length is not the announced one, or beyond what is allowed."""
    if total is None:
        return
    if remote.size is not None and total != remote.size:
        raise DataError(
            f"{path.name}: the server has {total:,} bytes where {remote.size:,} are announced; a "
            "proxy or login page may have answered instead"
        )
    if total > remote.largest:
        raise DataError(
            f"{path.name}: the server has {total:,} bytes where {remote.largest:,} are allowed"
        )


def _resumable(remote: Remote, part: Path, stream: IO[bytes]) -> int:
    """Give how much of a part can be kept: what cannot be checked later is fetched anew."""
    with disk_errors(part):
        offset = stream.seek(0, os.SEEK_END)
    too_long = remote.size is not None and offset > remote.size
    if offset and (too_long or (remote.md5 is None and not read_validator(part))):
        restart(part, stream)
        return 0
    return offset


def _span(response: Any, offset: int) -> tuple[int | None, int | None]:
    """Give where a response starts and how long the whole file is; None where it starts wrong."""
    if response.status == 416:
        return None, None
    if response.status == 206:
        match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if match is None or int(match[1]) != offset:
            return None, None
        return offset, None if match[2] == "*" else int(match[2])
    return 0, _announced(response)


def _announced(response: Any) -> int | None:
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isascii() and length.isdigit() else None


def _what_is_wrong(remote: Remote, path: Path, part: Path) -> str | None:
    """Say what tells a finished part from the file it should be."""
    if remote.md5 is not None:
        found = md5_of(part)
        if found != remote.md5.lower():
            return f"MD5 {found} where {remote.md5} is announced"
    elif path.name.endswith(".gz"):
        try:
            with gzip.open(part) as stream:
                while stream.read(_CHUNK):
                    pass
        except (OSError, EOFError, zlib.error):
            return "a damaged gzip file"
    return None
