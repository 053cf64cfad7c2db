"""Rank correlations against R, scipy, and under the null."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from rnaseq_s6k1.cohort.rank_correlation import (
    _interval,
    covariate_basis,
    midranks,
    rank_correlation,
)
from rnaseq_s6k1.errors import ModelError

DATA = Path(__file__).parent / "data"
GIVEN = {
    "none": [],
    "level": ["level"],
    "level_purity": ["level", "purity"],
    "stage": ["stage"],
    "stage_level": ["stage", "level"],
}


@pytest.fixture(scope="module")
def measured() -> pd.DataFrame:
    return pd.read_csv(DATA / "cohort_measurements.tsv", sep="\t")


@pytest.mark.parametrize("name", GIVEN)
def test_r_agrees_on_plain_and_partial_correlations(measured, name):
    reference = pd.read_csv(DATA / "cohort_correlations.tsv", sep="\t", keep_default_na=False)
    reference = reference[reference["given"] == name].set_index("gene").loc[["a", "b", "c"]]
    basis = covariate_basis(measured[GIVEN[name]]) if GIVEN[name] else None
    found = rank_correlation(
        measured["driver"].to_numpy(), measured[["a", "b", "c"]].to_numpy(float), basis
    )
    np.testing.assert_allclose(found.rho, reference["rho"], rtol=1e-11)
    np.testing.assert_allclose(found.pvalue, reference["pvalue"], rtol=1e-9)
    assert found.degrees_of_freedom == reference["df"].iloc[0]


def test_partial_is_the_inverse_of_the_correlation_matrix(measured):
    columns = ["driver", "a", "level", "purity"]
    precision = np.linalg.inv(stats.spearmanr(measured[columns]).statistic)
    expected = -precision[0, 1] / np.sqrt(precision[0, 0] * precision[1, 1])
    found = rank_correlation(
        measured["driver"].to_numpy(),
        measured[["a"]].to_numpy(),
        covariate_basis(measured[["level", "purity"]]),
    )
    assert found.rho[0] == pytest.approx(expected, rel=1e-12)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(4, 40))
def test_scipy_agrees(seed: int, n: int):
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 6, (2, n)).astype(float)
    x[:2], y[:2] = [0, 1], [1, 0]
    found, expected = rank_correlation(x, y[:, np.newaxis]), stats.spearmanr(x, y)
    assert found.rho[0] == pytest.approx(expected.statistic, abs=1e-12)
    assert found.pvalue[0] == pytest.approx(expected.pvalue, rel=1e-6, abs=1e-12)


def test_the_interval_is_bonetts_and_wrights():
    # By hand: rho .5 on 30 samples, s = sqrt(1.125 / 27) = .204124, atanh .5 = .549306,
    # .549306 -/+ 1.959964 * .204124 = .149230, .949382, of which tanh is .148132, .739503.
    rng = np.random.default_rng(1)
    x = np.arange(30.0)
    y = x + rng.normal(0, 14, 30)
    found = rank_correlation(x, y[:, np.newaxis])
    rho = found.rho[0]
    reach = stats.norm.ppf(0.975) * np.sqrt((1 + rho**2 / 2) / 27)
    assert found.ci_low[0] == pytest.approx(np.tanh(np.arctanh(rho) - reach))
    low, high = _interval(np.array([0.5]), 27, 0.95)
    assert (low[0], high[0]) == (
        pytest.approx(0.148132, abs=2e-6),
        pytest.approx(0.739503, abs=2e-6),
    )


def test_the_interval_covers_what_it_says():
    # Bivariate normal with r = .6: Spearman's rho is 6/pi asin(.3) = .5819.
    rng = np.random.default_rng(2)
    truth = 6 / np.pi * np.arcsin(0.3)
    x = rng.normal(size=(800, 50))
    y = 0.6 * x + 0.8 * rng.normal(size=x.shape)
    inside = 0
    for one, other in zip(x, y, strict=True):
        found = rank_correlation(one, other[:, np.newaxis])
        inside += found.ci_low[0] < truth < found.ci_high[0]
    assert inside / 800 == pytest.approx(0.95, abs=0.025)


def test_p_is_uniform_under_the_null():
    rng = np.random.default_rng(3)
    found = rank_correlation(rng.normal(size=25), rng.normal(size=(4000, 25)).T)
    assert stats.kstest(found.pvalue, "uniform").pvalue > 0.001


def test_p_is_uniform_given_covariates_that_move_both():
    rng = np.random.default_rng(4)
    p = []
    for _ in range(600):
        table = pd.DataFrame(rng.normal(size=(40, 2)), columns=["x", "y"])
        push = table.sum(axis=1).to_numpy()
        both = rng.normal(size=(2, 40)) + push / 2
        assert len(both) == 2
        found = rank_correlation(both[0], both[1:].T, covariate_basis(table))
        p.append(found.pvalue[0])
    # Not KS: ranks bend the covariates' lines a little, so the null is near and not exact.
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.03)


def test_redundant_and_constant_covariates_cost_nothing(measured):
    basis = covariate_basis(measured[["level"]])
    doubled = measured.assign(twice=2 * measured["level"], one=1.0, text="same")
    again = covariate_basis(doubled[["level", "twice", "one", "text"]])
    assert basis.shape[1] == again.shape[1] == 1
    assert covariate_basis(measured[[]]).shape == (60, 0)


def test_constant_variables_have_no_correlation():
    found = rank_correlation(np.arange(6.0), np.column_stack([np.ones(6), np.arange(6.0)]))
    assert np.isnan(found.rho[0])
    assert np.isnan(found.pvalue[0])
    assert found.rho[1] == 1
    assert found.pvalue[1] == 0
    # Fisher's transform has no end there.
    assert np.isnan(found.ci_low[1])


def test_too_little_data_is_refused(measured):
    with pytest.raises(ModelError, match="2 samples are too few for a correlation with 0 cov"):
        rank_correlation(np.arange(2.0), np.ones((2, 1)))
    with pytest.raises(ModelError, match="ranks do not vary, so that nothing"):
        rank_correlation(np.ones(9), np.ones((9, 1)))
    level = measured["level"].to_numpy(float)
    with pytest.raises(ModelError, match="do not vary once the covariates are given"):
        rank_correlation(level, level[:, np.newaxis], covariate_basis(measured[["level"]]))


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6))
def test_only_the_order_of_values_matters(seed: int):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=30), rng.normal(size=(30, 4))
    one, other = rank_correlation(x, y), rank_correlation(np.exp(x), y**3)
    np.testing.assert_array_equal(one.rho, other.rho)
    np.testing.assert_array_equal(midranks(y), midranks(np.arctan(y)))
