"""Groups of high and low expression of a driver gene in a cohort."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.cohort.barcodes import PRIMARY, SampleSelection
from rnaseq_s6k1.cohort.cuts import Cut, parse_cut
from rnaseq_s6k1.cohort.driver_gene import FoundGene, find_gene
from rnaseq_s6k1.cohort.expression import canonical_counts, select_samples
from rnaseq_s6k1.cohort.tmm import Normalisation, effective_library_sizes, log2_cpm
from rnaseq_s6k1.errors import DataError, ModelError, UsageError
from rnaseq_s6k1.io.wording import clip, plural

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["SAMPLE_COLUMNS", "Stratification", "stratify", "with_groups"]

logger = logging.getLogger(__name__)

SAMPLE_COLUMNS = ("sample", "patient", "expression", "group", "reason")
#: A variance, and so a test, needs two samples a group.
_MIN_GROUP = 2
#: Below this median count the order of the samples is largely sampling noise.
_LOW_COUNT = 10


@dataclass(frozen=True, eq=False)
class Stratification:
    """Samples of a cohort, divided by the expression of a gene.

    Attributes
    ----------
    samples
        One row a sample, sorted by sample: ``sample patient expression group reason``.
        Expression is log2 counts per million, NA where excluded; group is ``high``, ``middle``,
        ``low`` or ``excluded``, with the reason of the exclusion.
    gene
        Name of the gene.
    gene_id
        Its id in the matrix.
    cut
        The cut, as `parse_cut` reads it.
    thresholds
        Largest expression of the low group and smallest of the high group, log2 CPM.
    n_high, n_low, n_middle, n_excluded
        Sizes of the groups.
    normalisation
        ``tmm`` or ``median_ratio``.
    notes
        Sentences on what the user should know: exclusions, ties, few counts.
    """

    samples: pd.DataFrame
    gene: str
    gene_id: str
    cut: str
    thresholds: tuple[float, float]
    n_high: int
    n_low: int
    n_middle: int
    n_excluded: int
    normalisation: Normalisation
    notes: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The division in one sentence."""
        low, high = self.thresholds
        method = "TMM" if self.normalisation == "tmm" else "median-ratio"
        strict = "above" if low == high else "at or above"
        return (
            f"{self.gene} {self.cut}: {self.n_high} high ({strict} {high:.4g}), {self.n_low} low "
            f"(at or below {low:.4g} log2 CPM, {method}), {self.n_middle} between, "
            f"{self.n_excluded} excluded"
        )

    @property
    def groups(self) -> pd.Series:
        """``high`` and ``low`` of the samples in them, indexed by sample."""
        table = self.samples[self.samples["group"].isin(["high", "low"])]
        return table.set_index("sample")["group"]


def stratify(
    adata: AnnData,
    gene: str = "RPS6KB1",
    *,
    cut: str | Cut = "tertile",
    names: pd.Series | None = None,
    normalisation: Normalisation = "tmm",
    sample_types: Sequence[str] = PRIMARY,
    one_per_patient: bool = True,
) -> Stratification:
    """Divide a cohort into high and low expression of a gene.

    Expression is log2 counts per million on effective library sizes (TMM: Robinson and Oshlack,
    Genome Biology 2010, 11:R25) with a prior count of 2. Of TCGA barcodes one primary tumour a
    patient is used; normalisation sees only the samples used. The result does not depend on the
    order of samples or genes.

    Parameters
    ----------
    adata
        Integer counts, shape ``(n_samples, n_genes)``.
    gene
        Symbol or gene id; see `find_gene`.
    cut
        See `parse_cut`.
    names
        Names of the genes, indexed by gene id; looked up where not given.
    normalisation
        ``tmm`` or ``median_ratio``.
    sample_types
        TCGA sample types to use, the preferred first.
    one_per_patient
        Whether to select by barcode at all.

    Returns
    -------
    Stratification
        Groups, thresholds and notes.

    Raises
    ------
    UsageError
        If the cut, a sample type or the normalisation is unknown.
    DataError
        If the gene is missing or constant, a sample has no counts, or no sample is left.
    ModelError
        If a group is smaller than two samples, or the quantiles fall on one value.
    """
    parsed = cut if isinstance(cut, Cut) else parse_cut(cut)
    if normalisation not in ("tmm", "median_ratio"):
        raise UsageError(f"normalisation must be tmm or median_ratio, not {clip(normalisation)}")
    ordered = np.sort(adata.obs_names.to_numpy(dtype=str))
    selection = select_samples(ordered, sample_types, one_per_patient)
    found = find_gene(adata, gene, names=names)
    counts, gene_ids = canonical_counts(adata, selection.kept)
    column = int(np.flatnonzero(gene_ids == found.gene_id)[0])
    sizes = effective_library_sizes(counts, normalisation)
    expression = log2_cpm(counts[:, column], sizes)
    _check_varies(counts[:, column], expression, found)
    groups, thresholds = parsed.split(expression)
    _check_sizes(groups, found, parsed, thresholds)
    result = Stratification(
        samples=_samples_table(ordered, selection, expression, groups),
        gene=found.name,
        gene_id=found.gene_id,
        cut=parsed.text,
        thresholds=thresholds,
        n_high=int((groups == "high").sum()),
        n_low=int((groups == "low").sum()),
        n_middle=int((groups == "middle").sum()),
        n_excluded=len(selection.dropped),
        normalisation=normalisation,
        notes=_notes(selection, found, counts[:, column], expression, thresholds, parsed),
    )
    logger.info("%s", result.sentence)
    return result


