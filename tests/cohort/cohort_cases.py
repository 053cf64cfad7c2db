"""A simulated cohort: a driver that follows its copy number, and genes that follow either."""

from __future__ import annotations

import numpy as np
import pandas as pd
from anndata import AnnData

GENES = ("RPS6KB1", "PPM1D", "TBX2", "CCNE2", "RB1", "CDK2", "CCND1", "CDK4", "MYC", "ACTB")


def cohort(n: int = 60, *, seed: int = 0, n_genes: int = 120) -> AnnData:
    """Counts of n samples; PPM1D follows RPS6KB1's copy number, CCNE2 its expression."""
    rng = np.random.default_rng(seed)
    genes = [*GENES, *(f"GENE{k:03d}" for k in range(n_genes - len(GENES)))]
    level = rng.choice([-1, 0, 1, 2], n, p=[0.15, 0.4, 0.3, 0.15])
    log_mean = np.tile(rng.normal(9, 1, n_genes), (n, 1)) + rng.normal(0, 0.3, (n, n_genes))
    log_mean[:, 0] = 9 + 0.6 * level + rng.normal(0, 0.4, n)
    log_mean[:, 1] = 8 + 0.6 * level + rng.normal(0, 0.4, n)
    log_mean[:, 3] = log_mean[:, 0] + rng.normal(0, 0.4, n)
    log_mean[:, -1] = -3
    depth = rng.uniform(0.6, 1.6, n)[:, np.newaxis]
    obs = pd.DataFrame(
        {
            "RPS6KB1_gistic": level,
            "MYC_gistic": rng.choice([-2, 0, 2], n),
            "ER": rng.choice(["pos", "neg"], n),
            "subtype": rng.choice(["LumA", "LumB", "Basal"], n),
            "purity": np.where(np.arange(n) == 3, np.nan, rng.random(n)),
        },
        index=[f"TCGA-AA-{k:04d}-01A" for k in range(n)],
    )
    X = rng.poisson(2.0**log_mean * depth).astype(np.int32)
    return AnnData(X, obs=obs, var=pd.DataFrame(index=genes))
