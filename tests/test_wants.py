"""What a test wants and does not find skips it, and fails it where everything is installed."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("wanted", ["a module", "a program"])
def test_a_want_skips_or_fails(wanted, imported, installed, monkeypatch):
    find = imported if wanted == "a module" else installed
    monkeypatch.delenv("RNASEQ_S6K1_REQUIRE_ALL", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no_such_thing is not installed"):
        find("no_such_thing")
    monkeypatch.setenv("RNASEQ_S6K1_REQUIRE_ALL", "1")
    with pytest.raises(pytest.fail.Exception, match="RNASEQ_S6K1_REQUIRE_ALL is set"):
        find("no_such_thing")
    assert imported("json").dumps([]) == "[]"
