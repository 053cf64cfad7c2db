"""Names that a spreadsheet would run as formulas, made harmless in tables and read back.

A cell that begins with ``=``, ``+``, ``-`` or ``@`` is a formula to the programs that people open
tables with, and formulas can start programs (OWASP, "CSV Injection"). Such text is written with an
apostrophe before it, which those programs take for "text follows"; reading takes it off again.
Numbers are left as they are.

Every delimited table is read so: result tables, sheets, counts, matrices of values, id maps and
lists of genes, a user's own as those of this program. In a user's own table the apostrophe is the
same sign: who types ``'=x`` into a spreadsheet has the name ``=x``. It is taken off only where
what follows could start a formula, so ``5'-UTR``, ``'quoted'`` and ``'5`` are names as written. As
counts and their sheet follow one rule, they agree.

Formats that other programs made or read name by name are exact, in both directions: ``.h5ad``,
Parquet, GCT, CLS, ``.rnk``, GMT, GMX, the Broad's report, JSON, and the tables of the portals and
of counting programs. An apostrophe there would be a letter of the name, and the gene would no
longer be found. A sheet whose names, as they are written, are those of such a matrix is not
changed; see `rnaseq_s6k1.design.samples.read_sample_sheet`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

__all__ = ["guard", "unguard", "unguard_text", "unguard_texts"]

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
    return texts.map(lambda text: unguard_text(text) if isinstance(text, str) else text)


def unguard_text(text: str) -> str:
    """Give one text as `guard` was given it."""
    return text[1:] if text[:1] == "'" and _GUARDED.match(text) else text


def unguard_texts(texts: Iterable[str]) -> tuple[str, ...]:
    """Give the cells of a row or column as `guard` was given them."""
    return tuple(map(unguard_text, texts))


def _any_with_signs(texts: pd.Series) -> bool:
    """Tell whether any text may be a formula; in most columns of most tables none is."""
    return any(isinstance(text, str) and text[:1] in _SIGNS for text in texts.tolist())
