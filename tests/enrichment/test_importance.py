"""Importance sampling against full enumeration, under the null, and in any order."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest

from rnaseq_s6k1.enrichment.importance import Importance
from rnaseq_s6k1.enrichment.located import locate_sets

N = 14


def ranking(n: int, seed: int) -> pd.Series:
    values = np.sort(np.random.default_rng(seed).normal(size=n) * 1.5)[::-1]
    return pd.Series(values, index=[f"g{i:05d}" for i in range(n)])


def importance(stats, sets, *, seed=0, jobs=1, weight=1.0, score_type="std", permutations=None):
    located = locate_sets(stats, sets, weight=weight, score_type=score_type)
    return Importance(permutations).test(located, seed=seed, jobs=jobs)


def all_scores(stats: pd.Series, size: int, weight: float, score_type: str) -> np.ndarray:
    """Score every subset of a size by the definition, gene by gene."""
    power = np.abs(stats.to_numpy()) ** weight
    scores = []
    for chosen in itertools.combinations(range(len(stats)), size):
        inside = np.isin(np.arange(len(stats)), chosen)
        steps = np.where(inside, power / power[list(chosen)].sum(), -1 / (len(stats) - size))
        sums = np.cumsum(steps)
        high, low = max(sums.max(), 0.0), min(sums.min(), 0.0)
        if score_type == "pos":
            scores.append(high)
        elif score_type == "neg":
            scores.append(low)
        else:
            scores.append(high if high >= -low - 1e-12 else low)
    return np.array(scores)


@pytest.mark.parametrize("weight", [0.0, 1.0, 1.5, 2.0])
@pytest.mark.parametrize("score_type", ["std", "pos", "neg"])
def test_p_is_that_of_full_enumeration(weight, score_type):
    stats, size = ranking(N, 3), 4
    every = all_scores(stats, size, weight, score_type)
    sets = {
        "TOP": [0, 1, 2, 4], "HIGH": [0, 2, 3, 7], "MIXED": [1, 5, 8, 12],
        "LOW": [6, 9, 12, 13], "BOTTOM": [9, 11, 12, 13],
    }  # fmt: skip
    labels = {name: [stats.index[i] for i in chosen] for name, chosen in sets.items()}
    found = importance(stats, labels, weight=weight, score_type=score_type, permutations=20_000)
    for name, chosen in sets.items():
        own = every[list(itertools.combinations(range(N), size)).index(tuple(chosen))]
        row = found.loc[name]
        assert row["es"] == pytest.approx(own, abs=1e-12)
        below = score_type == "neg" or (score_type == "std" and own < 0)
        side = every < 0 if below else every >= 0
        if score_type != "std":
            side = np.ones(len(every), dtype=bool)
        beyond = every <= own + 1e-9 if below else every >= own - 1e-9
        exact = (beyond & side).sum() / side.sum()
        error = max(row["relative_error"], 1e-3)
        assert abs(row["pvalue"] / exact - 1) < 5 * error + 2e-3, name
        assert row["nes"] == pytest.approx(own / abs(every[side].mean()), rel=0.05)


def test_tiny_p_are_given_to_12_percent_and_others_to_6():
    stats = ranking(4000, 2)
    sets = {f"S{step}": list(stats.index[0 : step * 60 : step]) for step in (4, 8, 16, 24, 32, 40)}
    found = importance(stats, sets)
    tiny = found["log10_pvalue"] < math.log10(Importance.tiny)
    assert 1 < tiny.sum() < len(found) - 1
    assert found["relative_error"][tiny].between(0.0, 0.125).all()
    # Some of the error is that of the share of scores on the side, which the target leaves out.
    assert found["relative_error"][~tiny].between(0.0, 0.065).all()


def test_rare_scores_agree_with_many_plain_draws():
    """A set at about 1e-4: two million random sets tell its p to 7 %."""
    stats = ranking(300, 5)
    genes = [stats.index[i] for i in (0, 1, 3, 6, 8, 20, 26, 30, 55, 90, 150, 210)]
    row = importance(stats, {"S": genes}).iloc[0]
    rng = np.random.default_rng(0)
    power = np.abs(stats.to_numpy())
    beyond = same = 0
    for _ in range(40):
        chosen = np.argpartition(rng.random((50_000, 300)), 12, axis=1)[:, :12]
        chosen.sort(axis=1)
        weights = power[chosen]
        hits = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
        misses = (chosen - np.arange(12)) / 288
        high = np.maximum((hits - misses).max(axis=1), 0)
        low = np.minimum((hits - misses - weights / weights.sum(axis=1, keepdims=True)).min(1), 0)
        upper = high >= -low
        same += upper.sum()
        beyond += (upper & (high >= row["es"] - 1e-12)).sum()
    plain = beyond / same
    assert 20 < beyond < 5000
    assert row["pvalue"] == pytest.approx(
        plain, rel=4 * math.hypot(row["relative_error"], beyond**-0.5)
    )


def test_p_of_random_sets_is_uniform():
    stats = ranking(1500, 1)
    rng = np.random.default_rng(8)
    sets = {
        f"S{k}": list(rng.choice(stats.index.to_numpy(), 15 + k % 60, replace=False))
        for k in range(600)
    }
    found = importance(stats, sets)
    assert kstest(found["pvalue"], "uniform").pvalue > 0.001
    assert (found["pvalue"] > 0).all()


def enriched(stats: pd.Series) -> dict[str, list[str]]:
    rng = np.random.default_rng(4)
    names = stats.index.to_numpy()
    sets = {
        f"TOP{k}": list(rng.choice(names[: 150 + 100 * k], 40, replace=False)) for k in range(5)
    }
    sets |= {f"LOW{k}": list(rng.choice(names[-400:], 30, replace=False)) for k in range(3)}
    return sets | {f"ANY{k}": list(rng.choice(names, 20 + k, replace=False)) for k in range(5)}


def test_nothing_but_the_set_the_ranking_and_the_seed_matters():
    stats = ranking(2000, 2)
    sets = enriched(stats)
    found = importance(stats, sets, seed=7)
    assert found["log10_pvalue"].min() < -10
    turned = {name: genes[::-1] for name, genes in reversed(sets.items())}
    again = importance(stats, turned, seed=7, jobs=2).loc[found.index]
    pd.testing.assert_frame_equal(again, found, check_exact=True)
    for name in ("TOP0", "LOW1", "ANY2"):
        alone = importance(stats, {f"other {name}": sets[name]}, seed=7)
        assert alone.iloc[0].tolist() == found.loc[name].tolist()
    other = importance(stats, sets, seed=8)
    assert (other["pvalue"] != found["pvalue"]).any()


def test_errors_are_small_and_log_p_goes_where_p_cannot():
    stats = ranking(20_000, 6)
    names = stats.index.to_numpy()
    sets = {"HUGE": list(names[:480]), "TOP": list(names[:2000:25])}
    found = importance(stats, sets)
    assert found.loc["HUGE", "log10_pvalue"] < -320
    assert found.loc["HUGE", "pvalue"] == np.finfo(float).tiny
    assert (found["relative_error"] < 0.2).all()


def test_ties_are_harmless():
    values = np.round(ranking(500, 9).to_numpy(), 1)
    stats = pd.Series(values, index=[f"g{i:05d}" for i in range(500)])
    sets = {f"S{k}": list(stats.index[k : k + 200 : 8]) for k in range(4)}
    found = importance(stats, sets)
    assert found["pvalue"].between(0, 1, inclusive="right").all()
    assert np.isfinite(found.to_numpy()).all()
