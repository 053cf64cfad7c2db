"""Normalised log expression of the samples of a cohort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.cohort.barcodes import SampleSelection, one_primary_per_patient
from rnaseq_s6k1.cohort.sample_types import PRIMARY
from rnaseq_s6k1.cohort.tmm import Normalisation, effective_library_sizes, log2_cpm
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.wording import listing, plural

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = [
    "NORMALISATIONS",
    "CohortCounts",
    "canonical_counts",
    "cohort_counts",
    "select_samples",
]

#: What each normalisation is called in a sentence.
NORMALISATIONS: dict[str, str] = {
    "tmm": "TMM",
    "median_ratio": "median ratio",
    "library_size": "library size only",
}


@dataclass(frozen=True, eq=False)
class CohortCounts:
    """Counts of the samples used, in an order that no file decides.

    Attributes
    ----------
    counts
        Integers, shape ``(n_samples, n_genes)``; samples sorted by name, genes by id.
    samples, gene_ids
        Their names.
    library_sizes
        Effective library sizes in counts, shape ``(n_samples,)``.
    normalisation
        How they were found: ``tmm``, ``median_ratio`` or ``library_size``.
    selection
        Which samples are used, and why the others are not.
    """

    counts: NDArray[np.integer]
    samples: pd.Index
    gene_ids: pd.Index
    library_sizes: NDArray[np.float64]
    normalisation: Normalisation
    selection: SampleSelection

    def log2_cpm(self, genes: Sequence[int] | NDArray[np.integer] | slice) -> NDArray[np.float64]:
        """Give log2 counts per million of some genes, shape ``(n_samples, n_chosen)``.

        Parameters
        ----------
        genes
            Positions in `gene_ids`.
        """
        return log2_cpm(self.counts[:, genes], self.library_sizes)

    def expression_of(self, gene_id: str) -> pd.Series:
        """Give one gene's log2 counts per million, indexed by sample."""
        values = self.log2_cpm(self.places([gene_id]))[:, 0]
        return pd.Series(values, index=self.samples, name=gene_id)

    def places(self, gene_ids: Sequence[str]) -> NDArray[np.intp]:
        """Give the positions of genes in `gene_ids`."""
        return self.gene_ids.get_indexer(pd.Index(list(gene_ids), dtype=object))


def cohort_counts(
    adata: AnnData,
    *,
    normalisation: Normalisation = "tmm",
    sample_types: Sequence[str] = PRIMARY,
    one_per_patient: bool = True,
) -> CohortCounts:
    """Choose the samples of a cohort and normalise between their libraries.

    As in `rnaseq_s6k1.cohort.stratify.stratify`: of TCGA barcodes one primary tumour a patient
    is used, and normalisation sees only the samples used.

    Parameters
    ----------
    adata
        Integer counts, shape ``(n_samples, n_genes)``.
    normalisation
        ``tmm``, ``median_ratio``, or ``library_size`` (plain counts per million).
    sample_types
        TCGA sample types to use, the preferred first.
    one_per_patient
        Whether to select by barcode at all.

    Raises
    ------
    UsageError
        If the normalisation or a sample type is unknown.
    DataError
        If a sample has no counts, or no sample is left.
    ModelError
        If median ratios cannot be had.
    """
    ordered = np.sort(adata.obs_names.to_numpy(dtype=str))
    selection = select_samples(ordered, sample_types, one_per_patient)
    counts, gene_ids = canonical_counts(adata, selection.kept)
    return CohortCounts(
        counts=counts,
        samples=pd.Index(selection.kept, dtype=object, name="sample"),
        gene_ids=pd.Index(gene_ids.astype(object), name="gene_id"),
        library_sizes=effective_library_sizes(counts, normalisation),
        normalisation=normalisation,
        selection=selection,
    )


def select_samples(
    samples: NDArray[np.str_], sample_types: Sequence[str], one_per_patient: bool
) -> SampleSelection:
    """Keep one sample a patient, or all of them where that is not wanted."""
    if one_per_patient:
        return one_primary_per_patient(samples.tolist(), sample_types=sample_types)
    names = tuple(map(str, samples))
    return SampleSelection(names, {}, {name: name for name in names}, 0)


def canonical_counts(
    adata: AnnData, samples: Sequence[str]
) -> tuple[NDArray[np.integer], NDArray[np.str_]]:
    """Give the samples' counts with genes sorted by id, and the ids.

    Floating-point sums depend on the order of their terms; a fixed order keeps the bytes fixed.

    Raises
    ------
    DataError
        If a sample has no counts at all.
    """
    genes = adata.var_names.to_numpy(dtype=str)
    order = np.argsort(genes, kind="stable")
    rows = adata.obs_names.get_indexer(list(samples))
    counts = np.asarray(adata.X)[np.ix_(rows, order)]
    empty = np.flatnonzero(~counts.any(axis=1))
    if empty.size:
        raise DataError(
            f"{plural(empty.size, 'sample')} without any counts: "
            f"{listing(samples[k] for k in empty.tolist())}; leave them out of the matrix"
        )
    return counts, genes[order]
