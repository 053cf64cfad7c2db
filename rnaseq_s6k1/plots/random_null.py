"""What random signatures reach, and where the observed one lies among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.columns import require_columns
from rnaseq_s6k1.plots.style import COLOURS, new_figure, prepare_axes, styled
from rnaseq_s6k1.plots.text import format_p, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["random_null_panels", "random_null_plot"]


@styled
def random_null_plot(
    random: Sequence[float] | np.ndarray,
    observed: float,
    *,
    statistic: str,
    title: str = "",
    empirical_p: float = float("nan"),
    share_p05: float = float("nan"),
    ax: Axes | None = None,
) -> Axes:
    """Draw the histogram of random signatures' statistics with the observed one marked.

    Parameters
    ----------
    random
        Statistics of the random signatures; NaN is passed over.
    observed
        The signature's own; NaN is not drawn.
    statistic
        Label of the axis.
    title
        Above the panel.
    empirical_p, share_p05
        As computed elsewhere, written into the panel; NaN where there is none.
    ax
        Where to draw; a new figure otherwise.

    Raises
    ------
    DataError
        If there is no statistic.
    """
    values = np.asarray(random, dtype=float)
    values = values[np.isfinite(values)]
    if not len(values):
        raise DataError("there is no random signature to draw")
    ax = prepare_axes(ax, 3.0, 2.6)
    ax.hist(values, bins=min(40, max(8, len(values) // 20)), color=COLOURS["none"], linewidth=0)
    ax.set_xlabel(statistic)
    ax.set_ylabel("random signatures")
    if title:
        ax.set_title(wrapped(title, 44, 2), loc="left", fontsize=7.5)
    top = ax.get_ylim()[1]
    ax.set_ylim(0, top * 1.42)
    if np.isfinite(observed):
        ax.plot([observed] * 2, [0, top], color=COLOURS["up"], linewidth=1.6, label="signature")
        # An absolute statistic as large on the other side counts against it too.
        ax.plot([-observed] * 2, [0, top], color=COLOURS["up"], linewidth=0.8, linestyle=":")
    said = [format_p(empirical_p, "empirical p")]
    if np.isfinite(share_p05):
        said.append(f"{share_p05:.0%} of random signatures\nhave p < 0.05")
    ax.text(0.02, 0.98, "\n".join(said), transform=ax.transAxes, ha="left", va="top", fontsize=6.5)
    return ax


@styled
def random_null_panels(
    table: pd.DataFrame,
    random: Mapping[str, np.ndarray] | pd.DataFrame,
    *,
    labels: Mapping[str, str],
    columns: int = 2,
) -> list[Axes]:
    """Draw a panel a relation and adjustment in one new figure.

    Parameters
    ----------
    table
        Rows with ``relation variable adjustment statistic empirical_p random_share_p05``.
    random
        Statistics by ``relation|variable|adjustment``.
    labels
        Label of the axis, by relation.
    columns
        Panels in a row.

    Raises
    ------
    DataError
        If no row has random signatures with a statistic; those that have none are passed over.
    """
    needed = ("relation", "variable", "adjustment", "statistic", "empirical_p", "random_share_p05")
    require_columns(table, needed, "the null of random signatures")
    keys = table["relation"] + "|" + table["variable"] + "|" + table["adjustment"]
    # Where no random signature has an estimate there is nothing to compare with.
    table = table[[bool(np.isfinite(np.asarray(random[key], dtype=float)).any()) for key in keys]]
    if table.empty:
        raise DataError("there is no relation with random signatures to draw")
    across = min(columns, len(table))
    down = -(-len(table) // across)
    figure = new_figure(3.1 * across, 2.5 * down)
    axes = []
    for k, row in enumerate(table.to_dict("records")):
        key = f"{row['relation']}|{row['variable']}|{row['adjustment']}"
        adjusted = row["adjustment"] != "none"
        axes.append(
            random_null_plot(
                np.asarray(random[key]),
                float(row["statistic"]),
                statistic=labels.get(str(row["relation"]), "statistic"),
                title=f"{row['variable']}"
                + (f", adjusted for {row['adjustment']}" if adjusted else ""),
                empirical_p=float(row["empirical_p"]),
                share_p05=float(row["random_share_p05"]),
                ax=figure.add_subplot(down, across, k + 1),
            )
        )
    return axes
