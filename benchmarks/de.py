"""Measure differential expression against its peers, side by side in one run.

    python benchmarks/de.py                        # the simulated sizes
    python benchmarks/de.py --data DATA            # real data too
    python benchmarks/de.py --quick                # a tiny size; prints the table only

Every measurement has a process of its own. A time is the median of five runs, from integer matrix
to results table, after a small run that compiles; a method slower than 30 s runs once. Memory is
the peak of a fresh process that loads the saved int32 matrix and runs once. Agreement is with R
DESeq2 of the same run, or where R is absent with the reference beside the data. The table goes
into ``benchmarks/README.md``. This file imports the standard library only: a child's peak memory
would otherwise begin with its parent's.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from measuring import HERE, README, MeasurementError, launch, names, processor, say, write_into

SIMULATED = ("3v3", "50v50", "275v275", "550v550x60000")
REAL = ("airway", "pasilla", "bottomly", "t47d_wt", "tcga_115")
# Of the largest only those that can hold it.
LARGEST, METHODS_OF_LARGEST = "550v550x60000", ("fast", "limma_voom")
# It is measured on up to so many samples.
MOST_SAMPLES_OF_INMOOSE = 100
PYTHON_METHODS = ("fast", "fast_r_prior", "engine_pydeseq2", "pydeseq2", "inmoose")
R_METHODS = ("deseq2", "edger_ql", "limma_voom")
DEFAULT_METHODS = (*R_METHODS, "fast", "fast_r_prior", "pydeseq2", "inmoose")
NAMES = {
    "fast": "fast",
    "fast_r_prior": "fast, R's prior variance given",
    "engine_pydeseq2": "engine pydeseq2",
    "pydeseq2": "PyDESeq2",
    "inmoose": "InMoose",
    "deseq2": "R DESeq2",
    "edger_ql": "R edgeR-QL",
    "limma_voom": "R limma-voom",
}
# These estimate what DESeq2 estimates; the others are other models.
SAME_MODEL = ("fast", "fast_r_prior", "engine_pydeseq2", "pydeseq2", "inmoose")
SLOW_SECONDS = 30.0


@dataclass
class Measurement:
    """What was measured of one method on one data set."""

    data: str
    method: str
    times: list[float] = field(default_factory=list)
    peak_bytes: int = 0
    version: str = ""
    agreement: dict[str, Any] | None = None

    @property
    def seconds(self) -> float:
        """The median time."""
        return statistics.median(self.times)


def measure(data: str, method: str, folder: Path, given: argparse.Namespace) -> Measurement:
    """Time a method, and where it is quick measure its memory in another fresh process."""
    result = folder / f"result_{method}.tsv"

    def command(repeats: int, cold: bool) -> list[str]:
        if method in R_METHODS:
            script = str(HERE / "de_peers.R")
            return ["Rscript", script, method, str(folder), str(repeats), str(result)]
        python = given.inmoose_python if method == "inmoose" else sys.executable
        worker = [python, str(HERE / "de_worker.py"), method, str(folder)]
        options = ["--repeats", str(repeats), "--jobs", str(given.jobs), "--result", str(result)]
        return [*worker, *options, *(["--cold"] if cold else [])]

    printed, peak = launch(command(given.repeats, cold=False), given.jobs)
    found = json.loads(printed)
    if found["times"][0] < SLOW_SECONDS:
        _, peak = launch(command(1, cold=True), given.jobs)
    return Measurement(data, method, list(found["times"]), peak, found["version"])


def compare(measurement: Measurement, folder: Path, jobs: int) -> None:
    """Add the agreement with R, where there is an output of R to agree with."""
    if measurement.method not in SAME_MODEL:
        return
    ours = folder / f"result_{measurement.method}.tsv"
    for theirs in (folder / "result_deseq2.tsv", folder / "reference.tsv"):
        if theirs.exists():
            script = str(HERE / "de_agreement.py")
            printed, _ = launch([sys.executable, script, str(ours), str(theirs)], jobs)
            measurement.agreement = json.loads(printed)
            return


def available(methods: list[str], given: argparse.Namespace) -> list[str]:
    """Drop the methods that are not installed, with a line for each."""
    kept = []
    for method in methods:
        if method in R_METHODS:
            package = {"deseq2": "DESeq2", "edger_ql": "edgeR", "limma_voom": "limma"}[method]
            test = ["Rscript", "-e", f"library({package}); library(jsonlite)"]
        elif method == "inmoose":
            test = [given.inmoose_python, "-c", "import inmoose.deseq2"]
        else:
            kept.append(method)
            continue
        found = shutil.which(test[0]) is not None
        if found and subprocess.run(test, capture_output=True, check=False).returncode == 0:
            kept.append(method)
        else:
            say(f"{NAMES[method]} is not installed; left out")
    return kept


def methods_for(data: str, methods: list[str], folder: Path) -> list[str]:
    """Return the methods that are measured on a data set."""
    if data == LARGEST:
        return [method for method in methods if method in METHODS_OF_LARGEST]
    described = json.loads((folder / "data.json").read_text())
    if described["n_samples"] > MOST_SAMPLES_OF_INMOOSE:
        methods = [method for method in methods if method != "inmoose"]
    if described["prior_variance"] is None:
        return [method for method in methods if method != "fast_r_prior"]
    return methods


def measure_all(given: argparse.Namespace) -> list[Measurement]:
    """Go through data sets and methods."""
    methods = available(given.methods, given)
    measurements = []
    for data in given.only:
        with contextlib.ExitStack() as stack:
            folder = (
                Path(stack.enter_context(tempfile.TemporaryDirectory()))
                if given.work is None
                else given.work / data
            )
            source = ["--data", str(given.data)] if given.data else []
            script = [sys.executable, str(HERE / "de_data.py"), data, str(folder), *source]
            launch(script, given.jobs)
            for method in methods_for(data, methods, folder):
                try:
                    found = measure(data, method, folder, given)
                    compare(found, folder, given.jobs)
                except MeasurementError as failure:
                    say(f"{data}: {NAMES[method]} failed: {failure}")
                    continue
                measurements.append(found)
                memory = found.peak_bytes / 1e6
                say(f"{data}: {NAMES[method]}: {found.seconds:.3g} s, {memory:.0f} MB")
    return measurements


def table_of(measurements: list[Measurement], given: argparse.Namespace) -> str:
    """Return the measurements as Markdown."""
    ours = {each.data: each for each in measurements if each.method == "fast"}
    versions = sorted({each.version for each in measurements})
    lines = [
        f"{datetime.date.today():%Y-%m-%d}; {processor()}, {given.jobs} threads; "
        f"Python {platform.python_version()}; {', '.join(versions)}.",
        "",
        "| data | method | seconds (runs) | times `fast` | peak MB | \\|Δ log2FC\\| < 1e-4 "
        "| \\|Δ log10 p\\| < 1e-3 | DEGs (R) | called by one only | padj NA differs |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for each in measurements:
        own = ours.get(each.data)
        ratio = f"{each.seconds / own.seconds:.1f}" if own else ""
        row = [
            each.data,
            NAMES[each.method],
            f"{each.seconds:.3g} ({len(each.times)})",
            ratio,
            f"{each.peak_bytes / 1e6:.0f}",
        ]
        if each.agreement is None:
            row += [""] * 5
        else:
            a = each.agreement
            row += [
                f"{100 * a['lfc_within']:.2f} %",
                f"{100 * a['p_within']:.2f} %",
                f"{a['called']} ({a['called_by_r']})",
                str(a["called_by_one"]),
                str(a["padj_na_differs"]),
            ]
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines) + "\n"


def arguments() -> argparse.Namespace:
    """Parse and check the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    every = ("quick", *SIMULATED, *REAL)
    parser.add_argument("--data", type=Path, help="folder of real data sets")
    parser.add_argument("--only", type=names(every), help="data sets, joined by commas")
    parser.add_argument(
        "--methods", type=names((*R_METHODS, *PYTHON_METHODS)), default=list(DEFAULT_METHODS)
    )
    parser.add_argument("--quick", action="store_true", help="a tiny size, to see that all works")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--work", type=Path, help="keep data sets and result tables here")
    parser.add_argument("--json", type=Path, help="write the measurements here too")
    parser.add_argument(
        "--inmoose-python", default=sys.executable, help="an interpreter that has InMoose"
    )
    parser.add_argument("--print", action="store_true", help="leave README.md as it is")
    given = parser.parse_args()
    if given.only is None:
        real = [name for name in REAL if given.data]
        given.only = ["quick"] if given.quick else [*SIMULATED, *real]
    if given.data is None and set(given.only) & set(REAL):
        parser.error("real data needs --data DIR")
    # R first: the others are compared with it.
    given.methods = [name for name in (*R_METHODS, *PYTHON_METHODS) if name in given.methods]
    return given


def main() -> None:
    """Measure, print the table, write it into the README."""
    given = arguments()
    measurements = measure_all(given)
    table = table_of(measurements, given)
    print(table)
    if given.json is not None:
        given.json.write_text(json.dumps([vars(each) for each in measurements], indent=2) + "\n")
    if not (given.quick or given.print):
        write_into(README, "de.py", table)


if __name__ == "__main__":
    main()
