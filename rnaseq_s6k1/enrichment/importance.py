"""Preranked GSEA whose small p-values come from importance sampling."""

from __future__ import annotations

import logging
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.enrichment.kernels.bins import bin_edges
from rnaseq_s6k1.enrichment.kernels.importance_sampling import Effort, Side, tail_probabilities
from rnaseq_s6k1.enrichment.kernels.random_numbers import name_streams
from rnaseq_s6k1.enrichment.kernels.shared_null import count_beyond, null_scores, sum_sides
from rnaseq_s6k1.enrichment.located import LocatedSets
from rnaseq_s6k1.progress import Progress, SilentProgress

__all__ = ["Importance"]

logger = logging.getLogger(__name__)

_LN10 = math.log(10)
# No p-value is printed below the smallest number that doubles hold in full.
_SMALLEST = float(np.finfo(float).tiny)
# Permutations that a thread scores at a time, and sets that it samples at a time.
_BLOCK = 250
_BATCH = 8
# Bins of the ranking; see `rnaseq_s6k1.enrichment.kernels.bins`.
_COARSE, _FINE = 40, 128

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class _Null:
    """What the random sets say, by set.

    Attributes
    ----------
    beyond
        Random sets of a set's size at least as extreme, on its side.
    same_side
        Random sets of its size on its side.
    mean
        Mean of their absolute scores.
    """

    beyond: IntArray
    same_side: IntArray
    mean: FloatArray


