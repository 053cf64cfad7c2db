"""PyDESeq2 (Muzellec et al., Bioinformatics 2023, 39:btad547) behind the `Engine` interface.

Only PyDESeq2's estimates are used. Its thresholded Wald statistic, its independent filtering
and its prior variance at few degrees of freedom differ from DESeq2's and are computed by
this package instead.
"""

from __future__ import annotations

import logging
import warnings
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.de.engine import DispersionTrend, EngineFit
from rnaseq_s6k1.de.options import FitOptions
from rnaseq_s6k1.de.prior_variance import prior_variance
from rnaseq_s6k1.design.matrix import DesignMatrix
from rnaseq_s6k1.errors import ModelError, UsageError
from rnaseq_s6k1.process_wide import caught_warnings

__all__ = ["PyDESeq2Engine"]

logger = logging.getLogger(__name__)


class PyDESeq2Engine:
    """Fit with PyDESeq2; the fold changes agree with R to about 0.05 log2 units."""

    name = "pydeseq2"

    def fit(
        self,
        counts: NDArray[np.integer],
        gene_ids: pd.Index,
        design: DesignMatrix,
        *,
        shrink: bool,
        jobs: int,
        options: FitOptions | None = None,
    ) -> EngineFit:
        """Fit all genes; see `rnaseq_s6k1.de.engine.Engine.fit`.

        Raises
        ------
        ModelError
            If every gene has a zero, so that median-ratio size factors do not exist, or
            PyDESeq2 fails.
        """
        if options is not None and not options.is_default:
            raise UsageError(
                "the pydeseq2 engine offers neither other size factors, trends and priors nor "
                "likelihood-ratio tests; use the engine fast"
            )
        with caught_warnings("always") as caught:
            dds = self._fit_dispersions_and_coefficients(counts, gene_ids, design, jobs)
            stats = self._wald(dds, design, jobs)
            fit = self._collect(dds, stats)
            if shrink and design.coefficient is not None:
                # PyDESeq2 overwrites its fold changes here, so this comes last.
                stats.lfc_shrink(design.coefficient)
                fit.genes["log2FoldChange_shrunk"] = stats.LFC[
                    design.coefficient
                ].to_numpy() / np.log(2)
        for text in sorted({str(w.message).splitlines()[0] for w in caught if _is_notable(w)}):
            logger.info("PyDESeq2: %s", text)
        return fit

    @staticmethod
    def _fit_dispersions_and_coefficients(
        counts: NDArray[np.integer], gene_ids: pd.Index, design: DesignMatrix, jobs: int
    ) -> Any:
        from pydeseq2.dds import DeseqDataSet
        from pydeseq2.default_inference import DefaultInference

        if not (counts > 0).all(axis=0).any():
            raise ModelError(
                "size factors cannot be estimated: every gene has a zero count in some sample; "
                "leave out samples with very few reads (--where)"
            )
        samples = design.matrix.index
        # One type and memory layout: the last digit of PyDESeq2's sums depends on them.
        integers = np.ascontiguousarray(counts, dtype=np.int64)
        dds = DeseqDataSet(
            counts=pd.DataFrame(integers, index=samples, columns=gene_ids),
            metadata=pd.DataFrame(index=samples),
            design=design.matrix.astype(float),
            inference=DefaultInference(n_cpus=jobs),
            max_disp=max(10.0, len(samples)),
            quiet=True,
        )
        try:
            dds.fit_size_factors()
            dds.fit_genewise_dispersions()
            dds.fit_dispersion_trend()
            dds.fit_dispersion_prior()
            dds.uns["prior_disp_var"] = np.asarray(_prior_variance(dds))
            dds.fit_MAP_dispersions()
            dds.fit_LFC()
            dds.calculate_cooks()
            dds.refit()
            dds.cooks_outlier()
        except (ValueError, np.linalg.LinAlgError, FloatingPointError) as error:
            raise ModelError(
                f"PyDESeq2 could not fit the model {design.formula}: {str(error).splitlines()[0]}"
            ) from error
        return dds

    @staticmethod
    def _wald(dds: Any, design: DesignMatrix, jobs: int) -> Any:
        from pydeseq2.default_inference import DefaultInference
        from pydeseq2.ds import DeseqStats

        stats = DeseqStats(
            dds,
            contrast=np.asarray(design.contrast_vector, dtype=float),
            inference=DefaultInference(n_cpus=jobs),
            quiet=True,
        )
        stats.run_wald_test()
        return stats

    @staticmethod
    def _collect(dds: Any, stats: Any) -> EngineFit:
        ln2 = np.log(2)
        var = dds.var
        non_zero = var["non_zero"].to_numpy(dtype=bool)
        fold_change = stats.LFC.to_numpy() @ stats.contrast_vector / ln2
        standard_error = stats.SE.to_numpy(dtype=float) / ln2
        outlier = np.zeros(dds.n_vars, dtype=bool)
        flagged = np.asarray(dds.cooks_outlier())
        outlier[:] = flagged
        trend = (
            DispersionTrend(*map(float, dds.uns["trend_coeffs"]))
            if dds.uns["disp_function_type"] == "parametric"
            else DispersionTrend(float(dds.uns["mean_disp"]), 0.0)
        )
        normed = np.asarray(dds.X) / dds.obs["size_factors"].to_numpy()[:, None]
        genes = pd.DataFrame(
            {
                # baseMean after Cook's replacement, as DESeq2 reports it.
                "baseMean": np.asarray(stats.base_mean, dtype=float),
                "log2FoldChange": np.where(non_zero, fold_change, np.nan),
                "lfcSE": np.where(non_zero, standard_error, np.nan),
                "log2FoldChange_shrunk": np.nan,
                "cooks_outlier": outlier & non_zero,
                "dispersion_genewise": var["genewise_dispersions"].to_numpy(dtype=float),
                "dispersion_trend": var["fitted_dispersions"].to_numpy(dtype=float),
                "dispersion": var["dispersions"].to_numpy(dtype=float),
                "dispersion_outlier": var["_outlier_genes"].to_numpy(dtype=bool) & non_zero,
            },
            index=dds.var_names,
        )
        genes.loc[~non_zero, "baseMean"] = normed[:, ~non_zero].mean(axis=0)
        size_factors = dds.obs["size_factors"].astype(float).rename("size_factor")
        return EngineFit(genes=genes, size_factors=size_factors, trend=trend)


def _prior_variance(dds: Any) -> float:
    """Replace PyDESeq2's prior variance, which is too small at few degrees of freedom."""
    genes = dds.var[dds.var["non_zero"]]
    usable = genes["genewise_dispersions"] >= 100 * dds.min_disp
    residuals = np.log(genes["genewise_dispersions"]) - np.log(genes["fitted_dispersions"])
    degrees_of_freedom = dds.n_obs - dds.obsm["design_matrix"].shape[1]
    return prior_variance(residuals[usable].to_numpy(), degrees_of_freedom)


def _is_notable(warning: warnings.WarningMessage) -> bool:
    """Tell PyDESeq2's own remarks from deprecation noise of the libraries below it."""
    return issubclass(warning.category, UserWarning) and "pydeseq2" in str(warning.filename)
