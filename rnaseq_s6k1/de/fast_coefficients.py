"""Coefficients of every gene, with an optimiser for those the iterations do not settle."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import gammaln

from rnaseq_s6k1.de.fast_dispersions import MIN_MU
from rnaseq_s6k1.de.kernels.coefficients import contrast_errors, fit_coefficients
from rnaseq_s6k1.de.kernels.objective import loss_and_differences
from rnaseq_s6k1.de.kernels.scoring import score_coefficients
from rnaseq_s6k1.de.layout import CellLayout
from rnaseq_s6k1.process_wide import one_blas_thread

__all__ = ["RIDGE", "cell_means", "fit_betas", "standard_errors"]

FloatArray = NDArray[np.float64]
Counts = NDArray[np.int32]

# DESeq2 penalises coefficients on the log2 scale by 1e-6; this is the natural-log scale.
_RIDGE_LOG2 = 1e-6
RIDGE = _RIDGE_LOG2 / math.log(2) ** 2
_TOLERANCE = 1e-8
# Of the log means, where the deviance is not followed.
_SCORING_TOLERANCE = 1e-6
_MAX_ITERATIONS = 100
# The optimiser works on the log2 scale, within these bounds.
_BOUND = 30.0
_STEP = 1e-3


def fit_betas(
    counts: Counts, scaling: FloatArray, layout: CellLayout, dispersions: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Fit the negative-binomial model of every gene.

    Parameters
    ----------
    counts
        Shape ``(n_genes, n_samples)``, in the layout's order; no gene without counts.
    scaling
        Size factors ``(1, n_samples)`` or normalisation factors ``(n_genes, n_samples)``.
    layout
        The samples' cells.
    dispersions
        Shape ``(n_genes,)``.

    Returns
    -------
    beta : numpy.ndarray
        Coefficients, natural log, shape ``(n_genes, n_coefficients)``.
    weighted_at : numpy.ndarray
        Coefficients that leverages belong to, same shape. As in DESeq2 they stay where the
        iterations were left for genes that went to the optimiser.
    """
    beta = np.empty((len(counts), layout.n_coefficients))
    weighted_at = np.empty_like(beta)
    steps = np.empty(len(counts), dtype=np.int64)
    fit, tolerance = fit_coefficients, _TOLERANCE
    if layout.has_many_samples:
        fit, tolerance = score_coefficients, _SCORING_TOLERANCE
    fit(
        counts, scaling, layout.starts, layout.rows, layout.pseudo_inverse, dispersions,
        _ridge(layout), MIN_MU, tolerance, _MAX_ITERATIONS, beta, weighted_at, steps,
    )  # fmt: skip
    # Matrices of a few rows gain nothing from the linear algebra library's threads, which
    # spend a hundred times longer waiting for each other when the cores are busy.
    with one_blas_thread():
        for g in np.flatnonzero(steps < 0):
            s = scaling[g] if len(scaling) > 1 else scaling[0]
            beta[g] = _optimise(counts[g], s, layout, dispersions[g], beta[g])
    return beta, weighted_at


def _ridge(layout: CellLayout) -> FloatArray:
    return np.full(layout.n_coefficients, RIDGE)


def _optimise(
    counts: NDArray[np.int32], s: FloatArray, layout: CellLayout, alpha: float, last: FloatArray
) -> FloatArray:
    """Maximise the penalised likelihood of one gene as R does: L-BFGS-B on the log2 scale.

    The gradient is by central differences of 1e-3, as `optim`'s default; where the
    likelihood is flat this decides where the search stops, and so R's digits. It starts
    where the iterations were left, or from least squares where they had run away.
    """
    y = counts.astype(float)
    r = 1.0 / alpha
    log_s = np.log(s)
    n_coefficients = layout.n_coefficients
    # The search stops on relative change, so terms without beta belong to the loss too.
    constant = float(np.sum(gammaln(r) + gammaln(y + 1) - gammaln(y + r)))
    constant += 0.5 * n_coefficients * math.log(2 * math.pi / _RIDGE_LOG2)

    gradient = np.empty(n_coefficients)

    def objective(beta: FloatArray) -> float:
        loss: float = loss_and_differences(
            beta, y, log_s, layout.starts, layout.rows, math.log(alpha), _RIDGE_LOG2,
            constant, _STEP, gradient,
        )  # fmt: skip
        return loss

    def differences(_: FloatArray) -> FloatArray:
        # The method asks for both at every place, the loss first.
        return gradient.copy()

    start = last / math.log(2)
    if not (np.abs(start) < _BOUND).all():
        logs = np.log(y / s + 0.1)
        means = np.add.reduceat(logs, layout.starts[:-1]) / layout.sizes
        start = layout.pseudo_inverse @ means / math.log(2)
    found = minimize(
        objective,
        np.clip(start, -_BOUND, _BOUND),
        jac=differences,
        method="L-BFGS-B",
        bounds=[(-_BOUND, _BOUND)] * n_coefficients,
        options={"maxcor": 5, "ftol": 1e7 * np.finfo(float).eps, "gtol": 0.0, "maxiter": 100},
    )
    return np.asarray(found.x * math.log(2))


def cell_means(beta: FloatArray, layout: CellLayout) -> FloatArray:
    """Return the mean normalised count of each cell, shape ``(n_genes, n_cells)``."""
    return np.ascontiguousarray(np.exp(beta @ layout.rows.T))


def standard_errors(
    scaling: FloatArray,
    layout: CellLayout,
    dispersions: FloatArray,
    beta: FloatArray,
    contrast: FloatArray,
) -> FloatArray:
    """Return the standard error of ``beta @ contrast``, natural log, shape ``(n_genes,)``."""
    errors = np.empty(len(beta))
    contrast_errors(
        scaling, layout.starts, layout.rows, dispersions, _ridge(layout), MIN_MU,
        beta, np.ascontiguousarray(contrast, dtype=float), errors,
    )  # fmt: skip
    return errors
