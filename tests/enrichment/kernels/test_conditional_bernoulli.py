"""Sets of exactly k genes with unequal chances, against all subsets written out."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import binom, chisquare

from rnaseq_s6k1.enrichment.kernels.conditional_bernoulli import (
    SLOTS,
    binomial_tables,
    draw_counts,
    log_normaliser,
    place_genes,
    suffix_table,
)
from rnaseq_s6k1.enrichment.kernels.random_numbers import open_stream

EDGES = np.array([0, 1, 4, 6, 10])
COUNTS = np.diff(EDGES)
LOG_ODDS = np.array([1.5, -0.5, -3.0, 0.2])
BIN_OF = np.repeat(np.arange(len(COUNTS)), COUNTS)


def prepared(counts=COUNTS, log_odds=LOG_ODDS, k=4):
    tables, most, likely = binomial_tables(counts, log_odds, k)
    suffix, first = suffix_table(counts, log_odds, tables, most, k)
    return tables, most, likely, suffix, first


def counts_drawn(number, k=4, counts=COUNTS, log_odds=LOG_ODDS, seed=0):
    tables, most, likely, suffix, first = prepared(counts, log_odds, k)
    drawn = np.empty((number, len(counts)), dtype=np.int64)
    draw_counts(open_stream(seed, np.uint64(1)), tables, most, likely, suffix, first, k, drawn)
    return drawn


def placed(edges, counts, number, seed=0):
    k = int(counts.sum())
    stream = open_stream(seed, np.uint64(2))
    begins, bin_of = np.empty(len(counts) + 1, np.int64), np.empty(k + SLOTS, np.int64)
    values, positions = np.empty(k), np.empty(k, np.int64)
    found = []
    for _ in range(number):
        place_genes(stream, edges, counts, begins, bin_of, values, positions)
        assert begins.tolist() == [0, *np.cumsum(counts)]
        found.append(positions.copy())
    return np.array(found)


@pytest.mark.parametrize("k", [1, 4, 9])
def test_tables_against_scipy(k):
    tables, most, _, suffix, first = prepared(k=k)
    chances = expit(LOG_ODDS)
    for b, (n, p) in enumerate(zip(COUNTS, chances, strict=True)):
        assert most[b] == min(n, k)
        np.testing.assert_allclose(tables[b, : most[b] + 1], binom.pmf(range(most[b] + 1), n, p))
    for b in range(len(COUNTS) + 1):
        # The number of genes from bin b on: a sum of independent binomials.
        exact = np.ones(1)
        for n, p in zip(COUNTS[b:], chances[b:], strict=True):
            exact = np.convolve(exact, binom.pmf(range(n + 1), n, p))
        exact = np.pad(exact, (0, k + 1))[: k + 1]
        found = np.zeros(k + 1)
        row = suffix[b][: k + 1 - first[b]]
        found[first[b] : first[b] + len(row)] = row
        np.testing.assert_allclose(found, exact, atol=1e-14)


def test_probabilities_of_all_sets_add_up_to_one():
    k = 4
    _, _, _, suffix, first = prepared(k=k)
    constant = log_normaliser(COUNTS, LOG_ODDS, suffix[0, k - first[0]])
    total = sum(
        np.exp(constant + LOG_ODDS[BIN_OF[list(s)]].sum()) for s in combinations(range(10), k)
    )
    assert total == pytest.approx(1.0, abs=1e-12)


def test_counts_come_with_their_probabilities():
    k = 4
    exact: dict[tuple[int, ...], float] = {}
    for members in combinations(range(10), k):
        key = tuple(np.bincount(BIN_OF[list(members)], minlength=len(COUNTS)))
        exact[key] = exact.get(key, 0.0) + np.exp(LOG_ODDS[BIN_OF[list(members)]].sum())
    total = sum(exact.values())
    number = 40_000
    drawn = counts_drawn(number, k)
    assert (drawn.sum(axis=1) == k).all()
    keys, found = np.unique(drawn, axis=0, return_counts=True)
    seen = {tuple(key): count for key, count in zip(keys.tolist(), found.tolist(), strict=True)}
    assert set(seen) <= set(exact)
    expected = {key: number * weight / total for key, weight in exact.items()}
    large = [key for key in exact if expected[key] > 5]
    rest = number - sum(expected[key] for key in large)
    observed = [seen.get(key, 0) for key in large]
    test = chisquare([*observed, number - sum(observed)], [*(expected[k] for k in large), rest])
    assert test.pvalue > 1e-4


@pytest.mark.parametrize("spread", [0.0, 2.0, 6.0])
@pytest.mark.parametrize("k", [5, 60, 300])
def test_means_of_wide_bins(k, spread):
    """Windows and likely numbers leave nothing out: means against the exact recursion."""
    rng = np.random.default_rng(3)
    counts = np.array([1, 2, 5, 20, 60, 200, 400])
    log_odds = rng.normal(size=7) * spread - 1.0
    # Inclusion probabilities of the bins from all polynomials but one gene of the bin.
    odds = np.exp(log_odds)
    exact = []
    for b in range(7):
        without = _coefficients(counts - (np.arange(7) == b), odds, k)
        exact.append(counts[b] * odds[b] * without[k - 1] / _coefficients(counts, odds, k)[k])
    drawn = counts_drawn(4000, k, counts, log_odds)
    assert (drawn.sum(axis=1) == k).all()
    assert (drawn <= counts).all()
    error = drawn.std(axis=0) / np.sqrt(len(drawn)) + 1e-3
    assert (np.abs(drawn.mean(axis=0) - exact) < 4.5 * error).all()


def _coefficients(counts, odds, k):
    """Elementary symmetric polynomials up to degree k, scaled alike for all of them."""
    scale = 1.0 / odds.max()
    out = np.zeros(k + 1)
    out[0] = 1.0
    for n, ratio in zip(counts, odds * scale, strict=True):
        for _ in range(n):
            out[1:] = out[1:] + ratio * out[:-1]
    return out * scale ** -np.arange(k + 1.0)


def test_each_choice_within_a_bin_is_equally_likely():
    counts = np.array([1, 2, 0, 3])
    positions = placed(EDGES, counts, 6000)
    assert (positions[:, 0] == 0).all()
    for columns, first, width, wanted in (([1, 2], 1, 3, 2), ([3, 4, 5], 6, 4, 3)):
        chosen = np.sort(positions[:, columns], axis=1)
        assert (np.diff(chosen, axis=1) > 0).all()
        sets, found = np.unique(chosen, axis=0, return_counts=True)
        assert len(sets) == len(list(combinations(range(width), wanted)))
        assert sets.min() == first
        assert sets.max() == first + width - 1
        assert chisquare(found).pvalue > 1e-4


def test_full_and_crowded_bins():
    edges = np.array([0, 30, 32, 100])
    for counts in ([30, 2, 0], [25, 0, 40], [0, 1, 68]):
        for positions in placed(edges, np.array(counts), 20):
            assert len(set(positions.tolist())) == sum(counts)
            within = np.histogram(positions, bins=edges - 0.5)[0]
            assert within.tolist() == counts
