"""Genes x samples as delimited text: TSV, CSV, semicolons or blanks, plain or gzip.

`read_delimited` reads any such table; the readers of programs' own formats
(featureCounts, nf-core, HTSeq, STAR) call `scan_table` with the columns they know.
"""

from __future__ import annotations

import csv
import itertools
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.columns import ColumnPlan, is_id_header, plan_columns
from rnaseq_s6k1.io.matrix import GrowingMatrix, RawCounts, Values, as_objects
from rnaseq_s6k1.io.sample_names import name_samples
from rnaseq_s6k1.io.spreadsheets import unguard_texts
from rnaseq_s6k1.io.text import TextBlock, is_gzip, iterate_lines
from rnaseq_s6k1.io.text_columns import PackedText, pack_spans
from rnaseq_s6k1.io.wording import clip, listing, plural

__all__ = ["Scan", "TableStart", "read_delimited", "read_start_of_table", "scan_table"]

logger = logging.getLogger(__name__)

_SEPARATORS = {"\t": "tab", ",": "comma", ";": "semicolon", " ": "blank"}
_PEEK_LINES = 40
_PEEK_BYTES = 64 << 20
_PEEK_BLOCK = 256 << 10
# Spreadsheets may tell the separator to each other in a line of its own.
_SEP_LINE = re.compile(r'"?sep=.?"?\Z')
_MISSING = frozenset({"", "na", "nan", "n/a", "null", "none", "#n/a"})


@dataclass(frozen=True)
class TableStart:
    """The first lines of a delimited file, split.

    Attributes
    ----------
    comments
        Lines before the header that start with ``#``.
    separator
        The character between fields.
    header
        Column names; an empty one stands for the row names that R leaves nameless.
    header_line
        The line number of the header; 0 where the table was read without one.
    rows
        The first data rows.
    r_header
        Whether the header had one column fewer than the rows.
    """

    comments: tuple[str, ...]
    separator: str
    header: tuple[str, ...]
    header_line: int
    rows: tuple[tuple[str, ...], ...]
    r_header: bool


@dataclass(frozen=True)
class Scan:
    """The rows of a delimited file, in order.

    Attributes
    ----------
    values
        Shape ``(n_rows, n_count_columns)``.
    ids, names
        The text columns; `names` is None where none was asked for.
    lines
        Line numbers, shape ``(n_rows,)``.
    texts
        `ids`, and `names` where there are any, as they stand in the file.
    """

    values: Values
    ids: NDArray[np.object_]
    names: NDArray[np.object_] | None
    lines: NDArray[np.int64]
    texts: tuple[PackedText, ...]


def read_delimited(
    path: Path, *, separator: str | None = None, transpose: bool = False
) -> RawCounts:
    """Read a genes x samples table.

    An apostrophe before a name that a spreadsheet would run is taken off; see
    `rnaseq_s6k1.io.spreadsheets`.

    Parameters
    ----------
    path
        Text, plain or gzip; the separator is found by itself.
    separator
        Forces the separator.
    transpose
        Whether the rows are samples and the columns genes; the result is genes x samples
        all the same.

    Raises
    ------
    DataError
        If the file is not a table of numbers; the message names line and column.
    """
    start = read_start_of_table(path, separator=separator)
    plan = plan_columns(start.header, start.rows, path, transpose=transpose)
    scan = scan_table(path, start, plan)
    word = _SEPARATORS[start.separator]
    logger.info(
        "%s: read as a %s-separated table%s%s, %s x %s",
        path,
        word,
        " (gzip)" if is_gzip(path) else "",
        ", whose header has one column fewer as R writes it" if start.r_header else "",
        plural(scan.values.shape[0], "row"),
        plural(scan.values.shape[1], "column of counts", "columns of counts"),
    )
    facts: dict[str, str | int | bool] = {
        "separator": word,
        "r_header": start.r_header,
        "dropped_columns": ", ".join(plan.left_out),
        "gene_name_column": "" if plan.name_column is None else plan.header[plan.name_column],
    }
    if transpose:
        return RawCounts(
            path=path,
            format="delimited",
            values=scan.values.T,
            gene_ids=as_objects(unguard_texts(plan.samples)),
            samples=list(unguard_texts(scan.ids)),
            lines=scan.lines,
            transposed=True,
            facts=facts,
        )
    samples = list(unguard_texts(plan.samples))
    if all(name.endswith((".bam", ".sam", ".cram")) for name in samples):
        samples = name_samples(samples)
        logger.info("%s: sample names taken from the BAM paths: %s", path, listing(samples))
    return RawCounts(
        path=path,
        format="delimited",
        values=scan.values,
        gene_ids=as_objects(unguard_texts(scan.ids)),
        samples=samples,
        gene_names=None if scan.names is None else as_objects(unguard_texts(scan.names)),
        lines=scan.lines,
        facts=facts,
    )


