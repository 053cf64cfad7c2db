"""What a scoring method is, and which there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.errors import UsageError

__all__ = ["METHODS", "MethodInfo", "ScoreMethod", "ScoredSet", "get_method", "up_minus_down"]

FloatArray = NDArray[np.float64]
Positions = NDArray[np.intp]

METHODS: tuple[str, ...] = ("ssgsea", "gsva", "zscore", "rank")


@dataclass(frozen=True)
class MethodInfo:
    """What there is to know of a method before its scores are read.

    Attributes
    ----------
    name
        As `get_method` knows it.
    title
        In words.
    scale
        What a score means and between which bounds it lies.
    limits
        What the scores are not good for.
    reference
        The paper.
    needs_cohort
        Whether a sample's score depends on the other samples.
    fewest_samples
        With fewer samples there are no scores.
    """

    name: str
    title: str
    scale: str
    limits: str
    reference: str
    needs_cohort: bool
    fewest_samples: int


@dataclass(frozen=True)
class ScoredSet:
    """Genes that a score is made of, as positions in the matrix, ascending.

    Attributes
    ----------
    up
        Genes expected high where the score is high.
    down
        Genes expected low there; none for an ordinary set.
    """

    up: Positions
    down: Positions


class ScoreMethod(Protocol):
    """A module that scores samples."""

    INFO: MethodInfo

    def score(
        self, expression: FloatArray, sets: Sequence[ScoredSet], *, seed: int, jobs: int
    ) -> FloatArray:
        """Score each sample on each set.

        Parameters
        ----------
        expression
            Log2 or variance-stabilised, shape ``(n_samples, n_genes)``, genes in the order of
            their names.
        sets
            The sets.
        seed, jobs
            Seed of random draws, where there are any; cores to use.

        Returns
        -------
        numpy.ndarray
            Shape ``(n_samples, n_sets)``; NaN where a set cannot be scored.
        """
        ...


def get_method(name: str) -> ScoreMethod:
    """Return the module of a method.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    if name not in METHODS:
        raise UsageError(f"no scoring method is called {name!r}; choose {', '.join(METHODS)}")
    return cast("ScoreMethod", import_module(f"rnaseq_s6k1.enrichment.scores.{name}"))


def up_minus_down(one_way: FloatArray, sets: Sequence[ScoredSet]) -> FloatArray:
    """Combine scores of all genes expected up, then of all those expected down, into differences.

    Parameters
    ----------
    one_way
        Shape ``(n_samples, n_sets + n_paired)``: the up side of each set, then the down side of
        those that have one, in their order.
    sets
        The sets.
    """
    scores = one_way[:, : len(sets)].copy()
    paired = [i for i, one in enumerate(sets) if len(one.down)]
    scores[:, paired] -= one_way[:, len(sets) :]
    return scores
