"""A cohort with one hidden axis, read by known genes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData


@dataclass(frozen=True, eq=False)
class HiddenAxis:
    """Tumours, their clinical table, the axis, and a results table that speaks of it."""

    adata: AnnData
    clinical: pd.DataFrame
    axis: np.ndarray
    results: pd.DataFrame
    names: pd.Series


@pytest.fixture(scope="session")
def hidden() -> HiddenAxis:
    """80 tumours: U* genes, driver and hazard follow the axis, D* genes oppose it."""
    from rnaseq_s6k1.enrichment.collections import read_gene_sets

    rng = np.random.default_rng(0)
    n = 80
    axis, growth = rng.normal(size=n), rng.normal(size=n)
    sets = read_gene_sets(["hallmark"])["hallmark"]
    cycle = sorted(
        {
            *sets["HALLMARK_E2F_TARGETS"].genes[:40],
            *sets["HALLMARK_G2M_CHECKPOINT"].genes[:40],
            "PCNA",
        }
    )
    genes = [
        "RPS6KB1", "PPM1D", *cycle, *(f"U{k:02d}" for k in range(25)),
        *(f"D{k:02d}" for k in range(25)), *(f"N{k:03d}" for k in range(600)),
    ]  # fmt: skip
    genes = list(dict.fromkeys(genes))
    kind = np.array([gene[0] if gene[1:].isdigit() else "cycle" for gene in genes])
    slope = np.select([kind == "U", kind == "D"], [0.8, -0.8], 0.0)
    slope[:2] = 0.9
    speed = np.where((kind == "cycle") & (np.arange(len(genes)) > 1), 0.8, 0.0)
    level = rng.normal(8, 1.2, len(genes))
    log2 = (
        level
        + np.outer(axis, slope)
        + np.outer(growth, speed)
        + rng.normal(0, 0.5, (n, len(genes)))
    )
    counts = rng.poisson(2.0**log2)
    samples = [f"T{k:02d}" for k in range(n)]
    order = rng.permutation(len(genes))
    adata = AnnData(
        counts[:, order].astype(np.int32),
        obs=pd.DataFrame(index=samples),
        var=pd.DataFrame(index=[genes[k] for k in order]),
    )
    time, leave = rng.exponential(np.exp(-axis)) + 0.01, rng.exponential(2.0, n)
    clinical = pd.DataFrame(
        {
            "OS": (time <= leave).astype(int),
            "OS.time": np.minimum(time, leave),
            "gistic": np.digitize(axis + rng.normal(0, 0.5, n), [-1.0, 0.5, 1.5]) - 1,
        },
        index=samples,
    )
    stat = 10 * slope + rng.normal(0, 0.5, len(genes))
    results = pd.DataFrame(
        {
            "gene_id": genes,
            "gene_name": genes,
            "baseMean": 2.0**level,
            "log2FoldChange": stat / 5,
            "lfcSE": 0.2,
            "stat": stat,
            "pvalue": 0.5,
            "padj": 0.5,
            "log2FoldChange_shrunk": stat / 6,
            "direction": np.where(stat > 4, "up", np.where(stat < -4, "down", "none")),
            "padj_na_reason": "",
        }
    )
    names = pd.Series(adata.var_names.to_numpy(), index=adata.var_names)
    return HiddenAxis(adata, clinical, axis, results, names)
