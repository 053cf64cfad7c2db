"""Fisher's test, odds ratios and Wilson's interval against R."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from rnaseq_s6k1.cohort.contingency import contingency_test, fisher_test, wilson_interval
from rnaseq_s6k1.errors import DataError

DATA = Path(__file__).parent / "data"


@pytest.mark.parametrize("row", range(9))
def test_r_agrees_on_fishers_test(row: int):
    reference = pd.read_csv(DATA / "cohort_fisher.tsv", sep="\t").iloc[row]
    cells = [int(reference[name]) for name in ("both", "a_only", "b_only", "neither")]
    found = fisher_test(*cells)
    assert found.pvalue == pytest.approx(reference["pvalue"], rel=1e-7)
    assert found.pvalue_cooccurrence == pytest.approx(reference["greater"], rel=1e-7)
    assert found.pvalue_exclusivity == pytest.approx(reference["less"], rel=1e-7)
    if min(cells[0] + cells[1], cells[2] + cells[3]) == 0:
        assert np.isnan(found.odds_ratio)
        return
    for ours, theirs in (("odds_ratio",) * 2, ("ci_low",) * 2, ("ci_high",) * 2):
        # R's root finder stops early; the next test holds ours to the definition.
        assert getattr(found, ours) == pytest.approx(reference[theirs], rel=5e-3)


def test_the_interval_is_where_the_tails_are_a_fortieth():
    for both, a_only, b_only, neither in ((14, 6, 5, 10), (3, 10, 10, 3), (60, 440, 90, 410)):
        found = fisher_test(both, a_only, b_only, neither)
        total = both + a_only + b_only + neither
        margins = (total, both + a_only, both + b_only)
        tail = stats.nchypergeom_fisher.sf(both - 1, *margins, found.ci_low)
        assert tail == pytest.approx(0.025, rel=1e-6)
        tail = stats.nchypergeom_fisher.cdf(both, *margins, found.ci_high)
        assert tail == pytest.approx(0.025, rel=1e-6)
        # The conditional estimate is where the expected number is the observed one.
        mean = stats.nchypergeom_fisher.mean(*margins, found.odds_ratio)
        assert mean == pytest.approx(both, rel=1e-6)


def test_the_papers_table():
    # 14 of 20 against 5 of 15, P = .044 in Mo et al. 2022.
    found = fisher_test(14, 6, 5, 10)
    assert round(found.pvalue, 3) == 0.044
    assert found.log2_odds_ratio == pytest.approx(np.log2(14 * 10 / (6 * 5)))
    assert not found.corrected
    assert found.log2_odds_ratio_haldane == found.log2_odds_ratio


def test_zeros_are_corrected_only_where_they_are():
    found = fisher_test(0, 12, 9, 30)
    assert found.corrected
    assert found.log2_odds_ratio == -np.inf
    assert found.log2_odds_ratio_haldane == pytest.approx(np.log2(0.5 * 30.5 / (12.5 * 9.5)))
    assert np.isnan(fisher_test(4, 2, 0, 0).log2_odds_ratio)
    assert fisher_test(4, 2, 0, 0).pvalue == 1
    assert fisher_test(5, 0, 0, 5).log2_odds_ratio == np.inf


def test_fishers_p_is_never_too_small_under_the_null():
    rng = np.random.default_rng(5)
    a, b = rng.random((2, 1500, 14)) < 0.4
    tables = [
        (int((x & y).sum()), int((x & ~y).sum()), int((~x & y).sum()), int((~x & ~y).sum()))
        for x, y in zip(a, b, strict=True)
    ]
    of_table = {table: fisher_test(*table).pvalue for table in set(tables)}
    p = np.array([of_table[table] for table in tables])
    for level in (0.01, 0.05, 0.2):
        assert (p <= level).mean() < level + 3 * np.sqrt(level / 1500)


def test_a_table_needs_samples():
    with pytest.raises(DataError, match="needs counts of samples, not 0, 0, 0, 0"):
        fisher_test(0, 0, 0, 0)
    with pytest.raises(DataError, match="needs counts of samples, not -1"):
        fisher_test(-1, 3, 3, 3)


def test_r_agrees_on_wilsons_interval():
    reference = pd.read_csv(DATA / "cohort_wilson.tsv", sep="\t")
    low, high = wilson_interval(reference["altered"], reference["n"])
    np.testing.assert_allclose(low, reference["ci_low"], rtol=1e-10, atol=1e-15)
    np.testing.assert_allclose(high, reference["ci_high"], rtol=1e-10)
    assert np.isnan(wilson_interval(0, 0)[0])
    assert wilson_interval(3, 9, confidence=0.5)[0] > wilson_interval(3, 9)[0]


def test_tables_of_counts():
    assert contingency_test(np.array([[14, 6], [5, 10]])) == (
        "Fisher exact",
        pytest.approx(stats.fisher_exact([[14, 6], [5, 10]]).pvalue),
    )
    many = np.array([[20, 30, 25], [30, 20, 25]])
    assert contingency_test(many) == (
        "chi-square",
        pytest.approx(stats.chi2_contingency(many).pvalue),
    )
    assert contingency_test(np.array([[1, 0, 2], [3, 4, 1]]))[0] == "chi-square (sparse)"
    for nothing in ([[3, 4]], [[3], [4]], [[3, 0], [4, 0]], [[0, 0], [4, 3]]):
        assert contingency_test(np.array(nothing))[0] == "none"
