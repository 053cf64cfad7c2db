"""A bar on the terminal while bytes arrive, or pieces of work are finished."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["ByteBar", "byte_bar", "draw_bar", "draw_count", "piece_bar"]

_PATIENCE_SECONDS = 2.0
_TICK_SECONDS = 0.25
_WIDTH = 30

#: What is done, how much, of how much, in how many seconds, as a line.
_Draw = Callable[[str, int, int, float], str]


class ByteBar:
    """A `rnaseq_s6k1.progress.Progress` of bytes, or pieces."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.done = 0
        self.total = 0

    def expect(self, amount: int, /) -> None:
        """So many will come, beside those expected before."""
        with self._lock:
            self.total += amount

    def advance(self, amount: int, /) -> None:
        """So many came; negative where they were thrown away."""
        with self._lock:
            self.done += amount


@contextmanager
def byte_bar(what: str) -> Iterator[ByteBar]:
    """Show how many bytes came, of how many, once that has taken two seconds.

    Nothing is shown where stderr is not a terminal, or notices are not wanted.
    """
    with _painted(what, draw_bar) as bar:
        yield bar


@contextmanager
def piece_bar(what: str) -> Iterator[ByteBar]:
    """Show how many pieces of work are finished, of how many, as `byte_bar` does."""
    with _painted(what, draw_count) as bar:
        yield bar


@contextmanager
def _painted(what: str, draw: _Draw) -> Iterator[ByteBar]:
    bar = ByteBar()
    if not sys.stderr.isatty() or not logging.getLogger("rnaseq_s6k1").isEnabledFor(logging.INFO):
        yield bar
        return
    ended = threading.Event()
    painter = threading.Thread(target=_paint, args=(what, bar, ended, draw), daemon=True)
    painter.start()
    try:
        yield bar
    finally:
        ended.set()
        painter.join()


def draw_bar(what: str, done: int, total: int, seconds: float) -> str:
    """Write the state of a download on one line; without a total only what came."""
    speed = done / max(seconds, 1e-9)
    if total <= 0:
        return f"{what} {done / 1e6:,.1f} MB, {speed / 1e6:.1f} MB/s"
    share = min(max(done / total, 0.0), 1.0)
    filled = round(share * _WIDTH)
    bar = "#" * filled + "-" * (_WIDTH - filled)
    left = f", {(total - done) / speed:,.0f} s left" if speed > 0 and done < total else ""
    return (
        f"{what} [{bar}] {share:4.0%} {done / 1e6:,.1f} of {total / 1e6:,.1f} MB, "
        f"{speed / 1e6:.1f} MB/s{left}"
    )


def draw_count(what: str, done: int, total: int, seconds: float) -> str:
    """Write how many pieces are finished on one line."""
    filled = round(min(max(done / max(total, 1), 0.0), 1.0) * _WIDTH)
    bar = "#" * filled + "-" * (_WIDTH - filled)
    speed = done / max(seconds, 1e-9)
    left = f", {(total - done) / speed:,.0f} s left" if speed > 0 and done < total else ""
    return f"{what} [{bar}] {done:,} of {total:,}{left}"


def _paint(what: str, bar: ByteBar, ended: threading.Event, draw: _Draw) -> None:
    started = time.monotonic()
    if ended.wait(_PATIENCE_SECONDS):
        return
    while not ended.wait(_TICK_SECONDS):
        line = draw(what, bar.done, bar.total, time.monotonic() - started)
        sys.stderr.write(f"\r\x1b[K{line}")
        sys.stderr.flush()
    sys.stderr.write("\r\x1b[K")
    sys.stderr.flush()
