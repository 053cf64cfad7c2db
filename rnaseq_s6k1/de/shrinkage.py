"""Shrunken fold changes (apeGLM): Zhu, Ibrahim and Love, Bioinformatics 2019, 35:2084."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from rnaseq_s6k1.de.kernels.shrink import shrink_all
from rnaseq_s6k1.de.layout import CellLayout

__all__ = ["prior_scale", "shrunken_coefficients"]

FloatArray = NDArray[np.float64]

_WIDE = 15.0
_LARGEST_SCALE = 1.0
_VARIANCES = (1e-6, 400.0)


def prior_scale(estimates: FloatArray, errors: FloatArray) -> float:
    r"""Adapt the Cauchy prior's scale to the estimates.

    With estimates of sampling variance :math:`D_i` and squares :math:`S_i`, the variance *A*
    of the true effects solves (Efron and Morris, JASA 1975, 70:311)

    .. math:: A = \frac{\sum_i (S_i - D_i) / (A + D_i)^2}{\sum_i 1 / (A + D_i)^2},

    and the scale is its root, at most 1.

    Parameters
    ----------
    estimates, errors
        Coefficients and their standard errors, natural log, shape ``(n_genes,)``.
    """
    squares, variances = estimates**2, errors**2

    def excess(a: float) -> float:
        weights = 1.0 / (a + variances) ** 2
        return float(np.sum((squares - variances) * weights) / np.sum(weights)) - a

    low, high = _VARIANCES
    if excess(low) < 0:
        variance = low
    elif excess(high) > 0:
        variance = high
    else:
        variance = brentq(excess, low, high)
    return min(math.sqrt(variance), _LARGEST_SCALE)


def shrunken_coefficients(
    counts: NDArray[np.int32],
    scaling: FloatArray,
    layout: CellLayout,
    dispersions: FloatArray,
    unshrunk: FloatArray,
    errors: FloatArray,
    which: int,
) -> FloatArray:
    """Return one coefficient of every gene, shrunken; natural log, shape ``(n_genes,)``.

    Parameters
    ----------
    counts, scaling, layout, dispersions
        As for `rnaseq_s6k1.de.fast_coefficients.fit_betas`.
    unshrunk
        All coefficients, shape ``(n_genes, n_coefficients)``.
    errors
        Standard errors of the coefficient, shape ``(n_genes,)``.
    which
        Its position.
    """
    usable = np.isfinite(errors) & (errors > 0)
    scale = prior_scale(unshrunk[usable, which], errors[usable])
    shrunken = np.empty(len(counts))
    shrink_all(
        counts, scaling, layout.starts, layout.rows, dispersions, unshrunk, which,
        _WIDE, scale, shrunken,
    )  # fmt: skip
    return shrunken
