"""Whether a set reaches a score: the bounds give the answers of the full sum."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnaseq_s6k1.enrichment.kernels.bins import bin_edges, bin_maxima, bin_means, with_edges_at
from rnaseq_s6k1.enrichment.kernels.reach import reaches
from rnaseq_s6k1.enrichment.kernels.score import POSITIVE, TWO_SIDED, extremes


def ask(positions, edges, weights, score, kind=TWO_SIDED, strict=False, seed=0):
    """Put the genes of each bin in a random order, and ask."""
    rng = np.random.default_rng(seed)
    counts = np.histogram(positions, bins=np.asarray(edges) - 0.5)[0]
    begins = np.concatenate([[0], np.cumsum(counts)])
    mixed = np.concatenate([rng.permutation(positions[a:b]) for a, b in itertools.pairwise(begins)])
    return reaches(
        mixed,
        begins,
        edges,
        bin_maxima(weights, edges),
        weights,
        score,
        kind,
        strict,
        np.empty(len(positions) + 1),
        np.empty(len(edges) - 1),
    )


def answer(positions, weights, score, kind, strict):
    high, low = extremes(positions, weights)
    if kind == POSITIVE:
        return high >= score - 1e-12
    wins = high > -low + 1e-12 if strict else high >= -low - 1e-12
    return high >= score - 1e-12 and wins


@st.composite
def questions(draw):
    n = draw(st.integers(3, 60))
    weights = np.array(draw(st.lists(st.sampled_from([0.0, 0.5, 1, 2, 9]), min_size=n, max_size=n)))
    positions = np.array(sorted(draw(st.sets(st.integers(0, n - 1), min_size=1, max_size=n - 1))))
    inner = draw(st.sets(st.integers(1, n - 1), max_size=8))
    edges = np.array([0, *sorted(inner), n])
    score = draw(
        st.one_of(st.floats(0.01, 1.0), st.just(max(extremes(positions, weights)[0], 0.01)))
    )
    return positions, edges, weights, score


@given(questions(), st.sampled_from([TWO_SIDED, POSITIVE]), st.booleans(), st.integers(0, 5))
def test_the_answers_are_those_of_the_full_sum(question, kind, strict, seed):
    positions, edges, weights, score = question
    expected = answer(positions, weights, score, kind, strict)
    assert ask(positions, edges, weights, score, kind, strict, seed) == expected


@pytest.mark.parametrize("k", [5, 50, 200])
def test_on_a_ranking_of_usual_size(k):
    rng = np.random.default_rng(k)
    weights = np.abs(np.sort(rng.standard_t(4, size=2000))[::-1])
    edges = bin_edges(weights, 40)
    answers = []
    for i in range(400):
        head = rng.random() < 0.5
        positions = np.sort(rng.choice(600 if head else 2000, k, replace=False))
        score = rng.choice([0.2, 0.5, extremes(positions, weights)[0]])
        expected = answer(positions, weights, score, TWO_SIDED, i % 2 == 0)
        assert ask(positions, edges, weights, score, TWO_SIDED, i % 2 == 0, i) == expected
        answers.append(expected)
    assert 0.1 < np.mean(answers) < 0.95


def test_bins_cover_the_ranking_and_are_fine_where_weights_are_heavy():
    weights = np.abs(np.sort(np.random.default_rng(1).standard_t(3, size=5000))[::-1])
    edges = bin_edges(weights, 64)
    assert edges[0] == 0
    assert edges[-1] == 5000
    assert (np.diff(edges) > 0).all()
    assert 40 < len(edges) <= 65
    widths = np.diff(edges)
    assert widths[0] < 5 < widths.max()
    np.testing.assert_array_equal(
        5000 - bin_edges(weights[::-1].copy(), 64)[::-1][[0, -1]], [0, 5000]
    )
    for flat in (np.ones(100), np.zeros(100), np.ones(3)):
        edges = bin_edges(flat, 10)
        assert edges[0] == 0
        assert edges[-1] == len(flat)
        assert (np.diff(edges) > 0).all()


def test_edges_are_merged_and_means_are_relative():
    edges = with_edges_at(np.array([0, 4, 8]), np.array([6, 4, 1]))
    assert edges.tolist() == [0, 1, 4, 6, 8]
    weights = np.array([5.0, 1, 1, 1, 0, 0, 4, 4])
    before = np.concatenate([[0.0], np.cumsum(weights)])
    np.testing.assert_allclose(bin_means(before, edges), np.array([5, 1, 0, 4]) / 2)
    assert bin_maxima(weights, edges).tolist() == [5, 1, 0, 4]
