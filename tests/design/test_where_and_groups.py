from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from hypothesis import given
from hypothesis import strategies as st

from rnaseq_s6k1.design.controls import control_of
from rnaseq_s6k1.design.infer import infer_groups
from rnaseq_s6k1.design.where import exclude_samples, filter_samples
from rnaseq_s6k1.errors import UsageError


def experiment() -> AnnData:
    obs = pd.DataFrame(
        {
            "mutation": ["WT", "WT", "Y537S", "D538G"],
            "lane": [6, 7, 6, 7],
            "dose": [0.5, 1.0, np.nan, 2.0],
            "a=b": ["c", "c=d", "c", "c"],
            "ER": pd.Categorical(["pos", "neg", None, "pos"]),
        },
        index=["w1", "w2", "y1", "d1"],
    )
    return AnnData(np.arange(8, dtype=np.int32).reshape(4, 2), obs=obs)


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ([], ["w1", "w2", "y1", "d1"]),
        (["mutation=WT"], ["w1", "w2"]),
        (["mutation=WT", "mutation=D538G"], ["w1", "w2", "d1"]),
        (["mutation=WT", "lane=6"], ["w1"]),
        (["mutation=WT", "lane=7", "mutation=D538G"], ["w2", "d1"]),
        (["lane=6.0"], ["w1", "y1"]),
        (["dose=1"], ["w2"]),
        (["dose=5e-1"], ["w1"]),
        (["a=b=c=d"], ["w2"]),
        (["a=b=c"], ["w1", "y1", "d1"]),
        (["ER=pos"], ["w1", "d1"]),
        (["mutation = WT"], ["w1", "w2"]),
    ],
)
def test_where(where: list[str], kept: list[str]) -> None:
    chosen = filter_samples(experiment(), where)
    assert list(chosen.obs_names) == kept
    assert chosen.n_vars == 2


