"""Which genes are called differentially expressed, and why an adjusted p is missing."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

__all__ = ["LfcMode", "Significance", "call_directions", "padj_na_reasons"]

LfcMode = Literal["filter", "test"]
Significance = Literal["padj", "pvalue"]


def call_directions(
    table: pd.DataFrame,
    *,
    lfc: float,
    alpha: float,
    lfc_mode: LfcMode,
    significance: Significance,
) -> pd.Series:
    """Call each gene ``up``, ``down`` or ``none``.

    In the mode ``filter`` a gene is called when its p (of the null of no change) is below
    `alpha` and its absolute log2 fold change above `lfc`, the habit of the field. In the
    mode ``test`` the p-values already belong to the null ``|log2FC| <= lfc`` and decide alone.

    Parameters
    ----------
    table
        Rows with ``log2FoldChange``, ``pvalue`` and ``padj``.
    lfc
        Log2 units.
    alpha
        Level of significance.
    lfc_mode, significance
        As said above; which column is compared with `alpha`.
    """
    called = table[significance] < alpha
    if lfc_mode == "filter":
        called &= table["log2FoldChange"].abs() > lfc
    sign = np.where(table["log2FoldChange"] > 0, "up", "down")
    return pd.Series(np.where(called, sign, "none"), index=table.index, name="direction")


def padj_na_reasons(
    padj: pd.Series, pvalue: pd.Series, base_mean: pd.Series, cooks_outlier: pd.Series
) -> pd.Series:
    """Say why each missing adjusted p-value is missing.

    Returns
    -------
    pandas.Series
        ``all_zero``: no counts; ``outlier``: a sample with a large Cook's distance withheld
        the p-value; ``low_mean``: independent filtering; empty where padj is given.
    """
    reasons = np.select(
        [padj.notna(), base_mean == 0, cooks_outlier, pvalue.notna()],
        ["", "all_zero", "outlier", "low_mean"],
        default="all_zero",
    )
    return pd.Series(reasons, index=padj.index, name="padj_na_reason")
