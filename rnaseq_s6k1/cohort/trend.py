r"""Trend of a measurement over ordered groups: the Jonckheere-Terpstra test.

With :math:`U_{ij}` the number of pairs, one from group *i* and one from the later group *j*,
whose later value is larger (ties count half), the statistic is :math:`J = \sum_{i<j} U_{ij}`
(Terpstra 1952; Jonckheere, Biometrika 1954, 41:133). Under the null its mean is
:math:`(N^2 - \sum n_i^2)/4`, and its variance with ties (Hollander and Wolfe, Nonparametric
Statistical Methods, 2nd edition 1999, equation 6.19) is

.. math::

   \frac{1}{72}\Big[N(N-1)(2N+5) - \sum n_i(n_i-1)(2n_i+5) - \sum t_j(t_j-1)(2t_j+5)\Big]
   + \frac{\sum n_i(n_i-1)(n_i-2) \sum t_j(t_j-1)(t_j-2)}{36 N(N-1)(N-2)}
   + \frac{\sum n_i(n_i-1) \sum t_j(t_j-1)}{8 N(N-1)}

for group sizes :math:`n_i` and :math:`t_j` equal values. p is from the normal distribution,
without continuity correction; it equals that of Kendall's tau-b between values and groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from rnaseq_s6k1.errors import ModelError

__all__ = ["TrendTest", "jonckheere_terpstra"]


@dataclass(frozen=True)
class TrendTest:
    """Result of the Jonckheere-Terpstra test.

    Attributes
    ----------
    statistic
        J.
    mean, variance
        Of J under the null.
    z
        Standardised J; positive where values rise with the groups.
    pvalue
        Two-sided.
    """

    statistic: float
    mean: float
    variance: float
    z: float
    pvalue: float


def jonckheere_terpstra(groups: Sequence[NDArray[np.float64]]) -> TrendTest:
    """Test for a trend over ordered groups; see the module's equations.

    Parameters
    ----------
    groups
        Finite values of each group, the groups in order; empty ones count for nothing.

    Raises
    ------
    ModelError
        If fewer than two groups have values, or all values are equal.
    """
    filled = [np.sort(np.asarray(group, dtype=float)) for group in groups if len(group)]
    if len(filled) < 2:
        raise ModelError("a trend needs at least two groups with samples")
    statistic = sum(
        _larger_pairs(first, later) for at, first in enumerate(filled) for later in filled[at + 1 :]
    )
    sizes = np.array([len(group) for group in filled], dtype=float)
    everything = np.concatenate(filled)
    ties = np.unique(everything, return_counts=True)[1].astype(float)
    total = float(len(everything))
    mean = (total**2 - float((sizes**2).sum())) / 4
    variance = _variance(total, sizes, ties)
    if variance <= 0:
        raise ModelError("all values are equal, so that no trend can be tested")
    z = (statistic - mean) / np.sqrt(variance)
    return TrendTest(statistic, mean, variance, float(z), float(2 * stats.norm.sf(abs(z))))


def _larger_pairs(first: NDArray[np.float64], later: NDArray[np.float64]) -> float:
    """Count pairs whose later value is larger, ties for half; both sorted."""
    below = np.searchsorted(first, later, side="left").sum()
    not_above = np.searchsorted(first, later, side="right").sum()
    return float(below + not_above) / 2


def _variance(total: float, sizes: NDArray[np.float64], ties: NDArray[np.float64]) -> float:
    def cubic(k: NDArray[np.float64] | float) -> float:
        return float(np.sum(np.asarray(k * (k - 1) * (2 * k + 5))))

    def triples(k: NDArray[np.float64]) -> float:
        return float((k * (k - 1) * (k - 2)).sum())

    def pairs(k: NDArray[np.float64]) -> float:
        return float((k * (k - 1)).sum())

    variance = (cubic(total) - cubic(sizes) - cubic(ties)) / 72
    if total > 2:
        variance += triples(sizes) * triples(ties) / (36 * total * (total - 1) * (total - 2))
    return variance + pairs(sizes) * pairs(ties) / (8 * total * (total - 1))
