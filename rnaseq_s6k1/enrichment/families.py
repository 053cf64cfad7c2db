"""The family of tests over which an error rate is controlled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from rnaseq_s6k1.de.filtering import benjamini_hochberg

__all__ = ["FdrBy", "adjust_by_family", "family_sentence", "holm"]

FdrBy = Literal["call", "collection"]


def adjust_by_family(pvalues: pd.Series, collections: pd.Series, by: FdrBy) -> pd.Series:
    """Adjust p-values (Benjamini-Hochberg) over all rows, or within each collection."""
    if by == "call":
        return pd.Series(benjamini_hochberg(pvalues.to_numpy(dtype=float)), index=pvalues.index)
    adjusted = pd.Series(float("nan"), index=pvalues.index)
    for _, rows in pvalues.groupby(collections):
        adjusted[rows.index] = benjamini_hochberg(rows.to_numpy(dtype=float))
    return adjusted


def family_sentence(n_tests: int, by: FdrBy) -> str:
    """Say over what the false discovery rate is controlled."""
    if by == "call":
        return f"FDR (Benjamini-Hochberg) over all {n_tests:,} tests of this call together"
    return f"FDR (Benjamini-Hochberg) within each collection, {n_tests:,} tests in all"


def holm(pvalues: Sequence[float]) -> list[float]:
    """Adjust p-values for the family-wise error rate; NaN stays NaN but counts as a test.

    Holm, Scand J Stat 1979, 6:65: ``padj_(i) = max over j <= i of (m - j + 1) p_(j)``.
    """
    p = np.asarray(pvalues, dtype=float)
    m = p.size
    order = np.argsort(np.where(np.isnan(p), np.inf, p), kind="stable")
    stepped = np.minimum(np.maximum.accumulate((m - np.arange(m)) * p[order]), 1.0)
    adjusted = np.empty(m)
    adjusted[order] = stepped
    return [float(value) for value in adjusted]
