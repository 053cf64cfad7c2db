"""Names that the Broad's GSEA has for options of ours, taken where ours are.

``gsea-cli GSEAPreranked -nperm 1000 -set_min 15 -set_max 500 -rnd_seed 149`` becomes the same
options here, with one dash or two, and with underscores or dashes. They stand in no help, and
one given beside our own name for it is refused: which of the two counts would be a guess.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from rnaseq_s6k1.errors import UsageError

__all__ = ["BROAD_ALIASES", "Alias", "alias_parameters", "resolve_aliases"]

#: The largest seed; as of ``--seed``.
_LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True)
class Alias:
    """Another name for an option.

    Attributes
    ----------
    name
        The Broad's name, with underscores.
    target
        The parameter it stands for.
    smallest, largest
        Bounds of its value; None where there is none.
    """

    name: str
    target: str
    smallest: int
    largest: int | None = None

    @property
    def option(self) -> str:
        """The name as errors and documents write it."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def spellings(self) -> tuple[str, ...]:
        """All spellings that are taken."""
        return tuple(dict.fromkeys((self.option, f"--{self.name}", f"-{self.name}")))


BROAD_ALIASES = (
    Alias("nperm", "permutations", 100),
    Alias("set_min", "min_size", 1),
    Alias("set_max", "max_size", 1),
    Alias("rnd_seed", "seed", 0, _LARGEST_SEED),
)


def alias_parameters(names: Iterable[str]) -> list[inspect.Parameter]:
    """Give the hidden parameters of a command with parameters of these names.

    Only commands that test gene sets have them: those whose sets have a smallest size.
    """
    known = set(names)
    return [
        inspect.Parameter(
            alias.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=[],
            annotation=Annotated[list[str], typer.Option(*alias.spellings, hidden=True)],
        )
        for alias in BROAD_ALIASES
        if "min_size" in known and alias.target in known
    ]


def resolve_aliases(values: Mapping[str, Any], given: Mapping[str, bool]) -> dict[str, Any]:
    """Put the values of aliases where they belong.

    Parameters
    ----------
    values
        All values of a command, by parameter.
    given
        Whether a parameter was given on the command line.

    Returns
    -------
    dict
        The values without the aliases.

    Raises
    ------
    UsageError
        If an option is given under both names, or a value does not fit.
    """
    resolved = dict(values)
    for alias in BROAD_ALIASES:
        texts = resolved.pop(alias.name, None)
        if not texts:
            continue
        own = f"--{alias.target.replace('_', '-')}"
        if given.get(alias.target, False):
            raise UsageError(f"{alias.option} is another name for {own}; give one of the two")
        if len(texts) > 1:
            raise UsageError(f"{alias.option} is given {len(texts)} times; give it once")
        resolved[alias.target] = _value(alias, texts[0])
    return resolved


def _value(alias: Alias, text: str) -> int:
    if alias.target == "seed" and text.strip().lower() == "timestamp":
        raise UsageError(
            f"{alias.option} timestamp draws other numbers every time, and a result that nobody "
            "can repeat is none; give a whole number, or leave it out for 0"
        )
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1
    if number < alias.smallest or (alias.largest is not None and number > alias.largest):
        bounds = f"from {alias.smallest}" + (f" to {alias.largest}" if alias.largest else "")
        raise UsageError(f"{alias.option} takes a whole number {bounds}, not {text[:40]!r}")
    return number
