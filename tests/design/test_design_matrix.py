from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnaseq_s6k1.design.contrast import Contrast
from rnaseq_s6k1.design.matrix import build_design
from rnaseq_s6k1.errors import DataError, ModelError, S6K1Error, UsageError


def sheet(n: int = 12) -> pd.DataFrame:
    def cycled(values: list[object]) -> list[object]:
        return [values[i % len(values)] for i in range(n)]

    return pd.DataFrame(
        {
            "group": cycled(["si", "nc"]),
            "batch": cycled(["b10", "b2", "b1"]),
            "lane": cycled([1, 1, 2, 2, 3, 3]),
            "age": np.arange(1.0, n + 1),
            "treated": cycled([False, False, True, True]),
        },
        index=[f"s{i}" for i in range(n)],
    )


SI = Contrast("group", "si", "nc")


def message(kind: type[S6K1Error], formula: str, obs: pd.DataFrame, contrast: Contrast) -> str:
    with pytest.raises(kind) as caught:
        build_design(formula, obs, contrast)
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_contrast_says_its_direction() -> None:
    assert SI.sentence == "positive log2 fold change means higher in si than in nc"


def test_two_groups() -> None:
    design = build_design("~ group", sheet(4), SI)
    assert list(design.matrix.columns) == ["Intercept", "group[si]"]
    assert design.matrix.to_numpy().tolist() == [[1, 1], [1, 0], [1, 1], [1, 0]]
    assert list(design.matrix.index) == ["s0", "s1", "s2", "s3"]
    assert design.contrast_vector.tolist() == [0, 1]
    assert design.coefficient == "group[si]"
    assert design.formula == "~ group"


def test_levels_in_natural_order_as_r_would_with_ordered_levels() -> None:
    # model.matrix(~ batch + group) with levels b1 < b2 < b10 and nc < si
    design = build_design("~ batch + group", sheet(6), SI)
    assert list(design.matrix.columns) == ["Intercept", "batch[b2]", "batch[b10]", "group[si]"]
    assert design.matrix.to_numpy().tolist() == [
        [1, 0, 1, 1],
        [1, 1, 0, 0],
        [1, 0, 0, 1],
        [1, 0, 1, 0],
        [1, 1, 0, 1],
        [1, 0, 0, 0],
    ]
    assert design.contrast_vector.tolist() == [0, 0, 0, 1]


def test_interactions_as_r_has_them() -> None:
    # model.matrix(~ treated * group): (Intercept) treatedTRUE groupsi treatedTRUE:groupsi
    design = build_design("~ treated * group", sheet(8), SI)
    assert list(design.matrix.columns) == [
        "Intercept",
        "treated[True]",
        "group[si]",
        "treated[True]:group[si]",
    ]
    assert design.matrix.to_numpy()[:4].tolist() == [
        [1, 0, 1, 0],
        [1, 0, 0, 0],
        [1, 1, 1, 1],
        [1, 1, 0, 0],
    ]
    assert design.contrast_vector.tolist() == [0, 0, 1, 0]


def test_without_an_intercept_the_contrast_is_a_difference() -> None:
    design = build_design("~ 0 + group", sheet(4), SI)
    assert list(design.matrix.columns) == ["group[nc]", "group[si]"]
    assert design.matrix.to_numpy().tolist() == [[0, 1], [1, 0], [0, 1], [1, 0]]
    assert design.contrast_vector.tolist() == [-1, 1]
    assert design.coefficient is None
    # model.matrix(~ 0 + batch + group): only the first factor is coded in full
    design = build_design("~ 0 + batch + group", sheet(), SI)
    assert list(design.matrix.columns) == ["batch[b1]", "batch[b2]", "batch[b10]", "group[si]"]
    assert design.coefficient == "group[si]"


