"""Cells of equal design rows, and the linear model on their means, against numpy."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rnaseq_s6k1.de.layout import lay_out


@st.composite
def designs(draw):
    """Full-rank designs of up to four columns, rows in any order and repeated unevenly."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    p = draw(st.integers(1, 4))
    distinct = np.column_stack([np.ones(p + 2), rng.integers(0, 3, size=(p + 2, p - 1))])
    distinct[:p, :] = np.tril(np.ones((p, p)))
    repeats = rng.integers(1, 5, size=len(distinct))
    return rng.permutation(np.repeat(distinct.astype(float), repeats, axis=0))


@given(designs())
@settings(deadline=None)
def test_samples_of_a_cell_lie_side_by_side(X):
    layout = lay_out(X)
    assert sorted(layout.order) == list(range(len(X)))
    assert (layout.n_samples, layout.n_coefficients) == X.shape
    assert layout.starts[0] == 0
    assert layout.starts[-1] == len(X)
    assert len(np.unique(layout.rows, axis=0)) == len(layout.rows)
    np.testing.assert_array_equal(np.repeat(layout.rows, layout.sizes, axis=0), X[layout.order])
    assert layout.saturated == (len(np.unique(X, axis=0)) == X.shape[1])


@given(designs())
@settings(deadline=None)
def test_order_within_a_cell_is_that_of_the_samples(X):
    layout = lay_out(X)
    for start, end in zip(layout.starts[:-1], layout.starts[1:], strict=True):
        assert (np.diff(layout.order[start:end]) > 0).all()


@given(designs(), st.integers(0, 10**6))
@settings(deadline=None)
def test_least_squares_from_cell_means(X, seed):
    layout = lay_out(X)
    y = np.random.default_rng(seed).normal(size=len(X))
    coefficients = np.linalg.lstsq(X, y, rcond=None)[0]
    ordered = y[layout.order]
    means = np.add.reduceat(ordered, layout.starts[:-1]) / layout.sizes
    np.testing.assert_allclose(layout.pseudo_inverse @ means, coefficients, atol=1e-9)
    np.testing.assert_allclose(
        np.repeat(layout.projection @ means, layout.sizes), (X @ coefficients)[layout.order],
        atol=1e-9,
    )  # fmt: skip


@given(designs(), st.integers(1, 6))
@settings(deadline=None)
def test_replicated(X, at_least):
    layout = lay_out(X)
    like = np.array([np.all(row == X, axis=1).sum() for row in X])
    np.testing.assert_array_equal(layout.replicated(at_least), (like >= at_least)[layout.order])
