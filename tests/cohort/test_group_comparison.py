"""Kruskal-Wallis and Dunn against R and by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from rnaseq_s6k1.cohort.group_comparison import GROUP_COLUMNS, PAIR_COLUMNS, compare_groups
from rnaseq_s6k1.errors import DataError, ModelError
from rnaseq_s6k1.io.tables import read_table

DATA = Path(__file__).parent / "data"
NAMES = ["s1", "s2", "s3", "s4", "s5", "s6"]


def series(values, names=None) -> pd.Series:
    return pd.Series(values, index=names or [f"s{k:03d}" for k in range(len(values))])


def test_r_agrees():
    frame = pd.read_csv(DATA / "cohort_measurements.tsv", sep="\t")
    kruskal = pd.read_csv(DATA / "cohort_tests.tsv", sep="\t").set_index("test").loc["kruskal"]
    dunn = pd.read_csv(DATA / "cohort_dunn.tsv", sep="\t")
    found = compare_groups(
        series(frame["a"].tolist()),
        series(frame["level"].astype(str).tolist()),
        order=["-2", "-1", "0", "1", "2"],
    )
    assert found.statistic == pytest.approx(kruskal["statistic"], rel=1e-11)
    assert found.pvalue == pytest.approx(kruskal["pvalue"], rel=1e-9)
    assert found.pairs["group_a"].astype(int).tolist() == dunn["group_a"].tolist()
    for name in ("z", "pvalue", "padj_holm", "padj_bh"):
        np.testing.assert_allclose(found.pairs[name], dunn[name], rtol=1e-9)


def test_by_hand():
    # Ranks 1 2 | 3 4 | 5 6: H = 12/42 (3^2/2 + 7^2/2 + 11^2/2) - 21 = 4.571429, and between the
    # first two z = (1.5 - 3.5) / sqrt(6 7 / 12 (1/2 + 1/2)) = -2 / sqrt 3.5.
    found = compare_groups(series([1.0, 2, 3, 4, 5, 6]), series(list("aabbcc")))
    assert found.statistic == pytest.approx(32 / 7)
    assert found.epsilon_squared == pytest.approx(32 / 7 * 7 / 35)
    assert found.degrees_of_freedom == 2
    assert found.pairs["z"].tolist() == pytest.approx([-2 / 3.5**0.5, -4 / 3.5**0.5, -2 / 3.5**0.5])
    smallest = 2 * stats.norm.sf(4 / 3.5**0.5)
    assert found.pairs.loc[1, "padj_holm"] == pytest.approx(3 * smallest)
    assert found.groups["median"].tolist() == [1.5, 3.5, 5.5]
    assert found.groups["mean_rank"].tolist() == [1.5, 3.5, 5.5]
    assert tuple(found.groups.columns) == GROUP_COLUMNS
    assert tuple(found.pairs.columns) == PAIR_COLUMNS


def test_groups_that_are_the_ranks_have_the_largest_effect():
    found = compare_groups(series(np.arange(40.0)), series([f"g{k:02d}" for k in range(40)]),
                           min_size=1)  # fmt: skip
    assert found.epsilon_squared == pytest.approx(1)


def test_small_groups_and_missing_values_are_left_out_and_said():
    values = series([1.0, 2, np.nan, 4, 5, 6], NAMES)
    groups = series(["a", "a", "a", "b", "b", "c"], NAMES)
    found = compare_groups(values, groups)
    assert found.n == 4
    assert found.notes == ("1 group of fewer than 2 samples left out: 'c'",)
    assert "Kruskal-Wallis over 2 groups, n = 4" in found.sentence
    missing = compare_groups(values, groups.replace({"c": None}))
    assert missing.n == 4
    assert missing.notes == ()


def test_what_cannot_be_compared():
    with pytest.raises(DataError, match="1 group with at least 2 samples and values"):
        compare_groups(series([1.0, 2, 3]), series(["a", "a", "b"]))
    with pytest.raises(ModelError, match="all values are equal"):
        compare_groups(series([1.0] * 4), series(["a", "a", "b", "b"]))


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 10**6))
def test_the_order_of_samples_does_not_matter(seed: int):
    rng = np.random.default_rng(seed)
    values, groups = (
        series(rng.integers(0, 9, 30).astype(float)),
        series(rng.choice(list("xyz"), 30).tolist()),
    )
    values.iloc[:2] = [0, 8]
    order = rng.permutation(30)
    one, other = compare_groups(values, groups), compare_groups(values.iloc[order], groups)
    pd.testing.assert_frame_equal(one.pairs, other.pairs, check_exact=True)
    assert one.statistic == other.statistic
    assert one.pvalue == pytest.approx(
        stats.kruskal(*(values[groups == g] for g in sorted(set(groups)))).pvalue
    )


def test_p_is_uniform_under_the_null():
    rng = np.random.default_rng(4)
    groups = series([*"a" * 18, *"b" * 20, *"c" * 22])
    found = [compare_groups(series(v), groups) for v in rng.normal(size=(300, 60))]
    assert stats.kstest([one.pvalue for one in found], "uniform").pvalue > 0.001
    assert stats.kstest([one.pairs["pvalue"][0] for one in found], "uniform").pvalue > 0.001
    # Holm keeps the family: some pair of a null table in at most 5 %.
    assert np.mean([(one.pairs["padj_holm"] < 0.05).any() for one in found]) < 0.09


def test_it_writes_itself(tmp_path):
    found = compare_groups(series([1.0, 2, 3, 4]), series(["NA", "NA", "b", "b"]))
    paths = found.write(tmp_path)
    assert [path.name for path in paths] == ["groups.tsv", "pairs.tsv", "test.tsv"]
    assert read_table(paths[0])["group"].tolist() == ["NA", "b"]
