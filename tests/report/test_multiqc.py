"""What MultiQC is given, and what it makes of it."""

from __future__ import annotations

import json
import subprocess

import pandas as pd
import pytest

from rnaseq_s6k1.io.tables import read_table
from rnaseq_s6k1.report.multiqc import write_multiqc

NAMES = ("samples", "pca", "verdict", "calls", "gene_sets")


def content(folder, name):
    return json.loads((folder / "multiqc" / f"rnaseq_s6k1_{name}_mqc.json").read_text())


def test_files_hold_the_tables_numbers(finished):
    samples = read_table(finished / "de" / "samples.tsv").set_index("sample")
    for sample, row in content(finished, "samples")["data"].items():
        assert row["library_size"] == samples.loc[sample, "library_size"]
        assert row["agreement"] == samples.loc[sample, "agreement"]
    points = content(finished, "pca")["data"]
    assert {name: point["x"] for name, point in points.items()} == samples["PC1"].to_dict()
    called = read_table(finished / "de" / "degs.tsv")["direction"].tolist()
    counted = {direction: called.count(direction) for direction in ("up", "down")}
    assert content(finished, "calls")["data"] == {"siS6K1 over siNC": counted}
    gsea = read_table(finished / "gsea" / "gsea.tsv").set_index("set")
    shown = content(finished, "gene_sets")["data"]
    assert len(shown) == 25
    for name, row in shown.items():
        assert row["nes"] == gsea.loc[name, "nes"]
        assert row["rotation_padj"] == gsea.loc[name, "rotation_padj"]


def test_names_are_escaped(hostile):
    for name in NAMES:
        text = (hostile / "multiqc" / f"rnaseq_s6k1_{name}_mqc.json").read_text()
        assert "<" not in text


def test_a_section_without_its_step_is_removed(copied):
    (copied / "gsea" / "gsea.tsv").unlink()
    assert len(write_multiqc(copied)) == len(NAMES) - 1
    assert not (copied / "multiqc" / "rnaseq_s6k1_gene_sets_mqc.json").exists()


@pytest.mark.slow
def test_multiqc_renders_the_sections(installed, finished, tmp_path):
    options = ("--no-ansi", "--no-version-check", "--no-ai", "--force", "--outdir", tmp_path)
    done = subprocess.run(
        [str(installed("multiqc")), *map(str, options), str(finished)],
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    data = json.loads((tmp_path / "multiqc_data" / "multiqc_data.json").read_text())
    plots = set(data["report_plot_data"])
    assert {
        "rnaseq_s6k1_pca_plot",
        "rnaseq_s6k1_verdict_table",
        "rnaseq_s6k1_calls_plot",
        "rnaseq_s6k1_gene_sets_table",
    } <= plots
    statistics = pd.read_csv(tmp_path / "multiqc_data" / "multiqc_general_stats.txt", sep="\t")
    samples = read_table(finished / "de" / "samples.tsv")
    counts = next(name for name in statistics.columns if name.endswith("library_size"))
    assert sorted(statistics[counts].astype(int)) == sorted(samples["library_size"])
    report = (tmp_path / "multiqc_report.html").read_text(encoding="utf-8")
    for title in ("Principal components", "Verdict", "Called genes", "Gene sets"):
        assert f"{title} (siS6K1 over siNC)" in report
