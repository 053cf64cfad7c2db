"""Expression of a cohort as scores need it: expressed genes, by name, in a fixed order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from rnaseq_s6k1.cohort.expression import cohort_counts
from rnaseq_s6k1.errors import DataError, ModelError
from rnaseq_s6k1.io.wording import plural

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = [
    "CohortExpression",
    "ScoreMethod",
    "cohort_expression",
    "score_samples",
    "scoring_matrix",
]

Array = NDArray[np.float64]
ScoreMethod = Literal["zscore", "rank"]

#: A gene is expressed with at least one count per million in at least a tenth of the samples.
_CPM, _SHARE = 1.0, 0.1
_FEWEST_SAMPLES = 10


@dataclass(frozen=True, eq=False)
class CohortExpression:
    """Log expression of the expressed genes of a cohort's primary tumours.

    Attributes
    ----------
    log2_cpm
        log2 counts per million on TMM library sizes, shape ``(n_samples, n_genes)``.
    samples
        Sorted.
    genes
        Names of the genes, unique, sorted.
    gene_ids
        Their ids in the matrix.
    sentence
        What was used and what was left out.
    """

    log2_cpm: Array
    samples: list[str]
    genes: list[str]
    gene_ids: list[str]
    sentence: str


def cohort_expression(adata: AnnData, names: pd.Series) -> CohortExpression:
    """Normalise a cohort and keep its expressed genes.

    Of TCGA barcodes one primary tumour a patient is used, as `stratify` does. Of rows with one
    name the one with most counts is used.

    Parameters
    ----------
    adata
        Integer counts, shape ``(n_samples, n_genes)``.
    names
        Names of the genes, indexed by gene id.

    Raises
    ------
    DataError
        If a sample has no counts or no gene is expressed.
    ModelError
        If fewer than ten samples are left.
    """
    cohort = cohort_counts(adata)
    samples = list(map(str, cohort.samples))
    if len(samples) < _FEWEST_SAMPLES:
        raise ModelError(
            f"{plural(len(samples), 'sample')} are too few to relate a score to anything; at least "
            f"{_FEWEST_SAMPLES} are needed"
        )
    counts, sizes = cohort.counts, cohort.library_sizes
    ids = cohort.gene_ids.to_numpy(dtype=str)
    often = (counts / sizes[:, None] * 1e6 >= _CPM).sum(axis=0) >= _SHARE * len(samples)
    varies = np.ptp(counts, axis=0) > 0
    expressed = np.flatnonzero(often & varies)
    if not expressed.size:
        raise DataError(
            "no gene is expressed: none has a count per million in a tenth of the samples"
        )
    named = names.reindex(ids[expressed]).fillna("").astype(str).to_numpy()
    named = np.where(named == "", ids[expressed], named)
    totals = counts[:, expressed].sum(axis=0)
    first: dict[str, int] = {}
    for k in np.lexsort((np.arange(len(named)), -totals)):
        first.setdefault(str(named[k]), int(k))
    genes = sorted(first)
    columns = expressed[[first[gene] for gene in genes]]
    return CohortExpression(
        log2_cpm=cohort.log2_cpm(columns),
        samples=samples,
        genes=genes,
        gene_ids=[str(one) for one in ids[columns]],
        sentence=(
            f"{plural(len(samples), 'sample')}, {len(genes):,} of {counts.shape[1]:,} genes with "
            f"at least {_CPM:g} count per million in {_SHARE:.0%} of them"
        ),
    )


def scoring_matrix(log_expression: Array, method: ScoreMethod) -> Array:
    r"""Put genes on one scale, so that a score is a weighted mean of columns.

    ``zscore``: each gene's log expression less its mean over the samples, over its standard
    deviation: a sample is judged by the cohort. ``rank``: each sample's genes ranked by
    expression, :math:`(\mathrm{rank} - (G + 1)/2)/G`, as in singscore (Foroutan et al., BMC
    Bioinformatics 2018, 19:404): a sample is judged by itself.

    Parameters
    ----------
    log_expression
        Shape ``(n_samples, n_genes)``.
    method
        ``zscore`` or ``rank``.
    """
    if method == "rank":
        n_genes = log_expression.shape[1]
        return np.asarray((rankdata(log_expression, axis=1) - (n_genes + 1) / 2) / n_genes)
    centred = log_expression - log_expression.mean(axis=0)
    return np.asarray(centred / centred.std(axis=0, ddof=1))


def score_samples(columns: Array, weights: Array, method: ScoreMethod) -> Array:
    r"""Score samples by a signed signature.

    ``zscore``: :math:`\sum w_g z_g / \sum |w_g|`. ``rank``: the weighted mean rank of the genes
    with positive weight less that of the genes with negative weight, so that both directions
    count alike whatever their numbers.

    Parameters
    ----------
    columns
        The signature's columns of the scoring matrix, shape ``(n_samples, n_genes)``.
    weights
        Shape ``(n_genes,)``.
    method
        ``zscore`` or ``rank``.
    """
    if method == "zscore":
        return np.asarray((columns * (weights / np.abs(weights).sum())).sum(axis=1))
    score = np.zeros(len(columns))
    for side in (1.0, -1.0):
        part = np.where(weights * side > 0, weights, 0.0)
        if part.any():
            score += (columns * (part / np.abs(part).sum())).sum(axis=1)
    return score
