"""Counts that do not fit: Cook's distances, which genes to withhold, which counts to replace."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri

from rnaseq_s6k1.de.fast_coefficients import RIDGE
from rnaseq_s6k1.de.fast_dispersions import MIN_MU
from rnaseq_s6k1.de.kernels.cooks import cooks_distances, suspect_genes
from rnaseq_s6k1.de.layout import CellLayout

__all__ = ["OutlyingCounts", "cutoff", "find_outliers"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Counts = NDArray[np.int32]

# Cells of at least this many samples have their outlying counts replaced.
MIN_REPLICATES_TO_REPLACE = 7
_MIN_REPLICATES_TO_FLAG = 3
_TRIM = 0.2


@dataclass(frozen=True)
class OutlyingCounts:
    """The genes with a count of too large a Cook's distance, and what becomes of them.

    Attributes
    ----------
    genes
        Positions of the genes that have counts replaced, or would have if a cell with an
        outlying count were large enough to be replaced; empty where no cell is.
    replaced
        Their counts after replacement, shape ``(len(genes), n_samples)``.
    withheld
        For which of all genes the p-value is withheld, shape ``(n_genes,)``.
    """

    genes: NDArray[np.int64]
    replaced: Counts
    withheld: BoolArray


def cutoff(layout: CellLayout) -> float:
    """Return the 99 % quantile of F(p, n - p), above which a distance is an outlier's."""
    p = layout.n_coefficients
    return float(fdtri(p, layout.n_samples - p, 0.99))


def find_outliers(
    counts: Counts,
    scaling: FloatArray,
    layout: CellLayout,
    dispersions: FloatArray,
    beta: FloatArray,
    weighted_at: FloatArray,
) -> OutlyingCounts:
    """Measure Cook's distances where they could matter, and apply DESeq2's rules.

    Parameters
    ----------
    counts, scaling, layout, dispersions
        As for `rnaseq_s6k1.de.fast_coefficients.fit_betas`.
    beta, weighted_at
        What that returned.
    """
    ridge = np.full(layout.n_coefficients, RIDGE)
    suspect = np.empty(len(counts), dtype=bool)
    suspect_genes(
        counts, scaling, layout.starts, layout.rows, dispersions, ridge, MIN_MU,
        beta, weighted_at, cutoff(layout), suspect,
    )  # fmt: skip
    genes = np.flatnonzero(suspect)
    measured = np.ascontiguousarray(counts[genes])
    own = scaling if len(scaling) == 1 else np.ascontiguousarray(scaling[genes])
    distances = np.empty(measured.shape)
    cooks_distances(
        measured, own, layout.starts, layout.rows, dispersions[genes], ridge, MIN_MU,
        beta[genes], weighted_at[genes], distances,
    )  # fmt: skip
    which, replaced = _replaced_counts(measured, own, layout, distances)
    withheld = np.zeros(len(counts), dtype=bool)
    withheld[genes] = _flag_outliers(measured, layout, distances, any_replaced=which.size > 0)
    return OutlyingCounts(genes[which], replaced, withheld)


def _replaced_counts(
    counts: Counts, scaling: FloatArray, layout: CellLayout, distances: FloatArray
) -> tuple[NDArray[np.int64], Counts]:
    """Replace outlying counts where their cell has samples enough.

    The replacement is the gene's 20 % trimmed mean normalised count times the sample's
    factor (Love 2014, "Detection of count outliers").

    Returns
    -------
    genes : numpy.ndarray
        Positions of the genes with an outlying count; empty where no cell is large enough.
    counts : numpy.ndarray
        Their counts after replacement, shape ``(len(genes), n_samples)``.
    """
    replaceable = layout.replicated(MIN_REPLICATES_TO_REPLACE)
    if not replaceable.any():
        return np.empty(0, dtype=np.int64), counts[:0]
    beyond = distances > cutoff(layout)
    genes = np.flatnonzero(beyond.any(axis=1))
    own = scaling[genes] if len(scaling) > 1 else scaling
    ordered = np.sort(counts[genes] / own, axis=1)
    cut = int(layout.n_samples * _TRIM)
    centre = ordered[:, cut : layout.n_samples - cut].mean(axis=1)
    replacement = (centre[:, None] * own).astype(np.int32)
    swap = beyond[genes] & replaceable
    return genes, np.where(swap, replacement, counts[genes]).astype(np.int32)


def _flag_outliers(
    counts: Counts, layout: CellLayout, distances: FloatArray, *, any_replaced: bool
) -> BoolArray:
    """Tell for which genes the p-value is withheld.

    A gene is withheld where a sample in a cell of three or more has a distance above the
    cut-off; samples whose counts are replaced do not count, once any gene was. With a
    single factor of two levels, a gene is kept if three samples have larger counts than
    the sample of the largest distance.

    Parameters
    ----------
    counts
        As they were measured, shape ``(n_genes, n_samples)``.
    layout
        The samples' cells.
    distances
        Cook's distances of these counts.
    any_replaced
        Whether counts of any gene were replaced.
    """
    considered = layout.replicated(_MIN_REPLICATES_TO_FLAG)
    if any_replaced:
        considered = considered & ~layout.replicated(MIN_REPLICATES_TO_REPLACE)
    if not considered.any():
        return np.zeros(len(counts), dtype=bool)
    flagged = np.asarray((distances[:, considered] > cutoff(layout)).any(axis=1))
    if _is_two_groups(layout):
        genes = np.flatnonzero(flagged)
        at = distances[genes].argmax(axis=1)
        larger = counts[genes] > counts[genes, at][:, None]
        flagged[genes[larger.sum(axis=1) >= 3]] = False
    return flagged


def _is_two_groups(layout: CellLayout) -> bool:
    return layout.rows.shape == (2, 2)
