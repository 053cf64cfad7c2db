"""Where chosen genes stand among the correlations of all genes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.columns import require_columns
from rnaseq_s6k1.plots.flags import FLAG_ROOM, raise_flags
from rnaseq_s6k1.plots.style import COLOURS, prepare_axes, styled
from rnaseq_s6k1.plots.text import add_note, display_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["rho_histogram"]

_LABELLED_UP_TO = 16
_WIDTH = 5.2


@styled
def rho_histogram(
    background: pd.Series,
    table: pd.DataFrame,
    driver: str,
    *,
    covariates: tuple[str, ...] = (),
    ax: Axes | None = None,
) -> Axes:
    """Draw the distribution of all genes' rho, with the chosen genes marked on it.

    Parameters
    ----------
    background
        rho of all genes.
    table
        Columns ``gene_name rho percentile``; at most 16 genes, those with the largest absolute
        rho, are named.
    driver
        The gene all are correlated with.
    covariates
        Given which, where the correlations are partial.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If `table` lacks a column, or no gene has a correlation.
    """
    require_columns(table, ("gene_name", "rho", "percentile"), "the histogram of correlations")
    values = background.to_numpy(dtype=float)
    values = values[np.isfinite(values)]
    if not len(values):
        raise DataError("no gene has a correlation to draw; none reaches a median count of 10")
    ax = prepare_axes(ax, _WIDTH, 3.4)
    heights, _, _ = ax.hist(
        values,
        bins=np.linspace(-1, 1, 81).tolist(),
        color=COLOURS["none"],
        linewidth=0,
    )
    marked = table[np.isfinite(table["rho"])]
    order = marked["rho"].abs().sort_values(ascending=False, kind="stable").index
    marked = marked.loc[order].head(_LABELLED_UP_TO)
    top = float(np.max(heights))
    reach = max(float(np.abs(values).max()), float(marked["rho"].abs().max()) if len(marked) else 0)
    ax.set_xlim(-min(1.0, reach + 0.08), min(1.0, reach + 0.08))
    ax.plot([0, 0], [0, 1.05 * top], color=COLOURS["line"], linewidth=0.6)
    ax.set_ylim(0, FLAG_ROOM * top)
    ax.spines["left"].set_bounds(0, 1.05 * top)
    ax.set_yticks([tick for tick in ax.get_yticks() if tick <= 1.05 * top])
    marked = marked.sort_values(["rho", "gene_name"], kind="stable")
    texts = [
        f"{display_text(name, 14)} {rho:.2f}"
        for name, rho in zip(marked["gene_name"], marked["rho"], strict=True)
    ]
    raise_flags(ax, list(marked["rho"]), texts, [COLOURS["up"]] * len(texts), top, _WIDTH)
    kind = "partial Spearman's rho" if covariates else "Spearman's rho"
    ax.set_xlabel(f"{kind} with {display_text(driver)}")
    ax.set_ylabel("genes")
    if covariates:
        add_note(ax, [f"given {', '.join(display_text(name) for name in covariates)}"])
    return ax
