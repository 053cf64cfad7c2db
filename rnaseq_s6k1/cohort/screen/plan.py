"""Everything of a screen that is settled before the first gene is scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.cohort.amplicon import AMPLICON_MB
from rnaseq_s6k1.cohort.cuts import Cut, parse_copy_number_cut, parse_cut
from rnaseq_s6k1.cohort.driver_gene import find_gene
from rnaseq_s6k1.cohort.expression import cohort_counts, select_samples
from rnaseq_s6k1.cohort.sample_types import PRIMARY
from rnaseq_s6k1.cohort.screen.background import Background, no_neighbours
from rnaseq_s6k1.cohort.screen.copy_number import CopyNumberDivisions, divide_by_copy_number
from rnaseq_s6k1.cohort.screen.genes import MIN_MEDIAN_COUNT, counted_genes, match_claim
from rnaseq_s6k1.cohort.screen.score import (
    ClaimSet,
    ScreenedGene,
    ScreenProblem,
    driver_groups,
)
from rnaseq_s6k1.cohort.strata import stratum_labels, stratum_term
from rnaseq_s6k1.cohort.tmm import Normalisation
from rnaseq_s6k1.design.contrast import LinearContrast
from rnaseq_s6k1.design.formula import quote_name
from rnaseq_s6k1.design.matrix import build_design
from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.genes.naming import name_genes
from rnaseq_s6k1.io.wording import clip, listing, plural

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["ScreenPlan", "plan_screen"]

#: Of so many nearest genes, half should be within so many standard deviations of the driver.
_NEAR, _FAR = 200, 0.5
#: With fewer different divisions by copy number no p could fall below .05.
_FEWEST_DIVISIONS = 20


@dataclass(frozen=True, eq=False)
class ScreenPlan:
    """Genes to screen, and what they are scored on.

    Attributes
    ----------
    problem
        What scores are computed from.
    genes
        Every counted gene, indexed by gene id, sorted: ``gene_name mean sd median_count
        card_gene``; mean and standard deviation of log2 CPM over the samples.
    values
        What genes are divided by: their log2 CPM or copy numbers, shape
        ``(n_samples, n_genes)``.
    column
        Each gene's column in `problem`, -1 where it is not ranked, shape ``(n_genes,)``.
    driver
        The driver's gene id; empty where only a list is screened.
    background
        The genes that a gene can be compared with.
    amplicon
        The driver's neighbours, indexed by gene id: `AMPLICON_COLUMNS`, by distance.
    listed
        Gene ids of a list of drivers.
    by, cut, within, covariates
        How the cohort is divided: by ``expression`` or ``copy number``; the cut is
        ``continuous`` where it is not.
    samples
        Names of the samples used.
    notes
        Sentences on what the user should know.
    """

    problem: ScreenProblem
    genes: pd.DataFrame
    values: NDArray[np.float64]
    column: NDArray[np.intp]
    driver: str
    background: Background
    amplicon: pd.DataFrame
    listed: tuple[str, ...]
    by: str
    cut: str
    within: str
    covariates: tuple[str, ...]
    samples: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def n_samples(self) -> int:
        """How many samples are used."""
        return len(self.samples)

    def compared(self, gene_id: str) -> dict[str, str]:
        """Give the samples that a split on a gene compares, with their group.

        ``all`` of them where the expression itself is modelled.

        Raises
        ------
        ModelError
            If the cohort cannot be cut on the gene.
        """
        if self.problem.cut is None:
            return dict.fromkeys(self.samples, "all")
        (gene,) = self.screened([gene_id])
        groups = driver_groups(gene.values, self.problem.cut, self.problem.strata).tolist()
        return {
            sample: group
            for sample, group in zip(self.samples, groups, strict=True)
            if group in ("high", "low")
        }

    def name(self, gene_id: str) -> str:
        """Give a gene's name."""
        return str(self.genes.at[gene_id, "gene_name"])

    def screened(self, gene_ids: Sequence[str]) -> list[ScreenedGene]:
        """Give genes as the scorers take them."""
        places = self.genes.index.get_indexer(pd.Index(list(gene_ids), dtype=object))
        return [
            ScreenedGene(gene_id, self.values[:, at].copy(), int(self.column[at]))
            for gene_id, at in zip(gene_ids, places.tolist(), strict=True)
        ]


