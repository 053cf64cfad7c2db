"""Gene sets in the GMT format: one set a line, its name, a description, then its genes.

Fields are separated by tabs (`GSEA file formats
<https://software.broadinstitute.org/cancer/software/gsea/wiki/index.php/Data_formats>`_).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.atomic import write_text
from rnaseq_s6k1.io.gene_set import (
    GeneSet,
    check_printable,
    check_round_trip,
    clip,
    plain_gene,
    printable,
    read_set_text,
    tell_of_names,
)

__all__ = ["GeneSet", "format_gmt", "parse_gmt", "read_gmt", "write_gmt"]


def read_gmt(path: str | os.PathLike[str]) -> dict[str, GeneSet]:
    r"""Read gene sets from a GMT file, plain or gzip (found by content, not by name).

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

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> from pathlib import Path
    >>> _ = Path("mine.gmt").write_text("CYCLINS\tmy set\tCCNE1\tCCNE2\tCCND1\n")
    >>> s6k1.read_gmt("mine.gmt")["CYCLINS"].genes
    ('CCNE1', 'CCNE2', 'CCND1')
    """
    path = Path(path)
    return parse_gmt(read_set_text(path, "a GMT file"), path.name, where=str(path))


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
    # Each gene as written, its name without a weight, and whether it had one: genes come again
    # in set after set, so each is looked at once, and all sets share one copy of its name.
    looked_at: dict[str, tuple[str, bool]] = {}
    n_repeats = n_weights = 0
    for number, raw in enumerate(_lines(text), start=1):
        fields = [field.strip(" \r") for field in raw.split("\t")]
        while fields and not fields[-1]:
            fields.pop()
        if not fields:
            continue
        genes, weights = _genes_of_line(fields, f"{where}: line {number}", looked_at)
        unique = tuple(dict.fromkeys(genes))
        n_repeats += len(genes) - len(unique)
        n_weights += weights
        if fields[0] in sets:
            raise DataError(
                f"{where}: line {number} gives the set {clip(fields[0])} again, first on line "
                f"{first_line[fields[0]]}; set names must be unique in a file, rename one"
            )
        sets[fields[0]] = GeneSet(fields[0], printable(fields[1]), unique)
        first_line[fields[0]] = number
    if not sets:
        raise DataError(
            f"{where}: holds no gene set; a GMT line is a set name, a description and genes, "
            "separated by tabs"
        )
    tell_of_names(sets, name, n_repeats=n_repeats, n_weights=n_weights)
    return sets


def write_gmt(
    sets: Iterable[GeneSet] | Mapping[str, GeneSet], path: str | os.PathLike[str]
) -> None:
    """Write gene sets to a GMT file, atomically; compressed where the name ends in ``.gz``.

    Names are written exactly; see `rnaseq_s6k1.io.spreadsheets`.

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

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> sets = s6k1.read_gene_sets(["kegg_cell_cycle"])["kegg_cell_cycle"]
    >>> s6k1.write_gmt(sets, "copy.gmt")
    >>> s6k1.read_gmt("copy.gmt") == sets
    True
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
        check_round_trip(members, back, "GMT")
    return text


def _lines(text: str) -> Iterator[str]:
    r"""Give one line after another, so that a large file is not held twice.

    Lines end at ``\n`` only: `str.splitlines` would also break at the exotic separators of
    Unicode.
    """
    begin = 0
    while (end := text.find("\n", begin)) >= 0:
        yield text[begin:end]
        begin = end + 1
    yield text[begin:]


def _genes_of_line(
    fields: list[str], where: str, looked_at: dict[str, tuple[str, bool]]
) -> tuple[list[str], int]:
    """Give the genes of one line and how many had a weight cut off.

    Genes that were not yet `looked_at` are added to it.
    """
    name = fields[0]
    if not name:
        raise DataError(f"{where} starts with an empty set name; give the set a name")
    if len(fields) < 3:
        found = "no tab" if len(fields) == 1 else "a name and a description only"
        raise DataError(
            f"{where}: the set {clip(name)} has no genes (found {found}); a GMT line is a set "
            "name, a description and genes, separated by tabs"
        )
    check_printable(name, where)
    written = [gene for gene in fields[2:] if gene]
    for gene in written:
        if gene not in looked_at:
            looked_at[gene] = plain_gene(gene, name, where, "tabs")
    plain = [looked_at[gene] for gene in written]
    return [gene for gene, _ in plain], sum(weighted for _, weighted in plain)
