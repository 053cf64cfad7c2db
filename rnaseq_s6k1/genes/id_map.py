"""Id maps: a table of two columns, the id in the data and the name it shall have."""

from __future__ import annotations

import csv
import gzip
import io
import logging
import zlib
from pathlib import Path

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.genes.identifiers import strip_ensembl_version

__all__ = ["read_id_map"]

logger = logging.getLogger(__name__)

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
}


def read_id_map(path: Path) -> dict[str, tuple[str, ...]]:
    """Read an id map: TSV or CSV, plain or gzip, with or without a header.

    Rows with an empty name are left out. An Ensembl id is known without its version too.

    Parameters
    ----------
    path
        The file; separated by tabs where its first line has one, else by commas.

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
    text = _read_text(path)
    first = text.lstrip("\n").split("\n", 1)[0]
    delimiter = "\t" if "\t" in first else ","
    mapping: dict[str, tuple[str, ...]] = {}
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        n_rows = 0
        for row in rows:
            fields = [field.strip() for field in row]
            if not any(fields):
                continue
            n_rows += 1
            if len(fields) != 2:
                raise DataError(
                    f"{path}: line {rows.line_num} has {len(fields)} "
                    f"column{'s' if len(fields) != 1 else ''}; an id map has two, the data's id "
                    "and its name, separated by a tab or a comma"
                )
            if n_rows == 1 and fields[0].lower() in _HEADERS:
                continue
            _add(mapping, fields[0], fields[1], f"{path}: line {rows.line_num}")
    except csv.Error as error:
        raise DataError(f"{path}: line {rows.line_num}: {error}; mend the quotes") from error
    if not mapping:
        raise DataError(f"{path}: names no id; an id map has two columns, id and name")
    several = sum(len(names) > 1 for names in mapping.values())
    if several:
        logger.warning("%s: %d ids have several names and are ambiguous", path.name, several)
    return mapping


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


def _read_text(path: Path) -> str:
    """Read a text file, plain or gzip, with Unix line ends."""
    try:
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; --id-map takes a table of id and name") from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path}: line {line} is not UTF-8 text; save it as UTF-8") from None
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")
