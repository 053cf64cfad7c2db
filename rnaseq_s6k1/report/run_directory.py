"""A run directory as the report sees it: records, tables and figures that may be there."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.tables import read_table

__all__ = ["STEP_FOLDERS", "Picture", "RunDirectory", "StepRun"]

#: Folders a step may have left, in the order a reader meets them.
STEP_FOLDERS: tuple[str, ...] = (
    "stratify",
    "screen",
    "de",
    "gsea",
    "ora",
    "signature",
    "score",
    "cohort/copy_number",
    "cohort/alterations",
    "cohort/exclusivity",
    "cohort/groups",
    "cohort/protein",
    "correlate",
    "survival",
    "concord",
    "bridge",
)
_MEDIA_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}
# Of a larger figure, the folder has the file and the page names it.
_LARGEST_FIGURE = 450_000


@dataclass(frozen=True)
class StepRun:
    """The ``run.json`` of one step.

    Attributes
    ----------
    folder
        Below the run directory, such as ``cohort/copy_number``.
    content
        The record; see `rnaseq_s6k1.provenance.record_step`.
    text
        The file as it is.
    """

    folder: str
    content: Mapping[str, Any]
    text: str

    @property
    def arguments(self) -> Mapping[str, Any]:
        """What the step was asked."""
        return _mapping(self.content.get("arguments"))

    @property
    def results(self) -> Mapping[str, Any]:
        """What the step said it found."""
        return _mapping(self.content.get("results"))

    @property
    def packages(self) -> Mapping[str, Any]:
        """Versions of what it ran with."""
        return _mapping(self.content.get("packages"))

    @property
    def command(self) -> tuple[str, ...]:
        """The command line; empty where the step was called from Python."""
        return tuple(map(str, self._list("command")))

    @property
    def inputs(self) -> list[Mapping[str, Any]]:
        """Path and checksum of each input."""
        return [entry for entry in self._list("inputs") if isinstance(entry, Mapping)]

    @property
    def outputs(self) -> list[str]:
        """Files it wrote, below its folder."""
        return list(map(str, self._list("outputs")))

    @property
    def warnings(self) -> list[str]:
        """What it warned of."""
        return list(map(str, self._list("warnings")))

    def _list(self, name: str) -> list[Any]:
        value = self.content.get(name)
        return value if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


@dataclass(frozen=True)
class Picture:
    """A figure of the run directory, ready for a page.

    Attributes
    ----------
    name
        Its file below the run directory.
    caption
        What it shows, which is its text alternative too.
    source
        A data URI; empty where the file is too large for the page.
    """

    name: str
    caption: str
    source: str


@dataclass(frozen=True)
class RunDirectory:
    """Where a run left its folders.

    Attributes
    ----------
    path
        The directory; it holds ``de/`` at least.
    """

    path: Path
    _tables: dict[str, pd.DataFrame | None] = field(default_factory=dict, repr=False)

    @property
    def has_results(self) -> bool:
        """Whether the differential expression step has run."""
        return (self.path / "de" / "results.tsv").is_file()

    def check(self) -> None:
        """Refuse a directory without a differential expression step.

        Raises
        ------
        DataError
            If it holds no ``de/results.tsv``.
        """
        if not self.has_results:
            raise DataError(
                f"{self.path}: holds no de/results.tsv; a report is of the output directory of "
                "`rnaseq-s6k1 run` or `de`"
            )

    @cached_property
    def steps(self) -> dict[str, StepRun]:
        """The records of the steps that ran, by folder.

        Raises
        ------
        DataError
            If a record cannot be read.
        """
        found = {}
        for folder in STEP_FOLDERS:
            path = self.path / folder / "run.json"
            if not path.is_file():
                continue
            try:
                text = path.read_text(encoding="utf-8")
                content = json.loads(text)
            except (OSError, ValueError) as error:
                raise DataError(f"{path}: is not the record of a step ({error})") from error
            if not isinstance(content, dict):
                raise DataError(f"{path}: is not the record of a step; run the step again")
            found[folder] = StepRun(folder, content, text)
        return found

    def step(self, folder: str) -> StepRun:
        """Return the record of a step; an empty one where there is none."""
        return self.steps.get(folder, StepRun(folder, {}, ""))

    def table(self, name: str) -> pd.DataFrame | None:
        """Read a table below the directory, once; None where it is not there."""
        if name not in self._tables:
            path = self.path / name
            self._tables[name] = read_table(path) if path.is_file() else None
        return self._tables[name]

    def document(self, name: str) -> Mapping[str, Any]:
        """Read a JSON object below the directory; empty where it is not there.

        Raises
        ------
        DataError
            If the file is not one.
        """
        path = self.path / name
        if not path.is_file():
            return {}
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"{path}: is not a JSON file ({error})") from error
        if not isinstance(content, dict):
            raise DataError(f"{path}: does not hold a JSON object; run the step again")
        return content

    def pictures(self, figures: Mapping[str, str]) -> list[Picture]:
        """Embed figures that are there, given as path without suffix and caption.

        The smaller of the SVG and the PNG file is taken.
        """
        found = []
        for stem, caption in figures.items():
            files = [self.path / f"{stem}{suffix}" for suffix in _MEDIA_TYPES]
            files = [file for file in files if file.is_file()]
            if not files:
                continue
            smallest = min(files, key=lambda file: file.stat().st_size)
            source = ""
            if smallest.stat().st_size <= _LARGEST_FIGURE:
                content = base64.b64encode(smallest.read_bytes()).decode("ascii")
                source = f"data:{_MEDIA_TYPES[smallest.suffix]};base64,{content}"
            name = smallest.relative_to(self.path).as_posix()
            found.append(Picture(name, caption, source))
        return found
