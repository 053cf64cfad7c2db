"""Kaplan-Meier curves, numbers at risk, median and restricted mean survival time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from rnaseq_s6k1.process_wide import caught_warnings

__all__ = [
    "KaplanMeier",
    "RestrictedMean",
    "kaplan_meier",
    "numbers_at_risk",
    "restricted_mean",
    "restricted_mean_difference",
]

Array = NDArray[np.float64]

#: Survival is a product of fractions: a half may come out a rounding away from a half.
_HALF_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class KaplanMeier:
    """A Kaplan-Meier curve.

    Attributes
    ----------
    table
        One row a distinct time, from time 0: ``time n_risk n_event n_censored survival ci_low
        ci_high``. The interval is Greenwood's on the log(-log) scale, as lifelines computes it
        (Kalbfleisch and Prentice 1980); NA where survival is 0.
    median, median_low, median_high
        Median survival time, with Brookmeyer and Crowley's interval (Biometrics 1982, 38:29) on
        the same scale; NaN where the curve does not come down to a half.
    """

    table: pd.DataFrame
    median: float
    median_low: float
    median_high: float


@dataclass(frozen=True)
class RestrictedMean:
    """Mean survival time up to a horizon, with its standard error, in the unit of the times."""

    horizon: float
    mean: float
    se: float


def kaplan_meier(time: Array, event: NDArray[np.bool_], *, level: float = 0.95) -> KaplanMeier:
    """Estimate a survival curve.

    Parameters
    ----------
    time
        Positive times, shape ``(n,)``.
    event
        Whether the time ends in an event, shape ``(n,)``.
    level
        Of the pointwise confidence intervals.
    """
    from lifelines import KaplanMeierFitter

    # The log(-log) interval of a curve at 0 or 1 is not a number, which is said by NA.
    with caught_warnings():
        fitted = KaplanMeierFitter(alpha=1 - level).fit(time, event)
        interval = fitted.confidence_interval_
    counts = fitted.event_table
    survival = fitted.survival_function_.iloc[:, 0].to_numpy(dtype=float)
    low, high = (interval.iloc[:, k].to_numpy(dtype=float).copy() for k in (0, 1))
    low[survival <= 0] = high[survival <= 0] = np.nan
    low[survival >= 1] = high[survival >= 1] = 1.0
    table = pd.DataFrame(
        {
            "time": counts.index.to_numpy(dtype=float),
            "n_risk": counts["at_risk"].to_numpy(dtype=int),
            "n_event": counts["observed"].to_numpy(dtype=int),
            "n_censored": counts["censored"].to_numpy(dtype=int),
            "survival": survival,
            "ci_low": low,
            "ci_high": high,
        }
    )
    times = table["time"].to_numpy()
    return KaplanMeier(
        table,
        median=_time_at_half(times, survival),
        median_low=_time_at_half(times, low),
        median_high=_time_at_half(times, high),
    )


def _time_at_half(time: Array, curve: Array) -> float:
    """Find when a step function comes down to a half.

    Where it runs at exactly a half for a while, the middle of that stretch, as R's
    documentation of ``quantile.survfit`` has it.
    """
    # A curve whose interval is undefined at the end has come down before it.
    below = np.flatnonzero(curve <= 0.5 + _HALF_TOLERANCE)
    if not below.size:
        return float("nan")
    first = int(below[0])
    if curve[first] < 0.5 - _HALF_TOLERANCE:
        return float(time[first])
    lower = np.flatnonzero(curve < 0.5 - _HALF_TOLERANCE)
    return float((time[first] + time[lower[0]]) / 2) if lower.size else float(time[first])


def numbers_at_risk(time: Array, grid: Array) -> NDArray[np.intp]:
    """Count those still under observation, and without an event, just before each time.

    Parameters
    ----------
    time
        Times of the patients, shape ``(n,)``.
    grid
        Times to count at, shape ``(n_grid,)``.
    """
    return np.asarray(len(time) - np.searchsorted(np.sort(time), grid, side="left"))


def restricted_mean(curve: KaplanMeier, horizon: float) -> RestrictedMean:
    r"""Integrate a curve up to a horizon.

    The variance is :math:`\sum_i \left(\int_{t_i}^{\tau} S\right)^2 \frac{d_i}{n_i (n_i - d_i)}`
    over the event times up to the horizon (Klein and Moeschberger 2003, equation 4.5.2).

    Parameters
    ----------
    curve
        From `kaplan_meier`.
    horizon
        :math:`\tau`, in the unit of the times.
    """
    table = curve.table[curve.table["time"] < horizon]
    edges = np.append(table["time"].to_numpy(dtype=float), horizon)
    areas = table["survival"].to_numpy(dtype=float) * np.diff(edges)
    beyond = areas[::-1].cumsum()[::-1]
    d, n = (table[name].to_numpy(dtype=float) for name in ("n_event", "n_risk"))
    left = n > d  # where everybody dies, nothing lies beyond
    variance = np.sum(beyond[left] ** 2 * d[left] / (n[left] * (n[left] - d[left])))
    return RestrictedMean(horizon, float(areas.sum()), float(np.sqrt(variance)))


def restricted_mean_difference(
    target: RestrictedMean, reference: RestrictedMean, *, level: float = 0.95
) -> tuple[float, float, float, float]:
    """Give target less reference, its interval and the two-sided normal p."""
    difference = target.mean - reference.mean
    se = float(np.hypot(target.se, reference.se))
    if se == 0:
        return difference, np.nan, np.nan, np.nan
    reach = float(norm.isf((1 - level) / 2)) * se
    return (
        difference,
        difference - reach,
        difference + reach,
        float(2 * norm.sf(abs(difference) / se)),
    )
