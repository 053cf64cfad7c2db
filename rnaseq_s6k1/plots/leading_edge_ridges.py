"""Ridge plot: how the genes of each set's leading edge change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.plots.evidence import direction_colours, evidence_handles, mark_colours
from rnaseq_s6k1.plots.leading_edges import edge_genes, sets_with_edges
from rnaseq_s6k1.plots.legends import sectioned_legend
from rnaseq_s6k1.plots.set_labels import row_centres, set_labels
from rnaseq_s6k1.plots.style import COLOURS, prepare_axes, styled
from rnaseq_s6k1.plots.text import add_note, empty_axes, set_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["leading_edge_ridges"]

# A density of fewer values would draw the kernel rather than the genes.
_DENSITY_FROM: Final = 10
# Inches. A crest ends below the ticks of the row above it.
_ROW: Final = 0.34
_BASE: Final = 0.08
_CREST: Final = 0.25
_RAIN: Final = 0.06


@styled
def leading_edge_ridges(
    table: pd.DataFrame,
    values: pd.Series,
    *,
    label: str = "log2 fold change",
    top: int = 20,
    ax: Axes | None = None,
) -> Axes:
    """Draw the distribution of a value over the leading-edge genes of the top sets.

    Sets stand in the order of their score. A ridge is a Gaussian kernel density (Scott's
    bandwidth), all of equal height, with a tick below it for each gene; sets with fewer than
    10 such genes have a circle for each instead.

    Parameters
    ----------
    table
        Table of the GSEA step; of it ``leading_edge`` (genes joined by commas), ``nes`` and
        ``evidence`` are drawn.
    values
        The value of each gene, indexed by gene name, unique; genes it lacks are passed over.
    label
        What the value is, with its unit.
    top
        How many sets at most, the best supported ones.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If the table lacks a column.
    """
    chosen = sets_with_edges(table, top, "the ridge plot")
    drawn = _values_by_set(chosen, values)
    shown = chosen.loc[list(drawn)].sort_values(["nes", "set"], ascending=[False, True])
    if shown.empty:
        return empty_axes(ax, "no gene set has a leading edge whose genes have values")
    labels = set_labels(shown["set"].tolist(), shown["collection"].tolist())
    y, height = row_centres(labels, least=_ROW)
    ax = prepare_axes(ax, 7.1, max(height + _CREST + 0.8, 2.2))
    colours = direction_colours(shown["nes"])
    for index, kind, colour, centre in zip(shown.index, shown["evidence"], colours, y, strict=True):
        _draw_row(ax, drawn[index], float(centre) + _BASE, mark_colours(kind, colour))
    ax.set_ylim(height + 0.03, -0.1)
    set_names(ax, "y", y.tolist(), labels)
    ax.tick_params(axis="y", length=0)
    ax.axvline(0, color=COLOURS["line"], linewidth=0.6, zorder=0.5)
    ax.set_xlabel(label)
    _write_scores(ax, shown, y, drawn)
    sectioned_legend(ax, [("evidence", evidence_handles(set(shown["evidence"])))], gap=1.0)
    add_note(ax, [f"leading-edge genes: a tick each; circles where fewer than {_DENSITY_FROM}"])
    return ax


def _values_by_set(chosen: pd.DataFrame, values: pd.Series) -> dict[object, NDArray[np.float64]]:
    """Return the finite values of each set's leading edge, for sets that have any."""
    found = {}
    for index, edge in chosen["leading_edge"].items():
        these = values.reindex(edge_genes(edge)).to_numpy(dtype=float)
        these = these[np.isfinite(these)]
        if len(these):
            found[index] = these
    return found


def _draw_row(
    ax: Axes, values: NDArray[np.float64], base: float, colours: tuple[str, str, float]
) -> None:
    fill, edge, width = colours
    ax.vlines(values, base, base + _RAIN, color=edge, linewidth=0.5, zorder=3)
    spread = float(values.std())
    if len(values) < _DENSITY_FROM or spread <= 1e-9 * float(np.abs(values).max()):
        level = np.full(len(values), base - _CREST / 3)
        ax.scatter(values, level, s=12, c="none", edgecolors=edge, linewidths=0.8, zorder=3)
        return
    from scipy.stats import gaussian_kde

    # No further than the genes reach: beyond them there is only the kernel.
    x = np.linspace(values.min(), values.max(), 200)
    density = gaussian_kde(values)(x)
    crest = base - _CREST * density / density.max()
    ax.fill_between(
        x, base, crest, facecolor=fill, edgecolor=edge, linewidth=max(width, 0.8), zorder=2
    )


def _write_scores(
    ax: Axes, shown: pd.DataFrame, y: NDArray[np.float64], drawn: dict[object, NDArray[np.float64]]
) -> None:
    """Write score and number of genes of each set right of the ridges."""
    for inches, title, texts in (
        (0.42, "NES", [f"{nes:.2f}" for nes in shown["nes"]]),
        (0.85, "genes", [f"{len(drawn[index]):,}" for index in shown.index]),
    ):
        for height, text in zip([-0.06, *y], [title, *texts], strict=True):
            ax.annotate(
                text,
                (1.0, height),
                xycoords=ax.get_yaxis_transform(),
                xytext=(72 * inches, 0),
                textcoords="offset points",
                fontsize=7,
                fontweight="bold" if text is title else "normal",
                ha="right",
                va="center",
                annotation_clip=False,
            )
