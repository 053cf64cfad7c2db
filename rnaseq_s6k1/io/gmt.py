"""Gene sets in the GMT format: one set a line, its name, a description, then its genes.

Fields are separated by tabs (`GSEA file formats
<https://software.broadinstitute.org/cancer/software/gsea/wiki/index.php/Data_formats>`_).
"""

from __future__ import annotations

import gzip
import logging
import os
import re
import unicodedata
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.atomic import write_text

__all__ = ["GeneSet", "format_gmt", "parse_gmt", "read_gmt", "write_gmt"]

logger = logging.getLogger(__name__)

#: Decompressed bytes a GMT file may have; all of MSigDB is a twentieth of it.
MAX_BYTES = 1 << 30
#: Enrichr's older libraries give each gene a weight: ``TP53,1.0``.
_WEIGHT = re.compile(r",\d+(\.\d+)?$")


@dataclass(frozen=True)
class GeneSet:
    """A named set of genes.

    Attributes
    ----------
    name
        Name of the set, unique within its collection.
    description
        Free text, most often the address of a page about the set.
    genes
        The genes as written in the source, without repeats, in the order of the source.
    """

    name: str
    description: str
    genes: tuple[str, ...]

    def __len__(self) -> int:
        """Give the number of genes."""
        return len(self.genes)


def read_gmt(path: str | os.PathLike[str]) -> dict[str, GeneSet]:
    """Read gene sets from a GMT file, plain or gzip (found by content, not by name).

    A byte order mark, CRLF line ends, blank lines, tabs at the end of a line and spaces
    around a field are harmless. A gene given twice in a line is kept once and counted in a
    notice, as are the weights of Enrichr's files (``TP53,1.0``), which are dropped.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    dict of str to GeneSet
        The sets by name, in the order of the file.

    Raises
    ------
    DataError
        If the file is missing, cannot be decompressed, is not UTF-8, holds no set, or has a
        line without genes, a set name given twice, or a control character in a name.
    """
    path = Path(path)
    return parse_gmt(_read_text(path), path.name, where=str(path))


def parse_gmt(text: str, name: str, *, where: str | None = None) -> dict[str, GeneSet]:
    """Read gene sets from the text of a GMT file; see `read_gmt`.

    Parameters
    ----------
    text
        Content of the file.
    name
        What notices call the file.
    where
        What errors call the file; `name` where it is not given.

    Raises
    ------
    DataError
        As `read_gmt`.
    """
    where = where or name
    sets: dict[str, GeneSet] = {}
    first_line: dict[str, int] = {}
    n_repeats = n_weights = 0
    # split on "\n" only: str.splitlines would also break at the exotic separators of Unicode.
    for number, raw in enumerate(text.split("\n"), start=1):
        fields = [field.strip(" \r") for field in raw.split("\t")]
        while fields and not fields[-1]:
            fields.pop()
        if not fields:
            continue
        genes, weights = _genes_of_line(fields, f"{where}: line {number}")
        unique = tuple(dict.fromkeys(genes))
        n_repeats += len(genes) - len(unique)
        n_weights += weights
        if fields[0] in sets:
            raise DataError(
                f"{where}: line {number} gives the set {_clip(fields[0])} again, first on line "
                f"{first_line[fields[0]]}; set names must be unique in a file, rename one"
            )
        sets[fields[0]] = GeneSet(fields[0], _printable(fields[1]), unique)
        first_line[fields[0]] = number
    if not sets:
        raise DataError(
            f"{where}: holds no gene set; a GMT line is a set name, a description and genes, "
            "separated by tabs"
        )
    if n_repeats:
        logger.info("%s: %d repeated genes within sets were dropped", name, n_repeats)
    if n_weights:
        logger.info("%s: the weights of %d genes (as in TP53,1.0) were dropped", name, n_weights)
    formulas = [set_name for set_name in sets if set_name[0] in "=+@"]
    if formulas:
        logger.warning(
            "%s: %d set names start with =, + or @ (first: %s); they are kept as text here, but a "
            "spreadsheet that opens the results may run them as formulas",
            name,
            len(formulas),
            _clip(formulas[0]),
        )
    return sets


def write_gmt(
    sets: Iterable[GeneSet] | Mapping[str, GeneSet], path: str | os.PathLike[str]
) -> None:
    """Write gene sets to a GMT file, atomically; compressed where the name ends in ``.gz``.

    Parameters
    ----------
    sets
        The sets, written in their order.
    path
        The file.

    Raises
    ------
    DataError
        If a set has no genes, a name is given twice, or a field would not read back.
    """
    write_text(path, format_gmt(sets))


def format_gmt(sets: Iterable[GeneSet] | Mapping[str, GeneSet]) -> str:
    """Give the text of a GMT file; see `write_gmt`."""
    members = list(sets.values()) if isinstance(sets, Mapping) else list(sets)
    text = "".join(
        "\t".join([one.name, one.description or "na", *one.genes]) + "\n" for one in members
    )
    if members:
        back = parse_gmt(text, "the gene sets to write")
        changed = [one for one in members if back.get(one.name, one).genes != one.genes]
        if changed or len(back) != len(members):
            name = changed[0].name if changed else members[0].name
            raise DataError(
                f"the gene set {_clip(name)} cannot be written as GMT: it holds a tab, a line end, "
                "a comma, an empty or a repeated gene; clean its gene names first"
            )
    return text


def _read_text(path: Path) -> str:
    """Read and decode a file, plain or gzip."""
    try:
        with path.open("rb") as stream:
            compressed = stream.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if compressed else path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise DataError(f"{path}: is a folder, not a GMT file") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: the gzip file is damaged ({error}); fetch it again") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
    if len(content) > MAX_BYTES:
        raise DataError(f"{path}: larger than {MAX_BYTES >> 20} MB when read, not a GMT file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}: line {line} is not UTF-8 text (byte 0x{content[error.start]:02x}); "
            "save the file as UTF-8"
        ) from None


def _genes_of_line(fields: list[str], where: str) -> tuple[list[str], int]:
    """Give the genes of one line and how many had a weight cut off."""
    name = fields[0]
    if not name:
        raise DataError(f"{where} starts with an empty set name; give the set a name")
    if len(fields) < 3:
        found = "no tab" if len(fields) == 1 else "a name and a description only"
        raise DataError(
            f"{where}: the set {_clip(name)} has no genes (found {found}); a GMT line is a set "
            "name, a description and genes, separated by tabs"
        )
    genes = [gene for gene in fields[2:] if gene]
    n_weights = 0
    for position, gene in enumerate(genes):
        if "," in gene:
            genes[position] = _WEIGHT.sub("", gene)
            if not genes[position] or "," in genes[position]:
                raise DataError(
                    f"{where}: the gene {_clip(gene)} of the set {_clip(name)} holds a comma; "
                    "separate the genes by tabs"
                )
            n_weights += 1
    for value in (name, *genes):
        if not value.isprintable() and _has_control(value):
            raise DataError(
                f"{where}: {_clip(value)} holds a control character; remove it from the file"
            )
    return genes, n_weights


def _has_control(value: str) -> bool:
    """Tell whether a value holds characters that steer a terminal or break a line."""
    return any(unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp") for sign in value)


def _printable(description: str) -> str:
    """Give a description with its control characters replaced by spaces."""
    if description.isprintable():
        return description
    return "".join(" " if _has_control(sign) else sign for sign in description)


def _clip(value: str, limit: int = 60) -> str:
    """Show a value in an error: quoted, escaped and short."""
    return repr(value if len(value) <= limit else value[: limit - 3] + "...")
