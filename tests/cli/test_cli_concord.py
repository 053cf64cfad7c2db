"""``concord`` as its users call it."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.io.tables import read_table

TABLES = ("concord.tsv", "genes.tsv", "rrho.tsv", "rotations.tsv", "concord.json")


@pytest.fixture(scope="module")
def pair(cli, planted, tmp_path_factory):
    """The planted knock-down, and other samples in which the same genes go up."""
    folder = tmp_path_factory.mktemp("pair")
    planted.to_csv(folder / "knockdown.tsv", sep="\t")
    rng = np.random.default_rng(3)
    low, high = planted.iloc[:, 3:].mean(axis=1), planted.iloc[:, :3].mean(axis=1)
    mean = np.column_stack([low] * 4 + [high] * 4)
    counts = rng.negative_binomial(20.0, 20.0 / (20.0 + mean))
    names = [f"low_{i}" for i in range(4)] + [f"high_{i}" for i in range(4)]
    pd.DataFrame(counts, index=planted.index, columns=names).to_csv(
        folder / "tumours.tsv", sep="\t"
    )
    for name in ("knockdown", "tumours"):
        outcome = cli(
            *("de", folder / f"{name}.tsv", "-o", folder / name, "--no-figures", "--no-shrink")
        )
        assert outcome.code == 0, outcome.err
    return folder


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
def test_a_knock_down_reverses_high_expression(cli, pair, tmp_path):
    outcome = cli(
        *("concord", pair / "knockdown", pair / "tumours" / "de", "-o", "out", "--rotations", "99"),
        *("--name-b", "high expression", "--jobs", "1"),
    )
    assert outcome.code == 0, outcome.err
    assert "knockdown (siS6K1 over siNC) reverses what high expression does" in outcome.out
    assert "verdict: reverses    evidence: rotation" in outcome.out
    assert "they are too small" in outcome.out
    assert "gene sets the data have" not in outcome.err
    folder = tmp_path / "out" / "concord"
    for name in TABLES:
        assert (folder / name).stat().st_size > 0
    for figure in ("statistics", "rrho", "rotations"):
        for kind in ("png", "svg"):
            assert (folder / "figures" / f"{figure}.{kind}").stat().st_size > 0
    record = json.loads((folder / "run.json").read_text())
    assert record["results"]["verdict"] == "reverses"
    assert record["arguments"]["names"] == ["knockdown (siS6K1 over siNC)", "high expression"]
    assert len(record["inputs"]) == 4
    before = {name: (folder / name).read_bytes() for name in TABLES}
    again = cli(
        *("concord", pair / "knockdown", pair / "tumours", "-o", "out", "--rotations", "99"),
        *("--name-b", "high expression", "--jobs", "2", "--no-figures"),
    )
    assert again.code == 0
    assert {name: (folder / name).read_bytes() for name in TABLES} == before


def test_tables_are_described(cli, pair, tmp_path):
    shutil.copy(pair / "tumours" / "de" / "results.tsv", tmp_path / "theirs.tsv")
    table = read_table(tmp_path / "theirs.tsv").head(300)
    table[["gene_id", "baseMean", "log2FoldChange", "lfcSE", "stat", "pvalue", "padj"]].to_csv(
        "theirs.tsv", sep="\t", index=False, na_rep="NA"
    )
    ours = pair / "knockdown" / "de" / "results.tsv"
    outcome = cli("concord", ours, "theirs.tsv", "--no-figures")
    assert outcome.code == 0, outcome.err
    assert "verdict: undecided    evidence: descriptive" in outcome.out
    assert "not tested" in outcome.out
    content = json.loads((tmp_path / "s6k1_results" / "concord" / "concord.json").read_text())
    assert content["leaning"] == "reverses"
    assert content["genes"] <= 300
    assert content["rotations"] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("absent", "absent"), 1, "absent: no such file or folder; give an output directory"),
        ((".", "."), 1, "no such file; run `rnaseq-s6k1 de COUNTS"),
        (("{pair}/knockdown", "{pair}/tumours", "--margin", "0"), 2, "--margin is a correlation"),
        (("{pair}/knockdown", "{pair}/tumours", "--alpha", "0"), 2, "--alpha must lie"),
        (("{pair}/knockdown", "{pair}/tumours", "--rotations", "3"), 2, "--rotations"),
        (("{pair}/knockdown",), 2, "missing argument"),
    ],
)
def test_errors(cli, pair, arguments, code, message):
    outcome = cli("concord", *(str(one).format(pair=pair) for one in arguments))
    assert outcome.code == code
    assert message in outcome.error
