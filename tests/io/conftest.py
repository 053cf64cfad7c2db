"""Small matrices of counts, written the way the tests need them; the portals' fixtures."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write text or bytes to a file of the test's folder; ``.gz`` names are compressed."""

    def write_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return write_file


@pytest.fixture
def own_portals(portals: Path, tmp_path: Path) -> Path:
    """A copy of the portals' fixtures that a test may damage."""
    return Path(shutil.copytree(portals, tmp_path / "portals"))
