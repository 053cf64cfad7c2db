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
from rnaseq_s6k1.enrichment.kernels.random_numbers import below, uniform

__all__ = ["binomial_tables", "draw_counts", "log_normaliser", "place_genes", "suffix_table"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Stream = NDArray[np.uint64]

# Counts are followed this many standard deviations, and genes, from their mean: what lies
# beyond has a probability below 1e-15.
_DEVIATIONS = 8.0
_ALLOWANCE = 10.0


@kernel
def binomial_tables(counts: IntArray, log_odds: FloatArray, k: int) -> tuple[FloatArray, IntArray]:
    """Return :math:`f_b(m)` of all bins, one after another, and where each bin's begin.

    :math:`f_b(m)` is ``tables[starts[b] + m]``; those of bin *b* end before ``starts[b + 1]``.
    """
    n_bins = len(counts)
    starts = np.zeros(n_bins + 1, np.int64)
    for b in range(n_bins):
        chance = 1.0 / (1.0 + math.exp(-log_odds[b]))
        mean = counts[b] * chance
        reach = mean + _DEVIATIONS * math.sqrt(mean * (1.0 - chance)) + _ALLOWANCE
        starts[b + 1] = starts[b] + min(counts[b], k, int(reach)) + 1
    tables = np.empty(starts[n_bins])
    for b in range(n_bins):
        log_value = -counts[b] * math.log1p(math.exp(log_odds[b]))
        tables[starts[b]] = math.exp(log_value)
        for m in range(1, starts[b + 1] - starts[b]):
            log_value += math.log((counts[b] - m + 1) / m) + log_odds[b]
            tables[starts[b] + m] = math.exp(log_value)
    return tables, starts


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
    counts: IntArray, log_odds: FloatArray, tables: FloatArray, starts: IntArray, k: int
) -> tuple[FloatArray, IntArray]:
    """Return *T* and where its rows begin: :math:`T_{b,m}` is ``suffix[b, m - first[b]]``."""
    n_bins = len(counts)
    first, last = _windows(counts, log_odds, k)
    suffix = np.zeros((n_bins + 1, (last - first).max() + 1))
    suffix[n_bins, 0] = 1.0
    for b in range(n_bins - 1, -1, -1):
        row, later = suffix[b], suffix[b + 1]
        shift = first[b + 1] - first[b]
        for x in range(starts[b + 1] - starts[b]):
            chance = tables[starts[b] + x]
            low = max(first[b + 1], first[b] - x) - first[b + 1]
            high = min(last[b + 1], last[b] - x) - first[b + 1]
            for i in range(low, high + 1):
                row[i + shift + x] += chance * later[i]
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
    starts: IntArray,
    suffix: FloatArray,
    first: IntArray,
    k: int,
    drawn: IntArray,
) -> None:
    """Draw how many genes each bin holds, into `drawn`, shape ``(n_bins,)``."""
    width = suffix.shape[1]
    m = k
    for b in range(len(drawn)):
        chances, later = tables[starts[b] : starts[b + 1]], suffix[b + 1]
        offset = m - first[b + 1]
        left = uniform(stream) * suffix[b, m - first[b]]
        x = 0
        for candidate in range(max(offset - width + 1, 0), min(len(chances) - 1, offset) + 1):
            chance = chances[candidate] * later[offset - candidate]
            if chance > 0.0:
                # Should rounding leave some of `left`, the last possible number stands.
                x = candidate
                left -= chance
                if left < 0.0:
                    break
        drawn[b] = x
        m -= x


@kernel
def place_genes(stream: Stream, edges: IntArray, drawn: IntArray, positions: IntArray) -> None:
    """Choose the genes within each bin, ascending, into `positions`, shape ``(k,)``."""
    end = 0
    for b in range(len(drawn)):
        wanted = drawn[b]
        first, width = edges[b], edges[b + 1] - edges[b]
        if 4 * wanted > width:
            end = _place_most(stream, first, width, wanted, positions, end)
        elif wanted > 0:
            end = _place_few(stream, first, width, wanted, positions, end)


@kernel
def _place_most(
    stream: Stream, first: int, width: int, wanted: int, positions: IntArray, end: int
) -> int:
    """Knuth's selection sampling: each gene with what is still wanted over what is to come."""
    for ahead in range(width, 0, -1):
        if wanted > 0 and below(stream, ahead) < wanted:
            positions[end] = first + width - ahead
            end += 1
            wanted -= 1
    return end


@kernel
def _place_few(
    stream: Stream, first: int, width: int, wanted: int, positions: IntArray, end: int
) -> int:
    """Draw again what was drawn before, and keep the list sorted."""
    begin = end
    while wanted > 0:
        position = first + below(stream, width)
        at = end
        while at > begin and positions[at - 1] > position:
            at -= 1
        if at > begin and positions[at - 1] == position:
            continue
        for i in range(end, at, -1):
            positions[i] = positions[i - 1]
        positions[at] = position
        end += 1
        wanted -= 1
    return end
