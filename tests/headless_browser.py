"""A headless Chromium that loads pages from disk, and axe, which looks for what bars readers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest

AXE = Path(__file__).resolve().parents[1] / "node_modules" / "axe-core" / "axe.min.js"
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1000",
    # A mouse, as a desk has one; a headless browser would say that nothing hovers or points.
    "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4",
)


@dataclass
class Browser:
    """A browser on one page, and what it asked the network for."""

    driver: Any
    downloads: Path

    def open(self, page: Path) -> None:
        """Load a page from disk."""
        self.driver.get(page.as_uri())
        self.wait(lambda: self.script("return document.readyState") == "complete")

    def script(self, text: str, *arguments: object) -> Any:
        """Run a script in the page."""
        return self.driver.execute_script(text, *arguments)

    def find(self, selector: str) -> Any:
        """Find one element."""
        return self.driver.find_element("css selector", selector)

    def all(self, selector: str) -> list[Any]:
        """Find all elements."""
        return list(self.driver.find_elements("css selector", selector))

    def enter(self, selector: str, text: str) -> None:
        """Put a value into a field, as typing would."""
        field = self.find(selector)
        field.clear()
        field.send_keys(text)

    def choose(self, selector: str, value: str) -> None:
        """Choose from a list."""
        from selenium.webdriver.support.select import Select

        self.show(self.find(selector))
        Select(self.find(selector)).select_by_value(value)

    def press(self, selector: str) -> None:
        """Press a button wherever it is on the page, once nothing that moves covers it."""
        from selenium.common.exceptions import ElementClickInterceptedException

        def pressed() -> bool:
            element = self.find(selector)
            self.show(element)
            try:
                element.click()
            except ElementClickInterceptedException:
                return False
            return True

        self.wait(pressed)

    def show(self, element: Any) -> None:
        """Scroll to an element, at once."""
        self.script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)

    def wait(self, holds: Callable[[], Any], *, seconds: float = 20) -> Any:
        """Wait until something holds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = holds()
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError("the page did not get there in time")

    def emulate(self, **features: str) -> None:
        """Set media features, such as ``prefers_color_scheme="dark"``."""
        media = [{"name": k.replace("_", "-"), "value": v} for k, v in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})

    def resize(self, width: int, height: int = 900) -> None:
        """Give the window another size, also one below what a window may have."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def requests(self) -> list[str]:
        """List the addresses asked for since the last call, but the pages on disk."""
        messages = [json.loads(entry["message"]) for entry in self.driver.get_log("performance")]
        sent = [
            m["message"] for m in messages if m["message"]["method"].endswith("requestWillBeSent")
        ]
        urls = [one["params"]["request"]["url"] for one in sent if "request" in one["params"]]
        return [url for url in urls if not url.startswith("data:")]

    def downloaded(self, name: str) -> str:
        """Wait for a download and return it."""
        path = self.downloads / name
        self.wait(path.is_file)
        text = path.read_text(encoding="utf-8")
        path.unlink()
        return text


@pytest.fixture(scope="session")
def browser(
    installed: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """One browser for all tests; each loads its own page."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = str(installed("chromium"))
    for option in OPTIONS:
        options.add_argument(option)
    downloads = tmp_path_factory.mktemp("downloads")
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(executable_path=str(installed("chromedriver")))
    driver = webdriver.Chrome(options=options, service=service)
    try:
        yield Browser(driver, downloads)
    finally:
        driver.quit()


@pytest.fixture(scope="session")
def axe(absent: Callable[[str], NoReturn]) -> str:
    """The checker's source, as `.ci/install` leaves it."""
    if not AXE.is_file():
        absent("axe-core is not installed (npm install --no-save axe-core)")
    return AXE.read_text(encoding="utf-8")


def serious_faults(browser: Browser, axe: str) -> dict[str, Any]:
    """Open every part of the page that folds, and let the checker judge it."""
    browser.script(axe)
    for details in browser.all("details"):
        browser.script("arguments[0].open = true", details)
    found = browser.driver.execute_async_script(
        "const done = arguments[0]; axe.run({resultTypes: ['violations']}).then(done)"
    )
    assert len(found["passes"]) > 20, "the checker ran"
    return {
        one["id"]: [node["target"] for node in one["nodes"]][:3]
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    }
