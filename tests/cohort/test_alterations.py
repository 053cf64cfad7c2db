"""Alterations joined, counted, tested and sorted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from rnaseq_s6k1.cohort.alterations import (
    ANY_GENE,
    FREQUENCY_COLUMNS,
    alteration_table,
    frequencies,
    group_tests,
    memo_sort,
)
from rnaseq_s6k1.cohort.exclusivity import EXCLUSIVITY_COLUMNS, exclusivity_table
from rnaseq_s6k1.errors import DataError, UsageError

SAMPLES = ["a", "b", "c", "d", "e", "f"]


@pytest.fixture
def levels() -> pd.DataFrame:
    return pd.DataFrame(
        {"X": [2, 0, 1, -2, 0, np.nan], "Y": [0, 0, 2, 2, -1, 0]}, index=SAMPLES, dtype=float
    )


@pytest.fixture
def mutations() -> pd.DataFrame:
    rows = [
        ("a", "X", "Missense_Mutation"),
        ("a", "X", "Nonsense_Mutation"),
        ("b", "Y", "Silent"),
        ("b", "Z", "In_Frame_Del"),
        ("c", "Z", "Something_Else"),
        ("f", "X", "frameshift_variant"),
        ("stranger", "X", "Missense_Mutation"),
        ("a", "OTHER", "Missense_Mutation"),
    ]
    return pd.DataFrame(rows, columns=["sample", "gene", "class"], dtype=object)


def test_joining(levels, mutations):
    found = alteration_table(["X", "Y", "Z"], SAMPLES, copy_number=levels, mutations=mutations)
    assert found.kinds["X"].tolist() == [
        ("amplification", "truncating", "missense"),
        (),
        (),
        ("deep_deletion",),
        (),
        ("truncating",),
    ]
    assert found.kinds["Z"].tolist() == [(), ("inframe",), ("other_mutation",), (), (), ()]
    assert found.altered()["X"].tolist() == [1, 0, 0, 1, 0, 1], "f: mutated, though no level"
    assert found.altered(["amplification"])["Y"].tolist() == [0, 0, 1, 1, 0, 0]
    assert found.notes == (
        "no copy number of Z: only its mutations count",
        "1 mutation that leave the protein as it is not counted",
        "1 mutation of samples not among those used left out",
    )


def test_who_was_sequenced(mutations):
    found = alteration_table(["X"], SAMPLES, mutations=mutations, sequenced=["b", "c", "stranger"])
    assert found.known["X"].tolist() == [True, True, True, False, False, True], "a, f: mutated"
    assert found.altered()["X"].iloc[:3].tolist() == [1, 0, 0]
    assert found.altered()["X"].isna().tolist() == [False] * 3 + [True] * 2 + [False]
    assert any(note.startswith("2 samples not sequenced") for note in found.notes)


def test_unknown_is_neither_altered_nor_not(levels):
    altered = alteration_table(["X"], SAMPLES, copy_number=levels).altered()["X"]
    assert np.isnan(altered["f"])
    assert altered.iloc[:5].tolist() == [1, 0, 0, 1, 0]


def test_levels_that_count(levels):
    found = alteration_table(["X"], SAMPLES, copy_number=levels, levels=[1, 2])
    assert found.kinds["X"].tolist()[:4] == [("amplification",), (), ("gain",), ()]


def test_refusals(levels, mutations):
    with pytest.raises(UsageError, match="need copy numbers, mutations, or both"):
        alteration_table(["X"], SAMPLES)
    with pytest.raises(UsageError, match="named twice: 'X'"):
        alteration_table(["X", "X"], SAMPLES, copy_number=levels)
    with pytest.raises(UsageError, match="name the genes"):
        alteration_table([], SAMPLES, copy_number=levels)
    with pytest.raises(UsageError, match="'0' cannot count as an alteration"):
        alteration_table(["X"], SAMPLES, copy_number=levels, levels=[0])
    with pytest.raises(DataError, match="have no gene 'Q'"):
        alteration_table(["Q"], SAMPLES, copy_number=levels)
    with pytest.raises(DataError, match=r"of 'X' in sample 'c': 1\.5 is no GISTIC level"):
        alteration_table(["X"], SAMPLES, copy_number=levels.replace({1.0: 1.5}))


def test_frequencies(levels, mutations):
    found = alteration_table(["X", "Y"], SAMPLES, copy_number=levels)
    groups = pd.Series(["p", "p", "q", "q", None, "q"], index=SAMPLES)
    table = frequencies(found.altered(), found, groups)
    assert tuple(table.columns) == FREQUENCY_COLUMNS
    rows = table.set_index(["gene", "kind", "group"])
    assert rows.loc[("X", "any", "all"), ["n", "altered"]].tolist() == [5, 2]
    assert rows.loc[("X", "any", "p"), ["n", "altered"]].tolist() == [2, 1]
    assert rows.loc[("X", "any", "q"), ["n", "altered"]].tolist() == [2, 1], "f is not known"
    assert rows.loc[("X", "deep_deletion", "all"), "altered"] == 1
    assert ("Y", "deep_deletion", "all") not in rows.index
    assert rows.loc[(ANY_GENE, "any", "all"), ["n", "altered"]].tolist() == [5, 3]
    assert rows.loc[("X", "any", "all"), "share"] == 0.4
    assert rows.loc[("X", "any", "all"), "ci_low"] == pytest.approx(0.1176, abs=1e-4)


def test_groups_are_tested():
    altered = pd.DataFrame({"X": [1.0] * 14 + [0.0] * 6 + [1.0] * 5 + [0.0] * 10, "Y": 0.0})
    groups = pd.Series(["high"] * 20 + ["low"] * 15)
    table = group_tests(altered, groups).set_index("gene")
    assert round(table.loc["X", "pvalue"], 3) == 0.044
    assert table.loc["X", "test"] == "Fisher exact"
    assert table.loc["Y", "test"] == "none"
    assert np.isnan(table.loc["Y", "padj"])
    assert table.loc["X", "padj"] == table.loc["X", "pvalue"]


def test_memo_sort_makes_a_staircase(levels, mutations):
    found = alteration_table(["Z", "Y", "X"], SAMPLES, copy_number=levels, mutations=mutations)
    genes, samples = memo_sort(found)
    assert genes == ["X", "Y", "Z"], "three, two, two: ties by name"
    # d has X and Y; a and f have X, the amplified one first; c has Y and Z; b has Z; e nothing.
    assert samples == ["d", "a", "f", "c", "b", "e"]


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10**6))
def test_the_pattern_of_a_memo_sort_falls_from_left_to_right(seed: int):
    rng = np.random.default_rng(seed)
    levels = pd.DataFrame(
        rng.choice([-2.0, 0, 2], (30, 4), p=[0.2, 0.5, 0.3]),
        index=[f"s{k:02d}" for k in range(30)],
        columns=list("WXYZ"),
    )
    order = rng.permutation(30)
    one = alteration_table(list("WXYZ"), list(levels.index), copy_number=levels)
    other = alteration_table(
        list("ZYXW"), list(levels.index[order]), copy_number=levels.iloc[order]
    )
    assert memo_sort(one) == memo_sort(other)
    genes, samples = memo_sort(one)
    patterns = one.altered().loc[samples, genes].to_numpy().tolist()
    assert patterns == sorted(patterns, reverse=True)


def test_exclusivity_counts_and_tests():
    events = pd.DataFrame(
        {
            "A": [1.0] * 20 + [0.0] * 15 + [1.0],
            "B": [1.0] * 14 + [0.0] * 6 + [1.0] * 5 + [0.0] * 10 + [np.nan],
            "C": 1.0,
        }
    )
    found = exclusivity_table(events)
    assert tuple(found.table.columns) == EXCLUSIVITY_COLUMNS
    row = found.table.iloc[0]
    assert row[["a", "b", "n", "both", "a_only", "b_only", "neither"]].tolist() == [
        "A", "B", 35, 14, 6, 5, 10,
    ]  # fmt: skip
    assert row["pvalue"] == pytest.approx(stats.fisher_exact([[14, 6], [5, 10]]).pvalue)
    assert row["tendency"] == "co-occurrence"
    assert row["padj"] == pytest.approx(3 * row["pvalue"])
    assert found.table["pvalue"].tolist()[1:] == [1, 1]


def test_exclusivity_refusals():
    with pytest.raises(UsageError, match="between at least two events of different names"):
        exclusivity_table(pd.DataFrame({"A": [1.0]}))
    with pytest.raises(DataError, match="no sample has both 'A' and 'B' known"):
        exclusivity_table(pd.DataFrame({"A": [1.0, np.nan], "B": [np.nan, 1.0]}))


@pytest.mark.shared_data
def test_tcga_equals_tables_counted_by_hand(shared):
    sheet = pd.read_csv(shared / "data" / "tcga_brca_115" / "samples.tsv", sep="\t", index_col=0)
    levels = sheet[["RPS6KB1_gistic", "ERBB2_gistic"]].set_axis(["RPS6KB1", "ERBB2"], axis=1)
    found = alteration_table(["RPS6KB1", "ERBB2"], list(sheet.index), copy_number=levels)
    table = frequencies(found.altered()).set_index("gene")
    assert table.loc["RPS6KB1", ["altered", "n"]].tolist() == [
        (sheet["RPS6KB1_gistic"].abs() == 2).sum(), 115,
    ]  # fmt: skip
    counts = pd.crosstab(sheet["RPS6KB1_gistic"].abs() == 2, sheet["ERBB2_gistic"].abs() == 2)
    row = exclusivity_table(found.altered()).table.iloc[0]
    expected = stats.fisher_exact(counts)
    assert row["pvalue"] == pytest.approx(expected.pvalue)
    assert 2 ** row["log2_odds_ratio"] == pytest.approx(expected.statistic)
