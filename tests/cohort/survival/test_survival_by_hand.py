"""Small cases worked out by hand, a textbook's example, and invariances."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnaseq_s6k1.cohort.survival.cox import fit_cox
from rnaseq_s6k1.cohort.survival.curves import (
    kaplan_meier,
    numbers_at_risk,
    restricted_mean,
    restricted_mean_difference,
)
from rnaseq_s6k1.cohort.survival.logrank import log_rank
from rnaseq_s6k1.cohort.survival.partial_likelihood import event_moments, fit_many, risk_sets
from rnaseq_s6k1.cohort.survival.separation import runaway_terms
from rnaseq_s6k1.cohort.survival.ticks import display_unit, round_times
from rnaseq_s6k1.errors import DataError, ModelError

ONE = np.zeros(6, dtype=np.intp)


def test_numbers_at_risk_and_curve_by_hand():
    time = np.array([2.0, 3.0, 3.0, 5.0, 5.0, 8.0])
    event = np.array([True, True, False, True, False, False])
    np.testing.assert_array_equal(
        numbers_at_risk(time, np.array([0, 2, 2.5, 3, 4, 5, 6, 8, 9])), [6, 6, 5, 5, 3, 3, 1, 1, 0]
    )
    table = kaplan_meier(time, event).table
    assert table["time"].tolist() == [0, 2, 3, 5, 8]
    assert table["n_risk"].tolist() == [6, 6, 5, 3, 1]
    assert table["n_event"].tolist() == [0, 1, 1, 1, 0]
    assert table["n_censored"].tolist() == [0, 0, 1, 1, 1]
    expected = np.array([1, 5 / 6, 5 / 6 * 4 / 5, 4 / 6 * 2 / 3, 4 / 9])
    np.testing.assert_allclose(table["survival"], expected)
    # log(-log S) at 3: variance (1/30 + 1/20) / log(2/3)^2.
    reach = 1.959963984540054 * np.sqrt(1 / 30 + 1 / 20) / np.log(2 / 3)
    low, high = sorted((2 / 3) ** np.exp([-reach, reach]))
    assert table["ci_low"][2] == pytest.approx(low)
    assert table["ci_high"][2] == pytest.approx(high)


def test_the_median_of_a_flat_half_is_its_middle():
    curve = kaplan_meier(np.array([1.0, 2.0, 4.0, 6.0]), np.array([True, True, True, False]))
    assert curve.median == 3.0
    never = kaplan_meier(np.array([1.0, 2.0, 3.0]), np.array([True, False, False]))
    assert np.isnan(never.median)


def test_restricted_mean_by_hand():
    curve = kaplan_meier(np.array([1.0, 2.0, 4.0]), np.array([True, True, False]))
    mean = restricted_mean(curve, 3.0)
    assert mean.mean == pytest.approx(1 + 2 / 3 + 1 / 3)
    # Areas beyond the events: 2/3 + 1/3 and 1/3; Greenwood's terms 1/(3*2) and 1/(2*1).
    assert mean.se == pytest.approx(np.sqrt(1 / 6 + (1 / 9) / 2))
    difference = restricted_mean_difference(mean, mean)
    assert difference[0] == 0
    assert difference[3] == 1


def test_the_leukaemia_trial(leukaemia):
    time, event = leukaemia["time"].to_numpy(), leukaemia["event"].to_numpy()
    treated = leukaemia["placebo"].to_numpy() == 0
    curve = kaplan_meier(time[treated], event[treated])
    table = curve.table.set_index("time")["survival"]
    for at, survival in (
        (6, 0.857),
        (7, 0.807),
        (10, 0.753),
        (13, 0.690),
        (22, 0.538),
        (23, 0.448),
    ):
        assert table[at] == pytest.approx(survival, abs=5e-4)
    assert (curve.median, kaplan_meier(time[~treated], event[~treated]).median) == (23, 8)
    tested = log_rank(time, event, leukaemia["placebo"].to_numpy().astype(np.intp))
    assert tested.chisq == pytest.approx(16.79, abs=5e-3)
    assert tested.expected[0] == pytest.approx(19.25, abs=5e-3)
    fitted = fit_cox(leukaemia[["placebo"]], time, event)
    assert fitted.terms["log_hr"][0] == pytest.approx(1.572, abs=5e-4)
    assert fitted.terms["se"][0] == pytest.approx(0.412, abs=5e-4)


def test_efrons_ties_by_hand():
    # Two of four die together: log L = 2b - log(2e^b + 2) - log(2e^b + 2 - (2e^b)/2).
    time, event = np.array([1.0, 1.0, 2.0, 3.0]), np.array([True, True, False, False])
    x = np.array([1.0, 1.0, 0.0, 0.0])
    for b in (-0.7, 0.0, 1.3):
        moments = event_moments(
            x[:, None, None], np.array([[b]]), risk_sets(time, event, np.zeros(4, dtype=np.intp))
        )
        expected = [np.log(2 * np.exp(b) + 2), np.log(np.exp(b) + 2)]
        np.testing.assert_allclose(moments.log_sum[:, 0], expected)


def test_log_rank_by_hand():
    # At time 1 one of 2 + 2 at risk dies, in group 0; at time 2 one of 1 + 2, in group 1.
    time, event = np.array([1.0, 3.0, 2.0, 4.0]), np.array([True, False, True, False])
    tested = log_rank(time, event, np.array([0, 0, 1, 1], dtype=np.intp))
    np.testing.assert_allclose(tested.expected, [1 / 2 + 1 / 3, 1 / 2 + 2 / 3])
    assert tested.chisq == pytest.approx((1 - 5 / 6) ** 2 / (1 / 4 + 2 / 9))


def test_a_group_never_at_risk_takes_no_part():
    time, event = np.array([5.0, 6.0, 1.0, 2.0]), np.array([True, True, False, False])
    tested = log_rank(time, event, np.array([0, 0, 1, 1], dtype=np.intp))
    assert (tested.df, np.isnan(tested.pvalue)) == (0, True)


def test_separation_is_found_and_named():
    time = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    event = np.array([True, True, True, False, False, False])
    group = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    other = np.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0])
    X = np.column_stack([group, other])
    np.testing.assert_array_equal(runaway_terms(X, time, event, ONE), [True, False])
    fitted = fit_cox(pd.DataFrame(X, columns=["high", "ER"]), time, event)
    assert fitted.terms["HR"].isna().all()
    assert "no finite estimate for 'high'" in fitted.note
    # A long way off, and finite all the same.
    event[3] = True
    event[4] = True
    assert not runaway_terms(X[:, 1:], time, event, ONE).any()


def test_a_combination_can_separate():
    # Neither covariate separates, their sum does.
    X = np.array([[2.0, 1.0], [1.0, 1.5], [0.0, 2.0], [1.0, 0.0], [0.0, 0.5], [-1.0, 1.0]])
    time = np.arange(1.0, 7.0)
    event = np.array([True, True, True, False, False, False])
    assert (np.diff(X.sum(axis=1)) < 0.01).all()
    assert runaway_terms(X, time, event, ONE).all()


def test_columns_nothing_can_be_told_of_are_refused():
    time, event = np.arange(1.0, 7.0), np.ones(6, dtype=bool)
    with pytest.raises(ModelError, match="'flat' does not vary among the 6 samples"):
        fit_cox(pd.DataFrame({"flat": np.ones(6)}), time, event)
    x = np.array([0.0, 1.0, 0.0, 1.0, 1.0, 0.0])
    with pytest.raises(ModelError, match="depend on each other"):
        fit_cox(pd.DataFrame({"a": x, "b": 1 - x}), time, event)
    strata = np.array([0, 1, 0, 1, 1, 0], dtype=np.intp)
    with pytest.raises(ModelError, match="'a' does not vary within the strata"):
        fit_cox(pd.DataFrame({"a": x}), time, event, strata)


def test_no_events_are_no_model():
    fitted = fit_cox(pd.DataFrame({"x": [0.0, 1.0, 2.0]}), np.arange(1.0, 4.0), np.zeros(3, bool))
    assert fitted.note == "no events"
    assert np.isnan(fitted.terms["HR"][0])
    with pytest.raises(DataError, match="at least one event"):
        fit_many(
            np.zeros((3, 1, 1)),
            risk_sets(np.arange(1.0, 4.0), np.zeros(3, bool), np.zeros(3, dtype=np.intp)),
        )


def test_a_batch_leaves_out_what_has_no_maximum():
    rng = np.random.default_rng(0)
    time, event = rng.exponential(size=40) + 0.1, np.ones(40, dtype=bool)
    X = rng.normal(size=(40, 3, 1))
    X[:, 1, 0] = -time  # whoever dies has the largest value of those at risk
    X[:, 2, 0] = 5.0
    fitted = fit_many(X, risk_sets(time, event, np.zeros(40, dtype=np.intp)))
    np.testing.assert_array_equal(fitted.converged, [True, False, False])
    assert np.isnan(fitted.se[1:]).all()


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.floats(0.01, 1000.0))
def test_order_unit_and_scale_do_not_matter(seed: int, factor: float):
    rng = np.random.default_rng(seed)
    n = 30
    time = np.ceil(rng.exponential(5, n))
    event = rng.random(n) < 0.7
    event[0] = True
    x = rng.normal(size=n)
    group = (x > np.median(x)).astype(np.intp)
    strata = np.zeros(n, dtype=np.intp)
    order = rng.permutation(n)
    one, other = (
        log_rank(time, event, group),
        log_rank(time[order] * factor, event[order], group[order]),
    )
    assert other.chisq == pytest.approx(one.chisq, rel=1e-9, abs=1e-12, nan_ok=True)
    # Labels exchanged: the same statistic.
    swapped = log_rank(time, event, 1 - group)
    assert swapped.chisq == pytest.approx(one.chisq, rel=1e-9, abs=1e-12, nan_ok=True)
    a = fit_many(x[:, None, None], risk_sets(time, event, strata))
    b = fit_many(factor * x[order][:, None, None], risk_sets(time[order] * 3, event[order], strata))
    if a.converged[0] and abs(a.beta[0, 0]) < 3:
        assert b.beta[0, 0] * factor == pytest.approx(a.beta[0, 0], rel=1e-6, abs=1e-8)


def test_round_times_and_their_unit():
    assert display_unit(3000, "days") == ("years", 365.25)
    assert display_unit(200, "days")[0] == "months"
    assert display_unit(60, "days")[0] == "weeks"
    assert display_unit(10, "days") == ("days", 1.0)
    assert display_unit(1.0, "years") == ("years", 1.0)
    np.testing.assert_allclose(round_times(3000, "days"), 365.25 * np.arange(0, 9, 2))
    np.testing.assert_allclose(round_times(20, "months"), np.arange(0, 19, 3))
    for longest in (0.004, 0.3, 1.0, 7.0, 40.0, 123.0, 9999.0):
        for unit in ("days", "months", "years"):
            ticks = round_times(longest, unit)
            assert 1 < len(ticks) <= 8
            assert ticks[-1] <= longest * (1 + 1e-9)
