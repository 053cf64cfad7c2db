"""An invented cohort in which some genes follow proliferation, and a claim about it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from anndata import AnnData

from rnaseq_s6k1.cohort.screen.plan import ScreenPlan, plan_screen
from rnaseq_s6k1.cohort.screen.score import ClaimSet

N_SAMPLES = 30
CYCLE = tuple(f"CYC{k:02d}" for k in range(24))
STROMA = tuple(f"STR{k:02d}" for k in range(20))
CLAIM = (ClaimSet("CYCLE", 1, CYCLE), ClaimSet("STROMA", -1, STROMA))


def make_cohort(seed: int = 0, *, n_other: int = 130, silent: int = 3) -> AnnData:
    """30 tumours: a hidden proliferation moves CYCLE, half as much the genes FOL; FLAT do not."""
    rng = np.random.default_rng(seed)
    proliferation = rng.normal(0, 1, N_SAMPLES)
    ids = [*CYCLE, *STROMA, "DRIVER", *(f"FOL{k:02d}" for k in range(20))]
    loading = np.array([1.0] * 24 + [-0.6] * 20 + [0.5] + [0.5] * 20)
    ids += [f"FLAT{k:03d}" for k in range(n_other)]
    loading = np.concatenate([loading, np.zeros(n_other)])
    log2 = rng.normal(8, 1, len(ids)) + np.outer(proliferation, loading)
    log2 += rng.normal(0, 0.5, log2.shape)
    counts = rng.poisson(2.0**log2)
    counts = np.column_stack([counts, np.zeros((N_SAMPLES, silent), dtype=int)])
    ids += [f"NONE{k}" for k in range(silent)]
    obs = pd.DataFrame(
        {
            "ER": np.where(rng.random(N_SAMPLES) < 0.5, "pos", "neg"),
            "age": rng.integers(30, 80, N_SAMPLES),
        },
        index=[f"T{k:02d}" for k in range(N_SAMPLES)],
    )
    return AnnData(counts.astype(np.int32), obs=obs, var=pd.DataFrame(index=ids))


def make_plan(adata: AnnData | None = None, gene: str | None = "DRIVER", **options) -> ScreenPlan:
    """The plan of a screen of it; names are the ids."""
    adata = make_cohort() if adata is None else adata
    names = pd.Series(adata.var_names.tolist(), index=adata.var_names)
    return plan_screen(adata, gene, CLAIM, names=names, **options)