def read_start_of_table(
    path: Path, *, separator: str | None = None, has_header: bool = True
) -> TableStart:
    """Split the first lines of a file, having found its separator and header.

    Raises
    ------
    DataError
        If the file has no content, only a header, or nothing that separates columns.
    """
    lines: list[str] = []
    size = 0
    for block in iterate_lines(path, block_bytes=_PEEK_BLOCK):
        size += len(block.data)
        # Only line feeds end lines here; str.splitlines would also cut at form feeds.
        wanted = block.data.split(b"\n", _PEEK_LINES + 1)[:-1]
        lines += [line.decode("utf-8").removesuffix("\r") for line in wanted]
        if len(lines) >= _PEEK_LINES or size > _PEEK_BYTES:
            break
    comments, at = _skip_comments(lines)
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip("\r ")]
    numbered = [(number, line) for number, line in numbered if number > at]
    if not numbered:
        raise DataError(
            f"{path}: the file holds no table, only blank or comment lines; check how it was made"
        )
    if has_header and len(numbered) == 1:
        raise DataError(
            f"{path}: the file holds a header (line {numbered[0][0]}) and no rows; check how it "
            "was made"
        )
    if separator is None:
        separator = _find_separator([line for _, line in numbered])
    if separator is None:
        raise DataError(
            f"{path}: line {numbered[0][0]} has one column only; separate gene ids and samples "
            "by tabs or commas"
        )
    rows = [_split(line, separator, path, number) for number, line in numbered]
    if not has_header:
        return TableStart(comments, separator, tuple([""] * len(rows[0])), 0, tuple(rows), False)
    header, body = rows[0], rows[1:]
    if header[0].startswith("#"):
        header = (header[0].lstrip("# "), *header[1:])
    width = len(body[0])
    r_header = len(header) == width - 1
    if r_header:
        _refuse_misplaced_header(path, header, body, numbered[0][0])
        header = ("", *header)
    elif len(header) != width:
        raise DataError(
            f"{path}: line {numbered[1][0]} has {plural(width, 'field')} where the header has "
            f"{len(header):,}; every row needs as many fields as the header, or one more"
        )
    fitting = tuple(row for row in body if len(row) == width)
    return TableStart(comments, separator, header, numbered[0][0], fitting, r_header)


def _refuse_misplaced_header(
    path: Path, header: tuple[str, ...], body: list[tuple[str, ...]], line: int
) -> None:
    """Refuse a short header that is not R's, before every sample gets its neighbour's name."""
    if not any(row[-1].strip() for row in body):
        raise DataError(
            f"{path}: every row ends with a separator and the header (line {line}) does not; "
            "remove it"
        )
    if is_id_header(header[0]) and all(row[1].strip().isdigit() for row in body if len(row) > 1):
        raise DataError(
            f"{path}: the header (line {line}) starts with {clip(header[0])} and has one column "
            "fewer than the rows, so a sample's name lacks; complete the header"
        )


def scan_table(
    path: Path, start: TableStart, plan: ColumnPlan, *, like: Scan | None = None
) -> Scan:
    """Read all rows of a file whose columns are known.

    Parameters
    ----------
    path
        The file.
    start
        Its first lines.
    plan
        Its columns.
    like
        Another file's rows: where a column of text has the same cells, their array is taken
        over, so that a folder of files of one annotation holds its names once.

    Raises
    ------
    DataError
        At the first ragged row, open quote, or cell that is not a number.
    """
    from rnaseq_s6k1.io.text_kernels import COUNT, SKIP, TEXT, parse_lines

    kinds = np.full(len(plan.header), SKIP, dtype=np.int8)
    slots = np.zeros(len(plan.header), dtype=np.int64)
    kinds[list(plan.sample_columns)] = COUNT
    slots[list(plan.sample_columns)] = np.arange(len(plan.sample_columns))
    texts = [plan.id_column, *([] if plan.name_column is None else [plan.name_column])]
    kinds[texts] = TEXT
    slots[texts] = np.arange(len(texts))

    matrix = GrowingMatrix(len(plan.sample_columns))
    words: list[list[PackedText]] = [[] for _ in texts]
    lines: list[NDArray[np.int64]] = []
    for block in _data_blocks(path, start.header_line):
        capacity = block.data.count(b"\n")
        values = np.empty((capacity, len(plan.sample_columns)))
        spans = np.empty((capacity, len(texts), 2), dtype=np.int64)
        numbers = np.empty(capacity, dtype=np.int64)
        data = np.frombuffer(block.data, dtype=np.uint8)
        n_rows, *end = parse_lines(
            data,
            ord(start.separator),
            kinds,
            slots,
            values,
            spans,
            numbers,
            block.first_line,
        )
        if end[0]:
            raise _refusal(path, plan, block.data, end)
        matrix.append(values[:n_rows])
        lines.append(numbers[:n_rows])
        for slot, column in enumerate(words):
            column.append(pack_spans(data, spans[:n_rows, slot]))
    packed = tuple(PackedText.joined(column) for column in words)
    known = [] if like is None else [like.ids, *([] if like.names is None else [like.names])]
    columns = [
        known[slot]
        if like is not None and slot < len(known) and column.same_as(like.texts[slot])
        else as_objects(column.cells())
        for slot, column in enumerate(packed)
    ]
    names = columns[1] if len(columns) > 1 else None
    return Scan(matrix.finish(), columns[0], names, np.concatenate(lines), packed)


