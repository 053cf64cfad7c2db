from __future__ import annotations

import runpy


def test_the_fixtures_are_what_their_script_writes(portals):
    made = runpy.run_path(str(portals / "make_fixtures.py"))
    expected = made["fixtures"]()
    for name, text in expected.items():
        assert (portals / name).read_bytes() == made["content"](name, text), name
    found = {path.relative_to(portals).as_posix() for path in portals.rglob("*") if path.is_file()}
    assert {name for name in found if "__pycache__" not in name} == {*expected, "make_fixtures.py"}
