"""The driver's expression against that of other genes, each seen among all genes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.cohort.amplicon import amplicon_of
from rnaseq_s6k1.cohort.driver_gene import FoundGene, find_gene
from rnaseq_s6k1.cohort.expression import (
    NORMALISATIONS,
    CohortCounts,
    cohort_counts,
)
from rnaseq_s6k1.cohort.rank_correlation import (
    RankCorrelation,
    covariate_basis,
    percentiles,
    rank_correlation,
)
from rnaseq_s6k1.cohort.sample_types import PRIMARY
from rnaseq_s6k1.cohort.tmm import Normalisation
from rnaseq_s6k1.de.filtering import benjamini_hochberg
from rnaseq_s6k1.design.wording import did_you_mean, listed
from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.genes.naming import name_genes
from rnaseq_s6k1.io.wording import clip, listing, plural

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = [
    "CORRELATION_COLUMNS",
    "DEFAULT_GENES",
    "PAPER_RHO",
    "CorrelationResult",
    "correlate",
]

logger = logging.getLogger(__name__)

#: Spearman's rho with RPS6KB1 in TCGA-BRCA as Mo et al. give it (Mol Cancer 2022, 21:171,
#: figure 2D).
PAPER_RHO = {"CCNE2": 0.50, "RB1": 0.46, "CDK2": 0.45, "CCND1": 0.37, "CDK4": 0.24}
#: The paper's genes, then those its claim speaks of.
DEFAULT_GENES = (*PAPER_RHO, "CCNE1", "MYC", "E2F1", "CDK6")

CORRELATION_COLUMNS = (
    "gene_id",
    "gene_name",
    "n",
    "rho",
    "ci_low",
    "ci_high",
    "pvalue",
    "padj",
    "percentile",
    "rho_unadjusted",
    "mean_expression",
    "amplicon",
)
#: Below this median count the order of the samples is largely sampling noise.
_LOW_COUNT = 10
_CHUNK = 2_000
_DRAWN = 9


@dataclass(frozen=True, eq=False)
class CorrelationResult:
    """Rank correlations of a driver with genes.

    Attributes
    ----------
    table
        One row a gene, by p-value and gene id, the columns of `CORRELATION_COLUMNS`. ``rho`` is
        partial where covariates were given, ``rho_unadjusted`` never; ``percentile`` is the
        share of the background's genes, in percent, whose rho is smaller (ties count half);
        ``mean_expression`` is in log2 counts per million; ``amplicon`` says whether the gene is
        a neighbour of the driver, which shares its copy number.
    background
        rho of every gene with a median count of at least 10, the driver left out, indexed by
        gene id.
    expression
        log2 counts per million of driver and chosen genes, samples x genes by name, the driver
        first.
    rho_matrix
        Spearman's rho between all of them, unadjusted.
    gene, gene_id
        The driver.
    covariates
        Columns given.
    n
        Samples.
    degrees_of_freedom
        Of each test.
    normalisation
        ``tmm``, ``median_ratio`` or ``library_size``.
    notes
        Sentences on what the user should know.
    """

    table: pd.DataFrame
    background: pd.Series
    expression: pd.DataFrame
    rho_matrix: pd.DataFrame
    gene: str
    gene_id: str
    covariates: tuple[str, ...]
    n: int
    degrees_of_freedom: int
    normalisation: Normalisation
    notes: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What was correlated, in one sentence."""
        given = f" given {', '.join(self.covariates)}" if self.covariates else ""
        kind = "partial Spearman" if self.covariates else "Spearman"
        return (
            f"{kind} correlation of {self.gene} with {plural(len(self.table), 'gene')}{given}, "
            f"log2 CPM ({NORMALISATIONS[self.normalisation]}), n = {self.n:,}, "
            f"{len(self.background):,} genes in the background"
        )

    def share_above(self, rho: float) -> float:
        """Give the share of the background's genes whose correlation exceeds a value."""
        return float((self.background > rho).mean())

    def write(self, folder: Path) -> list[Path]:
        """Write ``correlations.tsv`` and ``background.tsv.gz`` into `folder`."""
        from rnaseq_s6k1.io.tables import write_table

        paths = [folder / "correlations.tsv", folder / "background.tsv.gz"]
        write_table(self.table, paths[0])
        write_table(self.background.rename("rho").reset_index(), paths[1])
        return paths


