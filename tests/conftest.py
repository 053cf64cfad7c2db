"""Fixtures shared by all tests."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is, and nothing of the code.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

os.environ.setdefault("MPLBACKEND", "Agg")

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def absent() -> Callable[[str], NoReturn]:
    """Skip a test for want of something, with the reason: ``absent("no browser")``.

    Where everything has to be installed (``RNASEQ_S6K1_REQUIRE_ALL``) the test fails instead.
    """

    def skip(reason: str) -> NoReturn:
        if os.environ.get("RNASEQ_S6K1_REQUIRE_ALL"):
            pytest.fail(f"{reason}, and RNASEQ_S6K1_REQUIRE_ALL is set", pytrace=False)
        pytest.skip(reason)

    return skip


@pytest.fixture(scope="session")
def imported(absent: Callable[[str], NoReturn]) -> Callable[[str], ModuleType]:
    """Import a module that a test wants: ``imported("distributed")``; see `absent`."""

    def find(name: str) -> ModuleType:
        try:
            return importlib.import_module(name)
        except ImportError:
            absent(f"the Python module {name} is not installed")

    return find


@pytest.fixture(scope="session")
def installed(absent: Callable[[str], NoReturn]) -> Callable[[str], Path]:
    """Find a program beside this Python or on the PATH: ``installed("chromium")``.

    Its tests skip where it is not there; see `absent`.
    """

    def find(program: str) -> Path:
        places = [Path(sys.executable).parent, ROOT / ".venv-formats" / "bin"]
        found = next((place / program for place in places if (place / program).is_file()), None)
        path = found or shutil.which(program)
        if path is None:
            absent(f"{program} is not installed")
        return Path(str(path))

    return find


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference data folder beside the checkout; its tests skip where it is absent."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"the reference data folder {SHARED.name}/data is not beside the checkout")
    return SHARED


@pytest.fixture(scope="session")
def portals() -> Path:
    """Invented tables in the layouts of GDC, Xena, cBioPortal and GISTIC2; not to be changed."""
    return Path(__file__).resolve().parent / "fixtures" / "portals"
