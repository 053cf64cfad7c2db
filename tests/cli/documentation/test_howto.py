"""The how-to pages: found by themselves, listed on the site, and run."""

from __future__ import annotations

import importlib.util
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import howto_inputs
import pytest
import yaml
from marked_blocks import REAL, find_blocks, page_data, run_blocks, write_block

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted((ROOT / "docs" / "how-to").glob("*.md"))
ON_REAL_DATA = [page for page in PAGES if REAL in page.read_text(encoding="utf-8")]


@pytest.fixture(scope="session")
def howto_folder(inputs, planted, tmp_path_factory) -> Path:
    """The inputs of the README and the further ones of these pages; not to be changed."""
    folder = Path(shutil.copytree(inputs, tmp_path_factory.mktemp("howto") / "inputs"))
    howto_inputs.write_all(folder, planted)
    return folder


@pytest.fixture
def workplace(howto_folder, tmp_path, monkeypatch) -> Path:
    """A fresh copy of the inputs, which is the current folder."""
    folder = Path(shutil.copytree(howto_folder, tmp_path / "workplace"))
    monkeypatch.chdir(folder)
    # A page may ask the logger for more.
    monkeypatch.setattr(logging.getLogger("rnaseq_s6k1"), "level", logging.NOTSET)
    return folder


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_its_blocks_run_and_print_what_it_says(page, cli, workplace):
    text = page.read_text(encoding="utf-8")
    run_blocks(text, page.name, workplace, cli)
    assert any(block.exit_code is not None for block in find_blocks(text))


@pytest.mark.slow
@pytest.mark.shared_data
@pytest.mark.parametrize("page", ON_REAL_DATA, ids=lambda page: page.stem)
def test_it_says_of_real_data_what_they_give(page, cli, shared, tmp_path, monkeypatch):
    text = page.read_text(encoding="utf-8")
    for name, folder in page_data(text).items():
        (tmp_path / name).symlink_to(shared / "data" / folder)
    monkeypatch.chdir(tmp_path)
    assert run_blocks(text, page.name, tmp_path, cli, real=True).printed


@pytest.mark.slow
def test_the_workflow_plans_the_sheets_of_its_page(workplace, absent):
    if importlib.util.find_spec("snakemake") is None:
        absent("snakemake is not installed (dependency group pipeline)")
    page = (ROOT / "docs" / "how-to" / "workflow.md").read_text(encoding="utf-8")
    for block in find_blocks(page):
        if block.file:
            write_block(block, workplace)
    snakefile = ROOT / "pipelines" / "snakemake" / "Snakefile"
    programs = str(Path(sys.executable).parent)
    planned = subprocess.run(
        [sys.executable, "-m", "snakemake", "-s", snakefile, "--cores", "2", "--dry-run"],
        env=os.environ
        | {"PATH": os.pathsep.join([programs, os.environ["PATH"]])}
        | {"XDG_CACHE_HOME": str(workplace / ".cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    text = planned.stdout + planned.stderr
    assert planned.returncode == 0, text
    for part in ("knockdown/plain", "knockdown/by_batch", "results/tumours", "mine"):
        assert part in text, part


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_it_begins_with_what_the_reader_will_have(page):
    title, _, first, *_ = page.read_text(encoding="utf-8").splitlines()
    assert title.startswith("# ")
    assert first.startswith("At the end you have "), first


def test_the_site_lists_every_page():
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    sections = [entry for entry in yaml.safe_load(text)["nav"] if isinstance(entry, dict)]
    listed = next(one["How to"] for one in sections if "How to" in one)
    assert sorted(listed) == [f"how-to/{page.name}" for page in PAGES]
