r"""Monotone likelihood: when a Cox model has no finite estimate.

The partial likelihood rises without end along a direction :math:`b` exactly if at every event the
one who has it carries the largest :math:`b'x` of the risk set (Bryson and Johnson, Technometrics
1981, 23:381; Heinze and Schemper, Biometrics 2001, 57:114). Such directions form a cone, and a
linear program finds one that is no constant.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

__all__ = ["runaway_terms"]

Array = NDArray[np.float64]

_SMALLEST = 1e-7


def runaway_terms(
    X: Array, time: Array, event: NDArray[np.bool_], strata: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Tell which coefficients have no finite maximum-likelihood estimate.

    Parameters
    ----------
    X
        Covariates, shape ``(n, n_terms)``.
    time, event, strata
        Shape ``(n,)``.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_terms,)``; none where the estimate is finite.
    """
    spread = np.ptp(X, axis=0)
    scaled = X / np.where(spread > 0, spread, 1.0)
    differences = _differences(scaled, time, event, strata)
    runaway = np.zeros(X.shape[1], dtype=bool)
    if not len(differences):
        return runaway
    # Largest total lead along a direction within the unit box, no lead being negative.
    found = linprog(
        -differences.sum(axis=0),
        A_ub=-differences,
        b_ub=np.zeros(len(differences)),
        bounds=[(-1, 1)] * X.shape[1],
        method="highs",
    )
    direction = np.zeros(X.shape[1]) if found.x is None else np.asarray(found.x)
    if (differences @ direction).sum() > _SMALLEST * len(differences):
        runaway = np.abs(direction) > _SMALLEST
    return runaway


def _differences(
    X: Array, time: Array, event: NDArray[np.bool_], strata: NDArray[np.intp]
) -> Array:
    """Subtract each member of a risk set from the one with the event; distinct rows only."""
    rows: list[Array] = []
    for i in np.flatnonzero(event):
        others = (time >= time[i]) & (strata == strata[i])
        rows.append(np.unique(np.round(X[i] - X[others], 12), axis=0))
    if not rows:
        return np.empty((0, X.shape[1]))
    distinct = np.unique(np.vstack(rows), axis=0)
    return np.asarray(distinct[np.any(distinct != 0, axis=1)])
