"""Each scoring method against numbers computed by hand, gseapy, and what it promises."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnaseq_s6k1.enrichment.scores import gsva, rank, ssgsea, zscore
from rnaseq_s6k1.enrichment.scores.method import METHODS, ScoredSet, get_method
from rnaseq_s6k1.errors import UsageError

NONE = np.empty(0, dtype=np.intp)


def one_way(*genes: int) -> ScoredSet:
    return ScoredSet(np.array(genes, dtype=np.intp), NONE)


def pair(up: list[int], down: list[int]) -> ScoredSet:
    return ScoredSet(np.array(up, dtype=np.intp), np.array(down, dtype=np.intp))


@pytest.fixture
def expression() -> np.ndarray:
    rng = np.random.default_rng(0)
    values = rng.normal(5, 1, (6, 300))
    values[3:, :20] += 2
    return values


def test_zscore_by_hand():
    values = np.array([[1.0, 10.0, 7.0], [2.0, 30.0, 7.0], [3.0, 20.0, 7.0]])
    scores = zscore.score(
        values, [one_way(0, 1), pair([0], [1]), one_way(2), one_way(0, 2)], seed=0, jobs=1
    )
    # Both genes have standard deviations of 1 and 10; the third does not vary.
    np.testing.assert_allclose(scores[:, 0], np.array([-2, 1, 1]) / np.sqrt(2))
    np.testing.assert_allclose(scores[:, 1], np.array([0, -1, 1]) / np.sqrt(2))
    assert np.isnan(scores[:, 2]).all()
    np.testing.assert_allclose(scores[:, 3], [-1, 0, 1])


def test_rank_by_hand():
    # Ten genes in order of expression; the paper's formula with its bounds written out.
    values = np.arange(10.0)[None, :] ** 2
    scores = rank.score(
        values,
        [one_way(7, 8, 9), one_way(0, 1, 2), one_way(2, 5, 9), pair([7, 8, 9], [0, 1, 2])],
        seed=0,
        jobs=1,
    )[0]
    # Mean rank (3 + 6 + 10)/3; lowest (1 + 2 + 3)/3 = 2, highest (8 + 9 + 10)/3 = 9.
    np.testing.assert_allclose(scores, [0.5, -0.5, (19 / 3 - 2) / 7 - 0.5, 1.0])


def test_rank_gives_ties_their_mean():
    values = np.array([[0.0, 0.0, 0.0, 1.0]])
    # Ranks 2, 2, 2, 4: the mean rank of the first gene is 2 of 1..4.
    np.testing.assert_allclose(
        rank.score(values, [one_way(0)], seed=0, jobs=1), [[(2 - 1) / 3 - 0.5]]
    )


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000))
def test_rank_ignores_scale_and_turns_with_the_expression(seed):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 6, (3, 40)).astype(float)  # with ties
    sets = [one_way(*range(8)), pair(list(range(5)), list(range(20, 29)))]
    scores = rank.score(values, sets, seed=0, jobs=1)
    np.testing.assert_allclose(rank.score(np.exp(values), sets, seed=0, jobs=1), scores)
    np.testing.assert_allclose(rank.score(-values, sets, seed=0, jobs=1), -scores, atol=1e-12)
    assert (np.abs(scores[:, 0]) <= 0.5).all()
    assert (np.abs(scores[:, 1]) <= 1).all()


def ssgsea_by_hand(values: np.ndarray, members: list[int]) -> float:
    """The sum of the differences of the two distribution functions, gene by gene."""
    ranks = pd.Series(values).rank() * 10_000 / len(values)
    order = np.argsort(-ranks.to_numpy(), kind="stable")
    weights = np.where(np.isin(order, members), ranks.to_numpy()[order] ** 0.25, 0.0)
    inside = np.cumsum(weights) / weights.sum()
    outside = np.cumsum(~np.isin(order, members)) / (len(values) - len(members))
    return float((inside - outside).sum())


def test_ssgsea_is_the_sum_of_differences(expression):
    scores = ssgsea.score(
        expression, [one_way(*range(20)), one_way(*range(50, 90))], seed=0, jobs=1
    )
    for sample in range(6):
        for column, members in enumerate((range(20), range(50, 90))):
            expected = ssgsea_by_hand(expression[sample], list(members))
            assert scores[sample, column] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", ["ssgsea", "gsva"])
def test_gseapy_called_plainly_agrees(expression, name):
    import gseapy

    genes = [f"G{i}" for i in range(300)]
    frame = pd.DataFrame(expression.T, index=genes, columns=list("abcdef"))
    sets = {"A": genes[:20], "B": genes[100:150]}
    options = {"min_size": 1, "max_size": 300, "threads": 1, "outdir": None}
    if name == "ssgsea":
        options |= {"sample_norm_method": "rank", "weight": 0.25}
    found = getattr(gseapy, name)(frame, sets, **options).res2d
    theirs = found.pivot(index="Name", columns="Term", values="ES").to_numpy(dtype=float)
    ours = get_method(name).score(
        expression, [one_way(*range(20)), one_way(*range(100, 150))], seed=0, jobs=2
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


@pytest.mark.parametrize("name", METHODS)
def test_a_pair_is_up_less_down(expression, name):
    method = get_method(name)
    both = method.score(
        expression,
        [pair(list(range(20)), list(range(40, 60))), one_way(*range(20)), one_way(*range(40, 60))],
        seed=0,
        jobs=1,
    )
    # Equal sizes, so that the z-score's denominator is the same too.
    factor = np.sqrt(2) if name == "zscore" else 1.0
    np.testing.assert_allclose(both[:, 0], (both[:, 1] - both[:, 2]) / factor, atol=1e-9)


@pytest.mark.parametrize("name", METHODS)
def test_a_set_is_scored_alike_whatever_its_company(expression, name):
    method = get_method(name)
    alone = method.score(expression, [one_way(*range(20))], seed=0, jobs=1)
    crowd = method.score(
        expression, [one_way(*range(200, 280)), one_way(*range(20)), one_way(5, 6)], seed=3, jobs=2
    )
    np.testing.assert_allclose(crowd[:, 1], alone[:, 0], rtol=1e-12)
    assert (alone[3:, 0] > alone[:3, 0].max()).all()


@pytest.mark.parametrize("name", ["ssgsea", "rank"])
def test_one_sample_is_enough(expression, name):
    method = get_method(name)
    assert not method.INFO.needs_cohort
    whole = method.score(expression, [one_way(*range(20))], seed=0, jobs=1)
    single = method.score(expression[2:3], [one_way(*range(20))], seed=0, jobs=1)
    np.testing.assert_allclose(single, whole[2:3])


def test_constant_genes_have_no_say_in_gsva(expression):
    with_constant = np.column_stack([expression, np.full(6, 3.0), np.zeros(6)])
    plain = gsva.score(expression, [one_way(*range(20))], seed=0, jobs=1)
    scores = gsva.score(
        with_constant, [one_way(*range(20), 300), one_way(300, 301)], seed=0, jobs=1
    )
    np.testing.assert_allclose(scores[:, :1], plain)
    assert np.isnan(scores[:, 1]).all()


def test_every_method_says_what_it_is():
    for name in METHODS:
        info = get_method(name).INFO
        assert info.name == name
        assert all((info.title, info.scale, info.limits, info.reference))
    with pytest.raises(UsageError, match="no scoring method is called 'plage'; choose ssgsea"):
        get_method("plage")
