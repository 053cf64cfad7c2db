"""A proliferation meta-gene: what nearly every expression signature of a tumour also measures.

Venet, Dumont and Detours (PLoS Computational Biology 2011, 7:e1002240) showed that most random
signatures predict outcome in breast cancer, and that this goes when expression is adjusted for
meta-PCNA, the median expression of the 131 genes most correlated with PCNA in normal tissues.
Two definitions of the kind are offered here, both the median over genes of the z-scored log2 CPM:

- ``hallmark``: the expressed genes of HALLMARK_E2F_TARGETS and HALLMARK_G2M_CHECKPOINT together
  (MSigDB 2025.1, bundled), chosen without the cohort;
- ``pcna``: the 1 % of the cohort's expressed genes (at least ten) whose log2 CPM correlates most
  with PCNA's (Pearson), PCNA included, chosen in the cohort itself.

The driver and its amplicon are left out of either. Genes of the signature stay: a signature that
is proliferation is meant to vanish.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.cohort.score_bridge.expression import CohortExpression
from rnaseq_s6k1.errors import DataError, UsageError

__all__ = ["MetaGene", "MetaGeneKind", "proliferation_meta_gene"]

MetaGeneKind = Literal["hallmark", "pcna"]
_SETS = ("HALLMARK_E2F_TARGETS", "HALLMARK_G2M_CHECKPOINT")
_SHARE = 0.01
_FEWEST = 10


@dataclass(frozen=True, eq=False)
class MetaGene:
    """A meta-gene.

    Attributes
    ----------
    values
        One a sample, in standard deviations of a gene, shape ``(n_samples,)``.
    genes
        Its genes.
    sentence
        What it is made of.
    """

    values: NDArray[np.float64]
    genes: tuple[str, ...]
    sentence: str


def proliferation_meta_gene(
    expression: CohortExpression, kind: MetaGeneKind = "hallmark", *, exclude: Collection[str] = ()
) -> MetaGene:
    """Compute a proliferation meta-gene; see the module.

    Parameters
    ----------
    expression
        Of the cohort.
    kind
        ``hallmark`` or ``pcna``.
    exclude
        Names of genes left out.

    Raises
    ------
    UsageError
        If the kind is unknown.
    DataError
        If fewer than ten of its genes are expressed, or PCNA is not.
    """
    if kind not in get_args(MetaGeneKind):
        raise UsageError(f"the meta-gene must be one of {', '.join(get_args(MetaGeneKind))}")
    z = expression.log2_cpm - expression.log2_cpm.mean(axis=0)
    z = z / z.std(axis=0, ddof=1)
    if kind == "hallmark":
        wanted = _hallmark_genes(expression.genes)
        source = "E2F targets and G2M checkpoint (Hallmark)"
    else:
        wanted = _followers_of_pcna(expression.genes, z, set(exclude))
        source = f"the {_SHARE:.0%} of genes that follow PCNA most in this cohort"
    left_out = set(exclude)
    columns = [
        k for k, gene in enumerate(expression.genes) if gene in wanted and gene not in left_out
    ]
    if len(columns) < _FEWEST:
        raise DataError(
            f"the proliferation meta-gene ({kind}) has {len(columns)} expressed genes of at least "
            f"{_FEWEST}; check that the matrix has human gene symbols"
        )
    return MetaGene(
        np.median(z[:, columns], axis=1),
        tuple(expression.genes[k] for k in columns),
        f"median z-score of {len(columns)} genes: {source}",
    )


def _hallmark_genes(genes: list[str]) -> set[str]:
    from rnaseq_s6k1.enrichment.collections import read_gene_sets
    from rnaseq_s6k1.genes.matching import match_sets

    sets = read_gene_sets(["hallmark"])["hallmark"]
    matched = match_sets({name: sets[name] for name in _SETS}, genes)
    return {gene for members in matched.members.values() for gene in members}


def _followers_of_pcna(genes: list[str], z: NDArray[np.float64], left_out: set[str]) -> set[str]:
    if "PCNA" not in genes:
        raise DataError("PCNA is not among the expressed genes; use the meta-gene hallmark")
    r = (z * z[:, [genes.index("PCNA")]]).sum(axis=0) / (len(z) - 1)
    count = max(int(np.ceil(_SHARE * len(genes))), _FEWEST)
    order = np.lexsort((np.arange(len(genes)), -np.round(r, 12)))
    return set([genes[k] for k in order if genes[k] not in left_out][:count])
