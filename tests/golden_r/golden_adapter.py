"""The one place where the reference scenarios meet the engine.

`Scenario` reads a folder of `references/`; `fit_scenario` and `fit_result` run the engine on it.
What an engine cannot be asked yet ends in a skip that names the missing argument.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rnaseq_s6k1.de.engine import EngineFit, get_engine
from rnaseq_s6k1.de.filtering import independent_filtering
from rnaseq_s6k1.de.likelihood_ratio import likelihood_ratio_pvalues
from rnaseq_s6k1.de.options import FitOptions
from rnaseq_s6k1.de.vst import (
    SUBSET,
    blind_trend,
    design_trend,
    variance_stabilizing_transform,
)
from rnaseq_s6k1.de.wald import wald_test
from rnaseq_s6k1.design.contrast import Contrast
from rnaseq_s6k1.design.matrix import DesignMatrix

ENGINE = "fast"
REFERENCES = Path(__file__).parent / "references"
SCENARIOS = sorted(path.name for path in REFERENCES.iterdir())

# At this many residual degrees of freedom and fewer, R draws its prior variance at random.
FEW_DEGREES_OF_FREEDOM = 3


@dataclass(frozen=True)
class Scenario:
    """A folder of references."""

    name: str

    @property
    def folder(self) -> Path:
        return REFERENCES / self.name

    def table(self, name: str) -> pd.DataFrame:
        path = self.folder / name
        return pd.read_csv(
            path, sep="\t", index_col=0, float_precision="round_trip", keep_default_na=True
        )

    def has(self, name: str) -> bool:
        return (self.folder / name).exists()

    @cached_property
    def asked(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "design.json").read_text()))

    @cached_property
    def meta(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "meta.json").read_text()))

    @cached_property
    def counts(self) -> pd.DataFrame:
        return self.table("counts.tsv.gz")

    @cached_property
    def genes(self) -> pd.DataFrame:
        return self.table("genes.tsv.gz")

    @cached_property
    def samples(self) -> pd.DataFrame:
        sheet = self.table("samples.tsv")
        for column, levels in self.asked["levels"].items():
            sheet[column] = pd.Categorical(sheet[column].astype(str), categories=levels)
        return sheet

    @property
    def options(self) -> dict[str, str]:
        return dict(self.asked["options"])

    @property
    def prior_variance(self) -> float | None:
        """R's prior variance where it is a random one."""
        if self.meta["residual_degrees_of_freedom"] > FEW_DEGREES_OF_FREEDOM:
            return None
        return float(self.meta["prior_variance"])


@lru_cache
def scenario(name: str) -> Scenario:
    return Scenario(name)


def result_names(keep: str = "") -> list[tuple[str, str]]:
    """Every scenario with each of its results."""
    return [
        (name, label)
        for name in SCENARIOS
        for label in scenario(name).asked["results"] or {}
        if keep in label
    ]


def transformation_names() -> list[tuple[str, str]]:
    return [
        (name, kind["name"])
        for name in SCENARIOS
        for kind in scenario(name).asked["transformations"] or []
    ]


def _options(given: Scenario, own_prior: bool) -> FitOptions:
    options = given.options
    size_factors: Any = options["size_factors"]
    factors = None
    if size_factors == "given":
        size_factors = given.table("size_factors.tsv")["size_factor"].to_numpy()
    elif size_factors == "matrix":
        size_factors = "ratio"
        factors = given.table("normalization_factors.tsv.gz").to_numpy().T
    return FitOptions(
        size_factors=size_factors,
        normalization_factors=factors,
        fit_type=options["fit_type"],
        prior_variance=None if own_prior else given.prior_variance,
        reduced=_reduced(given) if options["test"] == "LRT" else None,
    )


def _reduced(given: Scenario) -> np.ndarray:
    """Take the columns of the reduced model from R's matrix."""
    terms = {term.strip() for term in given.options["reduced"].lstrip("~ ").split("+")}
    matrix = given.table("design_matrix.tsv").astype(float)
    kept = [
        name
        for name in matrix.columns
        if name == "Intercept" or ("." not in name and name.split("_")[0] in terms)
    ]
    return matrix[kept].to_numpy()


def _design(given: Scenario, weights: np.ndarray, blind: bool = False) -> DesignMatrix:
    matrix = given.table("design_matrix.tsv").astype(float)
    if blind:
        matrix = matrix.iloc[:, :1] * 0 + 1.0
        weights = np.ones(1)
    asked = given.asked["results"]
    spoken = next((each["contrast"] for each in (asked or {}).values()), {})
    contrast = Contrast(*(spoken.get(key, "") for key in ("factor", "target", "reference")))
    alone = np.flatnonzero(weights)
    coefficient = (
        str(matrix.columns[alone[0]]) if len(alone) == 1 and weights[alone[0]] == 1 else None
    )
    return DesignMatrix(matrix, given.asked["formula"], contrast, weights, coefficient)


