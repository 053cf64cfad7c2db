"""Columns of text as one run of bytes, so that names are made once and compared at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["PackedText", "pack_spans"]

_BLANKS = b" \t\r\x0b\x0c\x1c\x1d\x1e\x1f"


@dataclass(frozen=True, eq=False)
class PackedText:
    """The cells of a column, one after the other.

    Attributes
    ----------
    data
        The bytes of all cells, UTF-8.
    lengths
        Bytes a cell, shape ``(n_rows,)``.
    """

    data: bytes
    lengths: NDArray[np.int64]

    def same_as(self, other: PackedText) -> bool:
        """Tell whether two columns hold the same cells."""
        return self.data == other.data and np.array_equal(self.lengths, other.lengths)

    def cells(self) -> list[str]:
        """Give the cells as text, without blanks around them; doubled quotes become one."""
        bounds = [0, *np.cumsum(self.lengths).tolist()]
        if self.data.isascii():
            text = self.data.decode("ascii")
            cells = [text[start:end] for start, end in pairwise(bounds)]
            plain = not any(blank in _BLANKS for blank in set(self.data))
        else:
            data = self.data
            cells = [data[start:end].decode("utf-8") for start, end in pairwise(bounds)]
            plain = False
        if b'""' in self.data:
            cells = [cell.replace('""', '"') for cell in cells]
        return cells if plain else [cell.strip() for cell in cells]

    @staticmethod
    def joined(parts: Sequence[PackedText]) -> PackedText:
        """Put columns below each other."""
        if len(parts) == 1:
            return parts[0]
        return PackedText(
            b"".join(part.data for part in parts), np.concatenate([p.lengths for p in parts])
        )


def pack_spans(data: NDArray[np.uint8], spans: NDArray[np.int64]) -> PackedText:
    """Collect the cells of a column from the bytes of a block.

    Parameters
    ----------
    data
        The block, shape ``(n_bytes,)``.
    spans
        Start and end of every cell, shape ``(n_rows, 2)``.
    """
    starts = spans[:, 0]
    lengths = spans[:, 1] - starts
    total = int(lengths.sum())
    # Position k of the result comes from its cell's start plus its distance from it.
    shifts = starts - (np.cumsum(lengths) - lengths)
    places = np.arange(total) + np.repeat(shifts, lengths)
    return PackedText(data[places].tobytes(), lengths)
