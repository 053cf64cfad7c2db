r"""The scores of two groups compared by the design of the experiment.

For each set the scores of the samples are the response of the linear model that the experiment's
design is, and the contrast :math:`c^T \hat\beta` is tested by the ordinary t test with
:math:`n - p` degrees of freedom. The samples are what is sampled, so correlation among genes
does no harm. The test is *self-contained*: it asks whether the set's score differs between the
groups, not whether it does so more than that of other genes.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as student

from rnaseq_s6k1.de.filtering import benjamini_hochberg
from rnaseq_s6k1.errors import ModelError

__all__ = ["COMPARISON_COLUMNS", "COMPARISON_TEST", "compare_scores"]

COMPARISON_COLUMNS: tuple[str, ...] = (
    "method",
    "column",
    "difference",
    "ci_low",
    "ci_high",
    "t",
    "df",
    "pvalue",
    "padj",
)
COMPARISON_TEST = (
    "ordinary t test of the score in the linear model of the design; self-contained: it asks "
    "whether a set's score differs, not whether it differs more than other genes"
)


def compare_scores(
    scores: pd.DataFrame,
    design: pd.DataFrame,
    contrast: NDArray[np.float64],
    *,
    method: str = "",
) -> pd.DataFrame:
    """Test each set's score for a difference between target and reference.

    Parameters
    ----------
    scores
        Samples x sets.
    design
        Full-rank design matrix, samples x coefficients.
    contrast
        Weights of the coefficients, shape ``(n_coefficients,)``.
    method
        Written into the column ``method``.

    Returns
    -------
    pandas.DataFrame
        The columns of `COMPARISON_COLUMNS`: difference (target less reference) with its 95 %
        interval in the units of the score, and Benjamini-Hochberg's FDR over the sets; NaN where
        a set has no scores, or no scatter beyond rounding.

    Raises
    ------
    ModelError
        If no residual degree of freedom is left.
    """
    X = design.loc[scores.index].to_numpy(dtype=float)
    df = len(X) - X.shape[1]
    if df < 1:
        raise ModelError(
            f"{len(X)} samples and {X.shape[1]} coefficients leave no degree of freedom to compare "
            "scores; use a smaller design"
        )
    Y = scores.to_numpy(dtype=float)
    inverse = np.linalg.pinv(X)
    beta = inverse @ Y
    residual = Y - X @ beta
    variance = (residual**2).sum(axis=0) / df
    weights = contrast @ inverse
    difference = contrast @ beta
    error = np.sqrt(variance * (weights @ weights))
    scatter = error > 1e-12 * np.maximum(np.abs(Y).max(axis=0), 1e-300)
    t = np.divide(difference, error, out=np.full(len(error), np.nan), where=scatter)
    reach = student.ppf(0.975, df) * error
    pvalue = 2 * student.sf(np.abs(t), df)
    table = pd.DataFrame(
        {
            "method": method,
            "column": scores.columns.astype(str),
            "difference": difference,
            "ci_low": difference - reach,
            "ci_high": difference + reach,
            "t": t,
            "df": df,
            "pvalue": pvalue,
            "padj": benjamini_hochberg(pvalue),
        }
    )
    return table[list(COMPARISON_COLUMNS)]
