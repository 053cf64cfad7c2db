"""Names of gene sets as they stand in a figure, and rows tall enough for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.plots.text import wrapped

__all__ = ["even_row", "label_inches", "row_centres", "row_edges", "set_labels"]

_PREFIXES: Final = (
    "HALLMARK_",
    "KEGG_MEDICUS_",
    "KEGG_",
    "REACTOME_",
    "BIOCARTA_",
    "PID_",
    "WP_",
    "GOBP_",
    "GOCC_",
    "GOMF_",
    "GO_",
)
# Five lines hold the longest name of MSigDB, 188 letters; what is longer still loses its middle.
_LINES: Final = 5
# Height of a line of tick labels (7 points).
_LINE_INCHES: Final = 0.125


def set_labels(
    names: Sequence[str],
    collections: Sequence[str] | None = None,
    *,
    width: int = 44,
    lines: int = _LINES,
) -> list[str]:
    """Return names without the prefix of their collection, underscores as spaces, in lines.

    Sets that would read alike keep their prefix, and if need be name their collection.

    Parameters
    ----------
    names
        Names of the sets.
    collections
        The collection of each.
    width, lines
        Characters of a line, and lines at most.
    """
    short = [_without_prefix(name) for name in names]
    # One set that is drawn twice, as up and as down, is not two that read alike.
    seen = Counter(brief for brief, _ in set(zip(short, names, strict=True)))
    plain = [full if seen[brief] > 1 else brief for brief, full in zip(short, names, strict=True)]
    if collections is not None:
        seen = Counter(name for name, _ in set(zip(plain, collections, strict=True)))
        plain = [
            f"{name} ({collection})" if seen[name] > 1 else name
            for name, collection in zip(plain, collections, strict=True)
        ]
    return [wrapped(name.replace("_", " "), width, lines=lines) or "?" for name in plain]


def _without_prefix(name: str) -> str:
    for prefix in _PREFIXES:
        if name.startswith(prefix) and len(name) > len(prefix):
            return name[len(prefix) :]
    return name


def row_centres(
    labels: Sequence[str], *, least: float = 0.19, before: Sequence[float] | None = None
) -> tuple[NDArray[np.float64], float]:
    """Stack rows from the top down, each as tall as its label.

    Parameters
    ----------
    labels
        Text of each row, lines apart by line breaks.
    least
        Height of the lowest row, inches.
    before
        Free room above each row, inches.

    Returns
    -------
    centres, height
        Inches below the upper edge, one a row, and the height of all.
    """
    heights = [_row(label, least) for label in labels]
    room = np.zeros(len(labels)) if before is None else np.asarray(before, dtype=float)
    ends = np.cumsum(np.asarray(heights) + room)
    return ends - np.asarray(heights) / 2, float(ends[-1]) if len(ends) else 0.0


def row_edges(labels: Sequence[str], least: float) -> NDArray[np.float64]:
    """Return the edges of rows as tall as their labels, inches from the upper one.

    Parameters
    ----------
    labels
        Text of each row, lines apart by line breaks.
    least
        Height of the lowest row, inches.
    """
    return np.concatenate([[0.0], np.cumsum([_row(label, least) for label in labels])])


def _row(label: str, least: float) -> float:
    return max(least, _LINE_INCHES * (label.count("\n") + 1) + 0.05)


def even_row(labels: Sequence[str], least: float) -> float:
    """Return a height of equal rows, inches, at which no two neighbouring labels touch."""
    heights = [_row(label, 0.0) for label in labels]
    return max([least, *((one + next_) / 2 for one, next_ in pairwise(heights))])


def label_inches(labels: Sequence[str]) -> float:
    """Return about how wide the longest line of the labels is, inches."""
    return 0.066 * max((len(line) for label in labels for line in label.split("\n")), default=0)
