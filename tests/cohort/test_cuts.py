from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnaseq_s6k1.cohort.cuts import parse_cut
from rnaseq_s6k1.errors import ModelError, UsageError


def test_named_cuts_and_shares():
    assert parse_cut("tertile").share == Fraction(1, 3)
    assert parse_cut(" Quartile ").share == Fraction(1, 4)
    assert parse_cut("median").share == Fraction(1, 2)
    assert parse_cut("q:0.2").share == Fraction(1, 5)
    assert parse_cut("value:4,6.5").values == (4.0, 6.5)
    assert parse_cut("value: 4 , 6.50").text == "value:4,6.5"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("thirds", "is not a cut; choose from tertile, quartile, median, q:0.2, value:LOW,HIGH"),
        ("", "is not a cut"),
        ("tertile:2", "is not a cut"),
        ("q:0.7", "above 0 and at most 0.5"),
        ("q:0", "above 0 and at most 0.5"),
        ("q:nan", "above 0 and at most 0.5"),
        ("q:x", "such as q:0.2"),
        ("value:5", "give two numbers in log2 counts per million"),
        ("value:5,inf", "give two numbers"),
        ("value:1,2,3", "give two numbers"),
        ("value:6,4", "the low threshold 6 lies above the high one 4"),
    ],
)
def test_other_cuts_are_refused(text: str, message: str):
    with pytest.raises(UsageError) as caught:
        parse_cut(text)
    assert message in str(caught.value)
    assert str(caught.value).startswith("--cut ")


def test_a_hostile_cut_is_clipped_to_one_line():
    with pytest.raises(UsageError) as caught:
        parse_cut("q:\n" + "9" * 10_000)
    assert len(str(caught.value)) < 250
    assert "\n" not in str(caught.value)


@given(
    st.lists(st.floats(-10, 10), min_size=3, max_size=60, unique=True),
    st.sampled_from(["tertile", "quartile", "median", "q:0.2", "q:0.1"]),
)
def test_a_share_cuts_where_the_type_7_quantiles_do(values: list[float], text: str):
    expression, cut = np.array(values), parse_cut(text)
    groups, (low, high) = cut.split(expression)
    assert cut.share is not None
    rank = int((len(values) - 1) * cut.share)  # exact, where numpy's interpolation rounds
    expected = rank + 1
    assert (groups == "low").sum() == expected
    assert low == np.sort(expression)[rank]
    odd_median = text == "median" and len(values) % 2 == 1
    assert (groups == "high").sum() == expected - odd_median
    assert high >= low


def test_ties_at_a_threshold_stay_together():
    groups, thresholds = parse_cut("tertile").split(np.array([1.0, 1, 1, 2, 3, 4, 5]))
    assert thresholds == (1.0, 3.0)
    assert groups.tolist() == ["low"] * 3 + ["middle"] + ["high"] * 3


def test_quantiles_on_one_value_are_refused():
    with pytest.raises(ModelError, match="5 of 6 samples share one expression value, log2 CPM 1"):
        parse_cut("tertile").split(np.array([1.0, 1, 1, 1, 1, 2]))


def test_one_value_divides_without_a_middle():
    groups, _ = parse_cut("value:2,2").split(np.array([1.0, 2, 3]))
    assert groups.tolist() == ["low", "low", "high"]
