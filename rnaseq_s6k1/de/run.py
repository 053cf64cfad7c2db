"""From counts, a design and a contrast to a table of genes."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from rnaseq_s6k1.de.calls import LfcMode, Significance, call_directions, padj_na_reasons
from rnaseq_s6k1.de.engine import EngineFit, get_engine
from rnaseq_s6k1.de.filtering import independent_filtering
from rnaseq_s6k1.de.likelihood_ratio import likelihood_ratio_pvalues
from rnaseq_s6k1.de.options import FitOptions, FitType, SizeFactorType
from rnaseq_s6k1.de.quality import quality_warnings
from rnaseq_s6k1.de.result import RESULT_COLUMNS, DEParameters, DEResult, experiment_record
from rnaseq_s6k1.de.sample_tables import measured_quality
from rnaseq_s6k1.de.wald import Alternative, wald_test
from rnaseq_s6k1.design.contrast import Contrast, LinearContrast
from rnaseq_s6k1.design.levels import level_texts
from rnaseq_s6k1.design.matrix import DesignMatrix, build_design, reduced_design
from rnaseq_s6k1.errors import DataError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from anndata import AnnData

__all__ = ["run_de"]

logger = logging.getLogger(__name__)


def run_de(
    adata: AnnData,
    design: str = "~ condition",
    contrast: Contrast | tuple[str, str, str] | str | Mapping[str, float] = (
        "condition",
        "treated",
        "control",
    ),
    *,
    engine: str = "fast",
    lfc: float = 1.0,
    alpha: float = 0.05,
    filter_alpha: float = 0.1,
    lfc_mode: LfcMode = "filter",
    significance: Significance = "padj",
    alternative: Alternative = "greaterAbs",
    reduced: str | None = None,
    size_factors: SizeFactorType | ArrayLike = "ratio",
    normalization_factors: ArrayLike | None = None,
    fit_type: FitType = "parametric",
    prior_variance: float | None = None,
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
        Factor, target and reference: fold changes are target over reference. Or the name
        of a coefficient of the design matrix, or weights of coefficients by name.
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
    alternative
        The alternative of the mode ``"test"``; see `rnaseq_s6k1.de.wald`.
    reduced
        A reduced formula: the p-values are then of the likelihood-ratio test against it,
        whatever the contrast, which only the fold changes belong to.
    size_factors
        ``"ratio"``, ``"poscounts"``, ``"iterate"``, or one value a sample in the order of
        `adata`, shape ``(n_samples,)``.
    normalization_factors
        One value a sample and gene in the order of `adata`, shape ``(n_samples, n_genes)``.
    fit_type
        The dispersion trend: ``"parametric"``, ``"local"`` or ``"mean"``.
    prior_variance
        Variance of the dispersion prior (natural log) in place of the estimated one.
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

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> adata = s6k1.simulate_counts(n_genes=3000).adata
    >>> result = s6k1.run_de(adata, "~ condition", ("condition", "siS6K1", "siNC"))
    >>> result.n_up, result.n_down
    (443, 368)
    >>> result.degs.loc[0, "direction"]
    'up'
    """
    contrast = _as_contrast(contrast)
    _check_thresholds(lfc, alpha, filter_alpha, lfc_mode, significance)
    order = _canonical_order(adata)
    counts = _canonical_counts(adata, *order)
    matrix = build_design(design, counts.obs, contrast)
    options = FitOptions(
        size_factors=_as_size_factors(size_factors, order[0]),
        normalization_factors=(
            None if normalization_factors is None else _reorder(normalization_factors, order)
        ),
        fit_type=fit_type,
        prior_variance=prior_variance,
        reduced=None if reduced is None else reduced_design(reduced, counts.obs, matrix),
    )
    fit = get_engine(engine).fit(
        np.asarray(counts.X),
        counts.var_names,
        matrix,
        shrink=shrink,
        jobs=jobs,
        options=options,
    )
    groups = level_texts(counts.obs[contrast.factor]) if contrast.factor else None
    parameters = DEParameters(
        design=matrix.formula,
        lfc=lfc,
        alpha=alpha,
        lfc_mode=lfc_mode,
        significance=significance,
        filter_alpha=filter_alpha,
        engine=engine,
        n_target=0 if groups is None else int((groups == contrast.target).sum()),
        n_reference=0 if groups is None else int((groups == contrast.reference).sum()),
        split_gene=split_gene or "",
        alternative=alternative,
        reduced=reduced or "",
    )
    table = _results_table(fit, parameters)
    table["gene_name"] = _gene_names(counts, id_map)
    table.loc[table["gene_id"] == parameters.split_gene, "direction"] = "none"
    experiment = _experiment(counts, matrix, fit, parameters)
    result = DEResult(table[list(RESULT_COLUMNS)], contrast, parameters, experiment)
    quality = measured_quality(result)
    for sentence in [] if quality is None else quality_warnings(quality):
        logger.warning("%s", sentence)
    return result


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


def _as_contrast(
    contrast: Contrast | tuple[str, str, str] | str | Mapping[str, float],
) -> Contrast:
    if isinstance(contrast, Contrast):
        return contrast
    if isinstance(contrast, (str, Mapping)):
        return LinearContrast.of(contrast)
    if len(contrast) != 3:
        raise UsageError(
            f"a contrast is factor, target and reference; {len(contrast)} values were given"
        )
    return Contrast(*contrast)


def _canonical_order(adata: AnnData) -> tuple[np.ndarray, np.ndarray]:
    """Return the order of samples and genes by name, so that results ignore the input's."""
    for kind, names in (("sample", adata.obs_names), ("gene id", adata.var_names)):
        if not names.is_unique:
            twice = str(names[names.duplicated()][0])[:40]
            raise DataError(f"the {kind} {twice} occurs more than once; make the names unique")
    samples = np.argsort(adata.obs_names.to_numpy(dtype=str), kind="stable")
    genes = np.argsort(adata.var_names.to_numpy(dtype=str), kind="stable")
    return samples, genes


def _as_size_factors(
    given: SizeFactorType | ArrayLike, samples: np.ndarray
) -> SizeFactorType | np.ndarray:
    if not isinstance(given, str):
        return _reorder(given, (samples,))
    for kind in get_args(SizeFactorType):
        if given == kind:
            known: SizeFactorType = kind
            return known
    raise UsageError(
        f"no size factors are called {given!r}; choose {', '.join(get_args(SizeFactorType))}"
    )


def _reorder(values: ArrayLike, order: tuple[np.ndarray, ...]) -> np.ndarray:
    """Bring values given in the input's order into the canonical one."""
    array = np.asarray(values, dtype=float)
    if array.shape != tuple(map(len, order)):
        return array  # the engine's check says what shape is needed
    return np.asarray(array[np.ix_(*order)])


def _canonical_counts(adata: AnnData, samples: np.ndarray, genes: np.ndarray) -> AnnData:
    X = _integers(adata)
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
    if parameters.reduced:
        stat = genes["likelihood_ratio"].to_numpy()
        pvalue = likelihood_ratio_pvalues(stat, fit.likelihood_ratio_df)
    else:
        against_threshold = parameters.lfc_mode == "test"
        stat, pvalue = wald_test(
            genes["log2FoldChange"].to_numpy(),
            genes["lfcSE"].to_numpy(),
            threshold=parameters.lfc if against_threshold else 0.0,
            alternative=parameters.alternative if against_threshold else "greaterAbs",
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
