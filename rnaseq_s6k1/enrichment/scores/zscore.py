r"""Combined z-score of Lee et al.

Each gene is standardised over the samples, and a set's score in sample *j* is

.. math:: Z_j = \frac{1}{\sqrt{k}} \Big(\sum_{g \in up} z_{gj} - \sum_{g \in down} z_{gj}\Big),
          \quad z_{gj} = \frac{x_{gj} - \bar x_g}{s_g}

with *k* genes in all and the standard deviation :math:`s_g` of denominator n - 1 (Lee, Chuang,
Kim, Ideker and Lee, PLoS Computational Biology 2008, 4:e1000217). Genes that do not vary have no
z-score and are left out of set and *k*.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rnaseq_s6k1.enrichment.scores.method import FloatArray, MethodInfo, ScoredSet

__all__ = ["INFO", "score"]

INFO = MethodInfo(
    name="zscore",
    title="combined z-score",
    scale=(
        "standard deviations if genes were independent; as they are not, scores spread more "
        "widely; 0 is the mean of these samples"
    ),
    limits=(
        "relative to the samples scored together: not comparable between data sets, and the mean "
        "over all samples is 0; assumes genes of a set go the same way"
    ),
    reference="Lee et al., PLoS Comput Biol 2008, 4:e1000217",
    needs_cohort=True,
    fewest_samples=2,
)


def score(expression: FloatArray, sets: Sequence[ScoredSet], *, seed: int, jobs: int) -> FloatArray:
    """Score each sample on each set; see `ScoreMethod.score` and the module's equation."""
    spread = expression.std(axis=0, ddof=1)
    # Rounding leaves a constant gene a spread of 1e-16 times its size.
    varies = spread > 1e-12 * np.maximum(np.abs(expression).max(axis=0), 1e-300)
    centred = expression - expression.mean(axis=0)
    z = np.divide(centred, spread, out=np.zeros_like(centred), where=varies)
    scores = np.full((len(expression), len(sets)), np.nan)
    for i, one in enumerate(sets):
        k = int(varies[one.up].sum() + varies[one.down].sum())
        if k:
            total = z[:, one.up].sum(axis=1) - z[:, one.down].sum(axis=1)
            scores[:, i] = total / np.sqrt(k)
    return scores