class Importance:
    r"""Random sets where they suffice, and tilted ones where the score is rare.

    The enrichment score is that of Subramanian et al. (PNAS 2005, 102:15545), as in
    `rnaseq_s6k1.enrichment.kernels.score`. With `permutations` random sets of the same size,
    :math:`n_s` of them with a score on the set's side of 0, and *b* of those at least as
    extreme,

    - *NES* is the score over the mean absolute score of the :math:`n_s`;
    - where *b* is at least `enough`, :math:`p = (b + 1) / (n_s + 1)`, with the relative
      standard error :math:`\sqrt{(1 - p) / (b + 1)}`;
    - elsewhere the probability *P* of the score is estimated by importance sampling
      (`rnaseq_s6k1.enrichment.kernels.importance_sampling`) and
      :math:`p = P \, (n + 1) / (n_s + 1)`: conditional on the side, as in fgsea (Korotkevich
      et al., bioRxiv 2016, doi 10.1101/060012). It is an estimate that nothing bounds from
      below, and its relative error includes that of the divisor.

    Draws go on until the relative error is below `target`, or below `tiny_target` where *P* is
    below `tiny`; a set for which it stays above `worst` is named in a warning. One-sided scores
    (``pos``, ``neg``) have one side only, so :math:`n_s = n` and p is not conditional, again as
    in fgsea.

    What a set gets depends on the seed, the ranking and its own genes alone: permutation *t*
    orders all genes, and the first *k* of them are its random set of size *k* whatever sizes
    are asked for; the tilted draws of a set come from a stream named by its positions.
    """

    name = "importance"
    enough = 250
    draws = 512
    rounds = 64
    target = 0.06
    # Of so small a p the power of ten is read, not the digits: 0.12 is 0.05 decades.
    tiny, tiny_target = 1e-20, 0.12
    worst = 0.2

    def __init__(self, permutations: int | None = None) -> None:
        self.permutations = 10_000 if permutations is None else permutations

    def test(
        self, sets: LocatedSets, *, seed: int, jobs: int, progress: Progress | None = None
    ) -> pd.DataFrame:
        """Test each set; see `rnaseq_s6k1.enrichment.prerank.PrerankMethod.test`."""
        progress = progress or SilentProgress()
        with ThreadPoolExecutor(max(jobs, 1)) as pool:
            null = self._draw_null(sets, seed, pool, progress)
            p = (null.beyond + 1) / (null.same_side + 1)
            log_p = np.log(p)
            errors = np.sqrt((1 - p) / (null.beyond + 1))
            rare = np.flatnonzero((null.beyond < self.enough) & (sets.scores != 0))
            self._sample_rare(sets, null, rare, seed, pool, log_p, errors, progress)
        self._report(errors, sets.labels)
        with np.errstate(under="ignore"):
            pvalues = np.maximum(np.exp(log_p), _SMALLEST)
        return pd.DataFrame(
            {
                "es": sets.scores,
                "nes": sets.scores / null.mean,
                "pvalue": pvalues,
                "log10_pvalue": log_p / _LN10,
                "relative_error": errors,
            },
            index=sets.labels,
        )

    def _draw_null(
        self, sets: LocatedSets, seed: int, pool: ThreadPoolExecutor, progress: Progress
    ) -> _Null:
        """Score random sets of every size, block after block of permutations."""
        kind = sets.kind
        sizes, size_of = np.unique(sets.sizes, return_inverse=True)
        below = sets.below

        def block(first: int) -> tuple[IntArray, IntArray, FloatArray]:
            scores = np.empty((len(sizes), min(_BLOCK, self.permutations - first)))
            counts = np.zeros((len(sizes), 2), dtype=np.int64)
            sums = np.zeros((len(sizes), 2))
            beyond = np.zeros(len(size_of), dtype=np.int64)
            null_scores(sets.gene_weights, sizes, kind, seed, first, scores)
            sum_sides(scores, kind, counts, sums)
            count_beyond(scores, size_of, sets.scores, below, beyond)
            return beyond, counts, sums

        beyond = np.zeros(len(size_of), dtype=np.int64)
        counts = np.zeros((len(sizes), 2), dtype=np.int64)
        sums = np.zeros((len(sizes), 2))
        # Blocks come back in their order, whoever drew them: the sums are the same sums.
        firsts = range(0, self.permutations, _BLOCK)
        progress.expect(len(firsts))
        for found in pool.map(block, firsts):
            progress.advance(1)
            beyond += found[0]
            counts += found[1]
            sums += found[2]
        same_side = counts[size_of, below.astype(int)]
        with np.errstate(invalid="ignore"):
            mean = np.abs(sums[size_of, below.astype(int)]) / same_side
        return _Null(beyond, same_side, mean)

    def _sample_rare(
        self,
        sets: LocatedSets,
        null: _Null,
        rare: IntArray,
        seed: int,
        pool: ThreadPoolExecutor,
        log_p: FloatArray,
        errors: FloatArray,
        progress: Progress,
    ) -> None:
        """Replace the p-values of the sets in `rare` by those of tilted draws."""
        kind = sets.kind
        names = name_streams(sets.flat, sets.offsets)
        sides = {turned: _side(sets.gene_weights, turned=turned) for turned in (False, True)}
        effort = Effort(self.draws, self.rounds, self.target, math.log(self.tiny), self.tiny_target)

        def batch(chosen: IntArray) -> tuple[IntArray, FloatArray, FloatArray]:
            found, error = np.empty(len(chosen)), np.empty(len(chosen))
            draws = np.empty(len(chosen), dtype=np.int64)
            tail_probabilities(
                seed,
                names[chosen],
                sets.sizes[chosen],
                np.abs(sets.scores[chosen]),
                kind,
                sides[bool(sets.below[chosen[0]])],
                effort,
                found,
                error,
                draws,
            )
            return chosen, found, error

        batches = [
            part[i : i + _BATCH]
            for part in (rare[~sets.below[rare]], rare[sets.below[rare]])
            for i in range(0, len(part), _BATCH)
        ]
        progress.expect(len(batches))
        for chosen, found, error in pool.map(batch, batches):
            progress.advance(1)
            share = (null.same_side[chosen] + 1) / (self.permutations + 1)
            reached = np.isfinite(found)
            of_share = (1 - share) / (null.same_side[chosen] + 1)
            tilted = np.minimum(found - np.log(share), 0.0)
            log_p[chosen] = np.where(reached, tilted, log_p[chosen])
            errors[chosen] = np.where(reached, np.sqrt(error**2 + of_share), np.inf)

    def _report(self, errors: FloatArray, labels: list[str]) -> None:
        wide = np.flatnonzero(~(errors < self.worst))
        if len(wide):
            shown = ", ".join(labels[i].rpartition("\t")[2][:60] for i in wide[:3])
            more = ", ..." if len(wide) > 3 else ""
            logger.warning(
                "the p-values of %d gene sets have a relative error above %g: %s%s",
                len(wide),
                self.worst,
                shown,
                more,
            )


def _side(gene_weights: FloatArray, *, turned: bool) -> Side:
    """Return the ranking as the kernels see it from one end."""
    weights = gene_weights[::-1].copy() if turned else gene_weights
    return Side(
        weights=weights,
        weight_before=np.concatenate([[0.0], np.cumsum(weights)]),
        coarse=bin_edges(weights, _COARSE),
        fine=bin_edges(weights, _FINE),
        strict=turned,
    )
