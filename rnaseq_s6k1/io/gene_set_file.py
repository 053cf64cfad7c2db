"""Files of gene sets: GMT, or GMX where the name says so."""

from __future__ import annotations

import os
from pathlib import Path

from rnaseq_s6k1.io.gene_set import GeneSet
from rnaseq_s6k1.io.gmt import read_gmt
from rnaseq_s6k1.io.gmx import read_gmx

__all__ = ["SET_SUFFIXES", "read_gene_set_file", "set_file_stem"]

#: Endings of the names of gene-set files.
SET_SUFFIXES = (".gmt", ".gmx")


def read_gene_set_file(path: str | os.PathLike[str]) -> dict[str, GeneSet]:
    """Read gene sets from a GMX file where the name ends so (``.gz`` aside), else as GMT.

    The content cannot tell the two apart: both are tables of names, set by set.

    Parameters
    ----------
    path
        The file, plain or gzip.

    Returns
    -------
    dict of str to GeneSet
        The sets by name, in the order of the file.

    Raises
    ------
    DataError
        If the file cannot be read as such.
    """
    path = Path(path)
    is_gmx = path.name.lower().removesuffix(".gz").endswith(".gmx")
    return read_gmx(path) if is_gmx else read_gmt(path)


def set_file_stem(path: Path) -> str:
    """Give the name of a gene-set file without ``.gmt`` or ``.gmx``, ``.txt`` and ``.gz``."""
    stem = path.name.removesuffix(".gz").removesuffix(".txt")
    for suffix in SET_SUFFIXES:
        stem = stem.removesuffix(suffix)
    return stem or path.name
