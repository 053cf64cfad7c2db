"""The result of one differential-expression contrast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rnaseq_s6k1.de.calls import LfcMode, Significance
from rnaseq_s6k1.de.engine import DispersionTrend
from rnaseq_s6k1.de.wald import Alternative
from rnaseq_s6k1.design.contrast import Contrast, LinearContrast
from rnaseq_s6k1.errors import DataError

if TYPE_CHECKING:
    from anndata import AnnData

    from rnaseq_s6k1.de.local_trend import Trend

__all__ = ["RESULT_COLUMNS", "DEParameters", "DEResult"]

RESULT_COLUMNS: tuple[str, ...] = (
    "gene_id",
    "gene_name",
    "baseMean",
    "log2FoldChange",
    "lfcSE",
    "stat",
    "pvalue",
    "padj",
    "log2FoldChange_shrunk",
    "direction",
    "padj_na_reason",
)

_UNS_KEY = "rnaseq_s6k1_de"


@dataclass(frozen=True)
class DEParameters:
    """How a result was computed; everything a later step must know of it.

    Attributes
    ----------
    design
        The formula.
    lfc, alpha, lfc_mode, significance
        The rule by which genes were called (`lfc` in log2 units).
    filter_alpha
        The level independent filtering was optimised for.
    engine
        The engine's name.
    n_target, n_reference
        Samples in the two groups of the contrast.
    split_gene
        The gene id by whose expression the groups were cut, if they were; it is never
        called and is left out of every gene set.
    alternative
        The alternative of ``lfc_mode="test"``; see `rnaseq_s6k1.de.wald`.
    reduced
        The reduced formula whose likelihood-ratio test gave the p-values; empty for Wald.
    """

    design: str = ""
    lfc: float = 1.0
    alpha: float = 0.05
    lfc_mode: LfcMode = "filter"
    significance: Significance = "padj"
    filter_alpha: float = 0.1
    engine: str = ""
    n_target: int = 0
    n_reference: int = 0
    split_gene: str = ""
    alternative: Alternative = "greaterAbs"
    reduced: str = ""

    @property
    def rule(self) -> str:
        """The calling rule in words."""
        p = "adjusted p" if self.significance == "padj" else "unadjusted p"
        if self.reduced:
            return (
                f"{p} < {self.alpha:g} of the likelihood-ratio test against {self.reduced}, and "
                f"|log2FC| > {self.lfc:g}"
            )
        if self.lfc_mode == "test" and self.alternative != "greaterAbs":
            return (
                f"{p} < {self.alpha:g} of the test {self.alternative} with the threshold "
                f"{self.lfc:g} log2 units"
            )
        if self.lfc_mode == "test":
            return (
                f"{p} < {self.alpha:g} of the test against |log2FC| <= {self.lfc:g} "
                "(--lfc-mode test)"
            )
        return f"{p} < {self.alpha:g} and |log2FC| > {self.lfc:g} (--lfc-mode filter)"


@dataclass(frozen=True)
class DEResult:
    """A table of genes and what it took to make it.

    Attributes
    ----------
    table
        The columns of `RESULT_COLUMNS`, sorted by ``gene_id``; fold changes in log2 units.
    contrast
        The comparison; None where only a table of unknown origin was given.
    parameters
        How it was computed.
    experiment
        Counts, sample sheet, design matrix (``obsm["design_matrix"]``), size factors
        (``obs["size_factor"]``) and dispersions (``var``) of the samples fitted; None where
        only a table was given.
    """

    table: pd.DataFrame
    contrast: Contrast | None
    parameters: DEParameters
    experiment: AnnData | None = None

    @property
    def n_up(self) -> int:
        """How many genes are called up."""
        return int((self.table["direction"] == "up").sum())

    @property
    def n_down(self) -> int:
        """How many genes are called down."""
        return int((self.table["direction"] == "down").sum())

    @property
    def degs(self) -> pd.DataFrame:
        """The called genes, by p-value, then gene id."""
        called = self.table[self.table["direction"] != "none"]
        return called.sort_values(["pvalue", "gene_id"], kind="stable").reset_index(drop=True)

    @property
    def trend(self) -> Trend:
        """The dispersion trend of the fit."""
        from rnaseq_s6k1.de.local_trend import LocalTrend

        record = self.require_experiment().uns[_UNS_KEY]
        if "trend_vertices" in record:
            arrays = {
                name.removeprefix("trend_"): np.asarray(value)
                for name, value in record.items()
                if name.startswith("trend_")
            }
            return LocalTrend.from_arrays(arrays)
        return DispersionTrend(float(record["trend_a0"]), float(record["trend_a1"]))

    def vst(self) -> pd.DataFrame:
        """Return variance-stabilised expression of the genes with counts.

        Returns
        -------
        pandas.DataFrame
            Log2 scale, shape ``(n_samples, n_genes)``; not blind to the design, as the
            trend comes from the fit.
        """
        from rnaseq_s6k1.de.vst import variance_stabilizing_transform

        experiment = self.require_experiment()
        size_factors = experiment.obs["size_factor"].to_numpy(dtype=float)
        counts = np.asarray(experiment.X)
        counted = counts.any(axis=0)
        return pd.DataFrame(
            variance_stabilizing_transform(counts[:, counted], size_factors, self.trend),
            index=experiment.obs_names,
            columns=experiment.var_names[counted],
        )

    def require_experiment(self) -> AnnData:
        """Return the samples.

        Raises
        ------
        DataError
            If the result came as a bare table, which has none.
        """
        if self.experiment is None:
            raise DataError(
                "this step needs the samples, and only a results table was given; "
                "run `rnaseq-s6k1 de` first and name its folder with --out"
            )
        return self.experiment

    def without_experiment(self) -> DEResult:
        """Return the same result without the samples, as a bare table would give."""
        return replace(self, experiment=None)

    def write(self, folder: Path) -> list[Path]:
        """Write results, called genes, size factors, normalised counts and the experiment.

        Parameters
        ----------
        folder
            Where ``results.tsv``, ``degs.tsv``, ``size_factors.tsv``,
            ``normalized_counts.tsv.gz`` and ``experiment.h5ad`` go, each atomically.

        Returns
        -------
        list of pathlib.Path
            The files.
        """
        from rnaseq_s6k1.de.storable import storable
        from rnaseq_s6k1.de.transform import normalize
        from rnaseq_s6k1.io.atomic import atomic_path
        from rnaseq_s6k1.io.tables import write_table

        experiment = self.require_experiment()
        size_factors = experiment.obs["size_factor"]
        normalized = pd.DataFrame(
            normalize(np.asarray(experiment.X), size_factors.to_numpy(dtype=float)).T,
            index=experiment.var_names,
            columns=experiment.obs_names,
        )
        write_table(self.table, folder / "results.tsv")
        write_table(self.degs, folder / "degs.tsv")
        write_table(size_factors.to_frame(), folder / "size_factors.tsv", index_label="sample")
        write_table(normalized, folder / "normalized_counts.tsv.gz", index_label="gene_id")
        with atomic_path(folder / "experiment.h5ad") as temporary:
            storable(experiment).write_h5ad(temporary, compression="gzip")
        names = ("results.tsv", "degs.tsv", "size_factors.tsv", "normalized_counts.tsv.gz")
        return [folder / name for name in (*names, "experiment.h5ad")]

    @classmethod
    def read(cls, folder: Path) -> DEResult:
        """Read what `write` wrote.

        Raises
        ------
        DataError
            If the folder holds no results or no experiment of this package.
        """
        import anndata

        table = read_results(folder / "results.tsv")
        path = folder / "experiment.h5ad"
        if not path.is_file():
            return cls(table, None, DEParameters())
        try:
            experiment = anndata.read_h5ad(path)
            record = experiment.uns[_UNS_KEY]
            contrast, parameters = read_record(record)
        except (OSError, KeyError) as error:
            raise DataError(
                f"{path}: not an experiment written by `rnaseq-s6k1 de`; run that step again"
            ) from error
        return cls(table, contrast, parameters, experiment)


def read_results(path: Path) -> pd.DataFrame:
    """Read a results table, ours or one with DESeq2's column names.

    A table without the shrunken fold changes, calls or reasons gets them empty; a first
    column of any name holds the genes.

    Raises
    ------
    DataError
        If the file is not such a table.
    """
    from rnaseq_s6k1.io.tables import read_table

    table = read_table(path)
    if "gene_id" not in table.columns and len(table.columns):
        table = table.rename(columns={table.columns[0]: "gene_id"})
    needed = ("baseMean", "log2FoldChange", "lfcSE", "stat", "pvalue", "padj")
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise DataError(
            f"{path}: lacks {', '.join(missing)}; a results table has the columns gene_id, "
            f"{', '.join(needed)}"
        )
    table["gene_id"] = table["gene_id"].astype(str)
    if "gene_name" in table.columns:
        # R writes NA for a gene without a name; a gene really called NA has that id too.
        named = ~table["gene_name"].isin(["", "NA"])
        table["gene_name"] = table["gene_name"].where(named, table["gene_id"])
    defaults: dict[str, Any] = {
        "gene_name": table["gene_id"],
        "log2FoldChange_shrunk": np.nan,
        "direction": "none",
        "padj_na_reason": "",
    }
    for name, default in defaults.items():
        if name not in table.columns:
            table[name] = default
    for name in (*needed, "log2FoldChange_shrunk"):
        try:
            table[name] = table[name].astype(float)
        except ValueError as error:
            raise DataError(f"{path}: column {name} holds text ({error})") from error
    return table.loc[:, list(RESULT_COLUMNS)]


def experiment_record(parameters: DEParameters, contrast: Contrast, trend: Trend) -> dict[str, Any]:
    """Return what ``experiment.h5ad`` keeps of a result, under ``uns["rnaseq_s6k1_de"]``."""
    if isinstance(trend, DispersionTrend):
        curve: dict[str, Any] = {"trend_a0": trend.asymptote, "trend_a1": trend.extra_poisson}
    else:
        curve = {f"trend_{name}": values for name, values in trend.to_arrays().items()}
    return {_UNS_KEY: {**result_record(parameters, contrast), **curve}}


def result_record(parameters: DEParameters, contrast: Contrast) -> dict[str, Any]:
    """Return how a result was computed as scalars, which HDF5 can hold."""
    return {
        **{name: getattr(parameters, name) for name in DEParameters.__dataclass_fields__},
        "factor": contrast.factor,
        "target": contrast.target,
        "reference": contrast.reference,
    }


def read_record(record: Mapping[str, Any]) -> tuple[Contrast, DEParameters]:
    """Read what `result_record` returned, also after a way through HDF5.

    Raises
    ------
    KeyError
        If the record names no contrast.
    """
    factor, target, reference = (str(record[part]) for part in ("factor", "target", "reference"))
    # Without a factor it is a coefficient's; of several weights the name is all of them.
    contrast = Contrast(factor, target, reference) if factor else LinearContrast.of(target)
    fields = DEParameters.__dataclass_fields__
    known = {name: _plain(record[name]) for name in fields if name in record}
    return contrast, DEParameters(**known)


def _plain(value: Any) -> Any:
    """Turn the scalars that HDF5 gives back into plain Python ones."""
    return value.item() if isinstance(value, np.generic) else value
