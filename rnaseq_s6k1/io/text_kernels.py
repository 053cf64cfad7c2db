"""The numba kernel that turns whole lines of delimited text into numbers.

General CSV parsers infer a type for every column and keep 64 bits a cell; for the tall,
wide and wholly numeric tables of counts that is most of their time and memory. This
kernel makes one pass over the bytes, checks the number of fields of every line, and
stops at the first cell that is not a number, knowing its line.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["BAD_NUMBER", "BAD_QUOTE", "COUNT", "OK", "RAGGED", "SKIP", "TEXT", "parse_lines"]

# What a field holds.
SKIP, TEXT, COUNT = 0, 1, 2
# How a block of lines ended.
OK, RAGGED, BAD_NUMBER, BAD_QUOTE = 0, 1, 2, 3

_LF, _CR, _QUOTE, _SPACE = 10, 13, 34, 32
_ZERO, _NINE, _PLUS, _MINUS, _POINT = 48, 57, 43, 45, 46
_SMALL_E, _LARGE_E = 101, 69


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _parse_number(data: NDArray[np.uint8], start: int, end: int) -> tuple[bool, float]:
    """Read a decimal number; False where the bytes are not one (empty, NA, text)."""
    while start < end and data[start] == _SPACE:
        start += 1
    while end > start and data[end - 1] == _SPACE:
        end -= 1
    sign = 1.0
    if start < end and (data[start] == _MINUS or data[start] == _PLUS):
        if data[start] == _MINUS:
            sign = -1.0
        start += 1
    mantissa = 0.0
    digits = 0
    zeros = 0
    scale = 0
    seen_point = False
    while start < end:
        byte = data[start]
        if _ZERO <= byte <= _NINE:
            digits += 1
            if seen_point and byte == _ZERO:
                # Zeros at the end say nothing, and would cost the mantissa its exactness.
                zeros += 1
            else:
                if seen_point:
                    for _ in range(zeros):
                        mantissa *= 10.0
                    scale -= zeros + 1
                    zeros = 0
                mantissa = mantissa * 10.0 + (byte - _ZERO)
        elif byte == _POINT and not seen_point:
            seen_point = True
        else:
            break
        start += 1
    if digits == 0:
        return False, 0.0
    if start < end and (data[start] == _SMALL_E or data[start] == _LARGE_E):
        start += 1
        exponent_sign = 1
        if start < end and (data[start] == _MINUS or data[start] == _PLUS):
            if data[start] == _MINUS:
                exponent_sign = -1
            start += 1
        exponent = 0
        exponent_digits = 0
        while start < end and _ZERO <= data[start] <= _NINE:
            exponent = min(exponent * 10 + (data[start] - _ZERO), 10_000)
            exponent_digits += 1
            start += 1
        if exponent_digits == 0:
            return False, 0.0
        scale += exponent_sign * exponent
    if start < end:
        return False, 0.0
    # Dividing by an exact power of ten rounds once, so short decimals are exact.
    value = mantissa / 10.0**-scale if scale < 0 else mantissa * 10.0**scale
    return bool(np.isfinite(value)), sign * value


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _field_end(data: NDArray[np.uint8], start: int, separator: int) -> int:
    """Give the place of the separator or line end that closes an unquoted field."""
    end = start
    while data[end] != separator and data[end] != _LF:
        end += 1
    if data[end] == _LF and end > start and data[end - 1] == _CR:
        end -= 1
    return end


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _closing_quote(data: NDArray[np.uint8], start: int) -> int:
    """Give the place of the quote that closes a field opened before `start`, or -1."""
    end = start
    while data[end] != _LF:
        if data[end] == _QUOTE:
            if data[end + 1] != _QUOTE:
                return end
            end += 1
        end += 1
    return -1


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def parse_lines(
    data: NDArray[np.uint8],
    separator: int,
    kinds: NDArray[np.int8],
    slots: NDArray[np.int64],
    values: NDArray[np.float64],
    spans: NDArray[np.int64],
    lines: NDArray[np.int64],
    first_line: int,
) -> tuple[int, int, int, int, int, int]:
    """Parse a block of whole lines.

    Parameters
    ----------
    data
        The bytes; the last one is a line feed.
    separator
        The byte between fields.
    kinds
        What each field holds (`SKIP`, `TEXT`, `COUNT`), shape ``(n_fields,)``.
    slots
        The column of `values` or `spans` that each field goes to, shape ``(n_fields,)``.
    values
        Filled with the numbers, shape ``(at least n_lines, n_count_fields)``.
    spans
        Filled with start and end of the text fields, shape
        ``(at least n_lines, n_text_fields, 2)``.
    lines
        Filled with the line number of each row, shape ``(at least n_lines,)``.
    first_line
        The number of the block's first line.

    Returns
    -------
    tuple
        Rows parsed, how it ended (`OK`, `RAGGED`, `BAD_NUMBER`, `BAD_QUOTE`), and for the
        last three the line, the field (for `RAGGED` the number of fields found), and the
        start and end of the cell.
    """
    n_fields = kinds.size
    size = data.size
    at = 0
    row = 0
    line = first_line
    while at < size:
        if data[at] == _LF or (data[at] == _CR and data[at + 1] == _LF):
            at += 1 if data[at] == _LF else 2
            line += 1
            continue
        lines[row] = line
        field = 0
        while True:
            if field >= n_fields:
                found = n_fields + 1
                while data[at] != _LF:
                    found += data[at] == separator
                    at += 1
                return row, RAGGED, line, found, at, at
            kind = kinds[field]
            start = at
            if data[at] == _QUOTE:
                start = at + 1
                end = _closing_quote(data, start)
                if end < 0:
                    return row, BAD_QUOTE, line, field, at, at
                at = end + 1
                if data[at] == _CR and data[at + 1] == _LF:
                    at += 1
                if data[at] != separator and data[at] != _LF:
                    return row, BAD_QUOTE, line, field, start - 1, at
                if kind == COUNT:
                    good, number = _parse_number(data, start, end)
                    if not good:
                        return row, BAD_NUMBER, line, field, start, end
                    values[row, slots[field]] = number
            elif kind == COUNT:
                # Nearly every cell is a short run of digits: read it while finding its end.
                whole = 0
                while _ZERO <= data[at] <= _NINE and at - start < 18:
                    whole = whole * 10 + (data[at] - _ZERO)
                    at += 1
                end = at
                if at > start and (data[at] == separator or data[at] == _LF):
                    values[row, slots[field]] = whole
                else:
                    end = _field_end(data, start, separator)
                    good, number = _parse_number(data, start, end)
                    if not good:
                        return row, BAD_NUMBER, line, field, start, end
                    values[row, slots[field]] = number
                    at = end + 1 if data[end] == _CR else end
            else:
                end = _field_end(data, start, separator)
                # A carriage return before a separator is not a line end.
                at = end + 1 if data[end] == _CR and data[end + 1] == _LF else end
            if kind == TEXT:
                spans[row, slots[field], 0] = start
                spans[row, slots[field], 1] = end
            field += 1
            if data[at] == _LF:
                break
            at += 1
        if field != n_fields:
            return row, RAGGED, line, field, at, at
        at += 1
        line += 1
        row += 1
    return row, OK, line, 0, 0, 0
