from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from rnaseq_s6k1.cohort.balance import (
    BALANCE_COLUMNS,
    balance_table,
    covariates,
    imbalance_warnings,
)
from rnaseq_s6k1.errors import DataError, UsageError

SAMPLES = [f"P{k:02d}" for k in range(20)]
GROUP = pd.Series(["high"] * 10 + ["low"] * 10, index=SAMPLES)


def _sheet() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "ER": ["pos"] * 8 + ["neg"] * 2 + ["pos"] * 4 + ["neg"] * 6,
            "age": np.arange(20.0),
            "stage": ["I", "II", "III", "II", "II"] * 4,
            "sequenced": ["yes"] * 20,
            "patient": SAMPLES,
            "purity": [np.nan] * 20,
            "event": [0, 1] * 10,
        },
        index=SAMPLES,
    )


def test_levels_and_their_standardised_differences():
    table = balance_table(_sheet(), GROUP)
    assert tuple(table.columns) == BALANCE_COLUMNS
    row = table[(table["covariate"] == "ER") & (table["level"] == "pos")].iloc[0]
    assert (row["n_high"], row["n_low"]) == (8, 4)
    expected = (0.8 - 0.4) / np.sqrt((0.8 * 0.2 + 0.4 * 0.6) / 2)
    assert row["standardised_difference"] == pytest.approx(expected)
    assert row["test"] == "Fisher exact"
    assert row["pvalue"] == pytest.approx(stats.fisher_exact([[8, 4], [2, 6]]).pvalue)


def test_numbers_have_quartiles_and_a_rank_test():
    table = balance_table(_sheet(), GROUP).set_index("covariate")
    row = table.loc["age"]
    assert (row["median_high"], row["median_low"]) == (4.5, 14.5)
    assert (row["q1_high"], row["q3_high"]) == (2.25, 6.75)
    spread = np.std(np.arange(10), ddof=1)
    assert row["standardised_difference"] == pytest.approx(-10 / spread)
    assert row["pvalue"] == pytest.approx(stats.mannwhitneyu(range(10), range(10, 20)).pvalue)
    assert set(table.loc["event", "level"]) == {"0", "1"}


def test_ids_constants_empty_columns_and_the_groups_are_skipped_and_counted():
    sheet = _sheet().assign(group=GROUP)
    table = balance_table(sheet, GROUP)
    skipped = table.attrs["skipped"]
    assert set(skipped) == {"sequenced", "patient", "purity", "group"}
    assert skipped["sequenced"] == "constant"
    assert "as ids do" in skipped["patient"]
    assert not set(skipped) & set(table["covariate"])


def test_missing_values_are_counted_and_left_out():
    sheet = _sheet()
    sheet.loc["P00", "ER"] = None
    sheet.loc["P10", "ER"] = ""
    sheet.loc["P19", "age"] = np.nan
    table = balance_table(sheet, GROUP)
    row = table[(table["covariate"] == "ER") & (table["level"] == "pos")].iloc[0]
    assert (row["n_high"], row["n_low"], row["missing_high"], row["missing_low"]) == (7, 3, 1, 1)
    assert row["share_high"] == pytest.approx(7 / 9)
    age = table[table["covariate"] == "age"].iloc[0]
    assert (age["n_low"], age["missing_low"]) == (9, 1)
    nullable = _sheet().assign(age=pd.array([None, *range(19)], dtype="Int64"))
    row = balance_table(nullable, GROUP, columns=["age"]).iloc[0]
    assert (row["n_high"], row["missing_high"]) == (9, 1)


def test_a_level_in_one_group_only_differs_without_bound():
    sheet = pd.DataFrame({"centre": ["A"] * 10 + ["B"] * 9 + ["C"]}, index=SAMPLES)
    table = balance_table(sheet, GROUP).set_index("level")
    assert table.loc["A", "standardised_difference"] == np.inf
    assert table.loc["A", "test"] == "chi-square (sparse)"
    assert "+inf" in imbalance_warnings(table.reset_index())[0]


def test_warnings_name_the_worst_level_and_the_rule():
    warnings = imbalance_warnings(balance_table(_sheet(), GROUP))
    assert warnings[0].startswith("groups differ in age: median 4.5 in high, 14.5 in low")
    er = next(text for text in warnings if " ER = " in text)
    assert "80 % of high, 40 % of low" in er or "20 % of high, 60 % of low" in er
    assert "beyond 0.25; Fisher exact p 0.17" in er
    assert not any("event" in text for text in warnings)
    assert imbalance_warnings(balance_table(_sheet(), GROUP), limit=10) == []


def test_rare_levels_of_a_column_of_many_are_put_together():
    samples = [f"S{k:03d}" for k in range(60)]
    group = pd.Series(["high", "low"] * 30, index=samples)
    plates = [f"plate{k % 3}" for k in range(40)] + [f"rare{k // 2}" for k in range(20)]
    table = balance_table(pd.DataFrame({"plate": plates}, index=samples), group)
    assert table["level"].tolist() == ["(rare levels)", "plate0", "plate1", "plate2"]
    assert not any("rare levels" in text for text in imbalance_warnings(table, limit=0))


@settings(deadline=None, max_examples=20)
@given(st.randoms(use_true_random=False))
def test_the_order_of_samples_does_not_matter_and_swapping_groups_flips_the_sign(random):
    order = list(SAMPLES)
    random.shuffle(order)
    table = balance_table(_sheet(), GROUP)
    again = balance_table(_sheet().loc[order], GROUP.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(table, again)
    swapped = balance_table(_sheet(), GROUP.map({"high": "low", "low": "high"}))
    np.testing.assert_allclose(
        swapped["standardised_difference"], -table["standardised_difference"], atol=1e-12
    )
    np.testing.assert_allclose(swapped["pvalue"], table["pvalue"])


def test_samples_of_neither_group_are_left_out():
    group = pd.concat([GROUP, pd.Series({"P20": "middle", "P21": "high"})])
    sheet = _sheet()
    sheet.loc["P20"] = sheet.loc["P00"]
    pd.testing.assert_frame_equal(balance_table(sheet, group), balance_table(_sheet(), GROUP))


def test_covariates_add_library_size_and_plates():
    names = ["TCGA-A8-A08X-01A-11R-A00Z-07", "TCGA-BH-A08Y-01A-11R-A277-07", "other"]
    adata = AnnData(np.array([[1, 2], [3, 4], [5, 6]], dtype=np.int32))
    adata.obs_names = names
    table = covariates(adata)
    assert table["library_size"].tolist() == [3, 7, 11]
    assert table["tcga_plate"].tolist()[:2] == ["A00Z", "A277"]
    assert table["tcga_site"].tolist()[:2] == ["A8", "BH"]
    assert list(adata.obs.columns) == []
    adata.obs_names = ["a", "b", "c"]
    assert list(covariates(adata).columns) == ["library_size"]


def test_refusals_of_balance():
    with pytest.raises(UsageError, match="no column 'HER2' in the sample sheet; it has 'ER', 'age"):
        balance_table(_sheet(), GROUP, columns=["HER2"])
    with pytest.raises(DataError, match="no sample of the low group is in the sample sheet"):
        balance_table(_sheet().iloc[:10], GROUP)
