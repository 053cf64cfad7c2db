"""What figures of leading edges have in common: reading the tables."""

from __future__ import annotations

import pandas as pd

from rnaseq_s6k1.plots.columns import require_columns
from rnaseq_s6k1.plots.evidence import ranked_sets

__all__ = ["EDGE_COLUMNS", "edge_genes", "sets_with_edges"]

EDGE_COLUMNS = ("collection", "set", "nes", "pvalue", "padj", "evidence", "leading_edge")


def sets_with_edges(table: pd.DataFrame, top: int, figure: str) -> pd.DataFrame:
    """Return the `top` best supported sets that have a leading edge.

    Raises
    ------
    DataError
        If the table lacks a column.
    """
    require_columns(table, EDGE_COLUMNS, figure)
    ranked = ranked_sets(table)
    return ranked[ranked["leading_edge"].fillna("").astype(str) != ""].head(max(top, 1))


def edge_genes(leading_edge: str) -> list[str]:
    """Return the genes of a cell of the column ``leading_edge``."""
    return [gene for gene in str(leading_edge).split(",") if gene]
