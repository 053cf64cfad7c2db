"""The page: what stands on it, where its numbers come from, and what it never holds."""

from __future__ import annotations

import json
import re
import shutil

import pandas as pd
import pytest
from hostile_names import HOSTILE_GENE, HOSTILE_SAMPLE, SCRIPT_GENE
from page_reader import Page

from rnaseq_s6k1.io.tables import read_table, write_table
from rnaseq_s6k1.report.run_directory import RunDirectory

SECTIONS = [
    "Verdict",
    "What was compared",
    "Warnings",
    "Samples and quality",
    "Genes",
    "Gene sets",
    "Over-representation",
    "Methods",
    "Command and records",
]


@pytest.fixture(scope="module")
def page(finished):
    return Page(finished / "report.html")


def test_sections_come_in_order_with_the_verdict_first(page):
    assert page.headings == SECTIONS


def test_the_verdict_is_one_sentence_and_every_line_names_its_figure(page, finished):
    verdict = json.loads((finished / "signature" / "verdict.json").read_text())
    headline = verdict["sentence"].split(". ")[0] + "."
    assert headline in page.words
    assert len(verdict["claim"]["sources"]) == len(verdict["expectations"]) == 11
    for line, source in zip(verdict["expectations"], verdict["claim"]["sources"], strict=True):
        assert source in page.words
        assert line["why"].removesuffix(f" [{source}]") in page.words
    assert verdict["claim"]["doi"] in page.words


def test_the_comparison_says_its_direction(page):
    assert "Positive log2 fold change means higher in siS6K1 than in siNC." in page.words
    assert "~ condition" in page.words


def test_its_data_are_the_table_on_disk(page, finished):
    results = read_table(finished / "de" / "results.tsv")
    columns = page.data["genes"]["columns"]
    assert columns["gene_id"] == results["gene_id"].tolist()
    for name in ("baseMean", "log2FoldChange", "lfcSE", "stat", "pvalue", "padj"):
        embedded = pd.Series(columns[name], dtype=float)
        pd.testing.assert_series_equal(embedded, results[name], check_names=False, check_exact=True)


def test_its_numbers_follow_the_tables(copied, cli_report):
    """A table that is changed changes the page: nothing is computed or kept elsewhere."""
    gsea = read_table(copied / "gsea" / "gsea.tsv")
    gsea.loc[0, "nes"] = 7.654321
    write_table(gsea, copied / "gsea" / "gsea.tsv")
    ora = read_table(copied / "ora" / "ora.tsv")
    ora.loc[0, "odds_ratio"] = 987.654
    write_table(ora, copied / "ora" / "ora.tsv")
    samples = read_table(copied / "de" / "samples.tsv")
    samples.loc[2, ["library_size", "outlier"]] = [7_654_321, True]
    write_table(samples, copied / "de" / "samples.tsv")
    assert cli_report(copied).code == 0
    words = Page(copied / "report.html").words
    for number in ("+7.65", "988", "7,654,321"):
        assert number in words, number
    assert "1 of 6 samples stand out" in words


@pytest.fixture(scope="module")
def cli_report():
    from planted_experiment import run_cli

    return lambda folder, *options: run_cli("report", folder, *options)


def test_report_later_writes_the_same_page(copied, cli_report):
    before = (copied / "report.html").read_bytes()
    (copied / "report.html").unlink()
    assert cli_report(copied).code == 0
    assert (copied / "report.html").read_bytes() == before


def test_it_needs_nothing_from_elsewhere(page):
    for tag, attributes in page.tags:
        assert tag not in ("link", "iframe", "object", "embed", "base"), tag
        for name in ("src", "data", "srcset", "poster", "action"):
            value = attributes.get(name)
            assert value is None or value.startswith("data:"), (tag, name)
        assert not [name for name in attributes if name.startswith("on")], tag
        if tag == "a":
            assert str(attributes["href"]).startswith("#")
    assert "@import" not in page.source
    assert not re.search(r"url\((?!data:)", page.source)
    assert "default-src 'none'" in page.source


def test_links_lead_to_sections_and_ids_are_single(page):
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {a["href"] for tag, a in page.tags if tag == "a"}
    assert {link.removeprefix("#") for link in links} <= set(ids)


def test_headings_of_tables_have_a_scope(page):
    scopes = [attributes.get("scope") for tag, attributes in page.tags if tag == "th"]
    assert set(scopes) == {"col", "row"}