def plan_screen(
    adata: AnnData,
    gene: str | None,
    claim: Sequence[ClaimSet],
    *,
    cut: str | Cut | None = "tertile",
    covariates: Sequence[str] = (),
    within: str | None = None,
    card_genes: Sequence[str] = (),
    listed: Sequence[str] = (),
    names: pd.Series | None = None,
    copy_number: pd.DataFrame | None = None,
    normalisation: Normalisation = "tmm",
    amplicon_mb: float = AMPLICON_MB,
) -> ScreenPlan:
    """Settle what a screen is of.

    Samples and normalisation are those of `rnaseq_s6k1.cohort.stratify.stratify`. Ranked are the
    genes with a median count of at least 10, one row a name (that with most counts). The
    background is chosen among all genes that vary, apart from the driver and its amplicon; genes
    that follow proliferation stay, as they are what the claim has to beat.

    Parameters
    ----------
    adata
        Integer counts, shape ``(n_samples, n_genes)``, with the sample sheet in ``obs``.
    gene
        The driver; None where only `listed` genes are screened.
    claim
        The card's core sets.
    cut
        See `rnaseq_s6k1.cohort.cuts.parse_cut`, and `parse_copy_number_cut` where `copy_number`
        is given; None puts the standardised expression into the model instead of groups.
    covariates
        Columns, or terms of a formula, that every split is adjusted for.
    within
        Column inside whose levels the cohort is cut; it is adjusted for.
    card_genes
        Genes the card itself speaks of, beside those of its core sets.
    listed
        Further drivers to screen.
    names
        Names of the genes, indexed by gene id; looked up where not given.
    copy_number
        Levels by which every gene is cut in place of its expression, shape
        ``(n_all_samples, n_all_genes)``, indexed by the samples of `adata`; columns are gene ids
        or names.
    normalisation
        ``tmm``, ``median_ratio`` or ``library_size``.
    amplicon_mb
        Width of the driver's amplicon; see `rnaseq_s6k1.cohort.amplicon.amplicon_of`.

    Raises
    ------
    UsageError
        If a column, the cut or the window is wrong, or nothing is to be screened.
    DataError
        If the driver is missing or does not vary, the sets do not match the genes, a column
        has missing values, or few genes can be cut by copy number.
    ModelError
        If the covariates are confounded with each other.
    """
    if gene is None and not listed:
        raise UsageError("nothing to screen: name a driver, or a list of genes")
    parsed = _parsed(cut, within, by_copy_number=copy_number is not None)
    if names is None:
        names = name_genes(adata.var_names, matrix_names=adata.var.get("gene_name")).names
    if copy_number is not None:
        adata = _with_copy_number(adata, copy_number, gene, names)
    cohort = cohort_counts(adata, normalisation=normalisation)
    genes, expression, column, ranked = counted_genes(cohort, names)
    sets, matched, notes = match_claim(claim, genes["gene_name"].to_numpy()[ranked], card_genes)
    genes["card_gene"] = genes["gene_name"].isin(matched)
    obs = adata.obs.loc[list(cohort.samples)].rename(columns=str)
    strata = None if within is None else _strata(obs, within)
    divided = None
    if copy_number is not None and parsed is not None:
        divided = divide_by_copy_number(copy_number, genes, cohort.samples, parsed, strata)
    problem = ScreenProblem(
        expression=np.ascontiguousarray(
            expression[:, ranked] - expression[:, ranked].mean(axis=0, keepdims=True)
        ),
        covariates=_covariates(obs, covariates, within),
        sets=sets,
        cut=parsed,
        strata=strata,
        divided_by="expression" if divided is None else f"copy number {divided.checksum}",
    )
    background = _background(genes, amplicon_mb, divided)
    driver, amplicon = "", no_neighbours()
    if gene is not None:
        driver, said = _driver(adata, gene, names, genes)
        amplicon, unknown = background.neighbours(driver)
        notes += [*said, *([f"no amplicon is set apart: {unknown}"] if unknown else [])]
        notes += _unlike(genes, driver, background)
    if divided is not None:
        notes += _few_divisions(divided, genes, driver, background)
    found, said = _listed(adata, listed, names, genes)
    if cohort.selection.n_barcodes:
        notes.append(cohort.selection.sentence)
    return ScreenPlan(
        problem=problem,
        genes=genes,
        values=expression if divided is None else divided.values,
        column=column,
        driver=driver,
        background=background,
        amplicon=amplicon,
        listed=tuple(one for one in found if one != driver),
        by="expression" if divided is None else "copy number",
        cut="continuous" if parsed is None else parsed.text,
        within=within or "",
        covariates=tuple(covariates),
        samples=tuple(map(str, cohort.samples)),
        notes=(*notes, *said),
    )


