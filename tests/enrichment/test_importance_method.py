"""Preranked GSEA by importance sampling: exact p, the null, invariances, underflow."""

from __future__ import annotations

import logging
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest, rankdata

from rnaseq_s6k1.enrichment.importance import Importance
from rnaseq_s6k1.enrichment.located import locate_sets
from rnaseq_s6k1.errors import DataError, UsageError

N_GENES = 1500
RANKED = pd.Series(
    np.sort(np.random.default_rng(0).standard_t(4, size=N_GENES))[::-1],
    index=[f"g{i:04d}" for i in range(N_GENES)],
)
COLUMNS = ["es", "nes", "pvalue", "log10_pvalue", "relative_error"]


def run(stats, sets, *, seed=0, jobs=1, weight=1.0, score_type="std", method=None):
    located = locate_sets(stats, sets, weight=weight, score_type=score_type)
    return (method or Importance()).test(located, seed=seed, jobs=jobs)


def genes(positions):
    return tuple(RANKED.index[list(positions)])


def mixed_sets():
    """Sets of every degree of enrichment, at both ends."""
    rng = np.random.default_rng(5)
    sets = {}
    for i in range(12):
        end = int(rng.integers(60, N_GENES + 1))
        chosen = rng.choice(end, int(rng.integers(5, 50)), replace=False)
        sets[f"S{i}"] = genes(chosen if i % 2 else N_GENES - 1 - chosen)
    return sets


class AllTilted(Importance):
    """Every p from tilted draws."""

    enough = 10**9


SMALL = pd.Series(
    [3.1, 2.4, 2.0, 1.1, 0.9, 0.4, 0.1, -0.2, -0.8, -1.5, -1.9, -4.0], index=list("abcdefghijkl")
)


@pytest.mark.parametrize("method", [Importance, AllTilted])
@pytest.mark.parametrize("score_type", ["std", "pos", "neg"])
@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_p_of_every_set_of_a_small_ranking(method, score_type, weight):
    """The exact p: the share of the 220 sets at least as extreme, of those on the same side."""
    sets = {"".join(s): s for s in combinations(SMALL.index, 3)}
    table = run(SMALL, sets, weight=weight, score_type=score_type, method=method())
    es = table["es"].to_numpy()
    exact = np.ones(len(es))
    means = np.zeros(len(es))
    for i, value in enumerate(es):
        same = es >= 0 if value >= 0 and score_type != "neg" else es < 0
        if score_type != "std":
            same = np.ones(len(es), dtype=bool)
        beyond = np.abs(es) >= abs(value) - 1e-12
        exact[i] = (same & beyond).sum() / same.sum()
        means[i] = np.abs(es[same]).mean()
    np.testing.assert_allclose(table["nes"], es / means, rtol=0.05)
    found, error = table["pvalue"].to_numpy(), table["relative_error"].to_numpy()
    z = (found - exact) / (error * exact + 2e-4)
    assert (found > 0).all()
    assert (found <= 1).all()
    # Plain p-values of one size share their permutations, so that they stray together.
    assert np.abs(z).max() < 4.5
    assert np.mean(z**2) < 2.5


def test_plain_p_values_follow_the_plus_one_rule():
    class FewPermutations(Importance):
        enough = 0

    table = run(RANKED, mixed_sets(), method=FewPermutations(200))
    for p, error in zip(table["pvalue"], table["relative_error"], strict=True):
        # (b + 1) / (n + 1) for some n of at most 200 on the same side.
        fits = [
            (round(p * (n + 1)), n) for n in range(201) if abs(p * (n + 1) % 1 - 0.5) > 0.5 - 1e-9
        ]
        assert any(1 <= b <= n + 1 and abs(error - np.sqrt((1 - p) / b)) < 1e-9 for b, n in fits), (
            p,
            error,
        )
    assert table["pvalue"].min() >= 1 / 201


def test_plain_and_tilted_p_values_agree():
    sets = mixed_sets()
    tilted = run(RANKED, sets, method=AllTilted())
    plain = run(RANKED, sets, method=type("Plain", (Importance,), {"enough": 0})(100_000))
    shared = plain["pvalue"] > 1e-3
    assert shared.sum() >= 4
    error = np.hypot(tilted["relative_error"], plain["relative_error"])
    z = (np.log(tilted["pvalue"]) - np.log(plain["pvalue"]))[shared] / error[shared]
    assert np.abs(z).max() < 4