@cache
def fit_weights(
    name: str, weights: tuple[float, ...], blind: bool = False, own_prior: bool = False
) -> EngineFit:
    """Fit a scenario for a contrast given as weights of R's coefficients."""
    given = scenario(name)
    options = _options(given, own_prior or blind)
    if blind:
        options = replace(options, reduced=None)
    return get_engine(ENGINE).fit(
        np.ascontiguousarray(given.counts.to_numpy(dtype=np.int32).T),
        given.counts.index,
        _design(given, np.asarray(weights, dtype=float), blind),
        shrink=False,
        jobs=1,
        options=options,
    )


def fit_scenario(name: str) -> EngineFit:
    """Fit a scenario for its last coefficient; the stages before the test do not depend on it."""
    n_coefficients = scenario(name).table("design_matrix.tsv").shape[1]
    return fit_weights(name, (*(0.0,) * (n_coefficients - 1), 1.0))


def fit_result(name: str, label: str, own_prior: bool = False) -> pd.DataFrame:
    """Make one of a scenario's result tables."""
    asked = scenario(name).asked["results"][label]
    weights = tuple(float(weight) for weight in asked["contrast"]["weights"])
    fit = fit_weights(name, weights, own_prior=own_prior)
    genes = fit.genes
    table = genes[["baseMean", "log2FoldChange", "lfcSE"]].copy()
    if fit.likelihood_ratio_df:
        stat = genes["likelihood_ratio"].to_numpy()
        table["stat"] = stat
        table["pvalue"] = likelihood_ratio_pvalues(stat, fit.likelihood_ratio_df)
    else:
        table["stat"], table["pvalue"] = wald_test(
            genes["log2FoldChange"].to_numpy(),
            genes["lfcSE"].to_numpy(),
            threshold=float(asked["lfc_threshold"]),
            alternative=asked["alternative"],
        )
    if asked["cooks_cutoff"]:
        table.loc[genes["cooks_outlier"].to_numpy(dtype=bool), "pvalue"] = np.nan
    pvalue = table["pvalue"].to_numpy()
    if asked["independent_filtering"]:
        table["padj"] = independent_filtering(
            table["baseMean"].to_numpy(), pvalue, asked["alpha"]
        ).padj
    else:
        table["padj"] = _benjamini_hochberg(pvalue)
    return table


def run_public(name: str, label: str) -> pd.DataFrame:
    """Make a result table through `run_de`, indexed by gene."""
    import anndata

    from rnaseq_s6k1.de.run import run_de

    given = scenario(name)
    contrast = given.asked["results"][label]["contrast"]
    keywords: dict[str, Any] = {}
    if given.prior_variance is not None:
        keywords["prior_variance"] = given.prior_variance
    sheet = given.samples.astype(dict.fromkeys(given.asked["levels"], str))
    adata = anndata.AnnData(
        given.counts.to_numpy(dtype=np.int32).T,
        obs=sheet,
        var=pd.DataFrame(index=given.counts.index),
    )
    result = run_de(
        adata,
        given.asked["formula"],
        (contrast["factor"], contrast["target"], contrast["reference"]),
        engine=ENGINE,
        shrink=False,
        **keywords,
    )
    return result.table.set_index("gene_id")


def _benjamini_hochberg(pvalue: np.ndarray) -> np.ndarray:
    from scipy.stats import false_discovery_control

    adjusted = np.full(len(pvalue), np.nan)
    tested = np.isfinite(pvalue)
    adjusted[tested] = false_discovery_control(pvalue[tested])
    return adjusted


def transform(name: str, label: str) -> pd.DataFrame:
    """Make one of a scenario's variance-stabilised tables, genes x samples."""
    given = scenario(name)
    kind = next(each for each in given.asked["transformations"] if each["name"] == label)
    counts = given.counts.to_numpy().T
    factors = fit_scenario(name).size_factors.to_numpy()
    subset = SUBSET if kind["method"] == "subset" else None
    if kind["blind"]:
        trend = blind_trend(counts, factors, subset=subset, fit_type=given.options["fit_type"])
    elif subset:
        design = given.table("design_matrix.tsv").to_numpy(dtype=float)
        trend = design_trend(counts, factors, design, subset=subset)
    else:
        trend = fit_scenario(name).trend
    return pd.DataFrame(
        variance_stabilizing_transform(counts, factors, trend).T,
        index=given.counts.index,
        columns=given.counts.columns,
    )
