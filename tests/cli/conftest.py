"""A small planted experiment, and the command line called in this process."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

CORE = (
    "HALLMARK_E2F_TARGETS",
    "HALLMARK_G2M_CHECKPOINT",
    "HALLMARK_MYC_TARGETS_V1",
    "HALLMARK_MYC_TARGETS_V2",
    "KEGG_CELL_CYCLE",
)
SAMPLES = ("siNC_1", "siNC_2", "siNC_3", "siS6K1_1", "siS6K1_2", "siS6K1_3")


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The error line, without its prefix; fails where there is not exactly one."""
        lines = [line for line in self.err.splitlines() if "error: " in line]
        assert len(lines) == 1, self.err
        assert self.err.splitlines()[-1] == lines[0], "the error is the last line"
        assert "Traceback" not in self.err
        assert "╭" not in self.err
        assert lines[0].startswith("rnaseq-s6k1: error: ")
        return lines[0].removeprefix("rnaseq-s6k1: error: ")


def run_cli(*arguments: object) -> Outcome:
    """Call the command line in this process, and leave the logging as it was."""
    from rnaseq_s6k1.cli.main import main

    logger = logging.getLogger("rnaseq_s6k1")
    kept = (list(logger.handlers), logger.level, logger.propagate)
    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main([str(argument) for argument in arguments])
            except SystemExit as stop:
                code = stop.code
    finally:
        logger.handlers[:], logger.level, logger.propagate = kept
    assert isinstance(code, int)
    return Outcome(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def cli() -> Callable[..., Outcome]:
    """The command line: ``cli("de", path)`` gives exit code, stdout and stderr."""
    return run_cli


def _chosen_genes() -> tuple[list[str], set[str]]:
    """600 genes of the shipped sets, and those of the core sets among them."""
    from rnaseq_s6k1.enrichment.collections import read_gene_sets

    collections = read_gene_sets(["hallmark", "kegg_cell_cycle"])
    sets = {name: one.genes for found in collections.values() for name, one in found.items()}
    core: set[str] = set()
    for name in CORE:
        core.update([gene for gene in sets[name] if gene not in ("MYC", "CCNE1")][:32])
    named = {"RPS6KB1", "MYC", "CCNE1"}
    in_core = named.union(*(sets[name] for name in CORE))
    others = sorted({gene for genes in sets.values() for gene in genes} - in_core)
    rng = np.random.default_rng(7)
    drawn = rng.choice(others, 600 - len(core | named), replace=False)
    return sorted([*core, *named, *drawn.tolist()]), core


def make_counts(samples: tuple[str, ...], *, planted: bool = True, seed: int = 1) -> pd.DataFrame:
    """Negative-binomial counts, genes x samples; the last half of the samples is treated."""
    genes, core = _chosen_genes()
    rng = np.random.default_rng(seed)
    means = np.exp(rng.normal(6.5, 1.0, len(genes)))
    effects = np.zeros(len(genes))
    if planted:
        effects[np.isin(genes, sorted(core))] = -1.5
        effects[np.isin(genes, ["RPS6KB1", "CCNE1"])] = -2.0
    means[np.isin(genes, ["RPS6KB1", "MYC", "CCNE1"])] = 2000.0
    treated = np.arange(len(samples)) >= len(samples) // 2
    mu = means[:, None] * 2.0 ** (effects[:, None] * treated)
    counts = rng.negative_binomial(50.0, 50.0 / (50.0 + mu))
    return pd.DataFrame(counts, index=pd.Index(genes, name="gene_id"), columns=list(samples))


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
