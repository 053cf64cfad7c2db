"""From counts, a design and a contrast to a table of genes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, get_args

import numpy as np
import pandas as pd

from rnaseq_s6k1.de.calls import LfcMode, Significance, call_directions, padj_na_reasons
from rnaseq_s6k1.de.engine import EngineFit, get_engine
from rnaseq_s6k1.de.filtering import independent_filtering
from rnaseq_s6k1.de.quality import quality_warnings, sample_quality
from rnaseq_s6k1.de.result import RESULT_COLUMNS, DEParameters, DEResult, experiment_record
from rnaseq_s6k1.de.transform import normalize, variance_stabilize
from rnaseq_s6k1.de.wald import wald_test
from rnaseq_s6k1.design.contrast import Contrast
from rnaseq_s6k1.design.levels import level_texts
from rnaseq_s6k1.design.matrix import DesignMatrix, build_design
from rnaseq_s6k1.errors import DataError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from anndata import AnnData

__all__ = ["run_de"]

logger = logging.getLogger(__name__)

# With fewer genes a rank correlation of replicates wavers by as much as a faulty sample
# changes it: its standard error is about (1 - rho^2) / sqrt(genes).
_FEWEST_GENES_FOR_QUALITY = 500


def run_de(
    adata: AnnData,
    design: str = "~ condition",
    contrast: Contrast | tuple[str, str, str] = ("condition", "treated", "control"),
    *,
    engine: str = "fast",
    lfc: float = 1.0,
    alpha: float = 0.05,
    filter_alpha: float = 0.1,
    lfc_mode: LfcMode = "filter",
    significance: Significance = "padj",
    shrink: bool = True,
    split_gene: str | None = None,
    id_map: Path | None = None,
    jobs: int = 1,
) -> DEResult:
    """Test every gene for differential expression between two groups.

    The negative-binomial model, its estimates and tests are those of DESeq2 (Love, Huber
    and Anders, Genome Biology 2014, 15:550).

    Parameters
    ----------
    adata
        Integer counts, shape ``(n_samples, n_genes)``, with the sample sheet in ``obs``.
    design
        A formula over the columns of ``obs``, such as ``"~ batch + condition"``.
    contrast
        Factor, target and reference: fold changes are target over reference.
    engine
        Which engine fits the model.
    lfc
        Absolute log2 fold change a called gene must exceed.
    alpha
        Level at which genes are called.
    filter_alpha
        Level for which independent filtering is optimised (R's default is 0.1).
    lfc_mode
        ``"filter"`` tests for any change and filters by `lfc` afterwards; ``"test"`` tests
        the null ``|log2FC| <= lfc``. They answer different questions.
    significance
        Whether `alpha` is compared with the adjusted or the unadjusted p.
    shrink
        Whether to add apeGLM-shrunken fold changes.
    split_gene
        The gene id by whose expression the groups were cut; it is never called.
    id_map
        Two-column file of gene id and name that overrides the bundled gene table.
    jobs
        Cores to use; results do not depend on it.

    Returns
    -------
    DEResult
        The table and everything later steps need.

    Raises
    ------
    DataError
        If counts are missing, negative or not integers.
    UsageError
        If formula, contrast or thresholds are wrong.
    ModelError
        If the model cannot be fitted: confounded columns, no replicates.
    """
    contrast = contrast if isinstance(contrast, Contrast) else Contrast(*contrast)
    _check_thresholds(lfc, alpha, filter_alpha, lfc_mode, significance)
    counts = _canonical_counts(adata)
    matrix = build_design(design, counts.obs, contrast)
    fit = get_engine(engine).fit(
        np.asarray(counts.X), counts.var_names, matrix, shrink=shrink, jobs=jobs
    )
    groups = level_texts(counts.obs[contrast.factor])
    parameters = DEParameters(
        design=matrix.formula,
        lfc=lfc,
        alpha=alpha,
        lfc_mode=lfc_mode,
        significance=significance,
        filter_alpha=filter_alpha,
        engine=engine,
        n_target=int((groups == contrast.target).sum()),
        n_reference=int((groups == contrast.reference).sum()),
        split_gene=split_gene or "",
    )
    table = _results_table(fit, parameters)
    table["gene_name"] = _gene_names(counts, id_map)
    table.loc[table["gene_id"] == parameters.split_gene, "direction"] = "none"
    experiment = _experiment(counts, matrix, fit, parameters)
    for sentence in _quality(experiment, fit, groups):
        logger.warning("%s", sentence)
    return DEResult(table[list(RESULT_COLUMNS)], contrast, parameters, experiment)


def _check_thresholds(
    lfc: float, alpha: float, filter_alpha: float, lfc_mode: LfcMode, significance: Significance
) -> None:
    if not (np.isfinite(lfc) and lfc >= 0):
        raise UsageError(f"--lfc must be 0 or more (log2 units), not {lfc}")
    for name, value in (("--alpha", alpha), ("--filter-alpha", filter_alpha)):
        if not 0 < value < 1:
            raise UsageError(f"{name} must lie between 0 and 1, not {value}")
    if lfc_mode not in get_args(LfcMode):
        raise UsageError(f"--lfc-mode must be filter or test, not {lfc_mode!r}")
    if significance not in get_args(Significance):
        raise UsageError(f"--significance must be padj or pvalue, not {significance!r}")


def _canonical_counts(adata: AnnData) -> AnnData:
    """Return a copy with samples and genes sorted, so that results ignore the input's order."""
    X = _integers(adata)
    for kind, names in (("sample", adata.obs_names), ("gene id", adata.var_names)):
        if not names.is_unique:
            twice = str(names[names.duplicated()][0])[:40]
            raise DataError(f"the {kind} {twice} occurs more than once; make the names unique")
    samples = np.argsort(adata.obs_names.to_numpy(dtype=str), kind="stable")
    genes = np.argsort(adata.var_names.to_numpy(dtype=str), kind="stable")
    canonical = adata[samples][:, genes].copy()
    # One memory layout, as sums over samples depend on it in their last digit.
    canonical.X = np.ascontiguousarray(X[np.ix_(samples, genes)])
    return canonical


def _integers(adata: AnnData) -> np.ndarray:
    X = np.asarray(adata.X.toarray() if hasattr(adata.X, "toarray") else adata.X)
    if X.size == 0:
        raise DataError(f"the count matrix is empty: {adata.n_obs} samples, {adata.n_vars} genes")
    if not np.issubdtype(X.dtype, np.integer):
        if not np.isfinite(X).all():
            raise DataError("the counts hold missing or infinite values; give raw counts")
        if not np.array_equal(X, np.round(X)):
            raise DataError(
                "the counts hold decimals; give raw counts, or round estimates when reading them"
            )
        X = X.astype(np.int64)
    if X.min() < 0:
        raise DataError("the counts hold negative values; give raw counts")
    return X


def _results_table(fit: EngineFit, parameters: DEParameters) -> pd.DataFrame:
    genes = fit.genes
    stat, pvalue = wald_test(
        genes["log2FoldChange"].to_numpy(),
        genes["lfcSE"].to_numpy(),
        threshold=parameters.lfc if parameters.lfc_mode == "test" else 0.0,
    )
    outlier = genes["cooks_outlier"].to_numpy(dtype=bool)
    pvalue = np.where(outlier, np.nan, pvalue)
    base_mean = genes["baseMean"].to_numpy()
    filtered = independent_filtering(base_mean, pvalue, parameters.filter_alpha)
    table = genes[["baseMean", "log2FoldChange", "lfcSE", "log2FoldChange_shrunk"]].copy()
    table["stat"], table["pvalue"], table["padj"] = stat, pvalue, filtered.padj
    table.insert(0, "gene_id", table.index.astype(str))
    table = table.reset_index(drop=True)
    table["direction"] = call_directions(
        table,
        lfc=parameters.lfc,
        alpha=parameters.alpha,
        lfc_mode=parameters.lfc_mode,
        significance=parameters.significance,
    )
    table["padj_na_reason"] = padj_na_reasons(
        table["padj"], table["pvalue"], table["baseMean"], pd.Series(outlier)
    )
    return table


def _gene_names(counts: AnnData, id_map: Path | None) -> np.ndarray:
    from rnaseq_s6k1.genes.naming import name_genes

    from_matrix = counts.var.get("gene_name", None)
    named = name_genes(counts.var_names, matrix_names=from_matrix, id_map=id_map)
    return np.asarray(named.names.to_numpy(dtype=object))


def _experiment(
    counts: AnnData, matrix: DesignMatrix, fit: EngineFit, parameters: DEParameters
) -> AnnData:
    experiment = counts
    experiment.obs["size_factor"] = fit.size_factors.to_numpy()
    experiment.obsm["design_matrix"] = matrix.matrix
    kept = ("dispersion_genewise", "dispersion_trend", "dispersion", "dispersion_outlier")
    for name in ("baseMean", *kept):
        experiment.var[name] = fit.genes[name].to_numpy()
    experiment.uns.update(experiment_record(parameters, matrix.contrast, fit.trend))
    return experiment


def _quality(experiment: AnnData, fit: EngineFit, groups: pd.Series) -> list[str]:
    X = np.asarray(experiment.X)
    expressed = fit.genes["baseMean"].to_numpy() >= 1
    if expressed.sum() < _FEWEST_GENES_FOR_QUALITY:
        return []
    size_factors = experiment.obs["size_factor"].to_numpy(dtype=float)
    expression = variance_stabilize(normalize(X[:, expressed], size_factors), fit.trend)
    return quality_warnings(sample_quality(expression, X.sum(axis=1).astype(float), groups))
