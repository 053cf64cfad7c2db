"""``score`` as its users call it."""

from __future__ import annotations

import json

import anndata
import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.io.tables import read_table

SCORES = ("scores.tsv", "sets.tsv", "dropped_sets.tsv", "comparison.tsv")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_score_after_a_run(cli, road, tmp_path):
    out = tmp_path / "copy"
    (out / "de").mkdir(parents=True)
    for name in ("results.tsv", "experiment.h5ad"):
        (out / "de" / name).write_bytes((road.out / "de" / name).read_bytes())
    outcome = cli("score", "-o", out, "--method", "rank", "--method", "gsva", "--jobs", "1")
    assert outcome.code == 0, outcome.err
    assert "6 samples, " in outcome.out
    assert "variance-stabilised" in outcome.out
    assert "ordinary t test of the score" in outcome.out
    assert "self-contained" in outcome.out
    assert "warning: the method gsva compares each sample with the others" in outcome.err
    table = read_table(out / "score" / "comparison.tsv")
    down = table[(table["column"] == "HALLMARK_E2F_TARGETS")].set_index("method")
    assert (down["difference"] < 0).all()
    assert down.loc["rank", "padj"] < 0.05
    # The design of the run had a batch: 6 samples, 3 coefficients.
    assert (table["df"] == 3).all()
    data = anndata.read_h5ad(out / "score" / "scores.h5ad")
    assert set(data.obsm) == {"score_rank", "score_gsva"}
    assert "treatment" in data.obs.columns
    for kind in ("png", "svg"):
        assert (out / "score" / "figures" / f"scores_rank.{kind}").stat().st_size > 0
    record = json.loads((out / "score" / "run.json").read_text())
    assert record["arguments"]["methods"] == ["rank", "gsva"]
    assert {"scores.tsv", "scores.h5ad"} <= set(record["outputs"])
    before = {name: (out / "score" / name).read_bytes() for name in SCORES}
    again = cli(
        *("score", "-o", out, "--method", "rank", "--method", "gsva"), "--jobs", "2", "--no-figures"
    )
    assert again.code == 0
    assert {name: (out / "score" / name).read_bytes() for name in SCORES} == before


def test_score_of_a_matrix_of_logarithms(cli, planted, tmp_path):
    logs = np.log2(planted + 1.0)
    logs.to_csv("logs.tsv", sep="\t")
    (tmp_path / "pair.gmt").write_text(
        "SIG_UP\tx\t" + "\t".join(planted.index[:30]) + "\n"
        "SIG_DN\tx\t" + "\t".join(planted.index[40:70]) + "\n"
    )
    outcome = cli(
        *("score", "--expression", "logs.tsv", "--gene-sets", "pair.gmt"),
        *("--method", "zscore", "--no-figures", "-o", "out"),
    )
    assert outcome.code == 0, outcome.err
    assert "2 sets and 1 up/down pairs scored" in outcome.out
    assert "logs.tsv as written" in outcome.out
    assert "test:" not in outcome.out
    wide = read_table(tmp_path / "out" / "score" / "scores.tsv")
    assert list(wide.columns) == ["sample", "method", "SIG_DN", "SIG_UP", "SIG_UP_DN"]
    assert not (tmp_path / "out" / "score" / "comparison.tsv").exists()
    assert np.abs(wide["SIG_UP"].mean()) < 1e-9


def test_score_of_counts_with_a_sheet(cli, counts_file, planted, tmp_path):
    sheet = pd.DataFrame(
        {"sample": planted.columns, "arm": ["a"] * 3 + ["b"] * 3, "use": [1, 1, 1, 1, 1, 0]}
    )
    sheet.to_csv("sheet.tsv", sep="\t", index=False)
    outcome = cli(
        *("score", "--expression", counts_file, "--samples", "sheet.tsv", "--factor", "arm"),
        *("--reference", "a", "--target", "b", "--where", "use=1", "--no-figures"),
        *("--min-count", "1", "--method", "rank"),
    )
    assert outcome.code == 0, outcome.err
    assert "5 samples, " in outcome.out
    assert "lower in b than in a" in outcome.out
    table = read_table(tmp_path / "s6k1_results" / "score" / "comparison.tsv")
    assert (table["df"] == 3).all()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--factor", "x"), 2, "--factor belongs to --expression"),
        (("--log2",), 2, "--log2 belongs to --expression"),
        ((), 1, "no such file; run `rnaseq-s6k1 de COUNTS"),
        (("--expression", "absent.tsv"), 1, "no such file"),
        (("--alpha", "2"), 2, "--alpha must lie between 0 and 1"),
        (("--method", "plage"), 2, "'plage' is not one of"),
    ],
)
def test_errors(cli, arguments, code, message):
    outcome = cli("score", *arguments)
    assert outcome.code == code
    assert message in outcome.error


def test_tpm_is_refused_without_log2(cli, planted):
    tpm = 1e6 * planted / planted.sum(axis=0)
    tpm.to_csv("tpm.tsv", sep="\t")
    outcome = cli("score", "--expression", "tpm.tsv")
    assert outcome.code == 1
    assert "add --log2" in outcome.error
    assert cli("score", "--expression", "tpm.tsv", "--log2", "--no-figures").code == 0


def test_a_bare_results_table_cannot_be_scored(cli, road, tmp_path):
    (tmp_path / "out" / "de").mkdir(parents=True)
    results = (road.out / "de" / "results.tsv").read_bytes()
    (tmp_path / "out" / "de" / "results.tsv").write_bytes(results)
    outcome = cli("score", "-o", "out")
    assert outcome.code == 1
    assert "experiment.h5ad: no such file" in outcome.error
