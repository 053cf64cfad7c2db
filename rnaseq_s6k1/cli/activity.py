"""A line on the terminal while long work goes on."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["activity"]

_PATIENCE_SECONDS = 2.0
_TICK_SECONDS = 0.25


@contextmanager
def activity(what: str) -> Iterator[None]:
    """Show what goes on and for how long, once it has taken two seconds.

    Nothing is shown where stderr is not a terminal, or notices are not wanted. The work's
    length is not known beforehand, so a clock runs instead of a bar.
    """
    if not sys.stderr.isatty() or not logging.getLogger("rnaseq_s6k1").isEnabledFor(logging.INFO):
        yield
        return
    done = threading.Event()
    clock = threading.Thread(target=_run_clock, args=(what, done), daemon=True)
    clock.start()
    try:
        yield
    finally:
        done.set()
        clock.join()


def _run_clock(what: str, done: threading.Event) -> None:
    started = time.monotonic()
    if done.wait(_PATIENCE_SECONDS):
        return
    while not done.wait(_TICK_SECONDS):
        sys.stderr.write(f"\r{what} … {time.monotonic() - started:.0f} s")
        sys.stderr.flush()
    sys.stderr.write("\r\x1b[K")
    sys.stderr.flush()
