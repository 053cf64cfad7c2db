"""The running sum against its definition, fgsea's kernels and the Broad program."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnaseq_s6k1.enrichment.running_sum import running_sum
from rnaseq_s6k1.errors import DataError


def written_out(stats: list[float], members: set[int], weight: float) -> list[float]:
    """The definition of Subramanian et al. 2005, one gene after the other."""
    total = sum(abs(stats[i]) ** weight for i in members)
    n, n_hits = len(stats), len(members)
    values, hit, miss = [], 0.0, 0.0
    for i, value in enumerate(stats):
        if i in members:
            hit += abs(value) ** weight / total if total > 0 else 1 / n_hits
        else:
            miss += 1 / (n - n_hits)
        values.append(hit - miss)
    return values


@st.composite
def rankings(draw):
    stats = sorted(draw(st.lists(st.integers(-500, 500), min_size=2, max_size=60)), reverse=True)
    members = draw(st.sets(st.integers(0, len(stats) - 1), min_size=1, max_size=len(stats) - 1))
    return [s / 100 for s in stats], members, draw(st.sampled_from([0.0, 0.5, 1.0, 2.0]))


@given(rankings())
def test_against_the_definition(case):
    stats, members, weight = case
    result = running_sum(stats, list(members), weight)
    expected = written_out(stats, members, weight)
    np.testing.assert_allclose(result.values, expected, atol=1e-12)
    assert abs(result.es) == pytest.approx(max(abs(v) for v in expected), abs=1e-12)
    assert result.es == result.values[result.peak]
    assert result.hits.tolist() == sorted(members)


@given(rankings())
def test_the_leading_edge_lies_before_or_behind_the_peak(case):
    stats, members, weight = case
    result = running_sum(stats, list(members), weight)
    expected = [m for m in sorted(members) if (m <= result.peak) == (result.es >= 0)]
    assert result.leading_edge.tolist() == expected
    assert len(result.leading_edge) > 0


@given(rankings())
def test_turning_the_ranking_round_turns_the_sign(case):
    stats, members, weight = case
    n = len(stats)
    forward = running_sum(stats, list(members), weight)
    backward = running_sum([-s for s in stats[::-1]], [n - 1 - m for m in members], weight)
    assert abs(forward.es) == pytest.approx(abs(backward.es), abs=1e-12)
    np.testing.assert_allclose(forward.values[:-1], -backward.values[:-1][::-1], atol=1e-12)


def test_a_set_on_top_has_the_score_one():
    result = running_sum([5.0, 4.0, 0.0, -1.0], [1, 0])
    assert result.es == pytest.approx(1.0)
    assert result.peak == 1


def test_of_equal_deviations_the_positive_one_is_returned():
    result = running_sum([1.0, 0.0, 0.0, -1.0], [1, 2])
    assert result.values.tolist() == [-0.5, 0.0, 0.5, 0.0]
    assert (result.es, result.peak) == (0.5, 2)


def test_statistics_of_zero_and_huge_ones():
    np.testing.assert_allclose(running_sum([0.0, 0.0, 0.0], [0]).values, [1.0, 0.5, 0.0])
    assert running_sum([1e300, 1.0, 0.0], [0], weight=2.0).es == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("stats", "members", "words"),
    [
        ([1.0, 2.0], [0], "descending order"),
        ([np.inf, 2.0], [0], "finite statistics"),
        ([2.0, 1.0], [], "a set of 1 to 1 of the 2 ranked genes, got 0"),
        ([2.0, 1.0], [0, 1], "got 2"),
        ([2.0, 1.0, 0.0], [1, 1], "must be distinct and between 0 and 2"),
        ([2.0, 1.0, 0.0], [3], "must be distinct and between 0 and 2"),
    ],
)
def test_refusals(stats, members, words):
    with pytest.raises(DataError, match=words):
        running_sum(stats, members)


@pytest.mark.shared_data
def test_against_the_kernels_of_fgsea(shared):
    folder = shared / "data" / "gsea_reference" / "fgsea_cpp"
    stats = pd.read_csv(folder / "inputs" / "stats.tsv", sep="\t")["stats"].to_numpy()
    expected = pd.read_csv(folder / "refs" / "ref_calcGseaStatBatchCpp.tsv", sep="\t")["ES"]
    lines = (folder / "inputs" / "pathways.tsv").read_text().splitlines()
    sets = [np.array(line.split("\t"), dtype=int) - 1 for line in lines]
    assert len(sets) == len(expected)
    scores = [running_sum(stats, members).es for members in sets]
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-12)


@pytest.mark.shared_data
def test_against_the_broad_program(shared):
    folder = shared / "data" / "gsea_reference" / "gsea_desktop_edb"
    ranked = pd.read_csv(folder / "gsea_data.gsea_data.rnk", sep="\t", header=None)
    stats = ranked[1].to_numpy()
    compared = 0
    for row in ET.parse(folder / "results.edb").getroot().iter("DTG"):
        hits = np.array(row.get("HIT_INDICES").split(), dtype=int)
        result = running_sum(stats, hits)
        assert result.es == pytest.approx(float(row.get("ES")), abs=1e-4)
        compared += 1
    assert compared >= 5
