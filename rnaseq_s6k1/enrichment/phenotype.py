r"""The label-permutation test of the mean rank of a gene set, for cohorts.

The labels of the compared groups are permuted among the samples that agree in all covariates, so
that what the covariates explain stays explained (Anderson and Robinson, Aust N Z J Stat 2001,
43:75, on restricted permutation). With :math:`Z` the part of the design that is not compared,
:math:`l` the labels and :math:`M` the projection off :math:`Z`, the contrast's effect of gene *g*
is :math:`v' y_g` with :math:`v = M l / \lVert M l \rVert`; permuted labels give other unit vectors
of the same space. So the test is that of `rnaseq_s6k1.enrichment.rotation.mean_rank`, with the
directions that labels can take instead of all. It assumes nothing of the errors but that samples
within a stratum are exchangeable, and it is exact: the prior of the variances comes from
:math:`M y`, which no permutation changes, and nothing is winsorised. All splits are enumerated
where there are few enough.

A p-value has no lower value than one over the number of distinct splits, twice that in either
direction; with few samples it cannot be small.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import null_space
from threadpoolctl import threadpool_limits

from rnaseq_s6k1.enrichment.rotation.moderated_t import fit_prior
from rnaseq_s6k1.enrichment.rotation.rotated import (
    RotatedRanks,
    place_of_mean_rank,
    rank_sums,
)
from rnaseq_s6k1.enrichment.rotation.set_index import SetIndex
from rnaseq_s6k1.errors import UsageError

__all__ = ["PERMUTATIONS", "LabelSplits", "label_splits", "phenotype_test"]

FloatArray = NDArray[np.float64]
Float32Array = NDArray[np.float32]

PERMUTATIONS = 9_999

# A two-sided p-value below this must be possible.
_ATTAINABLE = 0.01
_CHUNK = 2048


@dataclass(frozen=True)
class LabelSplits:
    """The ways the labels can be dealt to the samples.

    Attributes
    ----------
    labels
        Of each sample: the value the contrast's column takes, shape ``(n_samples,)``.
    strata
        Number of the stratum of each sample, shape ``(n_samples,)``.
    nuisance
        The part of the design that is not compared, shape ``(n_samples, n_coefficients - 1)``.
    """

    labels: FloatArray
    strata: NDArray[np.int64]
    nuisance: FloatArray

    @property
    def groups(self) -> list[tuple[NDArray[np.intp], int]]:
        """Samples of each stratum with both labels, and how many have the higher one."""
        found = []
        for stratum in range(int(self.strata.max()) + 1):
            samples = np.flatnonzero(self.strata == stratum)
            higher = int((self.labels[samples] > self.labels[samples].min()).sum())
            if higher:
                found.append((samples, higher))
        return found

    @property
    def n_distinct(self) -> int:
        """How many distinct splits there are, the present one among them."""
        return math.prod(math.comb(len(samples), higher) for samples, higher in self.groups)

    def every(self) -> Iterator[FloatArray]:
        """Deal the labels in every distinct way."""
        groups = self.groups
        ways = [itertools.combinations(range(len(samples)), n) for samples, n in groups]
        for chosen in itertools.product(*ways):
            yield self._dealt(
                [samples[list(one)] for (samples, _), one in zip(groups, chosen, strict=True)]
            )

    def drawn(self, n: int, rng: np.random.Generator) -> Iterator[FloatArray]:
        """Deal the labels at random, `n` times."""
        groups = self.groups
        for _ in range(n):
            yield self._dealt([rng.permutation(samples)[:higher] for samples, higher in groups])

    def _dealt(self, higher: list[NDArray[np.intp]]) -> FloatArray:
        dealt = self.labels.copy()
        for (samples, _), chosen in zip(self.groups, higher, strict=True):
            dealt[samples] = self.labels[samples].min()
            dealt[chosen] = self.labels[samples].max()
        return dealt


def label_splits(design: ArrayLike, contrast: ArrayLike) -> LabelSplits:
    """Find what is permuted, and among which samples.

    Samples belong to one stratum where all of the design but the compared groups is the same for
    them. A continuous covariate leaves every sample to itself, and then nothing can be permuted.

    Parameters
    ----------
    design
        Of full column rank, shape ``(n_samples, n_coefficients)``.
    contrast
        Weights of the coefficients, shape ``(n_coefficients,)``.

    Raises
    ------
    UsageError
        If more than two groups are mixed within a stratum.
    """
    X, c = np.asarray(design, dtype=float), np.asarray(contrast, dtype=float)
    nuisance = X @ null_space(c[None, :])
    labels = np.round(X @ c / (c @ c), 9)
    _, strata = np.unique(np.round(nuisance, 9), axis=0, return_inverse=True)
    strata = np.asarray(strata, dtype=np.int64).ravel()
    for stratum in range(int(strata.max()) + 1):
        if np.unique(labels[strata == stratum]).size > 2:
            raise UsageError(
                "--test phenotype permutes two groups, and this contrast weighs more of them; use "
                "--test rotation"
            )
    return LabelSplits(labels, strata, nuisance)


def phenotype_test(
    expression: ArrayLike,
    design: ArrayLike,
    contrast: ArrayLike,
    sets: SetIndex,
    *,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
    jobs: int = 1,
) -> pd.DataFrame:
    """Test whether the genes of each set rank higher or lower than the other genes.

    Parameters
    ----------
    expression
        Log2 scale, finite, shape ``(n_samples, n_genes)``.
    design, contrast
        See `label_splits`.
    sets
        Positions of each set's genes.
    permutations
        Random splits drawn where there are more distinct ones; else all are enumerated.
    seed, jobs
        Seed of the splits; threads. The result does not depend on `jobs`.

    Returns
    -------
    pandas.DataFrame
        One row a set: ``mean_rank`` (from -1 to 1), one-sided ``up`` and ``down``, ``mixed``,
        ``pvalue`` (twice the smaller of up and down, at most 1), and ``n_permutations``. Of drawn
        splits p is (b + 1)/(n + 1); of enumerated ones, b/n, the present one among them.

    Raises
    ------
    UsageError
        If the distinct splits are too few for a two-sided p of 0.01, or fewer than 199
        permutations are asked for.
    """
    splits = label_splits(design, contrast)
    n_distinct = splits.n_distinct
    if 2 / n_distinct > _ATTAINABLE:
        raise UsageError(
            f"--test phenotype: the labels can be dealt in {n_distinct:,} distinct way"
            f"{'' if n_distinct == 1 else 's'} within the strata of the covariates, so that no p "
            f"is below {min(1.0, 2 / n_distinct):.2g}, and 0.01 must be possible; use "
            "--test rotation"
        )
    if 2 / (permutations + 1) > _ATTAINABLE:
        raise UsageError(
            f"--rotations must be 199 or more for --test phenotype, not {permutations}"
        )
    exact = n_distinct <= permutations + 1
    y = np.ascontiguousarray(expression, dtype=float)
    with threadpool_limits(limits=1, user_api="blas"):
        basis = np.linalg.qr(splits.nuisance, mode="complete")[0][:, splits.nuisance.shape[1] :]
        effects = basis.T @ y
        squares = np.square(effects).sum(axis=0)
        ranked = RotatedRanks.of(effects, fit_prior(squares / len(effects), len(effects)))
        observed = rank_sums(ranked.along(_directions(basis, [splits.labels])[0]), sets)
        dealt = splits.every() if exact else splits.drawn(permutations, np.random.default_rng(seed))
        counts = np.zeros((len(sets), 3), np.int64)
        while chunk := list(itertools.islice(dealt, _CHUNK)):
            counts += ranked.count(_directions(basis, chunk), sets, observed, True, jobs)
    n = n_distinct if exact else permutations
    p = counts / n if exact else (counts + 1) / (n + 1)
    table = pd.DataFrame(p, columns=["up", "down", "mixed"])
    table.insert(0, "mean_rank", place_of_mean_rank(observed[0], sets, y.shape[1]))
    table["pvalue"] = np.minimum(1.0, 2 * table[["up", "down"]].min(axis=1))
    table["n_permutations"] = n
    return table


def _directions(basis: FloatArray, labels: list[FloatArray]) -> Float32Array:
    """Return the unit vectors of the labels, less what the nuisance part explains of them."""
    # One product each: in a larger one the last digit may depend on what stands beside.
    projected = np.array([basis.T @ one for one in labels])
    return np.asarray((projected / np.linalg.norm(projected, axis=1)[:, None]).astype(np.float32))
