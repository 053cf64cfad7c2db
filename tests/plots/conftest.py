"""Small tables and awkward names for the figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.design.contrast import Contrast

ODD_NAMES = (
    "$x_{1}$ & <b>",
    "a$b",
    "$\\frac{1}",
    "_under_score_",
    "GENE" * 10,
    "β-actin",
    "基因",
    "x\ny\tz\x07",
    "\u202ertl",
    "%d{}\\",
)


def make_results(n: int = 400, seed: int = 1) -> pd.DataFrame:
    """A results table with every kind of row: called, not called, NA, and p of 0."""
    rng = np.random.default_rng(seed)
    lfc = rng.normal(0, 1.5, n)
    p = 10 ** -(rng.exponential(3, n) * np.abs(lfc))
    table = pd.DataFrame(
        {
            "gene_id": [f"ENSG{i:05d}" for i in range(n)],
            "gene_name": [f"N{i}" for i in range(n)],
            "baseMean": rng.lognormal(4, 2, n),
            "log2FoldChange": lfc,
            "lfcSE": 0.3,
            "stat": lfc / 0.3,
            "pvalue": p,
            "padj": p,
            "log2FoldChange_shrunk": 0.8 * lfc,
        }
    )
    table.loc[5:9, "padj"] = np.nan
    table.loc[10:12, ["pvalue", "padj"]] = 0.0
    called = (table["padj"] < 0.05) & (table["log2FoldChange"].abs() > 1)
    sign = np.where(table["log2FoldChange"] > 0, "up", "down")
    table["direction"] = np.where(called, sign, "none")
    table["padj_na_reason"] = np.where(table["padj"].isna(), "low_mean", "")
    return table


@pytest.fixture
def odd_names() -> tuple[str, ...]:
    return ODD_NAMES


@pytest.fixture
def results() -> pd.DataFrame:
    return make_results()


@pytest.fixture
def odd_results() -> pd.DataFrame:
    """Ten called genes at one and the same point, with names that could break a figure."""
    table = make_results()
    table.loc[20:29, "gene_name"] = ODD_NAMES
    table.loc[20:29, ["log2FoldChange", "pvalue", "padj"]] = [1.5, 1e-5, 1e-5]
    table.loc[20:29, "direction"] = "up"
    return table


@pytest.fixture
def contrast() -> Contrast:
    return Contrast("treatment", "veh", "E2")


@pytest.fixture
def odd_contrast() -> Contrast:
    return Contrast("a", "a very long $name$ of a <group>, " * 4, "日本_reference" * 5)
