"""Wald tests of log2 fold changes against any threshold.

With estimate b, standard error s and threshold t >= 0 (Love, Huber and Anders, Genome
Biology 2014, 15:550, "Hypothesis tests with thresholds on effect size"):

- ``greaterAbs``, null |beta| <= t:  z = sign(b) max(|b| - t, 0) / s,
  p = min(1, 2 P(Z > (|b| - t) / s));
- ``lessAbs``, null |beta| >= t: the larger of the two one-sided p-values,
  z = min(t - b, b + t) / s, floored at 0, p = P(Z > min(t - b, b + t) / s);
- ``greater``, null beta <= t: z = max(b - t, 0) / s, p = P(Z > (b - t) / s);
- ``less``, null beta >= -t: z = min(b + t, 0) / s, p = P(Z < (b + t) / s).
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from rnaseq_s6k1.errors import UsageError

__all__ = ["Alternative", "wald_test"]

Alternative = Literal["greaterAbs", "lessAbs", "greater", "less"]

FloatArray = NDArray[np.float64]


def wald_test(
    estimate: FloatArray,
    standard_error: FloatArray,
    *,
    threshold: float = 0.0,
    alternative: Alternative = "greaterAbs",
) -> tuple[FloatArray, FloatArray]:
    """Test estimated effects against a threshold; see the module's equations.

    Parameters
    ----------
    estimate, standard_error
        Arrays of one shape and unit (log2 fold changes here); NaN gives NaN.
    threshold
        The effect size of the null hypothesis, same unit, not negative.
    alternative
        Which alternative is tested.

    Returns
    -------
    tuple of numpy.ndarray
        The statistics and the p-values, of the shape of `estimate`.

    Raises
    ------
    UsageError
        If the threshold is negative or not finite, ``lessAbs`` has no threshold, or the
        alternative is unknown.
    """
    if not (np.isfinite(threshold) and threshold >= 0):
        raise UsageError(f"the log2 fold-change threshold must be 0 or more, not {threshold}")
    if alternative not in get_args(Alternative):
        raise UsageError(
            f"no alternative is called {alternative!r}; choose {', '.join(get_args(Alternative))}"
        )
    if alternative == "lessAbs" and threshold == 0:
        raise UsageError("lessAbs needs a threshold above 0: no effect is smaller than nothing")
    b, s, t = np.asarray(estimate, float), np.asarray(standard_error, float), threshold
    # A gene whose counts all became zero has standard error 0 and no evidence (p = 1).
    with np.errstate(divide="ignore", invalid="ignore"):
        if alternative == "greaterAbs":
            z = np.sign(b) * np.maximum(np.abs(b) - t, 0) / s
            p = np.minimum(1.0, 2 * ndtr(-(np.abs(b) - t) / s))
        elif alternative == "lessAbs":
            margin = np.minimum(t - b, b + t) / s
            z, p = np.maximum(margin, 0), ndtr(-margin)
        elif alternative == "greater":
            z, p = np.maximum(b - t, 0) / s, ndtr(-(b - t) / s)
        else:
            z, p = np.minimum(b + t, 0) / s, ndtr((b + t) / s)
    degenerate = s == 0
    return np.where(degenerate, 0.0, z), np.where(degenerate, 1.0, p)
