"""The engine against R DESeq2, stage by stage, on simulated scenarios."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from golden_adapter import (
    FEW_DEGREES_OF_FREEDOM,
    SCENARIOS,
    fit_result,
    fit_scenario,
    result_names,
    run_public,
    scenario,
    transform,
    transformation_names,
)

RESULTS = result_names()
RANDOM_PRIOR = [
    (name, label)
    for name, label in RESULTS
    if scenario(name).meta["residual_degrees_of_freedom"] <= FEW_DEGREES_OF_FREEDOM
]
ESTIMATED = [
    name for name in SCENARIOS if scenario(name).options["size_factors"] not in ("given", "matrix")
]
PARAMETRIC = [name for name in SCENARIOS if scenario(name).meta["fit_type"] == "parametric"]
# What `run_de` can be asked with its defaults.
PLAIN = [
    (name, label)
    for name, label in RESULTS
    if scenario(name).options == {"fit_type": "parametric", "size_factors": "ratio", "test": "Wald"}
    and scenario(name).asked["results"][label]["contrast"]["kind"] == "levels"
    and label in ("condition", "sex", "b_over_a", "d_over_c", "treatment_in_intact")
]
REPLACED = [name for name in SCENARIOS if scenario(name).meta["replaced"]]


def most(close: pd.Series | np.ndarray, share: float, what: str) -> None:
    """Assert that `share` of the rows agree, and name those that do not."""
    close = pd.Series(close)
    allowed = math.ceil((1 - share) * len(close) - 1e-9)
    apart = close.index[~close.to_numpy(dtype=bool)]
    assert len(apart) <= allowed, (
        f"{what}: {len(apart)} of {len(close)} genes differ, {allowed} may: {list(apart[:12])}"
    )


def log_gap(ours: pd.Series, theirs: pd.Series) -> pd.Series:
    """Natural-log difference where both are positive numbers; infinite where only one is."""
    both = (ours > 0) & (theirs > 0)
    gap = (np.log(ours.where(both)) - np.log(theirs.where(both))).abs()
    return gap.where(both, np.where(ours.isna() & theirs.isna(), 0.0, np.inf))


# Iterated size factors are where a numerical optimiser stops, which leaves seven digits.
ITERATED = 1e-7


@pytest.mark.parametrize("name", ESTIMATED)
def test_size_factors(name: str) -> None:
    theirs = scenario(name).table("size_factors.tsv")["size_factor"]
    bound = ITERATED if name == "iterate" else 1e-10
    np.testing.assert_allclose(fit_scenario(name).size_factors, theirs, rtol=bound)


@pytest.mark.parametrize("name", SCENARIOS)
def test_base_mean(name: str) -> None:
    theirs = scenario(name).genes["baseMean"]
    bound = ITERATED if name == "iterate" else 1e-9
    np.testing.assert_allclose(fit_scenario(name).genes["baseMean"], theirs, rtol=bound)


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize(
    ("ours", "theirs", "bound", "share"),
    [
        ("dispersion_genewise", "dispGeneEst", 1e-3, 0.99),
        ("dispersion_trend", "dispFit", 1e-3, 1.0),
        ("dispersion", "dispersion", 1e-3, 0.99),
    ],
)
def test_dispersions(name: str, ours: str, theirs: str, bound: float, share: float) -> None:
    counted = ~scenario(name).genes["allZero"]
    gap = log_gap(fit_scenario(name).genes[ours], scenario(name).genes[theirs])[counted]
    most(gap < bound, share, f"{theirs} within {bound:g}")


@pytest.mark.parametrize("name", SCENARIOS)
def test_map_dispersions(name: str) -> None:
    genes = fit_scenario(name).genes
    if "dispersion_map" not in genes:
        pytest.skip("the engine does not report MAP dispersions")
    counted = ~scenario(name).genes["allZero"]
    gap = log_gap(genes["dispersion_map"], scenario(name).genes["dispMAP"])[counted]
    most(gap < 1e-3, 0.99, "dispMAP within 0.001")


@pytest.mark.parametrize("name", SCENARIOS)
def test_dispersion_outliers(name: str) -> None:
    counted = ~scenario(name).genes["allZero"]
    theirs = scenario(name).genes["dispOutlier"][counted].astype(bool)
    ours = fit_scenario(name).genes["dispersion_outlier"][counted].astype(bool)
    most(ours == theirs, 1.0, "genes kept above the trend")


@pytest.mark.parametrize("name", PARAMETRIC)
def test_parametric_trend(name: str) -> None:
    theirs = scenario(name).meta["dispersion_coefficients"]
    trend = fit_scenario(name).trend
    found = (trend.asymptote, trend.extra_poisson)
    np.testing.assert_allclose(found, (theirs["asymptDisp"], theirs["extraPois"]), rtol=1e-3)


@pytest.mark.parametrize("name", REPLACED)
def test_replaced_genes_have_new_means(name: str) -> None:
    replaced = scenario(name).genes["replace"].eq(True)
    plain = (scenario(name).counts / scenario(name).table("size_factors.tsv")["size_factor"]).mean(
        axis=1
    )
    ours = fit_scenario(name).genes["baseMean"]
    changed = (ours / plain - 1).abs() > 1e-9
    changed_in_r = (scenario(name).genes["baseMean"] / plain - 1).abs() > 1e-9
    assert (changed == changed_in_r).all()
    # R also marks genes whose outlying count lies in a group too small for replacement.
    assert set(changed.index[changed]) <= set(replaced.index[replaced])


@pytest.mark.parametrize(("name", "label"), RESULTS)
def test_fold_changes(name: str, label: str) -> None:
    theirs = scenario(name).table(f"results_{label}.tsv.gz")
    ours = fit_result(name, label)
    assert (ours["log2FoldChange"].isna() == theirs["log2FoldChange"].isna()).all()
    settled = theirs["log2FoldChange"].notna() & ~_given_to_optimiser(name)
    change = (ours["log2FoldChange"] - theirs["log2FoldChange"]).abs()[settled]
    most(change < 1e-4, 0.999, "log2FoldChange within 1e-4")
    most(
        log_gap(ours["lfcSE"], theirs["lfcSE"])[settled & (theirs["lfcSE"] > 0)] < 1e-3,
        0.99,
        "lfcSE",
    )


@pytest.mark.parametrize(("name", "label"), RESULTS)
def test_p_values(name: str, label: str) -> None:
    theirs = scenario(name).table(f"results_{label}.tsv.gz")
    ours = fit_result(name, label)
    missing = ours["pvalue"].isna() != theirs["pvalue"].isna()
    assert not missing.any(), f"p is missing on one side only: {list(missing.index[missing])}"
    settled = theirs["pvalue"].notna() & ~_given_to_optimiser(name)
    gap = _log10_gap(ours["pvalue"], theirs["pvalue"])
    most(gap[settled] < 1e-3, 0.99, "log10 p within 1e-3")


@pytest.mark.parametrize(("name", "label"), RESULTS)
def test_rows_given_to_the_optimiser(name: str, label: str) -> None:
    given = _given_to_optimiser(name)
    if not given.any():
        assert scenario(name).meta["given_to_optimiser"] == 0
        return
    theirs = scenario(name).table(f"results_{label}.tsv.gz")
    ours = fit_result(name, label)
    # The optimum is flat there: only the ridge holds a coefficient of a group without counts.
    change = (ours["log2FoldChange"] - theirs["log2FoldChange"]).abs()[given]
    assert (change < 0.05 * theirs["log2FoldChange"].abs()[given].clip(lower=1)).all(), (
        change.to_dict()
    )


@pytest.mark.parametrize(("name", "label"), RESULTS)
def test_adjusted_p_values_and_calls(name: str, label: str) -> None:
    theirs = scenario(name).table(f"results_{label}.tsv.gz")
    ours = fit_result(name, label)
    filtered = ours["padj"].isna() != theirs["padj"].isna()
    assert not filtered.any(), f"padj is missing on one side only: {list(filtered.index[filtered])}"
    assert _called(ours) == _called(theirs)


@pytest.mark.parametrize(("name", "label"), PLAIN)
def test_public_function(name: str, label: str) -> None:
    theirs = scenario(name).table(f"results_{label}.tsv.gz")
    ours = run_public(name, label)
    assert (ours["padj"].isna() == theirs["padj"].isna()).all()
    assert _called(ours) == _called(theirs)
    settled = theirs["pvalue"].notna() & ~_given_to_optimiser(name)
    change = (ours["log2FoldChange"] - theirs["log2FoldChange"]).abs()[settled]
    most(change < 1e-4, 0.999, "log2FoldChange within 1e-4")


@pytest.mark.parametrize(("name", "label"), RANDOM_PRIOR)
def test_own_prior_variance(name: str, label: str) -> None:
    theirs = scenario(name).table(f"results_{label}.tsv.gz")
    ours = fit_result(name, label, own_prior=True)
    settled = theirs["pvalue"].notna() & ours["pvalue"].notna()
    gap = _log10_gap(ours["pvalue"], theirs["pvalue"])[settled]
    most(gap < 0.25, 0.99, "log10 p within 0.25")
    change = (ours["log2FoldChange"] - theirs["log2FoldChange"]).abs()[settled]
    most(change < 0.01, 0.999, "log2FoldChange within 0.01")
    assert len(_called(ours) ^ _called(theirs)) <= 10


@pytest.mark.parametrize(("name", "label"), transformation_names())
def test_variance_stabilised(name: str, label: str) -> None:
    theirs = scenario(name).table(f"transformed_{label}.tsv.gz")
    gap = (transform(name, label) - theirs).abs().max(axis=1)
    most(gap < 1e-4, 0.999, "transformed counts within 1e-4")


def _given_to_optimiser(name: str) -> pd.Series:
    genes = scenario(name).genes
    return genes["betaIter"].ge(100)


def _log10_gap(ours: pd.Series, theirs: pd.Series) -> pd.Series:
    smallest = 1e-300
    return (np.log10(ours.clip(lower=smallest)) - np.log10(theirs.clip(lower=smallest))).abs()


def _called(table: pd.DataFrame) -> set[str]:
    return set(table.index[(table["padj"] < 0.05) & (table["log2FoldChange"].abs() > 1)])
