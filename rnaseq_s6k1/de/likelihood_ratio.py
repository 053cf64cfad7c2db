r"""The likelihood-ratio test of a reduced design.

:math:`2(\ell_{full} - \ell_{reduced})`, both with the dispersions of the full design, is compared
with a chi-squared distribution of as many degrees of freedom as coefficients were dropped
(Wilks, Ann Math Stat 1938, 9:60; Love 2014, "Hypothesis testing").
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from rnaseq_s6k1.de.fast_coefficients import fit_betas
from rnaseq_s6k1.de.kernels.likelihood import log_likelihoods
from rnaseq_s6k1.de.layout import CellLayout, lay_out

__all__ = ["likelihood_ratio_pvalues", "likelihood_ratios"]

FloatArray = NDArray[np.float64]
Counts = NDArray[np.int32]


def likelihood_ratios(
    counts: Counts,
    scaling: FloatArray,
    layout: CellLayout,
    dispersions: FloatArray,
    beta: FloatArray,
    reduced: FloatArray,
    base_mean: FloatArray,
) -> FloatArray:
    """Return the test statistic of every gene, shape ``(n_genes,)``.

    Parameters
    ----------
    counts, scaling, layout, dispersions
        As for `rnaseq_s6k1.de.fast_coefficients.fit_betas`.
    beta
        Coefficients of the full design, shape ``(n_genes, n_coefficients)``.
    reduced
        The reduced design, rows in the order of `counts`, ``(n_samples, n_reduced)``.
    base_mean
        Mean normalised counts, which a lone intercept is, as in DESeq2.
    """
    full = _log_likelihoods(counts, scaling, layout, dispersions, beta)
    smaller = lay_out(reduced)
    moved = np.ascontiguousarray(counts[:, smaller.order])
    own = np.ascontiguousarray(scaling[:, smaller.order])
    lone_intercept = reduced.shape[1] == 1 and bool((reduced == 1).all())
    if lone_intercept and len(scaling) == 1:
        fitted = np.log(base_mean)[:, None]
    else:
        fitted, _ = fit_betas(moved, own, smaller, dispersions)
    return np.asarray(2.0 * (full - _log_likelihoods(moved, own, smaller, dispersions, fitted)))


def likelihood_ratio_pvalues(statistics: FloatArray, degrees_of_freedom: int) -> FloatArray:
    """Return the upper chi-squared tail of the statistics; NaN stays NaN."""
    # A statistic a rounding error below 0 has p = 1.
    return np.asarray(chdtrc(degrees_of_freedom, np.maximum(statistics, 0.0)))


def _log_likelihoods(
    counts: Counts,
    scaling: FloatArray,
    layout: CellLayout,
    dispersions: FloatArray,
    beta: FloatArray,
) -> FloatArray:
    out = np.empty(len(counts))
    log_likelihoods(
        counts, scaling, layout.starts, layout.rows, dispersions,
        np.ascontiguousarray(beta), out,
    )  # fmt: skip
    return out
