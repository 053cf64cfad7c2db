"""Every public function is shown at work, and the examples say what really comes out."""

from __future__ import annotations

import doctest
import importlib
import inspect

import pytest

import rnaseq_s6k1 as s6k1

FUNCTIONS = [name for name in s6k1.__all__ if inspect.isfunction(getattr(s6k1, name))]
MODULES = ("rnaseq_s6k1", "rnaseq_s6k1.annotate", "rnaseq_s6k1.progress")


def examples(text: str | None, name: str) -> doctest.DocTest:
    """Collect the examples of a docstring, which start with no names at all."""
    return doctest.DocTestParser().get_doctest(text or "", {}, name, None, 0)


def complaints(test: doctest.DocTest) -> str:
    """Run the examples, and return what came out otherwise."""
    said: list[str] = []
    doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    return "".join(said)


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_example_of_a_function_holds(name):
    test = examples(getattr(s6k1, name).__doc__, name)
    run = [one for one in test.examples if doctest.SKIP not in one.options]
    assert any(f"s6k1.{name}(" in one.source for one in run), "no example calls it"
    assert complaints(test) == ""


@pytest.mark.parametrize("name", MODULES)
def test_the_example_of_a_module_holds(name):
    test = examples(importlib.import_module(name).__doc__, name)
    assert test.examples
    assert complaints(test) == ""


def test_an_example_that_is_wrong_is_seen():
    assert "Expected:\n    3" in complaints(examples(">>> 1 + 1\n3\n", "wrong"))
