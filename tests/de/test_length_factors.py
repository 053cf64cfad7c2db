"""Normalisation factors from transcript lengths."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.de.length_factors import length_factors
from rnaseq_s6k1.de.size_factors import estimate_size_factors
from rnaseq_s6k1.errors import DataError, UsageError

DATA = Path(__file__).parent / "data"


def table(name: str) -> np.ndarray:
    return pd.read_csv(DATA / f"length_{name}.tsv", sep="\t", index_col=0).to_numpy().T


def test_factors_are_those_of_r():
    ours = length_factors(table("counts"), table("lengths"))
    np.testing.assert_allclose(ours, table("factors"), rtol=1e-12)


def test_equal_lengths_leave_the_size_factors():
    counts = table("counts")
    factors = length_factors(counts, np.full(counts.shape, 1500.0))
    sizes = estimate_size_factors(counts)
    expected = sizes / np.exp(np.log(sizes).mean())
    np.testing.assert_allclose(factors, np.repeat(expected[:, None], counts.shape[1], axis=1))


def test_every_gene_has_geometric_mean_one():
    factors = length_factors(table("counts"), table("lengths"))
    np.testing.assert_allclose(np.log(factors).mean(axis=0), 0, atol=1e-12)


def test_wrong_lengths_are_refused():
    counts = table("counts")
    with pytest.raises(UsageError, match=r"shape \(6, 59\), the counts \(6, 60\)"):
        length_factors(counts, table("lengths")[:, 1:])
    with pytest.raises(DataError, match="numbers above 0"):
        length_factors(counts, np.zeros(counts.shape))
