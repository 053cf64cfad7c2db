"""Rotations: geometry, moderation against limma, validity under correlated nulls."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from rnaseq_s6k1.concordance.nulls import FixedResult, rotation_null
from rnaseq_s6k1.concordance.rotations import contrast_space
from rnaseq_s6k1.enrichment.rotation.moderated_t import fit_prior, squeeze
from rnaseq_s6k1.errors import ModelError

DATA = Path(__file__).parent / "data"


@pytest.mark.parametrize("name", ["finite", "infinite"])
def test_moderated_variances_are_limmas(name):
    rows = pd.read_csv(DATA / f"squeeze_{name}.tsv", sep="\t")
    variances = rows["variance"].to_numpy()
    prior = fit_prior(variances, 6)
    np.testing.assert_allclose(prior.variance, rows["prior_variance"][0], rtol=1e-8)
    np.testing.assert_allclose(prior.df, rows["prior_df"][0], rtol=1e-6)
    np.testing.assert_allclose(squeeze(variances, 6, prior), rows["posterior"], rtol=1e-8)


def design_of(n: int = 8) -> np.ndarray:
    half = n // 2
    batch = np.tile([0.0, 1.0], half)
    return np.column_stack([np.ones(n), batch, np.repeat([0.0, 1.0], half)])


def test_the_contrast_is_the_t_test_of_the_linear_model():
    rng = np.random.default_rng(0)
    design = design_of()
    values = rng.normal(size=(8, 200)) * rng.lognormal(0, 0.5, 200)
    space = contrast_space(values, design, np.array([0.0, 0.0, 1.0]))
    assert space.degrees == 5
    fit = sm.OLS(values[:, 7], design).fit()
    variance = space.space.variances[7]
    assert space.space.contrast[7] / np.sqrt(variance) == pytest.approx(fit.tvalues[2])
    moderated = squeeze(space.space.variances, 5, space.prior)[7]
    assert space.statistics[7] == pytest.approx(space.space.contrast[7] / np.sqrt(moderated))
    # A change of covariates or of the mean is invisible.
    shifted = values + 5 + 3 * design[:, [1]]
    np.testing.assert_allclose(
        contrast_space(shifted, design, np.array([0.0, 0.0, 1.0])).statistics, space.statistics
    )


def test_rotations_keep_each_genes_length_and_the_correlations():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(8, 50))
    values[:, 1] = values[:, 0]
    space = contrast_space(values, design_of(), np.array([0.0, 0.0, 1.0]))
    drawn = np.array(list(space.rotated(130, 3)))
    assert drawn.shape == (130, 50)
    np.testing.assert_allclose(drawn[:, 1], drawn[:, 0])
    again = np.array(list(space.rotated(130, 3)))
    np.testing.assert_array_equal(drawn, again)
    # The first of many are the same: the blocks do not matter.
    np.testing.assert_array_equal(np.array(list(space.rotated(64, 3))), drawn[:64])
    assert not np.array_equal(np.array(list(space.rotated(5, 4))), drawn[:5])


def test_constant_genes_have_no_statistic_and_no_warning():
    values = np.random.default_rng(2).normal(size=(8, 30))
    values[:, 0] = 4.0
    space = contrast_space(values, design_of(), np.array([0.0, 0.0, 1.0]))
    assert abs(space.statistics[0]) < 1e-6
    assert np.isfinite(np.array(list(space.rotated(10, 0)))).all()


def test_too_few_degrees_of_freedom_are_refused():
    with pytest.raises(ModelError, match="leave 1 residual degrees of freedom, and rotations need"):
        contrast_space(np.zeros((4, 3)), design_of(4), np.array([0.0, 0.0, 1.0]))


def fixed_of(stats: np.ndarray, n_called: int = 40) -> FixedResult:
    order = np.argsort(-stats)
    called = np.zeros(len(stats), dtype=np.int8)
    called[order[:n_called]], called[order[-n_called:]] = 1, -1
    return FixedResult.of(stats, called, np.sort(order[:n_called]), np.sort(order[-n_called:]))


def test_measures_by_hand():
    stats = np.array([3.0, 2.0, 1.0, -1.0, -2.0, -3.0])
    fixed = FixedResult.of(
        stats,
        np.array([1, 1, 0, 0, -1, -1], dtype=np.int8),
        np.array([0, 1], dtype=np.intp),
        np.array([4, 5], dtype=np.intp),
    )
    same = fixed.measure(stats, 4)
    assert same.rho == pytest.approx(1)
    assert (same.up, same.down) == (pytest.approx(0.5), pytest.approx(-0.5))
    assert same.signs == pytest.approx(4 / 2)
    turned = fixed.measure(-stats, 3)
    assert turned.rho == pytest.approx(-1)
    # The top 2 or 3 of one are the bottom 2 of the other: 1 of 15 pairs, or 3 of 15.
    assert (turned.agreeing, turned.reversing) == (0.0, pytest.approx(np.log10(15)))
    mixed = fixed.measure(np.array([1.0, -2.0, 3.0, 0.1, 0.2, -0.5]), 2)
    # Genes 1 and 2 are called; only gene 1 is in the fixed result, the other way.
    assert mixed.signs == -1


@pytest.mark.slow
def test_rotation_holds_its_level_where_genes_are_correlated_and_gene_sampling_does_not():
    from scipy.stats import spearmanr

    # Genes load on one factor; the fixed result's statistics follow the loadings. No effect.
    rng = np.random.default_rng(7)
    n_genes, runs, rotations = 300, 400, 39
    loadings = rng.normal(size=n_genes)
    fixed_stats = loadings + rng.normal(size=n_genes)
    fixed = fixed_of(fixed_stats)
    found = dict.fromkeys(("rho", "up", "down", "signs", "peak", "naive"), 0)
    for run in range(runs):
        factor = rng.normal(size=(8, 1))
        values = rng.normal(size=(8, n_genes)) + 0.7 * factor * loadings
        space = contrast_space(values, design_of(), np.array([0.0, 0.0, 1.0]))
        null = rotation_null(space, fixed, n_called=80, rotations=rotations, seed=(0, run))
        for name in ("rho", "up", "down", "signs"):
            found[name] += null.two_sided(name) <= 0.05
        found["peak"] += null.upper("agreeing") <= 0.05
        found["naive"] += spearmanr(space.statistics, fixed_stats).pvalue <= 0.05
    reach = 3 * np.sqrt(0.05 * 0.95 / runs)
    for name in ("rho", "up", "down", "signs", "peak"):
        assert 0.05 - reach <= found[name] / runs <= 0.05 + reach, (name, found)
    assert found["naive"] / runs > 0.5
