"""Where the workflow can run: profiles, Slurm, its report, and its environment."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = ROOT / "pipelines" / "snakemake"
TEST_CONFIG = WORKFLOW / "tests" / "config" / "config.yaml"


def program(folder: Path, *arguments: str, timeout: int = 900) -> subprocess.CompletedProcess[str]:
    """Run a Python program in a folder, with this interpreter's programs first on PATH."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | {"PATH": path, "XDG_CACHE_HOME": str(folder / ".cache")},
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )


def snakemake(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the test configuration."""
    asked = ("--snakefile", str(WORKFLOW / "Snakefile"), "--configfile", str(TEST_CONFIG))
    return program(folder, "-m", "snakemake", *asked, *arguments)


@pytest.fixture
def installed(absent):
    """Go on where these modules are installed."""

    def check(*modules: str) -> None:
        for name in modules:
            if importlib.util.find_spec(name) is None:
                absent(f"{name} is not installed (dependency group pipeline)")

    return check


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["local", "slurm"])
def test_the_test_configuration_is_planned_with_each_profile(profile, tmp_path, installed):
    installed("snakemake", "snakemake_executor_plugin_slurm")
    done = snakemake(
        tmp_path, "--workflow-profile", str(WORKFLOW / "profiles" / profile), "--dry-run"
    )
    assert done.returncode == 0, done.stderr
    for rule, count in {"de": 2, "stratified": 1, "collection": 6, "verdicts": 1}.items():
        assert done.stdout.count(f"rule {rule}:") == count
    assert "high_over_low/collections/cell_cycle" in done.stdout


@pytest.mark.parametrize("profile", ["local", "slurm", "kubernetes"])
def test_the_settings_of_a_profile_are_options_of_snakemake(profile, installed):
    installed("snakemake", "snakemake_executor_plugin_slurm")
    settings = yaml.safe_load((WORKFLOW / "profiles" / profile / "config.yaml").read_text("utf-8"))
    said = program(ROOT, "-m", "snakemake", "--help").stdout
    known = set(re.findall(r"--([a-z][a-z-]+)", said))
    assert set(settings) <= known


@pytest.mark.slow
def test_tables_under_slurm_are_those_of_the_local_run(tmp_path, installed, absent):
    installed("snakemake", "snakemake_executor_plugin_slurm")
    done = program(tmp_path, str(WORKFLOW / "tests" / "compare_with_slurm.py"), "out")
    if done.returncode == 3:
        absent(done.stdout.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    log = (tmp_path / "out" / "log.txt").read_text(encoding="utf-8")
    assert "22 jobs of Slurm completed, 0 did not" in log
    found = re.search(r"(\d+) tables here, (\d+) under Slurm, 0 differ", log)
    assert found is not None
    assert found[1] == found[2]
    assert int(found[1]) > 60


@pytest.mark.slow
def test_the_report_shows_the_key_results(tmp_path, installed):
    installed("snakemake")
    (tmp_path / "experiments.tsv").write_text(
        "experiment\tcounts\tsamples\tfactor\treference\ttarget\n"
        "null\tsimulated/null/simulate/counts.tsv\tsimulated/null/simulate/samples.tsv\t"
        "condition\tsiNC\tsiS6K1\n",
        encoding="utf-8",
    )
    (tmp_path / "settings.yaml").write_text(
        "experiments: experiments.tsv\nfigures: true\ncollections: {cell_cycle: kegg_cell_cycle}\n",
        encoding="utf-8",
    )
    asked = ("-m", "snakemake", "--snakefile", str(WORKFLOW / "Snakefile"), "--configfile",
             "settings.yaml", "--cores", "2")  # fmt: skip
    done = program(tmp_path, *asked)
    assert done.returncode == 0, done.stderr
    verdicts = (tmp_path / "results" / "verdicts.tsv").read_text(encoding="utf-8").splitlines()
    assert verdicts[0].startswith("comparison\tup\tdown\tcard\tsignature")
    assert verdicts[1].startswith("null\t0\t0\ts6k1-knockdown\t")
    for step in ("de", "gsea", "ora", "signature", "collections/cell_cycle"):
        times = (tmp_path / "benchmarks" / "null" / f"{step}.tsv").read_text(encoding="utf-8")
        assert times.startswith("s\th:m:s\tmax_rss")
    index = (tmp_path / "results" / "index.html").read_text(encoding="utf-8")
    assert '<a href="null/report.html">null</a>' in index
    assert (tmp_path / "results" / "null" / "report.html").stat().st_size > 100_000
    done = program(tmp_path, *asked, "--report", "report.html")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for heading in ("1. Verdict", "2. Differential expression", "3. Gene sets"):
        assert heading in page
    shown = ("verdicts.tsv", "index.html", "verdict.tsv", "degs.tsv", "volcano.png")
    for file in (*shown, "gsea.tsv", "ora.tsv"):
        assert f"Adding {file}" in done.stdout + done.stderr


@pytest.mark.parametrize("file", ["environment.yaml", "envs/rnaseq-s6k1.yaml"])
def test_the_conda_environments_have_what_the_package_needs(file):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {line.replace(" ", "") for line in project["dependencies"]}
    environment = yaml.safe_load((WORKFLOW / file).read_text(encoding="utf-8"))
    given = {line.replace(" ", "") for line in environment["dependencies"]}
    given = {line.replace("matplotlib-base", "matplotlib") for line in given}
    assert wanted <= given
    assert f"python{project['requires-python']}" in given
