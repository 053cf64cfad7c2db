"""PyDESeq2's inference interface on this package's compiled kernels.

`FastInference` is handed to PyDESeq2's own classes, which then keep their interface, their
rules and their results, and fit faster::

    from pydeseq2.dds import DeseqDataSet
    from pydeseq2.ds import DeseqStats
    from rnaseq_s6k1.de.inference import FastInference

    inference = FastInference(n_cpus=2)
    dds = DeseqDataSet(adata=adata, design="~ batch + condition", inference=inference)
    dds.deseq2()
    stats = DeseqStats(dds, contrast=["condition", "treated", "control"], inference=inference)
    stats.summary()

For R DESeq2's numbers use `rnaseq_s6k1.de.run.run_de`: what separates PyDESeq2 from R lies as
much in its classes as in its inference.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numba
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from pydeseq2 import utils
from pydeseq2.default_inference import DefaultInference
from pydeseq2.inference import Inference

from rnaseq_s6k1.de.kernels.coefficients import fit_coefficients
from rnaseq_s6k1.de.kernels.compile import threads
from rnaseq_s6k1.de.kernels.inference import (
    contrast_errors_at,
    dispersions_at,
    means_and_leverages,
    posterior_modes,
)
from rnaseq_s6k1.de.layout import MANY_SAMPLES, CellLayout, gene_major, lay_out
from rnaseq_s6k1.de.pydeseq2_wald import Alternative, wald_as_pydeseq2
from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.process_wide import one_blas_thread

__all__ = ["FastInference"]

FloatArray = NDArray[np.float64]

# PyDESeq2's, on the natural-log scale (R's is 1e-6 on the log2 scale).
_RIDGE = 1e-6
_DISPERSION_STEPS = 200
_NEWTON_TOLERANCE = 1e-7
_OPTIMIZERS = ("BFGS", "L-BFGS-B")
_SHRINKAGE_OPTIMIZERS = (*_OPTIMIZERS, "Newton-CG")


class FastInference(Inference):  # type: ignore[misc]  # PyDESeq2 carries no types
    """PyDESeq2's methods of inference, gene-parallel and compiled.

    Every method maximises what the method of the same name of PyDESeq2 0.5's
    `DefaultInference` maximises, and takes and returns the same arrays, so that results agree
    to the tolerance of its optimisers. Where PyDESeq2 differs from R DESeq2 (it has no rule
    that keeps the moment estimate of a dispersion, its ridge is on the natural-log scale),
    this class goes with PyDESeq2. Two things differ on purpose:

    - `lfc_shrink_nbinom_glm` ends at the posterior's mode itself, where L-BFGS-B may stop
      short of it or at the lower of two modes, and returns the inverse of the Hessian;
      PyDESeq2 0.5.4 adds the prior's curvature to a whole column of the Hessian.
    - `irls` starts from least squares where the design is not of full rank, too.

    Counts of one gene never meet another's: results do not depend on `n_cpus`.

    Parameters
    ----------
    n_cpus
        Threads for the kernels; None for all there are. PyDESeq2's classes set it when they
        are given `n_cpus` themselves.

    Raises
    ------
    UsageError
        If `n_cpus` is not a positive whole number.

    References
    ----------
    Muzellec et al., Bioinformatics 2023, 39:btad547 (PyDESeq2); Love, Huber and Anders, Genome
    Biology 2014, 15:550; Zhu, Ibrahim and Love, Bioinformatics 2019, 35:2084.
    """

    def __init__(self, n_cpus: int | None = 1) -> None:
        self.n_cpus = n_cpus

    @property
    def n_cpus(self) -> int:
        """How many threads the kernels use."""
        return self._n_cpus

    @n_cpus.setter
    def n_cpus(self, n_cpus: int | None) -> None:
        if n_cpus is None:
            n_cpus = int(numba.config.NUMBA_NUM_THREADS)
        if isinstance(n_cpus, bool) or not isinstance(n_cpus, int | np.integer) or n_cpus < 1:
            raise UsageError(f"n_cpus is {n_cpus!r:.40}; give a whole number of 1 or more, or None")
        self._n_cpus = int(n_cpus)

    def lin_reg_mu(
        self,
        counts: NDArray[np.integer],
        size_factors: ArrayLike,
        design_matrix: FloatArray,
        min_mu: float,
    ) -> FloatArray:
        r"""Return means from a linear model of the normalised counts, at least `min_mu`.

        :math:`\mu = \max(s \cdot X X^+ (K/s),\ \mu_{min})`, with the pseudo-inverse
        :math:`X^+`.

        Parameters
        ----------
        counts
            Shape ``(n_samples, n_genes)``.
        size_factors
            Shape ``(n_samples,)``.
        design_matrix
            Shape ``(n_samples, n_coefficients)``.
        min_mu
            Smallest mean.

        Returns
        -------
        numpy.ndarray
            Shape ``(n_samples, n_genes)``.
        """
        s = np.asarray(size_factors, dtype=float)[:, None]
        with self._limited():
            means = s * _linear_fit(np.asarray(counts) / s, design_matrix)
        return np.maximum(means, min_mu, out=means)

    def irls(
        self,
        counts: NDArray[np.integer],
        size_factors: ArrayLike,
        design_matrix: FloatArray,
        disp: ArrayLike,
        min_mu: float,
        beta_tol: float,
        min_beta: float = -30,
        max_beta: float = 30,
        optimizer: Literal["BFGS", "L-BFGS-B"] = "L-BFGS-B",
        maxiter: int = 250,
    ) -> tuple[FloatArray, FloatArray, FloatArray, NDArray[np.bool_]]:
        r"""Fit the negative-binomial model of every gene.

        Iteratively reweighted least squares with a ridge of 1e-6 on the natural-log scale;
        genes whose iterations fail go to PyDESeq2's own optimiser and grid search.

        Parameters
        ----------
        counts, size_factors, design_matrix
            See `lin_reg_mu`.
        disp
            Dispersions, shape ``(n_genes,)``.
        min_mu
            Means are at least this in weights and likelihood.
        beta_tol
            The iterations end where the deviance changes by less than this share of itself.
        min_beta, max_beta
            Bounds of the coefficients, natural log; iterations beyond `max_beta` fail.
        optimizer
            ``"BFGS"`` or ``"L-BFGS-B"``.
        maxiter
            The iteration at which they fail, converged or not.

        Returns
        -------
        beta : numpy.ndarray
            Coefficients, natural log, shape ``(n_genes, n_coefficients)``.
        mu : numpy.ndarray
            Means, not raised to `min_mu`, shape ``(n_samples, n_genes)``.
        H : numpy.ndarray
            Leverages, shape ``(n_samples, n_genes)``.
        converged : numpy.ndarray
            Whether the iterations or the optimiser converged, shape ``(n_genes,)``.

        Raises
        ------
        UsageError
            If the optimiser is unknown.
        DataError
            If counts are not whole numbers.
        """
        _check_optimizer(optimizer, _OPTIMIZERS)
        layout = lay_out(np.asarray(design_matrix, dtype=float))
        s = np.asarray(size_factors, dtype=float)
        ordered = np.ascontiguousarray(s[layout.order])
        alpha = np.array(disp, dtype=float)
        y = _gene_major(counts, layout)
        n_genes, p = len(y), layout.n_coefficients
        beta, last = np.empty((n_genes, p)), np.empty((n_genes, p))
        steps = np.empty(n_genes, dtype=np.int64)
        means, leverages = np.empty(y.shape), np.empty(y.shape)
        ridge = np.full(p, _RIDGE)
        with self._limited():
            fit_coefficients(
                y, ordered[None, :], layout.starts, layout.rows, layout.pseudo_inverse, alpha,
                ridge, min_mu, beta_tol, maxiter - 1, beta, last, steps,
            )  # fmt: skip
            failed = (steps < 0) | (np.abs(beta) > max_beta).any(axis=1)
            beta[failed] = 0.0
            means_and_leverages(
                ordered, layout.order, layout.starts, layout.rows, alpha, ridge, min_mu,
                beta, means, leverages,
            )  # fmt: skip
            converged = ~failed
            for g in np.flatnonzero(failed):
                # With one iteration allowed this is PyDESeq2's optimiser by itself.
                beta[g], means[g], leverages[g], converged[g] = utils.irls_solver(
                    np.asarray(counts)[:, g], s, np.asarray(design_matrix, dtype=float), alpha[g],
                    min_mu, beta_tol, min_beta, max_beta, optimizer, maxiter=1,
                )  # fmt: skip
        return beta, means.T, leverages.T, converged

    def alpha_mle(
        self,
        counts: NDArray[np.integer],
        design_matrix: FloatArray,
        mu: FloatArray,
        alpha_hat: ArrayLike,
        min_disp: float,
        max_disp: float,
        prior_disp_var: float | None = None,
        cr_reg: bool = True,
        prior_reg: bool = False,
        optimizer: Literal["BFGS", "L-BFGS-B"] = "L-BFGS-B",
    ) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Maximise the dispersions' likelihood or posterior, at given means.

        With up to 200 samples L-BFGS-B is followed step for step, as the objective is so flat
        there that where it stops decides digits. With more, the maximum is found by Newton's
        method, except where L-BFGS-B would not leave the start.

        PyDESeq2's log Gammas carry an error of about 1e-7 a count where the dispersion starts
        at 1e-8, and there a few genes in a thousand fail in its line search and are searched
        on a grid, without the prior. Here the objective is exact: those genes stay at the
        start, as their neighbours do in both, or reach the maximum of the posterior.

        Parameters
        ----------
        counts, design_matrix
            See `lin_reg_mu`.
        mu
            Means, shape ``(n_samples, n_genes)``.
        alpha_hat
            Start of the search and median of the prior, shape ``(n_genes,)``.
        min_disp, max_disp
            Bounds of the dispersion.
        prior_disp_var
            Variance of the prior of the log dispersion.
        cr_reg
            Whether to adjust the likelihood by Cox and Reid's term.
        prior_reg
            Whether to use the prior.
        optimizer
            ``"BFGS"`` or ``"L-BFGS-B"``; both are searched within the bounds.

        Returns
        -------
        dispersions : numpy.ndarray
            Shape ``(n_genes,)``.
        converged : numpy.ndarray
            Whether a value was found, shape ``(n_genes,)``.

        Raises
        ------
        UsageError
            If the optimiser is unknown, or the prior's variance is missing.
        DataError
            If counts are not whole numbers.
        """
        _check_optimizer(optimizer, _OPTIMIZERS)
        if prior_reg and prior_disp_var is None:
            raise UsageError("prior_reg needs prior_disp_var, the variance of the prior")
        layout = lay_out(np.asarray(design_matrix, dtype=float))
        y = _gene_major(counts, layout)
        start = np.log(np.asarray(alpha_hat, dtype=float))
        log_alpha = np.empty(len(y))
        converged = np.empty(len(y), dtype=np.bool_)
        variance = float(prior_disp_var) if prior_reg and prior_disp_var else math.inf
        with self._limited():
            dispersions_at(
                y, _contiguous(mu), layout.order, layout.starts,
                layout.rows if cr_reg else np.empty((len(layout.rows), 0)), start, start,
                variance, math.log(min_disp), math.log(max_disp), MANY_SAMPLES,
                _NEWTON_TOLERANCE, _DISPERSION_STEPS, log_alpha, converged,
            )  # fmt: skip
        return np.exp(log_alpha), converged

    def wald_test(
        self,
        design_matrix: FloatArray,
        disp: ArrayLike,
        lfc: ArrayLike,
        mu: FloatArray,
        ridge_factor: FloatArray,
        contrast: ArrayLike,
        lfc_null: float,
        alt_hypothesis: Alternative | None = None,
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Test a contrast of the coefficients of every gene.

        PyDESeq2 compares the null with each coefficient before it takes the contrast, so a
        null other than 0 has its meaning for contrasts of one coefficient only.

        Parameters
        ----------
        design_matrix
            See `lin_reg_mu`.
        disp
            Dispersions, shape ``(n_genes,)``.
        lfc
            Coefficients, natural log, shape ``(n_genes, n_coefficients)``.
        mu
            Means, shape ``(n_samples, n_genes)``.
        ridge_factor
            Penalty matrix, shape ``(n_coefficients, n_coefficients)``.
        contrast
            Shape ``(n_coefficients,)``.
        lfc_null
            Fold change under the null hypothesis, natural log.
        alt_hypothesis
            ``"greaterAbs"``, ``"lessAbs"``, ``"greater"``, ``"less"``, or None for a
            difference from the null in either direction.

        Returns
        -------
        pvalue, statistic, error : numpy.ndarray
            Shape ``(n_genes,)``; the standard error is of the contrast, natural log.

        Raises
        ------
        UsageError
            If the alternative is unknown.
        """
        layout = lay_out(np.asarray(design_matrix, dtype=float))
        vector = np.ascontiguousarray(contrast, dtype=float)
        means = _contiguous(mu)
        errors = np.empty(len(means))
        with self._limited():
            contrast_errors_at(
                means, layout.order, layout.starts, layout.rows, np.array(disp, dtype=float),
                np.ascontiguousarray(ridge_factor, dtype=float), vector, errors,
            )  # fmt: skip
        with np.errstate(divide="ignore", invalid="ignore"):
            pvalue, statistic = wald_as_pydeseq2(
                np.asarray(lfc, dtype=float), errors, vector, lfc_null, alt_hypothesis
            )
        return pvalue, statistic, errors

    def fit_rough_dispersions(
        self, normed_counts: FloatArray, design_matrix: FloatArray | pd.DataFrame
    ) -> FloatArray:
        r"""Return dispersions from the residuals of a linear model.

        :math:`\max\big(0, \frac{1}{n - p} \sum_j
        [(z_j - \hat z_j)^2 - \hat z_j] / \hat z_j^2\big)`, with fitted values
        :math:`\hat z_j` of at least 1.

        Parameters
        ----------
        normed_counts
            Normalised counts, shape ``(n_samples, n_genes)``.
        design_matrix
            See `lin_reg_mu`.

        Returns
        -------
        numpy.ndarray
            Shape ``(n_genes,)``.

        Raises
        ------
        ValueError
            If there are no more samples than coefficients (PyDESeq2's own message).
        """
        with self._limited():
            return np.asarray(utils.fit_rough_dispersions(normed_counts, design_matrix))

    def fit_moments_dispersions(
        self, normed_counts: FloatArray, size_factors: ArrayLike
    ) -> FloatArray:
        """Return dispersions from means and variances.

        PyDESeq2's own function, which handles all genes at once already. It leaves genes
        without counts out.

        Parameters
        ----------
        normed_counts
            Normalised counts, shape ``(n_samples, n_genes)``.
        size_factors
            Shape ``(n_samples,)``.

        Returns
        -------
        numpy.ndarray
            Shape ``(n_genes with counts,)``.
        """
        return np.asarray(utils.fit_moments_dispersions(normed_counts, size_factors))

    def dispersion_trend_gamma_glm(
        self, covariates: pd.Series[float], targets: pd.Series[float]
    ) -> tuple[FloatArray, FloatArray, bool]:
        """Fit the trend ``intercept + slope * covariate`` of dispersions.

        PyDESeq2's own fit, one problem of two coefficients over all genes at once.

        Parameters
        ----------
        covariates
            One over the mean normalised count, shape ``(n_genes,)``.
        targets
            Gene-wise dispersions, shape ``(n_genes,)``.

        Returns
        -------
        coefficients : numpy.ndarray
            Intercept and slope.
        predictions : numpy.ndarray
            The trend at each gene, shape ``(n_genes,)``.
        converged : bool
            Whether the fit converged.
        """
        with self._limited():
            coefficients, predictions, converged = DefaultInference(
                n_cpus=1
            ).dispersion_trend_gamma_glm(covariates, targets)
        return np.asarray(coefficients), np.asarray(predictions), bool(converged)

    def lfc_shrink_nbinom_glm(
        self,
        design_matrix: FloatArray,
        counts: NDArray[np.integer],
        size: ArrayLike,
        offset: ArrayLike,
        prior_no_shrink_scale: float,
        prior_scale: float,
        optimizer: str,
        shrink_index: int,
    ) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
        """Find the mode of the coefficients under the apeGLM prior.

        Parameters
        ----------
        design_matrix, counts
            See `lin_reg_mu`.
        size
            One over the dispersion, shape ``(n_genes,)``.
        offset
            Natural log of the size factors, shape ``(n_samples,)``.
        prior_no_shrink_scale, prior_scale
            Scale of the normal priors, and of the Cauchy prior.
        optimizer
            Accepted as PyDESeq2 does; Newton's method is used.
        shrink_index
            The coefficient with the Cauchy prior.

        Returns
        -------
        beta : numpy.ndarray
            Coefficients, natural log, shape ``(n_genes, n_coefficients)``.
        inverse_hessian : numpy.ndarray
            Shape ``(n_genes, n_coefficients, n_coefficients)``; see the class.
        converged : numpy.ndarray
            Whether the mode was reached, shape ``(n_genes,)``.

        Raises
        ------
        UsageError
            If the optimiser is unknown.
        DataError
            If counts are not whole numbers.
        """
        _check_optimizer(optimizer, _SHRINKAGE_OPTIMIZERS)
        layout = lay_out(np.asarray(design_matrix, dtype=float))
        y = _gene_major(counts, layout)
        p = layout.n_coefficients
        beta, inverse_hessian = np.empty((len(y), p)), np.empty((len(y), p, p))
        converged = np.empty(len(y), dtype=np.bool_)
        log_s = np.ascontiguousarray(np.asarray(offset, dtype=float)[layout.order])
        with self._limited():
            posterior_modes(
                y, log_s, layout.starts, layout.rows, layout.pseudo_inverse,
                1.0 / np.asarray(size, dtype=float), range(p)[shrink_index],
                float(prior_no_shrink_scale), float(prior_scale), beta, inverse_hessian, converged,
            )  # fmt: skip
        return beta, inverse_hessian, converged

    @contextmanager
    def _limited(self) -> Iterator[None]:
        """Limit the kernels' threads and keep the linear algebra library from adding its own."""
        with threads(self._n_cpus), one_blas_thread():
            yield


def _check_optimizer(optimizer: str, known: tuple[str, ...]) -> None:
    if optimizer not in known:
        raise UsageError(f"unknown optimizer {optimizer!r:.40}; give one of {', '.join(known)}")


def _gene_major(counts: NDArray[np.integer], layout: CellLayout) -> NDArray[np.int32]:
    """Return counts as the kernels take them, ``(n_genes, n_samples)``, in their order."""
    whole = np.asarray(counts)
    if not np.issubdtype(whole.dtype, np.integer) and not (whole == np.floor(whole)).all():
        raise DataError("counts must be whole numbers; round estimated counts before the fit")
    fits = whole.size == 0 or whole.max() <= np.iinfo(np.int32).max
    # Larger counts compile the kernels once more, for 64 bits.
    dtype: Any = np.int32 if fits else np.int64
    turned: NDArray[np.int32] = gene_major(whole, np.arange(whole.shape[1]), layout.order, dtype)
    return turned


def _contiguous(means: FloatArray) -> FloatArray:
    """Return means of shape ``(n_samples, n_genes)`` gene by gene."""
    return np.ascontiguousarray(np.asarray(means, dtype=float).T)


def _linear_fit(values: FloatArray, design: FloatArray) -> FloatArray:
    matrix = np.asarray(design, dtype=float)
    return np.asarray(matrix @ (np.linalg.pinv(matrix) @ values))
