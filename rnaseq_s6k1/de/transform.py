"""The variance-stabilising transformation, for distances, PCA, heat maps and rotations."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.engine import DispersionTrend

__all__ = ["normalize", "variance_stabilize"]


def normalize(
    counts: NDArray[np.integer], size_factors: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Divide counts by their sample's size factor.

    Parameters
    ----------
    counts
        Shape ``(n_samples, n_genes)``.
    size_factors
        Shape ``(n_samples,)``.
    """
    return np.asarray(counts / np.asarray(size_factors)[:, None], dtype=float)


def variance_stabilize(
    normalized: NDArray[np.float64], trend: DispersionTrend
) -> NDArray[np.float64]:
    r"""Transform normalised counts to a log2-like scale of nearly constant variance.

    For the variance :math:`q + (a_0 + a_1/q) q^2` of the trend, the integral of its inverse
    square root is (Anders and Huber, Genome Biology 2010, 11:R106; Love 2014)

    .. math::
        v(q) = \log_2 \frac{1 + a_1 + 2 a_0 q + 2 \sqrt{a_0 q (1 + a_1 + a_0 q)}}{4 a_0}

    which approaches :math:`\log_2 q` for large counts.

    Parameters
    ----------
    normalized
        Normalised counts, any shape.
    trend
        The fitted dispersion trend: asymptote :math:`a_0`, extra-Poisson part :math:`a_1`.

    Returns
    -------
    numpy.ndarray
        Log2 scale, the shape of `normalized`.
    """
    # A trend without biological scatter is Poisson; keep the closed form finite there.
    a0, a1 = max(trend.asymptote, 1e-8), max(trend.extra_poisson, 0.0)
    q = np.asarray(normalized, dtype=float)
    root = np.sqrt(a0 * q * (1 + a1 + a0 * q))
    return np.asarray(np.log2((1 + a1 + 2 * a0 * q + 2 * root) / (4 * a0)))
