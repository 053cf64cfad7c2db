"""The Snakemake workflow against the command line, and against hostile tables."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

SNAKEFILE = Path(__file__).resolve().parents[2] / "pipelines" / "snakemake" / "Snakefile"
CONFIG = "experiments: experiments.tsv\nfigures: false\nseed: 3\nlfc: 0.5\n"
SETTINGS = ("--no-figures", "--seed", "3", "--lfc", "0.5", "--jobs", "2")
# run.json holds times, and .h5ad the versions of its writer's libraries.
TABLES = ("*.tsv", "*.tsv.gz", "*.rnk", "verdict.json")

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def installed(absent):
    """Go on where Snakemake is installed."""
    if importlib.util.find_spec("snakemake") is None:
        absent("snakemake is not installed (dependency group pipeline)")


def run_program(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module of this interpreter in a folder, with its programs first on PATH."""
    programs = str(Path(sys.executable).parent)
    environment = os.environ | {
        "PATH": os.pathsep.join([programs, os.environ.get("PATH", os.defpath)]),
        "XDG_CACHE_HOME": str(folder / ".cache"),
    }
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


def snakemake(folder: Path, table: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the workflow on this table of experiments."""
    (folder / "experiments.tsv").write_text(table, encoding="utf-8")
    (folder / "settings.yaml").write_text(CONFIG, encoding="utf-8")
    asked = ["--snakefile", str(SNAKEFILE), "--configfile", "settings.yaml", "--cores", "2"]
    return run_program(folder, "snakemake", *asked, *arguments)


def command_line(folder: Path, *arguments: str) -> None:
    """Call rnaseq-s6k1, which must succeed."""
    done = run_program(folder, "rnaseq_s6k1", *arguments)
    assert done.returncode == 0, done.stderr


def simulated(samples: list[str], treated: np.ndarray, seed: int) -> pd.DataFrame:
    """Negative-binomial counts of genes from the shipped sets, E2F targets lower in `treated`."""
    from rnaseq_s6k1.enrichment.collections import read_gene_sets

    collections = read_gene_sets(["hallmark", "kegg_cell_cycle"])
    sets = {name: found.genes for group in collections.values() for name, found in group.items()}
    core = {
        gene
        for name in ("HALLMARK_E2F_TARGETS", "HALLMARK_G2M_CHECKPOINT", "HALLMARK_MYC_TARGETS_V1",
                     "HALLMARK_MYC_TARGETS_V2", "KEGG_CELL_CYCLE")
        for gene in sets[name][:40]
    }  # fmt: skip
    others = sorted({gene for genes in sets.values() for gene in genes} - core)
    rng = np.random.default_rng(seed)
    drawn = rng.choice(others, 400 - len(core), replace=False).tolist()
    genes = sorted({*core, *drawn, "RPS6KB1", "MYC", "CCNE1"})
    lowered = np.isin(genes, [*sets["HALLMARK_E2F_TARGETS"], "RPS6KB1"])
    mean = np.exp(rng.normal(6.5, 1.0, len(genes)))
    mu = mean[:, None] * 2.0 ** (-1.5 * lowered[:, None] * treated)
    size = 1.0 / (0.03 + 3.0 / mu)  # dispersion falls with the mean, as in real libraries
    counts = rng.negative_binomial(size, size / (size + mu))
    return pd.DataFrame(counts, index=pd.Index(genes, name="gene_id"), columns=samples)


def write_knockdown(folder: Path) -> None:
    """Write six named samples without a sheet, and eight with one in which two stand apart."""
    names = ["siNC_1", "siNC_2", "siNC_3", "siS6K1_1", "siS6K1_2", "siS6K1_3"]
    simulated(names, np.arange(6) >= 3, 1).to_csv(folder / "named.tsv.gz", sep="\t")
    names = [f"s{number}" for number in range(8)]
    sheet = pd.DataFrame(
        {
            "sample": names,
            "treatment": ["no drug", "drug"] * 4,
            "batch": list("aabbaabb"),
            "line": ["MCF-7"] * 6 + ["T47D"] * 2,
        }
    )
    sheet.to_csv(folder / "sheet.tsv", sep="\t", index=False)
    simulated(names, np.arange(8) % 2, 2).to_csv(folder / "sheet counts.tsv", sep="\t")


def write_cohort(folder: Path) -> None:
    """Write twelve tumours whose RPS6KB1 falls by degrees, with a covariate."""
    names = [f"tumour{number}" for number in range(12)]
    simulated(names, np.linspace(0.0, 1.0, 12), 4).to_csv(folder / "cohort.tsv", sep="\t")
    sheet = pd.DataFrame({"sample": names, "ER": ["pos", "neg", "pos"] * 4})
    sheet.to_csv(folder / "cohort_sheet.tsv", sep="\t", index=False)


def assert_same_tables(mine: Path, other: Path, expected: int) -> None:
    """Both folders hold the same tables, byte for byte."""

    def tables(folder: Path) -> dict[str, bytes]:
        paths = {path for pattern in TABLES for path in folder.rglob(pattern)}
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(paths)}

    here, there = tables(mine), tables(other)
    assert list(here) == list(there)
    assert len(here) == expected, list(here)
    assert [name for name in here if here[name] != there[name]] == []


def test_two_experiments_give_the_tables_of_the_command_line(tmp_path):
    write_knockdown(tmp_path)
    done = snakemake(
        tmp_path,
        "experiment\tcounts\tsamples\tfactor\treference\ttarget\tcovariates\twhere\tcard\n"
        "named\tnamed.tsv.gz\t\t\t\t\t\t\t\n"
        "by_sheet\tsheet counts.tsv\tsheet.tsv\ttreatment\tno drug\tdrug\tbatch\tline=MCF-7\t"
        "s6k1-high\n",
    )
    assert done.returncode == 0, done.stderr
    command_line(tmp_path, "run", "named.tsv.gz", *SETTINGS, "-o", "direct/named")
    command_line(
        tmp_path, "run", "sheet counts.tsv", *SETTINGS, "-o", "direct/by_sheet",
        "--samples", "sheet.tsv", "--factor", "treatment", "--reference", "no drug",
        "--target", "drug", "--covariates", "batch", "--where", "line=MCF-7",
        "--card", "s6k1-high",
    )  # fmt: skip
    for name in ("named", "by_sheet"):
        assert_same_tables(tmp_path / "results" / name, tmp_path / "direct" / name, 18)
        for step in ("de", "gsea", "ora", "signature"):
            assert "written to results/" in (tmp_path / f"logs/{name}/{step}.log").read_text()
        assert (tmp_path / "results" / name / "report.html").is_file()
    index = (tmp_path / "results" / "index.html").read_text(encoding="utf-8")
    assert index.index('href="named/report.html"') < index.index('href="by_sheet/report.html"')
    again = snakemake(tmp_path, (tmp_path / "experiments.tsv").read_text())
    assert "Nothing to be done" in again.stderr
    table = "experiment\tcounts\tcard\nnamed\t{}\ts6k1-high\n"
    gone = snakemake(tmp_path, table.format("gone.tsv"))
    assert "experiment named: counts: there is no file 'gone.tsv'" in gone.stderr
    new_card = snakemake(tmp_path, table.format("named.tsv.gz"), "--dry-run")
    jobs = [line for line in new_card.stdout.splitlines() if line.startswith("rule ")]
    summary = ["rule all:", "rule index:", "rule page:", "rule signature:", "rule verdicts:"]
    assert sorted(jobs) == summary


def test_a_cohort_split_by_a_gene_gives_the_tables_of_the_command_line(tmp_path):
    write_cohort(tmp_path)
    done = snakemake(
        tmp_path,
        "experiment\tcounts\tsamples\tstratify\tcut\tcovariates\tcard\n"
        "cohort\tcohort.tsv\tcohort_sheet.tsv\tRPS6KB1\tmedian\tER\ts6k1-high\n",
    )
    assert done.returncode == 0, done.stderr
    command_line(
        tmp_path, "run", "cohort.tsv", *SETTINGS, "-o", "direct", "--samples", "cohort_sheet.tsv",
        "--stratify", "RPS6KB1", "--cut", "median", "--covariates", "ER", "--card", "s6k1-high",
    )  # fmt: skip
    assert_same_tables(tmp_path / "results" / "cohort", tmp_path / "direct", 23)
    verdict = (tmp_path / "results/cohort/signature/verdict.json").read_text(encoding="utf-8")
    assert '"by construction"' in verdict


def test_values_of_the_table_are_never_code(tmp_path):
    write_knockdown(tmp_path)
    counts = "-my $(touch a) 'b; touch b.tsv"
    (tmp_path / "named.tsv.gz").unlink()
    (tmp_path / "sheet counts.tsv").rename(tmp_path / counts)
    levels = {"no drug": "$(touch c)", "drug": "`touch d`' {input} && touch e; \\"}
    sheet = pd.read_csv(tmp_path / "sheet.tsv", sep="\t")
    sheet["treatment"] = sheet["treatment"].map(levels)
    sheet.to_csv(tmp_path / "$(touch f).tsv", sep="\t", index=False)
    (tmp_path / "sheet.tsv").unlink()
    before = {path.name for path in tmp_path.iterdir()}
    done = snakemake(
        tmp_path,
        "experiment\tcounts\tsamples\tfactor\treference\ttarget\n"
        f"hostile\t{counts}\t$(touch f).tsv\ttreatment\t{levels['no drug']}\t{levels['drug']}\n",
    )
    assert done.returncode == 0, done.stderr
    made = {path.name for path in tmp_path.iterdir()} - before
    assert made <= {
        "experiments.tsv", "settings.yaml", "results", "logs", "benchmarks", ".snakemake", ".cache"
    }  # fmt: skip
    log = (tmp_path / "logs/hostile/de.log").read_text(encoding="utf-8")
    assert "`touch d`' {input} && touch e; \\ (n = 4) over $(touch c) (n = 4)" in log


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            "experiment\tcounts\n../out\tcounts.tsv\n",
            "experiments.tsv: line 2: experiment: '../out' does not fit; it names a folder: ",
        ),
        (
            "experiment\tcounts\tfactr\none\tcounts.tsv\tx\n",
            "experiments.tsv: line 1: unknown column 'factr' (did you mean factor?)",
        ),
        ("experiment\tcounts\n$(touch pwned)\tcounts.tsv\n", "'$(touch pwned)' does not fit"),
    ],
)
def test_a_malformed_table_ends_in_one_readable_line(tmp_path, table, message):
    (tmp_path / "counts.tsv").touch()
    done = snakemake(tmp_path, table)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "results").exists()
    assert not (tmp_path / "pwned").exists()


def test_a_wrong_setting_ends_in_one_readable_line(tmp_path):
    done = snakemake(tmp_path, "experiment\tcounts\none\tcounts.tsv\n", "--config", "sead=4")
    assert done.returncode == 1
    assert "config: unknown setting 'sead' (did you mean seed?)" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_experiment_that_cannot_be_read_says_why_in_its_log(tmp_path):
    (tmp_path / "bad.tsv").write_text("gene\tctrl_1\tctrl_2\tkd_1\tkd_2\nA\t1\t-2\t3\t4\n")
    done = snakemake(tmp_path, "experiment\tcounts\nbad\tbad.tsv\n", "--show-failed-logs")
    assert done.returncode == 1
    log = (tmp_path / "logs/bad/de.log").read_text(encoding="utf-8")
    assert "rnaseq-s6k1: error: bad.tsv" in log
    assert "rnaseq-s6k1: error: bad.tsv" in done.stderr


def test_the_example_is_planned_as_shipped_and_lint_is_silent(tmp_path):
    plan = run_program(tmp_path, "snakemake", "--snakefile", str(SNAKEFILE), "--cores", "1", "-n")
    assert plan.returncode == 0, plan.stderr
    for rule, count in {"simulate": 2, "de": 2, "gsea": 2, "ora": 2, "signature": 2}.items():
        assert plan.stdout.count(f"rule {rule}:") == count
    lint = run_program(tmp_path, "snakemake", "--snakefile", str(SNAKEFILE), "--lint")
    assert lint.returncode == 0, lint.stderr + lint.stdout
    assert "Congratulations" in lint.stdout + lint.stderr
