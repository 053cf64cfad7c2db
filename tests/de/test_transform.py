"""The variance-stabilising transformation against its definition and DESeq2's vst."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import least_squares

from rnaseq_s6k1.de.engine import DispersionTrend
from rnaseq_s6k1.de.transform import normalize, variance_stabilize

asymptotes = st.floats(1e-4, 2)
extras = st.floats(0, 20)


@given(asymptotes, extras)
def test_approaches_log2_of_large_counts(asymptote, extra):
    trend = DispersionTrend(asymptote, extra)
    large = np.array([1e10, 1e12]) / asymptote
    np.testing.assert_allclose(variance_stabilize(large, trend), np.log2(large), atol=1e-4)


@given(asymptotes, extras, st.lists(st.floats(0.01, 1e6), min_size=2, max_size=20, unique=True))
def test_rises_with_the_count(asymptote, extra, counts):
    values = variance_stabilize(np.sort(counts), DispersionTrend(asymptote, extra))
    assert (np.diff(values) >= 0).all()
    assert np.isfinite(values).all()


@given(asymptotes, extras, st.floats(1, 1e5))
def test_its_slope_is_the_inverse_standard_deviation(asymptote, extra, q):
    trend = DispersionTrend(asymptote, extra)
    step = q * 1e-4
    low, high = variance_stabilize(np.array([q - step, q + step]), trend)
    standard_deviation = np.sqrt(q + trend(np.array(q)) * q**2)
    slope = (high - low) / (2 * step)
    # In log2 units of large counts, whose standard deviation is sqrt(a0) times the count.
    expected = np.sqrt(asymptote) / (np.log(2) * standard_deviation)
    assert slope == pytest.approx(expected, rel=1e-4)


def test_stabilises_the_variance_of_negative_binomial_counts():
    rng = np.random.default_rng(0)
    trend = DispersionTrend(0.05, 2.0)
    spreads = []
    for mean in (50.0, 500.0, 5000.0):
        size = 1 / trend(np.array(mean))
        counts = rng.negative_binomial(size, size / (size + mean), size=20_000)
        spreads.append(variance_stabilize(counts.astype(float), trend).std())
    assert max(spreads) / min(spreads) < 1.1


def test_a_trend_without_biological_scatter_stays_finite():
    values = variance_stabilize(np.array([0.0, 1.0, 1e5]), DispersionTrend(0.0, 0.0))
    assert np.isfinite(values).all()
    assert (np.diff(values) > 0).all()


def test_normalize_divides_each_sample_by_its_size_factor():
    counts = np.array([[2, 4], [3, 9]])
    np.testing.assert_array_equal(normalize(counts, np.array([2.0, 3.0])), [[1, 2], [1, 3]])


@pytest.mark.shared_data
def test_against_deseq2_vst_of_a_whole_genome(shared):
    """R does not say its trend; 200 genes give its two numbers, all others must follow."""
    folder = shared / "data" / "t47d_e2_gse89888"
    expected = pd.read_csv(
        folder / "deseq2_1.38.3_vst_blindFALSE.tsv.gz", sep="\t", index_col="gene"
    )
    size_factors = pd.read_csv(
        folder / "deseq2_1.38.3_reference_sizefactors.tsv", sep="\t", index_col="sample"
    )["sizeFactor"]
    counts = pd.read_csv(folder / "counts.tsv.gz", sep="\t", index_col="gene_id")
    counts = counts.loc[expected.index, expected.columns]
    normalized = normalize(counts.T.to_numpy(), size_factors[expected.columns].to_numpy())
    values = expected.T.to_numpy()

    some = np.random.default_rng(0).choice(values.shape[1], 200, replace=False)

    def misfit(logs: np.ndarray) -> np.ndarray:
        trend = DispersionTrend(*np.exp(logs))
        return (variance_stabilize(normalized[:, some], trend) - values[:, some]).ravel()

    found = least_squares(misfit, np.log([0.01, 2.0]), xtol=1e-15, ftol=1e-15, gtol=1e-15)
    trend = DispersionTrend(*np.exp(found.x))
    # R's values were written with six decimals.
    np.testing.assert_allclose(variance_stabilize(normalized, trend), values, atol=2e-6)