def test_methods_name_versions_and_cite_in_order(page, finished):
    record = json.loads((finished / "de" / "run.json").read_text())
    methods = page.words.split("Methods", 2)[2]
    assert f"rnaseq-s6k1 {record['version']}" in methods
    cited = [int(n) for group in re.findall(r"\[([\d,]+)\]", methods) for n in group.split(",")]
    assert sorted(set(cited)) == list(range(1, max(cited) + 1))
    assert max(cited) >= 8
    for reference in ("Love MI", "Zhu A", "Subramanian", "Langsrud", "Holm S", "Mo et al."):
        assert reference in methods


def test_the_command_and_the_records_are_whole(page, finished):
    record = json.loads((finished / "de" / "run.json").read_text())
    assert record["command"][:2] == ["rnaseq-s6k1", "run"]
    assert " ".join(record["command"]) in page.words
    for step in ("de", "gsea", "ora", "signature"):
        text = " ".join((finished / step / "run.json").read_text().split())
        assert text in page.words


def test_warnings_are_said(copied, cli_report):
    record = json.loads((copied / "gsea" / "run.json").read_text())
    record["warnings"] = ["a set was odd", "a set was odd"]
    (copied / "gsea" / "run.json").write_text(json.dumps(record))
    assert cli_report(copied).code == 0
    assert Page(copied / "report.html").words.count("a set was odd") == 1 + 2, "list and record"


def test_only_what_ran_has_a_section(copied, cli_report):
    for step in ("gsea", "ora", "signature"):
        shutil.rmtree(copied / step)
    assert cli_report(copied).code == 0
    page = Page(copied / "report.html")
    assert page.headings == [
        name for name in SECTIONS if name not in ("Verdict", "Gene sets", "Over-representation")
    ]
    assert "running-sums" not in page.data


def test_without_a_rotation_the_page_says_so(copied, cli_report, capsys):
    from planted_experiment import run_cli

    options = ("--test", "prerank", "--no-figures", "--quiet")
    assert run_cli("gsea", *options, "-o", copied).code == 0
    assert run_cli("signature", "--quiet", "-o", copied).code == 0
    assert cli_report(copied).code == 0
    words = Page(copied / "report.html").words
    assert "Only the preranked test ran." in words
    assert "too small" in words


def test_a_folder_that_is_no_run_is_refused(cli_report, tmp_path):
    outcome = cli_report(tmp_path)
    assert outcome.code == 1
    assert "holds no de/results.tsv" in outcome.error
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "results.tsv").write_text("gene_id\n")
    (tmp_path / "de" / "run.json").write_text("[1")
    assert cli_report(tmp_path).code == 1


def test_the_smaller_figure_is_embedded(finished):
    svg, png = (finished / "de" / "figures" / f"pca.{kind}" for kind in ("svg", "png"))
    assert svg.stat().st_size < png.stat().st_size
    (picture,) = RunDirectory(finished).pictures({"de/figures/pca": "x"})
    assert picture.name == "de/figures/pca.svg"
    assert picture.source.startswith("data:image/svg+xml;base64,")
    assert RunDirectory(finished).pictures({"de/figures/none": "x"}) == []


def test_harmful_names_are_text(hostile):
    page = Page(hostile / "report.html")
    assert HOSTILE_GENE in page.data["genes"]["columns"]["gene_id"]
    assert SCRIPT_GENE in page.data["genes"]["columns"]["gene_id"]
    assert HOSTILE_SAMPLE in page.data["quality"]["samples"]["sample"]
    assert HOSTILE_SAMPLE in page.words
    assert not [a for tag, a in page.tags if tag == "img" and a.get("src") == "x"]
    assert "b" not in {tag for tag, _ in page.tags} or "<b>siNC</b>" in page.words
    scripts = [attributes for tag, attributes in page.tags if tag == "script"]
    assert [a for a in scripts if a.get("type") != "application/json"] == [{}], (
        "only the page's own"
    )


@pytest.mark.slow
def test_a_cohort_has_its_sections(cohort):
    page = Page(cohort / "report.html")
    for heading in ("Groups and their balance", "Copy number", "Correlation", "Survival"):
        assert heading in page.headings
    survival = read_table(cohort / "survival" / "survival.tsv")
    assert f"{survival['HR'][0]:.3g}" in page.words
    balance = read_table(cohort / "stratify" / "balance.tsv")
    assert set(balance["covariate"]) - {"RPS6KB1_gistic"} <= set(page.words.split())
    images = [a for tag, a in page.tags if tag == "img"]
    assert len(images) >= 6
    assert all(image["alt"] for image in images)