def _parsed(cut: str | Cut | None, within: str | None, *, by_copy_number: bool) -> Cut | None:
    """Read the cut; None is a driver that is modelled as it is, which has no strata."""
    if cut is None and within is not None:
        raise UsageError("a continuous driver is not cut, and so not within strata; adjust for it")
    if not isinstance(cut, str):
        return cut
    return parse_copy_number_cut(cut) if by_copy_number else parse_cut(cut)


def _background(
    genes: pd.DataFrame, amplicon_mb: float, divided: CopyNumberDivisions | None
) -> Background:
    if divided is None:
        return Background(genes, amplicon_mb, None, None)
    return Background(genes, amplicon_mb, divided.altered, divided.division)


def _with_copy_number(
    adata: AnnData, copy_number: pd.DataFrame, gene: str | None, names: pd.Series
) -> AnnData:
    """Keep the samples that ``stratify`` would use: chosen first, then those with a level."""
    if gene is None:
        known = copy_number.notna().any(axis=1)
    else:
        found = find_gene(adata, gene, names=names)
        columns = [one for one in (found.gene_id, found.name) if one in copy_number.columns]
        if not columns:
            raise DataError(f"no copy numbers of {found.name}; give a table that has them")
        known = copy_number.loc[:, columns[0]].notna()
    chosen = select_samples(np.sort(adata.obs_names.to_numpy(dtype=str)), PRIMARY, True).kept
    with_level = set(copy_number.index[known.to_numpy(dtype=bool)].astype(str))
    kept = [name for name in chosen if name in with_level]
    if not kept:
        raise DataError("no sample has a copy number")
    return adata[kept].copy()


def _few_divisions(
    divided: CopyNumberDivisions, genes: pd.DataFrame, driver: str, background: Background
) -> list[str]:
    """Say what the genes divided by copy number are, and refuse where there are too few.

    Raises
    ------
    DataError
        If so few ways of dividing the samples are left that no p could be small.
    """
    if divided.n_different <= _FEWEST_DIVISIONS:
        raise DataError(
            f"{plural(divided.n_divided, 'gene')} of {len(genes):,} can be cut by copy number, in "
            f"{plural(divided.n_different, 'different way')}; a screen needs more than "
            f"{_FEWEST_DIVISIONS} (a table of all genes' levels, a lower level to cut at, such as "
            "gained, or more samples)"
        )
    notes = [
        f"{divided.n_divided:,} of {len(genes):,} genes can be cut by copy number, in "
        f"{divided.n_different:,} different ways; genes altered together count once"
    ]
    if driver:
        at = genes.index.get_indexer(pd.Index([driver]))[0]
        nearest = genes.index.get_indexer(pd.Index(background.of(driver)[0][:_NEAR]))
        low, high = np.quantile(divided.altered[nearest], [0.25, 0.75])
        notes.append(
            f"{genes['gene_name'].iloc[at]} is altered in {divided.altered[at]:.0f} samples, half "
            f"of the {len(nearest)} nearest genes in {low:.0f} to {high:.0f}"
        )
    return notes


