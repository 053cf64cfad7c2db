"""A small planted experiment, and the command line called in this process."""

from __future__ import annotations

import contextlib
import io
import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd

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
