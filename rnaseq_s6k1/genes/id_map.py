"""Maps of identifiers: a table of two columns, the id in the data and what stands for it."""

from __future__ import annotations

import csv
import gzip
import io
import logging
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.genes.identifiers import strip_ensembl_version
from rnaseq_s6k1.io.spreadsheets import unguard_text

__all__ = ["ID_MAP", "ORTHOLOG_MAP", "Lookup", "MapKind", "map_lookup", "read_id_map"]

logger = logging.getLogger(__name__)

#: Of one id, the names it may have: none is lost, several are ambiguous.
Lookup = Callable[[str], tuple[str, ...]]


@dataclass(frozen=True)
class MapKind:
    """What a map is for; how errors speak of it.

    Attributes
    ----------
    option
        The option that takes it.
    label
        What it is called, with its article.
    first, second
        What the two columns hold.
    """

    option: str
    label: str
    first: str
    second: str


ID_MAP = MapKind("--id-map", "an id map", "the data's id", "its name")
ORTHOLOG_MAP = MapKind("--ortholog-map", "an ortholog map", "the data's gene", "its human ortholog")

#: First fields by which a header line is known.
_HEADERS = {
    "id",
    "ids",
    "gene",
    "gene_id",
    "geneid",
    "gene id",
    "from",
    "source",
    "old",
    "probe",
    "probe_id",
    "probeid",
    "ensembl",
    "ensembl_id",
    "ensembl_gene_id",
    "gene stable id",
    "entrez",
    "entrez_id",
    "entrezid",
    "entrezgene",
    "symbol",
    "mouse",
    "mouse_symbol",
    "rat",
    "ortholog",
    "query",
}


def read_id_map(path: Path, kind: MapKind = ID_MAP) -> dict[str, tuple[str, ...]]:
    """Read a map of identifiers: TSV or CSV, plain or gzip, with or without a header.

    Rows with an empty name are left out. An Ensembl id is known without its version too.

    Parameters
    ----------
    path
        The file; separated by tabs where its first line has one, else by commas.
    kind
        What it is for.

    Returns
    -------
    dict of str to tuple of str
        The distinct names of each id, in the order of the file.

    Raises
    ------
    DataError
        If the file is missing, is not UTF-8, has a line of other than two columns or with an
        empty id, or names no id.
    """
    text = _read_text(path, kind)
    first = text.lstrip("\n").split("\n", 1)[0]
    delimiter = "\t" if "\t" in first else ","
    mapping: dict[str, tuple[str, ...]] = {}
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        n_rows = 0
        for row in rows:
            fields = [unguard_text(field.strip()) for field in row]
            if not any(fields):
                continue
            n_rows += 1
            if len(fields) != 2:
                raise DataError(
                    f"{path}: line {rows.line_num} has {len(fields)} "
                    f"column{'s' if len(fields) != 1 else ''}; {kind.label} has two, {kind.first} "
                    f"and {kind.second}, separated by a tab or a comma"
                )
            if n_rows == 1 and fields[0].lower() in _HEADERS:
                continue
            _add(mapping, fields[0], fields[1], f"{path}: line {rows.line_num}")
    except csv.Error as error:
        raise DataError(f"{path}: line {rows.line_num}: {error}; mend the quotes") from error
    if not mapping:
        raise DataError(
            f"{path}: names no id; {kind.label} has two columns, {kind.first} and {kind.second}"
        )
    several = sum(len(names) > 1 for names in mapping.values())
    if several:
        logger.warning("%s: %d ids have several names and are ambiguous", path.name, several)
    return mapping


def map_lookup(path: Path, kind: MapKind, ids: Iterable[str], *others: Iterable[str]) -> Lookup:
    """Read a map and give its lookup, having seen that it knows at least one of the ids.

    Parameters
    ----------
    path
        The file.
    kind
        What it is for.
    ids, others
        The data's ids, and further lists of names it knows its genes by.

    Raises
    ------
    DataError
        If the map cannot be read or has none of the ids.
    """
    mapping = read_id_map(path, kind)

    def lookup(gene_id: str) -> tuple[str, ...]:
        return mapping.get(gene_id) or mapping.get(strip_ensembl_version(gene_id), ())

    known = [[str(one) for one in names] for names in (ids, *others)]
    if any(lookup(one) for names in known for one in names):
        return lookup
    given = {name for names in mapping.values() for name in names}
    swapped = any(one in given for names in known for one in names)
    raise DataError(
        f"{path}: none of its {len(mapping)} ids (first: {next(iter(mapping))[:40]!r}) is a "
        f"gene id of the data (first: {known[0][0][:40] if known[0] else ''!r}); the first column "
        f"must be {kind.first}, the second {kind.second}"
        + (" (the columns seem to be swapped)" if swapped else "")
    )


def _add(mapping: dict[str, tuple[str, ...]], gene_id: str, name: str, where: str) -> None:
    """Add one row of an id map."""
    if not gene_id:
        raise DataError(f"{where} has a name ({name[:40]!r}) without an id; fill the first column")
    if not (gene_id + name).isprintable():
        raise DataError(f"{where} holds a control character; remove it from the file")
    if name and name != "NA":
        for key in {gene_id, strip_ensembl_version(gene_id)}:
            names = mapping.get(key, ())
            if name not in names:
                mapping[key] = (*names, name)


def _read_text(path: Path, kind: MapKind) -> str:
    """Read a text file, plain or gzip, with Unix line ends."""
    try:
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        raise DataError(
            f"{path}: no such file; {kind.option} takes a table of {kind.first} and {kind.second}"
        ) from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path}: line {line} is not UTF-8 text; save it as UTF-8") from None
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")
