"""Finished runs of a small planted experiment, and the command line as a fixture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from planted_experiment import SAMPLES, Outcome, make_counts, run_cli


@pytest.fixture(scope="session")
def cli() -> Callable[..., Outcome]:
    """The command line: ``cli("de", path)`` gives exit code, stdout and stderr."""
    return run_cli


@pytest.fixture(scope="session")
def planted() -> pd.DataFrame:
    """Counts with the claim planted: siNC_1..3, siS6K1_1..3."""
    return make_counts(SAMPLES)


@pytest.fixture
def counts_file(planted: pd.DataFrame, tmp_path: Path) -> Path:
    """The planted counts as a file."""
    path = tmp_path / "counts.tsv"
    planted.to_csv(path, sep="\t")
    return path


@dataclass(frozen=True)
class Road:
    """A finished ``run`` and its inputs."""

    counts: Path
    sheet: Path
    out: Path
    outcome: Outcome
    arguments: tuple[str, ...]


@pytest.fixture(scope="session")
def road(tmp_path_factory: pytest.TempPathFactory) -> Road:
    """A whole ``run``: sheet, --where, --covariates, --card, figures, spaces in its paths."""
    folder = tmp_path_factory.mktemp("a road") / "my data"
    folder.mkdir()
    samples = ("a1", "a2", "a3", "x1", "b1", "b2", "b3", "x2")
    make_counts(samples).to_csv(folder / "my counts.tsv", sep="\t")
    sheet = pd.DataFrame(
        {
            "sample": samples,
            "treatment": ["siNC"] * 4 + ["siS6K1"] * 4,
            "batch": ["p", "q", "p", "p", "q", "p", "q", "q"],
            "line": ["MCF7", "MCF7", "MCF7", "other", "MCF7", "MCF7", "MCF7", "other"],
        }
    )
    sheet.to_csv(folder / "my samples.tsv", sep="\t", index=False)
    arguments = (
        *("run", str(folder / "my counts.tsv"), "--samples", str(folder / "my samples.tsv")),
        *("--where", "line=MCF7", "--covariates", "batch", "--factor", "treatment"),
        *("--reference", "siNC", "--target", "siS6K1", "--card", "s6k1-knockdown"),
    )
    out = folder / "my results"
    outcome = run_cli(*arguments, "--jobs", "1", "-o", out)
    assert outcome.code == 0, outcome.err
    return Road(folder / "my counts.tsv", folder / "my samples.tsv", out, outcome, arguments)
