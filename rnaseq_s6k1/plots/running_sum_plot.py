"""Running-sum plot of a gene set: the enrichment score and where it comes from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rnaseq_s6k1.enrichment.located import ScoreType
from rnaseq_s6k1.enrichment.running_sum import RunningSum, running_sum
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.attach import stacked_axes
from rnaseq_s6k1.plots.ranked_statistic import draw_ranked_statistic, name_ranking_ends
from rnaseq_s6k1.plots.style import COLOURS, new_figure, prepare_axes, styled
from rnaseq_s6k1.plots.text import display_text, format_p, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rnaseq_s6k1.design.contrast import Contrast

__all__ = ["draw_curve", "frame_sums", "running_sum_panels", "running_sum_plot", "sum_along"]

_SIZE = (3.6, 3.4)
# Enough for the longest name of MSigDB.
_TITLE, _TITLE_LINES = 34, 7


@styled
def running_sum_plot(
    ranking: pd.Series,
    genes: Collection[str],
    name: str,
    *,
    nes: float = float("nan"),
    fdr: float = float("nan"),
    rotation_fdr: float = float("nan"),
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
    nes, fdr, rotation_fdr
        Normalised enrichment score and the FDR of the preranked and of the rotation test, as
        computed elsewhere; NaN where there is none.
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
    stats = ranking.to_numpy(dtype=float)
    result = sum_along(ranking, genes, name, weight, score_type)
    ax = prepare_axes(ax, *_SIZE)
    ax, rug, lower = stacked_axes(ax, (1.0, 0.14, 0.42))
    colour = COLOURS["up"] if result.es >= 0 else COLOURS["down"]
    draw_curve(ax, result, color=colour, linewidth=1.3)
    frame_sums(ax, [result])
    ax.plot([result.peak + 1] * 2, [0, result.es], color=colour, linewidth=0.8, linestyle=":")
    _write_scores(ax, result, nes, fdr, rotation_fdr)
    ax.set_title(wrapped(name, _TITLE, _TITLE_LINES), loc="left", fontsize=7.5)
    _draw_rug(rug, result, len(stats), colour)
    draw_ranked_statistic(lower, stats, statistic)
    name_ranking_ends(lower, contrast)
    return ax


def sum_along(
    ranking: pd.Series,
    genes: Collection[str],
    name: str,
    weight: float = 1.0,
    score_type: ScoreType = "std",
) -> RunningSum:
    """Compute the running sum of the set's genes along a ranking indexed by gene name.

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
    return running_sum(ranking.to_numpy(dtype=float), positions, weight, score_type)


def draw_curve(ax: Axes, result: RunningSum, **style: Any) -> None:
    """Draw a running sum from 0; `style` goes to the line."""
    n = len(result.values)
    # Between two members the sum falls in a straight line: corners say everything.
    corners = np.unique(np.concatenate([[0, n - 1, result.peak], result.hits, result.hits - 1]))
    corners = corners[corners >= 0]
    ax.plot(
        np.concatenate([[0], corners + 1]),
        np.concatenate([[0.0], result.values[corners]]),
        zorder=3,
        **style,
    )


def frame_sums(ax: Axes, results: Sequence[RunningSum]) -> None:
    """Set limits, zero line and labels of a panel of running sums."""
    ax.axhline(0, color="black", linewidth=0.6)
    ax.set_xlim(0, len(results[0].values))
    low = min(0.0, *(float(result.values.min()) for result in results))
    high = max(0.0, *(float(result.values.max()) for result in results))
    room = 0.08 * (high - low)
    ax.set_ylim(low - room, high + room)
    ax.set_ylabel("running\nenrichment score")
    ax.tick_params(axis="x", labelbottom=False, length=0)
    ax.spines["bottom"].set_visible(False)


def _write_scores(
    ax: Axes, result: RunningSum, nes: float, fdr: float, rotation_fdr: float
) -> None:
    lines = [
        f"NES = {nes:.2f}" if np.isfinite(nes) else f"ES = {result.es:.2f}",
        format_p(fdr, "FDR"),
        f"{len(result.hits):,} gene{'s' * (len(result.hits) != 1)}",
    ]
    if np.isfinite(rotation_fdr):
        lines[1:2] = [format_p(fdr, "preranked FDR"), format_p(rotation_fdr, "rotation FDR")]
    # A peak above leaves the upper right free, one below the lower left.
    above = result.es >= 0
    ax.text(
        0.98 if above else 0.02,
        0.97 if above else 0.03,
        "\n".join(lines),
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
        Rows with ``set``, ``nes`` and the column `fdr`, and ``rotation_padj`` if the rotation
        test ran; a set may be absent.
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
    read = rows.reindex(columns=["nes", fdr, "rotation_padj"]).to_numpy(dtype=float)
    scores = dict(zip(rows["set"], map(tuple, read.tolist()), strict=True))
    across = min(max(columns, 1), len(sets))
    down = -(-len(sets) // across)
    lines = max(wrapped(name, _TITLE, _TITLE_LINES).count("\n") + 1 for name in sets)
    height = (3.2 + 0.13 * lines) * down
    figure = new_figure(3.1 * across if across > 1 else _SIZE[0], height)
    axes = []
    for index, (name, genes) in enumerate(sets.items()):
        ax = figure.add_subplot(down, across, index + 1)
        nes, value, rotation = scores.get(name, (float("nan"),) * 3)
        axes.append(
            running_sum_plot(
                ranking,
                genes,
                name,
                nes=nes,
                fdr=value,
                rotation_fdr=rotation,
                contrast=contrast,
                statistic=statistic,
                weight=weight,
                score_type=score_type,
                ax=ax,
            )
        )
    return axes
