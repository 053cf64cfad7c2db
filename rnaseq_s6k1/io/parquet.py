"""Genes x samples as Parquet; needs the optional dependency pyarrow."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.columns import plan_columns
from rnaseq_s6k1.io.matrix import RawCounts, Values, as_objects
from rnaseq_s6k1.io.wording import clip, plural

__all__ = ["read_parquet"]

logger = logging.getLogger(__name__)

_PEEK_ROWS = 40
_INT32_LARGEST = np.iinfo(np.int32).max


def read_parquet(path: Path, *, transpose: bool = False) -> RawCounts:
    """Read a genes x samples table from a Parquet file.

    Gene ids are the pandas index where the file has one, else the first column, or the
    one whose name says so.

    Parameters
    ----------
    path
        The file.
    transpose
        Whether the rows are samples and the columns genes.

    Raises
    ------
    DataError
        If the file cannot be read, a value is missing, or a column is not numeric.
    UsageError
        If pyarrow is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise UsageError(
            f"{path}: reading Parquet needs pyarrow, which is not installed; install it with "
            "pip install 'rnaseq-s6k1[parquet]', or give the counts as TSV"
        ) from None
    try:
        table = pyarrow.parquet.read_table(path)
    except (pyarrow.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(
            f"{path}: cannot be read as Parquet ({clip(reason, 100)}); write the file again"
        ) from None
    order = _index_first(table)
    header = ["" if name.startswith("__index_level_") else name for name in order]
    head = table.slice(0, _PEEK_ROWS)
    peek = [[_word(value) for value in head.column(name).to_pylist()] for name in order]
    if not header or table.num_rows == 0:
        raise DataError(f"{path}: the table has no rows or no columns; check how it was made")
    plan = plan_columns(header, list(zip(*peek, strict=True)), path, transpose=transpose)
    ids = _words(table.column(order[plan.id_column]))
    names = None if plan.name_column is None else _words(table.column(order[plan.name_column]))
    values = _numbers(path, table, [order[at] for at in plan.sample_columns], ids)
    logger.info(
        "%s: read as Parquet, %s x %s",
        path,
        plural(values.shape[0], "row"),
        plural(values.shape[1], "column of counts", "columns of counts"),
    )
    facts: dict[str, str | int | bool] = {"dropped_columns": ", ".join(plan.left_out)}
    if transpose:
        return RawCounts(
            path,
            "parquet",
            values.T,
            as_objects(plan.samples),
            list(ids),
            transposed=True,
            facts=facts,
        )
    return RawCounts(path, "parquet", values, ids, plan.samples, names, facts=facts)


def _index_first(table: Any) -> list[str]:
    """Give the column names with the pandas index, which Parquet keeps last, in front."""
    stored = (table.schema.pandas_metadata or {}).get("index_columns", [])
    index = [name for name in stored if isinstance(name, str) and name in table.column_names]
    return index + [name for name in table.column_names if name not in index]


def _word(value: object) -> str:
    return "" if value is None else str(value)


def _words(column: Any) -> NDArray[np.object_]:
    return as_objects(_word(value).strip() for value in column.to_pylist())


def _numbers(path: Path, table: Any, columns: list[str], ids: NDArray[np.object_]) -> Values:
    import pyarrow.types as types

    values = np.empty((table.num_rows, len(columns)), dtype=np.int32)
    matrix: Values = values
    for at, name in enumerate(columns):
        column = table.column(name)
        if not (types.is_integer(column.type) or types.is_floating(column.type)):
            raise DataError(
                f"{path}: column {clip(name)} holds {column.type} and not numbers; write the "
                "counts as whole numbers"
            )
        numbers = column.to_numpy()
        if column.null_count or (numbers.dtype.kind == "f" and not np.isfinite(numbers).all()):
            row = int(np.argmin(np.isfinite(np.asarray(numbers, dtype=np.float64))))
            raise DataError(
                f"{path}: column {clip(name)}, row {row + 1:,} (gene {clip(ids[row])}): the value "
                "is missing or infinite; give a count (0 where no read was seen)"
            )
        narrow = numbers.size == 0 or (
            numbers.min() >= -_INT32_LARGEST
            and numbers.max() <= _INT32_LARGEST
            and np.array_equal(numbers.astype(np.int32), numbers)
        )
        if matrix.dtype == np.int32 and not narrow:
            matrix = matrix.astype(np.float64)
        matrix[:, at] = numbers
    return matrix
