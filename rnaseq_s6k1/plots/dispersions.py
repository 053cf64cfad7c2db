"""Dispersion plot: gene-wise estimates, their trend, and the values used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.plots.columns import require_columns
from rnaseq_s6k1.plots.style import COLOURS, prepare_axes, styled
from rnaseq_s6k1.plots.text import add_note, empty_message, plain_log_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["dispersions"]

_SIZE = (4.6, 3.6)
_COLUMNS = (
    "baseMean",
    "dispersion_genewise",
    "dispersion_trend",
    "dispersion",
    "dispersion_outlier",
)


@styled
def dispersions(genes: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw dispersions against the mean of normalised counts, both on log scales.

    The counterpart of DESeq2's ``plotDispEsts``. Estimates at the lower bound of the
    optimiser, decades below all others, are drawn as triangles at the edge.

    Parameters
    ----------
    genes
        One row a gene: ``baseMean``, ``dispersion_genewise``, ``dispersion_trend``,
        ``dispersion`` (the value used), ``dispersion_outlier`` (bool: too far above the trend
        to be shrunk to it); as in ``EngineFit.genes``.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If the table lacks a column.
    """
    require_columns(genes, _COLUMNS, "the dispersion plot")
    ax = prepare_axes(ax, *_SIZE)
    plain_log_axis(ax, "x")
    plain_log_axis(ax, "y")
    ax.set_xlabel("mean of normalised counts")
    ax.set_ylabel("dispersion (squared biological CV)")
    shown = genes[(genes["baseMean"] > 0) & (genes["dispersion_genewise"] > 0)]
    shown = shown[np.isfinite(shown[["baseMean", "dispersion_genewise"]].to_numpy(float)).all(1)]
    if shown.empty:
        empty_message(ax, "no gene has a dispersion estimate")
        return ax
    floor, ceiling = _limits(shown)
    outlier = shown["dispersion_outlier"].fillna(False).astype(bool)
    below = int((shown["dispersion_genewise"] < floor).sum())
    for column, rows, colour, size, label in (
        ("dispersion_genewise", shown[~outlier], COLOURS["none"], 4.0, "gene-wise estimate"),
        ("dispersion", shown[~outlier], COLOURS["final"], 2.5, "final value"),
        ("dispersion_genewise", shown[outlier], COLOURS["outlier"], 7.0, "outlier, kept gene-wise"),
    ):
        _draw(ax, rows, column, floor, colour, size, label)
    trend = shown.sort_values("baseMean", kind="stable")
    ax.plot(
        trend["baseMean"],
        trend["dispersion_trend"],
        color=COLOURS["trend"],
        linewidth=1.4,
        label="trend",
        zorder=4,
    )
    ax.set_ylim(floor / 1.3, ceiling * 1.3)
    legend = ax.legend(
        loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, markerscale=2.0, columnspacing=1.2
    )
    for handle in legend.legend_handles:
        if handle is not None:
            handle.set_alpha(1.0)
    if below:
        add_note(ax, [f"▼ {below:,} gene-wise estimates below {floor:.0e} drawn at the edge"])
    return ax


def _limits(shown: pd.DataFrame) -> tuple[float, float]:
    """Return the decades that hold the trend and all estimates above the optimiser's bound."""
    genewise = shown["dispersion_genewise"].to_numpy(float)
    inside = genewise[genewise > 1e-6]
    low = float(np.quantile(inside, 0.005)) if len(inside) else 1e-6
    values = shown[["dispersion_trend", "dispersion"]].to_numpy(float)
    positive = values[np.isfinite(values) & (values > 0)]
    low = min(low, float(positive.min()) if len(positive) else low)
    high = max(float(genewise.max()), float(positive.max()) if len(positive) else 0.0)
    return float(10 ** np.floor(np.log10(low))), high


def _draw(
    ax: Axes, rows: pd.DataFrame, column: str, floor: float, colour: str, size: float, label: str
) -> None:
    values = rows[column].to_numpy(float)
    below = values < floor
    hollow = label.startswith("outlier")
    for part, marker, scale in ((~below, "o", 1.0), (below, "v", 2.0)):
        if not part.any():
            continue
        ax.scatter(
            rows["baseMean"].to_numpy(float)[part],
            np.maximum(values[part], floor),
            s=size * scale,
            marker=marker,
            facecolors="none" if hollow else colour,
            edgecolors=colour if hollow else "none",
            linewidths=0.7 if hollow else 0,
            alpha=0.9 if hollow else 0.55,
            rasterized=True,
            label=label if marker == "o" else None,
        )
