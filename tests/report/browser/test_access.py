"""The page by keyboard, for screen readers, in the dark, on a phone and on paper."""

from __future__ import annotations

import base64

import pytest
from headless_browser import serious_faults
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys


def ground(browser):
    return browser.script("return getComputedStyle(document.body).backgroundColor")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_serious_fault(opened, axe, scheme, width):
    opened.emulate(prefers_color_scheme=scheme)
    opened.resize(width)
    opened.driver.refresh()
    assert serious_faults(opened, axe) == {}


def test_axe_would_find_a_fault(opened, axe):
    opened.script(axe)
    opened.script(
        "document.querySelector('#lfc').closest('label').replaceWith(document.querySelector('#lfc'))"
    )
    found = opened.driver.execute_async_script("const done = arguments[0]; axe.run().then(done)")
    assert "label" in {one["id"] for one in found["violations"]}


def test_the_theme_follows_the_system_and_the_reader(opened):
    light = ground(opened)
    opened.emulate(prefers_color_scheme="dark")
    # The page is told of it a moment later.
    opened.wait(lambda: ground(opened) != light)
    dark = ground(opened)
    opened.press("#theme")
    assert ground(opened) == light
    opened.press("#theme")
    assert ground(opened) == dark
    assert opened.find("#theme").get_attribute("aria-pressed") == "true"


def test_everything_is_reached_by_keyboard(opened):
    def press(*keys):
        ActionChains(opened.driver).send_keys(*keys).perform()

    def focused():
        return opened.script(
            "const e = document.activeElement; return e.id || e.className || e.textContent"
        )

    press(Keys.TAB)
    assert focused() == "skip"
    assert opened.script("return document.activeElement.getBoundingClientRect().top") >= 0
    press(Keys.ENTER)
    assert focused() == "main"
    reached = []
    while "next" not in reached and len(reached) < 120:
        press(Keys.TAB)
        reached.append(focused())
        outline = opened.script("return getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", f"the focus on {reached[-1]} is not seen"
    for name in ("lfc", "alpha", "reset", "gene", "find", "show", "filter", "per-page", "download"):
        assert name in reached, name
    opened.script("document.querySelector('#gene').focus()")
    press("RPS6KB1", Keys.ENTER)
    assert opened.find("#found").text.startswith("RPS6KB1")
    opened.script("document.querySelector('#gene-table th:nth-child(3) button').focus()")
    press(Keys.ENTER)
    assert opened.find("#gene-table th:nth-child(3)").get_attribute("aria-sort") == "ascending"


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_nothing_is_wider_than_the_window(opened, width):
    opened.resize(width)
    opened.driver.refresh()
    assert opened.script("return document.documentElement.scrollWidth") <= width
    overlapping = opened.script(
        """
        const cut = [];
        for (const svg of document.querySelectorAll(".plot svg")) {
          const box = svg.getBoundingClientRect();
          for (const text of svg.querySelectorAll("text")) {
            const one = text.getBoundingClientRect();
            if (one.left < box.left - 1 || one.right > box.right + 1 || one.bottom > box.bottom + 1)
              cut.push(svg.closest(".plot").id + ": " + text.textContent);
          }
        }
        return cut;
        """
    )
    assert overlapping == []


def test_labels_of_an_axis_do_not_overlap(opened):
    for width in (1280, 390):
        opened.resize(width)
        opened.driver.refresh()
        overlapping = opened.script(
            """
            const found = [];
            for (const svg of document.querySelectorAll(".plot svg")) {
              const ticks = [...svg.querySelectorAll("text.tick")]
                .filter((tick) => tick.textContent)
                .map((tick) => [tick.getBoundingClientRect(), tick.textContent]);
              const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1
                && a.top < b.bottom - 3 && b.top < a.bottom - 3;
              ticks.forEach(([a, first], k) => ticks.slice(k + 1).forEach(([b, second]) => {
                if (meet(a, b)) found.push(`${svg.closest(".plot").id}: ${first} / ${second}`);
              }));
            }
            return found;
            """
        )
        assert overlapping == []


def test_it_prints_in_light_without_controls(opened):
    opened.emulate(prefers_color_scheme="dark")
    page = opened.driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    assert base64.b64decode(page["data"]).startswith(b"%PDF")
    opened.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    shown = opened.script(
        "return ['.contents', '#thresholds', '.pager'].map((name) =>"
        " getComputedStyle(document.querySelector(name)).display)"
    )
    opened.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert shown == ["none"] * 3


@pytest.mark.slow
def test_a_cohort_loads_as_quietly(browser, cohort, axe):
    browser.driver.get_log("browser")
    browser.requests()
    browser.resize(1280)
    browser.open(cohort / "report.html")
    assert browser.requests() == [(cohort / "report.html").as_uri()]
    assert browser.driver.get_log("browser") == []
    widths = browser.script("return [...document.images].map((image) => image.naturalWidth)")
    assert len(widths) >= 6
    assert min(widths) > 0, "every figure is drawn"
    assert serious_faults(browser, axe) == {}
