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
    row = "siS6K1 over siNC (~ condition, n = 6)"
    assert content(finished, "calls")["data"] == {row: counted}
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
def test_multiqc_renders_the_sections_of_several_comparisons(installed, finished, cohort, tmp_path):
    options = ("--no-ansi", "--no-version-check", "--no-ai", "--force", "--outdir", tmp_path)
    done = subprocess.run(
        [str(installed("multiqc")), *map(str, options), str(finished), str(cohort)],
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    data = json.loads((tmp_path / "multiqc_data" / "multiqc_data.json").read_text())
    plots = set(data["report_plot_data"])
    report = (tmp_path / "multiqc_report.html").read_text(encoding="utf-8")
    for folder, title in ((finished, "siS6K1 over siNC"), (cohort, "high over low")):
        for name in ("pca", "verdict", "gene_sets"):
            assert content(folder, name)["pconfig"]["id"] in plots
        for section in ("Principal components", "Verdict", "Gene sets"):
            assert f"{section} ({title})" in report
        assert content(folder, "calls")["data"].items() <= _rows_of_calls(tmp_path).items()
    assert report.count("Called genes") >= 1
    statistics = pd.read_csv(tmp_path / "multiqc_data" / "multiqc_general_stats.txt", sep="\t")
    samples = pd.concat(read_table(run / "de" / "samples.tsv") for run in (finished, cohort))
    counts = next(name for name in statistics.columns if name.endswith("library_size"))
    assert sorted(statistics[counts].astype(int)) == sorted(samples["library_size"])


def _rows_of_calls(folder):
    """The numbers of called genes that MultiQC drew, by row."""
    path = folder / "multiqc_data" / "multiqc_rnaseq_s6k1_calls_plot.txt"
    table = pd.read_csv(path, sep="\t", index_col=0)
    return {
        str(row): {name: int(number) for name, number in numbers.items()}
        for row, numbers in table.to_dict("index").items()
    }
