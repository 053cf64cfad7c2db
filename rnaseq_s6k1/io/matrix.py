"""What every reader hands on: numbers with the names of their rows and columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.io.wording import clip

__all__ = ["GrowingMatrix", "RawCounts", "Values", "as_objects", "narrowed"]

Values = NDArray[np.int32] | NDArray[np.int64] | NDArray[np.float64]

_INT32_LARGEST = np.iinfo(np.int32).max


@dataclass(frozen=True)
class RawCounts:
    """Numbers as they stand in the input, before any of them was judged.

    Attributes
    ----------
    path
        The file or folder they came from.
    format
        The name of the reader.
    values
        Shape ``(n_genes, n_samples)``; int32 where every number is whole and fits,
        else float64.
    gene_ids
        One name a row, as written.
    samples
        One name a column, as written.
    gene_names
        The gene-name column, where the input has one.
    lines
        The line of the file that each row stood on, where rows have lines. For a
        transposed matrix the lines belong to the samples.
    transposed
        Whether rows and columns were swapped after reading.
    origin
        The program whose estimates these are (``salmon``, ``RSEM``), empty for counts.
    facts
        What was inferred, for ``uns["counts_source"]``.
    obs
        A sample sheet that came with the counts (``.h5ad`` and GCT 1.3 may have one).
    """

    path: Path
    format: str
    values: Values
    gene_ids: NDArray[np.object_]
    samples: list[str]
    gene_names: NDArray[np.object_] | None = None
    lines: NDArray[np.int64] | None = None
    transposed: bool = False
    origin: str = ""
    facts: dict[str, str | int | bool] = field(default_factory=dict)
    obs: pd.DataFrame | None = None

    def where(self, gene: int, sample: int) -> str:
        """Say in words where a number stands: file, line and column, gene."""
        gene_id, name = clip(self.gene_ids[gene]), clip(self.samples[sample])
        if self.lines is None:
            return f"{self.path}: gene {gene_id}, sample {name}"
        if self.transposed:
            return f"{self.path}: line {self.lines[sample]:,}, column {gene_id} (sample {name})"
        return f"{self.path}: line {self.lines[gene]:,}, column {name} (gene {gene_id})"

    def where_gene(self, gene: int) -> str:
        """Say in words where a gene's row stands, or only its number."""
        if self.lines is None or self.transposed:
            return f"gene {gene + 1:,}"
        return f"line {self.lines[gene]:,}"

    def take(self, genes: NDArray[np.bool_]) -> RawCounts:
        """Keep the genes for which the mask, shape ``(n_genes,)``, is true."""
        if bool(genes.all()):
            return self
        keeps_lines = self.lines is not None and not self.transposed
        return replace(
            self,
            values=self.values[genes],
            gene_ids=self.gene_ids[genes],
            gene_names=None if self.gene_names is None else self.gene_names[genes],
            lines=self.lines[genes] if keeps_lines and self.lines is not None else self.lines,
        )

    def with_facts(self, **facts: str | int | bool) -> RawCounts:
        """Add to the facts."""
        return replace(self, facts={**self.facts, **facts})


class GrowingMatrix:
    """Rows of numbers appended block by block, in the narrowest type that holds them all.

    Memory grows in place, so that the peak is near the size of the result and not twice
    of it. Numbers are int32 until one is not whole or does not fit, then float64, in
    which counts are exact to 2**53.

    Parameters
    ----------
    n_columns
        The number of columns.
    """

    def __init__(self, n_columns: int) -> None:
        self._rows: Values = np.empty((0, n_columns), dtype=np.int32)
        self._n = 0

    def append(self, block: NDArray[np.float64]) -> None:
        """Append rows, shape ``(n_rows, n_columns)``."""
        if block.size == 0:
            return
        needed = self._n + block.shape[0]
        if needed > self._rows.shape[0]:
            capacity = max(needed, self._rows.shape[0] * 3 // 2)
            # No view of the array leaves this class before `finish`, so it may move.
            self._rows.resize((capacity, self._rows.shape[1]), refcheck=False)
        if self._rows.dtype == np.int32 and not _fits_int32(block):
            self._rows = self._rows.astype(np.float64)
        self._rows[self._n : needed] = block
        self._n = needed

    def finish(self) -> Values:
        """Give the matrix; the object is spent."""
        self._rows.resize((self._n, self._rows.shape[1]), refcheck=False)
        return self._rows


def _fits_int32(block: NDArray[np.float64]) -> bool:
    # A cast to int32 would fail on what does not fit, so the range is asked first.
    # A missing value (NaN) makes the comparison false, as one that is too large does.
    if not -_INT32_LARGEST <= block.min() <= block.max() <= _INT32_LARGEST:
        return False
    return bool(np.array_equal(block.astype(np.int32), block))


def as_objects(names: Iterable[str]) -> NDArray[np.object_]:
    """Give names as an array of Python strings, which numpy would else pad to one width."""
    every = list(names)
    array = np.empty(len(every), dtype=object)
    array[:] = every
    return array


def narrowed(whole: Values) -> Values:
    """Give whole numbers as int32 where they fit, else as int64."""
    if whole.size == 0 or whole.max() <= _INT32_LARGEST:
        return whole.astype(np.int32, copy=False)
    return whole.astype(np.int64, copy=False)
