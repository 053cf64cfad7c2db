"""Genes divided by their own copy number, where the driver is divided by its own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.cohort.cuts import Cut
from rnaseq_s6k1.cohort.screen.score import driver_groups
from rnaseq_s6k1.errors import ModelError

__all__ = ["CopyNumberDivisions", "divide_by_copy_number"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CopyNumberDivisions:
    """How each gene's copy number divides the samples.

    Attributes
    ----------
    values
        Copy numbers, shape ``(n_samples, n_genes)``; NaN where a gene has none.
    altered
        Samples in each gene's high group, shape ``(n_genes,)``; 0 where the gene cannot be
        divided: without a copy number in every sample, or with fewer than two samples a group.
    division
        Which samples are high and which low, as text, shape ``(n_genes,)``.
    """

    values: FloatArray
    altered: FloatArray
    division: NDArray[np.object_]

    @property
    def checksum(self) -> str:
        """SHA-256 of the copy numbers."""
        return hashlib.sha256(np.ascontiguousarray(self.values).tobytes()).hexdigest()

    @property
    def n_divided(self) -> int:
        """Genes that divide the samples."""
        return int((self.altered > 0).sum())

    @property
    def n_different(self) -> int:
        """Different ways in which they do."""
        return len(set(self.division[self.altered > 0].tolist()))


def divide_by_copy_number(
    copy_number: pd.DataFrame,
    genes: pd.DataFrame,
    samples: pd.Index,
    cut: Cut,
    strata: NDArray[np.str_] | None,
) -> CopyNumberDivisions:
    """Divide the samples by the copy number of every gene.

    Parameters
    ----------
    copy_number
        Levels, shape ``(n_all_samples, n_all_genes)``; columns are gene ids or names.
    genes
        Of the screen, indexed by gene id, with ``gene_name``.
    samples
        Those used, in order.
    cut
        A cut by copy number.
    strata
        Each sample's stratum; None where the whole cohort is divided.
    """
    table = copy_number.loc[list(samples)]
    table = table.loc[:, ~table.columns.duplicated()]
    place = {str(name): at for at, name in enumerate(table.columns)}
    levels = table.to_numpy(dtype=float)
    values = np.full((len(samples), len(genes)), np.nan)
    altered = np.zeros(len(genes))
    division = np.full(len(genes), "", dtype=object)
    for at, (gene_id, name) in enumerate(zip(genes.index, genes["gene_name"], strict=True)):
        column = place.get(str(gene_id), place.get(str(name)))
        if column is None:
            continue
        values[:, at] = levels[:, column]
        try:
            groups = driver_groups(values[:, at], cut, strata)
        except ModelError:
            continue
        altered[at] = (groups == "high").sum()
        division[at] = "".join(one[:1] or "-" for one in groups.tolist())
    return CopyNumberDivisions(values, altered, division)
