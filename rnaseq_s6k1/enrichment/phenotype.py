r"""Permuted labels: the test of gene sets for cohorts.

Which sample belongs to which group is drawn anew, within strata of equal covariates, and the
statistic of a set is computed again: the mean rank of its genes' moderated t, as in the rotation
test (`rnaseq_s6k1.enrichment.rotation.mean_rank`). It needs no normal errors, and many samples.
Where no gene depends on the group, given the covariates, every such labelling is as likely as the
data, and

.. math:: p = \frac{b + 1}{m + 1}

for *b* of *m* drawn labellings as extreme is valid (Phipson and Smyth, Stat Appl Genet Mol Biol
2010, 9:39); where there are no more labellings than would be drawn, each is taken once and
:math:`p = b/m`, the data's own being one of them.

With the group's column :math:`x` and the other columns of the design as :math:`Z`, let
:math:`\tilde x` be what :math:`Z` leaves of :math:`x`, and :math:`S_g` the squares of gene *g* that
:math:`Z` leaves, which no labelling changes. Then

.. math::
    \hat\beta_g = \frac{\tilde x' y_g}{\tilde x' \tilde x}, \qquad
    d\, s_g^2 = S_g - \frac{(\tilde x' y_g)^2}{\tilde x' \tilde x}, \qquad
    t_g = \frac{\tilde x' y_g}{\sqrt{\tilde x' \tilde x}}
          \Big/ \sqrt{\frac{d_0 s_0^2 + d\, s_g^2}{d_0 + d}},

with the prior :math:`d_0, s_0^2` (Smyth, Stat Appl Genet Mol Biol 2004, 3:3) of the variances that
:math:`Z` leaves, which no labelling changes either: so the test is exact.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from rnaseq_s6k1.enrichment.rotation.moderated_t import fit_prior
from rnaseq_s6k1.enrichment.rotation.set_index import SetIndex
from rnaseq_s6k1.enrichment.sample_data import SampleData
from rnaseq_s6k1.errors import ModelError
from rnaseq_s6k1.process_wide import one_blas_thread

__all__ = ["MOST_PERMUTATIONS", "distinct_labellings", "phenotype_test"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_PERMUTATIONS = 9_999
# The two-sided p-value that a design must be able to reach.
_REACHABLE = 0.01
_BLOCK = 64


@dataclass(frozen=True)
class _Labels:
    """The group of each sample, and the strata it may be exchanged in.

    Attributes
    ----------
    target
        Whether a sample is in the target group, shape ``(n_samples,)``.
    nuisance
        The design without the group's column, shape ``(n_samples, n_others)``.
    strata
        Positions of the samples of each stratum.
    """

    target: NDArray[np.bool_]
    nuisance: FloatArray
    strata: tuple[IntArray, ...]

    @property
    def distinct(self) -> int:
        """How many labellings there are."""
        return math.prod(math.comb(len(s), int(self.target[s].sum())) for s in self.strata)

    def every(self) -> Iterator[NDArray[np.bool_]]:
        """Give each labelling once."""
        ways = [itertools.combinations(s, int(self.target[s].sum())) for s in self.strata]
        for chosen in itertools.product(*ways):
            label = np.zeros(len(self.target), dtype=bool)
            label[[i for part in chosen for i in part]] = True
            yield label

    def drawn(self, number: int, seed: int) -> Iterator[NDArray[np.bool_]]:
        """Give random labellings."""
        rng = np.random.Generator(np.random.Philox(seed))
        for _ in range(number):
            label = self.target.copy()
            for stratum in self.strata:
                label[stratum] = rng.permutation(label[stratum])
            yield label


def distinct_labellings(samples: SampleData) -> int:
    """Return in how many ways the groups can be exchanged within the strata.

    Raises
    ------
    ModelError
        See `phenotype_test`.
    """
    return _labels(samples).distinct


def phenotype_test(
    samples: SampleData, sets: SetIndex, *, permutations: int = MOST_PERMUTATIONS, seed: int = 0
) -> pd.DataFrame:
    """Test whether the genes of each set rank higher or lower than labels drawn anew make them.

    Parameters
    ----------
    samples
        Expression, design and contrast: one column of 0 and 1 for two groups.
    sets
        Positions of each set's genes.
    permutations
        How many labellings are drawn; all of them are taken where there are no more.
    seed
        Of the draws.

    Returns
    -------
    pandas.DataFrame
        One row a set: one-sided ``up`` and ``down``, and ``pvalue``, twice the smaller of them
        and at most 1.

    Raises
    ------
    ModelError
        If the contrast is not of two groups by one column, a covariate has as many values as
        samples so that nothing can be exchanged, or the distinct labellings cannot reach a
        two-sided p of 0.01.
    """
    labels = _labels(samples)
    if 2 / labels.distinct > _REACHABLE:
        raise ModelError(
            f"labels can be exchanged in {labels.distinct} ways only (within strata of equal "
            f"covariates), and so no two-sided p-value can be below {2 / labels.distinct:.2g}; "
            "use --test rotation, or fewer covariates"
        )
    whole = labels.distinct <= permutations + 1
    statistics = _Statistics.of(samples, labels)
    observed = _sums(statistics.of_labels(labels.target[None]), sets)[0]
    higher, lower, done = np.zeros((3, len(sets)), dtype=np.int64)
    several = labels.every() if whole else labels.drawn(permutations, seed)
    with one_blas_thread():
        while block := list(itertools.islice(several, _BLOCK)):
            sums = _sums(statistics.of_labels(np.array(block)), sets)
            higher += (sums >= observed).sum(axis=0)
            lower += (sums <= observed).sum(axis=0)
            done += len(block)
    extra = 0 if whole else 1
    up, down = (higher + extra) / (done + extra), (lower + extra) / (done + extra)
    return pd.DataFrame(
        {"up": up, "down": down, "pvalue": np.minimum(1.0, 2 * np.minimum(up, down))}
    )


def _labels(samples: SampleData) -> _Labels:
    column = np.flatnonzero(samples.contrast)
    refusal = (
        "labels can be permuted for a comparison of two groups only, as one column of the design; "
    )
    if len(column) != 1:
        raise ModelError(refusal + "keep the samples of two levels (--where), or use rotation")
    x = samples.design[:, column[0]]
    if set(np.unique(x)) != {0.0, 1.0}:
        raise ModelError(refusal + "a continuous variable has no groups; use --test rotation")
    target = (x > 0) if samples.contrast[column[0]] > 0 else (x == 0)
    nuisance = np.delete(samples.design, column[0], axis=1)
    _, membership = np.unique(nuisance, axis=0, return_inverse=True)
    membership = membership.ravel()
    strata = tuple(np.flatnonzero(membership == k) for k in range(membership.max() + 1))
    return _Labels(target, nuisance, strata)


@dataclass(frozen=True)
class _Statistics:
    """What the moderated t of any labelling takes; see the module."""

    expression: FloatArray
    basis: FloatArray
    squares: FloatArray
    prior_df: FloatArray
    prior_variance: FloatArray
    df: int

    @classmethod
    def of(cls, samples: SampleData, labels: _Labels) -> _Statistics:
        basis = np.linalg.qr(labels.nuisance)[0]
        left = samples.expression - basis @ (basis.T @ samples.expression)
        squares = np.square(left).sum(axis=0)
        free = len(left) - labels.nuisance.shape[1]
        prior = fit_prior(squares / free, free)
        return cls(left, basis, squares, prior.df, prior.variance, samples.residual_df)

    def of_labels(self, labels: NDArray[np.bool_]) -> FloatArray:
        """Return moderated t, shape ``(n_labellings, n_genes)``."""
        x = labels.astype(float)
        x -= (x @ self.basis) @ self.basis.T
        x /= np.linalg.norm(x, axis=1, keepdims=True)
        effects = x @ self.expression
        residual = np.maximum(self.squares - np.square(effects), 0.0)
        finite = np.isfinite(self.prior_df)
        weight = np.where(finite, self.prior_df, 0.0)
        variance = (weight * self.prior_variance + residual) / (weight + self.df)
        variance = np.where(finite, variance, self.prior_variance)
        spread = np.sqrt(variance)
        return np.divide(effects, spread, out=np.zeros_like(effects), where=spread > 0)


def _sums(statistics: FloatArray, sets: SetIndex) -> FloatArray:
    """Return the sums of the ranks of each set's genes, ``(n_labellings, n_sets)``.

    Multiples of a half, and so the same in any order. Statistics are rounded before they are
    ranked: the last digits, which the order of sums decides, would part tied labellings.
    """
    ranks = rankdata(np.round(statistics, 9), axis=1)
    return np.asarray(np.add.reduceat(ranks[:, sets.members], sets.starts[:-1], axis=1))
