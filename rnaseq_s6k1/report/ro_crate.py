"""``ro-crate-metadata.json``: the run directory as a Process Run Crate.

RO-Crate 1.1 (Soiland-Reyes et al., Data Science 2022, 5:97) with the profile Process Run Crate
0.5 (Leo et al., PLoS ONE 2024, 19:e0309210). A crate of this kind is a list of plain JSON
objects, so it is written by hand and needs no library.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rnaseq_s6k1.provenance import sha256
from rnaseq_s6k1.report.collect.comparison import collect_comparison
from rnaseq_s6k1.report.collect.provenance import (
    ProvenanceSection,
    collect_provenance,
    own_file,
)
from rnaseq_s6k1.report.collect.verdict import collect_verdict
from rnaseq_s6k1.report.page import PAGE
from rnaseq_s6k1.report.run_directory import STEP_FOLDERS, RunDirectory, StepRun

__all__ = ["CRATE", "write_crate"]

CRATE = "ro-crate-metadata.json"

_PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
_PROGRAM = "https://pypi.org/project/rnaseq-s6k1/"
_TERMS = "#terms"
# The checksum is no term of schema.org; its name is that of the Workflow Run profiles.
_CONTEXT = [
    "https://w3id.org/ro/crate/1.1/context",
    {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"},
]
# An output directory may hold other things, such as all of somebody's home.
_FOLDERS = frozenset(
    [*(name.partition("/")[0] for name in STEP_FOLDERS), "simulate", "within", "cut", "multiqc"]
)
_MEDIA_TYPES = {
    ".tsv": "text/tab-separated-values",
    ".rnk": "text/tab-separated-values",
    ".gz": "application/gzip",
    ".json": "application/json",
    ".html": "text/html",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".h5ad": "application/x-hdf5",
}


def write_crate(folder: Path) -> Path:
    """Write ``ro-crate-metadata.json`` into a run directory.

    It lists every file of the run with its SHA-256, the program, and for each step an action
    with its command, inputs, parameters and outputs.

    Returns
    -------
    pathlib.Path
        The file.
    """
    from rnaseq_s6k1.io.atomic import write_text

    run = RunDirectory(folder)
    run.check()
    provenance = collect_provenance(run)
    files = _files(folder)
    inputs = {str(entry["path"]): _input(k, entry) for k, entry in enumerate(provenance.inputs, 1)}
    program = _program(provenance)
    actions: list[dict[str, Any]] = []
    parameters: list[dict[str, Any]] = []
    for step in provenance.records:
        action, values = _action(step, run, inputs, files)
        actions.append(action)
        parameters += values
    root = _root(run, files, inputs, actions, provenance.finished)
    graph = [
        {
            "@id": CRATE,
            "@type": "CreativeWork",
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
            "about": {"@id": "./"},
        },
        root,
        {
            "@id": _PROFILE,
            "@type": "CreativeWork",
            "name": "Process Run Crate",
            "version": "0.5",
        },
        {
            "@id": _TERMS,
            "@type": "CreativeWork",
            "name": "Terms of the data",
            "description": "No licence is recorded; the results are under the terms of the data "
            "they were computed from.",
        },
        program,
        *files.values(),
        *inputs.values(),
        *actions,
        *parameters,
    ]
    content = {"@context": _CONTEXT, "@graph": graph}
    text = json.dumps(content, indent=2, ensure_ascii=False)
    write_text(folder / CRATE, text.encode("utf-8", "replace").decode("utf-8") + "\n")
    return folder / CRATE


def _program(provenance: ProvenanceSection) -> dict[str, Any]:
    """Describe this program, with the packages it ran with."""
    return {
        "@id": _PROGRAM,
        "@type": "SoftwareApplication",
        "name": "rnaseq-s6k1",
        "softwareVersion": provenance.version,
        "url": {"@id": _PROGRAM},
        "softwareRequirements": ", ".join(
            f"{name} {version}" for name, version in provenance.packages.items()
        ),
    }


def _files(folder: Path) -> dict[str, dict[str, Any]]:
    """Describe the page and every file in the folders of steps, but hidden ones, by its path."""
    found = {}
    below = (path for name in _FOLDERS for path in (folder / name).rglob("*"))
    for path in sorted([folder / PAGE, *below]):
        name = path.relative_to(folder).as_posix()
        hidden = any(part.startswith(".") for part in name.split("/"))
        if hidden or not path.is_file():
            continue
        found[name] = {
            "@id": quote(name),
            "@type": "File",
            "name": name,
            "contentSize": str(path.stat().st_size),
            "sha256": sha256(path),
            "encodingFormat": _MEDIA_TYPES.get(path.suffix, "application/octet-stream"),
        }
    return found


def _input(number: int, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Describe an input that lies elsewhere; its path is of the machine it was read on."""
    path = str(entry["path"]).replace("\\", "/")
    return {
        "@id": f"#input-{number}",
        "@type": "CreativeWork",
        "name": path.rpartition("/")[2],
        "description": f"Read from {path}",
        "sha256": str(entry.get("sha256", "")),
        "identifier": f"sha256:{entry.get('sha256', '')}",
    }


