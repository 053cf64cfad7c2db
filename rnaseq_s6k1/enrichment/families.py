"""The family over which the false discovery rate is controlled."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from rnaseq_s6k1.de.filtering import benjamini_hochberg

__all__ = ["FdrBy", "adjust_by_family", "family_sentence"]

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
