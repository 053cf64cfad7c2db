"""How kernels are compiled: cached on disk, and without anything that threads could change.

Every kernel works gene by gene: a gene's numbers never meet another gene's, so results do
not depend on how many threads share the genes. Sums within a gene run in one fixed order:
floating-point contraction is allowed, reassociation is not. The exception are `summing_kernel`s,
for experiments of many samples, whose sums the compiler may take in several lanes at once: which
order that is depends on the processor, and on nothing else.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import update_wrapper
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

__all__ = [
    "announce_compilation",
    "kernel",
    "parallel_kernel",
    "released_kernel",
    "summing_kernel",
    "threads",
]

logger = logging.getLogger(__name__)

F = TypeVar("F", bound=Callable[..., Any])

# Contraction (fused multiply-add) only: one rounding less, the same on every run.
_FASTMATH = {"contract"}
# Sums in lanes too.
_FASTMATH_IN_LANES = {"contract", "reassoc"}
_TURN = threading.Lock()


def kernel(function: F) -> F:
    """Compile a function that handles one gene, or a part of one."""
    compiled: F = numba.njit(cache=True, fastmath=_FASTMATH, error_model="numpy")(function)
    return compiled


def summing_kernel(function: F) -> F:
    """Compile a function whose sums over many samples of one gene may run in lanes."""
    compiled: F = numba.njit(cache=True, fastmath=_FASTMATH_IN_LANES, error_model="numpy")(function)
    return compiled


def released_kernel(function: F) -> F:
    """Compile a function that several Python threads may run side by side."""
    compiled: F = numba.njit(cache=True, fastmath=_FASTMATH, error_model="numpy", nogil=True)(
        function
    )
    return compiled


def parallel_kernel(function: F) -> F:
    """Compile a loop over genes that threads share, and that several Python threads may call.

    Of numba's threading layers tbb and omp let several threads in at once; workqueue, which is
    what is left where neither is installed, ends the whole process then. With it, threads take
    turns at the kernels.
    """
    compiled: Any = numba.njit(
        cache=True, fastmath=_FASTMATH, error_model="numpy", parallel=True, nogil=True
    )(function)
    guarded: Any = _Guarded(compiled)
    return cast("F", guarded)


class _Guarded:
    """A compiled function that one thread at a time calls, unless the layer takes several."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled
        update_wrapper(self, compiled.py_func)

    def __call__(self, *arguments: Any) -> Any:
        if _takes_several_threads():
            return self._compiled(*arguments)
        with _TURN:
            return self._compiled(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._compiled, name)


def _takes_several_threads() -> bool:
    try:
        return str(numba.threading_layer()) != "workqueue"
    except ValueError:  # the first kernel that runs chooses the layer
        return False


@contextmanager
def threads(jobs: int) -> Iterator[None]:
    """Let parallel kernels use up to `jobs` threads inside the block, in this thread only."""
    before = numba.get_num_threads()
    numba.set_num_threads(max(1, min(jobs, numba.config.NUMBA_NUM_THREADS)))
    try:
        yield
    finally:
        numba.set_num_threads(before)


def announce_compilation() -> None:
    """Say that the kernels are being compiled, where no compiled copy is on disk yet."""
    from rnaseq_s6k1.de.kernels import coefficients

    dispatcher: Any = coefficients.fit_coefficients
    folder = Path(dispatcher.stats.cache_path)
    if not any(folder.glob("coefficients.fit_coefficients*.nbi")):
        logger.info("compiling numerical kernels; this happens once per installation")
