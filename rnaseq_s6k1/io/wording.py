"""How values and names from outside appear in a message: quoted, on one line, and short."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["clip", "listing", "plural"]


def clip(value: object, width: int = 40) -> str:
    """Give the `repr` of a value, cut to `width` characters.

    The `repr` escapes line breaks and control characters, so that a hostile name cannot
    forge a second line of output.
    """
    text = str(value)
    if len(text) > width:
        text = text[: width - 3] + "..."
    return ascii(text) if not text.isprintable() else repr(text)


def listing(names: Iterable[object], most: int = 5) -> str:
    """List the first names, quoted, and say how many more there are."""
    every = list(names)
    shown = ", ".join(clip(name) for name in every[:most])
    return shown if len(every) <= most else f"{shown} and {len(every) - most:,} more"


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """Write a count with its noun: ``1 row``, ``1,234 rows``."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"
