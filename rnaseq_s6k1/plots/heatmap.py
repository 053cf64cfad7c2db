"""Heat map of the most significant differentially expressed genes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import seaborn
from numpy.typing import NDArray

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.attach import colour_bar
from rnaseq_s6k1.plots.columns import aligned_groups, require_columns
from rnaseq_s6k1.plots.groups import (
    group_levels,
    group_strip,
    strip_legend,
)
from rnaseq_s6k1.plots.ordering import cluster_within
from rnaseq_s6k1.plots.style import DIVERGING, prepare_axes, styled
from rnaseq_s6k1.plots.text import display_text, empty_axes, set_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["heatmap", "top_genes"]

_NAMED_UP_TO = 60
_CLIP = 2.5
_NAME = 18


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
    levels = group_levels(membership, first)
    genes = top_genes(results, top, significance)
    n = len(expression)
    if genes.empty:
        return empty_axes(
            ax, "no gene was called differentially expressed, so there is none to show"
        )
    z = _z_scores(expression, genes)
    blocks = np.array([levels.index(group) for group in membership], dtype=np.intp)
    limit = float(np.clip(np.abs(z).max(), 0.1, _CLIP))
    columns = cluster_within(z.T, blocks)
    rows = cluster_within(z, (genes["direction"] == "down").to_numpy().astype(np.intp))
    named = n <= _NAMED_UP_TO
    width = float(np.clip(0.16 * n, 2.6, 5.2)) if named else 5.2
    height = float(np.clip(0.125 * len(genes), 0.6, 8.0))
    names_below = named and 0.125 * n <= width
    ax = prepare_axes(ax, width + 1.5, height + (2.3 if names_below else 1.3))
    image = ax.imshow(
        z[np.ix_(rows, columns)],
        cmap=seaborn.color_palette(DIVERGING, as_cmap=True),
        vmin=-limit,
        vmax=limit,
        aspect="auto",
        interpolation="nearest",
    )
    _name_axes(ax, genes.iloc[rows], expression.index[columns], names_below)
    group_strip(ax, membership.iloc[columns].tolist(), levels, side="top")
    strip_legend(ax, levels, group_name)
    clipped = bool((np.abs(z) > limit).any())
    longest = max(len(display_text(name, _NAME)) for name in expression.index)
    label = "z-score of log2 expression (SD from the gene's mean)"
    colour_bar(
        ax,
        image,
        label,
        gap=0.12 + 0.066 * longest if names_below else 0.3,
        extend="both" if clipped else "neither",
    )
    return ax


def _z_scores(expression: pd.DataFrame, genes: pd.DataFrame) -> NDArray[np.float64]:
    """Return genes x samples, each gene with mean 0 and standard deviation 1."""
    absent = genes.loc[~genes["gene_id"].isin(expression.columns), "gene_id"]
    if len(absent):
        raise DataError(
            f"the heat map has no expression of gene {str(absent.iloc[0])[:60]!r}; "
            "give expression whose columns are the gene_id of the results"
        )
    values = expression[genes["gene_id"].tolist()].to_numpy(dtype=float).T
    centred = values - values.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1, ddof=1, keepdims=True)
    return np.asarray(np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0))


def _name_axes(ax: Axes, genes: pd.DataFrame, samples: pd.Index, names_below: bool) -> None:
    names = genes["gene_name"].where(genes["gene_name"] != "", genes["gene_id"])
    ax.spines[:].set_visible(False)
    ax.yaxis.tick_right()
    if len(genes) <= 70:
        set_names(ax, "y", range(len(genes)), [display_text(name, 24) for name in names])
    else:
        ax.set_yticks([])
        ax.set_ylabel(f"{len(genes):,} genes")
    ax.tick_params(axis="both", length=0, pad=2)
    turn = int((genes["direction"] == "up").sum())
    if 0 < turn < len(genes):
        ax.axhline(turn - 0.5, color="white", linewidth=2.0)
    if names_below:
        set_names(ax, "x", range(len(samples)), [display_text(name, _NAME) for name in samples])
        ax.tick_params(axis="x", labelrotation=90)
    else:
        ax.set_xticks([])
        ax.set_xlabel(f"{len(samples):,} samples")
