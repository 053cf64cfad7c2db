r"""Probabilities of rare enrichment scores by importance sampling.

The chance *P* that a random set of *k* genes scores at least :math:`\gamma` is the mean, over
sets *S* drawn from another distribution, of

.. math::
    Y = 1[\mathrm{score}(S) \ge \gamma] \cdot \frac{U}{Q(S)}, \qquad
    U = \binom{N}{k}^{-1}, \qquad Q(S) = \sum_c q_c \, Q_c(S),

whatever the distributions :math:`Q_c` are, as long as they yield every set that counts: the
estimate is unbiased, and good choices only make it precise. Here they are the tilts of
`rnaseq_s6k1.enrichment.kernels.mixture`, drawn as in
`rnaseq_s6k1.enrichment.kernels.conditional_bernoulli`, a fixed part :math:`q_c` of the draws
from each. With means :math:`\bar Y_c` and variances :math:`s_c^2` of the :math:`M_c` draws from
tilt *c*, :math:`M = \sum_c M_c`,

.. math::
    \hat P = \sum_c \frac{M_c}{M} \bar Y_c, \qquad
    \operatorname{SE}^2 = \sum_c \frac{M_c}{M^2} s_c^2.

Draws go on, round after round, until the relative error :math:`\operatorname{SE} / \hat P` is
small enough (see `Effort`) or the rounds are used up. Scores above 0 alone are looked at; sets
at the other end are turned round with the ranking.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import kernel, released_kernel
from rnaseq_s6k1.enrichment.kernels.bins import bin_means, with_edges_at
from rnaseq_s6k1.enrichment.kernels.conditional_bernoulli import (
    binomial_tables,
    draw_counts,
    log_normaliser,
    place_genes,
    suffix_table,
)
from rnaseq_s6k1.enrichment.kernels.mixture import choose_mixture
from rnaseq_s6k1.enrichment.kernels.random_numbers import open_stream
from rnaseq_s6k1.enrichment.kernels.score import TIE, TWO_SIDED, extremes

__all__ = ["Effort", "Side", "tail_probabilities"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
NameArray = NDArray[np.uint64]
Stream = NDArray[np.uint64]

# A tilt gets at least this many draws a round: its variance has to be estimated.
_FEWEST = 8
# Tilts drawn from with the coarse bins and with the fine ones.
_FEW_TILTS, _MANY_TILTS = 8, 24
# Probabilities below about e^-14, or one in a million, need fine bins: there the odds of
# neighbouring genes, and of crossing at neighbouring boundaries, differ much.
_FINE_BELOW = -14.0


class Side(NamedTuple):
    """A ranking seen from the end at which scores are positive.

    Attributes
    ----------
    weights
        Weight of every position, shape ``(N,)``.
    weight_before
        Total weight before each position, and of all, shape ``(N + 1,)``.
    coarse, fine
        Edges of few and of many bins; see `rnaseq_s6k1.enrichment.kernels.bins`.
    strict
        Whether a set with equally large deviations on both sides belongs to the other side.
    """

    weights: FloatArray
    weight_before: FloatArray
    coarse: IntArray
    fine: IntArray
    strict: bool


class Effort(NamedTuple):
    """How much is drawn.

    Attributes
    ----------
    draws
        Draws a round.
    rounds
        Most rounds.
    target
        Relative error that ends them.
    log_tiny, tiny_target
        Where the natural logarithm of the probability is below `log_tiny`, the relative error
        that ends them is `tiny_target`.
    """

    draws: int
    rounds: int
    target: float
    log_tiny: float
    tiny_target: float


class _Proposal(NamedTuple):
    """The mixture that sets of one size are drawn from, by tilt, and its tables."""

    edges: IntArray
    draws: IntArray
    constants: FloatArray
    log_odds: FloatArray
    tables: list[FloatArray]
    starts: list[IntArray]
    suffixes: list[FloatArray]
    firsts: list[IntArray]


@kernel
def _reaches(
    positions: IntArray, weights: FloatArray, score: float, score_type: int, strict: bool
) -> bool:
    """Whether a set counts: it scores `score` or more, and on this side."""
    high, low = extremes(positions, weights)
    if high < score - TIE:
        return False
    if score_type != TWO_SIDED:
        return True
    return high > -low + TIE if strict else high >= -low - TIE


@kernel
def _log_mixture(
    drawn: IntArray, log_odds: FloatArray, constants: FloatArray, terms: FloatArray
) -> float:
    r"""Return :math:`\log \sum_c q_c Q_c(S)`; `constants` hold log q_c and the normaliser."""
    terms[:] = constants
    for b in range(len(drawn)):
        if drawn[b] > 0:
            for c in range(len(terms)):
                terms[c] += drawn[b] * log_odds[b, c]
    largest: float = terms.max()
    total = 0.0
    for c in range(len(terms)):
        total += math.exp(terms[c] - largest)
    return largest + math.log(total)


@kernel
def _estimate(log_weights: FloatArray, tilt_of: IntArray, n_tilts: int) -> tuple[float, float]:
    """Return the log of the mean weight and its relative standard error."""
    reference = log_weights.max()
    if reference == -np.inf:
        return -np.inf, np.inf
    number = np.zeros(n_tilts)
    sums = np.zeros(n_tilts)
    squares = np.zeros(n_tilts)
    for i in range(len(log_weights)):
        weight = math.exp(log_weights[i] - reference)
        number[tilt_of[i]] += 1.0
        sums[tilt_of[i]] += weight
        squares[tilt_of[i]] += weight * weight
    total, variance = 0.0, 0.0
    for c in range(n_tilts):
        mean = sums[c] / number[c]
        total += sums[c]
        variance += number[c] * (squares[c] - number[c] * mean * mean) / (number[c] - 1.0)
    mean = total / len(log_weights)
    return reference + math.log(mean), math.sqrt(max(variance, 0.0)) / total


@kernel
def _choose_bins(side: Side, k: int, score: float) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return edges, and the tilts' log odds and shares, from as many bins as are needed."""
    # A set that nearly fills the head of the ranking has no other place to cross.
    own = np.array([min(k, len(side.weights) - k), max(k, len(side.weights) - k)])
    edges = with_edges_at(side.coarse, own)
    means = bin_means(side.weight_before, edges)
    log_odds, shares, log_chance = choose_mixture(
        edges[1:] - edges[:-1], means, k, score, _FEW_TILTS
    )
    if log_chance < _FINE_BELOW:
        edges = with_edges_at(side.fine, own)
        means = bin_means(side.weight_before, edges)
        log_odds, shares, log_chance = choose_mixture(
            edges[1:] - edges[:-1], means, k, score, _MANY_TILTS
        )
    return edges, log_odds, shares


