"""The page as a reader uses it: thresholds, search, table, download."""

from __future__ import annotations

import io
import math

import pandas as pd
import pytest
from hostile_names import HOSTILE_GENE, SCRIPT_GENE
from selenium.webdriver.common.action_chains import ActionChains

from rnaseq_s6k1.io.tables import read_table


@pytest.fixture(scope="module")
def results(finished):
    return read_table(finished / "de" / "results.tsv")


def shown_rows(browser):
    return [row.text.split()[0] for row in browser.all("#gene-table tbody tr")]


def test_it_loads_from_disk_without_network_or_complaint(opened, finished):
    assert opened.requests() == [(finished / "report.html").as_uri()]
    assert opened.driver.get_log("browser") == []
    assert opened.driver.title.startswith("siS6K1 over siNC")


def test_every_chart_is_drawn(opened):
    for name in ("pca", "libraries", "distances", "dispersions", "volcano", "ma", "running-sum"):
        chart = opened.find(f"#chart-{name} svg[role=img]")
        assert chart.get_attribute("aria-label")
        assert len(opened.all(f"#chart-{name} svg *")) > 10
    inked = """
        const canvas = document.querySelector(arguments[0] + " canvas");
        const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        return pixels.filter((value, place) => place % 4 === 3 && value > 0).length;
    """
    for name in ("volcano", "ma", "dispersions"):
        assert opened.script(inked, f"#chart-{name}") > 500


@pytest.mark.parametrize(("lfc", "alpha"), [("1", "0.05"), ("0", "0.01"), ("1.5", "1e-6")])
def test_a_moved_threshold_recounts_as_the_table_does(opened, results, lfc, alpha):
    opened.enter("#lfc", lfc)
    opened.enter("#alpha", alpha)
    called = results[
        (results["padj"] < float(alpha)) & (results["log2FoldChange"].abs() > float(lfc))
    ]
    up, down = (called["log2FoldChange"] > 0).sum(), (called["log2FoldChange"] < 0).sum()
    assert len(called) > 10
    text = opened.find("#recount").text
    assert text.startswith(f"{up + down} genes called: {up} up, {down} down")
    assert opened.find("#rows-status").text.startswith(f"{up + down} of 600")
    opened.press("#reset")
    counts = results["direction"].value_counts()
    assert f"{counts.get('up', 0)} up, {counts['down']} down" in opened.find("#recount").text


def test_a_search_finds_and_marks_a_gene(opened, results):
    assert len(opened.all("#chart-volcano .marked")) == 1, "the driver is marked from the start"
    opened.enter("#gene", "myc")
    opened.press("#find")
    row = results[results["gene_id"] == "MYC"].iloc[0]
    said = opened.find("#found").text
    assert said.startswith("MYC, log2FC")
    assert f"{row['log2FoldChange']:+.2f}".replace("-", "−") in said
    assert "not called" in said
    for chart in ("volcano", "ma"):
        assert len(opened.all(f"#chart-{chart} .marked")) == 2
        assert "MYC" in opened.find(f"#chart-{chart} svg[role=img]").text
    opened.enter("#gene", "RPS6KB1")
    opened.press("#find")
    assert "called down" in opened.find("#found").text
    opened.enter("#gene", "no such gene")
    opened.press("#find")
    assert opened.find("#found").text == "No gene of that name or id: no such gene"


def test_the_mouse_says_which_gene_it_is(opened, results):
    circle = opened.find("#chart-ma .marked")
    opened.show(circle)
    ActionChains(opened.driver).move_to_element(circle).perform()
    tip = opened.wait(lambda: opened.find("#chart-ma .tip").text)
    assert tip.startswith("RPS6KB1\nlog2FC −")
    assert "FDR" in tip


