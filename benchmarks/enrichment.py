"""Measure preranked enrichment against its peers, side by side in one run.

    python benchmarks/enrichment.py                            # simulated rankings
    python benchmarks/enrichment.py --ranking RNK --gene-sets GMT [GMT ...] --reference TABLE
    python benchmarks/enrichment.py --quick                    # prints the table only

A time is that of a whole process: reading the ranking and the sets, testing, writing the table;
no figures. The median of five after one run that compiles; a method slower than 30 s runs once.
Memory is the process's peak. Agreement is with a table of fgsea (``pathway pval ES``) where one is
given, else with gseapy's multilevel of the same run. The table goes into ``benchmarks/README.md``.
The tests that respect correlation among genes are measured by ``calibration.py``.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import datetime
import gzip
import importlib.util
import json
import math
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from measuring import HERE, README, MeasurementError, launch, names, processor, say, write_into

PEERS = ("gseapy_permutation", "gseapy_multilevel", "decoupler", "blitzgsea")
METHODS = ("importance", *PEERS, "fgsea")
NAMES = {
    "importance": "rnaseq-s6k1",
    "gseapy_permutation": "gseapy, permutation",
    "gseapy_multilevel": "gseapy, multilevel",
    "decoupler": "decoupler",
    "blitzgsea": "blitzgsea",
    "fgsea": "fgsea",
}
SLOW_SECONDS = 30.0
# Below this the peers' own errors are of the size of what is compared.
_COMPARED_FROM = 1e-300

Results = dict[str, tuple[float, float]]


@dataclass
class Measurement:
    """What was measured of one method on one data set."""

    data: str
    method: str
    times: list[float] = field(default_factory=list)
    peak_bytes: int = 0
    version: str = ""
    results: Results = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """The median time."""
        return statistics.median(self.times)


def command(method: str, folder: Path, result: Path, jobs: int) -> list[str]:
    """Return the command that tests the data set's sets and writes a table."""
    if method == "importance":
        return [
            sys.executable, "-m", "rnaseq_s6k1", "gsea", "--rnk", str(folder / "ranks.rnk"),
            "--gene-sets", str(folder / "sets.gmt"), "--no-figures", "--jobs", str(jobs),
            "--seed", "1", "-o", str(result.with_suffix("")), "--quiet",
        ]  # fmt: skip
    if method == "fgsea":
        return ["Rscript", str(HERE / "enrichment_peers.R"), str(folder), str(jobs), str(result)]
    worker = [sys.executable, str(HERE / "enrichment_worker.py"), method, str(folder)]
    return [*worker, "--jobs", str(jobs), "--result", str(result)]


def measure(data: str, method: str, folder: Path, given: argparse.Namespace) -> Measurement:
    """Time whole processes, the first one not counted."""
    result = folder / f"result_{method}.tsv"
    run = command(method, folder, result, given.jobs)
    found = Measurement(data, method)
    for repeat in range(given.repeats + 1):
        before = time.perf_counter()
        printed, peak = launch(run, given.jobs)
        took = time.perf_counter() - before
        found.peak_bytes = max(found.peak_bytes, peak)
        found.version = printed
        if repeat > 0:
            found.times.append(took)
        elif took > SLOW_SECONDS:
            found.times.append(took)
            break
    if method == "importance":
        from importlib.metadata import version

        found.version = f"rnaseq-s6k1 {version('rnaseq-s6k1')}"
        result = result.with_suffix("") / "gsea" / "gsea.tsv"
        found.results = read_results(result, "set", "es", "log10_pvalue", logarithm=True)
    else:
        found.results = read_results(result, "set", "es", "pvalue")
    return found


def read_results(
    path: Path, set_column: str, es_column: str, p_column: str, *, logarithm: bool = False
) -> Results:
    """Read ES and log10 p by set; minus infinity where p is printed as 0."""
    found = {}
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle, delimiter="\t"):
            p = float(row[p_column] or "nan")
            if not logarithm:
                p = math.log10(p) if p > 0 else (-math.inf if p == 0 else math.nan)
            found[row[set_column]] = (float(row[es_column] or "nan"), p)
    return found


def available(methods: list[str]) -> list[str]:
    """Drop the methods that are not installed, with a line for each."""
    kept = []
    for method in methods:
        if method == "importance":
            there = True
        elif method == "fgsea":
            test = ["Rscript", "-e", "library(fgsea)"]
            there = shutil.which("Rscript") is not None and (
                subprocess.run(test, capture_output=True, check=False).returncode == 0
            )
        else:
            there = importlib.util.find_spec(method.partition("_")[0]) is not None
        if there:
            kept.append(method)
        else:
            say(f"{NAMES[method]} is not installed; left out")
    return kept


