"""The score bridge: a signature of an experiment, scored in tumours, beside random signatures."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.cohort.amplicon import amplicon_of
from rnaseq_s6k1.cohort.driver_gene import FoundGene, find_gene
from rnaseq_s6k1.cohort.score_bridge.expression import (
    CohortExpression,
    ScoreMethod,
    cohort_expression,
    score_samples,
    scoring_matrix,
)
from rnaseq_s6k1.cohort.score_bridge.proliferation import (
    MetaGene,
    MetaGeneKind,
    proliferation_meta_gene,
)
from rnaseq_s6k1.cohort.score_bridge.random_signatures import expression_bins, random_scores
from rnaseq_s6k1.cohort.score_bridge.score_relations import BRIDGE_COLUMNS, ScoreRelations
from rnaseq_s6k1.cohort.score_bridge.signature import SignedSignature
from rnaseq_s6k1.cohort.survival.endpoints import EndpointColumns
from rnaseq_s6k1.errors import DataError, ModelError, UsageError
from rnaseq_s6k1.io.wording import clip, plural

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["BRIDGE_COLUMNS", "BridgeResult", "BridgeSettings", "run_bridge"]

logger = logging.getLogger(__name__)

Array = NDArray[np.float64]
_FEWEST = 5


@dataclass(frozen=True)
class BridgeSettings:
    """How the bridge is built.

    Attributes
    ----------
    method
        How samples are scored; see `scoring_matrix`.
    meta_gene
        Which proliferation meta-gene is adjusted for.
    window_mb
        Width of the driver's amplicon, left out of signature, meta-gene and random signatures.
    n_random
        Random signatures.
    seed
        Of their draws.
    """

    method: ScoreMethod = "zscore"
    meta_gene: MetaGeneKind = "hallmark"
    window_mb: float = 4.0
    n_random: int = 1000
    seed: int = 0


@dataclass(frozen=True, eq=False)
class BridgeResult:
    """What a signature's score in tumours goes with, and whether random signatures do too.

    Attributes
    ----------
    table
        One row a relation and adjustment (``none`` or ``proliferation``), the columns of
        `BRIDGE_COLUMNS`. ``estimate`` is Spearman's rho, or the hazard ratio per standard
        deviation of the score; ``statistic`` is rho, or the Wald z; ``empirical_p`` is
        ``(b + 1)/(n + 1)`` of the random signatures with as large an absolute statistic, with the
        95 % interval of its Monte Carlo error. The random statistics need not centre at 0: a
        signature with more genes down than up follows, reversed, whatever most genes follow.
        ``random_share_p05`` is the share of random signatures whose own p is below 0.05;
        ``random_low``, ``random_median`` and ``random_high`` are the 2.5, 50 and 97.5 % points of
        their statistics.
    scores
        ``sample score driver_expression proliferation`` and ``copy_number`` where known.
    signature
        ``gene weight in_score reason``: which genes were used, and why the others were not.
    random
        Statistics of the random signatures, a column a row of `table` named
        ``relation|variable|adjustment``.
    driver
        Name of the driver gene.
    notes
        Sentences on what was done.
    """

    table: pd.DataFrame
    scores: pd.DataFrame
    signature: pd.DataFrame
    random: pd.DataFrame
    driver: str
    notes: tuple[str, ...]

    def write(self, folder: Path) -> list[Path]:
        """Write the tables into `folder`."""
        from rnaseq_s6k1.io.tables import write_table

        named = {
            "bridge.tsv": self.table,
            "scores.tsv": self.scores,
            "signature.tsv": self.signature,
            "random_signatures.tsv.gz": self.random,
        }
        for name, table in named.items():
            write_table(table, folder / name)
        return [folder / name for name in named]


def run_bridge(
    adata: AnnData,
    signature: SignedSignature,
    *,
    driver: str = "RPS6KB1",
    names: pd.Series,
    clinical: pd.DataFrame | None = None,
    copy_number: str | None = None,
    endpoints: Sequence[EndpointColumns] = (),
    settings: BridgeSettings | None = None,
) -> BridgeResult:
    """Score tumours by a signature and relate the score to the driver and to outcome.

    Each relation is tested plainly and adjusted for a proliferation meta-gene, and each stands
    beside the same test of random signatures matched on size, signs and mean expression.

    Parameters
    ----------
    adata
        Integer counts of the cohort, shape ``(n_samples, n_genes)``.
    signature
        From `signature_of_results`.
    driver
        Symbol or gene id; the gene and its amplicon are left out of the signature.
    names
        Names of the cohort's genes, indexed by gene id.
    clinical
        Copy number and endpoints, indexed by sample.
    copy_number
        Column with the driver's copy-number level (GISTIC: -2 to 2).
    endpoints
        From `find_endpoints`.
    settings
        Method, meta-gene, window, number of random signatures, seed.

    Raises
    ------
    UsageError
        If copy number or endpoints are asked for without a clinical table.
    DataError
        If the driver is not in the cohort, or fewer than 5 % of the signature's genes are.
    ModelError
        If fewer than five of the signature's genes are expressed, or samples are too few.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> from rnaseq_s6k1.cohort.score_bridge.run import BridgeSettings
    >>> import pandas as pd
    >>> adata = s6k1.simulate_counts(n_per_group=10, n_genes=6000).adata
    >>> result = s6k1.run_de(adata, "~ condition", ("condition", "siS6K1", "siNC"))
    >>> signature = s6k1.signature_of_results(result.table, top=200)
    >>> names = pd.Series(adata.var_names, index=adata.var_names)
    >>> bridge = s6k1.run_bridge(
    ...     adata, signature, names=names, settings=BridgeSettings(n_random=20)
    ... )
    >>> bridge.scores.shape
    (20, 4)
    """
    how = settings or BridgeSettings()
    if clinical is None and (copy_number or endpoints):
        raise UsageError("copy number and endpoints need a clinical table; give one with --samples")
    found = find_gene(adata, driver, names=names)
    expression = cohort_expression(adata, names)
    amplicon, in_amplicon = _amplicon(found, expression, how.window_mb)
    left_out = np.isin(expression.gene_ids, list(in_amplicon))
    excluded = {gene for gene, out in zip(expression.genes, left_out, strict=True) if out}
    used, members = _members(signature, expression, amplicon, excluded)
    weights = signature.weights.loc[used.index[used["in_score"]]].to_numpy(dtype=float)
    matrix = scoring_matrix(expression.log2_cpm, how.method)
    meta = proliferation_meta_gene(expression, how.meta_gene, exclude=excluded)
    scores = np.column_stack(
        [
            score_samples(matrix[:, members], weights, how.method),
            random_scores(
                matrix,
                expression_bins(expression.log2_cpm.mean(axis=0)),
                ~left_out,
                members,
                weights,
                n=how.n_random,
                method=how.method,
                seed=how.seed,
            ),
        ]
    )
    driver_values = _driver_expression(adata, found.gene_id, expression)
    bridge = ScoreRelations(scores, meta.values, expression.samples)
    bridge.correlate("driver_expression", found.name, driver_values)
    table = pd.DataFrame({"sample": expression.samples, "score": scores[:, 0]})
    table["driver_expression"], table["proliferation"] = driver_values, meta.values
    if clinical is not None:
        clinical = clinical.set_axis(clinical.index.astype(str)).reindex(expression.samples)
        if copy_number:
            levels = _levels(clinical, copy_number)
            bridge.correlate("copy_number", copy_number, levels)
            table["copy_number"] = levels
        for columns in endpoints:
            bridge.follow(clinical, columns)
    bridge.correlate(
        "proliferation", f"proliferation meta-gene ({how.meta_gene})", meta.values, adjust=False
    )
    return BridgeResult(
        table=pd.DataFrame(
            [asdict(row) for row in bridge.rows], columns=list(BRIDGE_COLUMNS)
        ).astype({"events": "Int64"}),
        scores=table,
        signature=used.rename_axis("gene").reset_index(),
        random=pd.DataFrame(bridge.random),
        driver=found.name,
        notes=_notes(signature, used, expression, meta, amplicon, found.name, bridge),
    )


def _amplicon(
    driver: FoundGene, expression: CohortExpression, window_mb: float
) -> tuple[frozenset[str], set[str]]:
    """Give the symbols of the driver's amplicon, and the ids of the cohort's genes in it.

    A driver that the gene table does not place stands alone.
    """
    try:
        amplicon = amplicon_of(driver.name, window_mb=window_mb)
    except DataError:
        return frozenset({driver.name}), {driver.gene_id}
    flags = amplicon.flags(pd.Series(expression.genes, index=expression.gene_ids))
    symbols = {driver.name, amplicon.gene, *amplicon.neighbours["symbol"]}
    return frozenset(symbols), {driver.gene_id, *map(str, flags.index)}


def _members(
    signature: SignedSignature,
    expression: CohortExpression,
    amplicon: frozenset[str],
    excluded: set[str],
) -> tuple[pd.DataFrame, NDArray[np.intp]]:
    """Find the signature's genes in the cohort; say why the others are not used."""
    from rnaseq_s6k1.genes.matching import match_sets
    from rnaseq_s6k1.io.gmt import GeneSet

    genes = tuple(str(gene) for gene in signature.weights.index)
    matched = match_sets({"signature": GeneSet("signature", "", genes)}, expression.genes)
    place = {gene: k for k, gene in enumerate(expression.genes)}
    reasons, columns = [], []
    taken: set[int] = set()
    members = set(matched.members["signature"])
    for gene in genes:
        name = gene if gene in place else matched.aliases.get(gene, "")
        if gene in amplicon or name in excluded:
            reasons.append("amplicon of the driver")
        elif not name or name not in members:
            reasons.append("not among the expressed genes")
        elif place[name] in taken:
            reasons.append("another name of a gene already used")
        else:
            taken.add(place[name])
            columns.append(place[name])
            reasons.append("")
    used = pd.DataFrame({"weight": signature.weights, "reason": reasons}, index=list(genes))
    used.insert(1, "in_score", used["reason"] == "")
    if len(columns) < _FEWEST:
        raise ModelError(
            f"{plural(len(columns), 'gene')} of the signature's {len(genes):,} are expressed in "
            f"the cohort and outside the driver's amplicon; at least {_FEWEST} are needed"
        )
    return used, np.array(columns, dtype=np.intp)


