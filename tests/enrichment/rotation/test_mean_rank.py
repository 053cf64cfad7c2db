"""The rotation test against romer, under the null, and in any order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest, spearmanr

from rnaseq_s6k1.enrichment.rotation.changed_genes import (
    probability_of_change,
    share_changed,
    winsorised_effects,
)
from rnaseq_s6k1.enrichment.rotation.correlation import inter_gene_correlation
from rnaseq_s6k1.enrichment.rotation.mean_rank import (
    FIRST_ROTATIONS,
    ROTATION_COLUMNS,
    rotation_test,
    stages,
)
from rnaseq_s6k1.enrichment.rotation.moderated_t import VariancePrior, moderated_t
from rnaseq_s6k1.enrichment.rotation.residual_space import ResidualSpace, residual_space
from rnaseq_s6k1.enrichment.rotation.set_index import SetIndex
from rnaseq_s6k1.errors import DataError, UsageError

CORE = [
    "HALLMARK_E2F_TARGETS",
    "HALLMARK_G2M_CHECKPOINT",
    "HALLMARK_MYC_TARGETS_V1",
    "HALLMARK_MYC_TARGETS_V2",
    "KEGG_CELL_CYCLE",
]
BLOCKS = [np.arange(40 * s, 40 * s + 40) for s in range(8)]


def two_groups(rng, n=4, n_genes=600):
    y = rng.standard_normal((2 * n, n_genes))
    return y, np.column_stack([np.ones(2 * n), np.repeat([0.0, 1.0], n)])


def test_columns_and_directions():
    y, X = two_groups(np.random.default_rng(0))
    y[4:, :30] += 3
    y[4:, 30:60] -= 3
    y[4:, 60:75] += 4
    y[4:, 75:90] -= 4
    sets = SetIndex.of([range(30), range(30, 60), range(60, 90), range(200, 240)], 600)
    table = rotation_test(residual_space(y, X, [0, 1]), sets, rotations=1999)
    assert tuple(table.columns) == ROTATION_COLUMNS
    up, down, both, null = table.to_dict("records")
    assert up["up"] == 1 / 2000
    assert up["pvalue"] == 2 / 2000
    assert up["mean_rank"] > 0.8
    assert down["down"] == 1 / 2000
    assert down["mean_rank"] < -0.8
    assert both["mixed"] == 1 / 2000
    assert both["pvalue"] > 0.05
    assert null["pvalue"] > 0.02
    assert ((table["up"] + table["down"]) >= 1).all()


def test_a_set_at_the_very_top_has_mean_rank_1():
    y, X = two_groups(np.random.default_rng(0))
    y[4:, :5] += 100
    table = rotation_test(residual_space(y, X, [0, 1]), SetIndex.of([range(5)], 600), rotations=99)
    assert table["mean_rank"].iloc[0] == pytest.approx(1)


@pytest.mark.parametrize("n", [3, 6])
@pytest.mark.slow
def test_p_is_uniform_without_effects_whatever_the_correlation(correlated, n):
    found = [
        rotation_test(correlated(seed, n=n), SetIndex.of(BLOCKS, 800), rotations=399, seed=seed)
        for seed in range(190)
    ]
    table = pd.concat(found)
    assert len(table) >= 1500
    # Twice the smaller of two one-sided p-values is uniform as well, up to the +1s.
    for name in ("up", "down", "mixed"):
        assert kstest(table[name], "uniform").pvalue > 0.001
    assert 0.035 <= (table["pvalue"] <= 0.05).mean() <= 0.065


def test_p_is_valid_under_the_null_in_a_small_run(correlated):
    tables = [
        rotation_test(correlated(seed), SetIndex.of(BLOCKS, 800), rotations=199, seed=seed)
        for seed in range(40)
    ]
    assert kstest(pd.concat(tables)["up"], "uniform").pvalue > 0.001


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_neither_gene_order_nor_cores_nor_other_sets_matter(seed):
    rng = np.random.default_rng(seed)
    y, X = two_groups(rng, n=3)
    space = residual_space(y, X, [0, 1])
    sets = [np.sort(rng.choice(600, size, replace=False)) for size in (15, 40, 200)]
    whole = rotation_test(space, SetIndex.of(sets, 600), rotations=499, seed=7)
    again = rotation_test(space, SetIndex.of(sets[::-1], 600), rotations=499, seed=7, jobs=2)
    pd.testing.assert_frame_equal(whole, again[::-1].reset_index(drop=True), check_exact=True)
    alone = rotation_test(space, SetIndex.of(sets[1:2], 600), rotations=499, seed=7)
    pd.testing.assert_frame_equal(alone, whole[1:2].reset_index(drop=True), check_exact=True)
    order = rng.permutation(600)
    turned = ResidualSpace(space.effects[:, order], space.standard_error, space.average[order])
    place = np.argsort(order)
    moved = rotation_test(turned, SetIndex.of([place[s] for s in sets], 600), rotations=499, seed=7)
    # The prior is a mean over genes: its last digit may follow their order, a rank seldom does.
    np.testing.assert_allclose(moved, whole, atol=2 / 500)


def test_the_seed_matters_and_zero_is_one(correlated):
    space, sets = correlated(0), SetIndex.of(BLOCKS, 800)
    first, second = (rotation_test(space, sets, rotations=999, seed=s) for s in (0, 1))
    assert not first["up"].equals(second["up"])
    np.testing.assert_allclose(first["up"], second["up"], atol=0.1)


def test_stages():
    assert stages(500) == [500]
    assert stages(9_999) == [9_999]
    assert stages(99_999) == [9_999, 31_622, 99_999]
    assert stages(20_000) == [9_999, 20_000]
    with pytest.raises(UsageError, match="must be 99 or more, not 98"):
        stages(98)


def test_only_sets_with_few_passes_go_on():
    y, X = two_groups(np.random.default_rng(0), n_genes=200)
    y[4:, :20] += 3
    space = residual_space(y, X, [0, 1])
    sets = SetIndex.of([range(20), range(50, 90)], 200)
    long = rotation_test(space, sets, rotations=31_622)
    short = rotation_test(space, sets, rotations=FIRST_ROTATIONS)
    assert long["n_rotations"].tolist() == [31_622, 9_999]
    assert long["up"].iloc[0] < 1 / 10_000
    pd.testing.assert_frame_equal(long[1:], short[1:], check_exact=True)
    pd.testing.assert_series_equal(long["mixed"], short["mixed"], check_exact=True)


def test_stopping_early_keeps_p_valid():
    """Draw the passes of a set without effect directly: given its true p, binomial."""
    rng = np.random.default_rng(0)
    n = np.array(stages(99_999))
    truth = np.concatenate([rng.random(200_000) * 0.004, rng.random(1000)])
    parts = np.diff(np.concatenate([[0], n]))
    passes = np.cumsum([rng.binomial(part, truth) for part in parts], axis=0)
    stopped = np.where(passes[0] >= 10, 0, np.where(passes[1] >= 10, 1, 2))
    p = (passes[stopped, np.arange(truth.size)] + 1) / (n[stopped] + 1)
    for level in (2e-5, 1e-4, 5e-4, 1e-3, 0.002):
        share = (p[:200_000] <= level).mean() * 0.004
        assert share <= level + 4 * np.sqrt(level * 0.004 / 200_000)


def test_without_changes_nothing_is_winsorised(correlated):
    space = correlated(1, n=6, n_sets=0, n_genes=5000)
    moderated = moderated_t(space)
    assert probability_of_change(moderated).max() < 0.9
    changed = winsorised_effects(space, moderated)[0]
    moved = np.abs(changed - space.contrast) / np.sqrt(moderated.variance)
    assert np.quantile(moved, 0.99) < 0.1
    assert share_changed(np.linspace(0, 1, 1000)) == 0


def test_large_changes_are_winsorised_at_hubers_constant():
    y, X = two_groups(np.random.default_rng(4), n=6, n_genes=1000)
    y[6:, :300] += 8
    space = residual_space(y, X, [0, 1])
    moderated = moderated_t(space)
    sizes = winsorised_effects(space, moderated)[0] / np.sqrt(moderated.variance)
    np.testing.assert_allclose(sizes[:300], 1.345, rtol=1e-3)
    np.testing.assert_array_equal(winsorised_effects(space, moderated)[1:], space.residuals)
    p = probability_of_change(moderated)
    assert p[:300].min() > 0.99
    assert np.median(p[300:]) < 0.1
    assert p[:300].mean() * 0.3 + p[300:].mean() * 0.7 == pytest.approx(0.3, abs=0.1)


def test_random_sets_of_an_experiment_where_all_changes_are_not_significant_too_often():
    rng = np.random.default_rng(5)
    y, X = two_groups(rng, n=4, n_genes=3000)
    y[4:] += rng.normal(0, 4, 3000)
    sets = SetIndex.of([rng.choice(3000, 50, replace=False) for _ in range(600)], 3000)
    table = rotation_test(residual_space(y, X, [0, 1]), sets, rotations=499)
    assert 0.02 < (table["pvalue"] <= 0.05).mean() < 0.09


def test_priors_that_differ_from_gene_to_gene(correlated):
    space, sets = correlated(0), SetIndex.of(BLOCKS, 800)
    common = moderated_t(space)
    nearly = VariancePrior(common.prior.df.copy(), common.prior.variance)
    nearly.df[0] *= 1 + 1e-9
    expected = rotation_test(space, sets, rotations=999)
    found = rotation_test(space, sets, rotations=999, moderated=moderated_t(space, nearly))
    # t and x order genes alike; they share cells of the grid differently.
    np.testing.assert_allclose(found["up"], expected["up"], atol=0.01)
    some = VariancePrior(np.where(np.arange(800) % 2, np.inf, 5.0), common.prior.variance)
    mixed = rotation_test(space, sets, rotations=999, moderated=moderated_t(space, some))
    assert spearmanr(mixed["up"], expected["up"]).statistic > 0.9


def test_genes_that_never_vary_do_no_harm():
    y, X = two_groups(np.random.default_rng(0))
    y[:, 300:] = 1.0
    sets = SetIndex.of([range(40), range(280, 320), range(400, 440)], 600)
    table = rotation_test(residual_space(y, X, [0, 1]), sets, rotations=199)
    assert np.isfinite(table.to_numpy()).all()
    assert table["mixed"].iloc[2] == 1


def test_correlation_within_sets(correlated):
    space = correlated(0, n=60, rho=0.3)
    correlation, vif = inter_gene_correlation(
        space, SetIndex.of([*BLOCKS, [700], range(600, 640)], 800)
    )
    np.testing.assert_allclose(correlation[:8], 0.3, atol=0.12)
    assert abs(correlation[-1]) < 0.03
    assert np.isnan(correlation[8])
    np.testing.assert_allclose(vif[:8], 1 + 39 * correlation[:8])


@pytest.mark.shared_data
@pytest.mark.slow
@pytest.mark.parametrize("case", ["t47d", "tcga"])
def test_against_romer(case, request):
    reference = request.getfixturevalue(case)
    found = rotation_test(reference.space, reference.sets, rotations=9_999, jobs=2)
    expected = reference.table("romer_9999")
    for name in ("Up", "Down"):
        assert spearmanr(found[name.lower()], expected[name]).statistic > 0.99
    found.index = pd.Index(reference.names)
    if case == "t47d":
        # MYC V1's genes are correlated (0.1), and 4 v 4 samples say so with some uncertainty:
        # here its p is 0.0009, where romer's is at the floor with the others.
        assert (found.loc[CORE, "up"] <= 0.001).all()
        assert (found.loc[[s for s in CORE if not s.endswith("V1")], "up"] == 0.0001).all()
    else:
        up = found.loc[CORE, "up"]
        np.testing.assert_allclose(up, expected.loc[CORE, "Up"], atol=0.025)


@pytest.mark.shared_data
def test_correlation_is_limmas(t47d):
    correlation, _ = inter_gene_correlation(t47d.space, t47d.sets)
    expected = t47d.table("camera_estimated")["Correlation"]
    np.testing.assert_allclose(correlation, expected, atol=1e-12)


def test_refusals(correlated):
    for bad in ([[]], [[0, 0]], [[800]], [[-1]], [range(800)]):
        with pytest.raises(DataError, match="distinct positions from 0 to 799"):
            SetIndex.of(bad, 800)
    with pytest.raises(UsageError, match="--rotations must be 99 or more"):
        rotation_test(correlated(0), SetIndex.of(BLOCKS, 800), rotations=10)
