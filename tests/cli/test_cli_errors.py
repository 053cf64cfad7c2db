"""Exit codes and error lines: each error is one line, the last one, without a traceback."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pandas as pd
import pytest

COMMANDS = (
    "run", "de", "gsea", "ora", "signature", "stratify", "validate", "simulate", "demo",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["de", "x.tsv", "--foo"], "no such option: --foo"),
        (["frobnicate"], "no such command 'frobnicate'; see `rnaseq-s6k1 --help`"),
        (["de"], "missing argument 'COUNTS'; see `rnaseq-s6k1 de --help`"),
        (["de", "x.tsv", "y.tsv"], "unexpected extra argument"),
        (["de", "x.tsv", "--format", "bam"], "'bam' is not one of 'auto', 'delimited'"),
        (["de", "x.tsv", "--seed", "-1"], "invalid value for '--seed'"),
        (["gsea", "--alpha", "5"], "--alpha must lie between 0 and 1, not 5"),
        (["ora", "--alpha", "nan"], "--alpha must lie between 0 and 1, not nan"),
        (["gsea", "--gene-sets", "hallmark,go_bp"], "repeat the option for more"),
        (["gsea", "--min-size", "9", "--max-size", "8"], "--min-size 9 is above --max-size 8"),
        (["run", "x.tsv", "--gene-sets", "halmark"], "no gene-set collection is called 'halmark'"),
        (["gsea", "--rnk", "a", "--results", "b"], "--rnk and --results exclude each other"),
        (["gsea", "--id-map", "a"], "--id-map here maps the genes of --rnk or --results"),
        (["ora", "--genes", "a"], "--genes and --universe go together"),
        (["ora", "--id-map", "a"], "--id-map here maps the genes of --results"),
        (
            ["ora", "--genes", "a", "--universe", "b", "--results", "c"],
            "--genes takes neither --results nor --id-map",
        ),
        (["gsea", "--seed", "9" * 30], "invalid value for '--seed'"),
        (["signature", "--card", "none"], "neither a card of this package (her2-resistance"),
        (["run", "x.tsv", "--cut", "median"], "name the gene with --stratify"),
        (["genesets", "show", "E2F"], "did you mean HALLMARK_E2F_TARGETS"),
    ],
)
def test_usage_errors_exit_2(cli, arguments, says):
    outcome = cli(*arguments)
    assert outcome.code == 2
    assert says in outcome.error
    assert outcome.out == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--where", "line=MCF7"], "--where names columns of a sample sheet"),
        (["--covariates", "batch"], "--covariates names columns of a sample sheet"),
        (["--factor", "treatment"], "needs a sample sheet (--samples)"),
        (["--reference", "mock"], "--reference 'mock' is no group among the sample names"),
        (["--design", "~ nothing"], "no column 'nothing'"),
        (["--alpha", "2"], "--alpha must lie between 0 and 1"),
        (["--lfc", "nan"], "--lfc must be 0 or more"),
    ],
)
def test_usage_errors_of_a_comparison_exit_2(cli, counts_file, arguments, says):
    outcome = cli("de", counts_file, *arguments)
    assert outcome.code == 2
    assert says in outcome.error


def test_data_errors_exit_1(cli, tmp_path, counts_file):
    (tmp_path / "empty.tsv").write_text("")
    for arguments, says in (
        (["de", "none.tsv"], "none.tsv: no such file or folder"),
        (["de", "empty.tsv"], "empty.tsv: the file is empty"),
        (["de", "/dev/null"], "/dev/null: not a regular file"),
        (["gsea"], "run `rnaseq-s6k1 de COUNTS --out s6k1_results` first"),
        (["signature"], "run `rnaseq-s6k1 de COUNTS --out s6k1_results` first"),
        (["gsea", "--rnk", "none.rnk"], "none.rnk: no such file"),
        (["de", counts_file, "--samples", "none.tsv"], "none.tsv"),
        (["de", counts_file, "--contrasts", "none.csv"], "none.csv: no such file"),
        (["stratify", counts_file, "--gene", "NOGENE"], "gene 'NOGENE' is not among the 600"),
    ):
        outcome = cli(*arguments)
        assert outcome.code == 1, arguments
        assert says in outcome.error
    assert not (tmp_path / "s6k1_results").exists(), "a refused command leaves nothing"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_named(cli, counts_file):
    counts_file.chmod(0)
    outcome = cli("de", counts_file)
    assert outcome.code == 1
    assert "counts.tsv" in outcome.error


@pytest.mark.parametrize("command", ["de", "simulate", "gsea", "stratify"])
@pytest.mark.parametrize("out", ["taken", "taken/below"])
def test_an_out_that_is_a_file_is_refused_before_any_work(cli, tmp_path, counts_file, command, out):
    (tmp_path / "taken").write_text("mine")
    given = [counts_file] if command in ("de", "stratify") else []
    outcome = cli(command, *given, "--out", out)
    assert outcome.code == 1
    assert outcome.error == f"--out {out}: taken is a file; name another directory"
    assert outcome.err.count("\n") == 1, "nothing was read"
    assert (tmp_path / "taken").read_text() == "mine"


def test_model_errors_exit_3(cli, tmp_path, planted, counts_file):
    planted.iloc[:, [0, 3]].to_csv(tmp_path / "two.tsv", sep="\t")
    outcome = cli("de", tmp_path / "two.tsv", "--no-figures")
    assert outcome.code == 3
    assert "replicate" in outcome.error
    sheet = pd.DataFrame(
        {
            "sample": planted.columns,
            "treatment": ["siNC"] * 3 + ["siS6K1"] * 3,
            "day": ["mon"] * 3 + ["tue"] * 3,
        }
    )
    sheet.to_csv(tmp_path / "sheet.tsv", sep="\t", index=False)
    outcome = cli(
        "validate", counts_file, "--samples", "sheet.tsv", "--design", "~ day + treatment"
    )
    assert outcome.code == 3
    assert "day" in outcome.error
    assert "treatment" in outcome.error


def test_the_unexpected_is_one_line_and_a_traceback_on_request(cli, counts_file, monkeypatch):
    def fail(*_arguments, **_options):
        raise RuntimeError("two\nlines")

    monkeypatch.setattr("rnaseq_s6k1.io.counts.read_counts", fail)
    outcome = cli("de", counts_file)
    assert outcome.code == 1
    assert outcome.error.startswith("unexpected RuntimeError: two lines; run it again with --debug")
    outcome = cli("de", counts_file, "--debug")
    assert outcome.code == 1
    assert "Traceback" in outcome.err
    assert outcome.err.splitlines()[-1] == (
        "rnaseq-s6k1: error: unexpected RuntimeError: two lines"
    )


def test_debug_keeps_the_exit_code(cli):
    outcome = cli("de", "none.tsv", "--debug")
    assert outcome.code == 1
    assert "Traceback" in outcome.err


def test_no_command_shows_the_help(cli):
    outcome = cli()
    assert outcome.code == 2
    assert "Usage: rnaseq-s6k1" in outcome.err
    assert "error" not in outcome.err


def test_version(cli):
    from rnaseq_s6k1 import __version__

    for arguments in (["--version"], ["de", "--version"]):
        assert cli(*arguments).out == f"rnaseq-s6k1 {__version__}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_the_common_options_and_an_example(cli, command):
    outcome = cli(command, "--help")
    assert outcome.code == 0
    text = " ".join(outcome.out.split())
    assert f"Example: rnaseq-s6k1 {command}" in text
    for option in ("--out", "--seed", "--jobs", "--figures", "--quiet", "--verbose", "--debug"):
        assert option in text


def test_the_options_of_the_examples_exist(cli):
    for command in COMMANDS:
        text = " ".join(cli(command, "--help").out.split())
        example = re.search(r"Example: rnaseq-s6k1 (.*?) Options:|Example: (.*?) Arguments:", text)
        assert example, command
        options = re.findall(r"--?[a-z][a-z-]*", example.group(0).split(" Arguments:")[0])
        for option in options:
            if option not in ("-s6k1", "--"):
                assert text.count(option) >= 2 or option == "-o", (command, option)


def test_help_imports_nothing_heavy():
    script = (
        "import sys\n"
        "from rnaseq_s6k1.cli.main import main\n"
        f"for name in {COMMANDS!r} + ('',):\n"
        "    try:\n"
        "        main([name, '--help'] if name else ['--help'])\n"
        "    except SystemExit as stop:\n"
        "        assert stop.code == 0\n"
        "heavy = {'pandas', 'numpy', 'anndata', 'scipy', 'matplotlib', 'numba', 'gseapy'}\n"
        "found = heavy & set(sys.modules)\n"
        "assert not found, found\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
