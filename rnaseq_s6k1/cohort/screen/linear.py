r"""The linear model of one split, for every gene at once: moderated t statistics.

With an orthonormal basis :math:`Q` of the design whose last column belongs to the split, the
split's effect on gene *g* is :math:`q' y_g` with variance :math:`\sigma_g^2`, and the residual
sum of squares is :math:`\lVert y_g \rVert^2 - \lVert Q' y_g \rVert^2`. Residual variances are
squeezed towards a common one (Smyth, Stat Appl Genet Mol Biol 2004, 3:3): with *d* residual
degrees of freedom and a prior worth :math:`d_0` at :math:`s_0^2`,

.. math:: \tilde s_g^2 = \frac{d_0 s_0^2 + d s_g^2}{d_0 + d}, \qquad t_g = q' y_g / \tilde s_g

where the prior is that of `rnaseq_s6k1.enrichment.rotation.moderated_t.fit_prior`. That room's
`moderated_t` needs the residual effects, which rotations are made of; a screen fits hundreds of
designs and needs only their sums of squares.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.enrichment.rotation.moderated_t import fit_prior
from rnaseq_s6k1.errors import DataError, ModelError

__all__ = ["SplitBasis", "moderated_t", "split_basis"]

FloatArray = NDArray[np.float64]

#: A column that keeps less than this share of its length beside the columns before it depends
#: on them.
_DEPENDENT = 1e-9
#: A residual variance below this share of the largest one is rounding.
_NO_VARIANCE = 1e-14


@dataclass(frozen=True)
class SplitBasis:
    """An orthonormal basis of a split's design.

    Attributes
    ----------
    weights
        Shape ``(n_samples, rank)``, rows of samples outside the groups are 0; the last column is
        the split, positive where it is high.
    used
        1 for samples in the model and 0 for others, shape ``(n_samples,)``.
    df
        Residual degrees of freedom.
    """

    weights: FloatArray
    used: FloatArray
    df: int


def split_basis(covariates: FloatArray, split: FloatArray, used: NDArray[np.bool_]) -> SplitBasis:
    """Build the basis of ``covariates + split`` over the samples used.

    Covariates that do not vary among them, or repeat others there, take no degree of freedom.

    Parameters
    ----------
    covariates
        With the intercept, shape ``(n_samples, n_covariates)``.
    split
        What is tested, larger for high, shape ``(n_samples,)``.
    used
        Which samples are in the model, shape ``(n_samples,)``.

    Raises
    ------
    ModelError
        If the split is a combination of the covariates, or no residual degrees of freedom
        are left.
    """
    columns: list[FloatArray] = []
    for column in covariates[used].T:
        rest = _beside(columns, column)
        if rest is not None:
            columns.append(rest)
    last = _beside(columns, split[used])
    if last is None:
        raise ModelError("the groups are confounded with the covariates")
    columns.append(last)
    df = int(used.sum()) - len(columns)
    if df < 1:
        raise ModelError("no residual degrees of freedom")
    weights = np.zeros((len(used), len(columns)))
    weights[used] = np.column_stack(columns)
    return SplitBasis(weights, used.astype(float), df)


def _beside(columns: list[FloatArray], column: FloatArray) -> FloatArray | None:
    """Give the part of a column that others do not hold, of length 1; None where there is none."""
    length = float(np.linalg.norm(column))
    if length == 0:
        return None
    rest = column / length
    for _ in range(2):  # twice is enough for orthogonality to rounding
        for other in columns:
            rest = rest - (other @ rest) * other
    left = float(np.linalg.norm(rest))
    return None if left < _DEPENDENT else rest / left


def moderated_t(expression: FloatArray, squares: FloatArray, basis: SplitBasis) -> FloatArray:
    """Compute the moderated t of the split for every gene.

    Parameters
    ----------
    expression
        Log2 scale, shape ``(n_samples, n_genes)``.
    squares
        Its squares.
    basis
        Of the design.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_genes,)``; 0 where a gene neither varies nor differs.

    Raises
    ------
    ModelError
        If fewer than two genes vary.
    """
    effects = basis.weights.T @ expression
    residual = basis.used @ squares - np.square(effects).sum(axis=0)
    variance = np.maximum(residual, 0.0) / basis.df
    variance[variance < _NO_VARIANCE * variance.max(initial=0.0)] = 0.0
    prior_df, prior_variance = _prior(variance, basis.df)
    if np.isinf(prior_df):
        posterior = np.full_like(variance, prior_variance)
    else:
        posterior = (prior_df * prior_variance + basis.df * variance) / (prior_df + basis.df)
    return np.asarray(effects[-1] / np.sqrt(posterior))


def _prior(variance: FloatArray, df: int) -> tuple[float, float]:
    """Fit degrees of freedom and variance of the prior; infinite where sampling explains all."""
    try:
        prior = fit_prior(variance, df)
    except DataError as error:
        raise ModelError(str(error)) from None
    return float(prior.df[0]), float(prior.variance[0])
