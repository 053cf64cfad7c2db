from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.cohort.survival.covariates import code_covariates
from rnaseq_s6k1.cohort.survival.endpoints import find_endpoints
from rnaseq_s6k1.cohort.survival.groups import (
    Groups,
    Marker,
    cut_marker,
    groups_of_column,
    marker_of_column,
)
from rnaseq_s6k1.cohort.survival.result import SURVIVAL_COLUMNS
from rnaseq_s6k1.cohort.survival.run import BestCutSearch, run_survival
from rnaseq_s6k1.errors import DataError, ModelError, UsageError


def _cohort(n: int = 60, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "OS": rng.integers(0, 2, n),
            "OS.time": np.ceil(rng.exponential(300, n)),
            "arm": np.where(np.arange(n) % 2, "high", "low"),
            "ER": np.where(rng.random(n) < 0.5, "pos", "neg").astype(object),
            "age": rng.normal(60, 8, n),
        },
        index=[f"P{k:02d}" for k in range(n)],
    )
    return table


def _run(table: pd.DataFrame, **how):
    how.setdefault("groups", groups_of_column(table, "arm"))
    return run_survival(table, find_endpoints(table, ["OS"]), **how)


def test_the_table_has_a_row_a_model():
    table = _cohort()
    marker = marker_of_column(table, "age")
    result = _run(table.assign(x=table["age"] ** 2), marker=marker, covariates=["x"], strata=["ER"])
    assert tuple(result.table.columns) == SURVIVAL_COLUMNS
    assert result.table["model"].tolist() == ["unadjusted", "stratified", "adjusted"] * 2
    assert result.table["comparison"].tolist()[:3] == ["high v low"] * 3
    assert result.table["comparison"][3].startswith("age per SD (")
    first = result.table.iloc[0]
    assert (first["n_target"], first["n_reference"]) == (30, 30)
    assert first["events_target"] + first["events_reference"] == first["events"]
    assert first["logrank_df"] == 1
    assert result.table["logrank_p"].notna().tolist() == [True, True] + [False] * 4
    assert result.time_units == {"OS": "days"}
    assert set(result.terms["covariate"]) == {"arm", "age", "x"}
    assert result.terms.iloc[0]["level"] == "high v low"


def test_the_order_of_rows_does_not_matter():
    table = _cohort()
    rng = np.random.default_rng(1)
    shuffled = table.iloc[rng.permutation(len(table))]
    how = {"covariates": ["ER"], "search": BestCutSearch(permutations=99)}
    one, other = (
        _run(each, marker=marker_of_column(each, "age"), **how) for each in (table, shuffled)
    )
    for name in ("table", "terms", "curves", "at_risk", "groups", "best_cuts", "excluded"):
        pd.testing.assert_frame_equal(
            getattr(one, name), getattr(other, name), check_exact=True, obj=name
        )


def test_missing_values_are_counted_and_named():
    table = _cohort()
    table.loc["P03", "ER"] = None
    table.loc["P04", "OS.time"] = 0
    table.loc["P05", "arm"] = None
    result = _run(table, covariates=["ER"])
    assert result.table["n"].tolist() == [58, 57]
    assert result.excluded.values.tolist() == [
        ["OS", "P04", "time is 0"],
        ["OS", "P05", "no value of arm"],
        ["OS", "P03", "no ER, so not in the adjusted model"],
    ]
    assert any("1 left out, time is 0 ('P04')" in note for note in result.notes)
    assert any("no value of arm ('P05')" in note for note in result.notes)


def test_a_group_without_events_has_a_test_and_no_ratio():
    table = _cohort()
    table.loc[table["arm"] == "high", "OS"] = 0
    row = _run(table).table.iloc[0]
    assert np.isnan(row["HR"])
    assert np.isnan(row["pvalue"])
    assert 0 < row["logrank_p"] < 1
    assert row["note"].startswith("no events among the 30 of high; no finite estimate for")
    adjusted = _run(table, covariates=["age"]).table.iloc[1]
    assert np.isnan(adjusted["HR"])


def test_no_events_at_all_is_refused_unless_another_endpoint_has_some():
    table = _cohort()
    table["PFI"], table["PFI.time"] = 0, table["OS.time"]
    with pytest.raises(ModelError, match="no sample has an event in 'PFI'"):
        run_survival(table, find_endpoints(table, ["PFI"]), groups=groups_of_column(table, "arm"))
    both = run_survival(
        table, find_endpoints(table, ["OS", "PFI"]), groups=groups_of_column(table, "arm")
    )
    rows = both.table.set_index("endpoint")
    assert np.isfinite(rows.loc["OS", "HR"])
    assert np.isnan(rows.loc["PFI", "HR"])
    assert rows.loc["PFI", "note"] == "no events"
    assert any("not adjusted for that number" in note for note in both.notes)


