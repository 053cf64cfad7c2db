"""One file a section of the page: what it reads, and the dataclass it fills."""

from __future__ import annotations
