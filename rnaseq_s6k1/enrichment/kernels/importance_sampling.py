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
small enough or the rounds are used up. Scores above 0 alone are looked at; sets at the other end
are turned round with the ranking.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import kernel, released_kernel
from rnaseq_s6k1.enrichment.kernels.bins import bin_maxima, bin_means, with_edges_at
from rnaseq_s6k1.enrichment.kernels.conditional_bernoulli import (
    SLOTS,
    binomial_tables,
    draw_counts,
    log_normaliser,
    place_genes,
    suffix_table,
)
from rnaseq_s6k1.enrichment.kernels.mixture import choose_mixture
from rnaseq_s6k1.enrichment.kernels.random_numbers import open_stream
from rnaseq_s6k1.enrichment.kernels.reach import reaches
from rnaseq_s6k1.enrichment.kernels.score import TIE

__all__ = ["Effort", "Side", "tail_probabilities"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
NameArray = NDArray[np.uint64]
Stream = NDArray[np.uint64]

# A tilt gets at least this many draws a round: its variance has to be estimated.
_FEWEST = 8
# Parts of the head of the ranking, up to the last place where a set can cross, that have edges.
_STEPS = 10
# Sets whose bins are drawn together.
_TOGETHER = 32
# Finer bins, and draws from more tilts, are needed where the score is rarer: there the odds of
# neighbouring genes, and of crossing at neighbouring boundaries, differ more. These are used
# until the log probability is above the bound.
_BOUNDS = (-7.0, -16.0, -np.inf)
_TILTS = (8, 12, 24)


class Side(NamedTuple):
    """A ranking seen from the end at which scores are positive.

    Attributes
    ----------
    weights
        Weight of every position, shape ``(N,)``.
    weight_before
        Total weight before each position, and of all, shape ``(N + 1,)``.
    coarse, medium, fine
        Edges of few, more and many bins; see `rnaseq_s6k1.enrichment.kernels.bins`.
    strict
        Whether a set with equally large deviations on both sides belongs to the other side.
    """

    weights: FloatArray
    weight_before: FloatArray
    coarse: IntArray
    medium: IntArray
    fine: IntArray
    strict: bool


class Effort(NamedTuple):
    """How much is drawn.

    Attributes
    ----------
    draws, rounds
        Draws a round, and the most rounds.
    target
        The relative error that ends the draws.
    loose_below, loose_target
        The natural logarithm of the probability below which another error is good enough, and
        that error.
    """

    draws: int
    rounds: int
    target: float
    loose_below: float
    loose_target: float


class _Proposal(NamedTuple):
    """The mixture that sets of one size are drawn from, by tilt, and its tables."""

    edges: IntArray
    heaviest: FloatArray
    draws: IntArray
    constants: FloatArray
    log_odds: FloatArray
    tables: list[FloatArray]
    most: list[IntArray]
    likely: list[IntArray]
    suffixes: list[FloatArray]
    firsts: list[IntArray]


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
    n = len(side.weights)
    own = np.empty(_STEPS + 1, np.int64)
    # A set that nearly fills the head of the ranking has no other place to cross; no set
    # crosses behind the last place, and close before it the odds change fast.
    own[0], own[1] = min(k, n - k), max(k, n - k)
    last = k + int((1.0 - score) * (n - k))
    for i in range(1, _STEPS):
        own[i + 1] = min(max(last * i // _STEPS, 1), n - 1)
    all_edges = (side.coarse, side.medium, side.fine)
    for i in range(len(all_edges)):
        edges = with_edges_at(all_edges[i], own)
        means = bin_means(side.weight_before, edges)
        counts = edges[1:] - edges[:-1]
        log_odds, shares, log_chance = choose_mixture(counts, means, k, score, _TILTS[i])
        if log_chance > _BOUNDS[i]:
            break
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
    all_most = []
    all_likely = []
    all_suffixes = []
    all_firsts = []
    for c in range(len(shares)):
        tables, most, likely = binomial_tables(counts, log_odds[c], k)
        suffix, first = suffix_table(counts, log_odds[c], tables, most, k)
        normaliser = log_normaliser(counts, log_odds[c], suffix[0, k - first[0]])
        constants[c] = math.log(parts[c] / parts.sum()) + normaliser
        all_tables.append(tables)
        all_most.append(most)
        all_likely.append(likely)
        all_suffixes.append(suffix)
        all_firsts.append(first)
    by_bin = log_odds.T.copy()
    heaviest = bin_maxima(side.weights, edges)
    return _Proposal(
        edges,
        heaviest,
        parts,
        constants,
        by_bin,
        all_tables,
        all_most,
        all_likely,
        all_suffixes,
        all_firsts,
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
    drawn = np.empty((_TOGETHER, len(proposal.edges) - 1), np.int64)
    positions = np.empty(k, np.int64)
    bin_of, values = np.empty(k + SLOTS, np.int64), np.empty(k)
    begins = np.empty(len(proposal.edges), np.int64)
    weight_before, uppers = np.empty(k + 1), np.empty(len(proposal.edges) - 1)
    terms = np.empty(len(proposal.draws))
    done = 0
    for c in range(len(proposal.draws)):
        tables, most, likely = proposal.tables[c], proposal.most[c], proposal.likely[c]
        suffix, first = proposal.suffixes[c], proposal.firsts[c]
        for begun in range(0, proposal.draws[c], _TOGETHER):
            several = drawn[: min(_TOGETHER, proposal.draws[c] - begun)]
            draw_counts(stream, tables, most, likely, suffix, first, k, several)
            for counts in several:
                place_genes(stream, proposal.edges, counts, begins, bin_of, values, positions)
                log_weights[done] = -np.inf
                if reaches(
                    positions,
                    begins,
                    proposal.edges,
                    proposal.heaviest,
                    side.weights,
                    score,
                    score_type,
                    side.strict,
                    weight_before,
                    uppers,
                ):
                    density = _log_mixture(counts, proposal.log_odds, proposal.constants, terms)
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
    done, until = 0, a_round
    while done < until:
        _draw_round(
            stream, side, proposal, k, score, score_type, log_weights[done : done + a_round]
        )
        for c in range(len(proposal.draws)):
            tilt_of[done : done + proposal.draws[c]] = c
            done += proposal.draws[c]
        if done >= until:
            log_p, error = _estimate(log_weights[:done], tilt_of[:done], len(proposal.draws))
            target = effort.target if log_p > effort.loose_below else effort.loose_target
            if error >= target:
                # As many more as the error asks for, but no more than there were.
                asked = done * min((error / target) ** 2, 2.0)
                until = min(a_round * math.ceil(asked / a_round), len(log_weights))
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