def test_few_events_and_changing_hazards_are_said():
    table = _cohort()
    table["OS"] = (np.arange(60) < 8).astype(int)
    assert "8 events for 1 coefficient: the estimate is rough" in _run(table).table["note"][0]
    rng = np.random.default_rng(2)
    late = pd.DataFrame(
        {"OS": 1, "arm": np.repeat(["low", "high"], 100)},
        index=[f"L{k:03d}" for k in range(200)],
    )
    # The same mean, at very different times: curves that cross.
    late["OS.time"] = np.where(
        late["arm"] == "low", rng.uniform(90, 110, 200), rng.exponential(100, 200) + 0.01
    )
    row = _run(late).table.iloc[0]
    assert row["ph_p"] < 1e-6
    assert "hazards are not proportional" in row["note"]


def test_a_level_lost_to_missing_covariates_is_said():
    table = _cohort()
    for level, said in (("z", "'arm.z.'"), ("a", "'the reference group'")):
        three = table.assign(arm=np.where(np.arange(60) < 4, level, table["arm"]))
        three.loc[three["arm"] == level, "age"] = np.nan
        result = _run(three, covariates=["age"])
        adjusted = result.table[result.table["model"] == "adjusted"]
        assert len(adjusted) == 2
        assert adjusted["note"].str.contains(f"too few are left of {said}").all()


def test_groups_without_the_endpoint_are_said():
    table = _cohort()
    table.loc[table["arm"] == "high", "OS.time"] = np.nan
    result = _run(table)
    assert result.table.empty
    assert any("no sample of arm 'high' has the endpoint" in note for note in result.notes)


def test_tiny_groups_still_compute():
    table = _cohort(6)
    table["OS"] = 1
    row = _run(table).table.iloc[0]
    assert (row["n"], row["n_target"]) == (6, 3)
    assert np.isfinite(row["logrank_p"])


def test_groups_of_columns():
    table = _cohort()
    table["stage"] = [1, 2, 3] * 20
    assert groups_of_column(table, "arm").levels == ("low", "high")
    assert groups_of_column(table, "stage").levels == ("1", "2", "3")
    assert groups_of_column(table, "stage", reference="2").levels == ("2", "1", "3")
    one = groups_of_column(table, "stage", target="3")
    assert one.levels == ("rest", "3")
    assert (one.labels == "rest").sum() == 40
    two = groups_of_column(table, "stage", target="3.0", reference="1")
    assert (two.levels, len(two.labels)) == (("1", "3"), 40)
    for how, error, message in (
        ({"column": "arms"}, UsageError, "no such column .did you mean 'arm'"),
        ({"column": "arm", "target": "mid"}, UsageError, "no level 'mid'"),
        ({"column": "arm", "target": "low", "reference": "low"}, UsageError, "are both 'low'"),
        ({"column": "age"}, UsageError, "has 60 levels .*cut it with --marker"),
        ({"column": "one"}, ModelError, "has one level only: 'x'"),
        ({"column": "rare"}, ModelError, "1 sample in the group 'a'"),
    ):
        odd = table.assign(one="x", rare=["a"] + ["b"] * 59)
        with pytest.raises(error, match=message):
            groups_of_column(odd, **how)


def test_a_marker_is_cut_as_expression_is():
    table = _cohort()
    marker = marker_of_column(table, "age")
    groups = cut_marker(marker, "tertile")
    assert (groups.labels == "low").sum() == (groups.labels == "high").sum() == 20
    assert groups.rule.startswith("age tertile: high at or above ")
    assert cut_marker(marker, "value:50,70").levels == ("low", "high")
    with pytest.raises(ModelError, match="leaves 0 samples in the low group"):
        cut_marker(marker, "value:-5,60")
    with pytest.raises(UsageError, match="--marker 'arm' is not numeric"):
        marker_of_column(table, "arm")
    with pytest.raises(DataError, match="fewer than two distinct values"):
        marker_of_column(table.assign(flat=1.0), "flat")


def test_covariates_are_coded_by_treatment():
    table = _cohort().assign(stage=[1, 2, 3] * 20, mixed=[True, False] * 30)
    coded = code_covariates(table, ["ER", "age", "C(stage)", "mixed"])
    assert list(coded.columns) == ["ER[pos]", "age", "stage[2]", "stage[3]", "mixed[True]"]
    assert coded.labels["stage[3]"] == ("stage", "3 v 1")
    np.testing.assert_array_equal(coded.columns["ER[pos]"], table["ER"] == "pos")
    np.testing.assert_array_equal(coded.columns["age"], table["age"])
    for name, message in (
        ("no", "--covariates 'no': the clinical table has no such column"),
        ("one", "has one value among the 60 samples"),
        ("ids", "has 60 levels"),
    ):
        with pytest.raises(UsageError, match=message):
            code_covariates(table.assign(one="x", ids=table.index), [name])


