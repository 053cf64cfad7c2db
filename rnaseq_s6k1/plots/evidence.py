"""How much stands behind a set's score, and the mark that says so in every figure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from rnaseq_s6k1.plots.legends import marker_handle
from rnaseq_s6k1.plots.style import COLOURS

if TYPE_CHECKING:
    from matplotlib.lines import Line2D

__all__ = [
    "EVIDENCE_MARKS",
    "EvidenceMark",
    "direction_colours",
    "evidence_handles",
    "mark_colours",
    "ranked_sets",
]


@dataclass(frozen=True)
class EvidenceMark:
    """The look of one kind of evidence, which does not rest on hue.

    Attributes
    ----------
    filled
        Whether a marker has the colour of its direction inside; it is white otherwise.
    edge
        Colour of the outline; None for the colour of the direction.
    width
        Of the outline, in points.
    """

    filled: bool
    edge: str | None
    width: float


EVIDENCE_MARKS: Final[dict[str, EvidenceMark]] = {
    "established": EvidenceMark(True, COLOURS["highlight"], 1.0),
    "gene-sampling only": EvidenceMark(False, None, 1.4),
    "none": EvidenceMark(True, COLOURS["none"], 0.0),
}
"""The values of the column ``evidence``, the strongest first."""

_UNKNOWN: Final = EVIDENCE_MARKS["none"]


def mark_colours(evidence: str, colour: str) -> tuple[str, str, float]:
    """Return fill, outline and width of the outline of a marker.

    Parameters
    ----------
    evidence
        Value of the column ``evidence``.
    colour
        Of the set's direction; sets without evidence are grey.
    """
    mark = EVIDENCE_MARKS.get(evidence, _UNKNOWN)
    if mark is _UNKNOWN:
        return COLOURS["none"], COLOURS["none"], mark.width
    return colour if mark.filled else "white", mark.edge or colour, mark.width


def direction_colours(nes: pd.Series) -> list[str]:
    """Return the colour of each score's direction."""
    return [COLOURS["up"] if value >= 0 else COLOURS["down"] for value in nes]


def evidence_handles(present: Collection[str], size: float = 6.0) -> list[Line2D]:
    """Return legend entries of the kinds of evidence that occur, the strongest first.

    Parameters
    ----------
    present
        Values of the column ``evidence``.
    size
        Of the markers, in points.
    """
    handles = []
    for kind in EVIDENCE_MARKS:
        if kind in present:
            fill, edge, width = mark_colours(kind, COLOURS["line"])
            handles.append(marker_handle(kind, size=size, fill=fill, edge=edge, width=width))
    return handles


def ranked_sets(table: pd.DataFrame) -> pd.DataFrame:
    """Return the sets that have a score, the best supported first.

    The order is: evidence, then the p of the rotation test where it ran, then the preranked
    p, then the larger absolute score, then the name.
    """
    usable = table[np.isfinite(table["nes"].to_numpy(float)) & table["padj"].notna()]
    place = {kind: index for index, kind in enumerate(EVIDENCE_MARKS)}
    rotation = (
        usable["rotation_pvalue"].astype(float)
        if "rotation_pvalue" in usable.columns
        else pd.Series(np.nan, index=usable.index)
    )
    keys = usable.assign(
        _evidence=usable["evidence"].map(place).fillna(len(place)),
        _rotation=rotation,
        _size=-usable["nes"].abs(),
    )
    order = keys.sort_values(
        ["_evidence", "_rotation", "pvalue", "_size", "set", "collection"], kind="stable"
    ).index
    ranked: pd.DataFrame = usable.loc[order]
    return ranked
