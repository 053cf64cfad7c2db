"""Calling genes, and the reasons for missing adjusted p-values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnaseq_s6k1.de.calls import call_directions, padj_na_reasons


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "log2FoldChange": [2.0, -2.0, 0.5, -0.5, 1.0, np.nan, 3.0],
            "pvalue": [0.001, 0.001, 0.001, 0.001, 0.001, np.nan, 0.04],
            "padj": [0.01, 0.01, 0.01, 0.01, 0.01, np.nan, 0.06],
        }
    )


def called(table: pd.DataFrame, **changes) -> list[str]:
    rule = {"lfc": 1.0, "alpha": 0.05, "lfc_mode": "filter", "significance": "padj", **changes}
    return call_directions(table, **rule).tolist()


def test_filter_needs_both_and_the_bounds_are_strict(table):
    assert called(table) == ["up", "down", "none", "none", "none", "none", "none"]
    assert called(table, lfc=0.0) == ["up", "down", "up", "down", "up", "none", "none"]
    assert called(table, alpha=0.01) == ["none"] * 7


def test_in_the_mode_test_the_p_decides_alone(table):
    expected = ["up", "down", "up", "down", "up", "none", "none"]
    assert called(table, lfc_mode="test") == expected


def test_unadjusted_p_on_demand(table):
    assert called(table, significance="pvalue")[6] == "up"


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0, 1)), min_size=1, max_size=30))
def test_turning_the_contrast_turns_the_calls(rows):
    lfc, p = np.array(rows).T
    table = pd.DataFrame({"log2FoldChange": lfc, "pvalue": p, "padj": p})
    swap = {"up": "down", "down": "up", "none": "none"}
    assert called(table.assign(log2FoldChange=-lfc)) == [swap[call] for call in called(table)]


def test_each_reason():
    reasons = padj_na_reasons(
        padj=pd.Series([0.1, np.nan, np.nan, np.nan]),
        pvalue=pd.Series([0.1, np.nan, np.nan, 0.2]),
        base_mean=pd.Series([50.0, 0.0, 90.0, 1.0]),
        cooks_outlier=pd.Series([False, False, True, False]),
    )
    assert reasons.tolist() == ["", "all_zero", "outlier", "low_mean"]
