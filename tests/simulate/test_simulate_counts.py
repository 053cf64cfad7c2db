from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom

from rnaseq_s6k1.errors import UsageError
from rnaseq_s6k1.genes.table import load_gene_table
from rnaseq_s6k1.simulate.counts import Simulation, simulate_counts, write_simulation
from rnaseq_s6k1.simulate.expression import PANEL_CPM, Dispersions, choose_genes
from rnaseq_s6k1.simulate.factors import FactorModel, draw_counts
from rnaseq_s6k1.simulate.signature import CORE_SETS, S6K1_KNOCKDOWN, PlantedSignature, Program


@cache
def _default() -> Simulation:
    return simulate_counts()


@cache
def _null() -> Simulation:
    return simulate_counts(signature=None, n_per_group=100, n_genes=4000, seed=5)


def _truth(simulation: Simulation) -> pd.DataFrame:
    return simulation.truth.set_index("gene")


def test_the_default_is_three_against_three():
    simulation = _default()
    assert simulation.adata.obs_names.tolist() == [
        *("siNC_1", "siNC_2", "siNC_3"),
        *("siS6K1_1", "siS6K1_2", "siS6K1_3"),
    ]
    assert simulation.samples.columns.tolist() == ["sample", "condition", "replicate"]
    assert simulation.samples["condition"].tolist() == ["siNC"] * 3 + ["siS6K1"] * 3
    assert simulation.adata.X.dtype == np.int32
    assert simulation.adata.X.min() == 0
    assert simulation.adata.shape == (6, 16_000)
    assert simulation.sentence.startswith("simulated data, not a measurement: 6 samples x 16,000")


def test_genes_are_protein_coding_and_sets_are_whole():
    frame = load_gene_table().frame
    coding = set(frame["symbol"][frame["gene_type"] == "protein-coding"])
    genes = _default().truth["gene"]
    assert genes.is_unique
    assert genes.is_monotonic_increasing
    assert set(genes) <= coding
    assert set(PANEL_CPM) <= set(genes)
    members = choose_genes(1000, np.random.default_rng(0)).members
    assert set(members) == set(CORE_SETS)
    assert {name: len(found) for name, found in members.items()} == {
        "HALLMARK_E2F_TARGETS": 200,
        "HALLMARK_G2M_CHECKPOINT": 199,
        "HALLMARK_MYC_TARGETS_V1": 200,
        "HALLMARK_MYC_TARGETS_V2": 58,
        "KEGG_CELL_CYCLE": 124,
    }


def test_the_planted_truth_has_the_papers_numbers():
    truth = _truth(_default())
    effect = truth["log2FoldChange"]
    assert (effect > 1).sum() == 486
    assert (effect < -1).sum() == 340
    assert effect["RPS6KB1"] == -2
    assert effect["CCNE1"] == -1.2
    assert effect["MYC"] == 0
    assert truth.loc["RPS6KB1", "role"] == "driver"
    assert set(truth.loc[["MYC", "CCNE1"], "role"]) == {"detail"}
    assert (effect[truth["role"] == "background"] == 0).all()
    assert (truth.loc[truth["role"].isin(["up", "down"]), "mean"] >= 60).all()
    moderate = effect[truth["role"].str.startswith("moderate")].abs()
    assert moderate.between(0.2, 1).all()


def test_programmes_go_down_with_many_genes_below_two_fold():
    truth = _truth(_default())
    members = choose_genes(1000, np.random.default_rng(0)).members
    for name, genes in members.items():
        effect = truth.loc[list(genes), "log2FoldChange"]
        assert effect.median() < -0.25, name
        assert 0.5 < (effect > -1).mean() < 1, name
        assert effect.max() <= 0.3, name


def test_the_panel_is_expressed_and_libraries_have_their_size():
    truth = _truth(_default())
    assert truth.loc["MYC", "mean"] == pytest.approx(3000)
    assert truth.loc["RPS6KB1", "mean"] == pytest.approx(2500)
    assert truth["mean"].sum() == pytest.approx(25e6)
    null = simulate_counts(signature=None, n_per_group=60, n_genes=1500, seed=1)
    sizes = null.adata.X.sum(axis=1)
    # 120 log-normal sizes: the mean within four standard errors, the spread within 30 %.
    assert abs(sizes.mean() / 25e6 - 1) < 4 * 0.2 / np.sqrt(120)
    assert 0.14 < np.log(sizes).std() < 0.26
    assert 0.05 < (truth["mean"] < 1).mean() < 0.2


