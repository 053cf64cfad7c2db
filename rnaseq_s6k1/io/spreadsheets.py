"""Names that a spreadsheet would run as formulas, made harmless in tables and read back.

A cell that begins with ``=``, ``+``, ``-`` or ``@`` is a formula to the programs that people open
tables with, and formulas can start programs (OWASP, "CSV Injection"). Such text is written with an
apostrophe before it, which those programs take for "text follows"; reading takes it off again.
Numbers are left as they are.
"""

from __future__ import annotations

import re

import pandas as pd

__all__ = ["guard", "unguard"]

# What a text has to begin with to be looked at.
_SIGNS = frozenset("'=+-@\t\r")
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


def guard(texts: pd.Series) -> pd.Series:
    """Give texts with an apostrophe before those that begin like a formula.

    Text that begins with apostrophes and then like a formula gets one more, so that `unguard`
    gives back every text. Values that are not text, and numbers written as text, are kept.
    """
    if not _any_with_signs(texts):
        return texts

    def harmless(value: object) -> object:
        if not isinstance(value, str) or not _FORMULA.match(value) or _NUMBER.fullmatch(value):
            return value
        return "'" + value

    return texts.map(harmless)


def unguard(texts: pd.Series) -> pd.Series:
    """Give the texts that `guard` was given."""
    if not _any_with_signs(texts):
        return texts
    return texts.map(
        lambda text: text[1:] if isinstance(text, str) and _GUARDED.match(text) else text
    )


def _any_with_signs(texts: pd.Series) -> bool:
    """Tell whether any text may be a formula; in most columns of most tables none is."""
    return any(isinstance(text, str) and text[:1] in _SIGNS for text in texts.tolist())
