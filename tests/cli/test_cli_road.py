"""A whole ``run``: its files, their columns, their bytes, and what it prints."""

from __future__ import annotations

import hashlib
import json
import re
import shutil

import pandas as pd
import pytest

from rnaseq_s6k1.io.tables import read_table

DE_COLUMNS = (
    "gene_id gene_name baseMean log2FoldChange lfcSE stat pvalue padj log2FoldChange_shrunk "
    "direction padj_na_reason"
)
GSEA_COLUMNS = (
    "collection set size es nes pvalue padj log10_pvalue relative_error rotation_pvalue "
    "rotation_padj inter_gene_correlation vif evidence leading_edge_size leading_edge"
)
ORA_COLUMNS = (
    "collection set direction size overlap expected odds_ratio "
    "odds_ratio_ci_low odds_ratio_ci_high fold_enrichment pvalue padj genes"
)
VERDICT_COLUMNS = "target kind expected outcome role effect ci_low ci_high pvalue padj n why"
FIGURES = ("volcano", "ma", "pca", "sample_distances", "dispersions", "heatmap")
GENE_SET_FIGURES = (
    *("gene_sets", "running_sums", "running_sums_overlaid", "ridges", "leading_edge_heatmap"),
    *("leading_edge_jaccard", "enrichment_map"),
)
STEPS = ("de", "gsea", "ora", "signature")
RECORDS = ("report.html", "ro-crate-metadata.json", "multiqc")
TABLES = ("*.tsv", "*.rnk", "*.tsv.gz", "verdict.json")


def header(path) -> str:
    return path.read_text(encoding="utf-8").split("\n", 1)[0].replace("\t", " ")


def tables(out) -> dict[str, bytes]:
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for pattern in TABLES
        for path in out.rglob(pattern)
    }


def test_every_file_of_the_contract_is_there(road):
    for name in (
        "de/results.tsv",
        "de/degs.tsv",
        "de/size_factors.tsv",
        "de/normalized_counts.tsv.gz",
        "de/experiment.h5ad",
        "de/samples.tsv",
        "de/sample_distances.tsv",
        "de/dispersions.tsv",
        "gsea/gsea.tsv",
        "gsea/running_sums.tsv",
        "gsea/ranks.rnk",
        "gsea/leading_edge_overlap.tsv",
        "gsea/leading_edge_genes.tsv",
        "gsea/collapsed.tsv",
        "ora/ora.tsv",
        "ora/figures/ora.png",
        "signature/verdict.json",
        "signature/verdict.tsv",
        "report.html",
        "ro-crate-metadata.json",
        *(f"de/figures/{figure}.{kind}" for figure in FIGURES for kind in ("png", "svg")),
        *(f"{step}/run.json" for step in STEPS),
    ):
        path = road.out / name
        assert path.is_file(), name
        assert path.stat().st_size > 0, name
    for kind in ("png", "svg"):
        found = {path.stem for path in (road.out / "gsea" / "figures").glob(f"*.{kind}")}
        assert set(GENE_SET_FIGURES) <= found


def test_nothing_temporary_is_left(road):
    names = [path.name for path in road.out.parent.rglob("*")]
    assert not [name for name in names if name.startswith(".") or "tmp" in name]
    assert sorted(path.name for path in road.out.iterdir()) == sorted((*STEPS, *RECORDS))


def test_columns_of_every_table_in_order(road):
    assert header(road.out / "de" / "results.tsv") == DE_COLUMNS
    assert header(road.out / "de" / "degs.tsv") == DE_COLUMNS
    assert header(road.out / "gsea" / "gsea.tsv") == GSEA_COLUMNS
    assert header(road.out / "ora" / "ora.tsv") == ORA_COLUMNS
    assert header(road.out / "signature" / "verdict.tsv") == VERDICT_COLUMNS


def test_rows_are_ordered_and_values_are_of_their_kind(road):
    results = read_table(road.out / "de" / "results.tsv")
    assert len(results) == 600
    assert list(results["gene_id"]) == sorted(results["gene_id"])
    assert set(results["direction"]) <= {"up", "down", "none"}
    called = results[results["direction"] != "none"]
    assert (called["padj"] < 0.05).all()
    assert (called["log2FoldChange"].abs() > 1).all()
    degs = read_table(road.out / "de" / "degs.tsv")
    assert set(degs["gene_id"]) == set(called["gene_id"])
    gsea = read_table(road.out / "gsea" / "gsea.tsv")
    keys = gsea[["collection", "pvalue", "set"]]
    pd.testing.assert_frame_equal(keys, keys.sort_values(list(keys.columns), ignore_index=True))
    assert (gsea["pvalue"] > 0).all()
    ranks = pd.read_csv(road.out / "gsea" / "ranks.rnk", sep="\t", header=None)
    assert ranks.shape == (600, 2)
    assert ranks[1].is_monotonic_decreasing


