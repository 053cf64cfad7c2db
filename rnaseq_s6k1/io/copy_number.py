"""Copy-number calls of genes: cBioPortal's discrete table, GISTIC2's thresholded one, Xena's."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.cbioportal import check_sample_columns, is_missing, study_file
from rnaseq_s6k1.io.tsv_rows import TsvHead, read_head, tsv_rows
from rnaseq_s6k1.io.wording import clip, listing, plural

__all__ = ["CALLS", "read_copy_number"]

logger = logging.getLogger(__name__)

#: What a call means, in the words of GISTIC 2.0 and cBioPortal.
CALLS = {
    -2: "deep deletion",
    -1: "shallow deletion",
    0: "neutral",
    1: "gain",
    2: "amplification",
}
_STUDY_FILES = ("data_cna.txt", "data_CNA.txt", "data_cna_gistic.txt")
_SYMBOL_COLUMNS = ("hugo_symbol", "gene symbol", "gene_symbol", "sample", "gene")
_ID_COLUMNS = ("entrez_gene_id", "locus id", "gene id", "gene_id")
_ANNOTATION = ("cytoband",)
_NA = -128
_CODES = {
    **{f"{call}": call for call in CALLS},
    **{f"{call}.0": call for call in CALLS},
    "+1": 1,
    "+2": 2,
    "-0": 0,
    # A partial deep deletion, of older studies of cBioPortal.
    "-1.5": -2,
    "": _NA,
    "NA": _NA,
    "NaN": _NA,
    "nan": _NA,
}


def read_copy_number(path: str | os.PathLike[str]) -> pd.DataFrame:
    r"""Read discrete copy-number calls, genes x samples.

    Calls are -2 (deep deletion), -1 (shallow deletion), 0, 1 (gain) and 2 (amplification); the
    -1.5 of older studies is -2. Genes are named by symbol, or by Entrez id where a row has no
    symbol. All samples of the file are kept: `rnaseq_s6k1.cohort.barcodes.match_samples`
    joins them to those of another table.

    Parameters
    ----------
    path
        ``data_cna.txt`` of cBioPortal or the folder of the study, ``all_thresholded.by_genes.txt``
        of GISTIC2, or Xena's ``Gistic2_CopyNumber_Gistic2_all_thresholded.by_genes``; plain or
        gzip.

    Returns
    -------
    pandas.DataFrame
        Shape ``(n_genes, n_samples)``, Int8 with NA, index ``gene`` and columns ``sample`` in
        the file's order.

    Raises
    ------
    DataError
        If the columns are others, a value is no call (log2 ratios, copies), a gene has two rows
        that differ, or the file cannot be read.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> from pathlib import Path
    >>> text = "Hugo_Symbol\tEntrez_Gene_Id\tS1\tS2\nRPS6KB1\t6198\t2\t0\nMYC\t4609\t1\t-1\n"
    >>> _ = Path("data_cna.txt").write_text(text)
    >>> s6k1.read_copy_number("data_cna.txt").loc["RPS6KB1"].tolist()
    [2, 0]
    """
    source = _source(Path(path))
    head = read_head(source)
    genes, samples = _columns(head)
    names: list[str] = []
    rows: list[NDArray[np.int8]] = []
    lines: list[int] = []
    nameless = 0
    for line, cells in tsv_rows(head):
        name = next((cells[at].strip() for at in genes if not is_missing(cells[at])), "")
        if not name:
            nameless += 1
            continue
        try:
            calls = [_CODES[cells[at]] for at in samples]
        except KeyError:
            calls = [_code(head, line, at, cells[at]) for at in samples]
        names.append(name)
        rows.append(np.array(calls, dtype=np.int8))
        lines.append(line)
    if not rows:
        raise DataError(f"{source}: no row names a gene; check the first columns")
    if nameless:
        logger.warning("%s: left out %s without a name", source, plural(nameless, "gene"))
    kept = _one_row_a_gene(source, names, rows, lines)
    table = _table(np.array([rows[at] for at in kept]), [names[at] for at in kept], head, samples)
    logger.info(
        "%s: read as copy-number calls, %s x %s",
        source,
        plural(table.shape[0], "gene"),
        plural(table.shape[1], "sample"),
    )
    return table


def _source(path: Path) -> Path:
    if not path.is_dir():
        return path
    found = study_file(path, _STUDY_FILES)
    found = found or next(iter(sorted(path.glob("*all_thresholded.by_genes*"))), None)
    if found is None:
        raise DataError(
            f"{path}: neither {_STUDY_FILES[0]} (cBioPortal) nor all_thresholded.by_genes.txt "
            "(GISTIC2) in this folder; give the file"
        )
    return found


def _columns(head: TsvHead) -> tuple[list[int], list[int]]:
    """Give the columns that name a gene, the preferred first, and the samples' columns."""
    lowered = [name.lower() for name in head.header]
    if "sample_id" in lowered and "value" in lowered:
        raise DataError(
            f"{head.path}: cBioPortal's long format (Sample_Id, Value); give the wide one, with a "
            "column a sample"
        )
    named = [lowered.index(name) for name in _SYMBOL_COLUMNS + _ID_COLUMNS if name in lowered[:3]]
    if not named:
        raise DataError(
            f"{head.path}: the first columns name no gene (Hugo_Symbol, Gene Symbol or Sample): "
            f"found {listing(head.header, 4)}; give data_cna.txt or all_thresholded.by_genes.txt"
        )
    samples = [
        at
        for at, name in enumerate(lowered)
        if at not in named and not (name in _ANNOTATION and at < 4)
    ]
    check_sample_columns(head, samples)
    return named, samples


def _code(head: TsvHead, line: int, at: int, cell: str) -> int:
    """Give one cell's call, the slow way; refuse what is none."""
    known = _CODES.get(cell.strip())
    if known is not None:
        return known
    place = f"{head.path}: line {line:,}, column {clip(head.header[at])}: {clip(cell.strip())}"
    try:
        number = float(cell)
    except ValueError:
        raise DataError(f"{place} is not a copy-number call (-2, -1, 0, 1, 2 or NA)") from None
    what = (
        "a number of copies" if number == round(number) and number > 0 else "a log2 ratio or mean"
    )
    raise DataError(
        f"{place} is not a copy-number call (-2, -1, 0, 1, 2 or NA) but rather {what}; give the "
        "discrete table, data_cna.txt or all_thresholded.by_genes.txt"
    )


def _one_row_a_gene(
    path: Path, names: list[str], rows: list[NDArray[np.int8]], lines: list[int]
) -> list[int]:
    """Keep the first of rows that say the same of a gene; refuse rows that differ."""
    first: dict[str, int] = {}
    for at, name in enumerate(names):
        before = first.setdefault(name, at)
        if before != at and not np.array_equal(rows[before], rows[at]):
            raise DataError(
                f"{path}: lines {lines[before]:,} and {lines[at]:,} give the gene {clip(name)} "
                "different calls; keep one of them"
            )
    if len(first) < len(names):
        logger.info("%s: %s repeated", path, plural(len(names) - len(first), "row"))
    return list(first.values())


def _table(
    calls: NDArray[np.int8], names: list[str], head: TsvHead, samples: list[int]
) -> pd.DataFrame:
    absent = calls == _NA
    columns = {
        head.header[place]: pd.arrays.IntegerArray(
            np.ascontiguousarray(calls[:, at]), np.ascontiguousarray(absent[:, at])
        )
        for at, place in enumerate(samples)
    }
    table = pd.DataFrame(columns, index=pd.Index(names, dtype=object, name="gene"))
    table.columns = pd.Index(list(columns), dtype=object, name="sample")
    return table
