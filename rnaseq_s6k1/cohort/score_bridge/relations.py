r"""What a score goes with: rank correlation and Cox models, for many scores at once.

The partial rank correlation given :math:`z` is Pearson's of the residuals of the mid-ranks after
regression on the mid-ranks of :math:`z`. p is from :math:`t = r \sqrt{d/(1 - r^2)}` on
:math:`d = n - 2 - k` degrees of freedom (:math:`k` = 1 with :math:`z`, else 0), and the interval is
Fisher's with the standard error of Bonett and Wright (Psychometrika 2000, 65:23),
:math:`\sqrt{(1 + r^2/2)/(n - 3 - k)}`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata, t

from rnaseq_s6k1.cohort.survival.partial_likelihood import fit_many, risk_sets

__all__ = ["RankRelation", "hazard_statistics", "rank_relation"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RankRelation:
    """Rank correlations of several scores with one variable.

    Attributes
    ----------
    rho, ci_low, ci_high, pvalue
        Shape ``(n_scores,)``; NaN where nothing varies.
    n
        Samples.
    """

    rho: Array
    ci_low: Array
    ci_high: Array
    pvalue: Array
    n: int


def rank_relation(
    scores: Array, variable: Array, given: Array | None = None, *, level: float = 0.95
) -> RankRelation:
    """Correlate scores with a variable by ranks; see the module's equations.

    Parameters
    ----------
    scores
        Shape ``(n, n_scores)``.
    variable
        Shape ``(n,)``.
    given
        What to adjust for, shape ``(n,)``; None for nothing.
    level
        Of the interval.
    """
    n = len(variable)
    x, y = rankdata(scores, axis=0), rankdata(variable)
    x, y = x - x.mean(axis=0), y - y.mean()
    k = 0
    if given is not None:
        z = rankdata(given) - (n + 1) / 2
        size = float((z * z).sum())
        if size > 0:
            k = 1
            x = x - np.outer(z, (x * z[:, None]).sum(axis=0) / size)
            y = y - z * float((y * z).sum()) / size
    scale = np.sqrt((x * x).sum(axis=0) * float((y * y).sum()))
    rho = np.full(x.shape[1], np.nan)
    np.divide((x * y[:, None]).sum(axis=0), scale, out=rho, where=scale > 1e-6)
    rho = np.clip(rho, -1, 1)
    d = n - 2 - k
    nan = np.full(len(rho), np.nan)
    if d < 2:
        return RankRelation(rho, nan, nan, nan, n)
    with np.errstate(divide="ignore"):
        p = 2 * t.sf(np.abs(rho) * np.sqrt(d / (1 - rho**2)), d)
        centre = np.arctanh(rho)
    reach = norm.isf((1 - level) / 2) * np.sqrt((1 + rho**2 / 2) / (d - 1))
    perfect = np.abs(rho) >= 1
    low, high = np.tanh(centre - reach), np.tanh(centre + reach)
    return RankRelation(rho, np.where(perfect, np.nan, low), np.where(perfect, np.nan, high), p, n)


def hazard_statistics(
    scores: Array, time: Array, event: NDArray[np.bool_], given: Array | None = None
) -> Array:
    """Give the Wald statistic of each score in a Cox model of its own.

    Parameters
    ----------
    scores
        Shape ``(n, n_scores)``.
    time, event
        Shape ``(n,)``.
    given
        A covariate of every model, shape ``(n,)``; None for none.

    Returns
    -------
    numpy.ndarray
        Coefficient over standard error, shape ``(n_scores,)``; NaN where a model has no finite
        estimate.
    """
    spread = scores.std(axis=0, ddof=1)
    X = (scores - scores.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    X = X[:, :, None]
    if given is not None:
        z = (given - given.mean()) / given.std(ddof=1)
        X = np.concatenate([X, np.broadcast_to(z[:, None, None], X.shape)], axis=2)
    fitted = fit_many(X, risk_sets(time, event, np.zeros(len(time), dtype=np.intp)))
    return np.asarray(fitted.beta[:, 0] / fitted.se[:, 0])
