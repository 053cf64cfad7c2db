r"""What a linear model leaves of the data once everything but the contrast is taken out.

For expression :math:`y_g` of gene *g*, a design :math:`X` of full rank and a contrast
:math:`c' \beta`, the estimate is :math:`c' \hat\beta_g = w' y_g` with
:math:`w = X (X' X)^{-1} c`. The vector :math:`w / \lVert w \rVert` lies in the column space of
:math:`X` and is orthogonal to every direction of it along which :math:`c' \beta` does not
change; with an orthonormal basis :math:`Q_2` of the complement of :math:`X`,

.. math::
    u_g = \begin{pmatrix} w' / \lVert w \rVert \\ Q_2' \end{pmatrix} y_g

holds the contrast's effect, :math:`c' \hat\beta_g / \lVert w \rVert`, and *d* residual effects
whose mean square is the residual variance. Where :math:`c' \beta_g = 0` all its *1 + d* entries
have mean 0 and one variance, so that, across genes, any rotation of them is as likely as the
data (Langsrud, Stat Comput 2005, 15:53; Wu et al., Bioinformatics 2010, 26:2176).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rnaseq_s6k1.errors import DataError, ModelError, UsageError
from rnaseq_s6k1.process_wide import one_blas_thread

__all__ = ["ResidualSpace", "residual_space"]

FloatArray = NDArray[np.float64]

# Of the length of a gene's expression; rounding leaves about 1e-16 for each sample.
_DUST = 1e-12


@dataclass(frozen=True)
class ResidualSpace:
    """Effects of a contrast and of the residuals.

    Attributes
    ----------
    effects
        In units of the expression, shape ``(1 + df, n_genes)``: the contrast's effect, then
        the residual ones.
    standard_error
        Of the contrast's estimate where the residual standard deviation is 1; the effect times
        this is the estimate.
    average
        Mean expression of each gene, shape ``(n_genes,)``.
    """

    effects: FloatArray
    standard_error: float
    average: FloatArray

    @property
    def df(self) -> int:
        """Residual degrees of freedom."""
        return len(self.effects) - 1

    @property
    def n_genes(self) -> int:
        """How many genes there are."""
        return int(self.effects.shape[1])

    @property
    def contrast(self) -> FloatArray:
        """The contrast's effects, shape ``(n_genes,)``."""
        return np.asarray(self.effects[0])

    @property
    def residuals(self) -> FloatArray:
        """The residual effects, shape ``(df, n_genes)``."""
        return np.asarray(self.effects[1:])

    @property
    def variances(self) -> FloatArray:
        """Residual variances, shape ``(n_genes,)``."""
        return np.asarray(np.square(self.residuals).mean(axis=0))


def residual_space(expression: ArrayLike, design: ArrayLike, contrast: ArrayLike) -> ResidualSpace:
    """Project expression on a contrast and on the residuals of its design.

    Parameters
    ----------
    expression
        Log2 scale, finite, shape ``(n_samples, n_genes)``.
    design
        Of full column rank, shape ``(n_samples, n_coefficients)``.
    contrast
        Weights of the coefficients, shape ``(n_coefficients,)``.

    Raises
    ------
    DataError
        If the expression is not finite.
    UsageError
        If shapes do not fit, or the contrast is 0.
    ModelError
        If the design is not of full rank, or leaves no residual degrees of freedom.
    """
    y = np.ascontiguousarray(expression, dtype=float)
    X = np.ascontiguousarray(design, dtype=float)
    c = np.asarray(contrast, dtype=float)
    _check(y, X, c)
    n, p = X.shape
    # One thread: the sums must not depend on how many cores the linear algebra may use.
    with one_blas_thread():
        q, r = np.linalg.qr(X, mode="complete")
        diagonal = np.abs(np.diag(r))
        if n <= p:
            raise ModelError(
                f"{n} samples and {p} coefficients leave no residual degrees of freedom to "
                "rotate; add samples, or take terms out of the design"
            )
        if diagonal.min() < 1e-10 * diagonal.max():
            raise ModelError("the columns of the design depend on each other; take one of them out")
        direction = q[:, :p] @ np.linalg.solve(r[:p].T, c)
        length = float(np.linalg.norm(direction))
        basis = np.column_stack([direction / length, q[:, p:]])
        effects = _without_dust(basis.T @ y, y)
    return ResidualSpace(np.ascontiguousarray(effects), length, y.mean(axis=0))


def _without_dust(effects: FloatArray, y: FloatArray) -> FloatArray:
    """Set to 0 what rounding leaves of genes that the design explains wholly, as constant ones.

    Their logs would otherwise pull the prior of the variances to nothing.
    """
    length = np.sqrt(np.square(y).sum(axis=0))
    spread = np.sqrt(np.square(effects[1:]).sum(axis=0))
    effects[1:, spread <= _DUST * length] = 0.0
    effects[0, np.abs(effects[0]) <= _DUST * length] = 0.0
    return effects


def _check(y: FloatArray, X: FloatArray, c: FloatArray) -> None:
    if y.ndim != 2 or X.ndim != 2 or len(y) != len(X) or c.shape != (X.shape[1],):
        raise UsageError(
            f"expression {y.shape}, design {X.shape} and contrast {c.shape} do not fit; they are "
            "samples x genes, samples x coefficients, and one weight a coefficient"
        )
    if not np.isfinite(c).all() or not c.any():
        raise UsageError("a contrast needs finite weights, of which one at least is not 0")
    if not np.isfinite(y).all():
        sample, gene = np.argwhere(~np.isfinite(y))[0]
        raise DataError(
            f"the expression of gene {gene} in sample {sample} (from 0) is not finite; "
            "take the gene out"
        )
