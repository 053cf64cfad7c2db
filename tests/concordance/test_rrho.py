"""The overlap map against counts and tails computed cell by cell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from rnaseq_s6k1.concordance.rrho import RRHO_COLUMNS, OverlapGrid, rank_order, rrho_table


def by_hand(stats_a, stats_b, i, j) -> tuple[str, int, int, int]:
    """Quadrant, sizes and overlap of one cell, from sets of genes."""
    n = len(stats_a)
    order_a = list(np.argsort(-np.asarray(stats_a), kind="stable"))
    order_b = list(np.argsort(-np.asarray(stats_b), kind="stable"))
    up_a, up_b = i <= sum(x > 0 for x in stats_a), j <= sum(x > 0 for x in stats_b)
    chosen_a = set(order_a[:i] if up_a else order_a[i:])
    chosen_b = set(order_b[:j] if up_b else order_b[j:])
    name = f"{'up' if up_a else 'down'}_{'up' if up_b else 'down'}"
    assert len(chosen_a) in (i, n - i)
    return name, len(chosen_a), len(chosen_b), len(chosen_a & chosen_b)


def test_a_tiny_map_by_hand():
    # Six genes in opposite order: 3 up and 3 down in each.
    table = rrho_table(np.array([3.0, 2, 1, -1, -2, -3]), np.array([-3.0, -2, -1, 1, 2, 3]))
    assert tuple(table.columns) == RRHO_COLUMNS
    rows = table.set_index(["rank_a", "rank_b"])
    assert len(rows) == 25
    # The top 3 of A are the bottom 3 of B: thresholds 3 and, below the genes that are up, 4.
    cell = rows.loc[(3, 3)]
    assert (cell["quadrant"], cell["n_a"], cell["n_b"], cell["overlap"]) == ("up_up", 3, 3, 0)
    assert cell["log10_pvalue"] == 0
    cell = rows.loc[(2, 4)]
    assert (cell["quadrant"], cell["n_a"], cell["n_b"], cell["overlap"]) == ("up_down", 2, 2, 2)
    # Both of the top 2 are among the bottom 2: 1 of 15 pairs.
    assert cell["log10_pvalue"] == pytest.approx(np.log10(1 / 15))
    assert cell["expected"] == pytest.approx(4 / 6)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(4, 60), st.integers(2, 12))
def test_every_cell_against_sets_and_scipy(seed, n, steps):
    rng = np.random.default_rng(seed)
    a, b = rng.integers(-5, 6, n).astype(float), rng.normal(size=n)  # ties in A
    for row in rrho_table(a, b, steps=steps).itertuples():
        quadrant, n_a, n_b, overlap = by_hand(a, b, row.rank_a, row.rank_b)
        assert (row.quadrant, row.n_a, row.n_b, row.overlap) == (quadrant, n_a, n_b, overlap)
        expected = hypergeom.logsf(overlap - 1, n, n_a, n_b) / np.log(10)
        assert row.log10_pvalue == pytest.approx(expected, rel=1e-8, abs=1e-9)


def test_turning_one_result_swaps_the_quadrants():
    rng = np.random.default_rng(1)
    a = rng.normal(size=400)
    b = a + rng.normal(size=400)
    grid = OverlapGrid.of(400, 40)
    agreeing, reversing = grid.peaks(rank_order(a), rank_order(b), (a > 0).sum(), (b > 0).sum())
    assert agreeing > 10 > reversing
    turned = grid.peaks(rank_order(a), rank_order(-b), (a > 0).sum(), (b < 0).sum())
    assert turned[1] > 10 > turned[0]


def test_swapping_the_results_transposes_the_map():
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=300), rng.normal(size=300)
    one = rrho_table(a, b, steps=20).pivot(index="rank_a", columns="rank_b", values="log10_pvalue")
    other = rrho_table(b, a, steps=20).pivot(
        index="rank_b", columns="rank_a", values="log10_pvalue"
    )
    np.testing.assert_allclose(one.to_numpy(), other.to_numpy(), rtol=1e-9, atol=1e-12)


def test_cells_of_independent_rankings_are_conservative():
    rng = np.random.default_rng(3)
    below = []
    for _ in range(400):
        table = rrho_table(rng.normal(size=200), rng.normal(size=200), steps=4)
        below.append(table["log10_pvalue"].to_numpy() < np.log10(0.05))
    shares = np.mean(below, axis=0)
    assert (shares <= 0.05 + 3 * np.sqrt(0.0475 / 400)).all()
    assert shares.mean() > 0.01
