"""The index of several runs in a browser: links, sorting, faults of access, the network."""

from __future__ import annotations

import pytest
from headless_browser import serious_faults


@pytest.fixture
def index(browser, several):
    """The page that leads to five runs, freshly loaded at desktop width."""
    browser.emulate(prefers_color_scheme="light")
    browser.resize(1280)
    browser.driver.get_log("browser")
    browser.requests()
    browser.open(several / "index.html")
    return browser


def column(browser, number):
    return [
        one.text.split("\n")[0] for one in browser.all(f"#runs tbody tr > :nth-child({number})")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_serious_fault(index, axe, scheme, width):
    index.emulate(prefers_color_scheme=scheme)
    index.resize(width)
    index.driver.refresh()
    assert serious_faults(index, axe) == {}
    assert index.script("return document.documentElement.scrollWidth") <= width


def test_it_asks_nothing_of_the_network_and_runs_no_name(index, several):
    assert index.requests() == [(several / "index.html").as_uri()]
    assert index.driver.get_log("browser") == []


def test_columns_sort_and_what_is_missing_comes_last(index):
    index.press("#runs th:nth-child(5) button")
    numbers = column(index, 5)
    assert numbers[-1] == "—"
    assert [int(one) for one in numbers[:-1]] == sorted(int(one) for one in numbers[:-1])
    index.press("#runs th:nth-child(5) button")
    assert column(index, 5) == [*reversed(numbers[:-1]), "—"]
    index.press("#runs th:nth-child(1) button")
    assert column(index, 1) == sorted(column(index, 1))
    assert index.find("#runs th:nth-child(1)").get_attribute("aria-sort") == "ascending"
    index.press("#sets th:nth-child(2) button")
    first = index.find("#sets tbody tr:first-child th").text
    assert first in ("knockdown", "odd <b>'x':y #1?%41"), "the lowest score"


@pytest.mark.parametrize("name", ["tumours", "odd <b>'x':y #1?%41"])
def test_a_name_leads_to_its_report(index, name):
    link = next(one for one in index.all("#runs a") if one.text == name)
    link.click()
    index.wait(lambda: index.all("#provenance"))
    assert index.find("h1").text.endswith(("over low", "over siNC"))


def test_on_a_narrow_screen_the_name_stays_in_sight(index):
    index.resize(390)
    index.driver.refresh()
    index.script("document.querySelector('#runs .scroll').scrollLeft = 300")
    left = index.script(
        "return document.querySelector('#runs tbody th').getBoundingClientRect().left"
    )
    assert 0 <= left < 40