def test_more_than_two_levels_with_the_reference_first() -> None:
    design = build_design("~ C(lane)", sheet(), Contrast("lane", "3", "2"))
    assert list(design.matrix.columns) == ["Intercept", "lane[1]", "lane[3]"]
    assert design.coefficient == "lane[3]"
    full = build_design("~ 0 + C(lane)", sheet(), Contrast("lane", "3", "2"))
    assert list(full.matrix.columns) == ["lane[2]", "lane[1]", "lane[3]"]
    assert full.contrast_vector.tolist() == [-1, 0, 1]


def test_numbers_are_slopes_and_functions_are_r_s() -> None:
    obs = sheet(6)
    design = build_design("~ log2(age) + group", obs, SI)
    assert np.allclose(design.matrix["log2(age)"], np.log2(np.arange(1, 7)))
    design = build_design("~ center(age) + group", obs, SI)
    assert design.matrix["center(age)"].tolist() == [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]
    # scale(1:6) in R: (x - 3.5) / 1.870829
    design = build_design("~ scale(age) + group", obs, SI)
    assert design.matrix["scale(age)"].iloc[0] == pytest.approx(-1.3363062, abs=1e-7)
    # poly(1:6, 2) in R
    design = build_design("~ poly(age, 2) + group", obs, SI)
    assert design.matrix["poly(age, degree=2)[1]"].to_numpy() == pytest.approx(
        np.array([-5, -3, -1, 1, 3, 5]) / np.sqrt(70)
    )
    assert design.matrix["poly(age, degree=2)[2]"].to_numpy() == pytest.approx(
        np.array([5, -1, -4, -4, -1, 5]) / np.sqrt(84)
    )
    # bs(1:12, df = 4) in R, first row all zero, last row 0 0 0 1
    design = build_design("~ bs(age, df=4) + group", sheet(), SI)
    basis = design.matrix.filter(like="bs(").to_numpy()
    assert basis.shape == (12, 4)
    assert basis[0] == pytest.approx(np.zeros(4))
    assert basis[-1] == pytest.approx(np.array([0, 0, 0, 1]))


def test_a_slope_for_each_group() -> None:
    # model.matrix(~ group:age): one slope a level
    design = build_design("~ group + group:age", sheet(), SI)
    assert list(design.matrix.columns) == [
        "Intercept",
        "group[si]",
        "group[nc]:age",
        "group[si]:age",
    ]


