r"""Ranks of rotated moderated t statistics, and how often their sums pass the observed ones.

A rotation is a unit vector :math:`r` of *1 + d* entries; the rotated effect of gene *g* is
:math:`r' u_g` and, as a rotation keeps lengths, its residual sum of squares is
:math:`\lVert u_g \rVert^2 - (r' u_g)^2` (Langsrud, Stat Comput 2005, 15:53). With the prior
:math:`d_0, s_0^2` of the data and :math:`D = d_0 + d` the moderated t is (Smyth, Stat Appl Genet
Mol Biol 2004, 3:3)

.. math::
    t_g = \frac{r' u_g}{\sqrt{(d_0 s_0^2 + \lVert u_g \rVert^2 - (r' u_g)^2) / D}}
        = \frac{x_g}{\sqrt{1 - x_g^2 / D}} \qquad
    x_g = r' u_g \sqrt{\frac{D}{d_0 s_0^2 + \lVert u_g \rVert^2}} .

Only ranks of it are used: of :math:`x` where *D* is the same for all genes, as *t* then rises
with *x*. A full sort would cost more than all else, so ranks are those on a grid of 32,768 cells,
even in :math:`x / (1 + |x|)`: about one gene a cell. Genes in one cell share the mean of their
ranks. Ranks count twice, so that they are whole numbers, whose sums do not depend on any order.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import kernel, parallel_kernel

__all__ = ["count_passes", "grid_ranks", "rotate", "set_sums"]

Float32Array = NDArray[np.float32]
IntArray = NDArray[np.int64]
CellArray = NDArray[np.int32]

# Cells of one sign; one more, in the middle, is for exact zeros.
_HALF = 1 << 14
_MIDDLE = _HALF
# Rotations that share one pass over the effects, and genes that share a visit of the cache.
_BLOCK = 8
_TILE = 512


@kernel
def _place(values: Float32Array, cells: CellArray) -> None:
    """Fill `cells` with the cell of each value, from 0 to ``2 * _HALF``."""
    one = np.float32(1.0)
    half = np.float32(_HALF)
    for g in range(values.shape[0]):
        x = values[g]
        size = abs(x)
        cell = min(np.int32(half * (size / (one + size))), np.int32(_HALF - 1)) + np.int32(1)
        cells[g] = np.int32(_MIDDLE) + (cell if x > 0 else (-cell if x < 0 else np.int32(0)))


@kernel
def _count_cells(cells: CellArray, counts: CellArray) -> None:
    """Fill `counts` with the number of genes in each cell."""
    counts[:] = 0
    for g in range(cells.shape[0]):
        counts[cells[g]] += 1


@kernel
def _rank_cells(counts: CellArray, first: int, ranks: CellArray) -> None:
    """Fill `ranks` with twice the mean rank in each cell from `first` on."""
    below = 0
    for cell in range(first, counts.shape[0]):
        size = counts[cell]
        ranks[cell] = 2 * below + size + 1
        below += size


@kernel
def _fold(counts: CellArray) -> None:
    """Add the cells of negative values to those of positive ones of the same size."""
    for size in range(1, _HALF + 1):
        counts[_MIDDLE + size] += counts[_MIDDLE - size]


@kernel
def grid_ranks(values: Float32Array, signed: CellArray, sizes: CellArray, with_sizes: bool) -> None:
    """Rank values on the grid, and their sizes where wanted.

    Parameters
    ----------
    values
        Finite, shape ``(n_genes,)``.
    signed, sizes
        Filled with twice the rank (from 1, ascending) of the values and of their absolute
        values, shape ``(n_genes,)``.
    with_sizes
        Whether `sizes` is wanted.
    """
    n = values.shape[0]
    cells = np.empty(n, np.int32)
    counts = np.empty(2 * _HALF + 1, np.int32)
    ranks = np.empty(2 * _HALF + 1, np.int32)
    _place(values, cells)
    _count_cells(cells, counts)
    _rank_cells(counts, 0, ranks)
    for g in range(n):
        signed[g] = ranks[cells[g]]
    if with_sizes:
        _fold(counts)
        _rank_cells(counts, _MIDDLE, ranks)
        for g in range(n):
            sizes[g] = ranks[_MIDDLE + abs(cells[g] - _MIDDLE)]


@kernel
def set_sums(ranks: CellArray, starts: IntArray, members: CellArray, sums: IntArray) -> None:
    """Fill `sums` with the sum of the ranks of each set's genes.

    Set *s* has the positions ``members[starts[s]:starts[s + 1]]``.
    """
    for s in range(starts.shape[0] - 1):
        total = np.int64(0)
        for i in range(starts[s], starts[s + 1]):
            total += ranks[members[i]]
        sums[s] = total


@kernel
def rotate(
    rotations: Float32Array, first: int, last: int, effects: Float32Array, out: Float32Array
) -> None:
    """Fill ``out[:last - first]`` with the ``x`` of these rotations."""
    n_rows, n_genes = effects.shape
    whole = n_rows - n_rows % 4
    # Loops over slices from 0 on are what the compiler turns into vector instructions.
    for begin in range(0, n_genes, _TILE):
        end = min(begin + _TILE, n_genes)
        for i in range(last - first):
            out[i, begin:end] = np.float32(0.0)
        # Four rows at a time, so that a sum is loaded and stored once for four products.
        for k in range(0, whole, 4):
            e0, e1 = effects[k, begin:end], effects[k + 1, begin:end]
            e2, e3 = effects[k + 2, begin:end], effects[k + 3, begin:end]
            for i in range(last - first):
                w = rotations[first + i]
                w0, w1, w2, w3 = w[k], w[k + 1], w[k + 2], w[k + 3]
                row = out[i, begin:end]
                for g in range(row.shape[0]):
                    row[g] += w0 * e0[g] + w1 * e1[g] + (w2 * e2[g] + w3 * e3[g])
        for k in range(whole, n_rows):
            e0 = effects[k, begin:end]
            for i in range(last - first):
                w0 = rotations[first + i, k]
                row = out[i, begin:end]
                for g in range(row.shape[0]):
                    row[g] += w0 * e0[g]


@kernel
def _as_t(x: Float32Array, curbs: Float32Array) -> None:
    """Turn ``x`` into t in place, given ``1 / D`` of each gene (0 where D is infinite)."""
    for g in range(x.shape[0]):
        left = np.float32(1.0) - curbs[g] * x[g] * x[g]
        x[g] /= np.float32(math.sqrt(max(left, np.float32(1e-12))))


@parallel_kernel
def count_passes(
    rotations: Float32Array,
    effects: Float32Array,
    curbs: Float32Array,
    starts: IntArray,
    members: CellArray,
    observed: IntArray,
    with_sizes: bool,
    counts: IntArray,
) -> None:
    """Count the rotations whose sums of ranks pass those of the data.

    Parameters
    ----------
    rotations
        Unit vectors, shape ``(n_rotations, 1 + df)``.
    effects
        Scaled so that ``x = r' u``, shape ``(1 + df, n_genes)``.
    curbs
        ``1 / D`` of each gene, shape ``(n_genes,)``; empty where D is the same for all.
    starts, members
        The sets; see `set_sums`.
    observed
        Twice the sums of ranks of t and of its size in the data, shape ``(2, n_sets)``.
    with_sizes
        Whether the mixed statistic is wanted.
    counts
        Filled, per share of the rotations: at least as high, at most as high, size at least as
        high; shape ``(n_shares, n_sets, 3)``.
    """
    n_rotations = rotations.shape[0]
    n_genes = effects.shape[1]
    n_sets = starts.shape[0] - 1
    n_shares = counts.shape[0]
    for share in numba.prange(n_shares):
        start = share * n_rotations // n_shares
        stop = (share + 1) * n_rotations // n_shares
        x = np.empty((_BLOCK, n_genes), np.float32)
        signed, sizes = np.empty(n_genes, np.int32), np.empty(n_genes, np.int32)
        sums = np.empty(n_sets, np.int64)
        for s in range(n_sets):
            for way in range(3):
                counts[share, s, way] = 0
        for first in range(start, stop, _BLOCK):
            last = min(first + _BLOCK, stop)
            rotate(rotations, first, last, effects, x)
            for i in range(last - first):
                if curbs.shape[0]:
                    _as_t(x[i], curbs)
                grid_ranks(x[i], signed, sizes, with_sizes)
                set_sums(signed, starts, members, sums)
                for s in range(n_sets):
                    counts[share, s, 0] += np.int64(sums[s] >= observed[0, s])
                    counts[share, s, 1] += np.int64(sums[s] <= observed[0, s])
                if with_sizes:
                    set_sums(sizes, starts, members, sums)
                    for s in range(n_sets):
                        counts[share, s, 2] += np.int64(sums[s] >= observed[1, s])
