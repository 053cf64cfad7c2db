"""Jonckheere and Terpstra's test against enumeration, Kendall's test, R, and the null."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from rnaseq_s6k1.cohort.trend import jonckheere_terpstra
from rnaseq_s6k1.errors import ModelError

DATA = Path(__file__).parent / "data"


def split(values: np.ndarray, sizes: list[int]) -> list[np.ndarray]:
    return np.split(np.asarray(values, dtype=float), np.cumsum(sizes)[:-1])


def test_by_hand():
    # U12 = 3 (1<2, 1<4, 3<4), U13 = 4, U23 = 3.5 (2<4, 2<5, 4=4, 4<5): J = 10.5.
    found = jonckheere_terpstra([np.array([1.0, 3]), np.array([2.0, 4]), np.array([4.0, 5])])
    assert found.statistic == 10.5
    assert found.mean == (36 - 12) / 4


@pytest.mark.parametrize(
    ("values", "sizes"),
    [
        ([1, 2, 3, 4, 5, 6, 7], [2, 3, 2]),
        ([1, 1, 2, 2, 2, 3, 4], [3, 2, 2]),
        ([1, 1, 1, 5, 5, 5, 5], [1, 2, 4]),
    ],
)
def test_mean_and_variance_are_those_of_all_permutations(values, sizes):
    every = [
        jonckheere_terpstra(split(np.array(order), sizes)).statistic
        for order in itertools.permutations(values)
    ]
    found = jonckheere_terpstra(split(np.array(values), sizes))
    assert found.mean == pytest.approx(np.mean(every), rel=1e-12)
    assert found.variance == pytest.approx(np.var(every), rel=1e-12)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6))
def test_p_is_kendalls(seed: int):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 9, rng.integers(2, 6)).tolist()
    values = rng.integers(0, 12, sum(sizes)).astype(float)
    values[:2] = [0, 1]
    levels = np.repeat(np.arange(len(sizes)), sizes)
    expected = stats.kendalltau(levels, values, method="asymptotic")
    found = jonckheere_terpstra(split(values, sizes))
    assert found.pvalue == pytest.approx(expected.pvalue, rel=1e-9)
    assert np.sign(found.z) == np.sign(np.round(expected.statistic, 12))
    turned = jonckheere_terpstra(split(values, sizes)[::-1])
    assert turned.z == pytest.approx(-found.z, abs=1e-12)


def test_r_agrees():
    frame = pd.read_csv(DATA / "cohort_measurements.tsv", sep="\t")
    reference = pd.read_csv(DATA / "cohort_tests.tsv", sep="\t").set_index("test").loc["kendall"]
    found = jonckheere_terpstra([part["a"].to_numpy() for _, part in frame.groupby("level")])
    assert found.z == pytest.approx(reference["statistic"], rel=1e-10)
    assert found.pvalue == pytest.approx(reference["pvalue"], rel=1e-9)


def test_two_groups_are_wilcoxons():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=9), rng.normal(1, 1, size=11)
    expected = stats.mannwhitneyu(b, a, method="asymptotic", use_continuity=False)
    found = jonckheere_terpstra([a, b])
    assert found.statistic == expected.statistic
    assert found.pvalue == pytest.approx(expected.pvalue, rel=1e-12)


def test_p_is_uniform_under_the_null():
    rng = np.random.default_rng(2)
    p = [
        jonckheere_terpstra(split(values, [18, 45, 39, 13])).pvalue
        for values in rng.normal(size=(2000, 115))
    ]
    assert stats.kstest(p, "uniform").pvalue > 0.001


def test_what_cannot_be_tested():
    with pytest.raises(ModelError, match="at least two groups"):
        jonckheere_terpstra([np.arange(3.0), np.array([])])
    with pytest.raises(ModelError, match="all values are equal"):
        jonckheere_terpstra([np.ones(3), np.ones(2)])
