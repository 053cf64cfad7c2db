"""Dot plot of gene sets: direction, strength and size of each, and what stands behind it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from rnaseq_s6k1.plots.attach import side_axes
from rnaseq_s6k1.plots.columns import require_columns
from rnaseq_s6k1.plots.evidence import (
    direction_colours,
    evidence_handles,
    mark_colours,
    ranked_sets,
)
from rnaseq_s6k1.plots.legends import marker_handle, sectioned_legend
from rnaseq_s6k1.plots.set_labels import row_centres, set_labels
from rnaseq_s6k1.plots.style import COLOURS, prepare_axes, styled
from rnaseq_s6k1.plots.text import add_note, display_text, empty_axes, set_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rnaseq_s6k1.design.contrast import Contrast

__all__ = ["gene_set_dots"]

_CAP: Final = 50.0
_HEADING: Final = 0.24
_WIDTH: Final = 7.4
_GRID: Final[dict[str, Any]] = {"color": "#EEEEEE", "linewidth": 0.6, "zorder": 0.3}


@styled
def gene_set_dots(
    table: pd.DataFrame,
    *,
    contrast: Contrast | None = None,
    top: int = 30,
    always: Collection[str] = (),
    alpha: float = 0.05,
    ax: Axes | None = None,
) -> Axes:
    """Draw the best supported gene sets by their normalised enrichment score.

    A dot's area shows the number of genes, its filling the evidence: full where the rotation
    test established the set, hollow where only the preranked test, which samples genes, calls
    it, grey where neither does. A second panel shows the FDR of both tests.

    Parameters
    ----------
    table
        Table of the GSEA step, one row a set.
    contrast
        Says in words what a positive score means.
    top
        How many sets at most, over all collections: by evidence, then by the p of the rotation
        test where it ran, then by the preranked p.
    always
        Names of sets that are shown whatever their rank.
    alpha
        Where the line of the FDR panel stands.
    ax
        Where to draw; it gives up its right part to the second panel. A new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes
        The panel of the scores.

    Raises
    ------
    DataError
        If the table lacks a column.
    """
    columns = ("collection", "set", "size", "nes", "pvalue", "padj", "evidence")
    require_columns(table, columns, "the dot plot")
    shown = _shown(table, max(top, 1), always)
    if shown.empty:
        return empty_axes(ax, "no gene set has a normalised enrichment score and an FDR")
    labels = set_labels(shown["set"].tolist(), shown["collection"].tolist())
    starts = _starts(shown["collection"])
    y, height = row_centres(labels, before=np.where(starts, _HEADING, 0.0).tolist())
    ax = prepare_axes(ax, _WIDTH, max(height + 1.0, 2.4))
    scores, fdr = side_axes(ax, (1.0, 0.5))
    prepare_axes(fdr, 0, 0)
    for panel in (scores, fdr):
        panel.set_ylim(height + 0.02, -0.02)
        panel.tick_params(axis="y", length=0)
        panel.hlines(y, 0, 1, transform=panel.get_yaxis_transform(), **_GRID)
    set_names(scores, "y", y.tolist(), labels)
    _draw_scores(scores, shown, y)
    _set_x(scores, shown, contrast)
    rotated = _draw_fdr(fdr, shown, y, alpha)
    if starts.any():
        _head_collections((scores, fdr), shown["collection"], starts, y, labels)
    _draw_legends(fdr, shown, rotated)
    add_note(scores, _notes(table, shown, rotated), width=74)
    return ax


def _shown(table: pd.DataFrame, top: int, always: Collection[str]) -> pd.DataFrame:
    """Return the sets to draw: collections apart, the highest score first."""
    ranked = ranked_sets(table)
    wanted = ranked["set"].isin(set(always))
    others = ranked[~wanted].head(max(top - int(wanted.sum()), 0))
    shown = pd.concat([ranked[wanted], others])
    return shown.sort_values(["collection", "nes", "set"], ascending=[True, False, True])


def _starts(collections: pd.Series) -> np.ndarray:
    """Tell which rows begin a collection, if there are several."""
    if collections.nunique() == 1:
        return np.zeros(len(collections), dtype=bool)
    return np.asarray((collections != collections.shift()).to_numpy(dtype=bool))


def _areas(sizes: np.ndarray, largest: float) -> np.ndarray:
    """Return marker areas (square points) that grow with the number of genes."""
    return np.asarray(12.0 + 80.0 * np.asarray(sizes, dtype=float) / max(largest, 1.0))


def _draw_scores(ax: Axes, shown: pd.DataFrame, y: np.ndarray) -> None:
    marks = [
        mark_colours(evidence, colour)
        for evidence, colour in zip(shown["evidence"], direction_colours(shown["nes"]), strict=True)
    ]
    ax.scatter(
        shown["nes"].to_numpy(float),
        y,
        s=_areas(shown["size"].to_numpy(float), float(shown["size"].max())),
        c=[fill for fill, _, _ in marks],
        edgecolors=[edge for _, edge, _ in marks],
        linewidths=[width for _, _, width in marks],
        zorder=3,
    ).set_gid("scores")


def _set_x(ax: Axes, shown: pd.DataFrame, contrast: Contrast | None) -> None:
    reach = 1.15 * max(float(shown["nes"].abs().max()), 1.0)
    ax.set_xlim(-reach, reach)
    ax.axvline(0, color=COLOURS["line"], linewidth=0.6, zorder=0.5)
    label = "normalised enrichment score (NES)"
    if contrast is not None:
        low = f"← higher in {display_text(contrast.reference, 24)}"
        high = f"higher in {display_text(contrast.target, 24)} →"
        # No wider than the panel, or it would run into the label of the next.
        label += f"\n{low}      {high}" if len(low + high) <= 34 else f"\n{low}\n{high}"
    ax.set_xlabel(label)


_TESTS: Final = {
    "padj": ("preranked", "D", "white", 17.0),
    "rotation_padj": ("rotation", "s", COLOURS["highlight"], 15.0),
}


def _significance(values: pd.Series) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.asarray(np.minimum(-np.log10(values.to_numpy(float)), _CAP))


def _draw_fdr(ax: Axes, shown: pd.DataFrame, y: np.ndarray, alpha: float) -> bool:
    """Draw the FDR of both tests; return whether the rotation test ran for any set."""
    rotated = "rotation_padj" in shown.columns and bool(shown["rotation_padj"].notna().any())
    if rotated:
        low, high = (_significance(shown[column]) for column in _TESTS)
        ax.hlines(y, low, high, color=COLOURS["none"], linewidth=1.0, zorder=2)
    for column in ("padj", "rotation_padj") if rotated else ("padj",):
        _, marker, fill, area = _TESTS[column]
        ax.scatter(
            _significance(shown[column]),
            y,
            s=area,
            marker=marker,
            c=fill,
            edgecolors=COLOURS["highlight"],
            linewidths=0.8,
            zorder=3,
            clip_on=False,
        )
    ax.axvline(-np.log10(alpha), color=COLOURS["line"], linewidth=0.6, linestyle=(0, (4, 3)))
    _set_fdr_axis(ax, max(float(np.nanmax(_significance(shown["padj"]))), 3.0))
    ax.set_xlabel(f"-log10 FDR\n(dashed: {alpha:g})")
    ax.set_gid("fdr")
    return rotated


def _set_fdr_axis(ax: Axes, reach: float) -> None:
    """Scale by the square root, which shows an FDR of 0.05 and one of 1e-50 in one panel."""
    ax.set_xscale("function", functions=(_root, np.square))
    ticks = [tick for tick in (0.0, 1.0, 5.0, 10.0, 20.0, _CAP) if tick <= reach]
    if reach > 10:
        ticks.remove(5.0)
    names = [f"{tick:g}" for tick in ticks]
    if reach >= _CAP:
        names[-1] = f"≥ {_CAP:g}"
    ax.set_xlim(0, reach)
    ax.set_xticks(ticks, labels=names)
    ax.set_xticks([], minor=True)
    ax.set_yticks([])


def _root(values: np.ndarray) -> np.ndarray:
    return np.asarray(np.sqrt(np.maximum(values, 0.0)))


def _head_collections(
    panels: tuple[Axes, Axes],
    collections: pd.Series,
    starts: np.ndarray,
    y: np.ndarray,
    labels: list[str],
) -> None:
    """Write the name of each collection above its sets, and a line between collections."""
    for row in np.flatnonzero(starts):
        # A row's centre less half its height, which is its centre had it been the first.
        top = y[row] - row_centres(labels[row : row + 1])[0][0]
        panels[0].text(
            0.01,
            top - 0.02,
            display_text(collections.iloc[row], 36),
            transform=panels[0].get_yaxis_transform(),
            ha="left",
            va="bottom",
            fontsize=7,
            fontweight="bold",
            bbox={"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none"},
        )
        if row:
            for panel in panels:
                panel.axhline(top - _HEADING + 0.02, color=COLOURS["line"], linewidth=0.6)


def _draw_legends(ax: Axes, shown: pd.DataFrame, rotated: bool) -> None:
    """Explain sizes, filling and the two FDRs, right of the panels."""
    largest = float(shown["size"].max())
    sizes = np.unique([_round(largest * share) for share in (0.25, 0.5, 1.0)])
    tests = [
        marker_handle(name, marker=shape, size=float(np.sqrt(area)), fill=fill)
        for column, (name, shape, fill, area) in _TESTS.items()
        if column == "padj" or rotated
    ]
    sectioned_legend(
        ax,
        [
            ("evidence", evidence_handles(set(shown["evidence"]))),
            (
                "genes in set",
                [
                    marker_handle(f"{size:,}", size=float(np.sqrt(area)))
                    for size, area in zip(sizes, _areas(sizes, largest), strict=True)
                ],
            ),
            ("FDR", tests),
        ],
        gap=0.25,
    )


def _round(size: float) -> int:
    """Return the size with one leading digit, at least 1."""
    return max(1, int(float(f"{size:.1g}")))


def _notes(table: pd.DataFrame, shown: pd.DataFrame, rotated: bool) -> list[str]:
    notes = []
    if len(shown) < len(table):
        rule = "then rotation p, then preranked p" if rotated else "then p"
        notes.append(f"{len(shown):,} of {len(table):,} sets shown: by evidence, {rule}")
    if not rotated:
        notes.append("no rotation test ran; the preranked FDR takes genes for independent")
    return notes
