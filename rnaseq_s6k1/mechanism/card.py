"""Mechanism cards: a claim as expectations that data can meet or contradict."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import yaml

from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.gmt import GeneSet

__all__ = ["Card", "DerivedSet", "Expectation", "card_names", "load_card"]

Kind = Literal["gene", "gene_set", "over_representation", "artefact"]
Expected = Literal["up", "down", "unchanged", "not up"]
Role = Literal["core", "detail"]

DEFAULT_WITHIN = 0.58  # log2 units, 1.5-fold
DEFAULT_ALPHA = 0.05
DEFAULT_COLLECTIONS = ("hallmark", "kegg_cell_cycle")

# A card is a page of text; anything larger is not one, and YAML aliases can grow.
_LARGEST_CARD = 200_000


@dataclass(frozen=True)
class Expectation:
    """One line of a card.

    Attributes
    ----------
    target
        A gene, a gene set, or a derived set of the card.
    kind
        ``gene``; ``gene_set`` (a shift of the whole set); ``over_representation`` (of the
        set among the genes called in the expected direction); ``artefact`` (a set that the
        perturbation itself, not the mechanism, tends to raise).
    expected
        ``up``, ``down``, ``unchanged`` (genes only) or ``not up`` (artefacts).
    role
        ``core`` lines decide the signature, ``detail`` lines the mechanism.
    within
        The margin of ``unchanged``, log2 units.
    source
        The figure or sentence of the source that says so.
    """

    target: str
    kind: Kind
    expected: Expected
    role: Role
    within: float
    source: str


@dataclass(frozen=True)
class DerivedSet:
    """A gene set less the genes it shares with others."""

    base: str
    without: tuple[str, ...]


@dataclass(frozen=True)
class Card:
    """A claim: a driver, what was done to it, and what should follow.

    Attributes
    ----------
    name, title
        Identifier, and what a person calls it.
    driver_gene, driver_direction
        The driver's symbol, and where the perturbation should move its mRNA.
    perturbation
        Target over reference, in words.
    citation, doi
        Where the claim was made.
    collections
        Gene-set collections the card's sets come from.
    alpha
        Level of every test of the card.
    derived_sets
        Sets the card defines from others.
    expectations
        The lines.
    """

    name: str
    title: str
    driver_gene: str
    driver_direction: Literal["up", "down"]
    perturbation: str
    citation: str
    doi: str
    collections: tuple[str, ...]
    alpha: float
    within: float
    derived_sets: Mapping[str, DerivedSet] = field(default_factory=dict)
    expectations: tuple[Expectation, ...] = ()

    @property
    def core(self) -> tuple[Expectation, ...]:
        """The lines that decide whether the signature is there."""
        return tuple(line for line in self.expectations if line.role == "core")

    @property
    def set_targets(self) -> tuple[str, ...]:
        """Names of all gene sets the card speaks of, in order, each once."""
        return tuple(dict.fromkeys(e.target for e in self.expectations if e.kind != "gene"))

    def resolve_sets(self, collections: Mapping[str, Mapping[str, GeneSet]]) -> dict[str, GeneSet]:
        """Find the card's gene sets in the collections, and derive its own.

        Raises
        ------
        DataError
            If a set is in none of the collections.
        """
        known: dict[str, GeneSet] = {}
        for sets in collections.values():
            for name, gene_set in sets.items():
                known.setdefault(name, gene_set)
        resolved = {}
        for name in self.set_targets:
            derived = self.derived_sets.get(name)
            wanted = (name,) if derived is None else (derived.base, *derived.without)
            missing = [part for part in wanted if part not in known]
            if missing:
                raise DataError(
                    f"card {self.name}: the gene set {missing[0]} is in none of the collections "
                    f"{', '.join(collections)}; name its collection under gene_sets in the card"
                )
            if derived is None:
                resolved[name] = known[name]
            else:
                shared = set().union(*(known[part].genes for part in derived.without))
                genes = tuple(gene for gene in known[derived.base].genes if gene not in shared)
                if not genes:
                    raise DataError(
                        f"card {self.name}: the derived set {name} is empty; take a set out of "
                        "its without list"
                    )
                description = f"{derived.base} without {', '.join(derived.without)}"
                resolved[name] = GeneSet(name, description, genes)
        return resolved


def card_names() -> list[str]:
    """Names of the cards that come with the package."""
    folder = resources.files("rnaseq_s6k1.mechanism") / "cards"
    return sorted(
        entry.name.removesuffix(".yaml")
        for entry in folder.iterdir()
        if entry.name.endswith(".yaml")
    )


def load_card(name_or_path: str | Path) -> Card:
    """Load a card by its name, or from a YAML file.

    Raises
    ------
    UsageError
        If there is neither a card nor a file of that name.
    DataError
        If the file is not a valid card; the message names the entry, what is allowed, and
        what was found.
    """
    text = str(name_or_path)
    if text in card_names():
        entry = resources.files("rnaseq_s6k1.mechanism") / "cards" / f"{text}.yaml"
        return _parse(entry.read_text(encoding="utf-8"), text)
    path = Path(text)
    if not path.is_file():
        raise UsageError(
            f"--card {text}: neither a card of this package ({', '.join(card_names())}) nor a file"
        )
    if path.stat().st_size > _LARGEST_CARD:
        raise DataError(f"{path}: over {_LARGEST_CARD:,} bytes, which no card needs")
    try:
        return _parse(path.read_text(encoding="utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text (byte {error.start})") from error


@cache
def _schema() -> dict[str, Any]:
    entry = resources.files("rnaseq_s6k1.mechanism") / "cards" / "card.schema.json"
    schema: dict[str, Any] = json.loads(entry.read_text(encoding="utf-8"))
    return schema


class _CardLoader(yaml.SafeLoader):
    """Safe YAML without aliases, which a card does not need and an attacker does."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise yaml.MarkedYAMLError(
                problem="aliases are not allowed in a card", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)