def _strata(obs: pd.DataFrame, within: str) -> NDArray[np.str_]:
    labels = stratum_labels(obs, within)
    if labels.isna().any():
        raise DataError(
            f"--within {clip(within)}: {plural(int(labels.isna().sum()), 'sample')} without a "
            "value; leave them out of the cohort"
        )
    return np.asarray(labels.to_numpy(dtype=str))


def _covariates(
    obs: pd.DataFrame, covariates: Sequence[str], within: str | None
) -> NDArray[np.float64]:
    """Build the columns every split is adjusted for, over all samples."""
    written = [] if within is None else [stratum_term(obs, within)]
    for term in (each.strip() for each in covariates):
        if term and term != within:
            written.append(quote_name(term) if term in obs.columns else term)
    if not written:
        return np.ones((len(obs), 1))
    formula = "~ " + " + ".join(dict.fromkeys(written))
    design = build_design(formula, obs, LinearContrast.of("Intercept"))
    return np.ascontiguousarray(design.matrix.to_numpy(dtype=float))


def _number(genes: pd.DataFrame, gene_id: str, column: str) -> float:
    return float(genes[column].to_numpy(dtype=float)[genes.index.tolist().index(gene_id)])


def _driver(
    adata: AnnData, gene: str, names: pd.Series, genes: pd.DataFrame
) -> tuple[str, list[str]]:
    found = find_gene(adata, gene, names=names)
    if found.gene_id not in genes.index or not _number(genes, found.gene_id, "sd") > 1e-9:
        raise DataError(
            f"gene {found.name} does not vary among the samples used, so that nothing can be cut "
            "on it; choose an expressed gene"
        )
    notes = [found.note] if found.note else []
    median = _number(genes, found.gene_id, "median_count")
    if median < MIN_MEDIAN_COUNT:
        notes.append(
            f"{found.name} has a median count of {median:g}: its "
            "groups, and those of genes like it, rest largely on sampling noise"
        )
    return found.gene_id, notes


def _unlike(genes: pd.DataFrame, driver: str, background: Background) -> list[str]:
    """Say where few genes are like the driver, so that the background is unlike it."""
    nearest = background.of(driver)[1][:_NEAR]
    if not len(nearest) or np.median(nearest) <= _FAR:
        return []
    return [
        f"few genes are like {genes.loc[driver, 'gene_name']!s} (mean "
        f"{_number(genes, driver, 'mean'):.2f}, standard deviation "
        f"{_number(genes, driver, 'sd'):.2f} log2 CPM): half of the {len(nearest)} "
        f"nearest are more than {np.median(nearest):.2f} standard deviations away"
    ]


def _listed(
    adata: AnnData, listed: Sequence[str], names: pd.Series, genes: pd.DataFrame
) -> tuple[list[str], list[str]]:
    """Find the genes of a list; those that the matrix lacks are named and left out."""
    found: dict[str, None] = {}
    missing = []
    for gene in sorted(set(listed)):
        try:
            found[find_gene(adata, gene, names=names).gene_id] = None
        except DataError:
            missing.append(gene)
    silent = [gene_id for gene_id in found if gene_id not in genes.index]
    notes = []
    if missing:
        notes.append(f"{plural(len(missing), 'listed gene')} not in the matrix: {listing(missing)}")
    if silent:
        notes.append(f"{plural(len(silent), 'listed gene')} without counts: {listing(silent)}")
    kept = [gene_id for gene_id in found if gene_id in genes.index]
    if listed and not kept:
        raise DataError(
            f"none of the {len(listed)} listed genes has counts in the matrix; check that the "
            "names are those of the matrix"
        )
    return sorted(kept), notes
