"""Short, one-line renderings of values that come from files and command lines."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

__all__ = ["did_you_mean", "listed", "quoted"]

_LONGEST_COMPARED = 100


def quoted(value: object, limit: int = 40) -> str:
    """Quote a value on one line, shortened in the middle where it is longer than `limit`."""
    text = str(value)
    if len(text) > limit:
        text = f"{text[: limit - 10]}...{text[-7:]}"
    return repr(text)


def listed(values: Iterable[object], limit: int = 8) -> str:
    """List values, quoted; past `limit` their number stands in for the rest."""
    items = list(values)
    shown = ", ".join(quoted(item) for item in items[:limit])
    return shown if len(items) <= limit else f"{shown} and {len(items) - limit} more"


def did_you_mean(value: str, options: Sequence[str]) -> str:
    """Name the option nearest to `value`, as a clause to append, or nothing.

    Case is ignored, since a wrong case is the commonest slip.
    """
    lowered = {str(option).lower()[:_LONGEST_COMPARED]: str(option) for option in options}
    near = difflib.get_close_matches(value.lower()[:_LONGEST_COMPARED], list(lowered), n=1)
    return f" (did you mean {quoted(lowered[near[0]])}?)" if near else ""
