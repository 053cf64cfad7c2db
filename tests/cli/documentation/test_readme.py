"""The README stays true: its commands run, its options and files exist; so do all pages'."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from marked_blocks import RUN, commands, find_blocks

ROOT = Path(__file__).resolve().parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_its_shortest_way_runs(cli, workplace, readme):
    first = next(block for block in find_blocks(readme) if block.mark == RUN)
    for _, *arguments in commands(first):
        figures = ["--no-figures"] if arguments[0] in ("de", "gsea") else []
        outcome = cli(*arguments, *figures)
        assert outcome.code == 0, (arguments, outcome.err)
    for name in re.findall(r"`((?:de|gsea|ora|signature)/[a-z]+\.[a-z]+)`", readme):
        assert (workplace / "s6k1_results" / name).is_file(), name


@pytest.mark.slow
def test_its_blocks_run_in_order(readme, readme_folder):
    workplace, done = readme_folder
    assert sum(block.mark == RUN for block in find_blocks(readme)) >= 8
    names = done.names
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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_and_option_of_a_page_exists(cli, page):
    called = [
        words
        for block in find_blocks(page.read_text(encoding="utf-8"))
        if block.language == "sh"
        for words in commands(block)
        if words[0] == "rnaseq-s6k1" and not words[1].startswith("-")
    ]
    assert len(called) >= 12 or page.name != "README.md"
    for words in called:
        path = words[1:3] if words[1] in ("genesets", "cohort") else words[1:2]
        known = cli(*path, "--help")
        assert known.code == 0, words
        for option in (word for word in words if re.fullmatch(r"-{1,2}[a-z][a-z-]*", word)):
            assert option in known.out, (words, option)


def test_every_option_in_its_text_exists(cli, readme):
    everything = "".join(
        cli(*path, "--help").out
        for path in (
            *(
                ["run"],
                ["gsea"],
                ["ora"],
                ["stratify"],
                ["screen"],
                ["correlate"],
                ["survival"],
                ["bridge"],
            ),
            *(["score"], ["concord"], ["report"]),
            *(["genesets", "fetch"], []),
            *(
                ["cohort", name]
                for name in ("fetch", "alterations", "exclusivity", "groups", "protein")
            ),
        )
    )
    for option in set(re.findall(r"`(--[a-z][a-z-]*)", readme)):
        assert option in everything or option == "--help", option


def test_the_table_of_commands_is_complete(cli, readme):
    table = readme.split("### Commands")[1].split("Every command explains")[0]
    listed = set(re.findall(r"^\| `([a-z]+)", table, re.MULTILINE))
    offered = cli("--help").out.split("Commands:")[1]
    assert listed == set(re.findall(r"^  ([a-z]+) ", offered, re.MULTILINE))


def test_its_links_lead_to_files_and_its_figure_is_small(readme):
    links = re.findall(r"\]\(((?!http)[^)#]+)\)", readme)
    assert links
    for link in links:
        assert (ROOT / link).exists(), link
    figure = ROOT / re.findall(r"!\[[^\]]+\]\(([^)]+)\)", readme)[0]
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert figure.stat().st_size < 300_000
