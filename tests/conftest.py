"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is, and nothing of the code.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

os.environ.setdefault("MPLBACKEND", "Agg")

SHARED = Path(__file__).resolve().parents[2] / "shared"


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
