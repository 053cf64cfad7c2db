"""The screen from the command line: alone, in a run, killed, and with hostile input."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.io.tables import read_table

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tumours(planted, tmp_path_factory):
    """24 tumours between siS6K1 and siNC, half of them ER positive, with the driver's levels."""
    folder = tmp_path_factory.mktemp("screened")
    rng = np.random.default_rng(0)
    share = np.linspace(0, 1, 24)
    mean = np.outer(planted.iloc[:, 3], 1 - share) + np.outer(planted.iloc[:, 0], share)
    counts = pd.DataFrame(rng.poisson(mean), index=planted.index)
    counts.columns = [f"T{k:02d}" for k in range(24)]
    counts.to_csv(folder / "counts.tsv", sep="\t", index_label="gene_id")
    pd.DataFrame(
        {
            "sample": counts.columns,
            "ER": ["pos", "neg"] * 12,
            "RPS6KB1_gistic": [0] * 10 + [1] * 6 + [2] * 8,
        }
    ).to_csv(folder / "clinical.tsv", sep="\t", index=False)
    return folder


def _arguments(tumours, *more):
    sheet = ("--samples", tumours / "clinical.tsv")
    return ("screen", tumours / "counts.tsv", *sheet, "--background", "30", *more)


def test_it_writes_tables_figures_and_the_answer(cli, tumours, tmp_path):
    outcome = cli(*_arguments(tumours, "--covariates", "ER", "-o", tmp_path))
    assert outcome.code == 0, outcome.err
    folder = tmp_path / "screen"
    table = read_table(folder / "screen.tsv")
    found = json.loads((folder / "specificity.json").read_text())
    assert found["gene"] == "RPS6KB1"
    assert found["n"] >= 30
    background = table[(table["role"] == "background") & (table["reason"] == "")]
    assert (background["score"] >= found["score"]).sum() == found["at_least"]
    assert found["pvalue"] == (found["at_least"] + 1) / (found["n"] + 1)
    assert found["sentence"] in outcome.out
    record = json.loads((folder / "run.json").read_text())
    assert record["step"] == "screen"
    assert {"screen.tsv", "amplicon.tsv", "specificity.json"} <= set(record["outputs"])
    assert (folder / "figures" / "histogram.svg").is_file()
    assert (folder / "figures" / "ranks.png").is_file()
    assert not (folder / "finished.jsonl").exists()


def test_a_list_of_drivers(cli, tumours, tmp_path):
    (tmp_path / "drivers.txt").write_text("MYC\nCCNE1\n=cmd|' /C calc'!A0\n")
    outcome = cli(
        *_arguments(tumours, "--genes", tmp_path / "drivers.txt", "--no-figures"),
        *("-o", tmp_path / "out"),
    )
    assert outcome.code == 0, outcome.err
    table = read_table(tmp_path / "out" / "screen" / "screen.tsv")
    assert set(table.loc[table["role"] == "listed", "gene_name"]) == {"MYC", "CCNE1"}
    listed = read_table(tmp_path / "out" / "screen" / "listed.tsv")
    assert set(listed["gene_name"]) == {"MYC", "CCNE1"}
    assert (listed["n"] >= 30).all()
    assert "2 of 2 listed genes compared with genes like them" in outcome.out
    assert not (tmp_path / "out" / "screen" / "specificity.json").exists()
    assert "1 listed gene not in the matrix" in outcome.err