@kernel
def _propose(side: Side, k: int, score: float, draws: int) -> _Proposal:
    """Choose the tilts for a score and tabulate what drawing from them needs."""
    edges, log_odds, shares = _choose_bins(side, k, score)
    counts = edges[1:] - edges[:-1]
    parts = np.empty(len(shares), np.int64)
    for c in range(len(shares)):
        parts[c] = max(round(draws * shares[c]), _FEWEST)
    constants = np.empty(len(shares))
    all_tables = []
    all_starts = []
    all_suffixes = []
    all_firsts = []
    for c in range(len(shares)):
        tables, starts = binomial_tables(counts, log_odds[c], k)
        suffix, first = suffix_table(counts, log_odds[c], tables, starts, k)
        normaliser = log_normaliser(counts, log_odds[c], suffix[0, k - first[0]])
        constants[c] = math.log(parts[c] / parts.sum()) + normaliser
        all_tables.append(tables)
        all_starts.append(starts)
        all_suffixes.append(suffix)
        all_firsts.append(first)
    by_bin = log_odds.T.copy()
    return _Proposal(
        edges, parts, constants, by_bin, all_tables, all_starts, all_suffixes, all_firsts
    )


@kernel
def _draw_round(
    stream: Stream,
    side: Side,
    proposal: _Proposal,
    k: int,
    score: float,
    score_type: int,
    log_weights: FloatArray,
) -> None:
    """Draw each tilt's part of a round and fill in the log weights, tilt after tilt."""
    n = len(side.weights)
    log_uniform = math.lgamma(k + 1.0) + math.lgamma(n - k + 1.0) - math.lgamma(n + 1.0)
    drawn = np.empty(len(proposal.edges) - 1, np.int64)
    positions = np.empty(k, np.int64)
    terms = np.empty(len(proposal.draws))
    done = 0
    for c in range(len(proposal.draws)):
        tables, starts = proposal.tables[c], proposal.starts[c]
        suffix, first = proposal.suffixes[c], proposal.firsts[c]
        for _ in range(proposal.draws[c]):
            draw_counts(stream, tables, starts, suffix, first, k, drawn)
            place_genes(stream, proposal.edges, drawn, positions)
            log_weights[done] = -np.inf
            if _reaches(positions, side.weights, score, score_type, side.strict):
                density = _log_mixture(drawn, proposal.log_odds, proposal.constants, terms)
                log_weights[done] = log_uniform - density
            done += 1


