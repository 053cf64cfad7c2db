"""Simulated counts for the tests of differential expression."""

from __future__ import annotations

from collections.abc import Callable

import anndata
import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="session")
def simulated() -> Callable[..., anndata.AnnData]:
    """Make a function that draws negative-binomial counts of two groups."""

    def simulate(
        *,
        n_genes: int = 300,
        n_per_group: int = 4,
        effects: np.ndarray | float = 0.0,
        dispersion: float = 0.05,
        mean: float | None = None,
        seed: int = 0,
    ) -> anndata.AnnData:
        """Draw counts; `effects` are log2 fold changes of treated over control."""
        rng = np.random.default_rng(seed)
        base = rng.lognormal(5, 1.2, size=n_genes) if mean is None else np.full(n_genes, mean)
        treated = np.repeat([False, True], n_per_group)
        depth = rng.uniform(0.7, 1.4, size=2 * n_per_group)
        change = 2.0 ** (treated[:, None] * np.broadcast_to(effects, n_genes))
        means = depth[:, None] * base * change
        size = 1 / dispersion
        counts = rng.negative_binomial(size, size / (size + means)).astype(np.int32)
        names = [
            f"{'treated' if group else 'control'}_{i % n_per_group + 1}"
            for i, group in enumerate(treated)
        ]
        return anndata.AnnData(
            counts,
            obs=pd.DataFrame({"condition": np.where(treated, "treated", "control")}, index=names),
            var=pd.DataFrame(index=[f"gene{i:04d}" for i in range(n_genes)]),
        )

    return simulate
