"""``run.json``: what a step was run on, with what, and what it warned of."""

from __future__ import annotations

import hashlib
import json
import logging
import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from rnaseq_s6k1._version import __version__
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.atomic import write_text

__all__ = [
    "COMMAND_LINE",
    "StepRecord",
    "extend_record",
    "package_versions",
    "record_step",
    "sha256",
]

#: The command line that runs, program first; empty where a step is called from Python.
COMMAND_LINE: ContextVar[tuple[str, ...]] = ContextVar("COMMAND_LINE", default=())

_RECORDED_PACKAGES = (
    "anndata",
    "formulaic",
    "gseapy",
    "lifelines",
    "numba",
    "numpy",
    "pandas",
    "pydeseq2",
    "scipy",
    "statsmodels",
)


@dataclass
class StepRecord:
    """What a step adds to its record while it runs."""

    results: dict[str, Any] = field(default_factory=dict)
    outputs: list[Path] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class _WarningCollector(logging.Handler):
    def __init__(self, messages: list[str]) -> None:
        super().__init__(level=logging.WARNING)
        self._messages = messages

    def emit(self, record: logging.LogRecord) -> None:
        self._messages.append(record.getMessage())


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, or of the checksums and names of a folder's files.

    A folder's is that of the text ``sha256sum`` prints for its files, ordered by their paths
    within the folder.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    if not path.is_dir():
        return _sha256_of_file(path)
    files = {file.relative_to(path).as_posix(): file for file in path.rglob("*") if file.is_file()}
    lines = (f"{_sha256_of_file(files[name])}  {name}\n" for name in sorted(files))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _sha256_of_file(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error


def package_versions() -> dict[str, str]:
    """Return the versions of the packages that numbers depend on."""
    versions = {"python": platform.python_version()}
    for name in _RECORDED_PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # vendored or trimmed installations
            versions[name] = "unknown"
    return versions


@contextmanager
def record_step(
    step: str,
    folder: Path,
    *,
    arguments: Mapping[str, Any],
    inputs: Sequence[Path],
    seed: int,
) -> Iterator[StepRecord]:
    """Write ``run.json`` into `folder` when the step ends without an error.

    Parameters
    ----------
    step
        Name of the step.
    folder
        The step's output folder.
    arguments
        What the step was asked; paths are written as text.
    inputs
        Files (or folders) it reads; their SHA-256 is recorded.
    seed
        Seed of its random draws.

    Yields
    ------
    StepRecord
        To which the step adds results and outputs. Warnings logged by this package are
        collected by themselves.
    """
    record = StepRecord()
    collector = _WarningCollector(record.warnings)
    package_logger = logging.getLogger("rnaseq_s6k1")
    package_logger.addHandler(collector)
    started, clock = datetime.now(UTC), time.perf_counter()
    try:
        checksums = [{"path": str(path), "sha256": sha256(path)} for path in inputs]
        yield record
    finally:
        package_logger.removeHandler(collector)
    content = {
        "step": step,
        "version": __version__,
        "command": list(COMMAND_LINE.get()),
        "arguments": {name: _plain(value) for name, value in arguments.items()},
        "inputs": checksums,
        "seed": seed,
        "results": record.results,
        "outputs": [path.relative_to(folder).as_posix() for path in record.outputs],
        "warnings": record.warnings,
        "packages": package_versions(),
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(time.perf_counter() - clock, 3),
    }
    write_text(folder / "run.json", json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def extend_record(
    folder: Path,
    *,
    outputs: Sequence[Path] = (),
    inputs: Sequence[Path] = (),
    arguments: Mapping[str, Any] | None = None,
    results: Mapping[str, Any] | None = None,
) -> None:
    """Add to the ``run.json`` of a step what a later step did in its folder.

    Parameters
    ----------
    folder
        The step's folder.
    outputs, inputs
        Files written into it, and read for them.
    arguments, results
        Entries to add.

    Raises
    ------
    DataError
        If there is no such record, or it cannot be read.
    """
    path = folder / "run.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        known = {entry["path"] for entry in content["inputs"]}
        written = list(content["outputs"])
        content["inputs"] += [
            {"path": str(one), "sha256": sha256(one)} for one in inputs if str(one) not in known
        ]
        names = [one.relative_to(folder).as_posix() for one in outputs]
        content["outputs"] = [*written, *(name for name in names if name not in written)]
        content["arguments"] |= {key: _plain(value) for key, value in (arguments or {}).items()}
        content["results"] |= dict(results or {})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path}: is not the record of a step ({error}); run the step again"
        ) from error
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return value