def test_dispersions_follow_the_trend():
    truth = _default().truth
    high = truth[truth["mean"] > 2000]
    trend = 0.9 / high["mean"] + 0.02
    residual = np.log(high["dispersion"] / trend)
    assert abs(residual.mean()) < 0.05
    assert residual.std() == pytest.approx(0.4, abs=0.03)
    assert _truth(_default()).loc["MYC", "dispersion"] == pytest.approx(0.9 / 3000 + 0.02)


def test_counts_have_the_stated_mean_and_variance():
    rng = np.random.default_rng(3)
    n = 40_000
    means, alpha = np.array([1.0, 5, 100, 3000]), np.array([0.9, 0.2, 0.02, 0.02])
    loadings = np.array([[0.6, 0.3], [0.0, 0.0], [0.5, -0.5], [0.3, 0.1]])
    counts = draw_counts(np.tile(means, (n, 1)), alpha, loadings, rng, rng)
    variance = means + alpha * means**2
    standard_error = np.sqrt(variance / n)
    assert (np.abs(counts.mean(axis=0) - means) < 4.5 * standard_error).all()
    # The kurtosis of these laws is below 12, so the variance is known to 4 x sqrt(12 / n) = 7 %.
    np.testing.assert_allclose(counts.var(axis=0), variance, rtol=0.07)


def test_without_loadings_counts_are_negative_binomial():
    rng = np.random.default_rng(4)
    counts = draw_counts(np.full((20_000, 1), 8.0), np.array([0.3]), np.zeros((1, 1)), rng, rng)
    size = 1 / 0.3
    law = nbinom(size, size / (size + 8))
    observed = np.bincount(counts[:, 0], minlength=60)[:60] / len(counts)
    # Kolmogorov's bound at p = 1e-6; for a discrete law it is conservative.
    distance = np.abs(np.cumsum(observed) - law.cdf(np.arange(60))).max()
    assert distance < np.sqrt(-np.log(1e-6 / 2) / 2 / len(counts))


def test_shared_variance_leaves_the_dispersion_and_correlates_the_core_sets():
    null = _null()
    X = np.asarray(null.adata.X, dtype=float)
    normalised = X / (X.sum(axis=1, keepdims=True) / X.sum(axis=1).mean())
    truth = _truth(null)
    high = (truth["mean"] > 1000).to_numpy()
    mean = normalised[:, high].mean(axis=0)
    alpha = (normalised[:, high].var(axis=0, ddof=1) - mean) / mean**2
    assert np.median(alpha / truth["dispersion"][high]) == pytest.approx(1, abs=0.05)
    logs = np.log2(normalised + 0.5)
    members = choose_genes(1000, np.random.default_rng(0)).members
    for name, genes in members.items():
        assert 0.05 < _mean_correlation(logs[:, truth.index.isin(genes)]) < 0.11, name
    background = np.flatnonzero(high & (truth["mean"] > 50) & ~_core(truth.index))[:300]
    assert abs(_mean_correlation(logs[:, background])) < 0.01


def _core(genes: pd.Index) -> np.ndarray:
    members = choose_genes(1000, np.random.default_rng(0)).members
    return genes.isin(sorted(set().union(*members.values())))


def _mean_correlation(values: np.ndarray) -> float:
    values = values[:, values.std(axis=0) > 0]
    matrix = np.corrcoef(values.T)
    k = len(matrix)
    return float((matrix.sum() - k) / (k * (k - 1)))


def test_no_shared_variance_means_no_correlation():
    free = FactorModel(proliferation_share=0.0, generic_share=0.0)
    null = simulate_counts(signature=None, n_per_group=50, n_genes=1500, seed=2, factors=free)
    X = np.asarray(null.adata.X, dtype=float)
    logs = np.log2(X / X.sum(axis=1, keepdims=True) * 25e6 + 0.5)
    core = _core(null.adata.var_names) & (null.truth["mean"] > 300).to_numpy()
    assert abs(_mean_correlation(logs[:, core])) < 0.01


def test_a_null_experiment_shares_everything_but_the_signature():
    null = simulate_counts(signature=None)
    assert (null.truth["log2FoldChange"] == 0).all()
    assert set(null.truth["role"]) == {"background"}
    same = ["gene", "mean"]
    pd.testing.assert_frame_equal(null.truth[same], _default().truth[same])
    assert null.parameters["signature"] is None
    np.testing.assert_allclose(
        np.median(null.adata.X.mean(axis=1)), np.median(_default().adata.X.mean(axis=1)), rtol=0.1
    )


def test_a_signature_without_its_driver():
    simulation = simulate_counts(signature=S6K1_KNOCKDOWN.without_driver())
    truth, default = _truth(simulation), _truth(_default())
    assert truth.loc["RPS6KB1", "log2FoldChange"] == 0
    assert truth.loc["RPS6KB1", "role"] == "driver"
    assert (truth["log2FoldChange"] < -1).sum() == 340
    programme = truth["role"] == "program"
    pd.testing.assert_series_equal(
        truth.loc[programme, "log2FoldChange"], default.loc[programme, "log2FoldChange"]
    )


