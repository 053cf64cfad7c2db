r"""A gene's signed card score: how far the card's core sets move when the cohort is split on it.

For a gene *x* the samples are divided by its own expression, and every other gene gets the
moderated t of the division, given the covariates. The statistics of *N* genes are ranked from 1
(lowest; ties share their mean rank), *x* itself left out. A core set of *k* genes, *x* left out,
with mean rank :math:`\bar r` has

.. math:: z = \frac{\bar r - (N + 1)/2}{\sqrt{(N - k)(N + 1) / (12 k)}}

(Wilcoxon's rank sum, standardised), positive where the set is higher in the high group. The
score is the mean over the core sets of :math:`\pm z`, with the sign in which the card expects
the set, and turned round for a card whose driver goes down. It is compared between genes only:
correlation among a set's genes makes *z* far wider than a standard normal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from rnaseq_s6k1._version import __version__
from rnaseq_s6k1.cohort.cuts import Cut
from rnaseq_s6k1.cohort.screen.linear import moderated_t, split_basis
from rnaseq_s6k1.cohort.split_groups import MIN_GROUP, split_within
from rnaseq_s6k1.errors import DataError, ModelError
from rnaseq_s6k1.io.wording import clip

__all__ = [
    "ClaimSet",
    "GeneScore",
    "ScreenProblem",
    "ScreenedGene",
    "SetColumns",
    "driver_groups",
    "score_gene",
    "set_scores",
]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class ClaimSet:
    """A core set of a card.

    Attributes
    ----------
    name
        Its name.
    sign
        1 where the card expects it higher with more of the driver, -1 where lower.
    genes
        Its genes, named as in the collection.
    """

    name: str
    sign: int
    genes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class SetColumns:
    """A core set as columns of the expression; see `ClaimSet`."""

    name: str
    sign: int
    columns: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class ScreenProblem:
    """What the scores of all genes are computed from.

    Attributes
    ----------
    expression
        Log2 counts per million of the genes that are ranked, each less its mean, shape
        ``(n_samples, n_ranked)``.
    covariates
        Intercept first, shape ``(n_samples, n_covariates)``.
    sets
        The core sets.
    cut
        How samples are divided; None where the standardised expression itself is the covariate.
    strata
        Each sample's stratum, in which it is cut; None where the whole cohort is.
    divided_by
        ``expression``, or which copy numbers genes are divided by.
    """

    expression: FloatArray
    covariates: FloatArray
    sets: tuple[SetColumns, ...]
    cut: Cut | None
    strata: NDArray[np.str_] | None = None
    divided_by: str = "expression"

    @cached_property
    def squares(self) -> FloatArray:
        """Squares of the expression."""
        return np.square(self.expression)

    @property
    def checksum(self) -> str:
        """SHA-256 of everything a score depends on."""
        digest = hashlib.sha256(__version__.encode())
        for array in (self.expression, self.covariates):
            digest.update(repr(array.shape).encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        for one in self.sets:
            digest.update(repr((one.name, one.sign, one.columns.tolist())).encode())
        digest.update(repr("continuous" if self.cut is None else self.cut).encode())
        digest.update(repr(None if self.strata is None else self.strata.tolist()).encode())
        digest.update(self.divided_by.encode())
        return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class ScreenedGene:
    """A gene to split the cohort on.

    Attributes
    ----------
    gene_id
        Its id.
    values
        Its log2 counts per million, or its copy numbers, shape ``(n_samples,)``.
    column
        Its column among the genes ranked; -1 where it is none of them.
    """

    gene_id: str
    values: FloatArray
    column: int


@dataclass(frozen=True)
class GeneScore:
    """The outcome for one gene.

    Attributes
    ----------
    gene_id
        Its id.
    score
        The signed card score; NaN where the cohort cannot be split on the gene.
    parts
        Signed *z* of each core set, in the problem's order.
    n_high, n_low
        Sizes of its groups; 0 both where the expression itself is the covariate.
    reason
        Why there is no score; empty where there is one.
    """

    gene_id: str
    score: float
    parts: tuple[float, ...]
    n_high: int
    n_low: int
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return what a journal keeps; missing numbers are None."""
        parts = [None if np.isnan(part) else part for part in self.parts]
        score = None if np.isnan(self.score) else self.score
        return {**asdict(self), "score": score, "parts": parts}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> GeneScore:
        """Read what `as_dict` returned.

        Raises
        ------
        DataError
            If it is something else.
        """
        try:
            parts = (np.nan if part is None else float(part) for part in content["parts"])
            score = np.nan if content["score"] is None else float(content["score"])
            return cls(
                str(content["gene_id"]),
                score,
                tuple(parts),
                int(content["n_high"]),
                int(content["n_low"]),
                str(content["reason"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"a finished gene cannot be read ({clip(error, 60)}); begin anew with --fresh"
            ) from error


def score_gene(problem: ScreenProblem, gene: ScreenedGene) -> GeneScore:
    """Split the cohort on a gene, test all others, and score the card's core sets.

    Parameters
    ----------
    problem
        What all genes share.
    gene
        The gene.

    Returns
    -------
    GeneScore
        Without a score, and with the reason, where the cohort cannot be split on the gene.
    """
    n_high = n_low = 0
    try:
        if problem.cut is None:
            used = np.ones(len(gene.values), dtype=bool)
            split = _standardised(gene.values)
        else:
            groups = driver_groups(gene.values, problem.cut, problem.strata)
            n_high, n_low = int((groups == "high").sum()), int((groups == "low").sum())
            used = (groups == "high") | (groups == "low")
            split = (groups == "high").astype(float)
        basis = split_basis(problem.covariates, split, used)
        t = moderated_t(problem.expression, problem.squares, basis)
    except ModelError as error:
        empty = (float("nan"),) * len(problem.sets)
        return GeneScore(gene.gene_id, float("nan"), empty, n_high, n_low, str(error))
    parts = tuple(set_scores(t, problem.sets, gene.column))
    return GeneScore(gene.gene_id, float(np.mean(parts)), parts, n_high, n_low)


def driver_groups(
    values: FloatArray, cut: Cut, strata: NDArray[np.str_] | None
) -> NDArray[np.str_]:
    """Divide the samples by a gene's expression, or by its copy number.

    Returns
    -------
    numpy.ndarray
        ``high``, ``middle``, ``low``, or ``""`` in a stratum that cannot be cut, shape
        ``(n_samples,)``.

    Raises
    ------
    ModelError
        If the cut leaves fewer than two samples a group, or a value is missing.
    """
    if np.isnan(values).any():
        raise ModelError("no copy number in every sample")
    if strata is not None:
        return split_within(values, strata, cut)[0]
    try:
        groups = cut.split(values)[0]
    except ModelError:
        raise ModelError("its quantiles are one value") from None
    smallest = min((groups == "high").sum(), (groups == "low").sum())
    if smallest < MIN_GROUP:
        raise ModelError(f"a group of {smallest}")
    return groups


def _standardised(values: FloatArray) -> FloatArray:
    spread = float(values.std(ddof=1))
    if not spread > 1e-9:
        raise ModelError("its expression does not vary")
    return np.asarray((values - values.mean()) / spread)


def set_scores(t: FloatArray, sets: tuple[SetColumns, ...], own: int) -> list[float]:
    """Give each set's signed z; the gene itself is neither ranked nor a member.

    Parameters
    ----------
    t
        A statistic of every ranked gene, shape ``(n_ranked,)``.
    sets
        The core sets.
    own
        The screened gene's column, -1 where it is not ranked.
    """
    if own >= 0:
        t = t.copy()
        t[own] = -np.inf
    ranks, n = rankdata(t), len(t)
    if own >= 0:  # it has rank 1 and no other gene has
        ranks, n = ranks - 1, n - 1
    parts = []
    for one in sets:
        columns = one.columns[one.columns != own]
        k = len(columns)
        spread = np.sqrt((n - k) * (n + 1) / (12 * k))
        parts.append(float(one.sign * (ranks[columns].mean() - (n + 1) / 2) / spread))
    return parts
