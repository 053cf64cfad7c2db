from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from rnaseq_s6k1.cohort.survival.best_cut import (
    best_cut,
    lausen_bonferroni,
    log_rank_scores,
    miller_siegmund,
)
from rnaseq_s6k1.errors import ModelError, UsageError


def test_log_rank_scores_by_hand():
    time, event = np.array([1.0, 2.0, 2.0, 3.0]), np.array([True, True, False, True])
    hazard = np.array([1 / 4, 1 / 4 + 1 / 3, 1 / 4 + 1 / 3, 1 / 4 + 1 / 3 + 1])
    np.testing.assert_allclose(log_rank_scores(time, event), event - hazard)
    assert log_rank_scores(time, event).sum() == pytest.approx(0)


def test_the_p_is_the_share_of_all_pairings():
    marker = np.arange(7.0)
    time = np.array([9.0, 8.0, 7.5, 3.0, 4.0, 2.0, 1.0])
    event = np.array([False, True, True, True, True, False, True])
    found = best_cut(marker, time, event, lower=0.2, upper=0.8, permutations=20_000)
    scores = log_rank_scores(time, event)
    m = np.array([2, 3, 4, 5])
    scale = np.sqrt(m * (7 - m) / (7 * 6) * np.sum((scores - scores.mean()) ** 2))

    def largest(paired):
        return np.abs((np.cumsum(paired)[m - 1] - m * scores.mean()) / scale).max()

    assert found.statistic == pytest.approx(largest(scores))
    exact = np.mean(
        [largest(np.array(one)) >= found.statistic - 1e-9 for one in permutations(scores)]
    )
    assert found.pvalue == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 20_000))
    assert found.n_cuts == 4
    assert found.direction == 1
    assert found.naive_pvalue < found.pvalue


def test_one_cut_is_the_plain_test():
    """With a marker of two values there is nothing to search, and nothing to correct."""
    rng = np.random.default_rng(1)
    time, event = rng.exponential(size=300), rng.random(300) < 0.8
    marker = np.repeat([0.0, 1.0], 150)
    found = best_cut(marker, time, event, permutations=20_000)
    assert found.n_cuts == 1
    assert found.cut == 0.0
    assert found.pvalue == pytest.approx(found.naive_pvalue, abs=0.015)
    assert found.pvalue_bonferroni == pytest.approx(found.naive_pvalue)


def test_a_planted_cut_is_found():
    rng = np.random.default_rng(2)
    marker = rng.normal(size=300)
    time = rng.exponential(size=300) / np.where(marker > 0.5, 4.0, 1.0)
    found = best_cut(marker, time, np.ones(300, dtype=bool), permutations=999)
    assert found.cut == pytest.approx(0.5, abs=0.15)
    assert (found.pvalue, found.direction) == (0.001, 1)
    assert max(found.pvalue_miller_siegmund, found.pvalue_bonferroni) < 1e-6
    flipped = best_cut(-marker, time, np.ones(300, dtype=bool), permutations=99)
    assert flipped.direction == -1
    assert flipped.statistic == pytest.approx(found.statistic)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6))
def test_order_and_monotone_changes_of_the_marker_do_not_matter(seed: int):
    rng = np.random.default_rng(seed)
    n = 40
    marker = np.round(rng.normal(size=n), 1)
    time, event = np.ceil(rng.exponential(6, n)), rng.random(n) < 0.6
    event[:2] = True
    order = rng.permutation(n)
    one = best_cut(marker, time, event, permutations=99)
    other = best_cut(np.exp(marker[order]), time[order], event[order], permutations=99)
    assert other.statistic == pytest.approx(one.statistic)
    assert other.cut == pytest.approx(np.exp(one.cut))
    assert other.pvalue == one.pvalue


def test_what_cannot_be_searched_is_refused():
    time, event = np.arange(1.0, 11.0), np.ones(10, dtype=bool)
    with pytest.raises(ModelError, match="too many share one value"):
        best_cut(np.zeros(10), time, event)
    with pytest.raises(ModelError, match="needs events"):
        best_cut(np.arange(10.0), time, ~event)
    with pytest.raises(UsageError, match="between two shares"):
        best_cut(np.arange(10.0), time, event, lower=0.9, upper=0.1)


def test_the_approximations_stay_probabilities():
    m = np.arange(10, 91)
    for b in (0.0, 0.5, 1.0, 2.0, 3.0, 5.0, 12.0):
        for p in (miller_siegmund(b, 0.1, 0.9), lausen_bonferroni(b, m, 100)):
            assert 0 <= p <= 1
            assert p >= 2 * stats.norm.sf(b) * (1 - 1e-9)


@pytest.mark.slow
def test_the_corrected_p_is_calibrated_and_the_naive_is_not():
    rng = np.random.default_rng(3)
    n, runs = 80, 600
    found = []
    for k in range(runs):
        marker, time = rng.normal(size=n), rng.exponential(size=n)
        leave = rng.exponential(1.5, size=n)
        found.append(
            best_cut(marker, np.minimum(time, leave), time <= leave, permutations=199, seed=k)
        )
    corrected = np.array([one.pvalue for one in found])
    naive = np.array([one.naive_pvalue for one in found])
    assert stats.kstest(corrected, "uniform").pvalue > 0.01
    for level in (0.05, 0.2):
        share = np.mean(corrected <= level)
        assert abs(share - level) < 3 * np.sqrt(level * (1 - level) / runs)
    assert np.mean(naive < 0.05) > 0.3, "the search makes one cut in three 'significant'"
    # The approximations are made for the tail, and err on the safe side there.
    for p in ("pvalue_miller_siegmund", "pvalue_bonferroni"):
        values = np.array([getattr(one, p) for one in found])
        assert np.mean(values < 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)
        assert np.mean(values < 0.05) > 0.005
    tail = corrected < 0.1
    ratio = np.array([one.pvalue_miller_siegmund for one in found])[tail] / corrected[tail]
    assert 0.5 < np.median(ratio) < 2
