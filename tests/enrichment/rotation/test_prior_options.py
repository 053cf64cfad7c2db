"""Priors with a trend, and robust ones, against limma's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.enrichment.rotation.mean_rank import rotation_test
from rnaseq_s6k1.enrichment.rotation.moderated_t import fit_prior, moderated_t
from rnaseq_s6k1.enrichment.rotation.prior_options import squeeze_prior
from rnaseq_s6k1.enrichment.rotation.residual_space import residual_space
from rnaseq_s6k1.enrichment.rotation.set_index import SetIndex

DESIGN = np.column_stack([np.ones(8), np.repeat([0.0, 1.0], 4)])


@pytest.fixture(scope="module")
def reference() -> pd.DataFrame:
    return pd.read_csv(Path(__file__).parent / "data" / "squeeze.tsv.gz", sep="\t", index_col=0)


@pytest.fixture(scope="module")
def space(reference):
    return residual_space(reference.filter(like="sample_").to_numpy().T, DESIGN, [0, 1])


@pytest.mark.parametrize("trend", [False, True])
def test_without_robustness_everything_is_limmas(space, reference, trend):
    label = "trend" if trend else "common"
    prior = squeeze_prior(space, trend=trend)
    moderated = moderated_t(space, prior)
    np.testing.assert_allclose(prior.df, reference[f"{label}_df"], rtol=1e-8)
    np.testing.assert_allclose(prior.variance, reference[f"{label}_variance"], rtol=1e-8)
    np.testing.assert_allclose(moderated.t, reference[f"{label}_t"], rtol=1e-8)


def test_the_robust_prior_is_limmas_but_for_the_share_of_outliers(space, reference):
    prior = squeeze_prior(space, robust=True)
    assert prior.df.max() == pytest.approx(reference["common_robust_df"].max(), rel=1e-3)
    np.testing.assert_allclose(prior.variance, reference["common_robust_variance"], rtol=1e-6)
    moderated = moderated_t(space, prior)
    # How near to an outlier a gene is, is smoothed over genes in another way.
    np.testing.assert_allclose(moderated.t[20:], reference["common_robust_t"][20:], rtol=0.02)
    np.testing.assert_allclose(moderated.t, reference["common_robust_t"], rtol=0.1)


def test_the_robust_trend_is_near_limmas(space, reference):
    prior = squeeze_prior(space, trend=True, robust=True)
    assert prior.df.max() == pytest.approx(reference["trend_robust_df"].max(), rel=0.15)
    found = moderated_t(space, prior).t / reference["trend_robust_t"].to_numpy()
    assert np.quantile(np.abs(found - 1), 0.95) < 0.05


def test_outliers_keep_their_variance_and_do_not_widen_the_others(space):
    robust, common = squeeze_prior(space, trend=True, robust=True), squeeze_prior(space, trend=True)
    assert np.median(robust.df[20:]) > 1.5 * common.df[0]
    assert robust.df[:20].max() < np.median(robust.df[20:])
    order = np.argsort(space.variances / robust.variance)
    assert (np.diff(robust.df[order]) <= 1e-9).all()


def test_without_outliers_robustness_changes_little():
    rng = np.random.default_rng(0)
    n = 20_000
    y = rng.standard_normal((8, n)) * np.sqrt(10 / rng.chisquare(10, n))
    space = residual_space(y, DESIGN, [0, 1])
    robust, common = squeeze_prior(space, robust=True), squeeze_prior(space)
    assert np.median(robust.df) == pytest.approx(common.df[0], rel=0.15)
    assert robust.variance[0] == pytest.approx(common.variance[0], rel=0.03)


def test_equal_variances_have_an_infinite_prior():
    y = np.random.default_rng(1).standard_normal((8, 400)) * 1.0
    y[:, :200] *= 0.98
    space = residual_space(y, DESIGN, [0, 1])
    prior = squeeze_prior(space, robust=True)
    assert np.isfinite(prior.variance).all()
    assert (prior.df > 20).mean() > 0.9
    assert np.isfinite(moderated_t(space, prior).t).all()


def test_no_option_is_the_common_prior_and_few_genes_have_no_curve(space):
    np.testing.assert_array_equal(squeeze_prior(space).df, fit_prior(space.variances, 6).df)
    y = np.random.default_rng(2).standard_normal((8, 5))
    few = residual_space(y, DESIGN, [0, 1])
    assert np.isfinite(squeeze_prior(few, trend=True).variance).all()
    two = residual_space(y[:, :2], DESIGN, [0, 1])
    assert squeeze_prior(two, trend=True).variance[0] == squeeze_prior(two, trend=True).variance[1]


@pytest.mark.parametrize("robust", [False, True])
def test_the_rotation_test_takes_them(space, robust):
    prior = squeeze_prior(space, trend=True, robust=robust)
    sets = SetIndex.of([range(100, 140), range(600, 640)], 1500)
    table = rotation_test(space, sets, moderated=moderated_t(space, prior), rotations=999)
    assert table["up"].iloc[0] < 0.01
    assert table["pvalue"].iloc[1] > 0.02