def test_what_is_compared_by_must_be_given():
    table = _cohort()
    with pytest.raises(UsageError, match="needs groups or a marker"):
        run_survival(table, find_endpoints(table))
    for how in ({"covariates": ["C(arm)"]}, {"strata": ["arm"]}):
        with pytest.raises(UsageError, match="'arm' is what survival is compared by"):
            _run(table, **how)
    with pytest.raises(UsageError, match="'ER' in --covariates and --strata"):
        _run(table, covariates=["ER"], strata=["ER"])
    with pytest.raises(UsageError, match="--best-cut searches a number"):
        _run(table, search=BestCutSearch())


def test_the_best_cut_stands_apart_and_says_that_its_naive_p_is_invalid():
    table = _cohort()
    result = _run(
        table,
        groups=None,
        marker=marker_of_column(table, "age"),
        continuous=False,
        search=BestCutSearch(permutations=99),
    )
    assert result.table.empty
    row = result.best_cuts.iloc[0]
    assert row["pvalue"] > row["naive_pvalue_invalid"]
    assert any("is invalid, as the outcome chose the cut" in note for note in result.notes)


def test_everything_is_written(tmp_path):
    table = _cohort()
    result = _run(
        table, marker=marker_of_column(table, "age"), search=BestCutSearch(permutations=99)
    )
    names = sorted(path.name for path in result.write(tmp_path))
    assert names == [
        "at_risk.tsv", "best_cut.tsv", "cox_terms.tsv", "curves.tsv", "excluded.tsv", "groups.tsv",
        "survival.tsv",
    ]  # fmt: skip
    assert "best_cut.tsv" not in [path.name for path in _run(table).write(tmp_path / "b")]
    text = (tmp_path / "survival.tsv").read_text().splitlines()
    assert text[0].split("\t") == list(SURVIVAL_COLUMNS)
    assert "30\t" in text[1]
    assert "30.0" not in text[1], "counts are whole numbers"


@pytest.mark.slow
def test_p_values_are_uniform_without_an_effect():
    from scipy import stats

    from rnaseq_s6k1.cohort.survival.covariates import strata_codes
    from rnaseq_s6k1.cohort.survival.logrank import log_rank
    from rnaseq_s6k1.cohort.survival.partial_likelihood import fit_many, risk_sets
    from rnaseq_s6k1.cohort.survival.proportional_hazards import proportional_hazards

    rng = np.random.default_rng(4)
    n, runs = 120, 800
    found = {name: [] for name in ("log-rank", "stratified", "Cox", "adjusted", "PH")}
    for _ in range(runs):
        er = rng.integers(0, 2, n)
        # ER moves both the hazard and the group: only the adjusted tests are right about it.
        time, leave = rng.exponential(np.exp(er)), rng.exponential(2.0, n)
        free = rng.exponential(size=n)
        group = (rng.random(n) < 0.5).astype(np.intp)
        confounded = (rng.random(n) < 0.3 + 0.4 * er).astype(np.intp)
        none = np.zeros(n, dtype=np.intp)
        plain = (np.minimum(free, leave), free <= leave)
        mixed = (np.minimum(time, leave), time <= leave)
        codes = strata_codes(pd.DataFrame({"ER": er}), ["ER"])[0]
        found["log-rank"].append(log_rank(*plain, group).pvalue)
        found["stratified"].append(log_rank(*mixed, confounded, codes).pvalue)
        x = np.column_stack([group, confounded, er]).astype(float)
        one = fit_many(x[:, None, :1], risk_sets(*plain, none))
        found["Cox"].append(2 * stats.norm.sf(abs(one.beta[0, 0] / one.se[0, 0])))
        two = fit_many(x[:, None, 1:], risk_sets(*mixed, none))
        found["adjusted"].append(2 * stats.norm.sf(abs(two.beta[0, 0] / two.se[0, 0])))
        found["PH"].append(proportional_hazards(x[:, 1:], two.beta[0], *mixed, none).pvalue[0])
    for name, values in found.items():
        assert stats.kstest(values, "uniform").pvalue > 0.005, name
        assert np.mean(np.array(values) < 0.05) == pytest.approx(0.05, abs=0.023), name


def test_a_given_group_object_needs_no_column():
    table = _cohort()
    labels = pd.Series(["x", "y"] * 30, index=table.index)
    result = _run(table, groups=Groups("mine", labels, ("x", "y"), "by hand"))
    assert result.rule == "by hand"
    assert Marker("a", table["age"]).unit == ""