def measure_all(given: argparse.Namespace) -> list[Measurement]:
    """Go through data sets and methods."""
    methods = available(given.methods)
    measurements = []
    for data in given.only:
        with contextlib.ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / data
            source = []
            if data == "given":
                gmts = [str(gmt) for gmt in given.gene_sets]
                source = ["--ranking", str(given.ranking), "--gene-sets", *gmts]
            launch(
                [sys.executable, str(HERE / "enrichment_data.py"), data, str(folder), *source], 1
            )
            for method in methods:
                try:
                    found = measure(data, method, folder, given)
                except MeasurementError as failure:
                    say(f"{data}: {NAMES[method]} failed: {failure}")
                    continue
                measurements.append(found)
                say(f"{data}: {NAMES[method]}: {found.seconds:.3g} s")
    return measurements


def agreement(found: Results, reference: Results) -> list[str]:
    """Return the cells on agreement: sets, zeros, largest difference in ES, in log10 p."""
    zeros = sum(p == -math.inf for _, p in found.values())
    shared = sorted(set(found) & set(reference))
    es = [abs(found[name][0] - reference[name][0]) for name in shared]
    es = [value for value in es if not math.isnan(value)]
    logs = [
        abs(found[name][1] - reference[name][1])
        for name in shared
        if math.isfinite(found[name][1])
        and math.isfinite(reference[name][1])
        and reference[name][1] > math.log10(_COMPARED_FROM)
    ]
    return [
        str(len(found)),
        str(zeros),
        f"{max(es):.1e}" if es else "",
        f"{statistics.median(logs):.3f}" if logs else "",
        f"{max(logs):.2f}" if logs else "",
    ]


def table_of(measurements: list[Measurement], given: argparse.Namespace) -> str:
    """Return the measurements as Markdown."""
    versions = sorted({each.version for each in measurements})
    lines = [
        f"{datetime.date.today():%Y-%m-%d}; {processor()}, {given.jobs} threads; "
        f"Python {platform.python_version()}; {', '.join(versions)}.",
        "",
        "| data | method | seconds (runs) | times ours | peak MB | sets | p printed as 0 "
        "| largest \\|Δ ES\\| | median \\|Δ log10 p\\| | largest |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for data in given.only:
        rows = {each.method: each for each in measurements if each.data == data}
        reference: Results = {}
        if data == "given" and given.reference:
            reference = read_results(given.reference, "pathway", "ES", "pval")
        elif "gseapy_multilevel" in rows:
            reference = rows["gseapy_multilevel"].results
        for each in rows.values():
            ours = rows.get("importance")
            ratio = f"{each.seconds / ours.seconds:.1f}" if ours else ""
            cells = [
                data, NAMES[each.method], f"{each.seconds:.3g} ({len(each.times)})", ratio,
                f"{each.peak_bytes / 1e6:.0f}", *agreement(each.results, reference),
            ]  # fmt: skip
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def arguments() -> argparse.Namespace:
    """Parse and check the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", type=names(("236", "7500", "given")))
    parser.add_argument("--methods", type=names(METHODS), default=list(METHODS))
    parser.add_argument("--ranking", type=Path, help="a ranked list of real data")
    parser.add_argument("--gene-sets", type=Path, nargs="*", default=[], help="its GMT files")
    parser.add_argument("--reference", type=Path, help="what fgsea gave for it")
    parser.add_argument("--quick", action="store_true", help="the small size, once")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the times here too")
    parser.add_argument("--print", action="store_true", help="leave README.md as it is")
    given = parser.parse_args()
    if given.only is None:
        given.only = ["236"] if given.quick else ["236", "7500"]
        if given.ranking is not None:
            given.only = ["given", *given.only[1:]]
    if given.quick:
        given.repeats = 1
    if "given" in given.only and not (given.ranking and given.gene_sets):
        parser.error("the data set `given` needs --ranking and --gene-sets")
    return given


def main() -> None:
    """Measure, print the table, write it into the README."""
    given = arguments()
    measurements = measure_all(given)
    table = table_of(measurements, given)
    print(table)
    if given.json is not None:
        times = {f"{each.data}/{each.method}": each.times for each in measurements}
        given.json.write_text(json.dumps(times, indent=2) + "\n")
    if not (given.quick or given.print):
        write_into(README, "enrichment.py", table)


if __name__ == "__main__":
    main()
