"""What axe-core finds on a page."""

from __future__ import annotations

from typing import Any


def serious_faults(browser: Any, axe: str) -> dict[str, list[Any]]:
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
