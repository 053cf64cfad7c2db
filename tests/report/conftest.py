"""Finished runs that the report's tests read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from hostile_names import HOSTILE_GENE, HOSTILE_SAMPLE, ODD, SCRIPT_GENE
from planted_experiment import SAMPLES, make_counts, run_cli


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a whole ``run`` with figures; not to be changed."""
    folder = tmp_path_factory.mktemp("finished")
    make_counts(SAMPLES).to_csv(folder / "counts.tsv", sep="\t")
    outcome = run_cli("run", folder / "counts.tsv", "--jobs", "1", "-o", folder / "out")
    assert outcome.code == 0, outcome.err
    assert f"Report: {folder / 'out' / 'report.html'}" in outcome.out
    return folder / "out"


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished run that a test may change."""
    return Path(shutil.copytree(finished, tmp_path / "copied"))


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a ``run`` on a sheet and a matrix with harmful names."""
    folder = tmp_path_factory.mktemp("hostile")
    counts = make_counts(SAMPLES).set_axis([HOSTILE_SAMPLE, *SAMPLES[1:]], axis=1)
    renamed = {"BUB1B": HOSTILE_GENE, "BUB1": SCRIPT_GENE}
    assert set(renamed) <= set(counts.index), "both are of the planted core, and so are called"
    counts = counts.rename(index=renamed)
    counts.to_csv(folder / "counts.tsv", sep="\t")
    groups = ["<b>siNC</b>"] * 3 + ["siS6K1"] * 3
    pd.DataFrame({"sample": counts.columns, "group": groups}).to_csv(
        folder / "samples.tsv", sep="\t", index=False
    )
    outcome = run_cli(
        *("run", folder / "counts.tsv", "--samples", folder / "samples.tsv", "--factor", "group"),
        *("--reference", "<b>siNC</b>", "--jobs", "1", "--no-figures", "-o", folder / "out"),
    )
    assert outcome.code == 0, outcome.err
    return folder / "out"


@pytest.fixture(scope="session")
def several(finished: Path, cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of five runs, whole ones, ones of one step and one with an odd name; an index."""
    folder = tmp_path_factory.mktemp("several")
    names = ["knockdown", "tumours", "only_de", "only_gsea", ODD]
    for name, source in zip(names, [finished, cohort, finished, finished, finished], strict=True):
        step = name.partition("only_")[2]
        shutil.copytree(source / step, folder / name / step)
    outcome = run_cli(
        "report", *(folder / name for name in names), "--index", folder / "index.html"
    )
    assert outcome.code == 0, outcome.err
    assert outcome.out == f"Index of 5 reports: {folder / 'index.html'}\n"
    return folder


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a split cohort with several analyses of it."""
    folder = tmp_path_factory.mktemp("cohort")
    half = 12
    names = tuple(f"T{number:02d}" for number in range(2 * half))
    counts = make_counts(names)
    counts.to_csv(folder / "counts.tsv", sep="\t")
    pd.DataFrame(
        {
            "sample": names,
            "ER": ["pos", "neg"] * half,
            "RPS6KB1_gistic": [2] * 4 + [1] * 6 + [0] * 14,
            "OS": [1, 0, 1] * (2 * half // 3),
            "OS.time": [100 + 37 * (7 * number % 23) for number in range(2 * half)],
        }
    ).to_csv(folder / "samples.tsv", sep="\t", index=False)
    given = (folder / "counts.tsv", "--samples", folder / "samples.tsv")
    out = ("--jobs", "1", "-o", folder / "out")
    split = ("--stratify", "RPS6KB1", "--cut", "median", "--card", "s6k1-high", "--no-screen")
    for command in (
        ("run", *given, *split, *out),
        ("survival", *given, "--gene", "RPS6KB1", *out),
        ("correlate", *given, *out),
        ("cohort", "copy-number", *given, "--gene", "RPS6KB1", *out),
        ("report", folder / "out"),
    ):
        outcome = run_cli(*command)
        assert outcome.code == 0, (command, outcome.err)
    return folder / "out"
