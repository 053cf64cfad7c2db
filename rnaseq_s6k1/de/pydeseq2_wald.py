"""Wald statistics as PyDESeq2 forms them, for `rnaseq_s6k1.de.inference.FastInference`.

The null is compared with each coefficient before the contrast is taken; those of
`rnaseq_s6k1.de.wald`, which follow R, compare it with the contrast.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from rnaseq_s6k1.errors import UsageError

__all__ = ["Alternative", "wald_as_pydeseq2"]

FloatArray = NDArray[np.float64]
Alternative = Literal["greaterAbs", "lessAbs", "greater", "less"]


def wald_as_pydeseq2(
    lfc: FloatArray,
    errors: FloatArray,
    contrast: FloatArray,
    null: float,
    alternative: Alternative | None,
) -> tuple[FloatArray, FloatArray]:
    """Return p-values and statistics; see `FastInference.wald_test`."""
    scale = errors[:, None]

    def above(threshold: float) -> FloatArray:
        return np.asarray(np.fmax((lfc - threshold) / scale, 0) @ contrast)

    def below(threshold: float) -> FloatArray:
        return np.asarray(np.fmin((lfc - threshold) / scale, 0) @ contrast)

    if alternative is None:
        statistic = (lfc - null) @ contrast / errors
        return 2 * norm.sf(np.abs(statistic)), statistic
    if alternative == "greaterAbs":
        statistic = (np.sign(lfc) * np.fmax((np.abs(lfc) - null) / scale, 0)) @ contrast
        return 2 * norm.sf(np.abs(statistic)), statistic
    if alternative == "greater":
        statistic = above(null)
        return norm.sf(statistic), statistic
    if alternative == "less":
        statistic = below(null)
        return norm.sf(np.abs(statistic)), statistic
    if alternative == "lessAbs":
        high, low = above(-abs(null)), below(abs(null))
        statistic = np.where(np.abs(low) < np.abs(high), low, high)
        return np.fmax(norm.sf(high), norm.sf(np.abs(low))), statistic
    raise UsageError(
        f"unknown alternative {alternative!r:.40}; give greaterAbs, lessAbs, greater, less or None"
    )
