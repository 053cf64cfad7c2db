"""Model formulas as data: a small grammar, parsed to terms, never evaluated.

The grammar is the part of Wilkinson and Rogers' notation (Applied Statistics 1973, 22:392)
that R's ``~`` shares with everyone::

    formula  = "~" sum
    sum      = ["+" | "-"] product { ("+" | "-") product }
    product  = group { "*" group }
    group    = atom { ":" atom }
    atom     = "0" | "1" | column | function "(" ... ")" | "(" sum ")"

Whatever is not in it is refused with its position.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rnaseq_s6k1.design.tokens import FormulaReader, Token, refuse
from rnaseq_s6k1.design.wording import did_you_mean, listed, quoted
from rnaseq_s6k1.errors import UsageError

__all__ = ["FUNCTIONS", "Formula", "Term", "Variable", "parse_formula", "quote_name"]

_PLAIN_NAME = re.compile(r"[^\W\d][\w.]*")
_MOST_TERMS = 500
_DEEPEST = 30
_LARGEST_ARGUMENT = 50


@dataclass(frozen=True)
class _Function:
    """A permitted function: its numeric arguments in positional order, and its width."""

    arguments: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    columns_wide: bool = False


FUNCTIONS: dict[str, _Function] = {
    "C": _Function(),
    "log": _Function(),
    "log2": _Function(),
    "sqrt": _Function(),
    "scale": _Function(),
    "center": _Function(),
    "bs": _Function(("df", "degree"), columns_wide=True),
    "poly": _Function(("degree",), required=("degree",), columns_wide=True),
}


def quote_name(name: str) -> str:
    """Write a column's name as a formula holds it: in backticks unless it is a plain word.

    Raises
    ------
    UsageError
        If the name holds a backtick or a line break and so cannot be written.
    """
    if _PLAIN_NAME.fullmatch(name):
        return name
    if not name or "`" in name or not name.isprintable():
        raise UsageError(
            f"column {quoted(name)} cannot be written in a formula; rename it in the sample sheet"
        )
    return f"`{name}`"


@dataclass(frozen=True)
class Variable:
    """One column of the sample sheet as it enters a term.

    Attributes
    ----------
    column
        The column's name.
    functions
        Functions applied to it, innermost first, each with its numeric arguments.
    """

    column: str
    functions: tuple[tuple[str, tuple[tuple[str, int], ...]], ...] = ()

    @property
    def categorical(self) -> bool:
        """Whether ``C()`` was asked for."""
        return bool(self.functions) and self.functions[0][0] == "C"

    def render(self, name: str | None = None, prefix: str = "") -> str:
        """Write the variable as formula text.

        Parameters
        ----------
        name
            Stands in for the column's name.
        prefix
            Put before every function's name.
        """
        text = quote_name(self.column) if name is None else name
        for function, arguments in self.functions:
            given = "".join(f", {key}={value}" for key, value in arguments)
            text = f"{prefix}{function}({text}{given})"
        return text


Term = tuple[Variable, ...]


@dataclass(frozen=True)
class Formula:
    """A parsed formula.

    Attributes
    ----------
    terms
        Main effects first, then interactions by their degree, as R orders them; in the
        order of writing within a degree.
    intercept
        Whether the model has one.
    """

    terms: tuple[Term, ...]
    intercept: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """The sample sheet's columns in use, in the order of first mention."""
        return tuple(dict.fromkeys(variable.column for variable in self.variables))

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The distinct variables of all terms."""
        return tuple(dict.fromkeys(variable for term in self.terms for variable in term))

    @property
    def text(self) -> str:
        """The formula written out, products expanded: ``~ a + b + a:b``."""
        terms = [":".join(variable.render() for variable in term) for term in self.terms]
        if not self.intercept:
            terms.insert(0, "0")
        return "~ " + " + ".join(terms or ["1"])

    def __str__(self) -> str:
        return self.text


def parse_formula(text: str, columns: Iterable[str]) -> Formula:
    """Parse a formula over the columns of a sample sheet.

    Parameters
    ----------
    text
        Such as ``"~ batch + condition"`` or ``"~ 0 + C(`lane number`):group + poly(age, 2)"``.
    columns
        Names the formula may use.

    Raises
    ------
    UsageError
        If the text leaves the grammar, names an unknown column or an unknown function.
    """
    return _Parser(FormulaReader(text), [str(column) for column in columns]).formula()


class _Sum:
    """Terms gathered so far, in order, and what was said about the intercept."""

    def __init__(self) -> None:
        self.terms: dict[frozenset[Variable], Term] = {}
        self.intercept = True

    def add(self, terms: Iterable[Term]) -> None:
        for term in terms:
            self.terms.setdefault(frozenset(term), term)

    def remove(self, terms: Iterable[Term]) -> None:
        for term in terms:
            self.terms.pop(frozenset(term), None)


class _Parser:
    def __init__(self, reader: FormulaReader, columns: Sequence[str]) -> None:
        self.reader = reader
        self.columns = columns
        self.depth = 0

    def formula(self) -> Formula:
        self._expect_tilde()
        if self.reader.peek().kind == "end":
            refuse(self.reader.text, self.reader.peek(), "nothing follows the ~")
        total = self._sum(top=True)
        if self.reader.peek().kind != "end":
            refuse(self.reader.text, self.reader.peek())
        terms = sorted(total.terms.values(), key=len)  # stable: the order of writing stays
        if not terms and not total.intercept:
            raise UsageError(f"formula {quoted(self.reader.text)}: it has no terms")
        return Formula(tuple(terms), total.intercept)

    def _expect_tilde(self) -> None:
        token = self.reader.peek()
        if token.kind == "end":
            raise UsageError("the formula is empty; write one such as '~ batch + condition'")
        if token.kind != "~":
            hint = "a formula starts with ~"
            if "~" in self.reader.text:
                hint = "a formula starts with ~ and has nothing on its left (the counts go there)"
            refuse(self.reader.text, token, hint)
        self.reader.take()

    def _sum(self, *, top: bool) -> _Sum:
        total = _Sum()
        sign = self.reader.take().kind if self.reader.peek().kind in ("+", "-") else "+"
        while True:
            token = self.reader.peek()
            if token.kind == "number":
                self._intercept(total, sign, top=top)
            else:
                terms = self._product()
                (total.add if sign == "+" else total.remove)(terms)
            if len(total.terms) > _MOST_TERMS:
                self._too_many()
            if self.reader.peek().kind not in ("+", "-"):
                return total
            sign = self.reader.take().kind

    def _intercept(self, total: _Sum, sign: str, *, top: bool) -> None:
        token = self.reader.take()
        if token.text not in ("0", "1"):
            named = f"; write the column as `{token.text}`" if token.text in self.columns else ""
            reason = f"the only numbers that are terms are 0 and 1{named}"
            refuse(self.reader.text, token, reason)
        if not top or self.reader.peek().kind in ("*", ":"):
            refuse(self.reader.text, token, "0 and 1 stand alone, between + or - signs")
        total.intercept = (token.text == "1") == (sign == "+")

    def _product(self) -> list[Term]:
        terms = self._group()
        while self.reader.peek().kind == "*":
            self.reader.take()
            right = self._group()
            terms = _distinct([*terms, *right, *self._crossed(terms, right)])
        return terms

    def _group(self) -> list[Term]:
        terms = self._atom()
        while self.reader.peek().kind == ":":
            self.reader.take()
            terms = _distinct(self._crossed(terms, self._atom()))
        return terms

    def _crossed(self, left: list[Term], right: list[Term]) -> Iterator[Term]:
        if len(left) * len(right) > _MOST_TERMS:
            self._too_many()
        return (tuple(dict.fromkeys((*one, *other))) for one in left for other in right)

    def _too_many(self) -> None:
        raise UsageError(
            f"formula {quoted(self.reader.text)}: it expands to more than {_MOST_TERMS} terms; "
            "write fewer * and name the interactions that matter"
        )

    def _atom(self) -> list[Term]:
        token = self.reader.take()
        if token.kind == "(":
            self._descend(token)
            inner = self._sum(top=False)
            self._close(token)
            self.depth -= 1
            return list(inner.terms.values())
        if token.kind == "name" and self.reader.peek().kind == "(":
            return [(self._call(token),)]
        if token.kind in ("name", "quoted"):
            return [(Variable(self._known(token)),)]
        if token.kind == "number":
            refuse(self.reader.text, token, "0 and 1 stand alone, between + or - signs")
        return refuse(self.reader.text, token)

    def _descend(self, token: Token) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            refuse(self.reader.text, token, f"parentheses nest deeper than {_DEEPEST}")

    def _close(self, opening: Token) -> None:
        token = self.reader.take()
        if token.kind != ")":
            refuse(
                self.reader.text,
                token,
                f"a ) is missing for the ( at position {opening.position}",
            )

    def _known(self, token: Token) -> str:
        if token.text not in self.columns:
            hint = did_you_mean(token.text, self.columns)
            odd = [each for each in self.columns if not _PLAIN_NAME.fullmatch(each)]
            if token.kind == "name" and any(each.startswith(token.text) for each in odd):
                hint = " (names with spaces or signs go in backticks)"
            raise UsageError(
                f"formula {quoted(self.reader.text, 80)}: no column {quoted(token.text)} (position "
                f"{token.position}) in the sample sheet{hint}; it has {listed(self.columns, 20)}"
            )
        return token.text

    def _call(self, name: Token) -> Variable:
        if name.text not in FUNCTIONS:
            refuse(
                self.reader.text,
                name,
                f"there is no function of this name{did_you_mean(name.text, list(FUNCTIONS))}",
            )
        opening = self.reader.take()
        self._descend(opening)
        first = self.reader.take()
        if first.kind == "name" and self.reader.peek().kind == "(":
            inner = self._call(first)
        elif first.kind in ("name", "quoted"):
            inner = Variable(self._known(first))
        else:
            return refuse(self.reader.text, first, f"{name.text}() takes one column first")
        self._check_nesting(name, inner)
        arguments = self._arguments(name)
        self._close(opening)
        self.depth -= 1
        return Variable(inner.column, (*inner.functions, (name.text, arguments)))

    def _check_nesting(self, outer: Token, inner: Variable) -> None:
        if not inner.functions:
            return
        within = inner.functions[-1][0]
        if outer.text == "C" or within == "C" or FUNCTIONS[within].columns_wide:
            refuse(self.reader.text, outer, f"{outer.text}() cannot be applied to {within}()")

    def _arguments(self, name: Token) -> tuple[tuple[str, int], ...]:
        function = FUNCTIONS[name.text]
        given: dict[str, int] = {}
        while self.reader.peek().kind == ",":
            self.reader.take()
            token = self.reader.take()
            if token.kind == "name" and self.reader.peek().kind == "=":
                key = token.text
                self.reader.take()
                token = self.reader.take()
            else:
                key = next((each for each in function.arguments if each not in given), "")
            if key not in function.arguments or key in given:
                allowed = " and ".join(function.arguments) or "the column alone"
                refuse(self.reader.text, token, f"{name.text}() takes {allowed}, each once")
            given[key] = self._count(token, f"{name.text}({key}=)")
        missing = [key for key in function.required if key not in given]
        if missing:
            refuse(self.reader.text, name, f"{name.text}() needs {missing[0]}, as in poly(age, 2)")
        if name.text == "bs" and given.get("df", _LARGEST_ARGUMENT) < given.get("degree", 3):
            refuse(
                self.reader.text, name, "bs() takes a df of at least its degree (3 if not given)"
            )
        return tuple((key, given[key]) for key in function.arguments if key in given)

    def _count(self, token: Token, what: str) -> int:
        if token.kind != "number" or not re.fullmatch("[0-9]{1,3}", token.text):
            refuse(self.reader.text, token, f"{what} takes a whole number")
        value = int(token.text)
        if not 1 <= value <= _LARGEST_ARGUMENT:
            refuse(self.reader.text, token, f"{what} takes 1 to {_LARGEST_ARGUMENT}")
        return value


def _distinct(terms: Iterable[Term]) -> list[Term]:
    found: dict[frozenset[Variable], Term] = {}
    for term in terms:
        found.setdefault(frozenset(term), term)
    return list(found.values())
