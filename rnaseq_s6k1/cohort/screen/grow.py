"""Backgrounds of one or several genes, grown side by side until each is large enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rnaseq_s6k1.cohort.screen.score import GeneScore
from rnaseq_s6k1.cohort.screen.specificity import empirical_p
from rnaseq_s6k1.errors import UsageError

__all__ = ["ENOUGH_AT_LEAST", "GROWTH", "GrownBackground", "grow_backgrounds", "round_sizes"]

#: The background grows to these multiples of its first size ...
GROWTH = (1, 2, 5)
#: ... while fewer genes than this score as high as the driver.
ENOUGH_AT_LEAST = 10


@dataclass(frozen=True)
class GrownBackground:
    """The background genes that a gene was compared with.

    Attributes
    ----------
    used
        Their ids, the nearest first, those without a score among them.
    rounds
        How many had a score after each round.
    """

    used: tuple[str, ...]
    rounds: tuple[int, ...]

    def scored(self, scores: Mapping[str, GeneScore]) -> list[str]:
        """Give those that have a score."""
        return [one for one in self.used if not scores[one].reason]


def round_sizes(first: int, grow: bool) -> tuple[int, ...]:
    """Give the sizes the background may grow to, fixed before any gene is scored.

    A background of *n* genes is enough where at least 10 of them score as high as the driver;
    else it grows to twice, and then to five times its first size. The p-value (b + 1)/(n + 1)
    stays valid under this rule: to be at most *a*, it needs at most a(n + 1) - 1 such genes
    among the first *n*, whose probability is below *a* at each size, and the events of later
    sizes lie within those of earlier ones (in the manner of Besag and Clifford, Biometrika 1991,
    78:301).

    Raises
    ------
    UsageError
        If the first size is not positive.
    """
    if first < 1:
        raise UsageError(f"--background must be 1 or more, not {first}")
    return tuple(first * times for times in (GROWTH if grow else GROWTH[:1]))


def grow_backgrounds(
    nearest: Mapping[str, Sequence[str]],
    scores: Mapping[str, GeneScore],
    score: Callable[[Sequence[str]], None],
    sizes: tuple[int, ...],
) -> dict[str, GrownBackground]:
    """Score the genes nearest to each of some genes, until enough score as high or none is left.

    Parameters
    ----------
    nearest
        By gene: the ids to compare it with, the nearest first.
    scores
        Those known, of the genes themselves among them; `score` adds to them.
    score
        Scores genes that have no score yet.
    sizes
        See `round_sizes`.
    """
    taken = dict.fromkeys(nearest, 0)
    rounds: dict[str, list[int]] = {gene: [] for gene in nearest}
    growing = list(nearest)
    for size in sizes:
        _fill(nearest, growing, taken, scores, score, size)
        still = []
        for gene in growing:
            known = _known(nearest[gene][: taken[gene]], scores)
            if not rounds[gene] or len(known) > rounds[gene][-1]:
                rounds[gene].append(len(known))
            at_least = empirical_p(scores[gene].score, known).at_least
            if len(known) == size and at_least < ENOUGH_AT_LEAST:
                still.append(gene)
        growing = still
    return {
        gene: GrownBackground(tuple(ids[: taken[gene]]), tuple(rounds[gene]))
        for gene, ids in nearest.items()
    }


def _fill(
    nearest: Mapping[str, Sequence[str]],
    growing: Sequence[str],
    taken: dict[str, int],
    scores: Mapping[str, GeneScore],
    score: Callable[[Sequence[str]], None],
    size: int,
) -> None:
    """Take the nearest genes until so many have a score; one that has none is replaced."""
    short = list(growing)
    while short:
        wanted: dict[str, None] = {}
        left = []
        for gene in short:
            missing = size - len(_known(nearest[gene][: taken[gene]], scores))
            more = nearest[gene][taken[gene] : taken[gene] + missing]
            if missing and more:
                wanted.update(dict.fromkeys(more))
                taken[gene] += len(more)
                left.append(gene)
        score(list(wanted))
        short = left


def _known(ids: Sequence[str], scores: Mapping[str, GeneScore]) -> list[float]:
    return [scores[one].score for one in ids if not scores[one].reason]
