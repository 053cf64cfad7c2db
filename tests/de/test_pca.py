"""Principal components and distances of samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnaseq_s6k1.de.pca import pca, sample_distances
from rnaseq_s6k1.errors import DataError


def test_against_the_eigenvectors_of_the_covariance():
    values = np.random.default_rng(0).normal(size=(7, 30)) * np.arange(1, 31)
    result = pca(values, n_components=6, n_top=30)
    eigenvalues, vectors = np.linalg.eigh(np.cov(values.T))
    eigenvalues, vectors = eigenvalues[::-1][:6], vectors[:, ::-1][:, :6]
    np.testing.assert_allclose(result.explained, eigenvalues / np.trace(np.cov(values.T)))
    scores = (values - values.mean(axis=0)) @ vectors
    np.testing.assert_allclose(np.abs(result.coordinates), np.abs(scores), atol=1e-9)
    assert result.explained.sum() == pytest.approx(1.0)


def test_only_the_most_variable_genes_count():
    rng = np.random.default_rng(1)
    values = np.hstack([rng.normal(size=(6, 5)) * 100, rng.normal(size=(6, 50))])
    result = pca(values, n_top=5)
    assert result.n_genes == 5
    np.testing.assert_allclose(result.coordinates, pca(values[:, :5]).coordinates)


@given(st.permutations(range(6)), st.integers(0, 100))
def test_order_of_samples_does_not_matter(order, seed):
    values = np.random.default_rng(seed).normal(size=(6, 12))
    first, second = pca(values), pca(values[order])
    np.testing.assert_allclose(first.coordinates[order], second.coordinates, atol=1e-9)
    np.testing.assert_allclose(first.explained, second.explained)


def test_distances_along_all_components_are_those_of_the_samples():
    values = np.random.default_rng(2).normal(size=(5, 9))
    scores = pca(values, n_components=4).coordinates
    np.testing.assert_allclose(sample_distances(scores), sample_distances(values), atol=1e-12)
    expected = [[np.sqrt(((a - b) ** 2).sum()) for b in values] for a in values]
    np.testing.assert_allclose(sample_distances(values), expected)


def test_two_samples_have_one_component_and_equal_samples_no_variance():
    result = pca(np.array([[0.0, 0.0], [3.0, 4.0]]))
    assert result.coordinates.shape == (2, 1)
    assert abs(result.coordinates[0, 0] - result.coordinates[1, 0]) == pytest.approx(5.0)
    assert pca(np.ones((4, 3))).explained.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("compute", [pca, sample_distances])
def test_refusals(compute):
    with pytest.raises(DataError, match=r"at least 2 samples and 1 gene, got the shape \(1, 4\)"):
        compute(np.ones((1, 4)))
    with pytest.raises(DataError, match="value nan in sample 2, gene 1"):
        compute(np.array([[1.0, 2.0], [np.nan, 2.0]]))
