"""How the run was made: commands, inputs with checksums, versions, records."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rnaseq_s6k1.provenance import sha256
from rnaseq_s6k1.report.run_directory import RunDirectory, StepRun

__all__ = ["ProvenanceSection", "collect_provenance", "own_file"]


@dataclass(frozen=True)
class ProvenanceSection:
    """Where the numbers come from.

    Attributes
    ----------
    commands
        The command lines of the steps, each once, quoted for a shell.
    inputs
        Path and SHA-256 of each input that no step wrote.
    packages
        Versions, by package.
    version, seed, finished
        Of this program, of the random draws, and when the last step began.
    records
        The record of every step.
    """

    commands: list[str]
    inputs: list[Mapping[str, Any]]
    packages: dict[str, str]
    version: str
    seed: Any
    finished: str
    records: list[StepRun]


def own_file(run: RunDirectory, entry: Mapping[str, Any]) -> str | None:
    """Return the name below the directory of an input that a step of this run wrote.

    A directory may have moved since, so the end of the path and the checksum decide.
    """
    path = str(entry.get("path", "")).replace("\\", "/")
    for step in run.steps.values():
        for output in step.outputs:
            name = f"{step.folder}/{output}"
            if path != name and not path.endswith(f"/{name}"):
                continue
            file = run.path / name
            if file.is_file() and sha256(file) == entry.get("sha256"):
                return name
    return None


def collect_provenance(run: RunDirectory) -> ProvenanceSection:
    """Read every record."""
    steps = list(run.steps.values())
    commands = dict.fromkeys(shlex.join(step.command) for step in steps if step.command)
    inputs: dict[str, Mapping[str, Any]] = {}
    for step in steps:
        for entry in step.inputs:
            if own_file(run, entry) is None:
                inputs.setdefault(str(entry.get("path")), entry)
    packages: dict[str, str] = {}
    for step in steps:
        packages |= {str(name): str(version) for name, version in step.packages.items()}
    last = max(steps, key=lambda step: str(step.content.get("started", "")), default=None)
    content = last.content if last else {}
    return ProvenanceSection(
        commands=list(commands),
        inputs=list(inputs.values()),
        packages=packages,
        version=str(content.get("version", "")),
        seed=content.get("seed"),
        finished=str(content.get("started", "")),
        records=steps,
    )
