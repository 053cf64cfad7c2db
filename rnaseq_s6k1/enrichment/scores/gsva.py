"""Gene-set variation analysis, as gseapy ships it.

Each gene's expression is turned into its place in the gene's distribution over the samples, by a
Gaussian kernel; within a sample genes are ranked by that, and a set's score is the sum of the
largest positive and the largest negative deviation of the running sum (Hänzelmann, Castelo and
Guinney, BMC Bioinformatics 2013, 14:7; ``max.diff``). gseapy: Fang, Liu and Peltz, Bioinformatics
2023, 39:btac757. Genes that do not vary are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from rnaseq_s6k1.enrichment.scores.method import FloatArray, MethodInfo, ScoredSet
from rnaseq_s6k1.enrichment.scores.through_gseapy import scores_from_gseapy

__all__ = ["INFO", "score"]

INFO = MethodInfo(
    name="gsva",
    title="gene-set variation analysis",
    scale="-1 to 1; a difference of distribution functions",
    limits=(
        "relative to the samples scored together, of which it needs about ten: not comparable "
        "between data sets; the score of a pair is that of its up genes less that of its down "
        "genes, from -2 to 2"
    ),
    reference="Hänzelmann et al., BMC Bioinformatics 2013, 14:7",
    needs_cohort=True,
    fewest_samples=2,
)


def score(expression: FloatArray, sets: Sequence[ScoredSet], *, seed: int, jobs: int) -> FloatArray:
    """Score each sample on each set; see `ScoreMethod.score`."""
    import gseapy

    varying = np.where(np.ptp(expression, axis=0) > 0, expression, np.nan)

    def run(frame: pd.DataFrame, keyed: dict[str, list[str]]) -> Any:
        return gseapy.gsva(
            frame,
            keyed,
            outdir=None,
            kcdf="Gaussian",
            weight=1.0,
            mx_diff=True,
            abs_rnk=False,
            min_size=1,
            max_size=len(frame),
            threads=jobs,
            seed=seed,
        )

    return scores_from_gseapy(run, varying, sets)
