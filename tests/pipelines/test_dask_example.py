"""The example for a dask cluster gives the tables of the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import rnaseq_s6k1 as s6k1
from rnaseq_s6k1.simulate.counts import write_simulation

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "pipelines" / "dask" / "screen_on_cluster.py"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a Python program."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def test_two_workers_give_the_tables_of_the_command_line(tmp_path):
    write_simulation(s6k1.simulate_counts(n_per_group=8, n_genes=6000, seed=2), tmp_path / "sim")
    inputs = ("sim/counts.tsv", "sim/samples.tsv")
    example = run(tmp_path, str(EXAMPLE), *inputs, "cluster")
    assert example.returncode == 0, example.stderr
    direct = run(
        tmp_path, "-m", "rnaseq_s6k1", "screen", inputs[0], "--samples", inputs[1],
        "--card", "s6k1-high", "--cut", "median", "--background", "50", "--no-figures",
        "-o", "here", "--jobs", "1",
    )  # fmt: skip
    assert direct.returncode == 0, direct.stderr
    for table in ("screen.tsv", "amplicon.tsv", "specificity.json"):
        here = (tmp_path / "here" / "screen" / table).read_bytes()
        assert (tmp_path / "cluster" / table).read_bytes() == here
    assert "RPS6KB1" in example.stdout


def test_a_scheduler_that_does_not_answer_is_named(tmp_path):
    write_simulation(s6k1.simulate_counts(n_per_group=4, n_genes=6000, seed=2), tmp_path / "sim")
    done = run(
        tmp_path, str(EXAMPLE), "sim/counts.tsv", "sim/samples.tsv", "out", "tcp://[::1]:1"
    )  # fmt: skip
    assert done.returncode == 1
    assert "no scheduler answers" in done.stderr
