r"""Rank score of a single sample, as in singscore.

The *N* genes of a sample are ranked by expression, the lowest 1, ties at their mean rank. For the
*n* genes of a set expected up, with mean rank :math:`\bar R`,

.. math:: S_{up} = \frac{\bar R - R_{min}}{R_{max} - R_{min}} - \frac12, \quad
          R_{min} = \frac{n + 1}{2}, \quad R_{max} = \frac{2N - n + 1}{2},

the bounds being the mean ranks of the *n* lowest and of the *n* highest genes (Foroutan, Bhuva,
Lyu, Horan, Cursons and Davis, BMC Bioinformatics 2018, 19:404). Genes expected down are ranked
from the top, and the score of a pair is the sum of both, from -1 to 1. The paper's software gives
tied genes the lowest of their ranks by default; the mean rank used here makes a score change its
sign when the expression does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from rnaseq_s6k1.enrichment.scores.method import FloatArray, MethodInfo, Positions, ScoredSet

__all__ = ["INFO", "score"]

INFO = MethodInfo(
    name="rank",
    title="rank score (singscore)",
    scale="-0.5 (the set's genes are the lowest) to 0.5 (the highest); -1 to 1 for up/down pairs",
    limits=(
        "made for signatures of known direction; a set with genes going both ways scores near 0; "
        "depends on which genes are measured"
    ),
    reference="Foroutan et al., BMC Bioinformatics 2018, 19:404",
    needs_cohort=False,
    fewest_samples=1,
)


def score(expression: FloatArray, sets: Sequence[ScoredSet], *, seed: int, jobs: int) -> FloatArray:
    """Score each sample on each set; see `ScoreMethod.score` and the module's equation."""
    ranks = np.asarray(rankdata(expression, axis=1))
    scores = np.empty((len(expression), len(sets)))
    for i, one in enumerate(sets):
        scores[:, i] = _centred(ranks, one.up)
        if len(one.down):
            # Ranks from the top are N + 1 - R, which turns the sign of the centred score.
            scores[:, i] -= _centred(ranks, one.down)
    return scores


def _centred(ranks: FloatArray, genes: Positions) -> FloatArray:
    N, n = ranks.shape[1], len(genes)
    lowest, highest = (n + 1) / 2, (2 * N - n + 1) / 2
    if highest == lowest:  # the set is all genes
        return np.full(len(ranks), np.nan)
    return np.asarray((ranks[:, genes].mean(axis=1) - lowest) / (highest - lowest) - 0.5)
