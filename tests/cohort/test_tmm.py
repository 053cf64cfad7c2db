from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnaseq_s6k1.cohort.tmm import effective_library_sizes, log2_cpm, median_ratio, tmm_factors
from rnaseq_s6k1.errors import DataError, ModelError, UsageError


def _counts(seed: int, n_samples: int = 6, n_genes: int = 200) -> np.ndarray:
    rng = np.random.default_rng(seed)
    means = 2.0 ** rng.normal(6, 2, n_genes)
    return rng.poisson(means * rng.uniform(0.5, 2, (n_samples, 1)))


@pytest.mark.shared_data
def test_log2_cpm_of_rps6kb1_is_edgers(shared: Path):
    folder = shared / "data" / "tcga_brca_115"
    counts = pd.read_csv(folder / "counts.tsv.gz", sep="\t", index_col=0)
    reference = pd.read_csv(folder / "rps6kb1_tertiles_edger.tsv.gz", sep="\t", index_col=0)
    X = counts.to_numpy().T
    values = log2_cpm(X[:, counts.index.get_loc("RPS6KB1")], effective_library_sizes(X))
    expected = reference.loc[counts.columns, "RPS6KB1_tmm_logcpm"].to_numpy()
    np.testing.assert_allclose(values, expected, rtol=0, atol=1e-11)


def test_tmm_undoes_a_composition_bias():
    # One library spends half of its reads on ten genes; the rest are as in the other libraries.
    counts = np.tile(np.arange(100, 300), (4, 1))
    counts[3, :10] *= 200
    sizes = effective_library_sizes(counts)
    np.testing.assert_allclose(sizes / sizes[0], 1, rtol=0.02)
    assert counts[3].sum() > 2 * counts[0].sum()


def test_identical_libraries_have_factor_one():
    counts = np.tile(np.arange(1, 50), (3, 1)) * np.array([[1], [2], [5]])
    np.testing.assert_allclose(tmm_factors(counts), 1, rtol=1e-12)


def test_a_weighted_trimmed_mean_worked_by_hand():
    # Ten genes: M trims 3 at either end, A none (floor(10 * 0.05) = 0); four genes are left.
    reference = np.full(10, 100)
    library = np.array([10, 20, 50, 90, 100, 110, 120, 200, 300, 1000])
    counts = np.vstack([reference, reference, library])
    total = library.sum()
    kept = library[3:7]
    M = np.log2((kept / total) / 0.1)
    weight = 1 / ((1 - kept / total) / kept + 0.9 / 100)
    expected = (M * weight).sum() / weight.sum()
    factors = tmm_factors(counts)
    assert np.log2(factors[2] / factors[0]) == pytest.approx(expected, rel=1e-12)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6))
def test_factors_multiply_to_one_and_follow_the_samples(seed: int):
    counts = _counts(seed)
    factors = tmm_factors(counts)
    assert np.prod(factors) == pytest.approx(1)
    order = np.random.default_rng(seed).permutation(len(counts))
    np.testing.assert_allclose(tmm_factors(counts[order]), factors[order], rtol=1e-9)
    silent = np.insert(counts, 3, 0, axis=1)
    np.testing.assert_allclose(tmm_factors(silent), factors, rtol=1e-12)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.integers(2, 50))
def test_median_ratio_takes_out_the_depth_of_a_library(seed: int, times: int):
    counts = _counts(seed) + 1
    deeper = counts.copy()
    deeper[2] *= times
    ratio = median_ratio(deeper) / median_ratio(counts)
    assert ratio[2] / ratio[0] == pytest.approx(times)


def test_prior_count_is_scaled_to_the_library():
    values = log2_cpm(np.array([0, 10]), np.array([1e6, 3e6]), prior_count=2)
    expected = [np.log2(1 / (1e6 + 2) * 1e6), np.log2(13 / (3e6 + 6) * 1e6)]
    np.testing.assert_allclose(values, expected)
    matrix = log2_cpm(np.array([[0, 5], [10, 20]]), np.array([1e6, 3e6]))
    np.testing.assert_allclose(matrix[:, 0], expected)


def test_refusals():
    with pytest.raises(DataError, match="sample number 2 has no counts at all"):
        tmm_factors(np.array([[1, 2], [0, 0]]))
    with pytest.raises(ModelError, match="needs a gene counted in every sample"):
        median_ratio(np.array([[1, 0], [0, 1]]))
    with pytest.raises(UsageError, match="one of tmm, median_ratio, library_size, not 'rle'"):
        effective_library_sizes(np.array([[1, 2], [3, 4]]), "rle")  # type: ignore[arg-type]


def test_libraries_without_a_common_gene_keep_their_size():
    np.testing.assert_array_equal(tmm_factors(np.array([[5, 0], [0, 5]])), [1, 1])


def test_library_sizes_as_they_are():
    sizes = effective_library_sizes(np.array([[1, 2], [30, 4]]), "library_size")
    np.testing.assert_array_equal(sizes, [3, 34])