def test_the_planted_claim_is_found(road):
    results = read_table(road.out / "de" / "results.tsv").set_index("gene_id")
    assert results.loc["RPS6KB1", "log2FoldChange"] == pytest.approx(-2, abs=0.5)
    assert results.loc["MYC", "direction"] == "none"
    gsea = read_table(road.out / "gsea" / "gsea.tsv").set_index("set")
    assert gsea.loc["HALLMARK_E2F_TARGETS", "nes"] < 0
    assert gsea.loc["HALLMARK_E2F_TARGETS", "padj"] < 0.01
    verdict = json.loads((road.out / "signature" / "verdict.json").read_text())
    assert verdict["signature"] == "reproduced"
    assert verdict["mechanism"] == "consistent"
    assert verdict["driver"] == "moved"
    assert verdict["driver_gene"] == "RPS6KB1"
    assert 10 < verdict["driver_change"]["percent_of_control"] < 45
    assert verdict["specificity"] is None
    for line in verdict["expectations"]:
        assert " ".join(line) == VERDICT_COLUMNS
        assert line["outcome"] in ("met", "contradicted", "undecided")
        assert line["role"] in ("core", "detail")


def test_run_json_has_its_fields(road):
    for step in STEPS:
        record = json.loads((road.out / step / "run.json").read_text())
        assert record["step"] == step
        assert record["seed"] == 0
        assert record["warnings"] == [] or all(isinstance(one, str) for one in record["warnings"])
        assert record["seconds"] > 0
        assert {"python", "numpy", "pandas", "pydeseq2", "gseapy"} <= set(record["packages"])
        assert re.fullmatch(r"\d+\.\d+\.\d+\S*", record["version"])
        for entry in record["inputs"]:
            assert re.fullmatch(r"[0-9a-f]{64}", entry["sha256"])
        for name in record["outputs"]:
            assert (road.out / step / name).is_file(), name
    record = json.loads((road.out / "de" / "run.json").read_text())
    given = {entry["path"]: entry["sha256"] for entry in record["inputs"]}
    assert given[str(road.counts)] == hashlib.sha256(road.counts.read_bytes()).hexdigest()
    assert str(road.sheet) in given
    assert record["arguments"]["design"] == "~ batch + treatment"
    assert record["arguments"]["target"] == "siS6K1"
    assert record["arguments"]["samples"] == ["a1", "a2", "a3", "b1", "b2", "b3"]
    assert "higher in siS6K1 than in siNC" in record["results"]["direction"]
    record = json.loads((road.out / "signature" / "run.json").read_text())
    assert str(road.out / "gsea" / "gsea.tsv") in [entry["path"] for entry in record["inputs"]]


def test_the_summary_says_what_a_lab_book_needs(road):
    out = road.outcome.out
    assert "siS6K1 (n = 3) over siNC (n = 3), design ~ batch + treatment" in out
    assert "positive log2 fold change means higher in siS6K1 than in siNC" in out
    assert "adjusted p < 0.05 and |log2FC| > 1 (--lfc-mode filter)" in out
    assert "HALLMARK_E2F_TARGETS" in out
    assert "signature: reproduced    mechanism: consistent    driver: moved" in out
    assert "Signature reproduced (5 of 5 core gene sets as claimed)" in out
    assert str(road.out / "signature") in out
    assert "kept 6 of 8 samples: line=MCF7" in road.outcome.err
    assert "kept" not in out


@pytest.mark.parametrize("change", ["jobs", "rows"])
def test_the_same_bytes_whatever_jobs_and_row_order(cli, road, tmp_path, change):
    arguments = list(road.arguments)
    if change == "rows":
        shuffled = pd.read_csv(road.counts, sep="\t").sample(frac=1, random_state=3)
        arguments[1] = str(tmp_path / "my counts.tsv")
        shuffled.to_csv(arguments[1], sep="\t", index=False)
    jobs = "2" if change == "jobs" else "1"
    outcome = cli(*arguments, "--jobs", jobs, "--no-figures", "-o", tmp_path / "again")
    assert outcome.code == 0, outcome.err
    before, after = tables(road.out), tables(tmp_path / "again")
    assert sorted(before) == sorted(after)
    assert len(before) >= 9
    different = [name for name in before if before[name] != after[name]]
    assert different == []
    assert outcome.out == road.outcome.out.replace(str(road.out), str(tmp_path / "again"))


