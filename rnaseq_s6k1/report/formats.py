"""How numbers stand on the page: filters of its templates."""

from __future__ import annotations

import json
import math
from collections.abc import Hashable, Mapping
from typing import Any

from markupsafe import Markup, escape

from rnaseq_s6k1.report.grids import Kind

__all__ = ["breakable", "cell", "compact_json", "interval", "significant"]

MISSING = "–"


def significant(value: Any, digits: int = 3) -> str:
    """Write a number with so many significant digits; a dash where it is missing."""
    number = _number(value)
    if number is None:
        return MISSING
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    size = abs(number)
    if size >= 1e5 or 0 < size < 1e-3:
        mantissa, exponent = f"{number:.{digits - 1}e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    elif size >= 10 ** (digits - 1):
        text = f"{number:,.0f}"
    else:
        text = f"{number:.{digits}g}"
    return text.replace("-", "−")


def cell(value: Any, kind: Kind = "text") -> str:
    """Write a value of a table; what is missing is a dash."""
    if kind in ("text", "words"):
        missing = value is None or (isinstance(value, float) and math.isnan(value))
        return MISSING if missing else str(value)
    number = _number(value)
    if number is None:
        return MISSING
    if kind == "count":
        return f"{number:,.0f}".replace("-", "−")
    if kind == "percent":
        return f"{100 * number:.0f} %"
    if kind == "signed":
        return f"{number:+.2f}".replace("-", "−") if math.isfinite(number) else significant(number)
    if kind == "p":
        # Below the smallest double a p is written as 0, which no p is.
        return significant(number, 2) if number else "<5e−324"
    return significant(number)


def interval(row: Mapping[Hashable, Any]) -> str:
    """Write the confidence interval of a table's row; a dash where it is missing."""
    low, high = significant(row["ci_low"]), significant(row["ci_high"])
    return MISSING if MISSING in (low, high) else f"{low} to {high}"


def breakable(name: Any) -> Markup:
    """Escape a name, and let it break behind its underscores where a line is short."""
    return Markup(str(escape(name)).replace("_", "_<wbr>"))


def compact_json(value: Any) -> str:
    """Write data for a ``<script type="application/json">``: no tag in it can end the element.

    Raises
    ------
    ValueError
        If it holds numbers that JSON has no name for.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # Half of a surrogate pair, as a name may hold, cannot be written as UTF-8.
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _number(value: Any) -> float | None:
    if value is None or isinstance(value, str):
        return None
    number = float(value)
    return None if math.isnan(number) else number
