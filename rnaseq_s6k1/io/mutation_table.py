"""Mutations as a tidy table: a row a mutation, with sample, gene and class."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from rnaseq_s6k1.design.sheet_text import SheetRows, read_sheet_rows
from rnaseq_s6k1.design.wording import listed
from rnaseq_s6k1.errors import DataError

__all__ = ["MUTATION_COLUMNS", "read_mutation_table"]

MUTATION_COLUMNS = ("sample", "gene", "class")
#: Names of the three columns, in lower case with underscores; the MAF's among them.
_SAMPLE = ("sample", "sample_id", "tumor_sample_barcode")
_GENE = ("gene", "gene_name", "hugo_symbol", "symbol")
_CLASS = ("class", "variant_classification", "effect", "mutation_type")


def read_mutation_table(path: Path) -> pd.DataFrame:
    """Read a table of mutations.

    Parameters
    ----------
    path
        TSV or CSV, plain or gzip, with columns for the sample, the gene and the class of the
        mutation (a MAF's ``Variant_Classification``, say); other columns are not read.

    Returns
    -------
    pandas.DataFrame
        Columns `MUTATION_COLUMNS`, text, in the file's order.

    Raises
    ------
    DataError
        If the file is no table, lacks one of the columns, or a row lacks sample or gene.
    """
    path = Path(path)
    table = read_sheet_rows(path)
    places = [_place(table, names, path) for names in (_SAMPLE, _GENE, _CLASS)]
    rows = [tuple(row[place] for place in places) for row in table.rows]
    for line, (sample, gene, _) in zip(table.lines, rows, strict=True):
        if not sample or not gene:
            what = "sample" if not sample else "gene"
            raise DataError(f"{path}, line {line}: the mutation has no {what}; fill it in")
    return pd.DataFrame(rows, columns=list(MUTATION_COLUMNS), dtype=object)


def _place(table: SheetRows, names: tuple[str, ...], path: Path) -> int:
    keys = [re.sub(r"[ .\-]", "_", name.lower()) for name in table.header]
    for name in names:
        if name in keys:
            return keys.index(name)
    raise DataError(
        f"{path}: no column is called {', '.join(names)}; it has {listed(table.header, 12)}"
    )