def test_single_steps_give_the_bytes_of_run(cli, road, tmp_path):
    out = tmp_path / "steps"
    shutil.copytree(road.out / "de", out / "de")
    quiet = ("--quiet", "--no-figures", "-o", out)
    for step in ("gsea", "ora", "signature"):
        outcome = cli(step, *quiet)
        assert outcome.code == 0, outcome.err
        assert outcome.err == ""
    before, after = tables(road.out), tables(out)
    assert [name for name in before if before[name] != after.get(name)] == []


def test_a_table_of_other_results_does_not_decide_the_verdict(cli, road, tmp_path):
    out = tmp_path / "mixed"
    shutil.copytree(road.out / "de", out / "de")
    shutil.copytree(road.out / "gsea", out / "gsea")
    results = read_table(out / "de" / "results.tsv")
    results["stat"] *= -1
    results["log2FoldChange"] *= -1
    results.to_csv(out / "de" / "results.tsv", sep="\t", index=False, na_rep="NA")
    outcome = cli("signature", "-o", out)
    assert outcome.code == 0, outcome.err
    assert "was not made from the present de/results.tsv" in outcome.err
    assert "signature: contradicted" in outcome.out


def test_quiet_says_nothing_of_what_was_inferred(cli, road, tmp_path):
    (tmp_path / "de").mkdir()
    shutil.copy(road.out / "de" / "results.tsv", tmp_path / "de" / "results.tsv")
    loud = cli("gsea", "--results", road.out / "de" / "results.tsv", "-o", tmp_path / "a")
    assert "600 genes ranked by stat" in loud.err
    quiet = cli("gsea", "--results", road.out / "de" / "results.tsv", "-o", tmp_path / "b", "-q")
    assert quiet.err == ""
    assert quiet.code == 0


def test_tests_of_gene_sets_are_chosen(cli, road, tmp_path):
    out = tmp_path / "chosen"
    shutil.copytree(road.out / "de", out / "de")
    quiet = ("--quiet", "--no-figures", "-o", out)
    assert cli("gsea", *quiet, "--test", "prerank").code == 0
    assert read_table(out / "gsea" / "gsea.tsv")["rotation_pvalue"].isna().all()
    assert not (out / "gsea" / "rotation.tsv").exists()
    further = ("--also", "camera, fry", "--also", "camera")
    outcome = cli("gsea", *quiet, "--test", "both", *further, "--rotations", "999")
    assert outcome.code == 0, outcome.err
    table = read_table(out / "gsea" / "gsea.tsv")
    assert table["rotation_pvalue"].between(0.002, 1).all()
    assert table["camera_pvalue"].between(0, 1).all()
    assert table["fry_pvalue"].between(0, 1).all()
    assert (out / "gsea" / "rotation.tsv").is_file()
    assert "established at FDR" in outcome.out
    assert cli("gsea", *quiet, "--test", "rotation", "--rotations", "999").code == 0
    assert read_table(out / "gsea" / "gsea.tsv")["pvalue"].isna().all()


def test_rotation_without_samples_is_refused(cli, road, tmp_path):
    table = ("--results", road.out / "de" / "results.tsv", "-o", tmp_path)
    for options in (("--test", "rotation"), ("--test", "both"), ("--also", "fry")):
        outcome = cli("gsea", *table, *options)
        assert outcome.code == 2
        assert "needs the samples that `de` leaves in the output directory" in outcome.error
    outcome = cli("gsea", "-o", road.out, "--test", "prerank", "--also", "camera")
    assert outcome.code == 2
    assert "--also needs the samples" in outcome.error
    outcome = cli("gsea", "-o", road.out, "--also", "camera,roast")
    assert outcome.code == 2
    assert "--also takes camera and fry, not 'roast'" in outcome.error


def test_labels_of_few_samples_are_not_permuted(cli, road):
    outcome = cli("gsea", "-o", road.out, "--test", "phenotype", "--no-figures")
    assert outcome.code == 3
    assert "labels can be exchanged in 9 ways only" in outcome.error
