r"""The correlation among a set's genes, and what it does to the variance of their mean.

Wu and Smyth, Nucleic Acids Res 2012, 40:e133, equations 3 to 5: residual effects of each gene
scaled to mean square 1, :math:`z_{kg}`; for a set of *m* genes the variance inflation factor is

.. math::
    \mathrm{VIF} = \frac{m}{d} \sum_{k=1}^{d} \Big(\frac1m \sum_{g \in S} z_{kg}\Big)^2
    \qquad \bar\rho = \frac{\mathrm{VIF} - 1}{m - 1} .
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.enrichment.rotation.residual_space import ResidualSpace
from rnaseq_s6k1.enrichment.rotation.set_index import SetIndex

__all__ = ["inter_gene_correlation", "scaled_residuals"]

FloatArray = NDArray[np.float64]


def inter_gene_correlation(space: ResidualSpace, sets: SetIndex) -> tuple[FloatArray, FloatArray]:
    """Estimate the mean correlation within each set, and its variance inflation factor.

    Returns
    -------
    correlation, vif : numpy.ndarray
        Shape ``(n_sets,)``; the correlation of a single gene is NaN. Neither is truncated:
        a negative correlation has a factor below 1.
    """
    scaled = scaled_residuals(space)
    sizes = sets.sizes.astype(float)
    vif = np.array(
        [size * np.square(scaled[sets[s]].mean(axis=0)).mean() for s, size in enumerate(sizes)]
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = np.where(sizes > 1, (vif - 1) / (sizes - 1), np.nan)
    return correlation, vif


def scaled_residuals(space: ResidualSpace) -> FloatArray:
    """Return residual effects of mean square 1, shape ``(n_genes, df)``; 0 without variance."""
    deviation = np.sqrt(space.variances)
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = np.where(deviation > 0, space.residuals / deviation, 0.0)
    return np.ascontiguousarray(scaled.T)
