"""Gene sets as positions, in the layout the kernels read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rnaseq_s6k1.errors import DataError

__all__ = ["SetIndex"]

IntArray = NDArray[np.int64]
PositionArray = NDArray[np.int32]


@dataclass(frozen=True)
class SetIndex:
    """Positions of the genes of each set, one set behind the other.

    Attributes
    ----------
    starts
        Where each set begins in `members`, and the end; shape ``(n_sets + 1,)``.
    members
        Positions of genes.
    """

    starts: IntArray
    members: PositionArray

    @classmethod
    def of(cls, sets: Iterable[ArrayLike], n_genes: int) -> SetIndex:
        """Lay out sets of positions among `n_genes` genes.

        Raises
        ------
        DataError
            If a set is empty, holds a gene twice or all genes, or a position that is none.
        """
        arrays = [np.sort(np.asarray(one, dtype=np.int64)) for one in sets]
        for number, one in enumerate(arrays):
            inside = one.size and one[0] >= 0 and one[-1] < n_genes
            if not inside or one.size >= n_genes or (np.diff(one) == 0).any():
                raise DataError(
                    f"gene set {number} (from 0) must hold between 1 and {n_genes - 1} distinct "
                    f"positions from 0 to {n_genes - 1}"
                )
        starts = np.concatenate([[0], np.cumsum([one.size for one in arrays], dtype=np.int64)])
        members = np.concatenate([np.empty(0, np.int64), *arrays])
        return cls(starts.astype(np.int64), members.astype(np.int32))

    @property
    def sizes(self) -> IntArray:
        """How many genes each set has."""
        return np.diff(self.starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, number: int) -> PositionArray:
        return self.members[self.starts[number] : self.starts[number + 1]]

    def chosen(self, numbers: Sequence[int] | IntArray) -> SetIndex:
        """Return some of the sets, in that order."""
        arrays = [self[int(number)] for number in numbers]
        starts = np.concatenate([[0], np.cumsum([one.size for one in arrays], dtype=np.int64)])
        return SetIndex(starts.astype(np.int64), np.concatenate([np.empty(0, np.int32), *arrays]))
