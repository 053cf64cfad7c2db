r"""Fisher's exact test of many 2 x 2 tables at once: tail probability, odds ratio, interval.

The odds ratio is the conditional maximum-likelihood estimate and its interval is exact
(Cornfield, Proc. Third Berkeley Symposium 1956, 4:135), both given the margins, as the test's
p-value is. R's ``fisher.test`` prints these. The sample odds ratio
:math:`k (N - K - n + k) / ((K - k)(n - k))` lies a little farther from 1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rnaseq_s6k1.enrichment.hypergeometric_kernel import log_upper_tails, odds_ratios
from rnaseq_s6k1.errors import DataError

__all__ = ["OddsRatio", "conditional_odds_ratio", "log_upper_tail"]

FloatArray = NDArray[np.float64]


class OddsRatio(NamedTuple):
    """Odds ratios with their confidence limits, each of shape ``(n_tests,)``."""

    estimate: FloatArray
    ci_low: FloatArray
    ci_high: FloatArray


def log_upper_tail(
    overlap: ArrayLike, size: ArrayLike, listed: ArrayLike, universe: int
) -> FloatArray:
    r"""Return the natural logarithm of the hypergeometric tail :math:`P(X \ge k)`.

    Logarithms do not underflow where probabilities would.

    Parameters
    ----------
    overlap
        Genes in both set and list, k, shape ``(n_tests,)``.
    size
        Genes in the set, K.
    listed
        Genes on the list, n.
    universe
        All genes, N.

    Raises
    ------
    DataError
        If the numbers do not make a table of counts.
    """
    k, K, n = _checked(overlap, size, listed, universe)
    found = np.empty(len(k))
    log_upper_tails(k, K, n, universe, found)
    return found


def conditional_odds_ratio(
    overlap: ArrayLike, size: ArrayLike, listed: ArrayLike, universe: int, *, level: float = 0.95
) -> OddsRatio:
    """Estimate odds ratios and their exact two-sided confidence intervals, given the margins.

    Parameters
    ----------
    overlap, size, listed, universe
        As in `log_upper_tail`.
    level
        Of the interval, which has (1 - level)/2 on either side: its lower limit exceeds 1 where the
        one-sided p-value is below that.

    Returns
    -------
    OddsRatio
        The estimate is 0 or infinite where the overlap is the smallest or the largest that the
        margins allow, and NaN where they allow just one.

    Raises
    ------
    DataError
        If the numbers do not make a table of counts.
    """
    k, K, n = _checked(overlap, size, listed, universe)
    found = np.empty((len(k), 3))
    odds_ratios(k, K, n, universe, (1.0 - level) / 2.0, found)
    return OddsRatio(found[:, 0].copy(), found[:, 1].copy(), found[:, 2].copy())


def _checked(
    overlap: ArrayLike, size: ArrayLike, listed: ArrayLike, universe: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    k, K, n = (
        np.ascontiguousarray(part, dtype=np.int64)
        for part in np.broadcast_arrays(*map(np.atleast_1d, (overlap, size, listed)))
    )
    wrong = (k < np.maximum(0, n + K - universe)) | (k > np.minimum(n, K)) | (n > universe)
    wrong |= (universe < K) | (n < 0) | (K < 0)
    if wrong.any():
        i = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"an overlap of {k[i]} between {K[i]} genes and {n[i]} genes of {universe} is "
            "impossible; count the genes of one universe"
        )
    return k, K, n
