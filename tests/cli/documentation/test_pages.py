"""The pages of docs/: their blocks run, their figures are small, and the site builds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from headless_browser import serious_faults
from marked_blocks import find_blocks, run_blocks

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_block_is_run_or_says_why_not(page):
    for block in find_blocks(page.read_text(encoding="utf-8")):
        if block.language in ("sh", "python"):
            run = block.exit_code is not None
            assert run or block.mark.startswith("not run: "), block.text


@pytest.mark.slow
@pytest.mark.shared_data
def test_the_tutorial_runs_and_prints_what_it_says(cli, shared, tmp_path, monkeypatch):
    for name in ("counts.tsv.gz", "samples.tsv"):
        (tmp_path / name).symlink_to(shared / "data" / "t47d_e2_gse89888" / name)
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    assert run_blocks(page, "tutorial.md", tmp_path, cli).printed


def test_figures_are_small():
    figures = list((ROOT / "docs" / "images").glob("*.png"))
    assert figures
    for figure in figures:
        assert figure.stat().st_size < 150_000, figure


@pytest.mark.slow
def test_the_site_builds_without_warnings_and_needs_no_network(built_site):
    pages = list(built_site.rglob("*.html"))
    assert len(pages) > len(PAGES)
    for page in pages:
        loaded = re.findall(
            r'<(?:script|img|link)[^>]+(?:src|href)="(https?:[^"]+)"', page.read_text()
        )
        assert not loaded, (page, loaded)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_axe_finds_no_serious_fault_and_nothing_is_cut(page, scheme, built_site, browser, axe):
    browser.emulate(prefers_color_scheme=scheme)
    for width in (1280, 390):
        browser.resize(width)
        browser.open(built_site / page.relative_to(DOCS).with_suffix(".html"))
        assert browser.script("return document.documentElement.scrollWidth") <= width
        assert serious_faults(browser, axe) == {}, width
