r"""The best cut of a marker, and the p-value that knows it was searched for.

With log-rank scores :math:`a_i = \delta_i - \hat\Lambda(t_i)` (:math:`\hat\Lambda` the
Nelson-Aalen estimate of all samples), a cut that leaves :math:`m` of :math:`N` samples at or below
it has the statistic

.. math:: T_m = \sum_{i: x_i \le \mu} (a_i - \bar a) \Big/
          \sqrt{\tfrac{m (N - m)}{N (N - 1)} \sum_i (a_i - \bar a)^2},

and :math:`M = \max |T_m|` over the cuts between two quantiles of the marker (Lausen and Schumacher,
Biometrics 1992, 48:73). Given the scores, marker and outcome being independent, every pairing of
the two is equally likely: the p-value is the share of random pairings whose :math:`M` is as large
(the conditional distribution of Hothorn and Lausen, Computational Statistics & Data Analysis 2003,
43:121, by Monte Carlo). Beside it stand Miller and Siegmund's approximation (Biometrics 1982,
38:1011),

.. math:: 4 \varphi(b)/b + \varphi(b) (b - 1/b)
          \log \frac{\epsilon_2 (1 - \epsilon_1)}{(1 - \epsilon_2) \epsilon_1},

and the improved Bonferroni bound of Lausen, Sauerbrei and Schumacher (1994), which adds to the
first cut's p the chance of each next cut passing where the one before did not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from rnaseq_s6k1.errors import ModelError, UsageError

__all__ = ["BestCut", "best_cut", "lausen_bonferroni", "log_rank_scores", "miller_siegmund"]

Array = NDArray[np.float64]

#: Random pairings held in memory at a time, in cells.
_CELLS = 4_000_000


@dataclass(frozen=True, eq=False)
class BestCut:
    """The cut with the largest standardised log-rank statistic.

    Attributes
    ----------
    cut
        Samples at or below it are low, in the marker's unit.
    n_low, n_high
        Sizes of the groups.
    statistic
        ``M``; a positive `direction` means more events where the marker is high.
    direction
        1 or -1.
    naive_pvalue
        The normal p of `statistic` as if the cut had been given. Invalid.
    pvalue
        Corrected for the search, by random pairings: ``(b + 1) / (B + 1)``.
    n_permutations
        ``B``.
    pvalue_miller_siegmund, pvalue_bonferroni
        Corrected by approximation, at most 1.
    n_cuts
        Cuts that were tried.
    lower, upper
        Shares of the samples between which cuts were tried.
    profile
        One row a cut tried: ``cut n_low statistic`` (signed).
    """

    cut: float
    n_low: int
    n_high: int
    statistic: float
    direction: int
    naive_pvalue: float
    pvalue: float
    n_permutations: int
    pvalue_miller_siegmund: float
    pvalue_bonferroni: float
    n_cuts: int
    lower: float
    upper: float
    profile: pd.DataFrame


def log_rank_scores(time: Array, event: NDArray[np.bool_]) -> Array:
    """Give each sample its event less its expected events; the scores sum to 0.

    Parameters
    ----------
    time, event
        Shape ``(n,)``.
    """
    times, died = np.unique(time[event], return_counts=True)
    at_risk = len(time) - np.searchsorted(np.sort(time), times, side="left")
    hazard = np.append(0.0, np.cumsum(died / at_risk))
    return np.asarray(event.astype(float) - hazard[np.searchsorted(times, time, side="right")])


def best_cut(
    marker: Array,
    time: Array,
    event: NDArray[np.bool_],
    *,
    lower: float = 0.1,
    upper: float = 0.9,
    permutations: int = 9_999,
    seed: int = 0,
) -> BestCut:
    """Search the cut that separates survival most, and correct its p for the search.

    Parameters
    ----------
    marker
        Values, shape ``(n,)``.
    time, event
        Shape ``(n,)``.
    lower, upper
        Shares of the samples at or below the cut between which cuts are tried.
    permutations
        Random pairings of marker and outcome.
    seed
        Of the pairings.

    Raises
    ------
    UsageError
        If the shares are none or out of order.
    ModelError
        If there is no event or no cut between the shares.
    """
    if not 0 < lower < upper < 1:
        raise UsageError(
            f"the cuts tried must lie between two shares of the samples, 0 < {lower:g} < "
            f"{upper:g} < 1 does not hold"
        )
    if not event.any():
        raise ModelError("--best-cut needs events and there are none")
    order = np.lexsort((time, event, marker))
    values = marker[order]
    scores = log_rank_scores(time, event)[order]
    n = len(values)
    last = np.flatnonzero(np.append(values[1:] != values[:-1], False))
    m = last + 1
    allowed = (m >= lower * n - 1e-9) & (m <= upper * n + 1e-9)
    last, m = last[allowed], m[allowed]
    if not len(m) or np.ptp(scores) == 0:
        raise ModelError(
            f"no cut of the marker leaves between {lower:.0%} and {upper:.0%} of {n} samples at or "
            "below it; too many share one value"
        )
    deviations = scores - scores.mean()
    scale = np.sqrt(m * (n - m) / (n * (n - 1)) * np.sum(deviations**2))
    signed = deviations.cumsum()[last] / scale
    at = int(np.argmax(np.round(np.abs(signed), 12)))
    observed = float(abs(signed[at]))
    rng = np.random.default_rng(seed)
    larger, left = 0, permutations
    while left:
        batch = min(left, max(1, _CELLS // n))
        drawn = rng.permuted(np.tile(deviations, (batch, 1)), axis=1)
        most = np.abs(drawn.cumsum(axis=1)[:, last] / scale).max(axis=1)
        larger += int((most >= observed - 1e-9).sum())
        left -= batch
    return BestCut(
        cut=float(values[last[at]]),
        n_low=int(m[at]),
        n_high=n - int(m[at]),
        statistic=observed,
        # A negative sum in the low group means fewer events there than expected.
        direction=-1 if signed[at] > 0 else 1,
        naive_pvalue=float(2 * norm.sf(observed)),
        pvalue=(larger + 1) / (permutations + 1),
        n_permutations=permutations,
        pvalue_miller_siegmund=miller_siegmund(observed, m[0] / n, m[-1] / n),
        pvalue_bonferroni=lausen_bonferroni(observed, m, n),
        n_cuts=len(m),
        lower=lower,
        upper=upper,
        profile=pd.DataFrame({"cut": values[last], "n_low": m, "statistic": -signed}),
    )


def miller_siegmund(b: float, lower: float, upper: float) -> float:
    """Approximate the chance that the largest of the statistics passes `b`; see the module.

    Parameters
    ----------
    b
        The statistic.
    lower, upper
        Shares of the samples at or below the first and the last cut.
    """
    if b <= 1:  # made for the tail, and falling to 0 again near 0
        return 1.0
    odds = np.log(upper * (1 - lower) / ((1 - upper) * lower))
    density = norm.pdf(b)
    return float(min(1.0, 4 * density / b + density * (b - 1 / b) * odds))


def lausen_bonferroni(b: float, m: NDArray[np.intp], n: int) -> float:
    """Bound the chance that the largest of the statistics passes `b`; see the module.

    Parameters
    ----------
    b
        The statistic.
    m
        Samples at or below each cut, ascending.
    n
        Samples.
    """
    i, j = m[:-1].astype(float), m[1:].astype(float)
    t = np.sqrt(1 - i * (n - j) / ((n - i) * j))
    steps = np.exp(-(b**2) / 2) / np.pi * (t - (b**2 / 4 - 1) * t**3 / 6)
    return float(min(1.0, 2 * norm.sf(b) + steps.sum()))
