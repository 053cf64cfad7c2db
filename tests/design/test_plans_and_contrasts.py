from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnaseq_s6k1.design.contrast import Contrast
from rnaseq_s6k1.design.contrasts_file import ContrastRow, read_contrasts
from rnaseq_s6k1.design.matrix import build_design
from rnaseq_s6k1.design.plan import plan_comparison
from rnaseq_s6k1.design.samples import read_sample_sheet
from rnaseq_s6k1.errors import DataError, UsageError


def sheet() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "treatment": ["E2", "veh"] * 4,
            "mutation": ["WT", "WT", "Y537S", "Y537S", "D538G", "D538G", "WT", "WT"],
            "run": [4, 4, 6, 6, 7, 7, 4, 6],
            "dose": [1.0, 2.0] * 4,
            "ER status": ["p", "q", "q", "p"] * 2,
            "same": ["x"] * 8,
        }
    )


@pytest.mark.parametrize(
    ("options", "design", "contrast"),
    [
        ({"factor": "treatment"}, "~ treatment", ("treatment", "E2", "veh")),
        ({"factor": "treatment", "reference": "E2"}, "~ treatment", ("treatment", "veh", "E2")),
        ({"factor": "treatment", "target": "veh"}, "~ treatment", ("treatment", "veh", "E2")),
        (
            {"factor": "mutation", "target": "WT", "reference": "Y537S"},
            "~ mutation",
            ("mutation", "WT", "Y537S"),
        ),
        ({"factor": "run", "target": "6.0", "reference": "4"}, "~ C(run)", ("run", "6", "4")),
        ({"factor": "dose", "target": "2"}, "~ C(dose)", ("dose", "2", "1")),
        (
            {"factor": "treatment", "covariates": ["ER status", "mutation"]},
            "~ `ER status` + mutation + treatment",
            ("treatment", "E2", "veh"),
        ),
        (
            {"factor": "treatment", "covariates": ["C(run)", "log(dose)", "run"]},
            "~ C(run) + log(dose) + run + treatment",
            ("treatment", "E2", "veh"),
        ),
        ({"design": "~ mutation + treatment"}, None, ("treatment", "E2", "veh")),
        ({"design": "~ treatment + C(dose)", "target": "1"}, None, ("dose", "1", "2")),
        (
            {"design": "~ treatment + mutation", "factor": "treatment"},
            None,
            ("treatment", "E2", "veh"),
        ),
    ],
)
def test_plans(
    options: dict[str, object], design: str | None, contrast: tuple[str, str, str]
) -> None:
    plan = plan_comparison(sheet(), **options)  # type: ignore[arg-type]
    assert plan.design == (design or options["design"])
    assert plan.contrast == Contrast(*contrast)


def test_what_was_chosen_is_noted() -> None:
    plan = plan_comparison(sheet(), design="~ mutation + treatment")
    assert plan.notes == (
        "compares treatment, the last term of the design",
        "reference is veh, by its name",
    )
    full = plan_comparison(sheet(), factor="treatment", target="E2", reference="veh")
    assert full.notes == ()
    assert plan_comparison(sheet()[["treatment", "mutation"]]).notes[0] == (
        "compares column treatment, the only one with two groups"
    )
    named = sheet().rename(columns={"treatment": "condition"})
    assert plan_comparison(named).contrast.factor == "condition"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "which column to compare is not clear; name it with --factor: 'treatment (E2, veh)'"),
        ({"factor": "treatmnt"}, "no column of the sample sheet (did you mean 'treatment'?); it"),
        ({"factor": "mutation"}, "has 3 levels; name two of them with --target and --reference"),
        ({"factor": "mutation", "target": "WT"}, "'D538G', 'WT', 'Y537S'"),
        ({"factor": "same"}, "column 'same' holds only 'x'; a comparison needs two groups"),
        ({"factor": "ER status"}, "is the control is not clear; name it with --reference: 'p', 'q"),
        ({"factor": "treatment", "reference": "e2"}, "no level 'e2' (did you mean 'E2'?); it has"),
        ({"factor": "treatment", "reference": "E2", "target": "E2"}, "are both 'E2'"),
        ({"factor": "treatment", "covariates": ["treatment"]}, "both --factor and among --covar"),
        ({"factor": "treatment", "covariates": ["I(x)"]}, "'I' is not allowed"),
        ({"factor": "treatment", "covariates": ["mutatio"]}, "did you mean 'mutation'"),
        ({"design": "~ a"}, "no column 'a'"),
        ({"design": "~ treatment", "covariates": ["run"]}, "give either --design or --covariates"),
        ({"design": "~ treatment * mutation"}, "is the interaction 'treatment:mutation'; name"),
        ({"design": "~ 1"}, "has no term to compare"),
        ({"design": "~ treatment + run"}, "column 'run' is numeric, and a target"),
        (
            {"design": "~ mutation", "factor": "treatment"},
            "factor 'treatment' is not in the design",
        ),
    ],
)
def test_plans_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        plan_comparison(sheet(), **options)  # type: ignore[arg-type]
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("path", "design", "contrast", "columns"),
    [
        (
            "airway/samples.csv",
            "~ celltype + dex",
            ("dex", "treated", "control"),
            ["Intercept", "celltype[N061011]", "celltype[N61311]", "celltype[N080611]"],
        ),
        (
            "pasilla/samples.tsv",
            "~ type + condition",
            ("condition", "treated", "untreated"),
            ["Intercept", "type[single_read]"],
        ),
        (
            "bottomly/samples.tsv",
            "~ C(experiment) + strain",
            ("strain", "DBA.2J", "C57BL.6J"),
            ["Intercept", "experiment[6]", "experiment[7]"],
        ),
    ],
)
def test_real_designs(
    shared: Path, path: str, design: str, contrast: tuple[str, str, str], columns: list[str]
) -> None:
    obs = read_sample_sheet(shared / "data" / path, [])
    plan = plan_comparison(obs, design=design, target=contrast[1], reference=contrast[2])
    assert plan.contrast == Contrast(*contrast)
    built = build_design(plan.design, obs, plan.contrast)
    assert list(built.matrix.columns) == [*columns, f"{contrast[0]}[{contrast[1]}]"]
    assert built.contrast_vector.tolist() == [*np.zeros(len(columns)), 1.0]


