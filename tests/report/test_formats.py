"""How numbers and names stand on the page."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnaseq_s6k1.report.formats import breakable, cell, compact_json, interval, significant


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-3.31281, "−3.31"),
        (0.00012345, "1.23e−4"),
        (123456.0, "1.23e5"),
        (98765.4, "98,765"),
        (float("nan"), "–"),
        (None, "–"),
        (float("inf"), "∞"),
    ],
)
def test_significant_digits(value, text):
    assert significant(value) == text


def test_cells_by_their_kind():
    assert cell(3, "count") == "3"
    assert cell(41_000_000, "count") == "41,000,000"
    assert cell(-1.5, "signed") == "−1.50"
    assert cell(0.256, "percent") == "26 %"
    assert cell(2e-5, "p") == "2.0e−5"
    assert cell(0.0, "p") == "<5e−324", "a p that underflowed is not 0"
    assert cell(float("nan"), "text") == "–"
    assert cell("NA") == "NA", "a gene may be called so"


def test_an_interval_is_one_cell():
    assert interval({"ci_low": -0.123456, "ci_high": 2.0}) == "−0.123 to 2"
    assert interval({"ci_low": 0.5, "ci_high": float("inf")}) == "0.5 to ∞"
    assert interval({"ci_low": float("nan"), "ci_high": 2.0}) == "–"


@given(st.text())
def test_json_never_ends_its_element(text):
    written = compact_json({"name": text})
    assert not set("<>&") & set(written)
    expected = text.encode("utf-8", "replace").decode("utf-8")
    assert json.loads(written) == {"name": expected}


def test_json_refuses_what_it_has_no_name_for():
    with pytest.raises(ValueError, match="JSON"):
        compact_json([float("nan")])


def test_names_break_behind_underscores_and_are_escaped():
    assert str(breakable("A_<b>")) == "A_<wbr>&lt;b&gt;"
