"""The lower panel of running-sum plots: the statistic that ranks the genes, and its two ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.plots.style import COLOURS, prepare_axes
from rnaseq_s6k1.plots.text import display_text, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rnaseq_s6k1.design.contrast import Contrast

__all__ = ["draw_ranked_statistic", "name_ranking_ends"]


def draw_ranked_statistic(lower: Axes, stats: NDArray[np.float64], statistic: str) -> None:
    """Draw the statistic of each gene against its rank.

    Parameters
    ----------
    lower
        Where.
    stats
        Descending, shape ``(n_genes,)``.
    statistic
        Its name, with the unit if any.
    """
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
    # Longer than the panel is high, it would push the panels apart.
    lower.set_ylabel(wrapped(statistic, 12), fontsize=7)
    lower.set_xlabel(f"rank among {n:,} genes")
    lower.locator_params(axis="x", nbins=5)
    lower.xaxis.set_major_formatter(lambda value, _position: f"{value:,.0f}")
    lower.set_gid("statistic")


def name_ranking_ends(lower: Axes, contrast: Contrast | None) -> None:
    """Say at both ends of the ranking which group the genes there are higher in."""
    if contrast is None:
        return
    low, high = lower.get_ylim()
    target, reference = (
        wrapped(f"higher in {display_text(group, 40)}", 24, lines=2)
        for group in (contrast.target, contrast.reference)
    )
    # Words stand in the corners that the curve leaves free.
    for x, align, y, place, words, colour in (
        (0.02, "left", 0.04, "bottom", target, COLOURS["up"]),
        (0.98, "right", 0.96, "top", reference, COLOURS["down"]),
    ):
        lower.text(
            x,
            y,
            words,
            transform=lower.transAxes,
            ha=align,
            va=place,
            fontsize=7,
            color=colour,
        )
    below, above = (0.45 * (words.count("\n") + 1) for words in (target, reference))
    lower.set_ylim(min(low, -below * high), max(high, -above * low))