@kernel
def _tail_probability(
    stream: Stream, side: Side, k: int, score: float, score_type: int, effort: Effort
) -> tuple[float, float, int]:
    """Return the log probability of one score, its relative error, and the draws made."""
    n = len(side.weights)
    if score >= 1.0 - TIE and side.weights[:k].min() > 0.0:
        # One set alone scores 1: the one that fills the head of the ranking.
        return math.lgamma(k + 1.0) + math.lgamma(n - k + 1.0) - math.lgamma(n + 1.0), 0.0, 0
    proposal = _propose(side, k, score, effort.draws)
    a_round = proposal.draws.sum()
    if a_round == 0:
        return -np.inf, np.inf, 0
    tilt_of = np.empty(a_round * effort.rounds, np.int64)
    log_weights = np.empty(a_round * effort.rounds)
    log_p, error = -np.inf, np.inf
    done = 0
    while done < len(log_weights):
        _draw_round(
            stream, side, proposal, k, score, score_type, log_weights[done : done + a_round]
        )
        for c in range(len(proposal.draws)):
            tilt_of[done : done + proposal.draws[c]] = c
            done += proposal.draws[c]
        log_p, error = _estimate(log_weights[:done], tilt_of[:done], len(proposal.draws))
        if error < (effort.target if log_p > effort.log_tiny else effort.tiny_target):
            break
    return log_p, error, done


@released_kernel
def tail_probabilities(
    seed: int,
    names: NameArray,
    sizes: IntArray,
    scores: FloatArray,
    score_type: int,
    side: Side,
    effort: Effort,
    log_p: FloatArray,
    errors: FloatArray,
    draws: IntArray,
) -> None:
    """Estimate how probable it is that a random set scores as much as each of some sets.

    Parameters
    ----------
    seed, names
        The random numbers of a set are the stream of that seed and its name.
    sizes, scores
        Sizes of the sets; their scores, positive; shape ``(n_sets,)``.
    score_type
        Where the score is two-sided, a set counts only if it lies on this side.
    side
        The ranking, turned round for scores that were negative.
    effort
        How much is drawn for each set.
    log_p, errors, draws
        Filled with the natural logarithm of the probability (minus infinity where no draw
        reached the score), its relative standard error, and the draws made.
    """
    for s in range(len(sizes)):
        stream = open_stream(seed, names[s])
        log_p[s], errors[s], draws[s] = _tail_probability(
            stream, side, sizes[s], scores[s], score_type, effort
        )
