"""The page that leads to several reports: its rows, its links, and what it never holds."""

from __future__ import annotations

import json
import shutil
from urllib.parse import unquote

import pandas as pd
import pytest
from hostile_names import ODD
from page_reader import Page
from planted_experiment import SAMPLES, make_counts, run_cli

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.tables import read_table, write_table
from rnaseq_s6k1.report.index import find_runs, write_index


@pytest.fixture(scope="module")
def page(several):
    return Page(several / "index.html")


def links(page):
    return [str(attributes["href"]) for tag, attributes in page.tags if tag == "a"][1:]


def test_every_run_has_a_row_in_both_tables(page):
    assert page.headings == ["Comparisons and verdicts", "Core gene sets of the cards"]
    assert page.words.count("knockdown siS6K1") == 1
    assert "5 runs" in page.words
    for name in ("knockdown", "tumours", "only_de", "only_gsea"):
        assert sum(text.strip() == name for text in page.text) == 2, name


def test_links_lead_to_the_reports_from_where_the_index_lies(page, several, tmp_path):
    for address in links(page):
        assert (several / unquote(address)).is_file(), address
    assert "knockdown/report.html" in links(page)
    assert len(links(page)) == 3, "two runs have no report"
    assert page.words.count("— no report.html") == 2
    elsewhere = tmp_path / "a" / "b" / "index.html"
    write_index([shutil.copytree(several / "knockdown", tmp_path / "knockdown")], elsewhere)
    assert links(Page(elsewhere)) == ["../../knockdown/report.html"]


def test_names_are_never_markup_or_an_address_of_another_kind(page, several, tmp_path):
    assert ODD in page.words
    assert "b" not in {tag for tag, _ in page.tags}
    folder = tmp_path / "javascript:alert(1)"
    shutil.copytree(several / "knockdown", folder)
    index = write_index([folder], tmp_path / "index.html")
    assert links(Page(index)) == ["javascript%3Aalert%281%29/report.html"]


def test_numbers_are_those_of_the_tables(several, tmp_path):
    folder = tmp_path / "changed"
    shutil.copytree(several / "knockdown", folder)
    gsea = read_table(folder / "gsea" / "gsea.tsv")
    chosen = gsea["set"] == "HALLMARK_E2F_TARGETS"
    gsea.loc[chosen, ["nes", "rotation_padj"]] = [7.654, 0.0123]
    gsea.loc[gsea["set"] == "KEGG_CELL_CYCLE", "rotation_padj"] = None
    gsea = gsea[gsea["set"] != "HALLMARK_G2M_CHECKPOINT"]
    write_table(gsea, folder / "gsea" / "gsea.tsv")
    results = read_table(folder / "de" / "results.tsv")
    results["direction"] = ["up"] * 123 + ["none"] * (len(results) - 123)
    write_table(results, folder / "de" / "results.tsv")
    verdict = json.loads((folder / "signature" / "verdict.json").read_text())
    verdict |= {"signature": "contradicted", "evidence": "gene-sampling only"}
    (folder / "signature" / "verdict.json").write_text(json.dumps(verdict))
    page = Page(write_index([folder], tmp_path / "changed.html"))
    assert "siS6K1 (n = 3) over siNC (n = 3) ~ condition" in page.words
    assert "123 0 contradicted consistent moved s6k1-knockdown gene-sampling only" in page.words
    assert "+7.65 FDR 0.012 met" in page.words
    assert "FDR —, no rotation test met" in page.words
    assert "— not in gsea/gsea.tsv" in page.words


def test_what_a_run_lacks_is_a_dash_with_the_reason(page):
    assert page.words.count("— no de/") == 4
    assert page.words.count("— no signature/") == 2 * (4 + 5)


def test_the_same_runs_give_the_same_bytes_and_a_run_stands_once(several, tmp_path):
    once = write_index([several / "knockdown"], tmp_path / "one.html").read_bytes()
    twice = [several / "knockdown", several / "tumours" / ".." / "knockdown"]
    assert write_index(twice, tmp_path / "one.html").read_bytes() == once


def test_a_folder_of_results_is_searched_for_its_runs(several, tmp_path):
    assert find_runs(several / "knockdown") == [several / "knockdown"]
    inner = tmp_path / "results" / "experiment"
    for name in ("one", "two"):
        shutil.copytree(several / "only_de", inner / name)
    shutil.copytree(several / "only_de", tmp_path / "results" / "alone")
    shutil.copytree(several / "only_de", tmp_path / "results" / "alone" / "cut")
    assert [run.relative_to(tmp_path).as_posix() for run in find_runs(tmp_path / "results")] == [
        "results/alone", "results/experiment/one", "results/experiment/two"
    ]  # fmt: skip
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"holds no de/results\.tsv"):
        find_runs(tmp_path / "empty")
    with pytest.raises(DataError, match="no run to lead to"):
        write_index([], tmp_path / "index.html")


def test_a_run_of_several_contrasts_ends_with_it(tmp_path):
    make_counts(SAMPLES).to_csv(tmp_path / "counts.tsv", sep="\t")
    pd.DataFrame({"sample": SAMPLES, "group": ["a"] * 3 + ["b"] * 3}).to_csv(
        tmp_path / "s.tsv", sep="\t", index=False
    )
    (tmp_path / "c.csv").write_text("id,variable,reference,target\nb_a,group,a,b\na_b,group,b,a\n")
    outcome = run_cli(
        *("run", tmp_path / "counts.tsv", "--samples", tmp_path / "s.tsv", "--contrasts"),
        *(tmp_path / "c.csv", "--no-figures", "--no-shrink", "--jobs", "1", "-o", tmp_path / "out"),
    )
    assert outcome.code == 0, outcome.err
    index = tmp_path / "out" / "index.html"
    assert f"Index of 2 reports: {index}" in outcome.out
    written = index.read_bytes()
    assert links(Page(index)) == ["b_a/report.html", "a_b/report.html"]
    index.unlink()
    outcome = run_cli("report", tmp_path / "out")
    assert outcome.code == 0, outcome.err
    assert sorted(links(Page(index))) == ["a_b/report.html", "b_a/report.html"]
    assert len(index.read_bytes()) == len(written)
