"""Counts in tables: Fisher's exact test, odds ratios, intervals of proportions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.stats.contingency import odds_ratio

from rnaseq_s6k1.errors import DataError

__all__ = ["FisherTest", "contingency_test", "fisher_test", "wilson_interval"]

#: Cochran's rule: below five expected the chi-square approximation is poor.
_FEW_EXPECTED = 5


@dataclass(frozen=True)
class FisherTest:
    """Association of two yes-or-no properties.

    Attributes
    ----------
    log2_odds_ratio
        log2 of the sample odds ratio, ``both * neither / (a_only * b_only)``, as cBioPortal
        gives it: infinite where a cell is 0, NaN where a margin is.
    log2_odds_ratio_haldane
        The same with 0.5 added to every cell where one of them is 0 (Haldane, Annals of Human
        Genetics 1956, 20:309), and equal to it elsewhere.
    corrected
        Whether it was added.
    odds_ratio
        The conditional maximum-likelihood estimate, that of R's ``fisher.test``.
    ci_low, ci_high
        Its exact confidence interval, on the scale of the odds ratio.
    pvalue
        Two-sided: the probability of all tables no likelier than this one.
    pvalue_cooccurrence, pvalue_exclusivity
        One-sided, for more and for fewer samples with both than independence gives.
    """

    log2_odds_ratio: float
    log2_odds_ratio_haldane: float
    corrected: bool
    odds_ratio: float
    ci_low: float
    ci_high: float
    pvalue: float
    pvalue_cooccurrence: float
    pvalue_exclusivity: float


def fisher_test(
    both: int, a_only: int, b_only: int, neither: int, *, confidence: float = 0.95
) -> FisherTest:
    """Test whether two properties are independent (Fisher 1935).

    Parameters
    ----------
    both, a_only, b_only, neither
        Numbers of samples.
    confidence
        Of the interval.

    Raises
    ------
    DataError
        If a number is negative, or there is no sample.
    """
    cells = np.array([[both, a_only], [b_only, neither]], dtype=np.int64)
    if (cells < 0).any() or not cells.any():
        raise DataError(
            f"a 2 x 2 table needs counts of samples, not {both}, {a_only}, {b_only}, {neither}"
        )
    corrected = bool((cells == 0).any())
    plain = _log2_odds(cells.astype(float))
    determined = bool(cells.sum(axis=0).all() and cells.sum(axis=1).all())
    estimate = low = high = float("nan")
    if determined:
        fitted = odds_ratio(cells, kind="conditional")
        interval = fitted.confidence_interval(confidence)
        estimate = float(fitted.statistic)
        low, high = float(interval.low), float(interval.high)
    return FisherTest(
        log2_odds_ratio=plain,
        log2_odds_ratio_haldane=_log2_odds(cells.astype(float) + 0.5) if corrected else plain,
        corrected=corrected,
        odds_ratio=estimate,
        ci_low=low,
        ci_high=high,
        pvalue=float(stats.fisher_exact(cells).pvalue),
        pvalue_cooccurrence=float(stats.fisher_exact(cells, alternative="greater").pvalue),
        pvalue_exclusivity=float(stats.fisher_exact(cells, alternative="less").pvalue),
    )


def _log2_odds(cells: NDArray[np.float64]) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log2(cells)
        return float(logs[0, 0] + logs[1, 1] - logs[0, 1] - logs[1, 0])


def wilson_interval(
    successes: ArrayLike, trials: ArrayLike, *, confidence: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Give the score interval of a proportion (Wilson, JASA 1927, 22:209).

    .. math:: \frac{p + z^2/2n \pm z \sqrt{p(1-p)/n + z^2/4n^2}}{1 + z^2/n}

    without continuity correction.

    Parameters
    ----------
    successes, trials
        Counts, of one shape.
    confidence
        Of the interval.

    Returns
    -------
    numpy.ndarray, numpy.ndarray
        Lower and upper limits as shares; NaN where there are no trials.
    """
    k, n = np.asarray(successes, dtype=float), np.asarray(trials, dtype=float)
    z = float(stats.norm.isf((1 - confidence) / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        p = k / n
        centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        reach = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    # At 0 and n the limits are exactly 0 and 1; rounding would leave 1e-18.
    low = np.where(k == 0, 0.0, centre - reach)
    high = np.where(k == n, 1.0, centre + reach)
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


def contingency_test(counts: NDArray[np.integer]) -> tuple[str, float]:
    """Test whether the rows and columns of a table of counts are independent.

    Parameters
    ----------
    counts
        Shape ``(n_levels, n_groups)``.

    Returns
    -------
    str
        ``Fisher exact`` for 2 x 2, ``chi-square`` for more, ``chi-square (sparse)`` where fewer
        than five samples are expected in a cell, ``none`` where nothing can be tested.
    float
        p-value; NaN without a test.
    """
    if min(counts.shape) < 2 or not counts.sum(axis=0).all() or not counts.sum(axis=1).all():
        return "none", float("nan")
    if counts.shape == (2, 2):
        return "Fisher exact", float(stats.fisher_exact(counts).pvalue)
    result = stats.chi2_contingency(counts)
    sparse = bool((result.expected_freq < _FEW_EXPECTED).any())
    return "chi-square (sparse)" if sparse else "chi-square", float(result.pvalue)
