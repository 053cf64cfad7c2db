"""The page of a finished run in a headless Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest
from headless_browser import Browser, axe, browser

__all__ = ["axe", "browser"]


@pytest.fixture
def opened(browser: Browser, finished: Path) -> Browser:
    """The page of the finished run, freshly loaded at desktop width."""
    browser.emulate(prefers_color_scheme="light")
    browser.resize(1280)
    browser.driver.get_log("browser")
    browser.requests()
    browser.open(finished / "report.html")
    return browser
