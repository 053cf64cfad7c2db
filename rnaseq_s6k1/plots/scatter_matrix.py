"""Expression of several genes against each other, pair by pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.style import COLOURS, DIVERGING, new_figure, styled
from rnaseq_s6k1.plots.text import display_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["scatter_matrix"]

_MOST_GENES = 10


@styled
def scatter_matrix(
    expression: pd.DataFrame, rho: pd.DataFrame, *, unit: str = "log2 CPM"
) -> list[Axes]:
    """Draw scatters below the diagonal, distributions on it, and rho above it.

    Parameters
    ----------
    expression
        Samples x genes, the driver first; the first ten genes are drawn.
    rho
        Spearman's rho between them, genes x genes.
    unit
        Of `expression`.

    Returns
    -------
    list of matplotlib.axes.Axes
        The panels, row by row; all of one figure.

    Raises
    ------
    DataError
        If there are fewer than two genes, or `rho` has other ones.
    """
    if expression.shape[1] < 2 or list(expression.columns) != list(rho.columns):
        raise DataError("the scatter matrix needs at least two genes and their correlations")
    n = min(expression.shape[1], _MOST_GENES)
    values = expression.iloc[:, :n].to_numpy(dtype=float)
    corner = rho.iloc[:n, :n].to_numpy(dtype=float)
    names = [display_text(name, 12) for name in expression.columns[:n]]
    side = 0.72 * n + 0.5
    figure = new_figure(side, side)
    figure.set_layout_engine("none")
    left = 0.5 / side
    grid = figure.add_gridspec(
        n, n, left=left, right=1 - 0.08 / side, bottom=left, top=1 - 0.3 / side,
        wspace=0.08, hspace=0.08,
    )  # fmt: skip
    axes = []
    for row in range(n):
        for column in range(n):
            ax = figure.add_subplot(grid[row, column])
            if row == column:
                _distribution(ax, values[:, row])
            elif row > column:
                _scatter(ax, values[:, column], values[:, row])
            else:
                _coefficient(ax, corner[row, column])
            _label(ax, names, row, column, n)
            axes.append(ax)
    figure.suptitle(
        f"{unit}, n = {len(values):,}; Spearman's rho", x=left, ha="left", fontsize=7,
        y=1 - 0.06 / side, va="top",
    )  # fmt: skip
    return axes


def _scatter(ax: Axes, x: np.ndarray, y: np.ndarray) -> None:
    ax.scatter(
        x,
        y,
        s=5 if len(x) < 200 else 2,
        color=COLOURS["down"],
        alpha=0.6,
        linewidths=0,
        rasterized=len(x) > 300,
    )
    ax.margins(0.08)


def _distribution(ax: Axes, values: np.ndarray) -> None:
    ax.hist(values, bins=16, color=COLOURS["none"], linewidth=0)
    ax.margins(x=0.08)


def _coefficient(ax: Axes, rho: float) -> None:
    # seaborn registers the colour map's name.
    import seaborn  # noqa: F401
    from matplotlib import colormaps

    if np.isfinite(rho):
        ax.set_facecolor(colormaps[DIVERGING]((rho + 1) / 2))
    ax.text(
        0.5,
        0.5,
        f"{rho:.2f}" if np.isfinite(rho) else "–",
        transform=ax.transAxes,
        ha="center",
        va="center",
        fontsize=7,
        color="white" if np.isfinite(rho) and abs(rho) > 0.7 else "black",
    )


def _label(ax: Axes, names: list[str], row: int, column: int, n: int) -> None:
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(True)
        spine.set_linewidth(0.5)
    if row == n - 1:
        ax.set_xlabel(names[column], fontsize=7)
    if column == 0:
        ax.set_ylabel(names[row], fontsize=7)