def test_interactions_of_the_factor_are_noted(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        build_design("~ group * treated", sheet(), SI)
    assert "group interacts with treated: the contrast is its effect at" in caplog.text


def test_few_whole_numbers_are_doubted(caplog: pytest.LogCaptureFixture) -> None:
    build_design("~ lane + group", sheet(), SI)
    assert "column 'lane' holds only the whole numbers 1, 2, 3" in caplog.text
    assert "write C(lane)" in caplog.text
    caplog.clear()
    build_design("~ age + C(lane) + group", sheet(24), SI)
    assert not caplog.records


def test_hostile_names_and_levels_stay_apart() -> None:
    obs = sheet().rename(columns={"batch": "group[si]", "age": "Intercept"})
    obs["group[si]"] = np.arange(12.0) ** 2
    obs["group"] = ["{__import__('os')}", "c0[T.l1]:x"] * 6
    contrast = Contrast("group", "{__import__('os')}", "c0[T.l1]:x")
    design = build_design("~ `group[si]` + Intercept + group", obs, contrast)
    assert design.matrix.columns.is_unique
    assert design.coefficient == "group[{__import__('os')}]"
    expected = (obs["group"] == contrast.target).astype(float)
    assert design.matrix[design.coefficient].tolist() == expected.tolist()
    assert design.matrix.iloc[:, 2].tolist() == obs["Intercept"].tolist()


def test_coinciding_names_do_not_move_the_contrast() -> None:
    obs = sheet()
    obs["group[si]"] = np.arange(12.0) ** 2
    design = build_design("~ `group[si]` + group", obs, SI)
    assert design.coefficient is not None
    assert design.matrix[design.coefficient].tolist() == [1.0, 0.0] * 6


@pytest.mark.parametrize(
    ("formula", "contrast", "words"),
    [
        ("~ batch", SI, "factor 'group' is not in the design '~ batch'"),
        ("~ batch:group", SI, "occurs only in interactions '~ batch:group'"),
        ("~ group", Contrast("grp", "si", "nc"), "no column of the sample sheet (did you mean"),
        ("~ group", Contrast("group", "SI", "nc"), "target 'SI' is no level of 'group' (did you"),
        ("~ group", Contrast("group", "si", "x"), "reference 'x' is no level of 'group'; it has"),
        ("~ group", Contrast("group", "si", "si"), "target and reference are both 'si'"),
        ("~ lane", Contrast("lane", "1", "2"), "column 'lane' is numeric"),
        ("~ lane", Contrast("lane", "1", "2"), "write C(lane) in --design"),
        ("~ log(batch) + group", SI, "log(batch) needs numbers, but column 'batch' holds text"),
        ("~ center(treated) + group", SI, "center(treated) needs numbers"),
    ],
)
def test_wrong_contrasts(formula: str, contrast: Contrast, words: str) -> None:
    assert words in message(UsageError, formula, sheet(), contrast)


def test_missing_values_name_samples_and_the_mend() -> None:
    obs = sheet()
    obs.loc[["s1", "s4"], "batch"] = None
    text = message(DataError, "~ batch + group", obs, SI)
    assert "column 'batch' of the sample sheet has no value for 2 samples: 's1', 's4'" in text
    assert "--where 'batch=b1' --where 'batch=b2' --where 'batch=b10'" in text
    obs = sheet()
    obs.loc["s2", "age"] = np.nan
    assert "for 1 sample: 's2'" in message(DataError, "~ age + group", obs, SI)
    build_design("~ group", obs, SI)  # unused columns may have gaps
    obs.loc["s2", "age"] = np.inf
    assert "is infinite for 's2'" in message(DataError, "~ age + group", obs, SI)


def test_functions_outside_their_domain() -> None:
    obs = sheet()
    obs["age"] -= 1
    assert "'log(age)' is infinite or undefined for 's0'" in message(
        DataError, "~ log(age) + group", obs, SI
    )
    obs["two"] = [0.0, 1.0, 1.0] * 4
    with pytest.raises(S6K1Error, match="poly"):
        build_design("~ poly(two, 3) + group", obs, SI)


def test_confounded_columns_are_named() -> None:
    obs = sheet()
    obs["run"] = ["r2", "r1"] * 6
    text = message(ModelError, "~ run + group", obs, SI)
    assert "'group[si]' cannot be told from 'run[r2]'" in text
    assert "Intercept" not in text
    obs["run"] = ["r1", "r2"] * 6  # the complement: the intercept takes part
    text = message(ModelError, "~ run + group", obs, SI)
    assert "'group[si]' cannot be told from 'run[r2]'" in text
    obs["double"] = 2 * obs["age"] + 3
    assert "'double' cannot be told from 'age'" in message(
        ModelError, "~ age + double + group", obs, SI
    )


def test_nested_subjects_name_all_that_make_up_the_group() -> None:
    obs = sheet()
    obs["mouse"] = [f"m{i % 2}{i // 4}" for i in range(12)]
    text = message(ModelError, "~ mouse + group", obs, SI)
    assert "'group[si]' cannot be told from 'mouse[m01]'" in text or "'mouse[m10]'" in text


def test_empty_cells_of_an_interaction() -> None:
    obs = sheet()
    obs["lot"] = ["x", "y", "x", "x"] * 3
    text = message(ModelError, "~ lot * group", obs, SI)
    assert "'lot[y]:group[si]' is zero in all samples" in text


@pytest.mark.parametrize("value", ["x", 3.0, True])
def test_constant_columns(value: object) -> None:
    obs = sheet()
    obs["same"] = value
    text = message(ModelError, "~ same + group", obs, SI)
    assert "column 'same' is" in text
    assert "in all samples" in text


def test_groups_without_replicates() -> None:
    obs = sheet()
    obs["group"] = ["si"] + ["nc"] * 11
    text = message(ModelError, "~ group", obs, SI)
    assert "group 'si' of 'group' has no replicates (only sample 's0')" in text


def test_no_residual_degrees_of_freedom() -> None:
    obs = sheet()
    obs["sample"] = obs.index
    assert "at least 12 coefficients for 12 samples" in message(
        ModelError, "~ sample + group", obs, SI
    )
    obs = sheet(12).iloc[:4]
    text = message(ModelError, "~ batch + group", obs, SI)
    assert "4 coefficients for 4 samples and leaves no residual degrees of freedom" in text


def test_interactions_cannot_eat_the_memory() -> None:
    rng = np.random.default_rng(0)
    obs = pd.DataFrame({f"x{i}": rng.choice(["u", "v"], 40) for i in range(25)})
    obs["group"] = ["si", "nc"] * 20
    obs.index = obs.index.astype(str)
    text = message(ModelError, "~ group + " + ":".join(f"x{i}" for i in range(25)), obs, SI)
    assert "up to 33554432 coefficients" in text


def test_two_columns_of_one_name() -> None:
    obs = pd.concat([sheet(), sheet()[["batch"]]], axis=1)
    assert "several columns named 'batch'" in message(DataError, "~ group", obs, SI)


def test_categoricals_and_unused_levels() -> None:
    obs = sheet()
    obs["group"] = pd.Categorical(obs["group"], categories=["si", "nc", "gone"])
    obs["lane"] = pd.Categorical(obs["lane"])
    design = build_design("~ lane + group", obs, SI)
    assert list(design.matrix.columns) == ["Intercept", "lane[2]", "lane[3]", "group[si]"]


@settings(deadline=None, max_examples=25)
@given(st.permutations(range(12)))
def test_permuting_samples_permutes_the_design(order: list[int]) -> None:
    obs = sheet()
    formula = "~ batch * treated + log(age) + group"
    straight = build_design(formula, obs, SI)
    permuted = build_design(formula, obs.iloc[order], SI)
    pd.testing.assert_frame_equal(permuted.matrix, straight.matrix.iloc[order])
    assert permuted.contrast_vector.tolist() == straight.contrast_vector.tolist()


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.text(min_size=1, max_size=8).filter(str.strip), min_size=5, max_size=5, unique=True)
)
def test_renaming_levels_keeps_the_column_space(names: list[str]) -> None:
    obs = sheet()
    design = build_design("~ batch + group + batch:age", obs, SI)
    renamed = obs.assign(
        batch=obs["batch"].map(dict(zip(["b1", "b2", "b10"], names[:3], strict=True))),
        group=obs["group"].map(dict(zip(["si", "nc"], names[3:], strict=True))),
    )
    other = build_design("~ batch + group + batch:age", renamed, Contrast("group", *names[3:]))
    both = np.hstack([design.matrix.to_numpy(), other.matrix.to_numpy()])
    assert np.linalg.matrix_rank(both) == design.matrix.shape[1] == other.matrix.shape[1]
    # and the contrast stays the same estimate, whatever the levels are called
    y = np.sin(np.arange(12.0))
    effects = [
        float(each.contrast_vector @ np.linalg.lstsq(each.matrix.to_numpy(), y, rcond=None)[0])
        for each in (design, other)
    ]
    assert effects[0] == pytest.approx(effects[1])


@pytest.mark.shared_data
def test_tcga_design_is_of_the_shape_r_used(shared: Path) -> None:
    table = pd.read_csv(
        shared / "data" / "tcga_brca_115" / "tertile_ER_design.tsv", sep="\t", index_col=0
    )
    design = build_design("~ ER + group", table, Contrast("group", "high", "low"))
    assert design.matrix.shape == (78, 3)
    assert design.coefficient == "group[high]"