def _action(
    step: StepRun,
    run: RunDirectory,
    inputs: Mapping[str, Mapping[str, Any]],
    files: Mapping[str, Mapping[str, Any]],
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Describe what a step did, and the parameters it did it with."""
    action_id = f"#{quote(step.folder)}"
    values = [
        {
            "@id": f"{action_id}-{quote(str(name))}",
            "@type": "PropertyValue",
            "name": str(name),
            "value": value if isinstance(value, (str, int, float)) else json.dumps(value),
        }
        for name, value in {**step.arguments, "seed": step.content.get("seed")}.items()
    ]
    used = [
        inputs.get(str(entry["path"])) or files.get(own_file(run, entry) or "")
        for entry in step.inputs
    ]
    made = [f"{step.folder}/{name}" for name in [*step.outputs, "run.json"]]
    started = str(step.content.get("started", ""))
    action: dict[str, Any] = {
        "@id": action_id,
        "@type": "CreateAction",
        "name": f"rnaseq-s6k1, step {step.content.get('step', step.folder)}",
        "description": _command(step),
        "instrument": {"@id": _PROGRAM},
        "startTime": started,
        "endTime": _end(started, step.content.get("seconds")),
        "actionStatus": "http://schema.org/CompletedActionStatus",
        "object": [{"@id": one["@id"]} for one in [*filter(None, used), *values]],
        "result": [{"@id": files[name]["@id"]} for name in made if name in files],
    }
    return {name: value for name, value in action.items() if value}, values


def _command(step: StepRun) -> str:
    import shlex

    return shlex.join(step.command) if step.command else "called from Python"


def _end(started: str, seconds: Any) -> str:
    try:
        return (datetime.fromisoformat(started) + timedelta(seconds=float(seconds))).isoformat(
            timespec="seconds"
        )
    except (TypeError, ValueError):
        return ""


def _root(
    run: RunDirectory,
    files: Mapping[str, Mapping[str, Any]],
    inputs: Mapping[str, Mapping[str, Any]],
    actions: list[dict[str, Any]],
    finished: str,
) -> dict[str, Any]:
    comparison, verdict = collect_comparison(run), collect_verdict(run)
    sentence = verdict.headline if verdict else comparison.direction
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": f"rnaseq-s6k1: {comparison.title}",
        "description": f"Differential expression and gene sets, {comparison.title}. {sentence}",
        "datePublished": finished or datetime.now(UTC).isoformat(timespec="seconds"),
        "license": {"@id": _TERMS},
        "conformsTo": {"@id": _PROFILE},
        "hasPart": [{"@id": entry["@id"]} for entry in files.values()],
        "mentions": [{"@id": entry["@id"]} for entry in [*actions, *inputs.values()]],
    }
