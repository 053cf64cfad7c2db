"""Numbers that are no counts: TPM, CPM, FPKM, logarithms; told by how they are spread."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.io.matrix import Values

__all__ = ["FEWEST_GENES", "guess_scale", "has_upper_quartile_1000", "sums_to_million"]

# With fewer genes a guess is not evidence against a person who states the origin.
FEWEST_GENES = 50
# log2 of the largest count that a gene reaches is about 24, its natural logarithm 17.
_LARGEST_LOG = 32.0
# TPM and CPM sum to a million but for genes that were left out and for rounding.
_MILLION_TOLERANCE = 0.005
# Raw libraries have their third quartiles far apart, normalised ones within some percent.
_QUARTILE_TOLERANCE = 0.05


def sums_to_million(values: Values) -> bool:
    """Tell whether every column, shape ``(n_genes, n_samples)``, sums to a million."""
    sums = values.sum(axis=0, dtype=np.float64)
    return bool(np.all(np.abs(sums - 1e6) <= 1e6 * _MILLION_TOLERANCE))


def has_upper_quartile_1000(values: NDArray[np.float64] | Values) -> bool:
    """Tell whether RSEM's estimates were scaled to an upper quartile of 1,000.

    TCGA's ``rsem.genes.normalized_results``, which Xena's ``HiSeqV2`` and cBioPortal's
    ``data_mrna_seq_v2_rsem.txt`` hold, have each sample's third quartile of the positive values
    at 1,000; batch correction and genes left out move it by some percent.

    Parameters
    ----------
    values
        Shape ``(n_genes, n_samples)``.
    """
    if len(values) < FEWEST_GENES:
        return False
    quartiles = []
    for column in np.asarray(values, dtype=np.float64).T:
        positive = column[column > 0]
        if positive.size == 0:
            return False
        quartiles.append(float(np.quantile(positive, 0.75)))
    return bool(np.median(np.abs(np.array(quartiles) - 1000.0)) <= 1000.0 * _QUARTILE_TOLERANCE)


def guess_scale(values: Values) -> str:
    """Name what a matrix with decimals looks like, in the words of a message.

    In order: TPM or CPM where every column sums to a million; logarithms where no value
    exceeds what the logarithm of a count reaches and most are not whole; FPKM where
    more than a quarter of the positive values lie below one. Among estimated counts, genes
    with less than one read are few; among FPKM they are a third to a half.

    Parameters
    ----------
    values
        Shape ``(n_genes, n_samples)``, no value negative.

    Returns
    -------
    str
        Empty where the matrix may hold estimated counts.
    """
    if sums_to_million(values):
        return "TPM or CPM (every sample sums to 1,000,000)"
    positive = values[values > 0]
    if positive.size == 0:
        return ""
    decimals = float(np.mean(positive != np.rint(positive)))
    largest = float(positive.max())
    if largest <= _LARGEST_LOG and decimals > 0.5:
        return f"logarithms (the largest value is {largest:.4g})"
    below_one = float(np.mean(positive < 1))
    if below_one > 0.25 and decimals > 0.5:
        return f"FPKM or RPKM ({below_one:.0%} of the positive values are below 1)"
    return ""
