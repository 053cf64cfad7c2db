"""The rotation test of selected gene sets, and the tests shown beside it on request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, get_args

import numpy as np
import pandas as pd

from rnaseq_s6k1.enrichment.camera import camera
from rnaseq_s6k1.enrichment.families import FdrBy, adjust_by_family
from rnaseq_s6k1.enrichment.fry import fry
from rnaseq_s6k1.enrichment.phenotype import phenotype_test
from rnaseq_s6k1.enrichment.rotation.correlation import inter_gene_correlation
from rnaseq_s6k1.enrichment.rotation.mean_rank import MOST_ROTATIONS, rotation_test
from rnaseq_s6k1.enrichment.rotation.moderated_t import ModeratedT, moderated_t
from rnaseq_s6k1.enrichment.rotation.prior_options import squeeze_prior
from rnaseq_s6k1.enrichment.rotation.residual_space import ResidualSpace, residual_space
from rnaseq_s6k1.enrichment.rotation.set_index import SetIndex
from rnaseq_s6k1.enrichment.sample_data import SampleData
from rnaseq_s6k1.enrichment.selection import SetKey
from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.progress import Progress

__all__ = ["ALSO_TESTS", "ROTATION_TABLE_COLUMNS", "AlsoTest", "rotate_sets"]

AlsoTest = Literal["camera", "fry"]
ALSO_TESTS: Final = get_args(AlsoTest)

ROTATION_TABLE_COLUMNS: Final = (
    "collection",
    "set",
    "size",
    "mean_rank",
    "up_pvalue",
    "down_pvalue",
    "mixed_pvalue",
    "n_rotations",
)

_Also = Callable[[ResidualSpace, SetIndex, ModeratedT], pd.DataFrame]


def _camera(space: ResidualSpace, sets: SetIndex, moderated: ModeratedT) -> pd.DataFrame:
    fixed = camera(space, sets, moderated=moderated)
    estimated = camera(space, sets, correlation=None, moderated=moderated)
    return pd.DataFrame(
        {"camera_pvalue": fixed["pvalue"], "camera_estimated_pvalue": estimated["pvalue"]}
    )


def _fry(space: ResidualSpace, sets: SetIndex, moderated: ModeratedT) -> pd.DataFrame:
    found = fry(space, sets, prior=moderated.prior)
    return pd.DataFrame({"fry_pvalue": found["pvalue"], "fry_mixed_pvalue": found["pvalue_mixed"]})


_ALSO: Final[Mapping[str, _Also]] = {"camera": _camera, "fry": _fry}


def rotate_sets(
    samples: SampleData,
    members: Mapping[SetKey, Sequence[str]],
    *,
    rotations: int | None = None,
    also: Sequence[str] = (),
    phenotype: bool = False,
    trend: bool = False,
    robust: bool = False,
    fdr_by: FdrBy = "call",
    seed: int = 0,
    jobs: int = 1,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Test gene sets by rotating the samples.

    Parameters
    ----------
    samples
        Expression, design and contrast.
    members
        Genes of each set, by (collection, set); all of them are in the ranking.
    rotations
        The most rotations a set gets; None for 99,999.
    also
        ``camera`` (competitive; with the correlation 0.01, and with each set's own) and ``fry``
        (self-contained) as further columns.
    phenotype
        Whether labels are permuted as well; see `rnaseq_s6k1.enrichment.phenotype`.
    trend, robust
        How variances are squeezed; see `rnaseq_s6k1.enrichment.rotation.prior_options`.
    fdr_by
        Whether FDR families are the whole call or each collection.
    seed, jobs
        Seed of the rotations; threads. The result does not depend on `jobs`.
    progress
        Told of batches of rotations.

    Returns
    -------
    pandas.DataFrame
        One row a set, in the order of `members`: the columns of `ROTATION_TABLE_COLUMNS`,
        ``rotation_pvalue inter_gene_correlation vif rotation_padj``, and of each further test
        its p-values, adjusted too.

    Raises
    ------
    DataError
        If a set has no gene, or all genes, among the samples'.
    ModelError
        If no residual degrees of freedom are left, or labels cannot be permuted.
    UsageError
        If a further test is unknown, or too few rotations are asked for.
    """
    unknown = [name for name in also if name not in _ALSO]
    if unknown:
        raise UsageError(f"--also {unknown[0]:.40}: choose from {', '.join(ALSO_TESTS)}")
    keys = list(members)
    sets = _locate(samples, members)
    space = residual_space(samples.expression, samples.design, samples.contrast)
    moderated = moderated_t(space, squeeze_prior(space, trend=trend, robust=robust))
    tested = rotation_test(
        space,
        sets,
        moderated=moderated,
        rotations=MOST_ROTATIONS if rotations is None else rotations,
        seed=seed,
        jobs=jobs,
        progress=progress,
    )
    correlation, vif = inter_gene_correlation(space, sets)
    table = pd.DataFrame(
        {
            "collection": [collection for collection, _ in keys],
            "set": [name for _, name in keys],
            "size": sets.sizes,
            "mean_rank": tested["mean_rank"],
            "up_pvalue": tested["up"],
            "down_pvalue": tested["down"],
            "mixed_pvalue": tested["mixed"],
            "n_rotations": tested["n_rotations"],
            "rotation_pvalue": tested["pvalue"],
            "inter_gene_correlation": correlation,
            "vif": vif,
        }
    )
    families = table["collection"]
    table["rotation_padj"] = adjust_by_family(table["rotation_pvalue"], families, fdr_by)
    further = [_ALSO[name](space, sets, moderated) for name in dict.fromkeys(also)]
    if phenotype:
        permuted = phenotype_test(samples, sets, seed=seed)
        further.append(pd.DataFrame({"phenotype_pvalue": permuted["pvalue"]}))
    for found in further:
        for column, values in found.items():
            table[str(column)] = values.to_numpy()
            adjusted = str(column).replace("pvalue", "padj")
            table[adjusted] = adjust_by_family(table[str(column)], families, fdr_by)
    return table


def _locate(samples: SampleData, members: Mapping[SetKey, Sequence[str]]) -> SetIndex:
    positions = []
    for (_, name), genes in members.items():
        found = samples.genes.get_indexer(pd.Index(list(genes)))
        if (found < 0).any():
            raise DataError(
                f"{int((found < 0).sum())} genes of {name[:80]} are ranked but not among the "
                "samples' genes; run `rnaseq-s6k1 de` again"
            )
        positions.append(np.asarray(found, dtype=np.int64))
    return SetIndex.of(positions, len(samples.genes))
