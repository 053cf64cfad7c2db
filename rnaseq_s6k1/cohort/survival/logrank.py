r"""The log-rank test for two or more groups, with or without strata.

At each event time with :math:`n` at risk and :math:`d` events, group :math:`k` with :math:`n_k` at
risk expects :math:`d n_k / n` events, with covariance
:math:`d \frac{n - d}{n - 1} (\delta_{kl} n_k / n - n_k n_l / n^2)`; observed less expected events
are summed over times and strata, and :math:`(O - E)' V^- (O - E)` is chi-squared with one degree
of freedom less than there are groups (Mantel 1966; Kalbfleisch and Prentice 1980, section 1.4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

__all__ = ["LogRank", "log_rank"]


@dataclass(frozen=True, eq=False)
class LogRank:
    """A log-rank test.

    Attributes
    ----------
    chisq
        The statistic; NaN where no two groups were ever at risk together at an event.
    df
        Degrees of freedom.
    pvalue
        Upper tail of the chi-squared distribution.
    observed, expected
        Events of each group, shape ``(n_groups,)``.
    """

    chisq: float
    df: int
    pvalue: float
    observed: NDArray[np.float64]
    expected: NDArray[np.float64]


def log_rank(
    time: NDArray[np.float64],
    event: NDArray[np.bool_],
    group: NDArray[np.intp],
    strata: NDArray[np.intp] | None = None,
) -> LogRank:
    """Test whether groups share one hazard; see the module's equation.

    Parameters
    ----------
    time
        Shape ``(n,)``.
    event
        Whether the time ends in an event, shape ``(n,)``.
    group
        Codes 0, 1, ... of the groups, shape ``(n,)``.
    strata
        Codes of the strata, shape ``(n,)``; None for one stratum.
    """
    n_groups = int(group.max()) + 1
    observed, expected = np.zeros(n_groups), np.zeros(n_groups)
    V = np.zeros((n_groups, n_groups))
    codes = np.zeros(len(time), dtype=np.intp) if strata is None else strata
    for code in np.unique(codes):
        inside = codes == code
        seen_events, due, W = _one_stratum(time[inside], event[inside], group[inside], n_groups)
        observed, expected, V = observed + seen_events, expected + due, V + W
    # Groups never at risk at an event have no variance, and take no part.
    seen = np.flatnonzero(np.diag(V) > 1e-12)
    df = len(seen) - 1
    if df < 1:
        return LogRank(np.nan, 0, np.nan, observed, expected)
    kept = seen[:-1]
    difference = (observed - expected)[kept]
    chisq = float(difference @ np.linalg.pinv(V[np.ix_(kept, kept)]) @ difference)
    return LogRank(chisq, df, float(chi2.sf(chisq, df)), observed, expected)


def _one_stratum(
    time: NDArray[np.float64], event: NDArray[np.bool_], group: NDArray[np.intp], n_groups: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    times = np.unique(time[event])
    at_risk = np.empty((len(times), n_groups))
    died = np.empty((len(times), n_groups))
    for k in range(n_groups):
        own = np.sort(time[group == k])
        at_risk[:, k] = len(own) - np.searchsorted(own, times, side="left")
        deaths = np.sort(time[(group == k) & event])
        died[:, k] = np.searchsorted(deaths, times, side="right") - np.searchsorted(
            deaths, times, side="left"
        )
    n, d = at_risk.sum(axis=1), died.sum(axis=1)
    share = at_risk / n[:, None]
    factor = d * (n - d) / np.maximum(n - 1, 1)
    V = np.einsum("t,tk,kl->kl", factor, share, np.eye(n_groups))
    V -= np.einsum("t,tk,tl->kl", factor, share, share)
    return died.sum(axis=0), (d[:, None] * share).sum(axis=0), V
