"""Several runs side by side: what each compared and called, and its verdict."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from rnaseq_s6k1.report.collect.comparison import ComparisonSection, collect_comparison
from rnaseq_s6k1.report.collect.verdict import VerdictSection, collect_verdict
from rnaseq_s6k1.report.run_directory import RunDirectory

__all__ = ["CoreSet", "RunRow", "collect_runs", "core_set_names"]

_PAGE = "report.html"
_NO_ROTATION = "no rotation test"


@dataclass(frozen=True)
class CoreSet:
    """A core gene set of a run's card.

    Attributes
    ----------
    nes, rotation_padj
        As ``gsea/gsea.tsv`` has them; None where it has none.
    outcome, state
        What the card says of it, and how that is marked.
    reason
        Why a number is missing.
    """

    nes: float | None = None
    rotation_padj: float | None = None
    outcome: str = ""
    state: str = "open"
    reason: str = ""


@dataclass(frozen=True)
class RunRow:
    """One run.

    Attributes
    ----------
    name
        Its folder, below that which all runs share.
    link
        Address of its report from the index; empty where it has none.
    comparison, verdict
        None where that step has not run.
    sets
        The core sets of all cards by name.
    """

    name: str
    link: str
    comparison: ComparisonSection | None
    verdict: VerdictSection | None
    sets: Mapping[str, CoreSet]


def collect_runs(folders: Sequence[Path], index: Path) -> list[RunRow]:
    """Read the runs, in their order.

    Parameters
    ----------
    folders
        Run directories.
    index
        The page that is to lead to them.

    Raises
    ------
    DataError
        If a file of a run cannot be read.
    """
    runs = [RunDirectory(folder) for folder in folders]
    verdicts = [collect_verdict(run) for run in runs]
    wanted = core_set_names(verdicts)
    rows = []
    for run, verdict, name in zip(runs, verdicts, _names(folders), strict=True):
        page = run.path / _PAGE
        table = run.table("gsea/gsea.tsv")
        rows.append(
            RunRow(
                name=name,
                link=_address(page, index) if page.is_file() else "",
                comparison=collect_comparison(run) if run.has_results else None,
                verdict=verdict,
                sets={one: _core_set(one, verdict, table) for one in wanted},
            )
        )
    return rows


def core_set_names(verdicts: Sequence[VerdictSection | None]) -> list[str]:
    """Give the core gene sets of all cards, each once, in the order of the cards."""
    names = (target for verdict in verdicts for target in _core_lines(verdict))
    return list(dict.fromkeys(names))


def _core_lines(verdict: VerdictSection | None) -> dict[str, tuple[str, str]]:
    """Give outcome and mark of each core set of a card."""
    return {
        str(one.line.get("target")): (str(one.line.get("outcome")), one.state)
        for one in (verdict.lines if verdict else [])
        if one.line.get("role") == "core"
    }


def _core_set(name: str, verdict: VerdictSection | None, table: pd.DataFrame | None) -> CoreSet:
    if verdict is None:
        return CoreSet(reason="no signature/")
    lines = _core_lines(verdict)
    if name not in lines:
        return CoreSet(reason="not on this card")
    if table is None:
        return CoreSet(reason="no gsea/")
    found = table[table["set"] == name]
    if found.empty:
        return CoreSet(reason="not in gsea/gsea.tsv")
    row = found.iloc[0]
    outcome, state = lines[name]
    nes, padj = _number(row.get("nes")), _number(row.get("rotation_padj"))
    reason = "no score" if nes is None else "" if padj is not None else _NO_ROTATION
    return CoreSet(nes, padj, outcome, state, reason)


def _number(value: Any) -> float | None:
    number = math.nan if value is None else float(value)
    return None if math.isnan(number) else number


def _names(folders: Sequence[Path]) -> list[str]:
    """Name runs by their folders, as far as these differ."""
    places = [folder.resolve() for folder in folders]
    common = Path(os.path.commonpath([place.parent for place in places]))
    return [place.relative_to(common).as_posix() for place in places]


def _address(page: Path, index: Path) -> str:
    """Give the relative address of a file; no sign of a name can be taken for a scheme."""
    return quote(Path(os.path.relpath(page.resolve(), index.resolve().parent)).as_posix())
