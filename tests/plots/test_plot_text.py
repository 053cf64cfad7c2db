"""Other people's text in figures, group styles, orders."""

from __future__ import annotations

import unicodedata

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnaseq_s6k1.design.contrast import Contrast
from rnaseq_s6k1.plots.groups import group_levels, group_styles
from rnaseq_s6k1.plots.ordering import cluster_order, cluster_within
from rnaseq_s6k1.plots.text import display_text, format_p, lfc_label, wrapped


@given(st.text(max_size=200), st.integers(3, 60))
def test_display_text_is_one_short_printable_line(text, limit):
    shown = display_text(text, limit)
    assert len(shown) <= limit
    assert not any(unicodedata.category(sign).startswith("C") for sign in shown)


def test_display_text_keeps_both_ends():
    assert display_text("abcdefghij", 5) == "ab…ij"
    assert display_text("abc", 5) == "abc"


@given(st.text(max_size=300), st.integers(8, 50), st.integers(1, 4))
def test_wrapped_fits(text, width, lines):
    broken = wrapped(text, width, lines).split("\n")
    assert len(broken) <= lines
    assert all(len(line) <= width for line in broken)


def test_wrapped_breaks_behind_underscores_and_loses_nothing():
    assert wrapped("HALLMARK_E2F_TARGETS", 12) == "HALLMARK_\nE2F_TARGETS"
    assert wrapped("HALLMARK_E2F_TARGETS", 40) == "HALLMARK_E2F_TARGETS"


def test_format_p():
    assert format_p(0.0123, "FDR") == "FDR = 0.012"
    assert format_p(3.14e-8, "FDR") == "FDR = 3.1e-08"
    assert format_p(0.0, "p") == "p < 1e-300"
    assert format_p(float("nan"), "FDR") == "FDR not available"


def test_lfc_label_breaks_before_long_groups():
    assert lfc_label(None) == "log2 fold change"
    assert lfc_label(Contrast("f", "a", "b")) == "log2 fold change (a / b)"
    assert "\n(" in lfc_label(Contrast("f", "a" * 18, "b" * 18))


def test_groups_differ_in_colour_and_shape():
    levels = [f"g{i}" for i in range(64)]
    styles = group_styles(levels)
    assert len(set(styles.values())) == 64
    first = list(styles.values())[:8]
    assert len({colour for colour, _ in first}) == len({marker for _, marker in first}) == 8


def test_group_levels_put_the_named_ones_first():
    groups = pd.Series(["b", "a", "c", "a"])
    assert group_levels(groups) == ["a", "b", "c"]
    assert group_levels(groups, ["c", "absent"]) == ["c", "a", "b"]


def test_cluster_order_puts_like_beside_like():
    rows = np.array([[0.0], [10.0], [0.1], [10.1], [0.2]])
    order = cluster_order(rows=rows).tolist()
    assert set(order[:3]) in ({0, 2, 4}, {1, 3, 0}, {1, 3, 2}, {1, 3, 4})
    assert sorted(order) == [0, 1, 2, 3, 4]
    distances = np.abs(rows - rows.T)
    assert cluster_order(distances=distances).tolist() == order
    with pytest.raises(TypeError, match="needs rows or distances"):
        cluster_order()


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30))
def test_cluster_within_keeps_blocks_together(blocks):
    rows = np.random.default_rng(0).normal(size=(len(blocks), 3))
    order = cluster_within(rows, np.array(blocks))
    assert sorted(order.tolist()) == list(range(len(blocks)))
    assert np.array(blocks)[order].tolist() == sorted(blocks)
