"""The comparison of two results: the answer, its evidence, and the files they are kept in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from rnaseq_s6k1.concordance.nulls import RotationNull

__all__ = ["ConcordResult", "Evidence", "Verdict"]

Verdict = Literal["agrees", "reverses", "unrelated", "undecided"]
Evidence = Literal["rotation", "descriptive", "shared samples"]


@dataclass(frozen=True)
class ConcordResult:
    """Two results compared.

    Attributes
    ----------
    verdict
        Whether A *agrees* with B, *reverses* it, is *unrelated* to it, or none of that is shown.
    leaning
        The direction of the correlation, ``agrees`` or ``reverses``, whatever the verdict.
    evidence
        What the verdict rests on: ``rotation`` of the samples; ``descriptive``, where only
        tables are there, so that nothing is decided; or ``shared samples``, which make
        statistics alike by themselves.
    sentence
        The verdict in words.
    lines
        See `rnaseq_s6k1.concordance.evidence.LINE_COLUMNS`.
    genes
        The matched genes with both statistics, and ``agreement``: ``same``, ``opposite``,
        ``only_a``, ``only_b`` or ``neither``, by the genes' calls.
    rrho
        See `rnaseq_s6k1.concordance.rrho.RRHO_COLUMNS`.
    nulls
        Rotations, by the side that was rotated.
    facts
        Names, contrasts, thresholds and numbers, for the record.
    """

    verdict: Verdict
    leaning: Literal["agrees", "reverses"]
    evidence: Evidence
    sentence: str
    lines: pd.DataFrame
    genes: pd.DataFrame
    rrho: pd.DataFrame
    nulls: dict[str, RotationNull]
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def rotations(self) -> pd.DataFrame:
        """The correlation of each rotation: ``rotated`` (a or b), ``draw`` and ``rho``."""
        parts = [
            pd.DataFrame(
                {
                    "rotated": side,
                    "draw": np.arange(1, len(null.draws) + 1),
                    "rho": null.draws["rho"].to_numpy(),
                }
            )
            for side, null in sorted(self.nulls.items())
        ]
        if not parts:
            return pd.DataFrame(columns=["rotated", "draw", "rho"])
        return pd.concat(parts, ignore_index=True)

    def write(self, folder: Path) -> list[Path]:
        """Write ``concord.json`` and the four tables into `folder`."""
        from rnaseq_s6k1.io.atomic import write_text
        from rnaseq_s6k1.io.tables import write_table

        tables = {
            "concord": self.lines,
            "genes": self.genes,
            "rrho": self.rrho,
            "rotations": self.rotations,
        }
        for name, table in tables.items():
            write_table(table, folder / f"{name}.tsv")
        content = {
            "verdict": self.verdict,
            "leaning": self.leaning,
            "evidence": self.evidence,
            "sentence": self.sentence,
            **self.facts,
            "lines": [
                {str(name): _plain(value) for name, value in row.items()}
                for row in self.lines.to_dict("records")
            ],
        }
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        write_text(folder / "concord.json", text)
        return [*(folder / f"{name}.tsv" for name in tables), folder / "concord.json"]


def _plain(value: Any) -> Any:
    """Turn numpy's numbers into Python's, and missing ones into null."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
