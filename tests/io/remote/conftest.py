from __future__ import annotations

from collections.abc import Iterator

import pytest
from portal_server import PortalServer, running_server


@pytest.fixture
def server() -> Iterator[PortalServer]:
    with running_server() as started:
        yield started
