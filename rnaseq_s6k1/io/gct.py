"""Matrices in the GCT format of the Broad Institute: versions 1.2 and 1.3 read, 1.2 written.

Version 1.2 (`GSEA file formats <https://docs.gsea-msigdb.org/GSEA/Data_Formats>`_) is a line
``#1.2``, a line with the numbers of rows and samples, a header ``Name Description SAMPLE ...``,
and the rows. Version 1.3 (Enache et al., Bioinformatics 2019, 35:1427) has four numbers (rows,
samples, annotations of rows, annotations of samples); after the header come the annotations
of the samples, a line each, and every row has its annotations between its name and its values.
Fields are separated by tabs.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.atomic import write_text
from rnaseq_s6k1.io.matrix import GrowingMatrix, Values, as_objects
from rnaseq_s6k1.io.text import check_readable, iterate_lines
from rnaseq_s6k1.io.wording import clip, listing, plural

__all__ = ["GctTable", "is_gct", "read_gct", "write_gct"]

logger = logging.getLogger(__name__)

_VERSIONS = {"#1.2": 2, "#1.3": 4}
_START_BYTES = 256 << 10
_BATCH_CELLS = 1 << 18
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
#: A missing value is an empty field; programs also write these.
_MISSING = frozenset({"", "na", "nan", "n/a", "null"})


@dataclass(frozen=True, eq=False)
class GctTable:
    """A GCT file.

    Attributes
    ----------
    values
        Shape ``(n_rows, n_samples)``; int32 where every value is whole and fits, else float64,
        NaN where one is missing.
    names, samples
        Names of rows and columns, as written.
    row_annotations
        Text, shape ``(n_rows, n_annotations)``; of version 1.2 the column ``Description``.
    sample_annotations
        Text, shape ``(n_samples, n_annotations)``; version 1.2 has none.
    lines
        The line of the file each row stood on, shape ``(n_rows,)``.
    version
        ``1.2`` or ``1.3``.
    """

    values: Values
    names: NDArray[np.object_]
    samples: tuple[str, ...]
    row_annotations: pd.DataFrame
    sample_annotations: pd.DataFrame
    lines: NDArray[np.int64]
    version: str

    def to_frame(self) -> pd.DataFrame:
        """Give the values as a table, rows by name and one column a sample."""
        index = pd.Index(self.names, dtype=object, name="Name")
        return pd.DataFrame(self.values, index=index, columns=list(self.samples))


@dataclass(frozen=True)
class _Header:
    """What stands before the rows: the declared sizes, and the names of all columns."""

    version: str
    n_rows: int
    n_samples: int
    row_fields: tuple[str, ...]
    samples: tuple[str, ...]
    sample_annotations: dict[str, list[str]]

    @property
    def width(self) -> int:
        """How many fields a row has."""
        return 1 + len(self.row_fields) + self.n_samples


def is_gct(path: Path) -> bool:
    """Tell whether a readable file starts with the line of a GCT version."""
    for block in iterate_lines(path, block_bytes=_START_BYTES):
        return block.data.split(b"\n", 1)[0].strip().decode("utf-8") in _VERSIONS
    return False


def read_gct(path: str | os.PathLike[str]) -> GctTable:
    r"""Read a GCT file, version 1.2 or 1.3, plain or gzip.

    A byte order mark, CRLF line ends, blank lines at the end, tabs at the end of a line and
    quotes around a whole field are harmless.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    GctTable
        Any numbers: `rnaseq_s6k1.read_counts` reads the same files and takes counts only.

    Raises
    ------
    DataError
        If the file is no GCT, has other numbers of rows or columns than its second line
        says, a row without a name, or a value that is no number; the message names line and
        column.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> from pathlib import Path
    >>> _ = Path("m.gct").write_text("#1.2\n1\t2\nNAME\tDescription\ta\tb\nMYC\tna\t1.5\t2\n")
    >>> s6k1.read_gct("m.gct").to_frame().loc["MYC"].tolist()
    [1.5, 2.0]
    """
    path = Path(path)
    check_readable(path)
    lines = _lines(path)
    header = _read_header(path, lines)
    matrix = GrowingMatrix(header.n_samples)
    first = 1 + len(header.row_fields)
    texts: list[list[str]] = []
    numbers: list[int] = []
    pending: list[list[str]] = []
    batch = max(1, _BATCH_CELLS // max(1, header.n_samples))
    for number, line in lines:
        fields = _split(line, header.width)
        if len(fields) != header.width:
            raise DataError(
                f"{path}: line {number:,} has {plural(len(fields), 'field')} where the header has "
                f"{header.width:,}; repair that line (a cut-off download, or a tab within a name)"
            )
        if not fields[0]:
            raise DataError(f"{path}: line {number:,}: the row has no name; fill the first column")
        texts.append(fields[:first])
        numbers.append(number)
        pending.append(fields[first:])
        if len(pending) >= batch:
            matrix.append(_numbers(path, pending, numbers[-len(pending) :], header.samples))
            pending = []
    if pending:
        matrix.append(_numbers(path, pending, numbers[-len(pending) :], header.samples))
    if len(numbers) != header.n_rows:
        raise DataError(
            f"{path}: line 2 says {plural(header.n_rows, 'row')} and the file has "
            f"{len(numbers):,}; it may be cut short, so fetch it again, or correct line 2"
        )
    names = as_objects([row[0] for row in texts])
    index = pd.Index(names, dtype=object, name="Name")
    return GctTable(
        values=matrix.finish(),
        names=names,
        samples=header.samples,
        row_annotations=pd.DataFrame(
            {field: [row[at] for row in texts] for at, field in enumerate(header.row_fields, 1)},
            index=index,
            dtype=object,
        ),
        sample_annotations=pd.DataFrame(
            header.sample_annotations,
            index=pd.Index(header.samples, dtype=object, name="sample"),
            dtype=object,
        ),
        lines=np.array(numbers, dtype=np.int64),
        version=header.version,
    )


def write_gct(
    values: pd.DataFrame,
    path: str | os.PathLike[str],
    *,
    descriptions: Sequence[str] | None = None,
) -> None:
    """Write a table as GCT 1.2, atomically; compressed where the name ends in ``.gz``.

    Names are written exactly; see `rnaseq_s6k1.io.spreadsheets`.

    Parameters
    ----------
    values
        Numbers, shape ``(n_rows, n_samples)``; rows by name, one column a sample. A missing
        value is written as an empty field.
    path
        The file.
    descriptions
        One a row; ``na`` where there is none.

    Raises
    ------
    DataError
        If the table is empty or holds an infinite value, there are more or fewer
        descriptions than rows, or a name would not read back (empty, with a tab, a line end
        or quotes around it).

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> import pandas as pd
    >>> s6k1.write_gct(pd.DataFrame({"a": [1.5], "b": [2.0]}, index=["MYC"]), "m.gct")
    >>> s6k1.read_gct("m.gct").to_frame().loc["MYC"].tolist()
    [1.5, 2.0]
    """
    rows = [str(name) for name in values.index]
    samples = [str(name) for name in values.columns]
    texts = ["na"] * len(rows) if descriptions is None else [str(one) for one in descriptions]
    if not rows or not samples:
        raise DataError("a GCT file needs at least one row and one sample; the table is empty")
    if len(texts) != len(rows):
        raise DataError(
            f"there are {plural(len(texts), 'description')} for {plural(len(rows), 'row')}; give "
            "one a row"
        )
    for what, names in (("row", rows), ("sample", samples), ("description", texts)):
        for name in names:
            if not _reads_back(name) and not (what == "description" and not name):
                raise DataError(
                    f"the {what} name {clip(name)} cannot be written as GCT; it is empty, has "
                    "blanks or quotes around it, or holds a control character: rename it"
                )
    numbers = values.to_numpy()
    if numbers.dtype.kind not in "iuf" or np.isinf(numbers.astype(float)).any():
        raise DataError("a GCT file holds finite numbers; convert or remove what is none")
    header = ["\t".join(["Name", "Description", *samples])]
    body = (
        "\t".join([name, text or "na", *map(_written, row)])
        for name, text, row in zip(rows, texts, numbers.tolist(), strict=True)
    )
    lines = ["#1.2", f"{len(rows)}\t{len(samples)}", *header, *body]
    write_text(path, "\n".join(lines) + "\n")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Give the lines with their numbers from 1, blank ones at the end left out."""
    blank: list[int] = []
    for block in iterate_lines(path):
        for number, line in enumerate(
            block.data.decode("utf-8")[:-1].split("\n"), start=block.first_line
        ):
            if not line.strip():
                blank.append(number)
                continue
            if blank:
                raise DataError(
                    f"{path}: line {blank[0]:,} is blank and others follow; remove blank lines"
                )
            yield number, line.rstrip("\r")