def test_the_table_sorts_filters_and_pages(opened, results):
    called = results[results["direction"] != "none"].sort_values(["pvalue", "gene_id"])
    assert shown_rows(opened) == called["gene_id"].head(25).tolist()
    opened.press('#gene-table th[data-column="log2FoldChange"] button')
    by_change = called.sort_values(["log2FoldChange", "gene_id"])["gene_id"].tolist()
    assert shown_rows(opened) == by_change[:25]
    assert opened.find("#gene-table th[aria-sort]").get_attribute("aria-sort") == "ascending"
    opened.press('#gene-table th[data-column="log2FoldChange"] button')
    assert shown_rows(opened) == by_change[::-1][:25]
    opened.press("#next")
    assert shown_rows(opened) == by_change[::-1][25:50]
    assert opened.find("#page-number").text.startswith("Page 2 of")
    opened.enter("#filter", "rps6")
    assert "RPS6KB1" in shown_rows(opened)
    opened.choose("#show", "all")
    holding = results["gene_id"].str.contains("RPS6", case=False).sum()
    assert opened.find("#rows-status").text.startswith(f"{holding} of 600")
    opened.enter("#filter", "zzz")
    assert shown_rows(opened) == []


def test_the_download_is_the_file_on_disk(opened, finished):
    opened.press("#download")
    assert opened.downloaded("genes.tsv") == (finished / "de" / "degs.tsv").read_text()


def test_all_genes_download_as_the_whole_table(opened, finished, results):
    opened.choose("#show", "all")
    opened.press('#gene-table th[data-column="gene_name"] button')
    opened.press("#download")
    text = opened.downloaded("genes.tsv")
    assert text == (finished / "de" / "results.tsv").read_text()
    again = pd.read_csv(io.StringIO(text), sep="\t")
    assert len(again) == len(results)


def test_numbers_are_written_as_python_does(opened):
    values = [0.0, -0.0, 1.0, 3.5, 1e-4, 9.9e-5, 1e-5, -2.5e-7, 1e15, 1e16, 123456789012345.6]
    values += [5e-324, 1.7976931348623157e308, 0.1 + 0.2, 2 / 3e4, math.pi * 1e-300]
    # Whole numbers reach the page as integers, and -0.0 as 0.
    written = opened.script(
        "return arguments[0].map((text) => asWritten(Number(text)))", list(map(repr, values))
    )
    assert written == [repr(value) for value in values]


def test_a_running_sum_is_chosen(opened, finished):
    sums = read_table(finished / "gsea" / "running_sums.tsv")
    opened.choose("#curve", "kegg_cell_cycle/KEGG_CELL_CYCLE")
    rows = sums[sums["set"] == "KEGG_CELL_CYCLE"]
    gsea = read_table(finished / "gsea" / "gsea.tsv").set_index("set")
    text = opened.find("#curve-text").text
    assert f"its {len(rows)} genes" in text
    assert f"{gsea.loc['KEGG_CELL_CYCLE', 'es']:+.2f}".replace("-", "−") in text


def test_other_tables_sort_by_their_headings(opened):
    heading = opened.find("#set-table thead th:nth-child(3) button")
    opened.show(heading)
    heading.click()
    values = [
        float(cell.get_attribute("data-value"))
        for cell in opened.all("#set-table tbody td:nth-child(3)")
    ]
    assert values == sorted(values)


def test_a_figure_is_enlarged_and_closed(opened):
    opened.press("#gene-sets .pictures button")
    assert opened.find("#enlarged img").is_displayed()
    opened.press("#enlarged button")
    assert not opened.find("#enlarged").is_displayed()


def test_harmful_names_do_nothing(browser, hostile):
    browser.resize(1280)
    browser.driver.get_log("browser")
    browser.requests()
    browser.open(hostile / "report.html")
    for gene in (SCRIPT_GENE, HOSTILE_GENE):
        browser.enter("#gene", gene)
        browser.press("#find")
        assert browser.find("#found").text.startswith(gene.split("\n")[0])
    assert browser.script("return document.querySelectorAll('img[src=x], main script').length") == 0
    assert browser.requests() == [(hostile / "report.html").as_uri()]
    assert browser.driver.get_log("browser") == [], "no alert, no error"
    browser.press("#download")
    rows = [line.split("\t") for line in browser.downloaded("genes.tsv").splitlines()]
    names = [row[0] for row in rows]
    assert "'" + HOSTILE_GENE in names
    assert SCRIPT_GENE in names
    assert not [name for name in names if name[:1] in "=+-@"]