def _driver_expression(adata: AnnData, gene_id: str, expression: CohortExpression) -> Array:
    if gene_id in expression.gene_ids:
        return expression.log2_cpm[:, expression.gene_ids.index(gene_id)]
    raise DataError(
        f"the driver {clip(gene_id)} is hardly expressed or constant in the cohort (less than one "
        "count per million in nine tenths of the samples), so that nothing can be related to it"
    )


def _levels(clinical: pd.DataFrame, column: str) -> Array:
    from rnaseq_s6k1.cohort.survival.covariates import require_columns

    require_columns(clinical, [column], "--copy-number")
    try:
        levels = np.asarray(clinical[column].astype(float), dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(
            f"--copy-number {clip(column)} holds text; give numbers, such as GISTIC's levels"
        ) from None
    if len(np.unique(levels[np.isfinite(levels)])) < 2:
        raise DataError(f"--copy-number {clip(column)} has fewer than two levels in these samples")
    return levels


def _notes(
    signature: SignedSignature,
    used: pd.DataFrame,
    expression: CohortExpression,
    meta: MetaGene,
    amplicon: frozenset[str],
    driver: str,
    bridge: ScoreRelations,
) -> tuple[str, ...]:
    counts = used["reason"].value_counts()
    lost = [f"{n:,} {reason}" for reason, n in sorted(counts.items()) if reason]
    in_score = set(used.index[used["in_score"]])
    shared = len(in_score & set(meta.genes))
    return (
        f"signature of {signature.sentence}",
        f"{len(in_score):,} of them scored" + (f"; {', '.join(lost)}" if lost else ""),
        expression.sentence,
        f"the amplicon of {driver}, {plural(len(amplicon), 'gene')} with the driver, is left out "
        "of the signature, the meta-gene and the random signatures",
        f"proliferation: {meta.sentence}; {plural(shared, 'gene')} of the signature among them",
        *bridge.notes,
    )