def correlate(
    adata: AnnData,
    gene: str = "RPS6KB1",
    *,
    genes: Sequence[str] | None = DEFAULT_GENES,
    partial: Sequence[str] = (),
    names: pd.Series | None = None,
    normalisation: Normalisation = "tmm",
    sample_types: Sequence[str] = PRIMARY,
    one_per_patient: bool = True,
    confidence: float = 0.95,
) -> CorrelationResult:
    """Correlate a driver's expression with that of chosen genes, or of all.

    Spearman's rho on log2 counts per million, or the partial correlation of ranks given
    covariates; definition, intervals and tests in `rnaseq_s6k1.cohort.rank_correlation`.
    FDR is Benjamini and Hochberg's over the genes of the table. The result does not depend on
    the order of samples or genes.

    Parameters
    ----------
    adata
        Integer counts, shape ``(n_samples, n_genes)``, covariates in ``obs``.
    gene
        The driver; see `rnaseq_s6k1.cohort.driver_gene.find_gene`.
    genes
        The genes; None takes every gene with a median count of at least 10. A default gene the
        matrix lacks is passed over, and named in the notes.
    partial
        Columns of ``obs``, such as the driver's own copy number: numbers enter by rank, others
        by level. Samples without a value are left out before anything is computed.
    names
        Names of the genes, indexed by gene id; looked up where not given.
    normalisation
        ``tmm``, ``median_ratio`` or ``library_size``.
    sample_types, one_per_patient
        See `rnaseq_s6k1.cohort.stratify.stratify`.
    confidence
        Of the intervals.

    Raises
    ------
    UsageError
        If a covariate is not a column, or the normalisation is unknown.
    DataError
        If a gene asked for is not in the matrix, or no sample is left.
    ModelError
        If the samples are too few, or the driver does not vary given the covariates.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> adata = s6k1.simulate_counts(n_per_group=10, n_genes=6000).adata
    >>> found = s6k1.correlate(adata, "RPS6KB1", genes=["CCNE1", "MYC"])
    >>> found.table[["gene_name", "n"]].to_dict("list")
    {'gene_name': ['CCNE1', 'MYC'], 'n': [20, 20]}
    """
    if names is None:
        names = name_genes(adata.var_names, matrix_names=adata.var.get("gene_name")).names
    notes: list[str] = []
    driver = find_gene(adata, gene, names=names)
    chosen = _chosen(adata, genes, driver, names, notes)
    adata, obs = _complete(adata, partial, notes)
    cohort = cohort_counts(
        adata,
        normalisation=normalisation,
        sample_types=sample_types,
        one_per_patient=one_per_patient,
    )
    if cohort.selection.n_barcodes:
        notes.append(cohort.selection.sentence)
    basis = covariate_basis(obs.loc[cohort.samples]) if partial else None
    at = int(cohort.places([driver.gene_id])[0])
    expressed = _expressed(cohort, at, driver, notes)
    tested = cohort.places([one.gene_id for one in chosen]) if genes is not None else expressed
    union = np.union1d(expressed, tested)
    adjusted = _by_chunks(cohort, at, union, basis, confidence)
    background = pd.Series(adjusted.rho, index=union)[np.isin(union, expressed)].dropna()
    table = _table(cohort, names, tested, union, adjusted)
    table["percentile"] = percentiles(table["rho"], background)
    table["rho_unadjusted"] = table["rho"]
    if partial:
        table["rho_unadjusted"] = _by_chunks(cohort, at, tested, None, confidence).rho
    table["amplicon"] = _in_amplicon(driver, table.set_index("gene_id")["gene_name"], notes)
    table = table.sort_values(["pvalue", "gene_id"], kind="stable").reset_index(drop=True)
    expression = _drawn(cohort, driver, chosen, table)
    result = CorrelationResult(
        table=table[list(CORRELATION_COLUMNS)],
        background=background.set_axis(cohort.gene_ids[background.index]).rename("rho"),
        expression=expression,
        rho_matrix=_matrix(expression),
        gene=driver.name,
        gene_id=driver.gene_id,
        covariates=tuple(partial),
        n=len(cohort.samples),
        degrees_of_freedom=adjusted.degrees_of_freedom,
        normalisation=normalisation,
        notes=tuple(notes),
    )
    logger.info("%s", result.sentence)
    return result


def _chosen(
    adata: AnnData,
    genes: Sequence[str] | None,
    driver: FoundGene,
    names: pd.Series,
    notes: list[str],
) -> list[FoundGene]:
    """Find the genes asked for; the defaults stand back where the matrix lacks one."""
    if driver.note:
        notes.append(driver.note)
    lenient = genes is None or tuple(genes) == DEFAULT_GENES
    found: dict[str, FoundGene] = {}
    absent = []
    for name in DEFAULT_GENES if genes is None else genes:
        try:
            one = find_gene(adata, name, names=names)
        except DataError:
            if not lenient:
                raise
            absent.append(name)
            continue
        if one.note:
            notes.append(one.note)
        if one.gene_id == driver.gene_id and not lenient:
            notes.append(f"{one.name} is the driver itself and left out")
        elif one.gene_id != driver.gene_id:
            found[one.gene_id] = one
    if absent and genes is not None:
        notes.append(f"not in the matrix: {listing(absent, len(DEFAULT_GENES))}")
    if genes is not None and not found:
        raise DataError(
            f"none of the genes to correlate {driver.name} with is in the matrix; name them with "
            "--genes, or take --all-genes"
        )
    return list(found.values())


