"""GCT files as counts: which annotation names the genes, and what describes the samples."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.cells import typed_column
from rnaseq_s6k1.io.columns import is_name_header
from rnaseq_s6k1.io.gct import GctTable, read_gct
from rnaseq_s6k1.io.gene_ids import looks_like_genes
from rnaseq_s6k1.io.matrix import RawCounts, as_objects
from rnaseq_s6k1.io.wording import clip, listing, plural

__all__ = ["read_gct_counts"]

logger = logging.getLogger(__name__)

_NO_TEXT = frozenset({"na", "nan", "n/a", "null", "-", "---", "-666"})


def read_gct_counts(path: Path) -> RawCounts:
    """Read a GCT file whose values are counts.

    Gene names are the annotation of the rows whose header says so (``gene_symbol``), or the
    descriptions where they are gene symbols beside other identifiers, as in GTEx's files. The
    annotations of version 1.3's samples are its sample sheet.

    Raises
    ------
    DataError
        If the file cannot be read or a value is missing.
    """
    table = read_gct(path)
    _refuse_missing(path, table)
    names, source = _gene_names(table)
    sheet = _sample_sheet(table)
    logger.info(
        "%s: read as GCT %s, %s x %s%s%s",
        path,
        table.version,
        plural(len(table.names), "row"),
        plural(len(table.samples), "sample"),
        f"; gene names from {clip(source)}" if source else "",
        f"; the samples are annotated with {listing(sheet.columns)}" if sheet is not None else "",
    )
    return RawCounts(
        path=path,
        format="gct",
        values=table.values,
        gene_ids=table.names,
        samples=list(table.samples),
        gene_names=names,
        lines=table.lines,
        facts={"gct_version": table.version, "gene_name_column": source},
        obs=sheet,
    )


def _refuse_missing(path: Path, table: GctTable) -> None:
    if table.values.dtype.kind != "f":
        return
    missing = np.isnan(table.values)
    if missing.any():
        row, sample = (int(at) for at in np.unravel_index(np.argmax(missing), missing.shape))
        raise DataError(
            f"{path}: line {table.lines[row]:,}, column {clip(table.samples[sample])}: the value "
            "is missing; give a count (0 where no read was seen) or leave the gene out"
        )


def _gene_names(table: GctTable) -> tuple[NDArray[np.object_] | None, str]:
    """Give the column of gene names and what it is called; None where there is none."""
    for field in table.row_annotations.columns:
        if is_name_header(str(field)):
            return _cleaned(table.row_annotations[field]), str(field)
    for field in table.row_annotations.columns:
        text = _cleaned(table.row_annotations[field])
        told = [one for one in text if one]
        # Symbols alone: a sentence that holds a gene's name is a description.
        if (
            looks_like_genes(told)
            and not any(" " in one for one in told)
            and list(text) != list(table.names)
        ):
            return text, str(field)
    return None, ""


def _cleaned(texts: pd.Series) -> NDArray[np.object_]:
    return as_objects("" if text.lower() in _NO_TEXT else text for text in texts.astype(str))


def _sample_sheet(table: GctTable) -> pd.DataFrame | None:
    """Give the annotations of the samples, typed as the columns of a sample sheet are."""
    if not table.sample_annotations.shape[1]:
        return None
    annotations = table.sample_annotations
    columns = {}
    for column in annotations.columns:
        cells = ["" if cell.lower() in _NO_TEXT else cell for cell in annotations[column]]
        columns[str(column)] = typed_column(cells, missing=("",)).set_axis(annotations.index)
    return pd.DataFrame(columns)
