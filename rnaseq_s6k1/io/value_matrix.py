"""Genes x samples tables of measured values that are no counts: copy number, protein, log TPM.

Unlike counts they may be negative, fractional and missing.
"""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.delimited import TableStart, read_start_of_table
from rnaseq_s6k1.io.spreadsheets import unguard_text
from rnaseq_s6k1.io.text import check_readable, iterate_lines
from rnaseq_s6k1.io.wording import clip, listing, plural

__all__ = ["read_value_matrix"]

#: What stands for a missing value, in any case.
_MISSING = frozenset({"", "na", "nan", "n/a", "null", "none", "#n/a"})


def read_value_matrix(path: Path) -> pd.DataFrame:
    """Read a table whose first column names genes and whose header names samples.

    An apostrophe before a name that a spreadsheet would run is taken off; see
    `rnaseq_s6k1.io.spreadsheets`.

    Parameters
    ----------
    path
        TSV, CSV or semicolon-separated, plain or gzip. A header with one column fewer than
        the rows is R's, and fine.

    Returns
    -------
    pandas.DataFrame
        Floats, genes x samples, missing values NaN; in the file's order.

    Raises
    ------
    DataError
        If the file cannot be read as such a table (naming line and column), names a sample or
        gene twice, or holds an infinite value.
    """
    path = Path(path)
    check_readable(path)
    start = read_start_of_table(path)
    samples = [unguard_text(name.strip()) for name in start.header[1:]]
    _check_samples(samples, path)
    genes: dict[str, int] = {}
    rows: list[NDArray[np.float64]] = []
    for line, cells in _rows(path, start):
        gene = unguard_text(cells[0].strip())
        if gene.lower() in _MISSING:
            raise DataError(f"{path}, line {line:,}: the row has no gene's name; give it one")
        if gene in genes:
            raise DataError(
                f"{path}, line {line:,}: the gene {clip(gene)} is on line {genes[gene]:,} already; "
                "keep one row a gene"
            )
        if len(cells) != len(start.header):
            raise DataError(
                f"{path}, line {line:,}: {plural(len(cells), 'field')} where the header has "
                f"{len(start.header):,}; fill missing cells with NA"
            )
        genes[gene] = line
        rows.append(_numbers(cells[1:], samples, line, path))
    index = pd.Index(list(genes), dtype=object, name="gene")
    return pd.DataFrame(np.array(rows), index=index, columns=pd.Index(samples, dtype=object))


def _rows(path: Path, start: TableStart) -> Iterator[tuple[int, list[str]]]:
    """Give line number and cells of each row below the header; blank lines are none."""
    for block in iterate_lines(path):
        lines = block.data.decode("utf-8").split("\n")[:-1]
        for number, line in enumerate(lines, block.first_line):
            if number <= start.header_line or not line.strip("\r "):
                continue
            try:
                yield number, next(csv.reader([line.removesuffix("\r")], delimiter=start.separator))
            except csv.Error as error:
                raise DataError(
                    f"{path}, line {number:,}: cannot be split into columns ({error})"
                ) from None


def _numbers(cells: list[str], samples: list[str], line: int, path: Path) -> NDArray[np.float64]:
    values = np.empty(len(cells))
    for column, cell in enumerate(cells):
        text = cell.strip()
        if text.lower() in _MISSING:
            values[column] = np.nan
            continue
        try:
            # Python alone takes underscores for digit separators.
            number = math.nan if "_" in text else float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise DataError(
                f"{path}, line {line:,}, column {clip(samples[column])}: {clip(text)} is not a "
                "finite number; write NA where there is none"
            )
        values[column] = number
    return values


def _check_samples(samples: list[str], path: Path) -> None:
    if not samples:
        raise DataError(f"{path}: there is no column beside the genes'; give one a sample")
    empty = next((at for at, name in enumerate(samples, 2) if not name), None)
    if empty is not None:
        raise DataError(f"{path}: column {empty} has no name in the header; name its sample")
    counted = Counter(samples)
    repeated = sorted(name for name, count in counted.items() if count > 1)
    if repeated:
        raise DataError(
            f"{path}: the header names {listing(repeated)} more than once; keep one column a sample"
        )
