"""Expression by GISTIC level."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from rnaseq_s6k1.cohort.copy_number import (
    copy_number_columns,
    copy_number_expression,
    level_name,
)
from rnaseq_s6k1.cohort.expression import cohort_counts
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.tables import read_table

NAMES = [f"s{k:02d}" for k in range(40)]


@pytest.fixture
def measured() -> tuple[pd.Series, pd.Series]:
    rng = np.random.default_rng(0)
    levels = pd.Series(np.repeat([-1.0, 0, 1, 2], 10), index=NAMES)
    return levels + rng.normal(size=40), levels


def test_the_tests_are_those_of_their_references(measured, tmp_path):
    expression, levels = measured
    found = copy_number_expression({"log2 CPM": expression, "other": -expression}, levels, "G")
    tests = found.tests.set_index(["test", "expression"])
    expected = stats.spearmanr(expression, levels)
    assert tests.loc[("Spearman", "log2 CPM"), "statistic"] == pytest.approx(expected.statistic)
    assert tests.loc[("Spearman", "log2 CPM"), "pvalue"] == pytest.approx(expected.pvalue, rel=1e-6)
    assert tests.loc[("Spearman", "other"), "statistic"] == pytest.approx(-expected.statistic)
    kendall = stats.kendalltau(expression, levels, method="asymptotic").pvalue
    trend = tests.loc[("Jonckheere-Terpstra", "log2 CPM")]
    assert trend["pvalue"] == pytest.approx(kendall, rel=1e-8)
    kruskal = stats.kruskal(*(part for _, part in expression.groupby(levels)))
    assert tests.loc[("Kruskal-Wallis", "log2 CPM"), "pvalue"] == pytest.approx(kruskal.pvalue)
    assert found.comparison.groups["group"].tolist() == [level_name(k) for k in (-1, 0, 1, 2)]
    assert "G expression (log2 CPM) against its copy number, n = 40" in found.sentence
    paths = found.write(tmp_path)
    assert [path.stem for path in paths] == ["tests", "levels", "pairs", "samples"]
    assert read_table(paths[3])["level"].tolist() == levels.astype(int).tolist()


def test_missing_levels_are_left_out(measured):
    expression, levels = measured
    levels.iloc[:5] = np.nan
    assert len(copy_number_expression({"x": expression}, levels, "G").samples) == 35


def test_what_are_no_levels(measured):
    expression, levels = measured
    with pytest.raises(DataError, match=r"copy number of 'G': '0.5' are no GISTIC levels"):
        copy_number_expression({"x": expression}, levels.replace({2.0: 0.5}), "G")
    with pytest.raises(DataError, match="1 level among 40 samples"):
        copy_number_expression({"x": expression}, levels * 0, "G")


def test_columns_of_levels():
    sheet = pd.DataFrame(columns=["ER", "MYC_gistic", "CCND1_CNA", "_gistic", "age"])
    assert copy_number_columns(sheet) == {"MYC": "MYC_gistic", "CCND1": "CCND1_CNA"}


@pytest.mark.shared_data
def test_rps6kb1_follows_its_copy_number_in_tcga(shared):
    from rnaseq_s6k1.io.counts import read_counts

    folder = shared / "data" / "tcga_brca_115"
    adata = read_counts(folder / "counts.tsv.gz")
    sheet = pd.read_csv(folder / "samples.tsv", sep="\t", index_col="sample")
    scales = {
        name: cohort_counts(adata, normalisation=name).expression_of("RPS6KB1")
        for name in ("library_size", "tmm")
    }
    levels = sheet["RPS6KB1_gistic"].reindex(scales["tmm"].index)
    found = copy_number_expression(scales, levels, "RPS6KB1")
    # Counts per million against GISTIC: 0.73. TMM, which corrects for composition, sees more.
    assert found.tests["statistic"][0] == pytest.approx(0.73, abs=0.02)
    assert found.tests["statistic"][1] == pytest.approx(0.77, abs=0.01)
    assert found.comparison.groups["n"].tolist() == [18, 45, 39, 13]
    medians = found.comparison.groups["median"]
    assert medians.is_monotonic_increasing
