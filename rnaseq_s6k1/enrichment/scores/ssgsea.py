r"""Single-sample GSEA, as gseapy ships it.

Genes are ranked within a sample, and a set's score is the sum, over all ranks, of the difference
between the weighted distribution function of the set's genes and that of the others (Barbie et al.,
Nature 2009, 462:108), with the rank (10,000 for the highest gene) to the power 0.25 as weight.
gseapy: Fang, Liu and Peltz, Bioinformatics 2023, 39:btac757. Its normalised score divides by the
range over all sets and samples at hand; the plain one, which a set's neighbours do not change, is
given here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from rnaseq_s6k1.enrichment.scores.method import FloatArray, MethodInfo, ScoredSet
from rnaseq_s6k1.enrichment.scores.through_gseapy import scores_from_gseapy

__all__ = ["INFO", "score"]

INFO = MethodInfo(
    name="ssgsea",
    title="single-sample GSEA",
    scale="sum of a difference of distribution functions; grows with the number of genes measured",
    limits=(
        "not comparable between data sets of different genes, nor between sets of different "
        "size; the score of a pair is that of its up genes less that of its down genes"
    ),
    reference="Barbie et al., Nature 2009, 462:108",
    needs_cohort=False,
    fewest_samples=1,
)

_WEIGHT = 0.25
_HIGHEST = 10_000.0


def score(expression: FloatArray, sets: Sequence[ScoredSet], *, seed: int, jobs: int) -> FloatArray:
    """Score each sample on each set; see `ScoreMethod.score`."""
    import gseapy

    # Ranked here, since gseapy would drop genes that are 0 in all samples.
    ranks = np.asarray(rankdata(expression, axis=1)) * (_HIGHEST / expression.shape[1])

    def run(frame: pd.DataFrame, keyed: dict[str, list[str]]) -> Any:
        return gseapy.ssgsea(
            frame,
            keyed,
            outdir=None,
            sample_norm_method=None,
            correl_norm_type="rank",
            weight=_WEIGHT,
            min_size=1,
            max_size=len(frame),
            permutation_num=0,
            no_plot=True,
            threads=jobs,
            seed=seed,
        )

    return scores_from_gseapy(run, ranks, sets)