def _complete(
    adata: AnnData, partial: Sequence[str], notes: list[str]
) -> tuple[AnnData, pd.DataFrame]:
    """Keep the samples with all covariates."""
    columns = [str(name) for name in adata.obs.columns]
    for name in partial:
        if name not in columns:
            raise UsageError(
                f"no column {clip(name)} to correlate given{did_you_mean(name, columns)}; the "
                f"sample sheet has {listed(columns, 20) if columns else 'none'}"
            )
    obs = adata.obs[list(dict.fromkeys(partial))]
    complete = obs.notna().all(axis=1).to_numpy()
    if complete.all():
        return adata, obs
    if not complete.any():
        raise DataError(f"no sample has a value of {' and '.join(map(clip, partial))}")
    notes.append(
        f"{plural(int((~complete).sum()), 'sample')} without {' or '.join(map(clip, partial))} "
        "left out"
    )
    return adata[complete].copy(), obs[complete]


def _expressed(
    cohort: CohortCounts, at: int, driver: FoundGene, notes: list[str]
) -> NDArray[np.intp]:
    """Give the positions of the genes with enough counts, without the driver."""
    medians = np.median(cohort.counts, axis=0)
    if medians[at] < _LOW_COUNT:
        notes.append(
            f"{driver.name} has a median count of {medians[at]:g}: the order of the samples rests "
            "largely on sampling noise"
        )
    expressed = medians >= _LOW_COUNT
    expressed[at] = False
    return np.flatnonzero(expressed)


def _by_chunks(
    cohort: CohortCounts,
    driver: int,
    genes: NDArray[np.integer],
    basis: NDArray[np.float64] | None,
    confidence: float,
) -> RankCorrelation:
    """Correlate with many genes without a second matrix of their size."""
    x = cohort.log2_cpm([driver])[:, 0]
    parts = [
        rank_correlation(
            x, cohort.log2_cpm(genes[first : first + _CHUNK]), basis, confidence=confidence
        )
        for first in range(0, max(len(genes), 1), _CHUNK)
    ]
    return RankCorrelation(
        rho=np.concatenate([part.rho for part in parts]),
        ci_low=np.concatenate([part.ci_low for part in parts]),
        ci_high=np.concatenate([part.ci_high for part in parts]),
        pvalue=np.concatenate([part.pvalue for part in parts]),
        n=parts[0].n,
        degrees_of_freedom=parts[0].degrees_of_freedom,
    )


def _table(
    cohort: CohortCounts,
    names: pd.Series,
    tested: NDArray[np.integer],
    union: NDArray[np.integer],
    found: RankCorrelation,
) -> pd.DataFrame:
    places = np.searchsorted(union, tested)
    ids = cohort.gene_ids[tested]
    table = pd.DataFrame({"gene_id": ids})
    table["gene_name"] = names.reindex(ids).to_numpy(dtype=object)
    table["n"] = found.n
    for column in ("rho", "ci_low", "ci_high", "pvalue"):
        table[column] = getattr(found, column)[places]
    table["padj"] = benjamini_hochberg(table["pvalue"].to_numpy())
    table["mean_expression"] = np.concatenate(
        [
            cohort.log2_cpm(tested[first : first + _CHUNK]).mean(axis=0)
            for first in range(0, max(len(tested), 1), _CHUNK)
        ]
    )
    return table


def _in_amplicon(driver: FoundGene, names: pd.Series, notes: list[str]) -> NDArray[np.bool_]:
    try:
        amplicon = amplicon_of(driver.name)
    except DataError as error:
        notes.append(f"amplicon not flagged: {error}")
        return np.zeros(len(names), dtype=bool)
    return np.asarray(names.index.isin(amplicon.flags(names).index))


def _drawn(
    cohort: CohortCounts, driver: FoundGene, chosen: list[FoundGene], table: pd.DataFrame
) -> pd.DataFrame:
    """Give the expression that a figure shows, the driver first."""
    genes = {one.gene_id: one.name for one in chosen}
    if not genes:
        first = table.head(_DRAWN)
        genes = dict(zip(first["gene_id"], first["gene_name"], strict=True))
    genes = {driver.gene_id: driver.name, **genes}
    return pd.DataFrame(
        cohort.log2_cpm(cohort.places(list(genes))),
        index=cohort.samples,
        columns=pd.Index(list(genes.values()), dtype=object),
    )


def _matrix(expression: pd.DataFrame) -> pd.DataFrame:
    """Give Spearman's rho between all columns; NaN for one that does not vary."""
    values = expression.to_numpy()
    rho = np.full((values.shape[1], values.shape[1]), np.nan)
    for at, column in enumerate(values.T):
        if np.ptp(column) > 0:
            rho[at] = rank_correlation(column, values).rho
    return pd.DataFrame(rho, index=expression.columns, columns=expression.columns)
