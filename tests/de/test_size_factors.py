"""Size factors against their definition in numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnaseq_s6k1.de.layout import gene_major
from rnaseq_s6k1.de.size_factors import estimate_size_factors, median_ratio
from rnaseq_s6k1.errors import ModelError, UsageError


def draw(seed: int, n_samples: int, n_genes: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    depths = rng.lognormal(0, 0.5, n_samples)
    return rng.poisson(rng.lognormal(2, 2, n_genes) * depths[:, None])


@given(st.integers(0, 10**6), st.integers(2, 20), st.integers(30, 60))
@settings(deadline=None, max_examples=40)
def test_ratio_is_the_median_of_ratios(seed, n_samples, n_genes):
    counts = draw(seed, n_samples, n_genes)
    counts[:, 0] += 1
    usable = (counts > 0).all(axis=0)
    ratios = counts[:, usable] / np.exp(np.log(counts[:, usable]).mean(axis=0))
    expected = np.exp(np.median(np.log(ratios), axis=1))
    np.testing.assert_allclose(estimate_size_factors(counts), expected, rtol=1e-12)


@given(st.integers(0, 10**6), st.integers(2, 20), st.integers(30, 60))
@settings(deadline=None, max_examples=40)
def test_poscounts_leaves_zeros_out(seed, n_samples, n_genes):
    counts = draw(seed, n_samples, n_genes)
    counts[:, 0] += 1
    means = np.log(np.maximum(counts, 1)).sum(axis=0) / n_samples
    medians = [np.median(np.log(row[row > 0]) - means[row > 0]) for row in counts]
    expected = np.exp(medians - np.mean(medians))
    np.testing.assert_allclose(estimate_size_factors(counts, "poscounts"), expected, rtol=1e-12)


def test_what_cannot_be_estimated_is_said():
    with pytest.raises(ModelError, match="every gene has a zero"):
        estimate_size_factors(np.eye(3, dtype=int))
    with pytest.raises(ModelError, match="a sample has no counts"):
        median_ratio(np.array([[0.0, -np.inf]]), np.zeros(1))
    with pytest.raises(UsageError, match="no size factors are called 'tmm'"):
        estimate_size_factors(np.ones((2, 2), dtype=int), "tmm")


@given(st.integers(0, 10**6), st.integers(1, 150), st.integers(1, 30))
@settings(deadline=None, max_examples=30)
def test_counts_are_laid_out_gene_by_gene(seed, n_samples, n_genes):
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 100, size=(n_samples, n_genes))
    genes = np.flatnonzero(rng.random(n_genes) < 0.7)
    order = rng.permutation(n_samples)
    turned = gene_major(counts, genes, order, np.int32)
    np.testing.assert_array_equal(turned, counts[order][:, genes].T)
    assert turned.flags.c_contiguous
    assert turned.dtype == np.int32
