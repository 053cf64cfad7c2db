"""Settings of the whole process, changed for a while by any number of threads.

The threads of the linear algebra, the levels of loggers and the filters of warnings belong to the
process. Two threads that each save, change and restore one of them leave it changed for ever where
they overlap; here the first who comes changes it, and the last who goes puts it back.
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["caught_warnings", "one_blas_thread", "only_errors"]


class _Shared:
    """A setting that is changed while anyone holds it."""

    def __init__(self, change: Callable[[], Callable[[], object]]) -> None:
        self._change = change
        self._lock = threading.Lock()
        self._holders = 0
        self._restore: Callable[[], object] = lambda: None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the setting changed within the block."""
        with self._lock:
            if not self._holders:
                self._restore = self._change()
            self._holders += 1
        try:
            yield
        finally:
            with self._lock:
                self._holders -= 1
                if not self._holders:
                    self._restore()


def _limit_blas() -> Callable[[], object]:
    from threadpoolctl import threadpool_limits

    limits = threadpool_limits(limits=1, user_api="blas")
    restore: Callable[[], object] = limits.restore_original_limits
    return restore


_BLAS = _Shared(_limit_blas)
_QUIET: dict[str, _Shared] = {}
_QUIET_LOCK = threading.Lock()
_WARNINGS = threading.RLock()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let the linear algebra use one thread inside the block.

    Its sums then do not depend on the number of cores, and tiny problems pay for no threads.
    """
    with _BLAS.held():
        yield


@contextmanager
def only_errors(name: str) -> Iterator[None]:
    """Let the logger `name` and those below it pass errors only, inside the block."""

    def quieten() -> Callable[[], object]:
        logger = logging.getLogger(name)
        before = logger.level
        logger.setLevel(logging.ERROR)
        return lambda: logger.setLevel(before)

    with _QUIET_LOCK:
        shared = _QUIET.setdefault(name, _Shared(quieten))
    with shared.held():
        yield


@contextmanager
def caught_warnings(action: str = "ignore") -> Iterator[list[warnings.WarningMessage]]:
    """Catch Python warnings inside the block, one thread at a time.

    Parameters
    ----------
    action
        Of `warnings.simplefilter`: ``"ignore"`` drops them, ``"always"`` lists them all, and
        ``"default"`` leaves the filters as they are.

    Yields
    ------
    list
        The warnings so far, if any are listed.
    """
    with _WARNINGS, warnings.catch_warnings(record=action == "always") as caught:
        if action == "ignore":
            warnings.simplefilter("ignore")
        elif action == "always":
            warnings.simplefilter("always")
        yield caught if caught is not None else []
