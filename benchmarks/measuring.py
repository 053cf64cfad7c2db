"""What the benchmarks share: processes of their own, a table between markers of a file.

This file imports the standard library only: a child's peak memory would otherwise begin with its
parent's.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
README = HERE / "README.md"


class MeasurementError(Exception):
    """A measurement that did not come back, with its last line."""


def launch(command: list[str], jobs: int) -> tuple[str, int]:
    """Run a command; return the last line it prints and its peak memory in bytes."""
    limits = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(limits, str(jobs))}
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        for stream in (out, err):
            stream.seek(0)
        printed, complaint = out.read().strip(), err.read().strip()
    if process.returncode != 0:
        lines = complaint.splitlines() or [f"exit status {process.returncode}"]
        raise MeasurementError(lines[-1])
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return (printed.splitlines() or [""])[-1], usage.ru_maxrss * unit


def say(line: str) -> None:
    """Report progress on stderr."""
    print(line, file=sys.stderr, flush=True)


def processor() -> str:
    """Name the processor and count its cores."""
    name = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
                break
    return f"{name}, {os.cpu_count()} cores"


def write_into(path: Path, name: str, table: str) -> None:
    """Put the table between the markers called `name` of a file, which must have them."""
    start, end_mark = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(start)
    _, end, after = rest.partition(end_mark)
    if not (begin and end):
        raise SystemExit(f"{path} lacks the markers {start} and {end_mark}")
    path.write_text(f"{before}{start}\n{table}{end_mark}{after}", encoding="utf-8")


def names(choices: tuple[str, ...]) -> Any:
    """Return a parser of comma-separated choices."""

    def parse(text: str) -> list[str]:
        chosen = [name.strip() for name in text.split(",")]
        for name in chosen:
            if name not in choices:
                raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(choices)}")
        return chosen

    return parse
