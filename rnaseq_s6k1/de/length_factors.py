r"""Normalisation factors from average transcript lengths, as tximport gives them.

A gene whose longer transcripts are used in a sample yields more reads there at equal
expression (Soneson, Love and Robinson, F1000Research 2015, 4:1521). With lengths
:math:`l_{ij}` of gene *i* in sample *j*, scaled to a geometric mean of 1 over the samples, and
size factors :math:`s_j` of the counts divided by them,

.. math:: f_{ij} = \frac{l_{ij} s_j}{\big(\prod_k l_{ik} s_k\big)^{1/n}}.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.size_factors import estimate_size_factors
from rnaseq_s6k1.errors import DataError, UsageError

__all__ = ["length_factors"]

FloatArray = NDArray[np.float64]


def length_factors(counts: NDArray[np.integer], lengths: FloatArray) -> FloatArray:
    """Turn average transcript lengths into normalisation factors.

    Parameters
    ----------
    counts
        Shape ``(n_samples, n_genes)``.
    lengths
        Average transcript length of each gene in each sample, same shape, any unit.

    Returns
    -------
    numpy.ndarray
        Same shape; every gene's geometric mean over the samples is 1.

    Raises
    ------
    UsageError
        If the shapes differ.
    DataError
        If a length is missing, zero or negative.
    ModelError
        If every gene has a zero count.
    """
    lengths = np.asarray(lengths, dtype=float)
    if lengths.shape != np.shape(counts):
        raise UsageError(
            f"the lengths have the shape {lengths.shape}, the counts {np.shape(counts)}; give one "
            "length for each gene and sample"
        )
    if not (np.isfinite(lengths).all() and (lengths > 0).all()):
        raise DataError("transcript lengths must be numbers above 0; one is missing, 0 or less")
    scaled = lengths / np.exp(np.log(lengths).mean(axis=0))
    factors = scaled * estimate_size_factors(counts / scaled)[:, None]
    return np.asarray(factors / np.exp(np.log(factors).mean(axis=0)))
