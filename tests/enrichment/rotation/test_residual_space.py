"""Projection on a contrast and on the residuals, against least squares."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnaseq_s6k1.enrichment.rotation.residual_space import residual_space
from rnaseq_s6k1.errors import DataError, ModelError, UsageError


@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 6))
def test_effects_are_those_of_least_squares(seed, p, df):
    rng = np.random.default_rng(seed)
    n = p + df
    X, y = rng.normal(size=(n, p)), rng.normal(size=(n, 5)) + 8
    c = rng.normal(size=p)
    space = residual_space(y, X, c)
    beta, *_ = np.linalg.lstsq(X, y, rcond=None)
    error = np.sqrt(c @ np.linalg.inv(X.T @ X) @ c)
    assert space.df == df
    np.testing.assert_allclose(space.standard_error, error, rtol=1e-6)
    np.testing.assert_allclose(
        space.contrast * space.standard_error, c @ beta, rtol=1e-6, atol=1e-9
    )
    residual = y - X @ beta
    np.testing.assert_allclose(
        space.variances, (residual**2).sum(axis=0) / df, rtol=1e-6, atol=1e-12
    )
    np.testing.assert_allclose(space.average, y.mean(axis=0))


def test_the_residuals_do_not_depend_on_how_the_design_is_coded():
    rng = np.random.default_rng(0)
    y = rng.normal(size=(8, 6))
    group, batch = np.repeat([0.0, 1.0], 4), np.tile([0.0, 1.0], 4)
    one = np.ones(8)
    treated = residual_space(y, np.column_stack([one, batch, group]), [0, 0, 1])
    means = residual_space(y, np.column_stack([1 - group, group, batch]), [-1, 1, 0])
    np.testing.assert_allclose(treated.contrast, means.contrast, atol=1e-12)
    np.testing.assert_allclose(treated.variances, means.variances, atol=1e-12)


def test_refusals():
    y, X = np.zeros((4, 3)), np.column_stack([np.ones(4), [0, 0, 1, 1.0]])
    with pytest.raises(UsageError, match="do not fit"):
        residual_space(y, X, [1.0])
    with pytest.raises(UsageError, match="one at least is not 0"):
        residual_space(y, X, [0.0, 0.0])
    with pytest.raises(DataError, match="gene 2 in sample 1"):
        residual_space(np.where(np.arange(12).reshape(4, 3) == 5, np.nan, y), X, [0, 1])
    with pytest.raises(ModelError, match="depend on each other"):
        residual_space(y, np.column_stack([X, X[:, 0]]), [0, 1, 0])
    with pytest.raises(ModelError, match="no residual degrees of freedom"):
        residual_space(y[:2], X[1:3], [0, 1])
