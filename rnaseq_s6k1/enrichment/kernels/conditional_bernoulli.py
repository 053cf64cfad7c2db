r"""Random sets of exactly *k* genes in which genes have unequal chances.

Let each gene *i* be included by itself with log odds :math:`\ell_i`, and let only sets of *k*
genes count (the conditional Bernoulli distribution: Chen, Dempster and Liu, Biometrika 1994,
81:457). With :math:`\pi_i = \operatorname{logit}^{-1} \ell_i` a set *S* has the probability

.. math::
    Q(S) = \frac{\prod_{i \in S} \pi_i \prod_{i \notin S} (1 - \pi_i)}{T_{0,k}},

where :math:`T_{0,k}` is the probability that *k* genes are included. Genes of a bin have equal
odds, so the number of included genes of bin *b*, of :math:`n_b` genes, is binomial,
:math:`f_b(m) = \binom{n_b}{m} \pi_b^m (1 - \pi_b)^{n_b - m}`, and the probability that the bins
from *b* on include *m* genes follows backwards from the last bin,

.. math::
    T_{B,0} = 1, \qquad T_{b,m} = \sum_{x} f_b(x) \, T_{b+1,\, m-x}.

Only those *m* are followed that occur with any probability worth a number: a window of each row.
Forwards, the first bin holds *x* genes of the *m* that are still to come with probability
:math:`f_b(x) \, T_{b+1,\,m-x} / T_{b,m}`, and so on; within its bin each choice of genes is
equally likely.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import kernel
from rnaseq_s6k1.enrichment.kernels.random_numbers import below, uniforms

__all__ = [
    "SLOTS",
    "binomial_tables",
    "draw_counts",
    "log_normaliser",
    "place_genes",
    "suffix_table",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Stream = NDArray[np.uint64]

# Counts are followed this many standard deviations, and genes, from their mean: what lies
# beyond has a probability below 1e-15.
_DEVIATIONS = 8.0
_ALLOWANCE = 10.0
# How many numbers of a bin's genes are looked at together, the likeliest ones.
_LIKELY = 6
#: Genes of a bin that are written down together.
SLOTS = 8
# Natural logarithm of a number that doubles still hold.
_UNDERFLOW = -700.0


@kernel
def binomial_tables(
    counts: IntArray, log_odds: FloatArray, k: int
) -> tuple[FloatArray, IntArray, IntArray]:
    """Return :math:`f_b(m)`, one row a bin, the largest *m* followed, and the likely ones.

    The likely ones are the `_LIKELY` numbers from the last array's on; rows have room for them.
    """
    n_bins = len(counts)
    most = np.empty(n_bins, np.int64)
    likely = np.empty(n_bins, np.int64)
    for b in range(n_bins):
        chance = 1.0 / (1.0 + math.exp(-log_odds[b]))
        mean = counts[b] * chance
        reach = mean + _DEVIATIONS * math.sqrt(mean * (1.0 - chance)) + _ALLOWANCE
        most[b] = min(counts[b], k, int(reach))
        likely[b] = min(max(int(mean - 0.5 * _LIKELY + 1.0), 0), most[b])
    tables = np.zeros((n_bins, most.max() + _LIKELY + 1))
    for b in range(n_bins):
        odds = math.exp(log_odds[b])
        log_value = -counts[b] * math.log1p(odds)
        if log_value > _UNDERFLOW:
            value = math.exp(log_value)
            tables[b, 0] = value
            for m in range(1, most[b] + 1):
                value *= (counts[b] - m + 1) * odds / m
                tables[b, m] = value
        else:
            for m in range(1, most[b] + 1):
                log_value += math.log((counts[b] - m + 1) / m) + log_odds[b]
                tables[b, m] = math.exp(log_value)
    return tables, most, likely


@kernel
def _windows(counts: IntArray, log_odds: FloatArray, k: int) -> tuple[IntArray, IntArray]:
    """Return the first and the last number of genes followed from each bin on."""
    n_bins = len(counts)
    first = np.zeros(n_bins + 1, np.int64)
    last = np.zeros(n_bins + 1, np.int64)
    mean, variance = 0.0, 0.0
    for b in range(n_bins - 1, -1, -1):
        chance = 1.0 / (1.0 + math.exp(-log_odds[b]))
        mean += counts[b] * chance
        variance += counts[b] * chance * (1.0 - chance)
        reach = _DEVIATIONS * math.sqrt(variance) + _ALLOWANCE
        first[b] = min(max(int(mean - reach), 0), k)
        last[b] = min(int(mean + reach) + 1, k)
    return first, last


@kernel
def suffix_table(
    counts: IntArray, log_odds: FloatArray, tables: FloatArray, most: IntArray, k: int
) -> tuple[FloatArray, IntArray]:
    """Return *T* and where its rows begin: :math:`T_{b,m}` is ``suffix[b, m - first[b]]``."""
    n_bins = len(most)
    first, last = _windows(counts, log_odds, k)
    suffix = np.zeros((n_bins + 1, (last - first).max() + 1))
    suffix[n_bins, 0] = 1.0
    for b in range(n_bins - 1, -1, -1):
        row, later = suffix[b], suffix[b + 1]
        shift = first[b + 1] - first[b]
        for x in range(most[b] + 1):
            low = max(first[b + 1], first[b] - x) - first[b + 1]
            high = min(last[b + 1], last[b] - x) - first[b + 1]
            if high >= low:
                source, target = later[low : high + 1], row[low + shift + x : high + shift + x + 1]
                for i in range(len(source)):
                    target[i] += tables[b, x] * source[i]
    return suffix, first


@kernel
def log_normaliser(counts: IntArray, log_odds: FloatArray, chance_of_k: float) -> float:
    r"""Return :math:`\log Q(S) - \sum_{i \in S} \ell_i`, the same for every set of *k* genes.

    `chance_of_k` is :math:`T_{0,k}`.
    """
    total = -math.log(chance_of_k)
    for b in range(len(counts)):
        total -= counts[b] * math.log1p(math.exp(log_odds[b]))
    return total


@kernel
def draw_counts(
    stream: Stream,
    tables: FloatArray,
    most: IntArray,
    likely: IntArray,
    suffix: FloatArray,
    first: IntArray,
    k: int,
    drawn: IntArray,
) -> None:
    """Draw how many genes each bin holds, of several sets, into `drawn`, ``(n_sets, n_bins)``.

    The possible numbers share an interval; the one that a uniform draw falls on is the bin's.
    Their order along the interval is free: the likely ones come first. Sets go through a bin
    together, so that the processor need not wait for one to begin the next.
    """
    width = suffix.shape[1]
    remaining = np.full(len(drawn), k)
    values = np.empty(len(drawn))
    for b in range(len(most)):
        row, this, later = tables[b], suffix[b], suffix[b + 1]
        uniforms(stream, values)
        for s in range(len(drawn)):
            left = values[s] * this[remaining[s] - first[b]]
            offset = remaining[s] - first[b + 1]
            start = likely[b]
            # What is looked at together must lie in the window of the row.
            together = start + _LIKELY <= offset < start + width
            x = start
            if together:
                # Without a branch that depends on the draw: processors guess those wrong.
                share = 0.0
                for i in range(_LIKELY):
                    share += row[np.uint64(start + i)] * later[np.uint64(offset - start - i)]
                    x += share <= left
                if x == start + _LIKELY:
                    left -= share
            else:
                start = -_LIKELY
            if not together or x == start + _LIKELY:
                x = _unlikely_count(row, most[b], later, offset, start, left)
            drawn[s, b] = x
            remaining[s] -= x


@kernel
def _unlikely_count(
    row: FloatArray, most: int, later: FloatArray, offset: int, start: int, left: float
) -> int:
    """Return the number of genes on which a draw falls that is none of those from `start`."""
    x = -1
    for candidate in range(max(offset - len(later) + 1, 0), min(most, offset) + 1):
        if start <= candidate < start + _LIKELY:
            continue
        chance = row[candidate] * later[offset - candidate]
        if chance > 0.0:
            # Should rounding leave some of `left`, the last possible number stands.
            x = candidate
            left -= chance
            if left < 0.0:
                break
    # Rounding alone brings a draw here without such a number: the last likely one stands.
    return x if x >= 0 else min(start + _LIKELY - 1, most, offset)


@kernel
def place_genes(
    stream: Stream,
    edges: IntArray,
    drawn: IntArray,
    begins: IntArray,
    bin_of: IntArray,
    values: FloatArray,
    positions: IntArray,
) -> None:
    """Choose the genes of each bin, each choice equally likely.

    A gene is drawn anew while it is one that its bin has, so that the genes of a bin are a
    random choice without repeats. All are drawn at once first: repeats are few.

    Parameters
    ----------
    stream, edges, drawn
        Random numbers, the bins, and how many genes each of them holds.
    begins
        Filled with where in `positions` the genes of each bin begin, and with the end.
    bin_of, values
        Room to work, shapes ``(k + SLOTS,)`` and ``(k,)``.
    positions
        Filled, bin after bin; the genes of one bin are in no order; shape ``(k,)``.
    """
    end, largest = 0, 0
    for b in range(len(drawn)):
        begins[b] = end
        # A fixed number of slots is written, and written over by the next bin: that needs no
        # guess of how many there are. Unsigned places cannot count from the end, and are
        # spared that question too.
        for i in range(SLOTS):
            bin_of[np.uint64(end) + np.uint64(i)] = b
        if drawn[b] > SLOTS:
            bin_of[end + SLOTS : end + drawn[b]] = b
        end += drawn[b]
        largest = max(largest, drawn[b])
    begins[len(drawn)] = end
    uniforms(stream, values)
    for i in range(len(positions)):
        first, last = edges[bin_of[i]], edges[bin_of[i] + 1]
        positions[i] = first + int(values[i] * (last - first))
    for apart in range(1, largest):
        earlier, later = positions[: end - apart], positions[apart:end]
        if _count_equal(earlier, later) > 0:
            for i in range(end - apart):
                if earlier[i] == later[i]:
                    b = bin_of[i]
                    genes = positions[begins[b] : begins[b + 1]]
                    _replace_repeats(stream, edges[b], edges[b + 1] - edges[b], genes)


@kernel
def _count_equal(first: IntArray, second: IntArray) -> int:
    found = 0
    for i in range(len(first)):
        found += first[i] == second[i]
    return found


@kernel
def _replace_repeats(stream: Stream, first: int, width: int, genes: IntArray) -> None:
    """Draw again each gene of a bin that stands before it already."""
    for i in range(1, len(genes)):
        again = True
        while again:
            again = False
            for j in range(i):
                again = again or genes[j] == genes[i]
            if again:
                genes[i] = first + below(stream, width)
