"""The method notes: formulas become MathML, and what they say of the code is so."""

from __future__ import annotations

import importlib.util
import inspect
import pydoc
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted((ROOT / "docs" / "methods").glob("*.md"))
_FORMULA = re.compile(r"\\\(.+?\\\)|\$\$.+?\$\$", re.DOTALL)
_MATHML = re.compile(r"<math.*?</math>", re.DOTALL)
_CODE = re.compile(r"`(rnaseq_s6k1\.[\w.]+)(?:\((\w+)\))?`")
_VALUE = re.compile(rf"^\| ([^|]+) \| [^|]+ \| {_CODE.pattern} \|$", re.MULTILINE)
_LINK = re.compile(r"\[doi:([^\]]*)\]\(https://doi\.org/([^)]*)\)")
_DOI = re.compile(r"10\.\d{4,5}/[-._;():/A-Za-z0-9]*[A-Za-z0-9]")


def by_page(function):
    return pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)(function)


@pytest.fixture(scope="module")
def hooks(imported: Callable[[str], ModuleType]) -> ModuleType:
    """What mkdocs runs on the pages."""
    imported("latex2mathml")
    imported("mkdocs")
    spec = importlib.util.spec_from_file_location("site_hooks", ROOT / "docs" / "site_hooks.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@by_page
def test_every_formula_is_mathml_without_remains(built_site, page):
    built = (built_site / "methods" / f"{page.stem}.html").read_text(encoding="utf-8")
    assert "arithmatex" not in built
    formulas = _MATHML.findall(built)
    assert len(formulas) == len(_FORMULA.findall(page.read_text(encoding="utf-8"))) > 0
    for formula in formulas:
        text = "".join(ET.fromstring(formula).itertext())
        assert text
        assert not re.search(r"[\\$&]", text), text
    rest = _MATHML.sub("", built.split("<article")[1].split("</article>")[0])
    assert not re.search(r"\\[()\[\]a-zA-Z]|\$\$", rest)


def test_a_formula_is_scaled_and_spaced(hooks):
    block = hooks.on_page_content('<div class="arithmatex">\\[a &lt; \\log x\\]</div>')
    assert block.startswith(
        '<div class="formula" tabindex="0" role="group" aria-label="formula"><math'
    )
    assert 'display="block"' in block
    assert "&#x0003C;" in block
    assert '<mo lspace="0.1667em" rspace="0.1667em" movablelimits="false">log</mo>' in block
    inline = hooks.on_page_content('<span class="arithmatex">\\(\\log(-x) \\sim 1/n\\)</span>')
    assert 'display="inline"' in inline
    assert 'rspace="0" movablelimits="false">log</mo>' in inline
    assert '<mo form="prefix" lspace="0" rspace="0">&#x02212;</mo>' in inline
    assert "<mo>&#x0223C;</mo>" in inline


@pytest.mark.parametrize(
    "latex", [r"\unknown{x}", r"\big\{x\big\}", r"\begin{aligned} a &= b \end{aligned}"]
)
def test_a_formula_that_is_not_understood_stops_the_build(hooks, latex):
    from mkdocs.exceptions import PluginError

    with pytest.raises(PluginError, match="formula"):
        hooks.to_mathml(latex, display="block")


@by_page
def test_every_module_named_is_in_the_package(page):
    named = _CODE.findall(page.read_text(encoding="utf-8"))
    assert len(named) >= 5
    for path, _ in named:
        assert pydoc.locate(path) is not None, path


@by_page
def test_every_value_is_that_of_the_code(page):
    values = _VALUE.findall(page.read_text(encoding="utf-8"))
    assert len(values) >= 5
    for written, path, parameter in values:
        found = pydoc.locate(path)
        if parameter:
            found = inspect.signature(found).parameters[parameter].default
        assert float(written.replace(",", "")) == found, (path, written, found)


@by_page
def test_every_doi_is_well_formed_and_linked(page):
    references = page.read_text(encoding="utf-8").split("## References")[1]
    links = _LINK.findall(references)
    assert links
    assert references.count("doi") == 2 * len(links)  # of each, the name and the address
    for shown, address in links:
        assert _DOI.fullmatch(shown), shown
        assert unquote(address) == shown
    assert len(set(links)) == len(links)


def test_the_calibration_is_that_of_the_benchmarks():
    page = (ROOT / "docs" / "methods" / "rotation.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| ((?:[01]\.\d{3} \| ?){5})$", page, re.MULTILINE)
    assert len(rows) >= 8
    benchmarks = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    for data, shares in rows:
        row = rf"^\| {re.escape(data)} \| \d+ \| {re.escape(shares.strip())}$"
        assert re.search(row, benchmarks, re.MULTILINE), data
