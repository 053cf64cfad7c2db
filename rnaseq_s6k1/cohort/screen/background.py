"""Which genes are like a driver: the background it is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.cohort.amplicon import AMPLICON_COLUMNS, amplicon_of
from rnaseq_s6k1.errors import DataError

__all__ = ["Background", "nearest_genes", "no_neighbours"]

FloatArray = NDArray[np.float64]

#: Below this standard deviation a gene does not vary.
_CONSTANT = 1e-9


def nearest_genes(
    traits: Sequence[FloatArray], driver: int, pool: NDArray[np.intp]
) -> tuple[NDArray[np.intp], FloatArray]:
    """Order genes by how like the driver's their traits are.

    The distance is Euclidean in the traits, such as mean and standard deviation of log2 counts
    per million, each divided by its standard deviation among the genes of the pool. Nothing is
    drawn: the background of *n* genes is the first *n*.

    Parameters
    ----------
    traits
        Numbers of every gene, each of shape ``(n_genes,)``.
    driver
        The driver's position.
    pool
        Positions of the genes to choose from, in the order in which ties are broken.

    Returns
    -------
    order : numpy.ndarray
        Positions of the pool's genes, the nearest first.
    distance : numpy.ndarray
        Their distances, in that order.
    """
    squared = np.zeros(len(pool))
    for values in traits:
        unit = float(values[pool].std()) if len(pool) else 1.0
        squared += np.square((values[pool] - values[driver]) / (unit if unit > 0 else 1.0))
    order = np.argsort(squared, kind="stable")
    return pool[order], np.sqrt(squared[order])


@dataclass(frozen=True, eq=False)
class Background:
    """The genes that any gene of a screen can be compared with.

    Attributes
    ----------
    genes
        Indexed by gene id, sorted: ``gene_name mean sd`` of log2 counts per million.
    window_mb
        Width of an amplicon; see `rnaseq_s6k1.cohort.amplicon.amplicon_of`.
    altered
        Where genes are divided by their copy number: the number of samples in each gene's high
        group, shape ``(n_genes,)``; 0 where a gene cannot be divided. None where genes are
        divided by their expression.
    division
        With it, a text a gene that two genes share where they divide the samples alike.
    """

    genes: pd.DataFrame
    window_mb: float
    altered: FloatArray | None = None
    division: NDArray[np.object_] | None = None

    def of(self, gene_id: str) -> tuple[tuple[str, ...], FloatArray]:
        """Order the genes to compare a gene with, the nearest in mean and spread first.

        The gene itself, others of its name and its amplicon are left out. Of genes divided by
        copy number those are matched by their number of altered samples, too; the nearest
        stands for all genes that divide the samples alike, as genes amplified together do, and
        those that divide them as the gene itself does are left out.

        Returns
        -------
        gene_ids : tuple of str
            The nearest first.
        distance : numpy.ndarray
            Their distances, in that order.
        """
        if gene_id not in self._ordered:
            self._ordered[gene_id] = self._order(gene_id)
        return self._ordered[gene_id]

    def _order(self, gene_id: str) -> tuple[tuple[str, ...], FloatArray]:
        at = self._place[gene_id]
        names = self.genes["gene_name"].to_numpy()
        apart = np.asarray(names == names[at], dtype=bool)
        apart |= self.genes.index.isin(self.neighbours(gene_id)[0].index)
        apart |= ~(self.genes["sd"].to_numpy() > _CONSTANT)
        traits = [self.genes["mean"].to_numpy(), self.genes["sd"].to_numpy()]
        if self.altered is not None:
            traits.append(self.altered)
            apart |= self.altered == 0
        order, distance = nearest_genes(traits, at, np.flatnonzero(~apart))
        if self.division is not None:
            labels = self.division[order]
            kept = ~pd.Series(labels).duplicated().to_numpy() & (labels != self.division[at])
            order, distance = order[kept], distance[kept]
        return tuple(self.genes.index[order]), distance

    def neighbours(self, gene_id: str) -> tuple[pd.DataFrame, str]:
        """Find a gene's amplicon among the genes.

        Returns
        -------
        neighbours : pandas.DataFrame
            Indexed by gene id, `AMPLICON_COLUMNS`, by distance, without the gene.
        reason : str
            Why none is known; empty where one is.
        """
        reason = ""
        for name in (gene_id, str(self.genes.at[gene_id, "gene_name"])):
            try:
                amplicon = amplicon_of(name, window_mb=self.window_mb)
            except DataError as error:
                reason = str(error)
                continue
            flags = amplicon.flags(self.genes["gene_name"])
            return flags[flags.index != gene_id], ""
        return no_neighbours(), reason

    @cached_property
    def _ordered(self) -> dict[str, tuple[tuple[str, ...], FloatArray]]:
        return {}

    @cached_property
    def _place(self) -> Mapping[str, int]:
        return {str(gene_id): at for at, gene_id in enumerate(self.genes.index)}


def no_neighbours() -> pd.DataFrame:
    """Give the table of an amplicon without genes."""
    ids = pd.Index([], name="gene_id", dtype=object)
    return pd.DataFrame(columns=list(AMPLICON_COLUMNS), index=ids)
