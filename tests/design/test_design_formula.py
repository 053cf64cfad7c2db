from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnaseq_s6k1.design.formula import FUNCTIONS, parse_formula, quote_name
from rnaseq_s6k1.errors import UsageError

COLUMNS = ["a", "b", "c", "age", "lane number", "OS.time", "ER-status", "log"]


def refused(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        parse_formula(text, COLUMNS)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 600
    return message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("~ a", "~ a"),
        ("~a+b", "~ a + b"),
        ("~ 1 + a", "~ a"),
        ("~ 0 + a", "~ 0 + a"),
        ("~ a - 1", "~ 0 + a"),
        ("~ a + 0 + 1", "~ a"),
        ("~ -1 + a", "~ 0 + a"),
        ("~ a - 0", "~ a"),
        ("~ 1", "~ 1"),
        ("~ a * b", "~ a + b + a:b"),
        ("~ a*b*c", "~ a + b + c + a:b + a:c + b:c + a:b:c"),
        ("~ a:b + c", "~ c + a:b"),
        ("~ (a + b):c", "~ a:c + b:c"),
        ("~ (a + b) * c - a:c", "~ a + b + c + b:c"),
        ("~ a + b - b", "~ a"),
        ("~ a + a + a:a", "~ a"),
        ("~ a:b + b:a", "~ a:b"),
        ("~ a + b:c * a", "~ a + b:c + b:c:a"),
        ("~ `lane number` + `a`", "~ `lane number` + a"),
        ("~ C(`lane number`):b", "~ C(`lane number`):b"),
        ("~ OS.time + `ER-status`", "~ OS.time + `ER-status`"),
        ("~ log(age) + log", "~ log(age) + log"),
        ("~ bs(age, df=4)", "~ bs(age, df=4)"),
        ("~ bs(age, 5, 2)", "~ bs(age, df=5, degree=2)"),
        ("~ poly(age, 2)", "~ poly(age, degree=2)"),
        ("~ scale(log2(age)) + center(age) + sqrt(age)", None),
        ("~\ta\r\n+ b", "~ a + b"),
    ],
)
def test_what_the_grammar_means(text: str, expected: str | None) -> None:
    assert parse_formula(text, COLUMNS).text == (expected or text)


def test_text_parses_to_itself() -> None:
    formula = parse_formula("~ 0 + a*`lane number` + poly(age, 2):b - a", COLUMNS)
    assert parse_formula(formula.text, COLUMNS) == formula
    assert formula.columns == ("lane number", "a", "age", "b")


