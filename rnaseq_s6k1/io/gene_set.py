"""A set of genes, and what the readers and writers of gene-set files share."""

from __future__ import annotations

import gzip
import logging
import re
import unicodedata
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.wording import plural

__all__ = [
    "GeneSet",
    "check_printable",
    "check_round_trip",
    "clip",
    "plain_gene",
    "printable",
    "read_set_text",
    "tell_of_names",
]

logger = logging.getLogger(__name__)

#: Decompressed bytes a file may have; all of MSigDB is a twentieth of it.
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


def read_set_text(path: Path, what: str) -> str:
    """Read and decode a file of gene sets, plain or gzip (found by content, not by name).

    Parameters
    ----------
    path
        The file.
    what
        What errors call it, such as ``a GMT file``.

    Raises
    ------
    DataError
        If the file is missing, cannot be decompressed, is too large or is not UTF-8.
    """
    try:
        with path.open("rb") as stream:
            compressed = stream.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if compressed else path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise DataError(f"{path}: is a folder, not {what}") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: the gzip file is damaged ({error}); fetch it again") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
    if len(content) > MAX_BYTES:
        raise DataError(f"{path}: larger than {MAX_BYTES >> 20} MB when read, not {what}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}: line {line} is not UTF-8 text (byte 0x{content[error.start]:02x}); "
            "save the file as UTF-8"
        ) from None


def plain_gene(gene: str, name: str, where: str, separators: str) -> tuple[str, bool]:
    """Give a gene of a set without a weight, and whether it had one.

    Parameters
    ----------
    gene, name
        The gene as written, and its set.
    where
        File and place, with which errors begin.
    separators
        What separates genes in this format, in words.

    Raises
    ------
    DataError
        If the gene holds another comma than a weight's, or a control character.
    """
    plain = _WEIGHT.sub("", gene) if "," in gene else gene
    if not plain or "," in plain:
        raise DataError(
            f"{where}: the gene {clip(gene)} of the set {clip(name)} holds a comma; "
            f"separate the genes by {separators}"
        )
    check_printable(plain, where)
    return plain, plain != gene


def check_printable(value: str, where: str) -> None:
    """Refuse a name that holds a control character.

    Raises
    ------
    DataError
        Beginning with `where`.
    """
    if not value.isprintable() and _has_control(value):
        raise DataError(
            f"{where}: {clip(value)} holds a control character; remove it from the file"
        )


def printable(description: str) -> str:
    """Give a description with its control characters replaced by spaces."""
    if description.isprintable():
        return description
    return "".join(" " if _has_control(sign) else sign for sign in description)


def tell_of_names(
    sets: Mapping[str, GeneSet], file: str, *, n_repeats: int, n_weights: int
) -> None:
    """Log what was cleaned in a file, and warn of names a spreadsheet would take for formulas."""
    if n_repeats:
        logger.info("%s: %d repeated genes within sets were dropped", file, n_repeats)
    if n_weights:
        logger.info("%s: the weights of %d genes (as in TP53,1.0) were dropped", file, n_weights)
    formulas = [name for name in sets if name[0] in "=+@"]
    if formulas:
        logger.warning(
            "%s: %s with =, + or @ (first: %s); tables have an apostrophe there, so that no "
            "spreadsheet runs a name as a formula",
            file,
            plural(len(formulas), "set name starts", "set names start"),
            clip(formulas[0]),
        )


def check_round_trip(written: Sequence[GeneSet], back: Mapping[str, GeneSet], what: str) -> None:
    """Refuse sets that read back otherwise than they were to be written.

    Parameters
    ----------
    written
        The sets.
    back
        What a reader makes of them.
    what
        The format's name.

    Raises
    ------
    DataError
        Naming the first set that changed.
    """
    changed = [one for one in written if back.get(one.name, one).genes != one.genes]
    if changed or list(back) != [one.name for one in written]:
        name = changed[0].name if changed else written[0].name
        raise DataError(
            f"the gene set {clip(name)} cannot be written as {what}: it holds a tab, a line end, "
            "a comma, an empty or a repeated gene; clean its gene names first"
        )


def clip(value: str, limit: int = 60) -> str:
    """Show a value in an error: quoted, escaped and short."""
    return repr(value if len(value) <= limit else value[: limit - 3] + "...")


def _has_control(value: str) -> bool:
    """Tell whether a value holds characters that steer a terminal or break a line."""
    return any(unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp") for sign in value)
