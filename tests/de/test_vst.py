"""The transformations against R (`data/make_trend_references.R`, shared outputs)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.de.engine import DispersionTrend
from rnaseq_s6k1.de.local_trend import LocalTrend, Trend
from rnaseq_s6k1.de.size_factors import estimate_size_factors
from rnaseq_s6k1.de.vst import blind_trend, design_trend, variance_stabilizing_transform
from rnaseq_s6k1.errors import DataError, ModelError

DATA = Path(__file__).parent / "data"
TWO_GROUPS = np.column_stack([np.ones(6), [0, 0, 0, 1, 1, 1]]).astype(float)


@cache
def table(name: str) -> pd.DataFrame:
    return pd.read_csv(DATA / f"{name}.tsv.gz", sep="\t", float_precision="round_trip")


@pytest.fixture(scope="module")
def counts() -> np.ndarray:
    return table("vst_counts").set_index("gene").T.to_numpy()


@pytest.fixture(scope="module")
def size_factors(counts: np.ndarray) -> np.ndarray:
    return estimate_size_factors(counts)


def r_values(kind: str) -> np.ndarray:
    every = table("vst_transformed")
    return every[every["kind"] == kind].drop(columns="kind").set_index("gene").T.to_numpy()


def our_trend(counts: np.ndarray, factors: np.ndarray, kind: str) -> Trend:
    extent, knowledge, fit_type = kind.split("_")
    design = np.ones((6, 1)) if knowledge == "blind" else TWO_GROUPS
    subset = 150 if extent == "subset" else None
    return design_trend(counts, factors, design, subset=subset, fit_type=fit_type)


@pytest.mark.parametrize(
    "kind",
    [
        "full_blind_parametric",
        "full_design_parametric",
        "full_blind_local",
        "full_design_local",
        "full_design_mean",
        "subset_blind_parametric",
        "subset_design_parametric",
        "subset_blind_local",
    ],
)
def test_transformations_are_r_s(counts, size_factors, kind):
    trend = our_trend(counts, size_factors, kind)
    ours = variance_stabilizing_transform(counts, size_factors, trend)
    np.testing.assert_allclose(ours, r_values(kind), atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", ["factors_design_parametric", "factors_design_local"])
def test_normalization_factors_are_r_s(counts, kind):
    factors = table("vst_factors").set_index("gene").T.to_numpy()
    trend = our_trend(counts, factors, kind)
    ours = variance_stabilizing_transform(counts, factors, trend)
    np.testing.assert_allclose(ours, r_values(kind), atol=1e-6, rtol=0)


@pytest.mark.shared_data
def test_t47d_is_r_s_vst_of_the_design(shared):
    folder = shared / "data" / "t47d_e2_gse89888"
    reference = pd.read_csv(folder / "deseq2_1.38.3_vst_blindFALSE.tsv.gz", sep="\t", index_col=0)
    table = pd.read_csv(folder / "counts.tsv.gz", sep="\t", index_col=0)
    counts = table[reference.columns].T.to_numpy()
    factors = estimate_size_factors(counts)
    treated = [float(name.startswith("E2")) for name in reference.columns]
    trend = design_trend(counts, factors, np.column_stack([np.ones(8), treated]), subset=1000)
    ours = pd.DataFrame(
        variance_stabilizing_transform(counts, factors, trend),
        index=reference.columns,
        columns=table.index,
    )
    # The file holds six decimals, of the genes with counts.
    np.testing.assert_allclose(ours[reference.index], reference.T, atol=6e-7, rtol=0)


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "blind", "fit_type"),
    [
        ("r_vst", True, "parametric"),
        ("r_vst_with_design", False, "parametric"),
        ("r_mean_vst", True, "mean"),
    ],
)
def test_outputs_that_pydeseq2_is_tested_on(shared, name, blind, fit_type):
    folder = shared / "data" / "pydeseq2_r_outputs"
    counts = pd.read_csv(folder / "synthetic" / "test_counts.csv", index_col=0).T
    sheet = pd.read_csv(folder / "synthetic" / "test_metadata.csv", index_col=0)
    treated = (sheet.loc[counts.index, "condition"] == "B").to_numpy(dtype=float)
    design = np.ones((100, 1)) if blind else np.column_stack([np.ones(100), treated])
    factors = estimate_size_factors(counts.to_numpy())
    trend = design_trend(counts.to_numpy(), factors, design, subset=None, fit_type=fit_type)
    ours = variance_stabilizing_transform(counts.to_numpy(), factors, trend)
    reference = pd.read_csv(folder / "single_factor" / f"{name}.csv", index_col=0)
    np.testing.assert_allclose(ours, reference.T, atol=1e-10, rtol=0)


def test_blind_is_the_design_of_an_intercept(counts, size_factors):
    blind = blind_trend(counts, size_factors, subset=150)
    assert blind == our_trend(counts, size_factors, "subset_blind_parametric")
    assert blind != our_trend(counts, size_factors, "subset_design_parametric")


def test_factors_per_gene_that_equal_size_factors_change_nothing(counts, size_factors):
    repeated = np.repeat(size_factors[:, None], counts.shape[1], axis=1)
    for kind in ("full_blind_parametric", "subset_blind_parametric"):
        ours = our_trend(counts, repeated, kind)
        theirs = our_trend(counts, size_factors, kind)
        np.testing.assert_allclose(
            [ours.asymptote, ours.extra_poisson],
            [theirs.asymptote, theirs.extra_poisson],
            rtol=1e-6,
        )


def test_a_local_trend_of_constant_dispersion_rises_like_the_closed_form(counts, size_factors):
    constant = DispersionTrend(0.3, 0.0)
    flat = LocalTrend(np.log([0.01, 1e6]), np.full(2, np.log(0.3)), np.zeros(2), 0.0)
    # The closed form takes 1 for the mean reciprocal size factor.
    factors = size_factors * (1 / size_factors).mean()
    numeric = variance_stabilizing_transform(counts, factors, flat)
    closed = variance_stabilizing_transform(counts, factors, constant)
    # From one positive count to the next; the square root at 0 is no polynomial in arsinh(q).
    positive = counts > 0
    stretch, shift = np.polyfit(closed[positive], numeric[positive], 1)
    np.testing.assert_allclose(
        stretch * closed[positive] + shift, numeric[positive], atol=2e-3, rtol=0
    )
    assert stretch == pytest.approx(1, abs=0.02)


def test_local_trend_is_on_the_log2_scale_at_the_anchors(counts, size_factors):
    trend = our_trend(counts, size_factors, "full_design_local")
    # A gene whose normalised count is everywhere a quantile of the means it does not move.
    normalized = counts / size_factors[:, None]
    anchor = np.quantile(normalized.mean(axis=0), 0.95)
    transformed = variance_stabilizing_transform(counts, size_factors, trend)
    order = np.argsort(normalized.ravel())
    at_anchor = np.interp(anchor, normalized.ravel()[order], transformed.ravel()[order])
    assert at_anchor == pytest.approx(np.log2(anchor), abs=1e-3)


def test_a_subset_larger_than_the_well_counted_genes_is_refused(counts, size_factors):
    with pytest.raises(DataError, match=r"only \d+ genes .* above 5, and 1000 are needed"):
        blind_trend(counts, size_factors, subset=1000)


def test_a_single_sample_is_refused(counts, size_factors):
    with pytest.raises(ModelError, match="1 samples and 1 coefficients"):
        blind_trend(counts[:1], size_factors[:1], subset=None)


def test_counts_without_scatter_are_refused():
    counts = np.tile(np.arange(1, 200), (4, 1))
    with pytest.raises(ModelError, match="no gene varies more between samples"):
        blind_trend(counts, np.ones(4), subset=None)


def test_uniform_means_cannot_be_scaled():
    flat = LocalTrend(np.array([0.0, 5.0]), np.zeros(2), np.zeros(2), 0.0)
    with pytest.raises(DataError, match="quantiles of the genes' means are 7 and 7"):
        variance_stabilizing_transform(np.full((3, 10), 7), np.ones(3), flat)
