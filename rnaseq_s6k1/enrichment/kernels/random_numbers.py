r"""Random numbers whose stream is named, so that no draw depends on what was drawn before.

SplitMix64 (Steele, Lea and Flood, OOPSLA 2014, doi 10.1145/2660193.2660195): the state is a
counter that grows by the odd constant :math:`\gamma`, and each number is a scrambled copy of it,

.. math::
    s_{i+1} = s_i + \gamma \bmod 2^{64}, \qquad x_i = \mathrm{mix}(s_{i+1}).

A stream starts at :math:`s_0 = \mathrm{mix}(\mathrm{mix}(\text{seed}) + \text{number})`: every
permutation and every gene set has a stream of its own, named by the seed and a number. Which
thread draws it, and what other streams there are, cannot matter.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import kernel, released_kernel

__all__ = ["below", "name_streams", "open_stream", "uniform"]

Stream = NDArray[np.uint64]

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_SHIFT_1, _SHIFT_2, _SHIFT_3 = np.uint64(30), np.uint64(27), np.uint64(31)
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
# A double has 53 bits behind its point.
_SPARE_BITS = np.uint64(11)
_UNIT = 2.0**-53


@kernel
def _mix(value: np.uint64) -> np.uint64:
    value = (value ^ (value >> _SHIFT_1)) * _MIX_1
    value = (value ^ (value >> _SHIFT_2)) * _MIX_2
    return value ^ (value >> _SHIFT_3)


@kernel
def open_stream(seed: int, number: np.uint64) -> Stream:
    """Return the stream of that number: its state, an array of one unsigned integer."""
    stream = np.empty(1, np.uint64)
    stream[0] = _mix(_mix(np.uint64(seed)) + np.uint64(number))
    return stream


@released_kernel
def name_streams(flat: NDArray[np.int64], offsets: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return a number for each set of positions that depends on these positions alone.

    Positions are chained, each mixed with what came before it; those of set *s* are, ascending,
    ``flat[offsets[s] : offsets[s + 1]]``.
    """
    names = np.zeros(len(offsets) - 1, np.uint64)
    for s in range(len(names)):
        for i in range(offsets[s], offsets[s + 1]):
            names[s] = _mix(names[s] + np.uint64(flat[i]) + _GAMMA)
    return names


@kernel
def _next(stream: Stream) -> np.uint64:
    stream[0] += _GAMMA
    return _mix(stream[0])


@kernel
def uniform(stream: Stream) -> float:
    """Draw from the uniform distribution on [0, 1)."""
    return (_next(stream) >> _SPARE_BITS) * _UNIT


@kernel
def below(stream: Stream, bound: int) -> np.int64:
    r"""Draw an integer from 0 to `bound` - 1, each equally likely; `bound` is below 2^32.

    Lemire (ACM Trans. Model. Comput. Simul. 2019, 29:3): with *x* uniform on 32 bits, the
    high half of :math:`x \cdot b` is the draw, unless its low half falls among the
    :math:`2^{32} \bmod b` values that would favour some results.
    """
    wide = np.uint64(bound)
    product = (_next(stream) >> _HALF) * wide
    if (product & _LOW) < wide:
        threshold = (np.uint64(1) << _HALF) % wide
        while (product & _LOW) < threshold:
            product = (_next(stream) >> _HALF) * wide
    return np.int64(product >> _HALF)
