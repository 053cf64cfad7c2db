"""Kaplan-Meier curves with their intervals, censored patients and numbers at risk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.attach import attached_axes
from rnaseq_s6k1.plots.columns import require_columns
from rnaseq_s6k1.plots.style import GROUP_COLOURS, prepare_axes, styled
from rnaseq_s6k1.plots.text import display_text, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["kaplan_meier_plot"]

_LINES = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (5, 1.5, 1, 1.5)))
_ROW = 0.15  # inches a row of numbers at risk


@styled
def kaplan_meier_plot(
    curves: pd.DataFrame,
    at_risk: pd.DataFrame,
    *,
    endpoint: str,
    unit: str = "days",
    unit_size: float = 1.0,
    groups: Sequence[str] = (),
    title: str = "",
    lines: Sequence[str] = (),
    ax: Axes | None = None,
) -> Axes:
    """Draw survival curves over a table of the numbers at risk.

    Parameters
    ----------
    curves
        Rows of one endpoint: ``group time n_censored survival ci_low ci_high``.
    at_risk
        Rows of the same endpoint: ``group time n_risk``; the times are the ticks of the axis.
    endpoint
        What the curves are of, in words.
    unit, unit_size
        Unit of the axis, and how many units of the tables one of it is.
    groups
        The groups in their order; else as they come.
    title
        What the groups are of, above the legend.
    lines
        Statements such as a hazard ratio with its p, written into the figure.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If a column is missing or there is no curve.
    """
    require_columns(
        curves, ("group", "time", "n_censored", "survival", "ci_low", "ci_high"), "survival curves"
    )
    require_columns(at_risk, ("group", "time", "n_risk"), "survival curves")
    names = [str(one) for one in groups] or [str(one) for one in pd.unique(curves["group"])]
    if curves.empty:
        raise DataError("there is no survival curve to draw; give at least one group")
    ax = prepare_axes(ax, 4.3, 3.3 + _ROW * len(names) + 0.13 * len(lines))
    for k, name in enumerate(names):
        _draw_curve(ax, curves[curves["group"].astype(str) == name], k, unit_size)
    longest = float(curves["time"].max()) / unit_size
    ax.set_xlim(0, longest * 1.02)
    ax.set_ylim(0, 1.02)
    ax.set_ylabel(f"{display_text(endpoint, 40)}\n(share without the event)")
    ax.set_xlabel(f"time ({unit})")
    ticks = np.sort(at_risk["time"].unique()) / unit_size
    ax.set_xticks(ticks, labels=[f"{tick:g}" for tick in np.round(ticks, 6)])
    _write_lines(ax, names, title, lines, steep=_is_steep(curves))
    _draw_at_risk(ax, at_risk, names, unit_size)
    return ax


def _draw_curve(ax: Axes, table: pd.DataFrame, k: int, size: float) -> None:
    colour = GROUP_COLOURS[k % len(GROUP_COLOURS)]
    time = table["time"].to_numpy(dtype=float) / size
    survival, low, high = (
        table[column].to_numpy(dtype=float) for column in ("survival", "ci_low", "ci_high")
    )
    known = np.isfinite(low) & np.isfinite(high)
    # Where a curve ends at 0 it has no interval; the band stops with the last that is known.
    ax.fill_between(
        time[known], low[known], high[known], step="post", color=colour, alpha=0.15, linewidth=0
    )
    ax.step(
        time,
        survival,
        where="post",
        color=colour,
        linestyle=_LINES[k % len(_LINES)],
        linewidth=1.4,
        zorder=3,
    )
    censored = table["n_censored"].to_numpy() > 0
    ax.plot(
        time[censored],
        survival[censored],
        linestyle="none",
        marker="|",
        markersize=4,
        markeredgewidth=0.7,
        color=colour,
        zorder=4,
    )


def _is_steep(curves: pd.DataFrame) -> bool:
    """Whether all curves lie below a half when half of the time is over."""
    early = curves[curves["time"] <= curves["time"].max() / 2]
    return bool((early.groupby("group")["survival"].min() < 0.5).all())


def _write_lines(
    ax: Axes, names: Sequence[str], title: str, lines: Sequence[str], *, steep: bool
) -> None:
    """Write the statements above the axes, and the legend where no curve runs.

    Steep curves leave the upper right free, the others the lower left.
    """
    longest = max(len(display_text(name, 24)) for name in names)
    if lines:
        ax.set_title("\n".join(wrapped(line, 62, 2) for line in lines), loc="left", fontsize=7)
    # matplotlib passes over labels that begin with an underscore, so handles get theirs here.
    handles = [line for line in ax.get_lines() if line.get_drawstyle() == "steps-post"]
    legend = ax.legend(
        handles,
        ["x"] * len(handles),
        title=display_text(title, 36) or None,
        loc="upper right" if steep else "lower left",
        ncols=max(1, min(len(names), 40 // (longest + 6))),
        alignment="left",
        handlelength=2.2,
        frameon=True,
        framealpha=0.8,
        edgecolor="none",
    )
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_text(display_text(name, 24))
        text.set_parse_math(False)


def _draw_at_risk(ax: Axes, at_risk: pd.DataFrame, names: Sequence[str], size: float) -> None:
    """Write the numbers under the ticks of the axis, a row a group in its colour."""
    panel = attached_axes(ax, "bottom", gap=0.42, thickness=_ROW * (len(names) + 1))
    panel.set_xlim(ax.get_xlim())
    panel.set_ylim(len(names) + 0.5, -0.5)
    panel.set_yticks(range(1, len(names) + 1), labels=[display_text(name, 16) for name in names])
    for k, label in enumerate(panel.get_yticklabels()):
        label.set_parse_math(False)
        label.set_fontsize(7)
        # Names stay black, as yellow ones could not be read; a bar has the colour.
        panel.plot(
            [-0.014, -0.014],
            [k + 0.6, k + 1.4],
            transform=panel.get_yaxis_transform(),
            color=GROUP_COLOURS[k % len(GROUP_COLOURS)],
            linewidth=2.5,
            solid_capstyle="butt",
            clip_on=False,
        )
    panel.tick_params(axis="both", length=0, labelbottom=False, pad=7)
    panel.set_xticks([])
    panel.spines[:].set_visible(False)
    panel.patch.set_visible(False)
    panel.text(0.0, 0, "number at risk", fontsize=7, va="center", ha="left")
    for k, name in enumerate(names):
        rows = at_risk[at_risk["group"].astype(str) == name]
        for at, n in zip(rows["time"].to_numpy(dtype=float) / size, rows["n_risk"], strict=True):
            panel.text(
                at,
                k + 1,
                f"{int(n)}",
                fontsize=7,
                va="center_baseline",
                ha="center" if at > 0 else "left",
                clip_on=False,
            )
    panel.set_gid("at-risk")
