"""The samples behind a ranking, for the tests of gene sets that respect correlation among genes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.enrichment.ranking import Ranking
from rnaseq_s6k1.errors import DataError

if TYPE_CHECKING:
    from rnaseq_s6k1.de.result import DEResult
    from rnaseq_s6k1.design.matrix import DesignMatrix

__all__ = ["SampleData", "sample_data"]

FloatArray = NDArray[np.float64]

# Fold changes of a table and of the samples it was made from have a rank correlation near 1.
_ALIKE = 0.5


@dataclass(frozen=True)
class SampleData:
    """Expression, design and contrast of an experiment.

    Attributes
    ----------
    expression
        Variance-stabilised, log2 scale, shape ``(n_samples, n_genes)``; samples and genes in
        the order of their names, so that nothing depends on the order of the input.
    genes
        Names of the genes, each once, shape ``(n_genes,)``.
    design
        Shape ``(n_samples, n_coefficients)``.
    contrast
        Weights of the coefficients, shape ``(n_coefficients,)``.
    """

    expression: FloatArray
    genes: pd.Index
    design: FloatArray
    contrast: FloatArray

    @property
    def residual_df(self) -> int:
        """Samples less coefficients."""
        return len(self.design) - int(self.design.shape[1])


def sample_data(result: DEResult, ranking: Ranking) -> SampleData:
    """Take the samples of a result, with the genes of its ranking.

    A name stands for one gene: of several rows the one with the largest absolute statistic, as
    in the ranking. Genes that were not ranked (without counts, or withheld for one sample that
    dominates them) do not take part, nor does a gene the groups were cut on.

    Raises
    ------
    DataError
        If the result has no samples, its design cannot be built again, or its table has other
        fold changes than its samples.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> adata = s6k1.simulate_counts(n_genes=3000).adata
    >>> result = s6k1.run_de(adata, "~ condition", ("condition", "siS6K1", "siNC"))
    >>> ranking = s6k1.rank_genes(result.table)
    >>> samples = s6k1.sample_data(result, ranking)
    >>> tested = s6k1.run_gsea(
    ...     ranking, s6k1.read_gene_sets(["kegg_cell_cycle"]), samples=samples, rotations=999
    ... )
    >>> tested.table["evidence"].to_list()
    ['established']
    """
    from rnaseq_s6k1.de.refit import experiment_design

    design = experiment_design(result)
    rows = result.table[result.table["gene_name"].isin(ranking.stats.index)]
    rows = rows[rows["pvalue"].notna()].assign(size=rows["stat"].abs())
    rows = rows.sort_values(["size", "gene_id"], ascending=[False, True], kind="stable")
    rows = rows.drop_duplicates("gene_name").sort_values("gene_name", kind="stable")
    vst = result.vst()
    missing = set(rows["gene_id"]) - set(vst.columns)
    if missing or rows.empty:
        raise DataError(
            "the ranked genes are not those of the experiment; run `rnaseq-s6k1 de` again, or "
            "use --test prerank"
        )
    estimates = _estimates(vst[list(rows["gene_id"])], design)
    if not rows["log2FoldChange"].corr(pd.Series(estimates, rows.index), "spearman") > _ALIKE:
        raise DataError(
            "the fold changes of the results are not those of the samples beside them; run "
            "`rnaseq-s6k1 de` again, or use --test prerank"
        )
    order = np.argsort(vst.index.to_numpy(dtype=str), kind="stable")
    matrix = design.matrix.loc[vst.index].to_numpy(dtype=float)
    return SampleData(
        expression=np.ascontiguousarray(vst[list(rows["gene_id"])].to_numpy(dtype=float)[order]),
        genes=pd.Index(rows["gene_name"].to_numpy(dtype=object)),
        design=np.ascontiguousarray(matrix[order]),
        contrast=np.asarray(design.contrast_vector, dtype=float),
    )


def _estimates(vst: pd.DataFrame, design: DesignMatrix) -> FloatArray:
    """Return the contrast's least-squares estimate of each gene."""
    matrix = design.matrix.loc[vst.index].to_numpy(dtype=float)
    weights = np.linalg.pinv(matrix).T @ design.contrast_vector
    return np.asarray(weights @ vst.to_numpy(dtype=float))
