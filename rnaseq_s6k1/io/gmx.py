"""Gene sets in the GMX format: one set a column, its name, a description, then its genes.

Columns are separated by tabs and may be of any length (`GSEA file formats
<https://docs.gsea-msigdb.org/GSEA/Data_Formats>`_). It is the GMT format on its side.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from itertools import zip_longest
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

__all__ = ["format_gmx", "parse_gmx", "read_gmx", "write_gmx"]


def read_gmx(path: str | os.PathLike[str]) -> dict[str, GeneSet]:
    r"""Read gene sets from a GMX file, plain or gzip (found by content, not by name).

    A byte order mark, CRLF line ends, blank lines at the end, empty columns and spaces around
    a field are harmless. A gene given twice in a column is kept once and counted in a notice,
    as are weights (``TP53,1.0``), which are dropped.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    dict of str to GeneSet
        The sets by name, in the order of the columns.

    Raises
    ------
    DataError
        If the file is missing, cannot be decompressed, is not UTF-8, holds no set, or has a
        set without genes, genes without a set, a set name given twice, or a control character
        in a name.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> from pathlib import Path
    >>> _ = Path("mine.gmx").write_text("CYCLINS\nmy set\nCCNE1\nCCNE2\n")
    >>> s6k1.read_gmx("mine.gmx")["CYCLINS"].genes
    ('CCNE1', 'CCNE2')
    """
    path = Path(path)
    return parse_gmx(read_set_text(path, "a GMX file"), path.name, where=str(path))


def parse_gmx(text: str, name: str, *, where: str | None = None) -> dict[str, GeneSet]:
    """Read gene sets from the text of a GMX file; see `read_gmx`.

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
        As `read_gmx`.
    """
    where = where or name
    # split on "\n" only: str.splitlines would also break at the exotic separators of Unicode.
    rows = [[field.strip(" \r") for field in line.split("\t")] for line in text.split("\n")]
    first_column = _columns_by_name(rows[0], where)
    descriptions = rows[1] if len(rows) > 1 else []
    members: dict[int, list[str]] = {column: [] for column in first_column.values()}
    names = {column: set_name for set_name, column in first_column.items()}
    n_weights = 0
    for number, row in enumerate(rows[2:], start=3):
        for column, cell in enumerate(row, start=1):
            if not cell:
                continue
            place = f"{where}: line {number}, column {column}"
            if column not in members:
                raise DataError(
                    f"{place}: the gene {clip(cell)} stands under no set name; name the set on "
                    "line 1"
                )
            gene, weighted = plain_gene(cell, names[column], place, "line ends")
            members[column].append(gene)
            n_weights += weighted
    sets: dict[str, GeneSet] = {}
    for set_name, column in first_column.items():
        if not members[column]:
            raise DataError(
                f"{where}: column {column}: the set {clip(set_name)} has no genes; a GMX column is "
                "a set name, a description and genes, one below the other"
            )
        description = descriptions[column - 1] if column <= len(descriptions) else ""
        unique = tuple(dict.fromkeys(members[column]))
        sets[set_name] = GeneSet(set_name, printable(description), unique)
    n_repeats = sum(map(len, members.values())) - sum(map(len, sets.values()))
    tell_of_names(sets, name, n_repeats=n_repeats, n_weights=n_weights)
    return sets


def _columns_by_name(header: list[str], where: str) -> dict[str, int]:
    """Give the column of each set, counted from 1, from the line of names."""
    columns: dict[str, int] = {}
    for column, set_name in enumerate(header, start=1):
        if not set_name:
            continue
        check_printable(set_name, f"{where}: line 1, column {column}")
        if set_name in columns:
            raise DataError(
                f"{where}: line 1, column {column} gives the set {clip(set_name)} again, first in "
                f"column {columns[set_name]}; set names must be unique in a file, rename one"
            )
        columns[set_name] = column
    if not columns:
        raise DataError(
            f"{where}: line 1 names no gene set; a GMX column is a set name, a description and "
            "genes, one below the other, and columns are separated by tabs"
        )
    return columns


def write_gmx(
    sets: Iterable[GeneSet] | Mapping[str, GeneSet], path: str | os.PathLike[str]
) -> None:
    """Write gene sets to a GMX file, atomically; compressed where the name ends in ``.gz``.

    Names are written exactly; see `rnaseq_s6k1.io.spreadsheets`.

    Parameters
    ----------
    sets
        The sets, a column each in their order.
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
    >>> s6k1.write_gmx(sets, "copy.gmx")
    >>> s6k1.read_gmx("copy.gmx") == sets
    True
    """
    write_text(path, format_gmx(sets))


def format_gmx(sets: Iterable[GeneSet] | Mapping[str, GeneSet]) -> str:
    """Give the text of a GMX file; see `write_gmx`."""
    members = list(sets.values()) if isinstance(sets, Mapping) else list(sets)
    columns = ((one.name, one.description or "na", *one.genes) for one in members)
    text = "".join("\t".join(row) + "\n" for row in zip_longest(*columns, fillvalue=""))
    if members:
        back = parse_gmx(text, "the gene sets to write")
        check_round_trip(members, back, "GMX")
    return text
