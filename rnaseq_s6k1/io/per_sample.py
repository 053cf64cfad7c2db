"""One file a sample, joined into one matrix; the files must list the same genes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.columns import ColumnPlan
from rnaseq_s6k1.io.delimited import Scan, read_start_of_table, scan_table
from rnaseq_s6k1.io.matrix import Values
from rnaseq_s6k1.io.text import check_readable
from rnaseq_s6k1.io.wording import clip, listing, plural

__all__ = ["SampleFile", "join_genes", "scan_headerless"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SampleFile:
    """The genes of one file: ids, numbers, and lines, each of length ``n_genes``.

    `names` is the gene-name column where the file has one.
    """

    path: Path
    ids: NDArray[np.object_]
    values: Values
    names: NDArray[np.object_] | None = None


def scan_headerless(path: Path, *, counts: Sequence[int], name: int | None = None) -> Scan:
    """Read a tab-separated file without a header, gene ids in its first column.

    Parameters
    ----------
    path
        The file.
    counts
        The columns of numbers, counted from 0; negative ones count from the end.
    name
        The column of gene names.

    Raises
    ------
    DataError
        If the file cannot be read, or a cell is not a number.
    """
    check_readable(path)
    start = read_start_of_table(path, separator="\t", has_header=False)
    width = len(start.header)
    columns = tuple(at % width for at in counts) if width > 1 else ()
    if not columns or max(counts) >= width:
        raise DataError(
            f"{path}: line 1 has {plural(width, 'column')}, too few for a file of counts; remove "
            "the file from the folder or repair it"
        )
    header = tuple(str(at + 1) for at in range(width))
    plan = ColumnPlan(header, 0, name, columns, ())
    return scan_table(path, start, plan)


def join_genes(folder: Path, files: Sequence[SampleFile]) -> Values:
    """Put the files' numbers side by side in the first file's order of genes.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_genes, n_files)``.

    Raises
    ------
    DataError
        If a gene stands twice in a file, or the files list different genes.
    """
    first = files[0]
    columns: list[Values] = []
    reordered: list[str] = []
    index = pd.Index(first.ids)
    for file in files:
        ids = pd.Index(file.ids)
        if ids.equals(index):
            columns.append(file.values)
            continue
        if not ids.is_unique or not index.is_unique:
            which = file if not ids.is_unique else first
            twice = pd.Index(which.ids)
            name = twice[twice.duplicated()][0]
            raise DataError(
                f"{which.path}: gene {clip(name)} stands twice and the files differ in order; "
                "count all samples with the same annotation"
            )
        places = ids.get_indexer(index)
        missing, added = index[places < 0], ids[~ids.isin(index)]
        if len(missing) or len(added):
            raise DataError(_differing(folder, first, file, missing, added))
        columns.append(file.values[places])
        reordered.append(file.path.name)
    if reordered:
        logger.info(
            "%s: the same genes in another order, put in the order of %s: %s",
            folder,
            first.path.name,
            listing(reordered),
        )
    return cast(Values, np.column_stack(columns))


def _differing(
    folder: Path, first: SampleFile, file: SampleFile, missing: pd.Index, added: pd.Index
) -> str:
    differences = []
    if len(missing):
        differences.append(f"lacks {plural(len(missing), 'gene')} ({listing(missing, 3)})")
    if len(added):
        differences.append(f"adds {plural(len(added), 'gene')} ({listing(added, 3)})")
    return (
        f"{folder}: the files list different genes: {file.path.name} {' and '.join(differences)} "
        f"compared with {first.path.name}; count all samples with the same annotation"
    )
