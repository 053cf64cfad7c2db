"""The score and leading edge of the kernels against the running sum written out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnaseq_s6k1.enrichment.kernels.score import (
    NEGATIVE,
    POSITIVE,
    TWO_SIDED,
    extremes,
    score_sets,
)

KINDS = {"std": TWO_SIDED, "pos": POSITIVE, "neg": NEGATIVE}


def by_numpy(positions, weights, kind):
    """Score and leading edge from all values of the sum, as in Subramanian et al. 2005."""
    inside = np.isin(np.arange(len(weights)), positions)
    gain = np.where(inside, weights, 0.0)
    gain = gain / gain.sum() if gain.sum() > 0 else inside / inside.sum()
    values = np.cumsum(gain - ~inside / (~inside).sum())
    values[-1] = 0.0
    high, low = values.max(), values.min()
    above = kind == "pos" or (kind == "std" and high >= -low - 1e-12)
    score = high if above else low
    if abs(score) < 1e-12:
        return 0.0, []
    peak = np.argmax(np.abs(values - score) <= 1e-12)
    edge = [p for p in positions if (p <= peak if above else p > peak)]
    return score, edge


def score_one(positions, weights, kind):
    scores, edges = np.empty(1), np.empty((1, 2), dtype=np.int64)
    flat = np.sort(np.asarray(positions, dtype=np.int64))
    score_sets(flat, np.array([0, len(flat)]), weights, KINDS[kind], scores, edges)
    return scores[0], flat[edges[0, 0] : edges[0, 1]].tolist()


@st.composite
def cases(draw):
    stats = draw(st.lists(st.integers(-30, 30), min_size=2, max_size=50))
    positions = draw(st.sets(st.integers(0, len(stats) - 1), min_size=1, max_size=len(stats) - 1))
    weight = draw(st.sampled_from([0.0, 1.0, 1.5, 2.0]))
    return sorted(positions), np.abs(np.sort(stats)[::-1] / 10.0) ** weight


@pytest.mark.parametrize("kind", list(KINDS))
@given(cases())
def test_against_all_values_of_the_sum(kind, case):
    positions, weights = case
    score, edge = score_one(positions, weights, kind)
    expected, expected_edge = by_numpy(positions, weights, kind)
    assert score == pytest.approx(expected, abs=1e-12)
    assert edge == expected_edge


@given(cases())
def test_turning_the_ranking_round_exchanges_the_sides(case):
    positions, weights = case
    turned = np.sort(len(weights) - 1 - np.array(positions))
    up, down = score_one(positions, weights, "pos"), score_one(turned, weights[::-1].copy(), "neg")
    assert up[0] == pytest.approx(-down[0], abs=1e-12)
    high, low = extremes(np.array(positions), weights)
    assert high >= 0 >= low


def test_a_score_of_nothing_has_no_leading_edge():
    weights = np.array([3.0, 2.0, 1.0, 1.0])
    assert score_one([2, 3], weights, "pos") == (0.0, [])
    assert score_one([0, 1], weights, "neg") == (0.0, [])


def test_of_equal_deviations_the_positive_one_counts():
    """Genes 0 and 11 of 12, all alike: the sum reaches 1/2 and -1/2."""
    score, edge = score_one([0, 11], np.ones(12), "std")
    assert (score, edge) == (0.5, [0])


@pytest.mark.shared_data
def test_against_the_kernels_of_fgsea(shared):
    folder = shared / "data" / "gsea_reference" / "fgsea_cpp"
    weights = np.abs(pd.read_csv(folder / "inputs" / "stats.tsv", sep="\t")["stats"].to_numpy())
    lines = (folder / "inputs" / "pathways.tsv").read_text().splitlines()
    sets = [np.sort(np.array(line.split("\t"), dtype=np.int64)) - 1 for line in lines]
    offsets = np.concatenate([[0], np.cumsum([len(one) for one in sets])])
    scores, edges = np.empty(len(sets)), np.empty((len(sets), 2), dtype=np.int64)
    score_sets(np.concatenate(sets), offsets, weights, TWO_SIDED, scores, edges)
    expected = pd.read_csv(folder / "refs" / "ref_calcGseaStatBatchCpp.tsv", sep="\t")["ES"]
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-12)


@pytest.mark.shared_data
def test_one_sided_scores_of_growing_sets_against_fgsea(shared):
    folder = shared / "data" / "gsea_reference" / "fgsea_cpp"
    weights = np.abs(pd.read_csv(folder / "inputs" / "stats.tsv", sep="\t")["stats"].to_numpy())
    genes = pd.read_csv(folder / "inputs" / "cumulative_selectedStats.tsv", header=None)[0]
    positions = genes.astype(int).to_numpy() - 1
    expected = pd.read_csv(folder / "refs" / "ref_calcGseaStatCumulative.tsv", sep="\t")
    assert set(expected["scoreType"]) == set(KINDS)
    for _, row in expected.iterrows():
        members = positions[: row["prefix_index0"] + 1]
        assert score_one(members, weights, row["scoreType"])[0] == pytest.approx(
            row["value"], abs=1e-12
        )