@settings(deadline=None, max_examples=5)
@given(st.integers(0, 2**63))
def test_the_same_seed_gives_the_same_counts_and_another_gives_others(seed: int):
    small = PlantedSignature(name="small", n_up=20, n_down=20)
    one, again, other = (
        simulate_counts(n_genes=1200, seed=each, signature=small) for each in (seed, seed, seed + 1)
    )
    np.testing.assert_array_equal(one.adata.X, again.adata.X)
    pd.testing.assert_frame_equal(one.truth, again.truth, check_exact=True)
    assert not np.array_equal(one.adata.X, other.adata.X)


def test_the_global_seed_is_neither_read_nor_set():
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    one = simulate_counts(n_genes=1200, signature=None)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002
    np.random.seed(2)  # noqa: NPY002
    np.testing.assert_array_equal(
        one.adata.X, simulate_counts(n_genes=1200, signature=None).adata.X
    )


def test_files_are_written_and_have_the_same_bytes(tmp_path: Path):
    small = simulate_counts(n_genes=1200, signature=PlantedSignature(name="s", n_up=5, n_down=5))
    paths = write_simulation(small, tmp_path / "a")
    again = write_simulation(
        simulate_counts(n_genes=1200, signature=PlantedSignature(name="s", n_up=5, n_down=5)),
        tmp_path / "b",
    )
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == [
        *("counts.tsv", "parameters.json", "samples.tsv", "truth.tsv")
    ]
    for name, path in paths.items():
        assert path.read_bytes() == again[name].read_bytes()
    header = paths["counts"].read_text().splitlines()[0].split("\t")
    assert header == ["gene_id", *small.adata.obs_names]
    counts = pd.read_csv(paths["counts"], sep="\t", index_col=0, keep_default_na=False)
    np.testing.assert_array_equal(counts.to_numpy().T, small.adata.X)
    assert paths["samples"].read_text().splitlines()[:2] == [
        "sample\tcondition\treplicate",
        "siNC_1\tsiNC\t1",
    ]
    truth = pd.read_csv(paths["truth"], sep="\t", keep_default_na=False)
    assert truth.columns.tolist() == ["gene", "mean", "dispersion", "log2FoldChange", "role"]
    parameters = json.loads(paths["parameters"].read_text())
    assert parameters["seed"] == 0
    assert parameters["signature"]["n_up"] == 5


def test_conditions_can_have_other_names():
    other = simulate_counts(
        n_genes=1200, n_per_group=2, signature=None, target="shYES1", reference="shNC"
    )
    assert other.adata.obs_names.tolist() == ["shNC_1", "shNC_2", "shYES1_1", "shYES1_2"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_per_group": 1}, "a group needs at least 2 samples to be tested, not 1"),
        ({"seed": -1}, "--seed must be a whole number of 0 or more, not -1"),
        ({"library_size": 10}, "library_size must lie between 1e5 and 5e8 reads, not 10"),
        ({"library_sd": 2}, "library_sd must lie between 0 and 1, not 2"),
        ({"target": "siNC"}, "the conditions need two names, not 'siNC' and 'siNC'"),
        ({"n_genes": 100}, "n_genes must lie between"),
        ({"n_genes": 10**6}, "all protein-coding genes), not 1000000"),
        ({"n_genes": 1200}, "raise n_genes or the library size"),
        ({"dispersions": Dispersions(a0=-1)}, "dispersion parameter a0 must lie between 0 and 10"),
        ({"factors": FactorModel(generic_share=0.9)}, "generic_share must lie between 0 and 0.5"),
        ({"factors": FactorModel(n_generic=-1)}, "n_generic must be 0 or more, not -1"),
        (
            {"signature": PlantedSignature(name="x", driver="NOPE")},
            "gene 'NOPE' of the signature is not among the simulated ones",
        ),
        (
            {"signature": PlantedSignature(name="x", programs=(Program("MINE", -1, 0.1),))},
            "gene set 'MINE' of the signature is not a core set; choose from HALLMARK_E2F",
        ),
        (
            {
                "signature": PlantedSignature(
                    name="x", n_down=5, programs=(Program("KEGG_CELL_CYCLE", -2, 0.1),)
                )
            },
            "the programmes of x alone move 0 genes up and",
        ),
    ],
)
def test_refusals_of_simulate(arguments, message: str):
    with pytest.raises(UsageError) as caught:
        simulate_counts(**arguments)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
