"""The pieces of a formula's text, and the refusal of everything else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from rnaseq_s6k1.design.wording import quoted
from rnaseq_s6k1.errors import UsageError

__all__ = ["FormulaReader", "Token", "refuse"]

_ALLOWED = (
    "allowed are column names (in backticks where they hold spaces or signs), + : * - 0 1, "
    "parentheses, and C log log2 sqrt scale center bs poly"
)
_LONGEST = 10_000

# A number swallows what follows it without a space, so that 2h or 1e5 is refused as one piece.
_TOKEN = re.compile(
    r"""
    (?P<blank>[ \t\r\n]+)
  | (?P<quoted>`[^`]*`)
  | (?P<number>[0-9][\w.]*)
  | (?P<name>[^\W\d][\w.]*)
  | (?P<sign>[~+:*\-(),=])
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    """One piece of a formula.

    Attributes
    ----------
    kind
        ``"name"``, ``"quoted"``, ``"number"``, ``"end"``, ``"unknown"`` for a character of no
        token, or the sign itself.
    text
        As written; a quoted name without its backticks.
    position
        Of its first character, counted from 1.
    """

    kind: str
    text: str
    position: int


def refuse(text: str, token: Token, reason: str = "") -> NoReturn:
    """Raise the error that names the piece at fault, its position, and what is allowed.

    Raises
    ------
    UsageError
        Always.
    """
    piece = "it ends too early" if token.kind == "end" else f"{quoted(token.text)} is not allowed"
    if token.kind == "unknown" and token.text == "`":
        reason = "a backtick is not closed"
    detail = f" ({reason})" if reason else ""
    raise UsageError(
        f"formula {quoted(text, 80)}: {piece} at position {token.position}{detail}; {_ALLOWED}"
    )


class FormulaReader:
    """Cuts a formula into tokens, and hands them out one at a time.

    Raises
    ------
    UsageError
        If the text is over-long.
    """

    def __init__(self, text: str) -> None:
        if len(text) > _LONGEST:
            raise UsageError(
                f"the formula is {len(text)} characters long; at most {_LONGEST} are read"
            )
        self.text = text
        self._tokens = _tokens(text)
        self._next = 0

    def peek(self) -> Token:
        """Show the next token without taking it."""
        return self._tokens[self._next]

    def take(self) -> Token:
        """Take the next token; at the end, the end again and again."""
        token = self._tokens[self._next]
        if token.kind != "end":
            self._next += 1
        return token


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            # Left to the parser, which meets it in its turn: the first fault is named.
            tokens.append(Token("unknown", text[position], position + 1))
            break
        position = match.end()
        piece, kind = match.group(), match.lastgroup
        if kind == "blank":
            continue
        if kind == "quoted":
            tokens.append(Token("quoted", piece[1:-1], match.start() + 1))
        else:
            tokens.append(Token(piece if kind == "sign" else str(kind), piece, match.start() + 1))
    return [*tokens, Token("end", "", len(text) + 1)]
