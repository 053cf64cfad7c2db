"""Running-sum plot of a gene set: the enrichment score and where it comes from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.enrichment.located import ScoreType
from rnaseq_s6k1.enrichment.running_sum import RunningSum, running_sum
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.attach import stacked_axes
from rnaseq_s6k1.plots.style import COLOURS, new_figure, prepare_axes, styled
from rnaseq_s6k1.plots.text import display_text, format_p, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rnaseq_s6k1.design.contrast import Contrast

__all__ = ["running_sum_panels", "running_sum_plot"]

_SIZE = (3.6, 3.4)


@styled
def running_sum_plot(
    ranking: pd.Series,
    genes: Collection[str],
    name: str,
    *,
    nes: float = float("nan"),
    fdr: float = float("nan"),
    contrast: Contrast | None = None,
    statistic: str = "Wald statistic",
    weight: float = 1.0,
    score_type: ScoreType = "std",
    ax: Axes | None = None,
) -> Axes:
    """Draw the running enrichment score, the set's genes, and the ranked statistic.

    Parameters
    ----------
    ranking
        Statistic of each gene, indexed by gene name, descending.
    genes
        The set's genes; those outside the ranking are passed over.
    name
        Name of the set.
    nes, fdr
        Normalised enrichment score and FDR, as computed elsewhere; NaN where there is none.
    contrast
        Whose groups are named at the two ends of the ranking.
    statistic
        What ranks the genes, with its unit if any; the label of the lower panel.
    weight
        Exponent of the statistic in the running sum.
    score_type
        Which side of the running sum counts; see `rnaseq_s6k1.enrichment.running_sum`.
    ax
        Where to draw; it gives up its lower part to two more panels. A new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes
        The panel of the running sum.

    Raises
    ------
    DataError
        If no gene of the set is ranked, or all are, or the ranking is not descending.
    """
    positions = np.flatnonzero(ranking.index.isin(list(genes)))
    if not len(positions):
        raise DataError(
            f"no gene of the set {display_text(name, 60)!r} is in the ranking; "
            "choose a set whose genes were measured"
        )
    stats = ranking.to_numpy(dtype=float)
    result = running_sum(stats, positions, weight, score_type)
    ax = prepare_axes(ax, *_SIZE)
    ax, rug, lower = stacked_axes(ax, (1.0, 0.14, 0.42))
    colour = COLOURS["up"] if result.es >= 0 else COLOURS["down"]
    _draw_curve(ax, result, colour, nes, fdr)
    ax.set_title(wrapped(name, 32), loc="left", fontsize=7.5)
    _draw_rug(rug, result, len(stats), colour)
    _draw_statistic(lower, stats, statistic)
    _name_ends(lower, contrast)
    return ax


def _draw_curve(ax: Axes, result: RunningSum, colour: str, nes: float, fdr: float) -> None:
    n = len(result.values)
    # Between two members the sum falls in a straight line: corners say everything.
    corners = np.unique(np.concatenate([[0, n - 1, result.peak], result.hits, result.hits - 1]))
    corners = corners[corners >= 0]
    ax.plot(
        np.concatenate([[0], corners + 1]),
        np.concatenate([[0.0], result.values[corners]]),
        color=colour,
        linewidth=1.3,
        zorder=3,
    )
    ax.axhline(0, color="black", linewidth=0.6)
    ax.plot([result.peak + 1] * 2, [0, result.es], color=colour, linewidth=0.8, linestyle=":")
    ax.set_xlim(0, n)
    low, high = min(0.0, float(result.values.min())), max(0.0, float(result.values.max()))
    room = 0.08 * (high - low)
    ax.set_ylim(low - room, high + room)
    ax.set_ylabel("running enrichment score")
    ax.tick_params(axis="x", labelbottom=False, length=0)
    ax.spines["bottom"].set_visible(False)
    said = f"NES = {nes:.2f}" if np.isfinite(nes) else f"ES = {result.es:.2f}"
    text = (
        f"{said}\n{format_p(fdr, 'FDR')}\n{len(result.hits):,} gene{'s' * (len(result.hits) != 1)}"
    )
    # A peak above leaves the upper right free, one below the lower left.
    above = result.es >= 0
    ax.text(
        0.98 if above else 0.02,
        0.97 if above else 0.03,
        text,
        transform=ax.transAxes,
        ha="right" if above else "left",
        va="top" if above else "bottom",
        fontsize=7,
        bbox={"boxstyle": "square,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.8},
    )


def _draw_rug(rug: Axes, result: RunningSum, n: int, colour: str) -> None:
    edge = np.isin(result.hits, result.leading_edge)
    for hits, shade in ((result.hits[~edge], COLOURS["line"]), (result.hits[edge], colour)):
        rug.vlines(hits + 0.5, 0, 1, color=shade, linewidth=0.5)
    rug.set_xlim(0, n)
    rug.set_ylim(0, 1)
    rug.set_xticks([])
    rug.set_yticks([])
    rug.spines[:].set_visible(False)
    rug.set_gid("rug")


def _draw_statistic(lower: Axes, stats: np.ndarray, statistic: str) -> None:
    prepare_axes(lower, 0, 0)
    n = len(stats)
    # A few thousand corners draw the same curve as all genes, in a tenth of the file.
    kept = np.unique(np.linspace(0, n - 1, min(n, 2000)).round().astype(int))
    lower.fill_between(kept + 0.5, stats[kept], 0, color=COLOURS["none"], linewidth=0)
    lower.axhline(0, color="black", linewidth=0.6)
    crossing = int((stats > 0).sum())
    if 0 < crossing < n:
        lower.axvline(crossing, color=COLOURS["line"], linewidth=0.6, linestyle=(0, (4, 3)))
    lower.set_xlim(0, n)
    lower.set_ylabel(wrapped(statistic, 18))
    lower.set_xlabel(f"rank among {n:,} genes")
    lower.locator_params(axis="x", nbins=5)
    lower.xaxis.set_major_formatter(lambda value, _position: f"{value:,.0f}")
    lower.set_gid("statistic")


def _name_ends(lower: Axes, contrast: Contrast | None) -> None:
    """Say at both ends of the ranking which group the genes there are higher in."""
    if contrast is None:
        return
    low, high = lower.get_ylim()
    # Words stand in the corners that the curve leaves free.
    for x, align, y, place, group, colour in (
        (0.02, "left", 0.04, "bottom", contrast.target, COLOURS["up"]),
        (0.98, "right", 0.96, "top", contrast.reference, COLOURS["down"]),
    ):
        lower.text(
            x,
            y,
            wrapped(f"higher in {display_text(group, 40)}", 24, lines=2),
            transform=lower.transAxes,
            ha=align,
            va=place,
            fontsize=7,
            color=colour,
        )
    lower.set_ylim(min(low, -0.45 * high), max(high, -0.45 * low))


@styled
def running_sum_panels(
    ranking: pd.Series,
    sets: Mapping[str, Collection[str]],
    table: pd.DataFrame,
    *,
    contrast: Contrast | None = None,
    statistic: str = "Wald statistic",
    weight: float = 1.0,
    score_type: ScoreType = "std",
    columns: int = 3,
    fdr: str = "padj",
) -> list[Axes]:
    """Draw several sets side by side in one new figure.

    Parameters
    ----------
    ranking, contrast, statistic, weight, score_type
        As for `running_sum_plot`.
    sets
        Genes of each set, in the order they are drawn.
    table
        Rows with ``set``, ``nes`` and the column `fdr`; a set may be absent.
    columns
        Panels in a row.
    fdr
        Which column holds the FDR.

    Raises
    ------
    DataError
        As `running_sum_plot`, or if there are no sets.
    """
    if not sets:
        raise DataError("there is no gene set to draw; give at least one")
    rows = table.drop_duplicates("set")
    scores = dict(zip(rows["set"], zip(rows["nes"], rows[fdr], strict=True), strict=True))
    across = min(max(columns, 1), len(sets))
    down = -(-len(sets) // across)
    figure = new_figure(3.1 * across if across > 1 else _SIZE[0], 3.3 * down)
    axes = []
    for index, (name, genes) in enumerate(sets.items()):
        ax = figure.add_subplot(down, across, index + 1)
        nes, value = scores.get(name, (float("nan"), float("nan")))
        axes.append(
            running_sum_plot(
                ranking,
                genes,
                name,
                nes=float(nes),
                fdr=float(value),
                contrast=contrast,
                statistic=statistic,
                weight=weight,
                score_type=score_type,
                ax=ax,
            )
        )
    return axes