def _split(line: str, width: int = 0) -> list[str]:
    """Split a line at its tabs; empty fields past `width` are tabs at the end of the line."""
    fields = [_unquoted(field.strip(" ")) for field in line.split("\t")]
    while len(fields) > max(width, 1) and not fields[-1]:
        fields.pop()
    return fields


def _unquoted(field: str) -> str:
    if len(field) > 1 and field[0] == field[-1] == '"':
        return field[1:-1].replace('""', '"')
    return field


def _read_header(path: Path, lines: Iterator[tuple[int, str]]) -> _Header:
    """Read the version, the sizes, the header and the annotations of the samples."""
    version = _next(path, lines, "the version")[1].strip()
    if version not in _VERSIONS:
        raise DataError(
            f"{path}: line 1 is {clip(version)} where a GCT file has #1.2 or #1.3; check the format"
        )
    wanted = _VERSIONS[version]
    sizes = _split(_next(path, lines, "the numbers of rows and samples")[1])
    if len(sizes) != wanted or not all(_WHOLE.fullmatch(size) for size in sizes):
        names = "rows and samples" if wanted == 2 else "rows, samples and annotations of both"
        raise DataError(
            f"{path}: line 2 must be the numbers of {names} ({wanted} whole numbers separated by "
            f"tabs), not {listing(sizes, 6)}"
        )
    n_rows, n_samples = int(sizes[0]), int(sizes[1])
    n_row_fields = int(sizes[2]) if wanted == 4 else 1
    n_sample_fields = int(sizes[3]) if wanted == 4 else 0
    if n_rows == 0 or n_samples == 0:
        raise DataError(f"{path}: line 2 says that there are no values; check how it was made")
    first = 1 + n_row_fields
    header = _split(_next(path, lines, "the header")[1], first + n_samples)
    if len(header) != first + n_samples:
        before = "Name and Description" if wanted == 2 else f"{plural(first, 'column')}"
        raise DataError(
            f"{path}: line 3 has {plural(len(header), 'field')} where line 2 asks for "
            f"{first + n_samples:,} ({before}, then {plural(n_samples, 'sample')}); correct either"
        )
    row_fields = _unique(path, header[1:first], "annotation of the rows")
    annotations: dict[str, list[str]] = {}
    for _ in range(n_sample_fields):
        number, line = _next(path, lines, "the annotations of the samples")
        fields = _split(line, first + n_samples)
        if len(fields) != first + n_samples:
            raise DataError(
                f"{path}: line {number:,} has {plural(len(fields), 'field')} where the header has "
                f"{first + n_samples:,}; it should annotate every sample"
            )
        if not fields[0] or fields[0] in annotations:
            raise DataError(
                f"{path}: line {number:,}: the annotation of the samples has "
                f"{'no name' if not fields[0] else f'the name {clip(fields[0])} again'}; rename it"
            )
        annotations[fields[0]] = fields[first:]
    return _Header(
        version=version[1:],
        n_rows=n_rows,
        n_samples=n_samples,
        row_fields=row_fields,
        samples=tuple(header[first:]),
        sample_annotations=annotations,
    )


