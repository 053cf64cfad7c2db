r"""Spearman's rank correlation of one variable with many, plain or partial.

The partial correlation given covariates :math:`Z` is Pearson's correlation of the residuals of
the mid-ranks of either variable after least squares on an intercept and :math:`Z`. A numeric
covariate enters by its own mid-ranks, a categorical one by an indicator a level. With numeric
covariates only this equals the partial correlation from the inverse of Spearman's correlation
matrix (Kim, Communications for Statistical Applications and Methods 2015, 22:665).

With :math:`k` the rank of the covariates beside the intercept, p is two-sided from
:math:`t = r \sqrt{d / (1 - r^2)}` on :math:`d = n - 2 - k` degrees of freedom, and the
confidence interval is Fisher's, :math:`\tanh(\operatorname{atanh} r \pm z\,s)`, with the
standard error of Bonett and Wright (Psychometrika 2000, 65:23),
:math:`s = \sqrt{(1 + r^2/2)/(n - 3 - k)}`.

Ranks bend what was a straight line, so the residuals keep a trace of strong covariates. Without
any correlation given the covariates, simulated with normal variables at n = 115, p < 0.05 in 6 %
where three covariates explain 43 % of either variable, but in 26 % where they explain three
quarters; one covariate that explains four fifths gives 8 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from rnaseq_s6k1.design.levels import is_continuous, level_texts
from rnaseq_s6k1.errors import ModelError

__all__ = ["RankCorrelation", "covariate_basis", "midranks", "percentiles", "rank_correlation"]

Array = NDArray[np.float64]

#: A residual sum of squares below this share of the total is rounding.
_NOTHING_LEFT = 1e-10


@dataclass(frozen=True, eq=False)
class RankCorrelation:
    """Correlations of one variable with several.

    Attributes
    ----------
    rho
        Shape ``(n_variables,)``; NaN where a variable is constant, or constant given the
        covariates.
    ci_low, ci_high
        Limits of the confidence interval; NaN where rho is NaN, is 1 or -1, or has too few
        observations.
    pvalue
        Two-sided.
    n
        Observations.
    degrees_of_freedom
        Of the t test.
    """

    rho: Array
    ci_low: Array
    ci_high: Array
    pvalue: Array
    n: int
    degrees_of_freedom: int


def rank_correlation(
    driver: Array, values: Array, covariates: Array | None = None, *, confidence: float = 0.95
) -> RankCorrelation:
    """Correlate one variable with each column; see the module's equations.

    Parameters
    ----------
    driver
        Finite values, shape ``(n,)``.
    values
        Finite values, shape ``(n, n_variables)``.
    covariates
        An orthonormal basis of the covariates' space, from `covariate_basis`.
    confidence
        Of the interval.

    Raises
    ------
    ModelError
        If no degree of freedom is left, or the driver is constant given the covariates.
    """
    n = len(driver)
    basis = np.empty((n, 0)) if covariates is None else covariates
    df = n - 2 - basis.shape[1]
    if df < 1:
        raise ModelError(
            f"{n} samples are too few for a correlation with {basis.shape[1]} covariate columns; "
            "use more samples or fewer covariates"
        )
    x, x_left = _residual_ranks(driver[:, np.newaxis], basis)
    if not x_left[0]:
        raise ModelError(
            "the driver's ranks do not vary"
            + (" once the covariates are given" if basis.shape[1] else "")
            + ", so that nothing can be correlated with it"
        )
    y, left = _residual_ranks(values, basis)
    # Sums along samples without linear-algebra threads: their order is the same everywhere.
    cross = (x * y).sum(axis=0)
    scale = np.sqrt((x * x).sum(axis=0) * (y * y).sum(axis=0))
    rho = np.full(y.shape[1], np.nan)
    np.divide(cross, scale, out=rho, where=left)
    rho = np.clip(rho, -1.0, 1.0)
    low, high = _interval(rho, df - 1, confidence)
    return RankCorrelation(rho, low, high, _two_sided(rho, df), n, df)


def midranks(values: Array) -> Array:
    """Rank each column from 1, ties sharing their mean rank.

    Parameters
    ----------
    values
        Shape ``(n, n_variables)``.
    """
    return np.asarray(stats.rankdata(values, axis=0), dtype=float)


def covariate_basis(columns: pd.DataFrame) -> Array:
    """Span the covariates' space, orthogonal to the intercept.

    Parameters
    ----------
    columns
        Complete covariates, shape ``(n, n_covariates)``: numbers enter by mid-rank, other
        columns by level.

    Returns
    -------
    numpy.ndarray
        Orthonormal columns, shape ``(n, k)``; constant and redundant covariates add none.
    """
    parts = []
    for name in columns.columns:
        column = columns[name]
        if is_continuous(column):
            parts.append(midranks(column.to_numpy(dtype=float)[:, np.newaxis]))
        else:
            levels = level_texts(column).to_numpy(dtype=object)
            parts.append(
                np.column_stack([levels == level for level in sorted(set(levels))]).astype(float)
            )
    if not parts:
        return np.empty((len(columns), 0))
    design = np.hstack(parts)
    design = design - design.mean(axis=0)
    left, sizes, _ = np.linalg.svd(design, full_matrices=False)
    return np.asarray(left[:, sizes > 1e-9 * max(float(sizes.max()), 1.0)])


def percentiles(rho: pd.Series, background: pd.Series) -> Array:
    """Give the percent of background values below each, ties for half.

    Parameters
    ----------
    rho
        Shape ``(n_variables,)``.
    background
        Values without missing ones, in any order.

    Returns
    -------
    numpy.ndarray
        NaN where rho is, and everywhere where the background is empty.
    """
    values = rho.to_numpy(dtype=float)
    if background.empty:
        return np.full(len(values), np.nan)
    ordered = np.sort(background.to_numpy(dtype=float))
    below = np.searchsorted(ordered, values, side="left")
    not_above = np.searchsorted(ordered, values, side="right")
    return np.where(np.isnan(values), np.nan, 50.0 * (below + not_above) / len(ordered))


def _residual_ranks(values: Array, basis: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Give centred ranks less their projection on the covariates, and which columns vary."""
    ranks = midranks(values) - (len(values) + 1) / 2
    total = (ranks * ranks).sum(axis=0)
    residual = ranks
    if basis.shape[1]:
        weights = np.einsum("nk,ng->kg", basis, ranks)
        residual = ranks - np.einsum("nk,kg->ng", basis, weights)
    return residual, (residual * residual).sum(axis=0) > _NOTHING_LEFT * np.maximum(total, 1e-300)


def _interval(rho: Array, freedom: int, confidence: float) -> tuple[Array, Array]:
    if freedom < 1:
        return np.full(rho.shape, np.nan), np.full(rho.shape, np.nan)
    inside = np.abs(rho) < 1  # Fisher's transform of a perfect correlation is infinite
    z = np.arctanh(np.where(inside, rho, np.nan))
    reach = stats.norm.isf((1 - confidence) / 2) * np.sqrt((1 + rho**2 / 2) / freedom)
    return np.tanh(z - reach), np.tanh(z + reach)


def _two_sided(rho: Array, df: int) -> Array:
    with np.errstate(divide="ignore"):
        t = np.abs(rho) * np.sqrt(df / (1 - rho**2))
    return np.asarray(2 * stats.t.sf(t, df))
