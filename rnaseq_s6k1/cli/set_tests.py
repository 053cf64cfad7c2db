"""The gene-set tests of a ranking, as the options ask for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from rnaseq_s6k1.cli.options import CommonOptions
from rnaseq_s6k1.cli.set_options import PrerankOptions, SampleTestOptions, SetOptions, TestChoice

if TYPE_CHECKING:
    from rnaseq_s6k1.enrichment.gsea import GSEAResult
    from rnaseq_s6k1.enrichment.ranking import Ranking
    from rnaseq_s6k1.enrichment.sample_data import SampleData
    from rnaseq_s6k1.io.gmt import GeneSet

__all__ = ["run_set_tests"]


def run_set_tests(
    ranking: Ranking,
    collections: Mapping[str, Mapping[str, GeneSet]],
    sets: SetOptions,
    prerank: PrerankOptions,
    tests: SampleTestOptions,
    common: CommonOptions,
    *,
    samples: SampleData | None,
    exclude: Collection[str],
    alpha: float,
) -> GSEAResult:
    """Test the sets of some collections; see `rnaseq_s6k1.enrichment.gsea.run_gsea`."""
    from rnaseq_s6k1.enrichment.gsea import run_gsea

    return run_gsea(
        ranking,
        collections,
        min_size=sets.min_size,
        max_size=sets.max_size,
        permutations=prerank.permutations,
        method=prerank.method.value,
        weight=prerank.weight,
        score_type=prerank.score_type.value,
        alpha=alpha,
        fdr_by=sets.fdr_by.value,
        exclude=exclude,
        samples=samples,
        preranked=tests.test is not TestChoice.rotation,
        rotations=tests.rotations,
        also=tests.also_names,
        phenotype=tests.test is TestChoice.phenotype,
        trend=tests.trend,
        robust=tests.robust,
        seed=common.seed,
        jobs=common.cores,
    )
