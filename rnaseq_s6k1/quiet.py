"""Notices that were given before, or mean nothing to whoever reads the log, kept out of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["only_errors"]


@contextmanager
def only_errors(name: str) -> Iterator[None]:
    """Let the logger `name` and those below it pass errors only, inside the block."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
