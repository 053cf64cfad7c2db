"""Gene-set enrichment of a ranking: matching, testing, adjusting, the table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from rnaseq_s6k1.enrichment.families import FdrBy, adjust_by_family, family_sentence
from rnaseq_s6k1.enrichment.located import ScoreType, check_weight, locate_sets
from rnaseq_s6k1.enrichment.prerank import PrerankMethod, get_prerank_method
from rnaseq_s6k1.enrichment.ranking import Ranking, write_rnk
from rnaseq_s6k1.enrichment.sample_data import SampleData
from rnaseq_s6k1.enrichment.selection import SelectedSets, SetKey, select_sets
from rnaseq_s6k1.errors import UsageError
from rnaseq_s6k1.io.gmt import GeneSet
from rnaseq_s6k1.progress import Progress

__all__ = ["GSEA_COLUMNS", "Evidence", "GSEAResult", "run_gsea"]

Evidence = Literal["established", "gene-sampling only", "none"]

GSEA_COLUMNS: tuple[str, ...] = (
    "collection",
    "set",
    "size",
    "es",
    "nes",
    "pvalue",
    "padj",
    "log10_pvalue",
    "relative_error",
    "rotation_pvalue",
    "rotation_padj",
    "inter_gene_correlation",
    "vif",
    "evidence",
    "leading_edge_size",
    "leading_edge",
)

_OF_ROTATION = ("rotation_pvalue", "rotation_padj", "inter_gene_correlation", "vif")


@dataclass(frozen=True)
class GSEAResult:
    """Tested gene sets.

    Attributes
    ----------
    table
        The columns of `GSEA_COLUMNS`, sorted by collection, p-value, set. Rotation columns
        are NaN where no rotation test ran.
    ranking
        What was tested.
    members
        Genes of each tested set, by (collection, set).
    dropped
        Sets left out, with the reason.
    family
        Over what the false discovery rate is controlled, in words.
    weight, score_type
        Exponent of the statistic, and the side that counts, of the running sums.
    rotation
        The columns of `rnaseq_s6k1.enrichment.sample_tests.ROTATION_TABLE_COLUMNS`, sorted by
        collection and set; None where no rotation test ran.
    """

    table: pd.DataFrame
    ranking: Ranking
    members: Mapping[SetKey, tuple[str, ...]]
    dropped: pd.DataFrame
    family: str
    weight: float = 1.0
    score_type: ScoreType = "std"
    rotation: pd.DataFrame | None = None

    def write(self, folder: Path) -> list[Path]:
        """Write ``gsea.tsv``, ``dropped_sets.tsv``, ``ranks.rnk`` and ``running_sums.tsv``.

        Where the rotation test ran ``rotation.tsv``, too; where it did not, one that an earlier
        run left is removed.
        """
        from rnaseq_s6k1.enrichment.running_sum_table import running_sum_table
        from rnaseq_s6k1.io.tables import write_table

        names = ("gsea.tsv", "dropped_sets.tsv", "ranks.rnk", "running_sums.tsv")
        paths = [folder / name for name in names]
        write_table(self.table, paths[0])
        write_table(self.dropped, paths[1])
        write_rnk(self.ranking, paths[2])
        write_table(running_sum_table(self), paths[3])
        if self.rotation is None:
            (folder / "rotation.tsv").unlink(missing_ok=True)
            return paths
        write_table(self.rotation, folder / "rotation.tsv")
        return [*paths, folder / "rotation.tsv"]


def run_gsea(
    ranking: Ranking,
    collections: Mapping[str, Mapping[str, GeneSet]],
    *,
    min_size: int = 15,
    max_size: int = 500,
    method: str = "importance",
    permutations: int | None = None,
    weight: float = 1.0,
    score_type: ScoreType = "std",
    alpha: float = 0.05,
    fdr_by: FdrBy = "call",
    exclude: Collection[str] = (),
    samples: SampleData | None = None,
    preranked: bool = True,
    rotations: int | None = None,
    also: Sequence[str] = (),
    phenotype: bool = False,
    trend: bool = False,
    robust: bool = False,
    seed: int = 0,
    jobs: int = 1,
    progress: Progress | None = None,
) -> GSEAResult:
    """Test gene sets for enrichment at either end of a ranking.

    The preranked p-value samples genes as if they were independent, which real genes are
    not: with an inter-gene correlation of 0.1 a third of sets without any effect have
    p < 0.05. The table's ``evidence`` therefore never says more than ``gene-sampling only`` on
    this p-value. With the samples behind the ranking the rotation test stands beside it, which
    keeps the correlation the genes have: where its FDR is below `alpha` a set is
    ``established``.

    Parameters
    ----------
    ranking
        Genes in order; see `rnaseq_s6k1.enrichment.ranking.rank_genes`.
    collections
        Gene sets by collection.
    min_size, max_size
        Bounds on the number of a set's genes that are ranked.
    method
        Name of the preranked method: ``importance`` or ``multilevel``.
    permutations
        Random sets of its plain stage; None for the method's own number.
    weight, score_type
        Exponent of the statistic, and which side of the running sum counts; see
        `rnaseq_s6k1.enrichment.located.LocatedSets`.
    alpha
        FDR below which a set counts as enriched.
    fdr_by
        Whether the FDR family is the whole call or each collection.
    exclude
        Names left out of every set.
    samples
        The experiment the ranking comes from; None for a ranking by itself.
    preranked
        Whether preranked p-values are given; scores are in any case.
    rotations, also, phenotype, trend, robust
        See `rnaseq_s6k1.enrichment.sample_tests.rotate_sets`.
    seed, jobs
        Seed of the random draws; cores to use. The result does not depend on `jobs`.
    progress
        Told of batches of random sets and of rotations; see `rnaseq_s6k1.progress`.

    Raises
    ------
    DataError, ModelError, UsageError
        See `rnaseq_s6k1.enrichment.selection.select_sets`,
        `rnaseq_s6k1.enrichment.located.locate_sets` and
        `rnaseq_s6k1.enrichment.sample_tests.rotate_sets`; or if neither test is wanted.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> adata = s6k1.simulate_counts(n_genes=6000).adata
    >>> result = s6k1.run_de(adata, "~ condition", ("condition", "siS6K1", "siNC"))
    >>> sets = s6k1.read_gene_sets(["hallmark"])
    >>> tested = s6k1.run_gsea(s6k1.rank_genes(result.table), sets, seed=1)
    >>> row = tested.table.set_index("set").loc["HALLMARK_E2F_TARGETS"]
    >>> bool(row["nes"] < 0), row["evidence"]
    (True, 'gene-sampling only')
    """
    check_weight(weight, score_type)
    if samples is None and not preranked:
        raise UsageError("the rotation test needs the samples of the experiment; give them")
    tester = get_prerank_method(method, permutations)
    stats = ranking.stats.drop(labels=list(set(exclude) & set(ranking.stats.index)))
    selected = select_sets(
        collections, stats.index, min_size=min_size, max_size=max_size, exclude=exclude
    )
    tested = _test(stats, selected, tester, weight, score_type, seed, jobs, progress)
    tested["padj"] = adjust_by_family(tested["pvalue"], tested["collection"], fdr_by)
    if not preranked:
        tested[["pvalue", "padj", "log10_pvalue", "relative_error"]] = np.nan
    rotation, further = None, []
    if samples is None:
        tested[list(_OF_ROTATION)] = np.nan
    else:
        # Imported here: rankings by themselves need none of it.
        from rnaseq_s6k1.enrichment.sample_tests import ROTATION_TABLE_COLUMNS, rotate_sets

        found = rotate_sets(
            samples,
            selected.members,
            rotations=rotations,
            also=also,
            phenotype=phenotype,
            trend=trend,
            robust=robust,
            fdr_by=fdr_by,
            seed=seed,
            jobs=jobs,
            progress=progress,
        )
        rotation = found[list(ROTATION_TABLE_COLUMNS)].sort_values(
            ["collection", "set"], kind="stable", ignore_index=True
        )
        further = [name for name in found.columns if name not in rotation.columns]
        tested[further] = found[further]
    further = [str(name) for name in further if name not in GSEA_COLUMNS]
    tested["evidence"] = _evidence(tested, alpha)
    by = ["collection", "pvalue", "rotation_pvalue", "set"]
    table = tested.sort_values(by if not preranked else [*by[:2], "set"], kind="stable")
    return GSEAResult(
        table=table[[*GSEA_COLUMNS, *further]].reset_index(drop=True),
        ranking=ranking,
        members=selected.members,
        dropped=selected.dropped,
        family=family_sentence(len(table), fdr_by),
        weight=weight,
        score_type=score_type,
        rotation=rotation,
    )


def _evidence(tested: pd.DataFrame, alpha: float) -> np.ndarray:
    """Say how far the evidence on each set carries; see `Evidence`."""
    return np.where(
        tested["rotation_padj"] < alpha,
        "established",
        np.where(tested["padj"] < alpha, "gene-sampling only", "none"),
    )


def _test(
    stats: pd.Series,
    selected: SelectedSets,
    tester: PrerankMethod,
    weight: float,
    score_type: ScoreType,
    seed: int,
    jobs: int,
    progress: Progress | None,
) -> pd.DataFrame:
    keys = list(selected.members)
    labels = {"\t".join(key): selected.members[key] for key in keys}
    located = locate_sets(stats, labels, weight=weight, score_type=score_type)
    tested = tester.test(located, seed=seed, jobs=jobs, progress=progress)
    tested.insert(0, "collection", [key[0] for key in keys])
    tested.insert(1, "set", [key[1] for key in keys])
    tested["size"] = located.sizes
    edges = located.leading_edges()
    tested["leading_edge_size"] = [len(edge) for edge in edges]
    tested["leading_edge"] = [",".join(edge) for edge in edges]
    return tested.reset_index(drop=True)