@pytest.mark.shared_data
def test_a_numbered_experiment_is_doubted(shared: Path, caplog: pytest.LogCaptureFixture) -> None:
    obs = read_sample_sheet(shared / "data" / "bottomly" / "samples.tsv", [])
    build_design("~ experiment + strain", obs, Contrast("strain", "DBA.2J", "C57BL.6J"))
    assert "whole numbers 4, 6, 7 and enters as a slope; write C(experiment)" in caplog.text


HEADER = "id,variable,reference,target,blocking,exclude_samples_col,exclude_samples_values\n"


def test_contrasts_as_nf_core_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "contrasts.csv"
    path.write_text(
        HEADER
        + "kd,treatment,siNC,siS6K1,,,\n"
        + "kd_batched,treatment,siNC,siS6K1,batch;lane number,sample,s1;s2\n"
        + "na,treatment,siNC,siS6K1,NA,NA,NA\n"
    )
    contrast = Contrast("treatment", "siS6K1", "siNC")
    assert read_contrasts(path) == [
        ContrastRow("kd", contrast, line=2),
        ContrastRow("kd_batched", contrast, ("batch", "lane number"), "sample", ("s1", "s2"), 3),
        ContrastRow("na", contrast, line=4),
    ]
    path.write_text("id\tvariable\treference\ttarget\nkd\tg\ta\tb\n")
    assert read_contrasts(path)[0].contrast == Contrast("g", "b", "a")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "the file is empty"),
        ("id,variable,reference\nx,g,a\n", "lacks the column target; a file of contrasts has id,"),
        (HEADER, "there is a header but no row"),
        (HEADER + "x,g,a\n", "line 2: 3 cells where the header has 7"),
        (HEADER + "x,g,,b,,,\n", "line 2: reference is empty"),
        (HEADER + "x,g,a,a,,,\n", "line 2: target and reference are both 'a'"),
        (HEADER + "x,g,a,b,,,\nX,g,a,b,,,\n", "line 3: the id 'X' is already on line 2"),
        (HEADER + "x,g,a,b,g,,\n", "'g' is both variable and blocking"),
        (HEADER + "x,g,a,b,,sample,\n", "exclude_samples_col and exclude_samples_values go toge"),
        (HEADER + "../x,g,a,b,,,\n", "line 2: the id '../x' cannot name a folder (it holds '/')"),
        (HEADER + "a\\b,g,a,b,,,\n", "cannot name a folder"),
        (HEADER + "..,g,a,b,,,\n", "cannot name a folder (it is only dots"),
        (HEADER + "-o,g,a,b,,,\n", "cannot name a folder"),
        (HEADER + "a\x1bb,g,a,b,,,\n", "cannot name a folder"),
        (HEADER + "x" * 101 + ",g,a,b,,,\n", "longer than 100 bytes"),
        ("id,variable,reference,target,formula\nx,g,a,b,~ g\n", "column 'formula' is not known"),
        ("id,variable,reference,target,block\nx,g,a,b,c\n", "(did you mean 'blocking'?)"),
    ],
)
def test_contrasts_refused(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "contrasts.csv"
    path.write_text(content)
    with pytest.raises(DataError) as caught:
        read_contrasts(path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=30))
def test_ids_are_safe_or_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "contrasts.csv"
    path.write_bytes((HEADER + f"{name},g,a,b,,,\n").encode("utf-8", "replace"))
    try:
        rows = read_contrasts(path)
    except DataError:
        return
    for row in rows:
        assert (tmp_path / row.id).parent == tmp_path
        assert row.id.isprintable()