def test_killed_and_started_again_it_gives_the_same_table(tumours, tmp_path):
    """SIGKILL as soon as some genes are finished; the second start must not repeat them."""
    arguments = [str(one) for one in _arguments(tumours, "--no-figures", "--jobs", "1")]
    program = [sys.executable, "-c", _SLOW, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run(
        [*program, "-o", str(whole)], env={**environment, "PACE": "0"}, check=True,
        capture_output=True,
    )  # fmt: skip
    process = subprocess.Popen(
        [*program, "-o", str(killed)], env={**environment, "PACE": "0.2"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    journal = killed / "screen" / "finished.jsonl"
    while process.poll() is None and (
        not journal.exists() or journal.read_bytes().count(b"\n") < 8
    ):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    finished = journal.read_bytes().count(b"\n") - 1
    assert 0 < finished < 31
    assert not (killed / "screen" / "screen.tsv").exists()
    with journal.open("ab") as stream:
        stream.write(b'{"gene_id": "half a li')
    again = subprocess.run(
        [*program, "-o", str(killed)], env={**environment, "PACE": "0"}, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    assert f"{finished} genes were finished before; going on" in again.stderr
    for name in ("screen.tsv", "amplicon.tsv", "specificity.json"):
        assert (whole / "screen" / name).read_bytes() == (killed / "screen" / name).read_bytes()


# The command line with a pause after each gene, so that a kill falls between them.
_SLOW = """
import os, sys, time
import rnaseq_s6k1.cohort.screen.scorers as scorers
plain = scorers.score_gene
def slowly(problem, gene):
    time.sleep(float(os.environ["PACE"]))
    return plain(problem, gene)
scorers.score_gene = slowly
from rnaseq_s6k1.cli.main import main
main(sys.argv[1:])
"""


def test_a_stale_journal_is_refused(cli, tumours, tmp_path):
    folder = tmp_path / "screen"
    folder.mkdir()
    journal = folder / "finished.jsonl"
    for content, words in (
        ('{"journal_of": "other"}\n', "that had other inputs or arguments"),
        ("not JSON\n", "is not a journal"),
        ("[1]\n", "is not a journal"),
    ):
        journal.write_text(content)
        outcome = cli(*_arguments(tumours, "--no-figures", "-o", tmp_path))
        assert outcome.code == 1
        assert words in outcome.error
        assert "--fresh" in outcome.error
        assert journal.read_text() == content
    outcome = cli(*_arguments(tumours, "--no-figures", "--fresh", "-o", tmp_path))
    assert outcome.code == 0, outcome.err
    assert not journal.exists()


@pytest.fixture(scope="module")
def ran(cli, tumours, tmp_path_factory):
    out = tmp_path_factory.mktemp("ran")
    outcome = cli(*_run(tumours), "--covariates", "ER", "-o", out)
    assert outcome.code == 0, outcome.err
    return out, outcome


def _run(tumours):
    return (
        *("run", tumours / "counts.tsv", "--samples", tumours / "clinical.tsv"),
        *("--stratify", "RPS6KB1", "--card", "s6k1-high", "--no-figures", "--no-shrink"),
    )


def test_a_run_takes_the_screen_into_its_verdict(ran):
    out, outcome = ran
    verdict = json.loads((out / "signature" / "verdict.json").read_text())
    found = json.loads((out / "screen" / "specificity.json").read_text())
    assert verdict["specificity"] == found["pvalue"]
    assert found["sentence"] in verdict["sentence"]
    assert verdict["driver"] == "by construction"
    assert "specificity: p " in outcome.out


def test_signature_reads_it_only_where_it_belongs(cli, ran, tumours, tmp_path):
    import shutil

    out = tmp_path / "copy"
    shutil.copytree(ran[0], out)
    path = out / "screen" / "specificity.json"
    good = json.loads(path.read_text())
    verdict = out / "signature" / "verdict.json"
    assert cli("signature", "--card", "s6k1-high", "-o", out).code == 0
    assert json.loads(verdict.read_text())["specificity"] == good["pvalue"]
    for change, why in (
        ({"gene_id": "MYC"}, "the groups are of RPS6KB1"),
        ({"card": "mine"}, "it is of the card mine"),
        ({"groups_sha256": "0"}, "its groups are other samples"),
        ({"covariates": []}, "it is adjusted for nothing"),
    ):
        path.write_text(json.dumps({**good, **change}))
        outcome = cli("signature", "--card", "s6k1-high", "-o", out)
        assert outcome.code == 0
        assert why in outcome.err
        assert json.loads(verdict.read_text())["specificity"] is None
    path.write_text("{}")
    outcome = cli("signature", "--card", "s6k1-high", "-o", out)
    assert outcome.code == 1
    assert "is not the result of a screen" in outcome.error


def test_without_a_screen_specificity_is_null(cli, tumours, tmp_path):
    outcome = cli(*_run(tumours), "--no-screen", "-o", tmp_path)
    assert outcome.code == 0, outcome.err
    assert not (tmp_path / "screen").exists()
    assert json.loads((tmp_path / "signature" / "verdict.json").read_text())["specificity"] is None


def test_within_strata(cli, tumours, tmp_path):
    outcome = cli(*_run(tumours), "--within", "ER", "-o", tmp_path)
    assert outcome.code == 0, outcome.err
    samples = read_table(tmp_path / "stratify" / "samples.tsv")
    sizes = samples.groupby(["stratum", "group"]).size()
    assert {int(sizes[one, two]) for one in ("neg", "pos") for two in ("high", "low")} == {4}
    strata = read_table(tmp_path / "stratify" / "strata.tsv")
    assert strata["stratum"].tolist() == ["neg", "pos"]
    runs = read_table(tmp_path / "stratify" / "runs.tsv")
    assert runs["run"].tolist() == ["strata combined", "ER = neg", "ER = pos"]
    assert runs["n_high"].tolist() == [8, 4, 4]
    assert runs["design"].tolist() == ["~ ER + group", "~ group", "~ group"]
    assert (tmp_path / "within" / "1_neg" / "signature" / "verdict.json").is_file()
    verdict = json.loads((tmp_path / "signature" / "verdict.json").read_text())
    assert verdict["specificity"] is not None


def test_continuous_beside_the_cut(cli, tumours, tmp_path):
    outcome = cli(*_run(tumours), "--continuous", "--covariates", "ER", "-o", tmp_path)
    assert outcome.code == 0, outcome.err
    runs = read_table(tmp_path / "stratify" / "runs.tsv").set_index("run")
    assert runs["n"].tolist() == [24, 16]
    assert runs["design"].tolist() == ["~ ER + driver_expression", "~ ER + group"]
    # More samples and no cut: the same ranking, nearly.
    assert runs.loc["tertile, high over low", "spearman_of_stat"] > 0.6
    verdict = json.loads((tmp_path / "signature" / "verdict.json").read_text())
    assert verdict["specificity"] is not None
    assert verdict["driver"] == "by construction"
    again = cli("signature", "--card", "s6k1-high", "-o", tmp_path)
    assert again.code == 0, again.err
    assert "does not enter the verdict" not in again.err


def test_a_cut_by_copy_number_is_screened_by_the_copy_number_of_every_gene(cli, tumours, tmp_path):
    genes = pd.read_csv(tumours / "counts.tsv", sep="\t", index_col=0).index
    rng = np.random.default_rng(4)
    levels = pd.DataFrame(
        rng.choice([0, 1, 2], (len(genes), 24), p=[0.6, 0.2, 0.2]),
        index=genes, columns=[f"T{k:02d}" for k in range(24)],
    )  # fmt: skip
    levels.loc["RPS6KB1"] = [0] * 16 + [2] * 8
    levels.to_csv(tmp_path / "cna.txt", sep="\t", index_label="Hugo_Symbol")
    outcome = cli(
        *_run(tumours), "--by", "cna", "--copy-number", tmp_path / "cna.txt", "-o", tmp_path / "o"
    )
    assert outcome.code == 0, outcome.err
    found = json.loads((tmp_path / "o" / "screen" / "specificity.json").read_text())
    assert (found["by"], found["cut"]) == ("copy number", "amplified")
    assert (found["samples_high"], found["samples_low"]) == (8, 16)
    verdict = json.loads((tmp_path / "o" / "signature" / "verdict.json").read_text())
    assert verdict["specificity"] == found["pvalue"]
    assert found["sentence"] in verdict["sentence"]
    # The tumours with high levels are those whose cell cycle is up; random levels are not so.
    assert found["pvalue"] < 0.05


def test_without_a_card_that_of_the_gene_is_taken(cli, tumours, tmp_path):
    plain = [one for one in _run(tumours) if one not in ("--card", "s6k1-high")]
    outcome = cli(*plain, "--no-screen", "-o", tmp_path / "o")
    assert outcome.code == 0, outcome.err
    verdict = json.loads((tmp_path / "o" / "signature" / "verdict.json").read_text())
    assert verdict["card"] == "s6k1-high"
    assert "card s6k1-high: its driver is RPS6KB1" in outcome.err
    again = cli("signature", "-o", tmp_path / "o")
    assert again.code == 0
    assert "Verdict on s6k1-high" in again.out
    plain[plain.index("RPS6KB1")] = "MYC"
    outcome = cli(*plain, "-o", tmp_path / "none")
    assert outcome.code == 2
    assert "no card says what follows when 'MYC' is high" in outcome.error
    assert "yes1-amplified (YES1)" in outcome.error


def test_a_knock_down_beside_the_split(cli, planted, tumours, tmp_path):
    planted.to_csv(tmp_path / "knockdown.tsv", sep="\t")
    done = cli(
        *("de", tmp_path / "knockdown.tsv", "--no-figures", "--no-shrink", "-q"),
        *("-o", tmp_path / "kd"),
    )
    assert done.code == 0, done.err
    beside = ("--knockdown-results", tmp_path / "kd")
    outcome = cli(*_run(tumours), "--no-screen", *beside, "-o", tmp_path / "o")
    assert outcome.code == 0, outcome.err
    compared = json.loads((tmp_path / "o" / "concord" / "concord.json").read_text())
    assert compared["leaning"] == "reverses"
    readings = read_table(tmp_path / "o" / "concord" / "concord.tsv").set_index("measure")
    assert readings.loc["a_down_in_b", "reading"] == "reverses"
    assert compared["sentence"] in outcome.out
    # The tumours are mixtures of knock-down and control, the driver high in the latter.
    bridge = read_table(tmp_path / "o" / "bridge" / "bridge.tsv").set_index(
        ["relation", "adjustment"]
    )
    assert bridge.loc[("driver_expression", "none"), "estimate"] < -0.9
    assert ("copy_number", "none") in bridge.index, "the sheet's column is found by its name"
    assert "Concordance" in outcome.out
    assert "Score bridge" in outcome.out
    files = json.loads((tmp_path / "o" / "concord" / "run.json").read_text())["inputs"]
    assert any(str(tmp_path / "kd") in one["path"] for one in files)
    again = cli(
        *_run(tumours), "--no-screen", "--knockdown-results", tmp_path / "nothing",
        *("-o", tmp_path / "x"),
    )  # fmt: skip
    assert again.code == 1
    assert "no such file or folder" in again.error
    assert not (tmp_path / "x" / "de").exists()


def test_by_copy_number(cli, tumours, tmp_path):
    outcome = cli(*_run(tumours), "--by", "cna", "-o", tmp_path / "sheet")
    assert outcome.code == 0, outcome.err
    samples = read_table(tmp_path / "sheet" / "stratify" / "samples.tsv")
    assert ((samples["copy_number"] == 2) == (samples["group"] == "high")).all()
    assert not (tmp_path / "sheet" / "screen" / "screen.tsv").exists()
    assert "no screen: 1 gene of " in outcome.err
    levels = pd.DataFrame(
        [[1] * 12 + [0] * 11 + ["NA"]], index=["RPS6KB1"], columns=[f"T{k:02d}" for k in range(24)]
    )
    levels.to_csv(tmp_path / "cna.txt", sep="\t", index_label="Hugo_Symbol")
    outcome = cli(
        *("stratify", tumours / "counts.tsv", "--by", "cna", "--cut", "gained"),
        *("--copy-number", tmp_path / "cna.txt", "--no-figures", "-o", tmp_path / "table"),
    )
    assert outcome.code == 0, outcome.err
    samples = read_table(tmp_path / "table" / "stratify" / "samples.tsv")
    assert samples["group"].value_counts().to_dict() == {"high": 12, "low": 11, "excluded": 1}
    assert samples["reason"].iloc[-1] == "no copy number"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--within", "ER"], "belongs to --stratify"),
        (["--continuous"], "belongs to --stratify"),
        (["--screen"], "belongs to --stratify"),
        (["--normalisation", "library_size"], "belongs to --stratify"),
        (["--stratify", "MYC", "--continuous", "--within", "ER"], "not --within"),
        (["--knockdown-results", "x"], "add --stratify GENE"),
        (["--knockdown-id-map", "x"], "names the genes of --knockdown-results"),
        (["--stratify", "MYC", "--by", "cna", "--cut", "tertile"], "choose from amplified, gained"),
        (["--stratify", "MYC", "--copy-number", "x"], "--by cna"),
        (["--stratify", "MYC", "--by", "cna"], "no column 'MYC_gistic'"),
        (["--stratify", "MYC", "--within", "nothing"], "is no column of the sample sheet"),
        (["--stratify", "MYC", "--within", "sample"], "is no column of the sample sheet"),
    ],
)
def test_a_run_refuses(cli, tumours, tmp_path, more, words):
    outcome = cli(
        *("run", tumours / "counts.tsv", "--samples", tumours / "clinical.tsv"),
        *("--card", "s6k1-high", *more, "-o", tmp_path / "o"),
    )
    assert outcome.code == 2
    assert words in outcome.error


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (["--continuous", "--within", "ER"], 2, "not --within"),
        (["--cut", "half"], 2, "is not a cut"),
        (["--background", "0"], 2, "background"),
        (["--amplicon-mb", "nan"], 2, "positive number"),
        (["--gene", "\x1b[31mNOGENE", "--card", "s6k1-high"], 1, "is not among the"),
        (["--covariates", "nothing"], 2, "nothing"),
    ],
)
def test_a_screen_refuses(cli, tumours, tmp_path, more, code, words):
    outcome = cli(*_arguments(tumours, *more, "--no-figures", "-o", tmp_path / "o"))
    assert outcome.code == code
    assert words in outcome.error
    assert "\x1b" not in outcome.err


@pytest.mark.slow
@pytest.mark.shared_data
def test_the_claim_on_real_tumours_is_not_specific(cli, shared, tmp_path):
    folder = shared / "data" / "tcga_brca_115"
    for gene, card in (
        ("RPS6KB1", "s6k1-high"), ("YES1", "yes1-amplified"), ("ERBB2", "her2-resistance")
    ):  # fmt: skip
        outcome = cli(
            *("screen", folder / "counts.tsv.gz", "--samples", folder / "samples.tsv"),
            *("--gene", gene, "--card", card, "--covariates", "ER", "--no-figures"),
            *("-o", tmp_path / gene),
        )
        assert outcome.code == 0, outcome.err
        found = json.loads((tmp_path / gene / "screen" / "specificity.json").read_text())
        assert (found["samples_high"], found["samples_low"]) == (39, 39)
        assert 0.05 < found["pvalue"] < 0.8
        if gene == "RPS6KB1":
            assert found["pvalue"] < 0.5
            assert found["ci_low"] < 0.22
            assert found["amplicon_rank"] > 1
