"""The engine `fast`: its options, what must change no bit, and p-values where nothing differs."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnaseq_s6k1.de.engine import get_engine
from rnaseq_s6k1.de.kernels import coefficients
from rnaseq_s6k1.de.kernels.compile import announce_compilation
from rnaseq_s6k1.de.options import FitOptions
from rnaseq_s6k1.de.run import run_de
from rnaseq_s6k1.design.contrast import Contrast
from rnaseq_s6k1.design.matrix import build_design, reduced_design
from rnaseq_s6k1.errors import ModelError, UsageError

NUMBERS = ["baseMean", "log2FoldChange", "lfcSE", "stat", "pvalue", "padj", "log2FoldChange_shrunk"]


@pytest.fixture(scope="module")
def adata(simulated):
    effects = np.where(np.arange(200) % 5 == 0, 2.0, 0.0)
    adata = simulated(n_genes=200, n_per_group=4, effects=effects, seed=3)
    adata.X[:, :3] = 0
    adata.X[2, 10] = 20_000
    return adata


@pytest.fixture(scope="module")
def result(adata):
    return run_de(adata)


def design_of(adata):
    return build_design("~ condition", adata.obs, Contrast("condition", "treated", "control"))


def fit(adata, counts=None, *, jobs=1, shrink=True, **options):
    return get_engine("fast").fit(
        np.asarray(adata.X) if counts is None else counts,
        adata.var_names,
        design_of(adata),
        shrink=shrink,
        jobs=jobs,
        options=FitOptions(**options),
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size_factors": np.ones(7)}, r"size factors have the shape \(7,\), where \(8,\)"),
        ({"size_factors": np.zeros(8)}, "size factors must be finite and above 0"),
        ({"size_factors": np.full(8, np.nan)}, "size factors must be finite and above 0"),
        ({"size_factors": "median"}, "no size factors are called 'median'; choose ratio"),
        (
            {"normalization_factors": np.ones((200, 8))},
            r"normalisation factors have the shape \(200, 8\), where \(8, 200\)",
        ),
        (
            {"normalization_factors": -np.ones((8, 200))},
            "normalisation factors must be finite and above 0",
        ),
        ({"prior_variance": 0.0}, "prior variance must be above 0, not 0.0"),
        ({"prior_variance": -1.0}, "prior variance must be above 0"),
        ({"prior_variance": float("nan")}, "prior variance must be above 0, not nan"),
    ],
)
def test_refuses_options(adata, options, message):
    with pytest.raises(UsageError, match=message):
        run_de(adata, **options)


def test_refuses_an_unknown_engine():
    with pytest.raises(UsageError, match="no engine is called 'slow'; choose one of fast, pyd"):
        get_engine("slow")


def test_refuses_replicates_that_are_copies(simulated):
    adata = simulated(n_genes=50)
    adata.X[:] = adata.X[0]
    with pytest.raises(ModelError, match="dispersions cannot be estimated"):
        run_de(adata)


def test_given_size_factors_are_those_used(adata, result):
    estimated = fit(adata).size_factors.to_numpy()
    given = run_de(adata, size_factors=estimated)
    pd.testing.assert_frame_equal(given.table, result.table, check_exact=True)
    doubled = run_de(adata, size_factors=2 * estimated)
    np.testing.assert_allclose(doubled.table["baseMean"], result.table["baseMean"] / 2)
    np.testing.assert_array_equal(
        doubled.experiment.obs["size_factor"], 2 * given.experiment.obs["size_factor"]
    )


def test_normalisation_factors_that_equal_size_factors_give_the_same(adata):
    size_factors = fit(adata).size_factors.to_numpy()
    matrix = np.repeat(size_factors[:, None], adata.n_vars, axis=1)
    one = run_de(adata, size_factors=size_factors)
    other = run_de(adata, normalization_factors=matrix)
    for column in NUMBERS:
        np.testing.assert_allclose(other.table[column], one.table[column], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(
        other.experiment.obs["size_factor"], one.experiment.obs["size_factor"]
    )
    # With factors a gene a lone intercept is fitted, as R does, where with size factors it is
    # the mean count; so the statistics differ a little, and never upwards with the fit.
    one, other = (
        run_de(adata, reduced="~ 1", shrink=False, **factors).table["stat"].dropna()
        for factors in ({"size_factors": size_factors}, {"normalization_factors": matrix})
    )
    assert (other <= one + 1e-6).all()
    np.testing.assert_allclose(other, one, atol=0.02, rtol=1e-2)


def test_normalisation_factors_move_with_genes_and_samples(adata):
    rng = np.random.default_rng(0)
    factors = rng.uniform(0.5, 2.0, size=adata.shape)
    samples, genes = rng.permutation(adata.n_obs), rng.permutation(adata.n_vars)
    moved = adata[samples][:, genes].copy()
    one = run_de(adata, normalization_factors=factors)
    other = run_de(moved, normalization_factors=factors[np.ix_(samples, genes)])
    pd.testing.assert_frame_equal(other.table, one.table, check_exact=True)


@pytest.mark.parametrize("kind", ["size factors", "normalisation factors", "reduced design"])
def test_options_follow_the_samples_whatever_their_order_in_the_kernels(adata, kind):
    # With the contrast turned, the kernels' order of the samples turns as well.
    rng = np.random.default_rng(1)
    adata = adata.copy()
    adata.obs["depth"] = rng.permutation(np.linspace(-1, 1, adata.n_obs).round(2))
    design, options = {
        "size factors": ("~ condition", {"size_factors": rng.uniform(0.4, 2.5, adata.n_obs)}),
        "normalisation factors": (
            "~ condition",
            {"normalization_factors": rng.uniform(0.4, 2.5, adata.shape)},
        ),
        "reduced design": ("~ depth + condition", {"reduced": "~ depth"}),
    }[kind]
    levels = ("treated", "control")
    one, other = (
        run_de(adata, design, ("condition", *pair), **options).table
        for pair in (levels, levels[::-1])
    )
    np.testing.assert_allclose(one["log2FoldChange"], -other["log2FoldChange"], atol=1e-3)
    np.testing.assert_allclose(one["lfcSE"], other["lfcSE"], rtol=1e-3)
    np.testing.assert_allclose(one["pvalue"], other["pvalue"], rtol=0.02, atol=1e-3)


def test_jobs_change_no_bit(adata):
    one, two = (fit(adata, jobs=jobs).genes for jobs in (1, 2))
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    one, two = (run_de(adata, reduced="~ 1", jobs=jobs).table for jobs in (1, 2))
    pd.testing.assert_frame_equal(one, two, check_exact=True)


@given(st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=5)
def test_order_changes_no_bit(adata, result, random):
    samples, genes = list(range(adata.n_obs)), list(range(adata.n_vars))
    random.shuffle(samples)
    random.shuffle(genes)
    moved = run_de(adata[samples][:, genes].copy())
    pd.testing.assert_frame_equal(moved.table, result.table, check_exact=True)


@pytest.mark.parametrize("kind", ["ratio", "poscounts"])
@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint16])
def test_memory_layout_and_type_of_the_counts_change_no_bit(adata, dtype, kind):
    plain = fit(adata, size_factors=kind)
    counts = np.asfortranarray(np.asarray(adata.X).astype(dtype))
    other = fit(adata, counts, size_factors=kind)
    pd.testing.assert_series_equal(other.size_factors, plain.size_factors, check_exact=True)
    pd.testing.assert_frame_equal(other.genes, plain.genes, check_exact=True)


def test_genes_without_counts(adata, result):
    genes = fit(adata).genes
    silent = genes.index[:3]
    assert (genes.loc[silent, "baseMean"] == 0).all()
    assert genes.loc[silent, ["log2FoldChange", "lfcSE", "dispersion"]].isna().all(axis=None)
    assert not genes.loc[silent, ["cooks_outlier", "dispersion_outlier"]].any(axis=None)
    table = result.table.set_index("gene_id").loc[silent]
    assert table[["pvalue", "padj"]].isna().all(axis=None)
    assert (table["padj_na_reason"] == "all_zero").all()
    # They carry no information, so the others' numbers are those without them.
    without = run_de(adata[:, 3:].copy()).table.set_index("gene_id")
    rest = result.table.set_index("gene_id").drop(silent)
    pd.testing.assert_frame_equal(
        rest[["log2FoldChange", "lfcSE", "pvalue"]],
        without[["log2FoldChange", "lfcSE", "pvalue"]],
        check_exact=True,
    )


def test_prior_variance_rules_how_far_dispersions_shrink(adata):
    apart = {}
    for variance in (1e-6, 0.5, 1e4):
        genes = fit(adata, prior_variance=variance, shrink=False).genes.dropna(subset="dispersion")
        shrunken, trend = np.log(genes["dispersion_map"]), np.log(genes["dispersion_trend"])
        own = np.log(genes["dispersion_genewise"])
        inside = genes["dispersion_genewise"] > 1e-4
        apart[variance] = (
            (shrunken - trend)[inside].abs().mean(),
            (shrunken - own)[inside].abs().mean(),
        )
    assert apart[1e-6][0] < 1e-2
    assert apart[1e-6][0] < apart[0.5][0] < apart[1e4][0]
    assert apart[1e4][1] < 1e-2
    assert apart[1e-6][1] > apart[0.5][1] > apart[1e4][1]


def test_likelihood_ratio_of_one_coefficient_ranks_genes_as_wald_does(adata):
    adata = adata.copy()
    adata.obs["depth"] = np.sin(2.3 * np.arange(adata.n_obs))
    full = build_design(
        "~ depth + condition", adata.obs, Contrast("condition", "treated", "control")
    )
    reduced = reduced_design("~ depth", adata.obs, full)
    fitted = get_engine("fast").fit(
        np.asarray(adata.X), adata.var_names, full, shrink=False, jobs=1,
        options=FitOptions(reduced=reduced),
    )  # fmt: skip
    assert fitted.likelihood_ratio_df == 1
    ratio = fitted.genes["likelihood_ratio"].dropna()
    wald = (fitted.genes["log2FoldChange"] / fitted.genes["lfcSE"]).loc[ratio.index] ** 2
    assert np.corrcoef(ratio.rank(), wald.rank())[0, 1] > 0.95
    assert fit(adata).likelihood_ratio_df == 0


@pytest.fixture(scope="module")
def null(simulated):
    """Draw groups without a difference, dispersions scattered around a falling trend."""

    def draw(n_per_group, seed):
        rng = np.random.default_rng(seed)
        adata = simulated(n_genes=2500, n_per_group=n_per_group, seed=seed)
        base = rng.lognormal(5, 1.2, size=2500)
        size = 1 / ((0.03 + 2 / base) * rng.lognormal(0, 0.6, size=2500))
        means = rng.uniform(0.7, 1.4, size=(2 * n_per_group, 1)) * base
        adata.X = rng.negative_binomial(size, size / (size + means)).astype(np.int32)
        return adata

    return draw


@pytest.mark.parametrize("reduced", [None, "~ 1"], ids=["Wald", "likelihood ratio"])
@pytest.mark.parametrize("n_per_group", [3, 10])
def test_p_is_uniform_where_nothing_differs(null, n_per_group, reduced):
    result = run_de(null(n_per_group, seed=n_per_group), reduced=reduced, shrink=False)
    p = result.table["pvalue"].dropna()
    assert len(p) > 2400
    assert 0.03 < (p < 0.05).mean() < 0.075
    assert (p < 0.01).mean() < 0.02
    assert 0.45 < p.median() < 0.55
    for low in np.arange(0, 1, 0.1):
        assert 0.06 < p.between(low, low + 0.1).mean() < 0.14
    assert (result.table["direction"] != "none").sum() <= 5


def test_compilation_is_announced_where_no_compiled_copy_is(tmp_path, monkeypatch, caplog):
    caplog.set_level(logging.INFO, logger="rnaseq_s6k1")
    elsewhere = SimpleNamespace(stats=SimpleNamespace(cache_path=str(tmp_path)))
    monkeypatch.setattr(coefficients, "fit_coefficients", elsewhere)
    announce_compilation()
    assert [record.message for record in caplog.records] == [
        "compiling numerical kernels; this happens once per installation"
    ]
    caplog.clear()
    (tmp_path / "coefficients.fit_coefficients-1.py311.nbi").touch()
    announce_compilation()
    assert not caplog.records


def test_compilation_is_not_announced_again(adata, caplog):
    fit(adata)
    # The name numba gives its index is what the announcement looks for.
    folder = Path(coefficients.fit_coefficients.stats.cache_path)
    assert list(folder.glob("coefficients.fit_coefficients*.nbi"))
    caplog.set_level(logging.INFO, logger="rnaseq_s6k1")
    fit(adata)
    assert not [record for record in caplog.records if "compiling" in record.message]
