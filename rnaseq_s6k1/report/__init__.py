"""The page of a run directory, and its records for other programs.

Everything here reads the tables that the steps left on disk, and computes nothing from them
but counts of rows.
"""

from __future__ import annotations
