"""Where samples lie relative to one another: principal components and distances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.errors import DataError

__all__ = ["PCAResult", "pca", "sample_distances"]


@dataclass(frozen=True)
class PCAResult:
    """Principal components of samples.

    Attributes
    ----------
    coordinates
        Scores in the units of the input, shape ``(n_samples, n_components)``.
    explained
        Share of the variance (of the genes used) along each component,
        shape ``(n_components,)``.
    n_genes
        How many genes were used.
    """

    coordinates: NDArray[np.float64]
    explained: NDArray[np.float64]
    n_genes: int


def pca(matrix: NDArray[np.floating], *, n_components: int = 2, n_top: int = 500) -> PCAResult:
    """Project samples on the principal components of their most variable genes.

    Genes are centred and not scaled, as in DESeq2's ``plotPCA`` (Love, Huber and Anders,
    Genome Biology 2014, 15:550). The sign of a component, which is arbitrary, is chosen such
    that the gene with the largest loading loads positively.

    Parameters
    ----------
    matrix
        Variance-stabilised or log2 expression, shape ``(n_samples, n_genes)``.
    n_components
        At most so many are returned; n samples have n - 1.
    n_top
        How many genes, those of largest variance; of equal ones the first.

    Raises
    ------
    DataError
        If there are fewer than two samples, no genes, or values that are not finite.
    """
    values = _checked(matrix)
    order = np.argsort(-values.var(axis=0), kind="stable")[:n_top]
    chosen = values[:, np.sort(order)]
    centred = chosen - chosen.mean(axis=0)
    left, singular, right = np.linalg.svd(centred, full_matrices=False)
    kept = min(n_components, len(values) - 1, len(singular))
    largest = np.abs(right[:kept]).argmax(axis=1)
    sign = np.where(right[np.arange(kept), largest] < 0, -1.0, 1.0)
    power = singular**2
    total = power.sum()
    explained = power[:kept] / total if total > 0 else np.zeros(kept)
    return PCAResult(left[:, :kept] * singular[:kept] * sign, explained, chosen.shape[1])


def sample_distances(matrix: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the Euclidean distances between samples, shape ``(n_samples, n_samples)``.

    Parameters
    ----------
    matrix
        Variance-stabilised or log2 expression, shape ``(n_samples, n_genes)``.

    Raises
    ------
    DataError
        If there are fewer than two samples, no genes, or values that are not finite.
    """
    from scipy.spatial.distance import pdist, squareform

    return np.asarray(squareform(pdist(_checked(matrix))))


def _checked(matrix: NDArray[np.floating]) -> NDArray[np.float64]:
    values = np.asarray(matrix, dtype=float)
    if values.ndim != 2 or len(values) < 2 or values.shape[1] < 1:
        raise DataError(
            f"comparing samples needs a matrix of at least 2 samples and 1 gene, got the shape "
            f"{values.shape}; give expression as samples x genes"
        )
    if not np.isfinite(values).all():
        row, column = np.argwhere(~np.isfinite(values))[0]
        raise DataError(
            f"the expression matrix has the value {values[row, column]} in sample {row + 1}, "
            f"gene {column + 1}; leave out genes without finite values"
        )
    return values