def _data_blocks(path: Path, header_line: int) -> Iterator[TextBlock]:
    """Give the file's blocks without the lines up to the header."""
    for block in iterate_lines(path):
        data, first = block.data, block.first_line
        while first <= header_line and data:
            cut = data.index(b"\n") + 1
            data, first = data[cut:], first + 1
        if data:
            yield TextBlock(data, first)


def _refusal(path: Path, plan: ColumnPlan, data: bytes, end: list[int]) -> DataError:
    """Put into words why the kernel stopped."""
    from rnaseq_s6k1.io.text_kernels import BAD_QUOTE, RAGGED

    status, line, field, first, last = end
    if status == RAGGED:
        return DataError(
            f"{path}: line {line:,} has {plural(field, 'field')} where the rows before it have "
            f"{len(plan.header):,}; repair that line (a cut-off download, or a separator within a "
            "name that is not quoted)"
        )
    column = clip(plan.header[field] or f"number {field + 1}")
    if status == BAD_QUOTE:
        return DataError(
            f"{path}: line {line:,}, column {column}: a quoted field is not closed properly; "
            "remove or double the quotation mark"
        )
    cell = data[first:last].decode("utf-8", "replace").strip()
    if cell.lower() in _MISSING:
        what = "the cell is empty" if not cell else f"{clip(cell)} is a missing value"
        mend = "give a count (0 where no read was seen) or leave the gene out"
    elif "," in cell:
        what = f"{clip(cell)} is not a plain number"
        mend = "write numbers without thousands separators and with a decimal point"
    else:
        what = f"{clip(cell)} is not a number"
        mend = "every cell beside the gene ids must be a count"
    return DataError(f"{path}: line {line:,}, column {column}: {what}; {mend}")


def _skip_comments(lines: list[str]) -> tuple[tuple[str, ...], int]:
    """Give the comment lines at the top, and how many lines they take.

    A line that starts with ``#`` is a header all the same where it has as many columns
    as the line after it.
    """
    at = 0
    while at < len(lines) and (lines[at].startswith("#") or _SEP_LINE.match(lines[at])):
        following = lines[at + 1] if at + 1 < len(lines) else ""
        tabs = lines[at].count("\t") or lines[at].count(",")
        if tabs and tabs == (following.count("\t") or following.count(",")):
            break
        at += 1
    return tuple(lines[:at]), at


def _find_separator(lines: list[str]) -> str | None:
    """Choose the separator that cuts header and rows alike, tab before comma before blank."""
    present = [mark for mark in _SEPARATORS if any(mark in line for line in lines)]
    for mark in present:
        widths = [_width(line, mark) for line in itertools.islice(lines, _PEEK_LINES)]
        body = set(widths[1:] or widths)
        if len(body) == 1 and (width := body.pop()) > 1 and widths[0] in {width, width - 1}:
            return mark
    return present[0] if present else None


def _width(line: str, separator: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=separator)))
    except csv.Error:
        return 0


def _split(line: str, separator: str, path: Path, number: int) -> tuple[str, ...]:
    try:
        return tuple(next(csv.reader([line], delimiter=separator)))
    except csv.Error as error:
        raise DataError(
            f"{path}: line {number:,} cannot be split into columns ({error}); give the counts as "
            "tab-separated text"
        ) from None
