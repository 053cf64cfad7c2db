"""The Wald statistics of many scores, each in a Cox model of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.cohort.survival.partial_likelihood import fit_many, risk_sets

__all__ = ["hazard_statistics"]

Array = NDArray[np.float64]


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
