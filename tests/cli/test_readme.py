"""The README stays true: its commands run, its options and files exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"<!-- run by the tests -->\n```(sh|python)\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory, planted):
    """The files the README speaks of."""
    folder = tmp_path_factory.mktemp("readme")
    planted.to_csv(folder / "counts.tsv", sep="\t")
    pd.DataFrame(
        {
            "sample": planted.columns,
            "condition": ["siNC"] * 3 + ["siS6K1"] * 3,
            "batch": ["a", "b", "a", "b", "a", "b"],
        }
    ).to_csv(folder / "samples.tsv", sep="\t", index=False)
    contrasts = re.search(r"```text\n(id,variable.*?)```", README, re.DOTALL)
    assert contrasts
    (folder / "contrasts.csv").write_text(contrasts.group(1))
    (folder / "my_sets.gmt").write_text("MINE\tmy page\t" + "\t".join(planted.index[:40]) + "\n")
    mouse = [f"ENSMUSG{number:011d}" for number in range(len(planted))]
    planted.set_axis(pd.Index(mouse, name="gene_id")).to_csv(folder / "mouse_counts.tsv", sep="\t")
    pairs = zip(mouse, planted.index, strict=True)
    (folder / "mouse_to_human.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in pairs))
    tumours = [f"T{number:02d}" for number in range(12)]
    share = np.linspace(0, 1, 12)
    mean = np.outer(planted.iloc[:, 3], 1 - share) + np.outer(planted.iloc[:, 0], share)
    counts = np.random.default_rng(0).poisson(mean)
    pd.DataFrame(counts, index=planted.index, columns=tumours).to_csv(
        folder / "cohort.tsv", sep="\t"
    )
    pd.DataFrame(
        {
            "sample": tumours,
            "ER": ["pos", "neg"] * 6,
            "subtype": ["LumA", "LumB"] * 6,
            "RPS6KB1_gistic": [0] * 5 + [1] * 4 + [2] * 3,
            "MYC_gistic": [2, 0, 0, -2] * 3,
            "OS": [1, 1, 0] * 4,
            "OS.time": [900, 400, 1500, 800, 300, 1200, 500, 350, 1000, 250, 150, 700],
        }
    ).to_csv(folder / "clinical.tsv", sep="\t", index=False)
    return folder


def _commands(block: str) -> list[list[str]]:
    joined = block.replace("\\\n", " ")
    return [shlex.split(line, comments=True) for line in joined.splitlines() if line.strip()]


def test_its_shortest_way_runs(cli, workplace, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "counts.tsv").symlink_to(workplace / "counts.tsv")
    _, block = _BLOCK.findall(README)[0]
    for _, *arguments in _commands(block):
        figures = ["--no-figures"] if arguments[0] in ("de", "gsea") else []
        outcome = cli(*arguments, *figures)
        assert outcome.code == 0, (arguments, outcome.err)
    for name in re.findall(r"`((?:de|gsea|ora|signature)/[a-z]+\.[a-z]+)`", README):
        assert (tmp_path / "s6k1_results" / name).is_file(), name


@pytest.mark.slow
def test_its_blocks_run_in_order(cli, workplace, monkeypatch):
    monkeypatch.chdir(workplace)
    blocks = _BLOCK.findall(README)
    assert len(blocks) >= 8
    names: dict[str, object] = {}
    for language, block in blocks:
        if language == "python":
            exec(compile(block, "README.md", "exec"), names)
            continue
        for program, *arguments in _commands(block):
            assert program == "rnaseq-s6k1"
            outcome = cli(*arguments)
            assert outcome.code == 0, (arguments, outcome.err)
    assert len(names["result"].table) == 600
    assert names["sets"].table["set"].str.startswith("HALLMARK_").all()
    assert names["both"].parameters.reduced == "~ batch"
    assert names["small"].parameters.alternative == "lessAbs"
    assert (workplace / "s6k1_results" / "signature" / "verdict.json").is_file()
    assert (workplace / "results" / "signature" / "verdict.json").is_file()
    assert (workplace / "out" / "knockdown_by_batch" / "de" / "results.tsv").is_file()
    assert (workplace / "results" / "score" / "scores.h5ad").is_file()
    assert (workplace / "compared" / "concord" / "concord.json").is_file()
    assert (workplace / "mouse" / "signature" / "verdict.json").is_file()
    broad = workplace / "as_the_broad" / "gsea" / "broad"
    assert (broad / "gsea_report_for_na_pos.tsv").is_file()
    assert (broad / "edb" / "results.edb").is_file()


def test_every_command_and_option_of_it_exists(cli):
    commands = [
        words
        for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
        for words in _commands(block)
        if words[0] == "rnaseq-s6k1" and not words[1].startswith("-")
    ]
    assert len(commands) >= 12
    for words in commands:
        path = words[1:3] if words[1] in ("genesets", "cohort") else words[1:2]
        known = cli(*path, "--help")
        assert known.code == 0, words
        for option in (word for word in words if re.fullmatch(r"-{1,2}[a-z][a-z-]*", word)):
            assert option in known.out, (words, option)
    everything = "".join(
        cli(*path, "--help").out
        for path in (
            *(["run"], ["gsea"], ["ora"], ["stratify"], ["correlate"], ["survival"], ["bridge"]),
            *(["score"], ["concord"]),
            *(["genesets", "fetch"], []),
            *(
                ["cohort", name]
                for name in ("fetch", "alterations", "exclusivity", "groups", "protein")
            ),
        )
    )
    for option in set(re.findall(r"`(--[a-z][a-z-]*)", README)):
        assert option in everything or option == "--help", option


def test_the_table_of_commands_is_complete(cli):
    table = README.split("### Commands")[1].split("Every command explains")[0]
    listed = set(re.findall(r"^\| `([a-z]+)", table, re.MULTILINE))
    offered = cli("--help").out.split("Commands:")[1]
    assert listed == set(re.findall(r"^  ([a-z]+) ", offered, re.MULTILINE))


def test_its_links_lead_to_files_and_its_figure_is_small():
    links = re.findall(r"\]\(((?!http)[^)#]+)\)", README)
    assert links
    for link in links:
        assert (ROOT / link).exists(), link
    figure = ROOT / re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)[0]
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert figure.stat().st_size < 300_000