def _next(path: Path, lines: Iterator[tuple[int, str]], what: str) -> tuple[int, str]:
    try:
        return next(lines)
    except StopIteration:
        raise DataError(f"{path}: the file ends before {what}; fetch it again") from None


def _unique(path: Path, names: list[str], what: str) -> tuple[str, ...]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DataError(f"{path}: line 3: the {what} {clip(name)} stands twice; rename one")
        seen.add(name)
    return tuple(names)


def _numbers(
    path: Path, rows: list[list[str]], lines: list[int], samples: tuple[str, ...]
) -> NDArray[np.float64]:
    """Convert the fields of some rows; the first that is no number is refused with its place."""
    try:
        values = np.array(rows, dtype=np.float64)
    except ValueError:
        pass
    else:
        # numpy, as Python, also takes words (inf, nan), 1_000 and the digits of other scripts.
        text = "".join(map("".join, rows))
        if text.isascii() and "_" not in text and np.isfinite(values).all():
            return values
    return np.array(
        [
            [_number(path, cell, line, sample) for cell, sample in zip(row, samples, strict=True)]
            for row, line in zip(rows, lines, strict=True)
        ],
        dtype=np.float64,
    )


def _number(path: Path, cell: str, line: int, sample: str) -> float:
    if cell.lower() in _MISSING:
        return float("nan")
    value = float(cell) if _NUMBER.fullmatch(cell) else float("inf")
    if not np.isfinite(value):
        raise DataError(
            f"{path}: line {line:,}, column {clip(sample)}: {clip(cell)} is not a finite number; "
            "leave the field empty where a value is missing"
        )
    return value


def _written(value: float) -> str:
    return "" if value != value else repr(value)


def _reads_back(name: str) -> bool:
    return bool(name) and name == name.strip() and name.isprintable() and _unquoted(name) == name
