"""Groups of high and low expression of a driver gene in a cohort."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.cohort.barcodes import SampleSelection
from rnaseq_s6k1.cohort.copy_number import check_levels
from rnaseq_s6k1.cohort.cuts import COPY_NUMBER_CUTS, Cut, parse_copy_number_cut, parse_cut
from rnaseq_s6k1.cohort.driver_gene import FoundGene, find_gene
from rnaseq_s6k1.cohort.expression import NORMALISATIONS, canonical_counts, select_samples
from rnaseq_s6k1.cohort.sample_types import PRIMARY
from rnaseq_s6k1.cohort.split_groups import MIN_GROUP, StratumSplit, split_within
from rnaseq_s6k1.cohort.strata import stratum_labels
from rnaseq_s6k1.cohort.tmm import Normalisation, effective_library_sizes, log2_cpm
from rnaseq_s6k1.errors import DataError, ModelError
from rnaseq_s6k1.io.wording import plural

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = [
    "SAMPLE_COLUMNS",
    "Stratification",
    "stratify",
]

logger = logging.getLogger(__name__)

SAMPLE_COLUMNS = ("sample", "patient", "expression", "group", "reason")
#: Below this median count the order of the samples is largely sampling noise.
_LOW_COUNT = 10


@dataclass(frozen=True, eq=False)
class Stratification:
    """Samples of a cohort, divided by the expression or the copy number of a gene.

    Attributes
    ----------
    samples
        One row a sample, sorted by sample: ``sample patient expression group reason``, and
        ``stratum`` or ``copy_number`` where the cut has them. Expression is log2 counts per
        million, NA where excluded; group is ``high``, ``middle``, ``low`` or ``excluded``, with
        the reason of the exclusion.
    gene
        Name of the gene.
    gene_id
        Its id in the matrix.
    cut
        The cut, as `parse_cut` reads it.
    thresholds
        Largest expression of the low group and smallest of the high group, log2 CPM; of a cut by
        copy number its levels; NaN where strata have thresholds of their own.
    n_high, n_low, n_middle, n_excluded
        Sizes of the groups.
    normalisation
        ``tmm``, ``median_ratio`` or ``library_size``.
    notes
        Sentences on what the user should know: exclusions, ties, few counts.
    by
        ``expression`` or ``copy number``.
    within
        The column inside whose levels the cohort was cut; empty where it was cut as a whole.
    strata
        How each of them was cut.
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
    by: str = "expression"
    within: str = ""
    strata: tuple[StratumSplit, ...] = ()

    @property
    def sentence(self) -> str:
        """The division in one sentence."""
        if self.within:
            return self._within_sentence
        low, high = self.thresholds
        if self.by == "copy number":
            return (
                f"{self.gene} {self.cut} by copy number: {self.n_high} high (at or above "
                f"{high:g}), {self.n_low} low (at or below {low:g}), {self.n_middle} between, "
                f"{self.n_excluded} excluded"
            )
        method = NORMALISATIONS[self.normalisation]
        strict = "above" if low == high else "at or above"
        return (
            f"{self.gene} {self.cut}: {self.n_high} high ({strict} {high:.4g}), {self.n_low} low "
            f"(at or below {low:.4g} log2 CPM, {method}), {self.n_middle} between, "
            f"{self.n_excluded} excluded"
        )

    @property
    def _within_sentence(self) -> str:
        cut = [one for one in self.strata if not one.reason]
        parts = ", ".join(f"{one.stratum} {one.n_high} v {one.n_low}" for one in cut)
        return (
            f"{self.gene} {self.cut} within {self.within}: {self.n_high} high, {self.n_low} low "
            f"({parts}), {self.n_middle} between, {self.n_excluded} excluded"
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
    cut: str | Cut | None = None,
    within: str | None = None,
    copy_number: pd.Series | None = None,
    names: pd.Series | None = None,
    normalisation: Normalisation = "tmm",
    sample_types: Sequence[str] = PRIMARY,
    one_per_patient: bool = True,
) -> Stratification:
    """Divide a cohort into high and low expression, or copy number, of a gene.

    Expression is log2 counts per million with a prior count of 2, by default on effective library
    sizes (TMM: Robinson and Oshlack, Genome Biology 2010, 11:R25). Of TCGA barcodes one primary
    tumour a patient is used; normalisation sees only the samples used. The result does not depend
    on the order of samples or genes.

    Parameters
    ----------
    adata
        Integer counts, shape ``(n_samples, n_genes)``.
    gene
        Symbol or gene id; see `find_gene`.
    cut
        See `parse_cut`, and `parse_copy_number_cut` where `copy_number` is given. By default
        ``tertile``, and ``amplified`` of copy numbers.
    within
        Column of ``adata.obs`` inside whose levels the cohort is cut, so that they cannot differ
        between the groups; adjust for it. Levels too small for the cut are left out.
    copy_number
        Copy number of the gene, indexed by sample, to cut on in place of the expression;
        samples without one are left out.
    names
        Names of the genes, indexed by gene id; looked up where not given.
    normalisation
        ``tmm``, ``median_ratio``, or ``library_size`` (plain counts per million).
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
        If the cut, a column, a sample type or the normalisation is unknown.
    DataError
        If the gene is missing or constant, a copy number is no level, a sample has no counts, or
        no sample is left.
    ModelError
        If a group is smaller than two samples, or the quantiles fall on one value.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> adata = s6k1.simulate_counts(n_per_group=6, n_genes=3000).adata
    >>> split = s6k1.stratify(adata, "RPS6KB1", cut="median")
    >>> split.groups.value_counts().to_dict()
    {'high': 6, 'low': 6}
    """
    parsed = _parsed(cut, copy_number is not None)
    ordered = np.sort(adata.obs_names.to_numpy(dtype=str))
    selection = select_samples(ordered, sample_types, one_per_patient)
    labels = None if within is None else stratum_labels(adata.obs, within)
    selection = _without_missing(selection, labels, f"no value of {within}")
    selection = _without_missing(selection, copy_number, "no copy number")
    found = find_gene(adata, gene, names=names)
    counts, gene_ids = canonical_counts(adata, selection.kept)
    column = int(np.flatnonzero(gene_ids == found.gene_id)[0])
    expression = log2_cpm(counts[:, column], effective_library_sizes(counts, normalisation))
    if copy_number is None:
        _check_varies(counts[:, column], expression, found)
        values = expression
    else:
        values = copy_number.loc[list(selection.kept)].to_numpy(dtype=float)
        check_levels(values, found.name, gistic=parsed.text in COPY_NUMBER_CUTS)
    kept = None if labels is None else labels.loc[list(selection.kept)].to_numpy(dtype=str)
    groups, thresholds, strata = _divide(values, kept, parsed, found, copy_number is not None)
    result = Stratification(
        samples=_samples_table(ordered, selection, expression, groups, kept, strata),
        gene=found.name,
        gene_id=found.gene_id,
        cut=parsed.text,
        thresholds=thresholds,
        n_high=int((groups == "high").sum()),
        n_low=int((groups == "low").sum()),
        n_middle=int((groups == "middle").sum()),
        n_excluded=len(selection.dropped) + int((groups == "").sum()),
        normalisation=normalisation,
        notes=_notes(selection, found, counts[:, column], values, thresholds, parsed, strata),
        by="expression" if copy_number is None else "copy number",
        within=within or "",
        strata=strata,
    )
    if copy_number is not None:
        result.samples["copy_number"] = result.samples["sample"].map(copy_number)
    logger.info("%s", result.sentence)
    return result


