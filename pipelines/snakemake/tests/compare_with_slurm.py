"""Run the test configuration here and under Slurm, and compare the tables byte for byte.

Usage: compare_with_slurm.py FOLDER

Starts a cluster of one node on this machine (see slurm_on_loopback.py), runs the workflow with the
profile slurm, and with the profile local, each in a folder of its own below FOLDER. What happened
is printed and kept in FOLDER/log.txt. Ends with 0 where the tables are the same, 1 where not, and
3 where Slurm is not installed.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from slurm_on_loopback import missing_programs, slurm_cluster

WORKFLOW = Path(__file__).resolve().parents[1]
# run.json holds times, and .h5ad the versions of its writer's libraries.
TABLES = ("*.tsv", "*.tsv.gz", "*.rnk", "verdict.json")
NOT_INSTALLED = 3


class Log:
    """Prints lines, and keeps them in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.write_text("", encoding="utf-8")

    def __call__(self, text: str) -> None:
        """Say a line."""
        print(text, flush=True)
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(f"{text}\n")


def run_workflow(
    folder: Path, profile: str, environment: Mapping[str, str], log: Log, *arguments: str
) -> None:
    """Run the test configuration in `folder` with one of the profiles; it must succeed."""
    folder.mkdir(parents=True)
    command = [
        sys.executable, "-m", "snakemake", "--snakefile", str(WORKFLOW / "Snakefile"),
        "--configfile", str(WORKFLOW / "tests/config/config.yaml"),
        "--workflow-profile", str(WORKFLOW / "profiles" / profile), *arguments,
    ]  # fmt: skip
    shown = ["snakemake", *command[3:]]
    log(f"$ {' '.join(shown).replace(str(WORKFLOW.parents[1]), '.')}")
    started = time.monotonic()
    done = subprocess.run(
        command,
        cwd=folder,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    (folder / "snakemake.txt").write_text(done.stdout, encoding="utf-8")
    if done.returncode:
        log(done.stdout)
        raise SystemExit(f"the run with the profile {profile} failed")
    log(f"done in {time.monotonic() - started:.0f} s")


def tables(folder: Path) -> dict[str, str]:
    """Return the checksum of every table of the results, by path."""
    # A collection's folder holds a link to the comparison's own de/.
    found = {path for name in TABLES for path in (folder / "results").rglob(name)}
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(found)
    }


def compare(here: Path, there: Path, log: Log) -> bool:
    """Say whether both folders hold the same tables."""
    mine, theirs = tables(here), tables(there)
    differ = sorted({name for name in mine | theirs if mine.get(name) != theirs.get(name)})
    for name in differ:
        log(f"differs: {name}")
    log(f"{len(mine)} tables here, {len(theirs)} under Slurm, {len(differ)} differ")
    return bool(mine) and not differ


def environment_of(folder: Path) -> dict[str, str]:
    """Return an environment with this interpreter's programs first, and caches of its own."""
    programs = str(Path(sys.executable).parent)
    return os.environ | {
        "PATH": os.pathsep.join([programs, os.environ.get("PATH", os.defpath)]),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }


def main(folder: Path) -> int:
    """Run both, compare, and return the exit status."""
    if missing := missing_programs():
        print(f"Slurm is not installed: no {', '.join(missing)} (Debian: slurm-wlm and munge)")
        return NOT_INSTALLED
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    log = Log(folder / "log.txt")
    # Sockets need short paths.
    with tempfile.TemporaryDirectory(prefix="slurm") as place:
        with slurm_cluster(Path(place), environment_of(folder)) as environment:
            for command in (["sinfo", "--version"], ["sinfo"]):
                said = subprocess.run(
                    command, env=environment, capture_output=True, text=True, check=True
                )
                log(f"$ {' '.join(command)}\n{said.stdout.rstrip()}")
            run_workflow(
                folder / "slurm", "slurm", environment, log,
                "--slurm-status-command", "squeue",
                "--slurm-init-seconds-before-status-checks", "5",
                "--default-resources", "mem_mb=1000", "runtime=10", "--set-resources",
                "stratified:mem_mb=1500", "stratified:runtime=10",
            )  # fmt: skip
        finished = (Path(place) / "jobs.txt").read_text(encoding="utf-8")
    log(
        f"{finished.count('JobState=COMPLETED')} jobs of Slurm completed, "
        f"{len(finished.splitlines()) - finished.count('JobState=COMPLETED')} did not"
    )
    run_workflow(folder / "local", "local", environment_of(folder), log)
    same = compare(folder / "local", folder / "slurm", log)
    log((folder / "slurm/results/verdicts.tsv").read_text(encoding="utf-8").rstrip())
    return 0 if same else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    # Whoever ends this program early leaves no daemons behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    raise SystemExit(main(Path(sys.argv[1])))
