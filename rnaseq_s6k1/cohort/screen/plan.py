"""Everything of a screen that is settled before the first gene is scored."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.cohort.amplicon import AMPLICON_COLUMNS, AMPLICON_MB, amplicon_of
from rnaseq_s6k1.cohort.cuts import Cut, parse_cut
from rnaseq_s6k1.cohort.driver_gene import find_gene
from rnaseq_s6k1.cohort.expression import CohortCounts, cohort_counts
from rnaseq_s6k1.cohort.screen.background import nearest_genes
from rnaseq_s6k1.cohort.screen.score import (
    ClaimSet,
    ScreenedGene,
    ScreenProblem,
    SetColumns,
    driver_groups,
)
from rnaseq_s6k1.cohort.strata import stratum_labels, stratum_term
from rnaseq_s6k1.cohort.tmm import Normalisation
from rnaseq_s6k1.design.contrast import LinearContrast
from rnaseq_s6k1.design.formula import quote_name
from rnaseq_s6k1.design.matrix import build_design
from rnaseq_s6k1.enrichment.selection import select_sets
from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.genes.naming import name_genes
from rnaseq_s6k1.io.gmt import GeneSet
from rnaseq_s6k1.io.wording import clip, listing, plural

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["MIN_MEDIAN_COUNT", "ScreenPlan", "plan_screen"]

logger = logging.getLogger(__name__)

#: A gene is ranked, and a neighbour screened, from this median count on: below it the order of
#: the samples is largely sampling noise.
MIN_MEDIAN_COUNT = 10
#: Core sets with fewer genes ranked say nothing.
_SMALLEST_SET = 5
#: Of so many nearest genes, half should be within so many standard deviations of the driver.
_NEAR, _FAR = 200, 0.5


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
    expression
        Log2 CPM of `genes`, shape ``(n_samples, n_genes)``.
    column
        Each gene's column in `problem`, -1 where it is not ranked, shape ``(n_genes,)``.
    driver
        The driver's gene id; empty where only a list is screened.
    background
        Gene ids like the driver, the nearest first.
    distance
        Their distances.
    amplicon
        The driver's neighbours, indexed by gene id: `AMPLICON_COLUMNS`, by distance.
    listed
        Gene ids of a list of drivers.
    cut, within, covariates
        How the cohort is divided; the cut is ``continuous`` where it is not.
    samples
        Names of the samples used.
    notes
        Sentences on what the user should know.
    """

    problem: ScreenProblem
    genes: pd.DataFrame
    expression: NDArray[np.float64]
    column: NDArray[np.intp]
    driver: str
    background: tuple[str, ...]
    distance: NDArray[np.float64]
    amplicon: pd.DataFrame
    listed: tuple[str, ...]
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
            ScreenedGene(gene_id, self.expression[:, at].copy(), int(self.column[at]))
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
        See `rnaseq_s6k1.cohort.cuts.parse_cut`; None puts the standardised expression into the
        model instead of groups.
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
    normalisation
        ``tmm`` or ``median_ratio``.
    amplicon_mb
        Width of the driver's amplicon; see `rnaseq_s6k1.cohort.amplicon.amplicon_of`.

    Raises
    ------
    UsageError
        If a column, the cut or the window is wrong, or nothing is to be screened.
    DataError
        If the driver is missing or does not vary, the sets do not match the genes, or a column
        has missing values.
    ModelError
        If the covariates are confounded with each other.
    """
    if gene is None and not listed:
        raise UsageError("nothing to screen: name a driver, or a list of genes")
    parsed = parse_cut(cut) if isinstance(cut, str) else cut
    if parsed is None and within is not None:
        raise UsageError("a continuous driver is not cut, and so not within strata; adjust for it")
    cohort = cohort_counts(adata, normalisation=normalisation)
    if names is None:
        names = name_genes(adata.var_names, matrix_names=adata.var.get("gene_name")).names
    genes, expression, column, ranked = _genes(cohort, names)
    sets, matched, notes = _match(claim, genes["gene_name"].to_numpy()[ranked], card_genes)
    genes["card_gene"] = genes["gene_name"].isin(matched)
    obs = adata.obs.loc[list(cohort.samples)].rename(columns=str)
    strata = None if within is None else _strata(obs, within)
    problem = ScreenProblem(
        expression=np.ascontiguousarray(
            expression[:, ranked] - expression[:, ranked].mean(axis=0, keepdims=True)
        ),
        covariates=_covariates(obs, covariates, within),
        sets=sets,
        cut=parsed,
        strata=strata,
    )
    driver, amplicon, order, distance = "", _no_neighbours(), np.empty(0, np.intp), np.empty(0)
    if gene is not None:
        driver, said = _driver(adata, gene, names, genes)
        notes += said
        amplicon, said = _amplicon(driver, genes["gene_name"], amplicon_mb)
        notes += said
        order, distance = _background(genes, driver, amplicon)
        notes += _unlike(genes, driver, distance)
    found, said = _listed(adata, listed, names, genes)
    if cohort.selection.n_barcodes:
        notes.append(cohort.selection.sentence)
    return ScreenPlan(
        problem=problem,
        genes=genes,
        expression=expression,
        column=column,
        driver=driver,
        background=tuple(genes.index[order]),
        distance=distance,
        amplicon=amplicon,
        listed=tuple(one for one in found if one != driver),
        cut="continuous" if parsed is None else parsed.text,
        within=within or "",
        covariates=tuple(covariates),
        samples=tuple(map(str, cohort.samples)),
        notes=(*notes, *said),
    )


def _genes(
    cohort: CohortCounts, names: pd.Series
) -> tuple[pd.DataFrame, NDArray[np.float64], NDArray[np.intp], NDArray[np.intp]]:
    """Describe the counted genes, and choose those that are ranked."""
    counted = np.flatnonzero(cohort.counts.any(axis=0))
    expression = cohort.log2_cpm(counted)
    ids = cohort.gene_ids[counted]
    named = names.reindex(ids).fillna("").astype(str).to_numpy(dtype=object)
    genes = pd.DataFrame(
        {
            "gene_name": np.where(named == "", ids.to_numpy(dtype=object), named),
            "mean": expression.mean(axis=0),
            "sd": expression.std(axis=0, ddof=1),
            "median_count": np.median(cohort.counts[:, counted], axis=0),
        },
        index=ids,
    )
    totals = cohort.counts[:, counted].sum(axis=0)
    enough = genes["median_count"].to_numpy() >= MIN_MEDIAN_COUNT
    # Of equal totals the first id is taken, so that the order of rows cannot matter.
    by_total = np.lexsort((np.arange(len(ids)), -totals.astype(np.int64)))
    first = ~pd.Series(genes["gene_name"].to_numpy()[by_total]).duplicated().to_numpy()
    chosen = np.zeros(len(ids), dtype=bool)
    chosen[by_total[first]] = True
    ranked = np.flatnonzero(enough & chosen)
    if len(ranked) < 2 * _SMALLEST_SET:
        raise DataError(
            f"{plural(len(ranked), 'gene')} with a median count of at least {MIN_MEDIAN_COUNT}; "
            "a screen ranks all genes and needs more"
        )
    column = np.full(len(ids), -1, dtype=np.intp)
    column[ranked] = np.arange(len(ranked))
    # Rows that share the name of a ranked gene are that gene, and left out with it.
    of_name = dict(zip(genes["gene_name"].to_numpy()[ranked], range(len(ranked)), strict=True))
    for at in np.flatnonzero(~chosen).tolist():
        column[at] = of_name.get(genes["gene_name"].iat[at], -1)
    return genes, expression, column, ranked


def _match(
    claim: Sequence[ClaimSet], ranked: NDArray[np.object_], card_genes: Sequence[str]
) -> tuple[tuple[SetColumns, ...], set[str], list[str]]:
    """Find the sets among the ranked genes."""
    sets = {"card": {one.name: GeneSet(one.name, "", one.genes) for one in claim}}
    selected = select_sets(sets, ranked, min_size=_SMALLEST_SET, max_size=len(ranked) - 1)
    places = pd.Index(ranked)
    columns, own = [], set(card_genes)
    for one in claim:
        genes = selected.members.get(("card", one.name))
        if genes is not None:
            columns.append(
                SetColumns(
                    one.name,
                    one.sign,
                    np.sort(places.get_indexer(pd.Index(list(genes), dtype=object))),
                )
            )
            own.update(genes)
        own.update(one.genes)
    dropped = selected.dropped["set"].tolist()
    notes = []
    if dropped:
        notes.append(f"core sets with too few genes are left out of the score: {listing(dropped)}")
    return tuple(columns), own, notes


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


def _no_neighbours() -> pd.DataFrame:
    columns = list(AMPLICON_COLUMNS)
    return pd.DataFrame(columns=columns, index=pd.Index([], name="gene_id", dtype=object))


def _amplicon(driver: str, names: pd.Series, amplicon_mb: float) -> tuple[pd.DataFrame, list[str]]:
    for name in (driver, str(names[driver])):
        try:
            amplicon = amplicon_of(name, window_mb=amplicon_mb)
        except DataError as error:
            problem = str(error)
            continue
        flags = amplicon.flags(names)
        return flags[flags.index != driver], []
    return _no_neighbours(), [f"no amplicon is set apart: {problem}"]


def _background(
    genes: pd.DataFrame, driver: str, amplicon: pd.DataFrame
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    same = genes["gene_name"] == genes.at[driver, "gene_name"]
    apart = same | genes.index.isin(amplicon.index) | ~(genes["sd"] > 1e-9)
    return nearest_genes(
        genes["mean"].to_numpy(),
        genes["sd"].to_numpy(),
        genes.index.tolist().index(driver),
        np.flatnonzero(~apart.to_numpy(dtype=bool)),
    )


def _unlike(genes: pd.DataFrame, driver: str, distance: NDArray[np.float64]) -> list[str]:
    """Say where few genes are like the driver, so that the background is unlike it."""
    nearest = distance[:_NEAR]
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