def _parsed(cut: str | Cut | None, by_copy_number: bool) -> Cut:
    if isinstance(cut, Cut):
        return cut
    if by_copy_number:
        return parse_copy_number_cut("amplified" if cut is None else cut)
    return parse_cut("tertile" if cut is None else cut)


def _without_missing(
    selection: SampleSelection, values: pd.Series | None, reason: str
) -> SampleSelection:
    """Leave out samples for which a column says nothing."""
    if values is None:
        return selection
    known = set(values.index[values.notna()].astype(str))
    missing = [name for name in selection.kept if name not in known]
    kept = tuple(name for name in selection.kept if name in known)
    if not kept:
        raise DataError(f"none of {plural(len(missing), 'sample')} has a value: {reason}")
    return replace(
        selection, kept=kept, dropped={**selection.dropped, **dict.fromkeys(missing, reason)}
    )


def _divide(
    values: np.ndarray,
    labels: np.ndarray | None,
    cut: Cut,
    found: FoundGene,
    by_copy_number: bool,
) -> tuple[np.ndarray, tuple[float, float], tuple[StratumSplit, ...]]:
    """Put samples into groups, in the whole cohort or within strata."""
    if labels is not None:
        groups, strata = split_within(values, labels, cut)
        return groups, (float("nan"), float("nan")), strata
    groups, thresholds = cut.split(values)
    _check_sizes(groups, found, cut, thresholds, "copy number" if by_copy_number else "log2 CPM")
    return groups, thresholds, ()


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
    groups: np.ndarray, found: FoundGene, cut: Cut, thresholds: tuple[float, float], unit: str
) -> None:
    for name, threshold in zip(("low", "high"), thresholds, strict=True):
        size = int((groups == name).sum())
        if size < MIN_GROUP:
            raise ModelError(
                f"cut {cut.text} of {found.name} ({unit} {threshold:.4g}) leaves "
                f"{plural(size, 'sample')} in the {name} group of {plural(len(groups), 'sample')}; "
                f"at least {MIN_GROUP} are needed: choose a cut nearer to the middle"
            )


def _samples_table(
    ordered: np.ndarray,
    selection: SampleSelection,
    expression: np.ndarray,
    groups: np.ndarray,
    labels: np.ndarray | None,
    strata: tuple[StratumSplit, ...],
) -> pd.DataFrame:
    used = pd.DataFrame({"expression": expression, "group": groups}, index=list(selection.kept))
    reasons = dict(selection.dropped)
    columns = list(SAMPLE_COLUMNS)
    if labels is not None:
        used["stratum"] = labels
        columns.insert(4, "stratum")
        uncut = {one.stratum: f"stratum {one.stratum}: {one.reason}" for one in strata}
        outside = used.index[used["group"] == ""]
        reasons |= {name: uncut[str(used.at[name, "stratum"])] for name in outside}
        used.loc[outside, "group"] = "excluded"
    table = used.reindex(ordered.astype(object)).reset_index(names="sample")
    table["patient"] = [selection.patients[name] for name in ordered]
    table["group"] = table["group"].fillna("excluded")
    table["reason"] = [reasons.get(name, "") for name in ordered]
    return table[columns]


def _notes(
    selection: SampleSelection,
    found: FoundGene,
    counts: np.ndarray,
    values: np.ndarray,
    thresholds: tuple[float, float],
    cut: Cut,
    strata: tuple[StratumSplit, ...],
) -> tuple[str, ...]:
    notes = [found.note] if found.note else []
    if selection.n_barcodes:
        notes.append(selection.sentence)
    for one in strata:
        if one.reason:
            notes.append(f"stratum {one.stratum} is left out, as it cannot be cut: {one.reason}")
    for name, threshold in zip(("low", "high"), thresholds, strict=True):
        tied = int((values == threshold).sum())
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
