"""Names that a page or a spreadsheet would run if it took them for more than names."""

from __future__ import annotations

HOSTILE_SAMPLE = "<img src=x onerror=alert(1)>"
HOSTILE_GENE = "=cmd|' /C calc'!A0"
SCRIPT_GENE = "</script><script>alert(2)</script>"
ODD = "odd <b>'x':y #1?%41"
