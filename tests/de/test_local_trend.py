"""The dispersion trends against R (`data/make_trend_references.R`) and their definitions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnaseq_s6k1.de.local_trend import LocalTrend, fit_local_trend
from rnaseq_s6k1.de.trend import fit_mean_trend, fit_parametric_trend
from rnaseq_s6k1.errors import DataError, ModelError

DATA = Path(__file__).parent / "data"
# DESeq2's least dispersion, and how far above it a gene must lie to say anything of a trend.
LEAST = 1e-8
CLEAR = 100 * LEAST


def reference(name: str) -> pd.DataFrame:
    return pd.read_csv(DATA / f"{name}.tsv.gz", sep="\t", float_precision="round_trip")


@pytest.fixture(scope="module")
def genes() -> pd.DataFrame:
    return reference("trend_local")


@pytest.fixture(scope="module")
def local(genes: pd.DataFrame) -> LocalTrend:
    return fit(genes)


def fit(genes: pd.DataFrame) -> LocalTrend:
    clear = genes[genes["dispersion"] > CLEAR]
    return fit_local_trend(clear["mean"].to_numpy(), clear["dispersion"].to_numpy())


def test_local_trend_is_r_s(genes, local):
    np.testing.assert_allclose(local(genes["mean"].to_numpy()), genes["local"], rtol=1e-6)


def test_genes_below_the_threshold_would_move_it(genes):
    lower = genes[genes["dispersion"] > 10 * LEAST]
    moved = fit_local_trend(lower["mean"].to_numpy(), lower["dispersion"].to_numpy())
    difference = np.abs(np.log(moved(genes["mean"].to_numpy()) / genes["local"]))
    assert difference.max() > 1e-3


def test_local_trend_continues_as_r_s(local):
    beyond = reference("trend_local_beyond")
    fitted = local(beyond["mean"].to_numpy())
    outside = (np.log(beyond["mean"]) < local.vertices[0]) | (
        np.log(beyond["mean"]) > local.vertices[-1]
    )
    assert outside.sum() > 20
    # Errors of the curvature grow with the square of the distance.
    np.testing.assert_allclose(np.log(fitted), np.log(beyond["local"]), rtol=1e-6, atol=1e-6)


def test_mean_trend_is_r_s(genes):
    usable = genes["dispersion"].to_numpy() > 10 * LEAST
    trend = fit_mean_trend(genes["dispersion"].to_numpy()[usable])
    assert trend.extra_poisson == 0
    np.testing.assert_allclose(trend.asymptote, genes["mean_trend"], rtol=1e-12)


@pytest.mark.parametrize("seed", sorted(set(reference("trend_choices")["seed"])))
def test_parametric_fit_fails_where_r_s_fails(seed):
    table = reference("trend_choices")
    genes = table[table["seed"] == seed]
    clear = genes[genes["dispersion"] > CLEAR]
    trend = fit_parametric_trend(clear["mean"].to_numpy(), clear["dispersion"].to_numpy())
    assert ("local" if trend is None else "parametric") == genes["chosen"].iloc[0]
    chosen = fit(genes) if trend is None else trend
    np.testing.assert_allclose(chosen(genes["mean"].to_numpy()), genes["fitted"], rtol=1e-6)


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("folder", "results"),
    [
        ("airway", "deseq2_1.38.3_reference_results.tsv.gz"),
        ("t47d_e2_gse89888", "deseq2_1.38.3_reference_results.tsv.gz"),
    ],
)
def test_local_trend_of_real_means_is_smooth(shared, folder, results):
    means = pd.read_csv(shared / "data" / folder / results, sep="\t")["baseMean"].to_numpy()
    means = means[means > 0]
    expected = 0.05 + 2 / means
    fitted = fit_local_trend(means, expected)(means)
    # Without noise the curve is followed closely where the weights, the means, are.
    well_counted = means > 10
    assert np.abs(np.log(fitted / expected))[well_counted].max() < 0.2


@given(st.floats(-2, 2), st.floats(-1, 1), st.floats(-0.1, 0.1), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_a_log_quadratic_is_reproduced_everywhere(constant, slope, curvature, seed):
    means = np.exp(np.random.default_rng(seed).normal(4, 2, 60))

    def curve(at: np.ndarray) -> np.ndarray:
        return constant + slope * np.log(at) + curvature * np.log(at) ** 2

    trend = fit_local_trend(means, np.exp(curve(means)))
    at = np.geomspace(means.min() / 100, means.max() * 100, 200)
    np.testing.assert_allclose(np.log(trend(at)), curve(at), atol=1e-6)


def test_order_of_genes_does_not_matter(genes, local):
    shuffled = fit(genes.sample(frac=1, random_state=0))
    np.testing.assert_allclose(shuffled.values, local.values, rtol=1e-10)


def test_values_and_slopes_are_continuous_at_every_vertex(local):
    step = 1e-6
    at = local.vertices
    before, here, after = (np.log(local(np.exp(at + by))) for by in (-step, 0, step))
    np.testing.assert_allclose(here, local.values, atol=1e-9)
    np.testing.assert_allclose((after - here) / step, local.slopes, atol=1e-4)
    np.testing.assert_allclose((here - before) / step, local.slopes, atol=1e-4)


def test_shape_of_the_means_is_kept(local):
    assert local(np.full((2, 3), 7.0)).shape == (2, 3)
    assert local(np.array(7.0)).shape == ()


def test_arrays_make_the_same_curve(genes, local, tmp_path):
    np.savez(tmp_path / "trend.npz", **local.to_arrays())
    with np.load(tmp_path / "trend.npz", allow_pickle=False) as stored:
        again = LocalTrend.from_arrays(dict(stored))
    means = genes["mean"].to_numpy()
    np.testing.assert_array_equal(again(means), local(means))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"slopes": None}, "lacks slopes"),
        ({"values": [1.0]}, "needs vertices, values and slopes of one length"),
        ({"curvature": [np.nan]}, "not finite"),
        ({"vertices": [2.0, 1.0]}, "do not increase"),
    ],
)
def test_arrays_that_are_no_curve_are_refused(change, said):
    arrays = {"vertices": [1.0, 2.0], "values": [0.0, 0.0], "slopes": [0.0, 0.0]}
    arrays = {**arrays, "curvature": [0.0], **change}
    with pytest.raises(DataError, match=said):
        LocalTrend.from_arrays(
            {name: np.array(values) for name, values in arrays.items() if values is not None}
        )


def test_too_few_genes_are_refused():
    with pytest.raises(ModelError, match=r"needs 6 genes .* there are 5"):
        fit_local_trend(np.arange(1.0, 6.0), np.full(5, 0.1))


def test_equal_means_are_refused():
    with pytest.raises(ModelError, match="most genes have the same mean"):
        fit_local_trend(np.full(20, 5.0), np.full(20, 0.1))


def test_a_heap_of_means_far_from_a_few_is_refused():
    means = np.exp(np.concatenate([1.3 + 1e-12 * np.arange(95), [-9.0, 10.0]]))
    with pytest.raises(ModelError, match="lie too close together"):
        fit_local_trend(means, np.full(97, 0.1))
