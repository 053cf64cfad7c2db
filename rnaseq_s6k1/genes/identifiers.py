"""What kind of gene identifiers a list holds, and of which species: a guess for messages."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from rnaseq_s6k1.genes.table import GeneTable

__all__ = [
    "HUMAN_ENSEMBL",
    "IdentifierGuess",
    "guess_identifiers",
    "is_row_numbers",
    "strip_ensembl_version",
]

HUMAN_ENSEMBL = "human Ensembl gene ids"
#: Identifiers told by their form: (pattern, kind, what they are called).
_FORMS = tuple(
    (re.compile(pattern, re.ASCII), kind, label)
    for pattern, kind, label in (
        (r"ENSG\d{11}(\.\d+)?(_PAR_Y)?", "ensembl", HUMAN_ENSEMBL),
        (r"ENSMUSG\d{11}(\.\d+)?", "ensembl", "mouse Ensembl gene ids"),
        (r"ENSRNOG\d{11}(\.\d+)?", "ensembl", "rat Ensembl gene ids"),
        (r"ENSDARG\d{11}(\.\d+)?", "ensembl", "zebrafish Ensembl gene ids"),
        (r"ENS([A-Z]{3,4})?T\d{11}(\.\d+)?", "transcript", "Ensembl transcript ids, not gene ids"),
        (r"ENS([A-Z]{3,4})?P\d{11}(\.\d+)?", "protein", "Ensembl protein ids"),
        (r"ENS[A-Z]{3,4}G\d{11}(\.\d+)?", "ensembl", "Ensembl gene ids of another species"),
        (r"FBgn\d{7}", "flybase", "fruit-fly (FlyBase) gene ids"),
        (r"WBGene\d{8}", "wormbase", "C. elegans (WormBase) gene ids"),
        (r"Y[A-P][LR]\d{3}[WC](-[A-Z])?|Q0\d{3}", "yeast", "yeast systematic names"),
        (r"AT[1-5MC]G\d{5}(\.\d+)?", "tair", "Arabidopsis (TAIR) gene ids"),
        (r"[NX][MRP]_\d+(\.\d+)?", "refseq", "RefSeq accessions"),
        (r"HGNC:\d+", "hgnc", "HGNC ids"),
        (r"MGI:\d+", "mgi", "mouse (MGI) gene ids"),
        (r"\d+(_[a-z]+)*_at|ILMN_\d+", "probe", "microarray probe ids"),
        (
            r"[OPQ]\d[A-Z0-9]{3}\d(-\d+)?|[A-NR-Z]\d([A-Z][A-Z0-9]{2}\d){1,2}(-\d+)?",
            "uniprot",
            "UniProt accessions",
        ),
        (r"\d+(\.0)?", "entrez", "numbers, as Entrez gene ids are"),
        (r"[^|]+\|\d+|[^|]+\|ENS\w*G\d{11}.*", "joined", "two names joined by |"),
    )
)
#: All forms in one pattern, the first that fits being the group's: one search a name.
_ANY_FORM = re.compile(
    "|".join(f"(?P<form{i}>{pattern.pattern})" for i, (pattern, _, _) in enumerate(_FORMS)),
    re.ASCII,
)
#: Kind and label by the group's name.
_KINDS = {f"form{i}": (kind, label) for i, (_, kind, label) in enumerate(_FORMS)}
#: Mouse and rat symbols have one capital: Trp53, Rps6kb1.
_RODENT = re.compile(r"[A-Z][a-z0-9]*[a-z][A-Za-z0-9.-]*", re.ASCII)
_LOWER = re.compile(r"[a-z][a-z0-9.:-]*", re.ASCII)
_ENSEMBL = re.compile(r"(ENS[A-Z]{0,4}G\d{11})(\.\d+)?(_PAR_Y)?", re.ASCII)

_FOREIGN_KINDS = frozenset(
    {"rodent_symbol", "lower_symbol", "flybase", "wormbase", "yeast", "tair", "mgi"}
)


@dataclass(frozen=True)
class IdentifierGuess:
    """The commonest kind of identifier in a list.

    Attributes
    ----------
    kind
        ``symbol`` (human), ``rodent_symbol``, ``lower_symbol``, ``ensembl``, ``entrez``,
        ``row_number``, another database's name, or ``unknown``.
    label
        The same in words, for messages.
    example
        An identifier of this kind from the list, or the list's first.
    share
        Share of the list that is of this kind, 0 to 1.
    """

    kind: str
    label: str
    example: str
    share: float

    @property
    def is_foreign(self) -> bool:
        """Whether identifiers of this kind belong to another species than man."""
        return self.kind in _FOREIGN_KINDS or (
            self.kind == "ensembl" and self.label != HUMAN_ENSEMBL
        )


def strip_ensembl_version(gene_id: str) -> str:
    """Give an Ensembl gene id without its version; anything else comes back as it is."""
    if "." not in gene_id:
        return gene_id  # the usual case, and no version to strip
    match = _ENSEMBL.fullmatch(gene_id)
    return match[1] + (match[3] or "") if match else gene_id


def is_row_numbers(names: Iterable[str]) -> bool:
    """Tell whether names are row numbers: at least ten integers without a gap, from 0 or 1."""
    numbers = {name.removesuffix(".0") for name in names}
    return len(numbers) >= 10 and any(
        numbers == {str(number) for number in range(first, first + len(numbers))}
        for first in (0, 1)
    )


def guess_identifiers(names: Iterable[str], table: GeneTable) -> IdentifierGuess:
    """Tell the commonest kind of identifier in a list.

    Parameters
    ----------
    names
        Gene identifiers or names.
    table
        The human gene table, which knows the human symbols.

    Returns
    -------
    IdentifierGuess
        Of kind ``unknown`` where no kind makes up at least 30 % of the list.
    """
    listed = [str(name) for name in names]
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in listed:
        found[_kind_of(name, table)].append(name)
    if not listed:
        return IdentifierGuess("unknown", "no names at all", "", 0.0)
    named = {kind: members for kind, members in found.items() if kind[0] != "unknown"}
    if not named:
        return IdentifierGuess("unknown", "no identifiers known here", listed[0], 1.0)
    kind, members = max(named.items(), key=lambda item: (len(item[1]), item[0]))
    share = len(members) / len(listed)
    if share < 0.3:
        return IdentifierGuess("unknown", "no identifiers known here", listed[0], 1 - share)
    if kind[0] == "entrez" and is_row_numbers(members):
        return IdentifierGuess("row_number", "row numbers", members[0], share)
    return IdentifierGuess(*kind, members[0], share)


def _kind_of(name: str, table: GeneTable) -> tuple[str, str]:
    """Give kind and label of one identifier."""
    if name in table.symbols or name in table.alias_owners:
        return "symbol", "human gene symbols"
    match = _ANY_FORM.fullmatch(name)
    if match is not None and match.lastgroup is not None:
        return _KINDS[match.lastgroup]
    if _RODENT.fullmatch(name) and name.upper() in table.symbols:
        return "rodent_symbol", "mouse or rat gene symbols"
    if _LOWER.fullmatch(name) and name.upper() in table.symbols:
        return "lower_symbol", "gene symbols in lower case, as of zebrafish"
    if _RODENT.fullmatch(name):
        return "rodent_symbol", "mouse or rat gene symbols"
    return "unknown", "no identifiers known here"