def test_where_tells_what_it_kept(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        filter_samples(experiment(), ["mutation=WT"])
    assert "kept 2 of 4 samples: mutation=WT" in caplog.text


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (["mutation"], "--where 'mutation' is not COLUMN=VALUE; the sheet's columns are"),
        (["Mutation=WT"], "no column 'Mutation' (did you mean 'mutation'?); it has 'mutation'"),
        (["mutation=wt"], "has no level 'wt' (did you mean 'WT'?); it has 'D538G', 'WT', 'Y537S'"),
        (["lane=8"], "column 'lane' has no level '8'; it has '6', '7'"),
        (["mutation=Y537S", "lane=7"], "no sample fits --where 'mutation=Y537S' --where 'lane=7'"),
        (["=x"], "no column ''"),
        (["dose=nan"], "column 'dose' has no level 'nan'"),
    ],
)
def test_where_refuses(where: list[str], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        filter_samples(experiment(), where)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_excluding_samples() -> None:
    adata = experiment()
    assert list(exclude_samples(adata, "mutation", ["WT"]).obs_names) == ["y1", "d1"]
    assert list(exclude_samples(adata, "sample", ["w1", "d1"]).obs_names) == ["w2", "y1"]
    assert list(exclude_samples(adata, "ER", ["neg"]).obs_names) == ["w1", "y1", "d1"]
    with pytest.raises(UsageError, match="there is no sample 'w9' to exclude"):
        exclude_samples(adata, "sample", ["w9"])
    with pytest.raises(UsageError, match=r"no column 'lanes' \(did you mean 'lane'"):
        exclude_samples(adata, "lanes", ["6"])
    with pytest.raises(UsageError, match="leaves no sample"):
        exclude_samples(adata, "lane", ["6", "7"])


@pytest.mark.parametrize(
    ("names", "reference", "target"),
    [
        (["siNC_1", "siNC_2", "siS6K1_1", "siS6K1_2"], "siNC", "siS6K1"),
        (["siS6K1_1", "siS6K1_2", "siNC_1", "siNC_2"], "siNC", "siS6K1"),
        (["siNC.rep2", "siNC.rep1", "x.rep1"], "siNC", "x"),
        (["ctrl-3", "ctrl-1", "drug-1"], "ctrl", "drug"),
        (["a_R1", "a_R2", "WT_R1"], "WT", "a"),
        (["DMSOrep1", "DMSOrep2", "palbo_rep1"], "DMSO", "palbo"),
        (["mock_rep_2", "mock_rep_1", "inf_rep_1"], "mock", "inf"),
        (["treated1", "treated2", "untreated1", "untreated2"], "untreated", "treated"),
        (["CTR1", "CTR2", "ctl1"], "ctl", "CTR"),
        (["MCF7_siNC_1", "MCF7_siNC_2", "MCF7_siS6K1_1"], "MCF7_siNC", "MCF7_siS6K1"),
        (["MCF7_siNC1", "MCF7_siNC2", "MCF7_siS6K1"], "MCF7_siNC", "MCF7_siS6K"),
        (["WT_E2_1", "WT_E2_2", "WT_veh_1"], "WT_veh", "WT_E2"),
        (["high_1", "high_2", "low_1", "low_2"], "low", "high"),
        (["Scramble 1", "Scramble 2", "kd 1"], "Scramble", "kd"),
        (["siCtrl_1", "siCtrl_2", "siX_1"], "siCtrl", "siX"),
    ],
)
def test_groups_from_names(names: list[str], reference: str, target: str) -> None:
    groups = infer_groups(names)
    assert (groups.reference, groups.target) == (reference, target)
    assert list(groups.condition.index) == names
    assert set(groups.condition) == {reference, target}
    assert groups.condition.name == "condition"
    assert f"higher in {target} than in {reference}" in groups.sentence


def test_what_was_inferred_is_spelt_out() -> None:
    groups = infer_groups(["siNC_1", "siNC_2", "siS6K1_1"])
    assert groups.condition.tolist() == ["siNC", "siNC", "siS6K1"]
    assert "1 siS6K1 (siS6K1_1) and 2 siNC (siNC_1, siNC_2); reference siNC" in groups.sentence


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a_1", "b_1", "c_1"], "give 3 groups where two are needed: 'a (1)', 'b (1)', 'c (1)'"),
        (["a_1", "a_2"], "give 1 group where two are needed: 'a (2)'; give a sample sheet with --"),
        ([], "0 samples give 0 groups"),
        (["1", "2", "3"], "give 3 groups"),
        (["a_1", "b_1"], "groups 'a', 'b', and which is the control is not clear; say it with --r"),
        (["ctrl_1", "mock_1"], "groups 'ctrl', 'mock', and which is the control is not clear"),
    ],
)
def test_ambiguous_names(names: list[str], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        infer_groups(names)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_roles_can_be_given() -> None:
    names = ["a_1", "a_2", "b_1"]
    assert infer_groups(names, reference="b").target == "a"
    assert infer_groups(names, target="b").reference == "a"
    assert infer_groups(["ctrl_1", "kd_1"], reference="kd").target == "ctrl"
    with pytest.raises(UsageError, match=r"--reference 'A' is no group .*\(did you mean 'a'"):
        infer_groups(names, reference="A")
    with pytest.raises(UsageError, match="--reference and --target are both 'a'"):
        infer_groups(names, reference="a", target="a")


@given(st.permutations(["siNC_1", "siNC_2", "siNC_3", "siS6K1_1", "siS6K1_2"]))
def test_inference_ignores_the_order(names: list[str]) -> None:
    groups = infer_groups(names)
    assert (groups.reference, groups.target) == ("siNC", "siS6K1")
    assert groups.condition.tolist() == [name[:-2] for name in names]


def test_very_long_names_take_no_time() -> None:
    stuck = "_" * 200_000
    groups = infer_groups([f"ctrl{stuck}1", f"ctrl{stuck}2", f"kd{stuck}x"])
    assert groups.target == f"kd{stuck}x"


@given(st.lists(st.text(max_size=12), max_size=6))
def test_arbitrary_names_raise_nothing_but_usage_errors(names: list[str]) -> None:
    try:
        groups = infer_groups(names)
    except UsageError:
        return
    assert groups.reference != groups.target


@pytest.mark.parametrize(
    ("one", "other", "control"),
    [
        ("siNC", "siS6K1", "siNC"),
        ("VEH", "E2", "VEH"),
        ("ncRNA_kd", "NC", "NC"),
        ("normal", "tumour", "normal"),
        ("encore", "mct", None),
        ("wt", "control", None),
    ],
)
def test_control_names(one: str, other: str, control: str | None) -> None:
    assert control_of(one, other) == control
    assert control_of(other, one) == control
