"""Ranks on the grid against scipy's, and the rotated statistics against a plain computation."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import rankdata

from rnaseq_s6k1.enrichment.rotation.kernels import count_passes, grid_ranks, set_sums

# Far enough apart that no two distinct ones share a cell.
DISTINCT = [-40.0, -3.0, -1.0, -0.5, -0.01, 0.0, 0.01, 0.5, 1.0, 2.0, 7.0]


def ranks_of(values):
    values = np.asarray(values, dtype=np.float32)
    ranks = np.empty((2, values.size), np.int32)
    grid_ranks(values, ranks[0], ranks[1], True)
    return ranks


@given(arrays(np.float64, st.integers(1, 60), elements=st.sampled_from([*DISTINCT, -0.0])))
def test_ranks_with_ties_are_the_mean_ranks(values):
    signed, sizes = ranks_of(values)
    np.testing.assert_array_equal(signed, 2 * rankdata(values))
    np.testing.assert_array_equal(sizes, 2 * rankdata(np.abs(values)))


def test_ranks_of_many_values_are_near_the_exact_ones():
    for draw in (
        np.random.default_rng(0).standard_normal,
        np.random.default_rng(1).standard_cauchy,
    ):
        values = draw(15_000)
        signed, sizes = ranks_of(values)
        assert np.abs(signed / 2 - rankdata(values)).max() < 25
        assert np.abs(signed / 2 - rankdata(values)).mean() < 1
        assert np.abs(sizes / 2 - rankdata(np.abs(values))).mean() < 1
        assert signed.sum() == 15_000 * 15_001


def test_huge_values_stay_on_the_grid():
    signed, sizes = ranks_of([3e38, -3e38, 1e-38, 0])
    assert signed.tolist() == [8, 2, 6, 4]
    assert sizes.tolist() == [7, 7, 4, 2]


def test_counts_are_those_of_a_plain_computation():
    rng = np.random.default_rng(2)
    n_rows, n_genes, n_rotations = 6, 300, 203
    effects = rng.standard_normal((n_rows, n_genes)).astype(np.float32)
    rotations = rng.standard_normal((n_rotations, n_rows))
    rotations = (rotations / np.linalg.norm(rotations, axis=1)[:, None]).astype(np.float32)
    curbs = rng.uniform(0, 0.02, n_genes).astype(np.float32)
    members = rng.permutation(n_genes)[:70].astype(np.int32)
    starts = np.array([0, 30, 70])
    for given_curbs in (curbs, np.empty(0, np.float32)):
        x = rotations @ effects
        if given_curbs.size:
            x = x / np.sqrt(1 - curbs * x**2)
        sums = np.empty((n_rotations, 2, 2), np.int64)
        for i, row in enumerate(x.astype(np.float32)):
            for kind, ranks in enumerate(ranks_of(row)):
                set_sums(ranks, starts, members, sums[i, kind])
        observed = np.median(sums, axis=0).astype(np.int64)
        counts = np.empty((5, 2, 3), np.int64)
        count_passes(rotations, effects, given_curbs, starts, members, observed, True, counts)
        found = counts.sum(axis=0)
        expected = np.column_stack(
            [
                (sums[:, 0] >= observed[0]).sum(axis=0),
                (sums[:, 0] <= observed[0]).sum(axis=0),
                (sums[:, 1] >= observed[1]).sum(axis=0),
            ]
        )
        # Single precision may move a gene by a cell, and a sum across the median.
        assert np.abs(found - expected).max() <= 2