def test_p_of_random_sets_is_uniform():
    rng = np.random.default_rng(8)
    sets = {f"R{i}": genes(rng.choice(N_GENES, 10 + i % 60, replace=False)) for i in range(1200)}
    for score_type in ("std", "pos"):
        p = run(RANKED, sets, score_type=score_type)["pvalue"]
        assert kstest(p, "uniform").pvalue > 1e-3
        for level in (0.01, 0.05, 0.2):
            allowed = 4 * np.sqrt(level * (1 - level) / len(p))
            assert abs((p < level).mean() - level) < allowed


def test_relative_errors_are_those_between_seeds():
    sets = mixed_sets()
    tables = [run(RANKED, sets, seed=seed) for seed in range(12)]
    logs = np.array([table["log10_pvalue"] for table in tables]) * np.log(10)
    errors = np.array([table["relative_error"] for table in tables])
    assert (errors < 0.2).all()
    ratio = logs.var(axis=0, ddof=1) / (errors**2).mean(axis=0)
    assert 0.5 < ratio.mean() < 1.6
    assert (tables[0]["log10_pvalue"] < -6).any()


@pytest.mark.parametrize("score_type", ["std", "pos", "neg"])
def test_a_set_gets_the_same_alone_and_among_others(score_type):
    sets = mixed_sets()
    together = run(RANKED, sets, score_type=score_type)
    for name, members in sets.items():
        alone = run(RANKED, {"other name": members[::-1]}, score_type=score_type)
        assert alone.iloc[0].tolist() == together.loc[name].tolist()
    turned = run(RANKED, dict(reversed(sets.items())), score_type=score_type)
    pd.testing.assert_frame_equal(turned.loc[list(sets)], together, check_exact=True)


def test_cores_do_not_matter():
    sets = mixed_sets()
    one = run(RANKED, sets, jobs=1)
    for jobs in (2, 3):
        pd.testing.assert_frame_equal(run(RANKED, sets, jobs=jobs), one, check_exact=True)
    assert not run(RANKED, sets, seed=1)["pvalue"].equals(one["pvalue"])


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.integers(-20, 20), min_size=30, max_size=60).filter(lambda v: len(set(v)) > 3),
    st.data(),
)
def test_scaling_the_statistic_changes_nothing(values, data):
    stats = pd.Series(np.sort(values)[::-1] / 7.0, index=[f"g{i}" for i in range(len(values))])
    members = data.draw(st.sets(st.sampled_from(list(stats.index)), min_size=2, max_size=12))
    sets = {"s": sorted(members)}
    method = Importance(500)
    # A power of two, so that every weight is the same to the last bit.
    pd.testing.assert_frame_equal(
        run(stats, sets, method=method), run(stats * 8, sets, method=method), check_exact=True
    )


def test_turning_the_ranking_round_turns_the_scores():
    sets = mixed_sets()
    turned = pd.Series(-RANKED.to_numpy()[::-1], index=RANKED.index[::-1])
    first, second = run(RANKED, sets), run(turned, sets)
    np.testing.assert_allclose(second["es"], -first["es"], atol=1e-12)
    np.testing.assert_allclose(second["nes"], -first["nes"], rtol=0.03)
    error = np.hypot(first["relative_error"], second["relative_error"]) / np.log(10)
    z = (first["log10_pvalue"] - second["log10_pvalue"]) / error
    assert np.abs(z).max() < 4.5


def test_one_sided_scores_are_not_conditional_on_a_side():
    """As fgsea's: pos looks at the maximum alone, and neg mirrors it."""
    sets = mixed_sets()
    up, down = run(RANKED, sets, score_type="pos"), run(RANKED, sets, score_type="neg")
    assert (up["es"] >= 0).all()
    assert (down["es"] <= 0).all()
    turned = pd.Series(-RANKED.to_numpy()[::-1], index=RANKED.index[::-1])
    mirrored = run(turned, sets, score_type="neg")
    np.testing.assert_allclose(mirrored["es"], -up["es"], atol=1e-12)
    error = np.hypot(up["relative_error"], mirrored["relative_error"])
    z = (np.log(up["pvalue"]) - np.log(mirrored["pvalue"])) / (error + 1e-9)
    assert np.abs(z).max() < 4.5
    # Where a two-sided score is positive, its p is larger by one over the chance of that side.
    both = run(RANKED, sets)
    positive = (both["es"] > 0) & (both["log10_pvalue"] < -3)
    assert positive.sum() >= 2
    assert (both["pvalue"] > up["pvalue"])[positive].all()


