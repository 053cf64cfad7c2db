r"""The rotation test of the mean rank of a gene set.

Majewski et al., Blood 2010, 116:731 (romer), on the rotations of Langsrud, Stat Comput 2005,
15:53: the statistic of a set is the mean rank, among all genes, of its genes' moderated t (for
*mixed*: of their sizes). All genes are rotated together, so that the null distribution has the
correlation the data have. The prior of the variances stays that of the data; each rotation has its
own residual variances. Genes that have changed are winsorised first
(`rnaseq_s6k1.enrichment.rotation.changed_genes`).

Every set gets 9,999 rotations, on which *mixed* rests. A set whose statistic fewer than 10 of
them pass, up or down, gets more, in stages. With *b* of *n* rotations as extreme at the stage
where it stops, its p-value is :math:`(b + 1)/(n + 1)`. Stopping does not make it too small. At
stage *i*, a set that stops has a p-value of at least :math:`c_i = 11/(n_i + 1)`, and one that goes
on would have had less. Take a level :math:`c_j \le a < c_{j-1}`: a set with :math:`p \le a` did
not stop before stage *j*, and whether it stopped there or later,
:math:`(b_j + 1)/(n_j + 1) \le a` held at stage *j*; and that has at most the probability *a*, as
:math:`n_j` does not depend on the data. (Up and down go on together, as one of them is near 1
wherever the other is small.)
(The argument is that of Besag and Clifford, Biometrika 1991, 78:301, with stages for their steps.)
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.enrichment.rotation.changed_genes import winsorised_effects
from rnaseq_s6k1.enrichment.rotation.moderated_t import ModeratedT, moderated_t
from rnaseq_s6k1.enrichment.rotation.residual_space import ResidualSpace
from rnaseq_s6k1.enrichment.rotation.rotated import (
    RotatedRanks,
    place_of_mean_rank,
    rank_sums,
)
from rnaseq_s6k1.enrichment.rotation.set_index import SetIndex
from rnaseq_s6k1.errors import UsageError
from rnaseq_s6k1.progress import Progress

__all__ = ["FIRST_ROTATIONS", "MOST_ROTATIONS", "ROTATION_COLUMNS", "rotation_test", "stages"]

IntArray = NDArray[np.int64]
Float32Array = NDArray[np.float32]

FIRST_ROTATIONS = 9_999
MOST_ROTATIONS = 99_999
ROTATION_COLUMNS: tuple[str, ...] = (
    "mean_rank",
    "up",
    "down",
    "mixed",
    "pvalue",
    "n_rotations",
)

# A set with fewer passes goes on: the standard error of p is then a third of it or more.
_FEW_PASSES = 10
_STAGE_GROWTH = 10**0.5
# Rotations drawn at once; their number changes no result.
_CHUNK = 4096
_UP, _DOWN, _MIXED = range(3)


def rotation_test(
    space: ResidualSpace,
    sets: SetIndex,
    *,
    moderated: ModeratedT | None = None,
    rotations: int = MOST_ROTATIONS,
    seed: int = 0,
    jobs: int = 1,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Test whether the genes of each set rank higher or lower than the other genes.

    Parameters
    ----------
    space
        Effects of the contrast and of the residuals.
    sets
        Positions of each set's genes.
    moderated
        Moderated t statistics of `space`; computed with one prior for all genes without.
    rotations
        The most rotations a set gets.
    seed, jobs
        Seed of the rotations; threads to use. A rotation is drawn from the seed and its number
        alone, and the result depends neither on `jobs` nor on the other sets.
    progress
        Told of batches of rotations.

    Returns
    -------
    pandas.DataFrame
        One row a set, in order: ``mean_rank`` (from -1, all at the bottom, to 1); one-sided
        p-values ``up`` and ``down``; ``mixed``, for changes either way; ``pvalue``, twice the
        smaller of up and down and at most 1; and the rotations up and down rest on (mixed always
        rests on the first stage).

    Raises
    ------
    UsageError
        If fewer than 99 rotations are asked for.
    """
    moderated = moderated_t(space) if moderated is None else moderated
    rotated = RotatedRanks.of(winsorised_effects(space, moderated), moderated.prior)
    observed = rank_sums(rotated.scores(moderated.t, moderated.prior.df + space.df), sets)
    counts = np.zeros((len(sets), 3), np.int64)
    n_used = np.zeros(len(sets), np.int64)
    active = np.arange(len(sets))
    draw, done = _Rotations(space.df + 1, seed), 0
    for number, stage in enumerate(stages(rotations)):
        index, wanted = sets.chosen(active), np.ascontiguousarray(observed[:, active])
        if progress is not None:
            progress.expect(-((done - stage) // _CHUNK))
        while done < stage:
            batch = draw(min(_CHUNK, stage - done))
            counts[active] += rotated.count(batch, index, wanted, number == 0, jobs)
            done += len(batch)
            if progress is not None:
                progress.advance(1)
        n_used[active] = done
        active = active[counts[active, :_MIXED].min(axis=1) < _FEW_PASSES]
        if not active.size:
            break
    return _table(counts, n_used, stages(rotations)[0], observed[0], sets, space.n_genes)


def stages(rotations: int) -> list[int]:
    """Return the numbers of rotations after which a set may stop.

    Raises
    ------
    UsageError
        If `rotations` is below 99.
    """
    if rotations < 99:
        raise UsageError(f"--rotations must be 99 or more, not {rotations}: p has no lower value")
    found = [min(FIRST_ROTATIONS, rotations)]
    while found[-1] < rotations:
        found.append(min(rotations, round((found[-1] + 1) * _STAGE_GROWTH) - 1))
    return found


class _Rotations:
    """Unit vectors, uniform on the sphere: normal draws over their length."""

    def __init__(self, n: int, seed: int) -> None:
        self._n = n
        self._generator = np.random.Generator(np.random.Philox(seed))

    def __call__(self, size: int) -> Float32Array:
        draws = self._generator.standard_normal((size, self._n))
        length = np.sqrt(np.square(draws).sum(axis=1, keepdims=True))
        return np.asarray((draws / length).astype(np.float32))


def _table(
    counts: IntArray, n_used: IntArray, n_first: int, sums: IntArray, sets: SetIndex, n_genes: int
) -> pd.DataFrame:
    up, down = ((counts[:, way] + 1) / (n_used + 1) for way in (_UP, _DOWN))
    return pd.DataFrame(
        {
            "mean_rank": place_of_mean_rank(sums, sets, n_genes),
            "up": up,
            "down": down,
            "mixed": (counts[:, _MIXED] + 1) / (n_first + 1),
            "pvalue": np.minimum(1.0, 2 * np.minimum(up, down)),
            "n_rotations": n_used,
        }
    )
