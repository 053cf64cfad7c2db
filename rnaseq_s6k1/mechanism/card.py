"""Mechanism cards: a claim as expectations that data can meet or contradict."""

from __future__ import annotations

import json
import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import yaml

from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.gmt import GeneSet

__all__ = ["Card", "Claim", "DerivedSet", "Expectation", "card_names", "load_card"]

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
class Claim:
    """What a reader of a verdict must know of its card.

    Attributes
    ----------
    title, perturbation, citation, doi, driver_direction, alpha
        See `Card`.
    sources
        The figure or sentence of the source behind each line, in the order of the lines.
    """

    title: str
    perturbation: str
    citation: str
    doi: str
    driver_direction: Literal["up", "down"]
    alpha: float
    sources: tuple[str, ...]


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
    def claim(self) -> Claim:
        """What a reader of the verdict must know."""
        return Claim(
            self.title,
            self.perturbation,
            self.citation,
            self.doi,
            self.driver_direction,
            self.alpha,
            tuple(line.source for line in self.expectations),
        )

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

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> card = s6k1.load_card("s6k1-knockdown")
    >>> card.name
    's6k1-knockdown'
    """
    text = str(name_or_path)
    if text in card_names():
        entry = resources.files("rnaseq_s6k1.mechanism") / "cards" / f"{text}.yaml"
        return _parse(entry.read_text(encoding="utf-8"), text)
    path = Path(text)
    if not _is_file(path):
        raise UsageError(
            f"--card {_clip(text)}: neither a card of this package ({', '.join(card_names())}) "
            "nor a file"
        )
    try:
        if path.stat().st_size > _LARGEST_CARD:
            raise DataError(f"{path}: over {_LARGEST_CARD:,} bytes, which no card needs")
        content = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text (byte {error.start})") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    return _parse(content, str(path))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name longer than the file system takes
        return False


def _clip(text: str, limit: int = 80) -> str:
    """Show hostile or long text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 3] + "..."


@cache
def _schema() -> dict[str, Any]:
    entry = resources.files("rnaseq_s6k1.mechanism") / "cards" / "card.schema.json"
    schema: dict[str, Any] = json.loads(entry.read_text(encoding="utf-8"))
    return schema


class _CardLoader(yaml.SafeLoader):
    """Safe YAML without aliases, which an attacker needs, and without keys that stand twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            events: Any = self  # PyYAML's own methods carry no types
            event = events.peek_event()
            raise yaml.MarkedYAMLError(
                problem="aliases are not allowed in a card", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        # YAML lets the last of equal keys win, which would drop half a card without a word.
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the entry {_clip(key.value)} stands twice",
                    problem_mark=key.start_mark,
                )
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return mapping


def _parse(text: str, where: str) -> Card:
    try:
        content = yaml.load(text, Loader=_CardLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = _clip(str(error.problem), 160)
        raise DataError(f"{where}, line {line}: not valid YAML: {problem}") from error
    except RecursionError as error:
        raise DataError(f"{where}: nested too deeply for a card") from error
    except (yaml.YAMLError, ValueError) as error:
        raise DataError(f"{where}: not valid YAML: {_clip(str(error), 160)}") from error
    _validate(content, where)
    return _build(content, where)


def _validate(content: Any, where: str) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

    errors = list(Draft202012Validator(_schema()).iter_errors(content))
    if not errors:
        return

    def place(error: ValidationError) -> list[tuple[bool, int, str]]:
        """Order of the parts of a path; list positions as numbers, so that 2 precedes 10."""
        return [
            (isinstance(part, str), part if isinstance(part, int) else 0, str(part))
            for part in error.absolute_path
        ]

    error = min(errors, key=place)
    entry = _clip(error.json_path.removeprefix("$").removeprefix(".") or "the card")
    raise DataError(f"{where}: {entry} {_reason(error)}")


def _reason(error: Any) -> str:
    """Say what is wrong with an entry, and what is allowed."""
    found = _clip(str(error.instance), 60)
    wanted = error.validator_value
    if error.validator in ("enum", "const"):
        allowed = wanted if isinstance(wanted, list) else [wanted]
        return f"is {found!r}; allowed: {', '.join(map(str, allowed))}"
    if error.validator == "required":
        missing = [name for name in wanted if name not in error.instance]
        return f"lacks {', '.join(missing)}; needed: {', '.join(wanted)}"
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        unknown = [str(name) for name in error.instance if name not in known]
        return f"has an unknown entry {_clip(unknown[0])!r}; allowed: {', '.join(known)}"
    return f"is {found!r}, which does not fit ({_clip(error.message, 120)})"


def _build(content: dict[str, Any], where: str) -> Card:
    within = float(content.get("within", DEFAULT_WITHIN))
    alpha = float(content.get("alpha", DEFAULT_ALPHA))
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
    for name, value in (
        ("alpha", alpha),
        ("within", within),
        *(("within", e.within) for e in lines),
    ):
        if not math.isfinite(value):  # the schema's bounds let .nan through
            raise DataError(f"{where}: {name} is {value}; it must be a finite number")
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
        alpha=alpha,
        within=within,
        derived_sets={
            name: DerivedSet(entry["from"], tuple(entry["without"]))
            for name, entry in content.get("derived_sets", {}).items()
        },
        expectations=lines,
    )