def _parse(text: str, where: str) -> Card:
    try:
        content = yaml.load(text, Loader=_CardLoader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DataError(f"{where}, line {line}: not valid YAML: {error.problem}") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise DataError(f"{where}: not valid YAML: {str(error).splitlines()[0]}") from error
    _validate(content, where)
    return _build(content, where)


def _validate(content: Any, where: str) -> None:
    from jsonschema import Draft202012Validator

    errors = sorted(Draft202012Validator(_schema()).iter_errors(content), key=lambda e: e.json_path)
    if not errors:
        return
    error = errors[0]
    entry = error.json_path.removeprefix("$").removeprefix(".") or "the card"
    found = str(error.instance).replace("\n", " ")[:60]
    if error.validator in ("enum", "const"):
        allowed = error.validator_value
        allowed = ", ".join(map(str, allowed)) if isinstance(allowed, list) else allowed
        reason = f"is {found!r}; allowed: {allowed}"
    elif error.validator in ("required", "additionalProperties"):
        reason = error.message.replace("\n", " ")[:200]
    else:
        reason = f"is {found!r}, which does not fit ({error.message[:120]})".replace("\n", " ")
    raise DataError(f"{where}: {entry} {reason}")


def _build(content: dict[str, Any], where: str) -> Card:
    within = float(content.get("within", DEFAULT_WITHIN))
    lines = tuple(
        Expectation(
            target=entry["target"],
            kind=entry["kind"],
            expected=entry["expected"],
            role=entry.get("role", "detail"),
            within=float(entry.get("within", within)),
            source=entry["source"],
        )
        for entry in content["expectations"]
    )
    seen: set[tuple[str, str, str]] = set()
    for line in lines:
        key = (line.target, line.kind, line.expected)
        if key in seen:
            raise DataError(f"{where}: the line {' '.join(key)} stands twice")
        seen.add(key)
    if not any(line.role == "core" for line in lines):
        raise DataError(
            f"{where}: no line has the role core; the signature needs a gene set with role: core"
        )
    return Card(
        name=content["name"],
        title=content["title"],
        driver_gene=content["driver"]["gene"],
        driver_direction=content["driver"]["direction"],
        perturbation=content["perturbation"],
        citation=content["source"]["citation"],
        doi=content["source"]["doi"],
        collections=tuple(content.get("gene_sets", DEFAULT_COLLECTIONS)),
        alpha=float(content.get("alpha", DEFAULT_ALPHA)),
        within=within,
        derived_sets={
            name: DerivedSet(entry["from"], tuple(entry["without"]))
            for name, entry in content.get("derived_sets", {}).items()
        },
        expectations=lines,
    )
