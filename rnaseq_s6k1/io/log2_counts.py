"""From ``log2(count + 1)`` back to the counts, where that is exact.

A count ``c`` written as ``x = log2(c + 1)`` comes back as ``2^x - 1``. An error ``e`` in ``x``,
from printing or from storing it as a 32-bit float, becomes a relative error ``e ln 2`` in
``c + 1``. So a value tells one count, and no other, as long as ``(c + 1) e ln 2 < 1/2``; and the
matrix holds counts only if every ``2^x`` lies within that error of a whole number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LOG2_PRECISIONS", "UndoneLog2", "printed_decimals", "undo_log2"]

#: Precisions tried in order, the finest first.
LOG2_PRECISIONS = ("double", "float32", "printed")
_LN2 = float(np.log(2.0))
# Units in the last place, for the logarithm, the text, reading it (`text_kernels` may be some
# units off in 17 digits) and the power together. At 10^8 counts it is still 10^-5 of a count.
_DOUBLE_ULPS = 16.0
_BLOCK_ROWS = 1024


@dataclass(frozen=True)
class UndoneLog2:
    """What ``2^x - 1`` of a matrix gives.

    Attributes
    ----------
    values
        Shape ``(n_genes, n_samples)``, float64: whole where `whole` is true for the sample,
        elsewhere ``2^x - 1`` as it is.
    precision
        The finest of `LOG2_PRECISIONS` under which at least half of the samples are whole, or
        ``""`` where there is none.
    whole
        Shape ``(n_samples,)``: whether all values of a sample are whole within the precision.
    undetermined
        Gene and sample of the largest value for which the precision leaves several counts, or
        None.
    """

    values: NDArray[np.float64]
    precision: str
    whole: NDArray[np.bool_]
    undetermined: tuple[int, int] | None


def printed_decimals(cells: Sequence[str]) -> int:
    """Give the largest number of digits after the decimal point among printed numbers."""
    longest = 0
    for cell in cells:
        mantissa, _, exponent = cell.strip().lower().partition("e")
        digits = len(mantissa.partition(".")[2])
        if exponent.lstrip("+-").isdigit():
            digits -= int(exponent)
        longest = max(longest, digits)
    return longest


def undo_log2(logs: NDArray[np.float64], *, decimals: int) -> UndoneLog2:
    """Turn ``log2(count + 1)`` back into counts.

    Parameters
    ----------
    logs
        Shape ``(n_genes, n_samples)``, finite, not negative, log2.
    decimals
        Digits after the decimal point that the values were printed with.

    Returns
    -------
    UndoneLog2
        The counts, how exact they are, and for which samples.
    """
    n_samples = logs.shape[1]
    values = np.empty_like(logs)
    fits = {name: np.ones(n_samples, dtype=bool) for name in LOG2_PRECISIONS}
    largest: dict[str, tuple[float, tuple[int, int]]] = {}
    for start in range(0, len(logs), _BLOCK_ROWS):
        block = logs[start : start + _BLOCK_ROWS]
        power = np.exp2(block)
        away = np.abs(power - np.rint(power))
        values[start : start + _BLOCK_ROWS] = power - 1.0
        for name in LOG2_PRECISIONS:
            within = _tolerance(name, block, power, decimals)
            fits[name] &= (away <= within).all(axis=0)
            open_cells = np.where(within >= 0.5, block, -1.0)
            at = int(np.argmax(open_cells))
            if open_cells.flat[at] > largest.get(name, (-1.0, (0, 0)))[0]:
                gene, sample = np.unravel_index(at, block.shape)
                largest[name] = (float(open_cells.flat[at]), (start + int(gene), int(sample)))
    for name in LOG2_PRECISIONS:
        if n_samples and 2 * int(fits[name].sum()) >= n_samples:
            whole = fits[name]
            values[:, whole] = np.rint(values[:, whole])
            return UndoneLog2(values, name, whole, largest.get(name, (0.0, None))[1])
    return UndoneLog2(values, "", np.zeros(n_samples, dtype=bool), None)


def _tolerance(
    name: str, logs: NDArray[np.float64], power: NDArray[np.float64], decimals: int
) -> NDArray[np.float64]:
    """Give how far ``2^x`` may lie from ``c + 1`` under a precision, in counts."""
    double = _DOUBLE_ULPS * (_LN2 * np.spacing(logs) + np.finfo(np.float64).eps)
    if name == "double":
        return np.asarray(power * double)
    if name == "float32":
        half = 0.5 * np.spacing(logs.astype(np.float32)).astype(np.float64)
        return np.asarray(power * (_LN2 * half * 1.001 + double))
    return np.asarray(power * (_LN2 * 0.5 * 10.0**-decimals * 1.001 + double))
