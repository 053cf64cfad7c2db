"""Heat map of the most significant differentially expressed genes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.columns import aligned_groups, require_columns
from rnaseq_s6k1.plots.grouped_heatmap import draw_grouped_heatmap, row_z_scores
from rnaseq_s6k1.plots.style import styled
from rnaseq_s6k1.plots.text import display_text, empty_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["heatmap", "top_genes"]


def top_genes(
    results: pd.DataFrame, top: int, significance: Literal["padj", "pvalue"] = "padj"
) -> pd.DataFrame:
    """Return the `top` most significant called genes, up first, most significant first in each.

    Both directions get half of the places, or what the other one leaves.
    """
    ranked = results[results["direction"].isin(("up", "down"))].sort_values(
        [significance, "gene_id"], kind="stable"
    )
    up, down = (ranked[ranked["direction"] == side] for side in ("up", "down"))
    places_up = min(len(up), max(top - top // 2, top - len(down)))
    return pd.concat([up.head(places_up), down.head(top - places_up)])


@styled
def heatmap(
    expression: pd.DataFrame,
    results: pd.DataFrame,
    groups: pd.Series,
    *,
    top: int = 40,
    significance: Literal["padj", "pvalue"] = "padj",
    first: Sequence[str] = (),
    group_name: str = "group",
    ax: Axes | None = None,
) -> Axes:
    """Draw the expression of the top called genes, each as z-scores over the samples.

    Samples stand by group, and within each group, as genes within each direction, in the order
    of an average-linkage tree.

    Parameters
    ----------
    expression
        Log2 or variance-stabilised expression, samples x genes; columns are gene ids.
    results
        Table of the differential expression step, which chooses and names the genes.
    groups
        Group of each sample, indexed by sample.
    top
        How many genes at most.
    significance
        The column that ranks genes.
    first
        Groups that come first from the left, e.g. the reference and the target.
    group_name
        Title of the legend.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If a column, a gene of the table or the group of a sample is missing.
    """
    require_columns(
        results, ("gene_id", "gene_name", "direction", significance), "the heat map of genes"
    )
    membership = aligned_groups(groups, expression.index, "the heat map of genes")
    genes = top_genes(results, top, significance)
    if genes.empty:
        return empty_axes(
            ax, "no gene was called differentially expressed, so there is none to show"
        )
    names = genes["gene_name"].where(genes["gene_name"] != "", genes["gene_id"])
    return draw_grouped_heatmap(
        ax,
        _z_scores(expression, genes),
        membership,
        row_blocks=(genes["direction"] == "down").to_numpy().astype(np.intp),
        row_names=[display_text(name, 24) for name in names],
        rows_are="genes",
        label="z-score of log2 expression (SD from the gene's mean)",
        first=first,
        group_name=group_name,
    )


def _z_scores(expression: pd.DataFrame, genes: pd.DataFrame) -> NDArray[np.float64]:
    """Return genes x samples, each gene with mean 0 and standard deviation 1."""
    absent = genes.loc[~genes["gene_id"].isin(expression.columns), "gene_id"]
    if len(absent):
        raise DataError(
            f"the heat map has no expression of gene {str(absent.iloc[0])[:60]!r}; "
            "give expression whose columns are the gene_id of the results"
        )
    return row_z_scores(expression[genes["gene_id"].tolist()].to_numpy(dtype=float).T)