@pytest.mark.parametrize(
    ("text", "piece", "position"),
    [
        ("~ a + {__import__('os').system('x')}", "{", 7),
        ("~ I(a)", "I", 3),
        ("~ np.log(a)", "np.log", 3),
        ("~ __import__('os')", "__import__", 3),
        ("~ C(a, Treatment('x'))", "Treatment", 8),
        ("~ C(a, Treatment(b))", "Treatment", 8),
        ("~ lambda x: x", None, 3),
        ("~ a \\ b", "\\", 5),
        ("~ a ** 2", "*", 6),
        ("~ a ^ 2", "^", 5),
        ("~ a %in% b", "%", 5),
        ("~ a / b", "/", 5),
        ("~ a | b", "|", 5),
        ("~ 2", "2", 3),
        ("~ 1.5 + a", "1.5", 3),
        ("~ 1e5", "1e5", 3),
        ("~ a + 1:b", "1", 7),
        ("~ a:0", "0", 5),
        ("~ (0 + a)", "0", 4),
        ("~ a[0]", "[", 4),
        ("~ 'a'", "'", 3),
        ('~ "a"', '"', 3),
        ("~ a; b", ";", 4),
        ("~ a\x00", "\\x00", 4),
        ("~ a + # b", "#", 7),
        ("~ a == b", "=", 5),
        ("~ a := b", "=", 6),
        ("~ a ~ b", "~", 5),
        ("~ ~ a", "~", 3),
        ("~ a b", "b", 5),
        ("~ a, b", ",", 4),
        ("~ a )", ")", 5),
        ("~ + + a", "+", 5),
        ("~ \uff23(a)", "\uff23", 3),
        ("~ l\u043eg(age)", "l\u043eg", 3),
        ("~ a \u2212 b", "\u2212", 5),
        ("~ a \u223c b", "\u223c", 5),
        ("~ bs(age, df=-1)", "-", 14),
        ("~ bs(age, df=4.5)", "4.5", 14),
        ("~ bs(age, df=1000000000)", "1000000000", 14),
        ("~ bs(age, df=0)", "0", 14),
        ("~ bs(age, knots=3)", "3", 17),
        ("~ bs(age, df=4, df=5)", "5", 20),
        ("~ bs(age, df=2)", "bs", 3),
        ("~ poly(age)", "poly", 3),
        ("~ poly(age, a)", "a", 13),
        ("~ log(age, 2)", "2", 12),
        ("~ log(a + b)", "+", 9),
        ("~ log(2)", "2", 7),
        ("~ C(log(age))", "C", 3),
        ("~ log(C(a))", "log", 3),
        ("~ scale(poly(age, 2))", "scale", 3),
        ("~ log()", ")", 7),
    ],
)
def test_refused_with_piece_and_position(text: str, piece: str | None, position: int) -> None:
    message = refused(text)
    assert f"position {position}" in message
    if piece is not None:
        assert piece in message.split("position")[0].split(": ", 1)[1]
        assert "allowed are column names" in message
        assert "C log log2 sqrt scale center bs poly" in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the formula is empty"),
        ("   ", "the formula is empty"),
        ("~", "nothing follows the ~"),
        ("~ 0", "it has no terms"),
        ("~ a - a - 1", "it has no terms"),
        ("a + b", "a formula starts with ~"),
        ("y ~ a", "has nothing on its left"),
        ("~ a +", "it ends too early at position 6"),
        ("~ (a + b", "a ) is missing for the ( at position 3"),
        ("~ `a", "a backtick is not closed"),
        ("~ lig(age)", "did you mean 'log'"),
        ("~ A", "did you mean 'a'?"),
        ("~ ``", "no column ''"),
        ("~ lane", "names with spaces or signs go in backticks"),
        ("~ a.__class__.__mro__", "no column 'a.__class__.__mro__'"),
        ("~ agee", "did you mean 'age'?); it has 'a', 'b', 'c', 'age', 'lane number'"),
        ("~ " + "(" * 10_000 + "a" + ")" * 10_000, "at most 10000 are read"),
        ("~ " + "(" * 4_000 + "a" + ")" * 4_000, "parentheses nest deeper than 30"),
        ("~ " + "log(" * 1_500 + "age" + ")" * 1_500, "parentheses nest deeper than 30"),
        ("~ " + "x" * 5_000, "no column 'xxxxxxxxx"),
    ],
)
def test_refused_in_words(text: str, words: str) -> None:
    assert words in refused(text)


def test_numbers_that_are_columns_go_in_backticks() -> None:
    with pytest.raises(UsageError, match=r"write the column as `2h`"):
        parse_formula("~ 2h", ["2h"])
    assert parse_formula("~ `2h`", ["2h"]).columns == ("2h",)


def test_products_cannot_explode() -> None:
    names = [f"x{i}" for i in range(40)]
    with pytest.raises(UsageError, match="more than 500 terms"):
        parse_formula("~ " + "*".join(names), names)
    wide = "(" + "+".join(names) + ")"
    with pytest.raises(UsageError, match="more than 500 terms"):
        parse_formula(f"~ {wide}:{wide}", names)


@pytest.mark.parametrize("name", ["a`b", "", "a\nb", "a\x1b[31m"])
def test_names_that_no_formula_can_hold(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be written in a formula; rename it"):
        quote_name(name)


@given(st.text(max_size=60))
def test_arbitrary_text_raises_nothing_but_usage_errors(text: str) -> None:
    for candidate in (text, f"~ {text}", f"~ a + {text}"):
        try:
            formula = parse_formula(candidate, COLUMNS)
        except UsageError:
            continue
        assert set(formula.columns) <= set(COLUMNS)


@given(st.text(max_size=60))
def test_refusals_are_one_line(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_formula(f"~ a + {text} + (", COLUMNS)
    assert len(str(caught.value).splitlines()) == 1


PIECES = [*"+:*-01~(),=` ", "\\", "{", "2", "3", "df", "degree", "`lane number`", *COLUMNS[:4]]


@given(st.lists(st.sampled_from([*PIECES, *FUNCTIONS]), max_size=15))
def test_near_formulas_raise_nothing_but_usage_errors(pieces: list[str]) -> None:
    try:
        formula = parse_formula("~ " + " ".join(pieces), COLUMNS)
    except UsageError:
        return
    assert parse_formula(formula.text, COLUMNS) == formula


@given(st.text(min_size=1, max_size=20))
def test_quoted_names_come_back(name: str) -> None:
    try:
        written = quote_name(name)
    except UsageError:
        return
    assert parse_formula(f"~ {written}", [name]).columns == (name,)
