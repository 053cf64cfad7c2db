"""Wald tests against DESeq2's, under the null, and their symmetries."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, kstest, norm

from rnaseq_s6k1.de.wald import wald_test
from rnaseq_s6k1.errors import UsageError

ALTERNATIVES = ("greaterAbs", "lessAbs", "greater", "less")
effects = st.floats(-20, 20)
errors = st.floats(1e-3, 10)
thresholds = st.floats(0.01, 5)


def p_of(effect, error, threshold, alternative):
    _, p = wald_test(
        np.array([effect]), np.array([error]), threshold=threshold, alternative=alternative
    )
    return float(p[0])


@pytest.mark.shared_data
@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_against_deseq2_at_threshold_half(shared, alternative):
    folder = shared / "data" / "pydeseq2_r_outputs" / "single_factor"
    plain = pd.read_csv(folder / "r_test_res.csv", index_col=0)
    expected = pd.read_csv(folder / f"r_test_res_{alternative}.csv", index_col=0)
    stat, p = wald_test(
        plain["log2FoldChange"].to_numpy(),
        plain["lfcSE"].to_numpy(),
        threshold=0.5,
        alternative=alternative,
    )
    np.testing.assert_allclose(stat, expected["stat"], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(p, expected["pvalue"], rtol=1e-10)


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "threshold"), [("lfcThreshold1_results", 1.0), ("reference_results", 0.0)]
)
def test_against_deseq2_on_a_whole_genome(shared, name, threshold):
    path = shared / "data" / "t47d_e2_gse89888" / f"deseq2_1.38.3_{name}.tsv.gz"
    expected = pd.read_csv(path, sep="\t")
    stat, p = wald_test(
        expected["log2FoldChange"].to_numpy(), expected["lfcSE"].to_numpy(), threshold=threshold
    )
    fitted = expected["lfcSE"].notna().to_numpy()
    assert fitted.sum() > 35_000
    np.testing.assert_array_equal(np.isnan(stat), ~fitted)
    np.testing.assert_allclose(stat[fitted], expected["stat"][fitted], rtol=1e-9, atol=1e-12)
    tested = expected["pvalue"].notna().to_numpy()
    np.testing.assert_allclose(p[tested], expected["pvalue"][tested], rtol=1e-8)


@pytest.mark.parametrize(
    ("alternative", "truth"),
    [("greater", 0.7), ("less", -0.7), ("lessAbs", 0.7), ("lessAbs", -0.7), ("greaterAbs", 0.0)],
)
def test_p_is_uniform_at_the_boundary_of_the_null(alternative, truth):
    # greaterAbs at its threshold is conservative; without one it is the usual test.
    threshold = 0.0 if alternative == "greaterAbs" else 0.7
    estimate = np.random.default_rng(0).normal(truth, 0.2, size=20_000)
    _, p = wald_test(estimate, np.full(20_000, 0.2), threshold=threshold, alternative=alternative)
    # lessAbs has a second boundary 7 standard errors away, which cannot matter here.
    assert kstest(p, "uniform").pvalue > 0.001


def test_greater_abs_at_its_threshold_keeps_twice_the_tail_at_most():
    estimate = np.random.default_rng(1).normal(0.7, 0.2, size=20_000)
    _, p = wald_test(estimate, np.full(20_000, 0.2), threshold=0.7)
    # Only the near tail can be reached, and p doubles it: half of the level is used.
    assert abs((p < 0.1).sum() - 1000) < 4 * binom.std(20_000, 0.05)


@given(effects, errors, thresholds)
def test_turning_the_sign_exchanges_up_and_down(effect, error, threshold):
    for alternative in ("greaterAbs", "lessAbs"):
        assert p_of(effect, error, threshold, alternative) == p_of(
            -effect, error, threshold, alternative
        )
    assert p_of(effect, error, threshold, "greater") == p_of(-effect, error, threshold, "less")


@given(effects, errors, thresholds, thresholds)
def test_p_moves_one_way_with_the_threshold(effect, error, first, second):
    low, high = sorted((first, second))
    for alternative in ("greaterAbs", "greater", "less"):
        assert p_of(effect, error, low, alternative) <= p_of(effect, error, high, alternative)
    assert p_of(effect, error, low, "lessAbs") >= p_of(effect, error, high, "lessAbs")


@given(effects, errors, thresholds, st.sampled_from(ALTERNATIVES), st.floats(0.1, 10))
def test_p_is_a_probability_and_has_no_unit(effect, error, threshold, alternative, scale):
    p = p_of(effect, error, threshold, alternative)
    assert 0 <= p <= 1
    scaled = p_of(effect * scale, error * scale, threshold * scale, alternative)
    assert scaled == pytest.approx(p, rel=1e-6, abs=1e-300)


@given(effects, errors)
def test_without_a_threshold_it_is_the_two_sided_test(effect, error):
    stat, p = wald_test(np.array([effect]), np.array([error]))
    assert stat[0] == pytest.approx(effect / error)
    assert p[0] == pytest.approx(2 * norm.sf(abs(effect) / error))


def test_missing_stays_missing_and_a_gene_without_error_is_no_evidence():
    stat, p = wald_test(np.array([np.nan, 1.0, 0.0]), np.array([np.nan, np.nan, 0.0]))
    assert np.isnan(stat[:2]).all()
    assert np.isnan(p[:2]).all()
    assert (stat[2], p[2]) == (0.0, 1.0)


@pytest.mark.parametrize("threshold", [-0.1, np.nan, np.inf])
def test_refuses_impossible_thresholds(threshold):
    with pytest.raises(UsageError, match=r"threshold must be 0 or more, not (-0\.1|nan|inf)"):
        wald_test(np.ones(1), np.ones(1), threshold=threshold)


def test_refuses_an_unknown_alternative_and_less_than_nothing():
    with pytest.raises(UsageError, match="no alternative is called 'two'; choose greaterAbs"):
        wald_test(np.ones(1), np.ones(1), alternative="two")
    with pytest.raises(UsageError, match="lessAbs needs a threshold above 0"):
        wald_test(np.ones(1), np.ones(1), alternative="lessAbs")
