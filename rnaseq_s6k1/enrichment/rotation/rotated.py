"""Effects made ready for the kernels: ranks of moderated t in any direction of the space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import threads
from rnaseq_s6k1.enrichment.rotation.kernels import count_passes, grid_ranks, rotate, set_sums
from rnaseq_s6k1.enrichment.rotation.moderated_t import VariancePrior
from rnaseq_s6k1.enrichment.rotation.set_index import SetIndex

__all__ = ["RotatedRanks", "place_of_mean_rank", "rank_sums"]

FloatArray = NDArray[np.float64]
Float32Array = NDArray[np.float32]
IntArray = NDArray[np.int64]

# Parts of the directions that threads share; their number changes no result.
_SHARES = 16


@dataclass(frozen=True)
class RotatedRanks:
    """What is rotated, in the terms of `rnaseq_s6k1.enrichment.rotation.kernels`.

    Attributes
    ----------
    effects
        Scaled so that the product with a unit vector is ``x``, shape ``(1 + df, n_genes)``.
    curbs
        One over the degrees of freedom of each gene's moderated t, shape ``(n_genes,)``; empty
        where they are the same for all.
    """

    effects: Float32Array
    curbs: Float32Array

    @classmethod
    def of(cls, effects: FloatArray, prior: VariancePrior) -> RotatedRanks:
        """Scale effects, shape ``(1 + df, n_genes)``, by what no rotation changes."""
        df = len(effects) - 1
        finite = np.isfinite(prior.df)
        weight = np.where(finite, prior.df, 0.0)
        squares = weight * prior.variance + np.square(effects).sum(axis=0)
        mean_square = np.where(finite, squares / (weight + df), prior.variance)
        scale = 1 / np.sqrt(np.where(mean_square > 0, mean_square, 1.0))
        curbs = np.where(finite, 1 / (weight + df), 0.0)
        if np.unique(curbs).size == 1:
            curbs = np.empty(0)
        return cls((effects * scale).astype(np.float32), curbs.astype(np.float32))

    def scores(self, t: FloatArray, df: FloatArray) -> Float32Array:
        """Return what is ranked of moderated t statistics: themselves, or their ``x``."""
        if self.curbs.size:
            return t.astype(np.float32)
        return np.asarray((t / np.sqrt(1 + np.square(t) / df)).astype(np.float32))

    def along(self, direction: Float32Array) -> Float32Array:
        """Return ``x`` in one direction, shape ``(n_genes,)``, as the kernels compute it."""
        out = np.empty((1, self.effects.shape[1]), np.float32)
        rotate(direction[None, :], 0, 1, self.effects, out)
        return np.asarray(out[0])

    def count(
        self, directions: Float32Array, sets: SetIndex, observed: IntArray, mixed: bool, jobs: int
    ) -> IntArray:
        """Count the directions in which sums of ranks pass the observed ones.

        Parameters
        ----------
        directions
            Unit vectors, shape ``(n_directions, 1 + df)``.
        sets, observed
            The sets and their `rank_sums` in the data.
        mixed
            Whether sizes count too; their counts are 0 otherwise.
        jobs
            Threads.

        Returns
        -------
        numpy.ndarray
            At least as high, at most as high, size at least as high; shape ``(n_sets, 3)``.
        """
        counts = np.empty((_SHARES, len(sets), 3), np.int64)
        effects, curbs = self.effects, self.curbs
        with threads(jobs):
            count_passes(
                *(directions, effects, curbs, sets.starts, sets.members, observed, mixed, counts)
            )
        return np.asarray(counts.sum(axis=0))


def rank_sums(scores: Float32Array, sets: SetIndex) -> IntArray:
    """Return twice the sums of ranks of the scores and of their sizes, shape ``(2, n_sets)``."""
    ranks = np.empty((2, scores.size), np.int32)
    grid_ranks(scores, ranks[0], ranks[1], True)
    sums = np.empty((2, len(sets)), np.int64)
    for row, out in zip(ranks, sums, strict=True):
        set_sums(row, sets.starts, sets.members, out)
    return sums


def place_of_mean_rank(sums: IntArray, sets: SetIndex, n_genes: int) -> FloatArray:
    """Return mean ranks from -1, all genes of the set at the bottom, to 1, all at the top."""
    middle = sums / (2 * sets.sizes) - (n_genes + 1) / 2
    return np.asarray(2 * middle / (n_genes - sets.sizes))