def with_groups(
    adata: AnnData, stratification: Stratification, *, column: str | None = None
) -> tuple[AnnData, str]:
    """Keep the samples of the high and low group, with the group as a column of ``obs``.

    Parameters
    ----------
    adata
        The counts that were stratified, shape ``(n_samples, n_genes)``.
    stratification
        Their groups.
    column
        Name of the new column. Without it ``group``, or ``expression_group`` where the sheet has
        a column of that name.

    Returns
    -------
    AnnData
        A copy with the samples of both groups, in the order of `adata`.
    str
        Name of the column.

    Raises
    ------
    UsageError
        If the column exists already.
    """
    free = [name for name in ("group", "expression_group") if name not in adata.obs]
    column = column if column is not None else (free[0] if free else "group")
    if column in adata.obs:
        raise UsageError(
            f"the sample sheet has a column {clip(column)} already, and the groups of "
            f"{stratification.gene} need that name; rename it in the sheet"
        )
    groups = stratification.groups
    kept = adata[adata.obs_names.isin(groups.index)].copy()
    kept.obs[column] = groups.reindex(kept.obs_names).to_numpy(dtype=object)
    return kept, column


def _check_varies(counts: np.ndarray, expression: np.ndarray, found: FoundGene) -> None:
    if not counts.any():
        raise DataError(
            f"gene {found.name} has no counts in any of {plural(len(counts), 'sample')}, so that "
            "nothing can be cut on it; choose an expressed gene"
        )
    # A gene in a fixed proportion of every library varies by rounding only.
    if np.ptp(expression) < 1e-9:
        raise DataError(
            f"gene {found.name} has the same expression, log2 CPM {expression[0]:.4g}, in all of "
            f"{plural(len(counts), 'sample')}, so that nothing can be cut on it"
        )


def _check_sizes(
    groups: np.ndarray, found: FoundGene, cut: Cut, thresholds: tuple[float, float]
) -> None:
    for name, threshold in zip(("low", "high"), thresholds, strict=True):
        size = int((groups == name).sum())
        if size < _MIN_GROUP:
            raise ModelError(
                f"cut {cut.text} of {found.name} (log2 CPM {threshold:.4g}) leaves "
                f"{plural(size, 'sample')} in the {name} group of {plural(len(groups), 'sample')}; "
                f"at least {_MIN_GROUP} are needed: choose a cut nearer to the middle"
            )


def _samples_table(
    ordered: np.ndarray, selection: SampleSelection, expression: np.ndarray, groups: np.ndarray
) -> pd.DataFrame:
    table = pd.DataFrame({"sample": ordered.astype(object)})
    table["patient"] = [selection.patients[name] for name in ordered]
    table["expression"] = table["sample"].map(
        dict(zip(selection.kept, expression.tolist(), strict=True))
    )
    table["group"] = (
        table["sample"]
        .map(dict(zip(selection.kept, groups.tolist(), strict=True)))
        .fillna("excluded")
    )
    table["reason"] = [selection.dropped.get(name, "") for name in ordered]
    return table[list(SAMPLE_COLUMNS)]


def _notes(
    selection: SampleSelection,
    found: FoundGene,
    counts: np.ndarray,
    expression: np.ndarray,
    thresholds: tuple[float, float],
    cut: Cut,
) -> tuple[str, ...]:
    notes = [found.note] if found.note else []
    if selection.n_barcodes:
        notes.append(selection.sentence)
    for name, threshold in zip(("low", "high"), thresholds, strict=True):
        tied = int((expression == threshold).sum())
        if cut.share is not None and tied > 1 and not (name == "high" and len(set(thresholds)) < 2):
            notes.append(
                f"{tied} samples tie at the {name} threshold, log2 CPM {threshold:.4g}; "
                f"all of them are {'low' if len(set(thresholds)) < 2 else name}"
            )
    if np.median(counts) < _LOW_COUNT:
        notes.append(
            f"{found.name} has a median count of {np.median(counts):g}: the order of the samples, "
            "and so the groups, rest largely on sampling noise"
        )
    return tuple(notes)