def test_a_score_of_zero_has_p_one_and_no_leading_edge():
    bottom = {"bottom": genes(range(N_GENES - 20, N_GENES))}
    located = locate_sets(RANKED, bottom, score_type="pos")
    row = Importance().test(located, seed=0, jobs=1).iloc[0]
    assert row[["es", "nes", "pvalue", "log10_pvalue"]].tolist() == [0.0, 0.0, 1.0, 0.0]
    assert located.leading_edges() == [[]]


def test_p_below_what_doubles_hold():
    """A set of 400 that fills the head of 5,000 genes: one of 10^604 sets."""
    n, k = 5000, 400
    stats = pd.Series(np.linspace(5, -5, n), index=[f"g{i}" for i in range(n)])
    sets = {"full": stats.index[:k], "nearly": [*stats.index[: k - 20], *stats.index[600:620]]}
    table = run(stats, sets)
    assert (table["pvalue"] == np.finfo(float).tiny).all()
    assert (table["pvalue"] > 0).all()
    from scipy.special import gammaln

    exact = (gammaln(k + 1) + gammaln(n - k + 1) - gammaln(n + 1)) / np.log(10)
    # About half of all random sets have a positive score.
    assert exact < table.loc["full", "log10_pvalue"] < exact + 0.5
    assert exact < table.loc["nearly", "log10_pvalue"] < -400
    assert (table["relative_error"] < 0.2).all()


def test_ties_and_zeros():
    """Many genes share a statistic, and many have none: the order is given, the weights are 0."""
    values = np.concatenate([np.repeat([4.0, 2.0, 1.0], 20), np.zeros(100), -np.ones(40)])
    stats = pd.Series(values, index=[f"g{i:03d}" for i in range(len(values))])
    sets = {
        "top": list(stats.index[:12]),
        "zeros": list(stats.index[70:90]),
        "mixed": list(stats.index[::15]),
        "bottom": list(stats.index[-10:]),
    }
    for weight in (0.0, 1.0, 2.0):
        table = run(stats, sets, weight=weight)
        assert np.isfinite(table.to_numpy()).all()
        assert (table["pvalue"] > 0).all()
        assert table.loc["top", "pvalue"] < 1e-6
        assert table.loc["bottom", "es"] < 0


def test_weights_that_are_too_heavy_are_named(caplog):
    class Impatient(Importance):
        draws = 16
        rounds = 1

    with caplog.at_level(logging.WARNING, logger="rnaseq_s6k1"):
        run(RANKED, {"x\tHEAVY": genes(range(0, 120, 4))}, method=Impatient())
    assert "the p-values of 1 gene sets have a relative error above 0.2: HEAVY" in caplog.text


def test_ranks_of_p_follow_the_scores_of_one_size():
    rng = np.random.default_rng(2)
    sets = {f"S{i}": genes(rng.choice(200 + 100 * i, 30, replace=False)) for i in range(10)}
    table = run(RANKED, sets, score_type="pos")
    apart = table.sort_values("es")
    assert (rankdata(-apart["log10_pvalue"]) - rankdata(apart["es"])).tolist() == [0] * 10


def test_refusals():
    sets = {"s": ("g0001", "g0002")}
    constant = pd.Series(2.0, index=RANKED.index)
    with pytest.raises(DataError, match="all 1,500 ranked genes have the same statistic, 2"):
        locate_sets(constant, sets)
    with pytest.raises(DataError, match="the gene 'other' of 's' is not ranked"):
        locate_sets(RANKED, {"s": ("g0001", "other")})
    with pytest.raises(DataError, match="has 1500 of the 1500 ranked genes"):
        locate_sets(RANKED, {"all": tuple(RANKED.index)})
    with pytest.raises(UsageError, match="--weight must lie between 0 and 2, not 3"):
        locate_sets(RANKED, sets, weight=3)
    with pytest.raises(UsageError, match="--weight must lie between 0 and 2, not nan"):
        locate_sets(RANKED, sets, weight=float("nan"))
    with pytest.raises(UsageError, match="--score-type must be one of std, pos, neg, not 'both'"):
        locate_sets(RANKED, sets, score_type="both")
