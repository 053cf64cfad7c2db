"""Clinical tables: a row a patient or sample, with or without a matrix beside it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pandas as pd

from rnaseq_s6k1.design.sheet_text import read_sheet_rows
from rnaseq_s6k1.design.wording import quoted
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.cells import typed_column
from rnaseq_s6k1.io.clinical import is_clinical, read_clinical

__all__ = ["read_clinical_table"]

_ID_NAMES = (
    "sample",
    "sample_id",
    "sample_name",
    "id",
    "sampleid",
    "patient",
    "patient_id",
    "case_id",
    "bcr_patient_barcode",
    "submitter_id",
    "_patient",
)


def read_clinical_table(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a clinical table: of a portal, or any TSV, CSV or semicolon-separated file.

    Tables of cBioPortal, Xena and the GDC are `rnaseq_s6k1.io.clinical.read_clinical`'s.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    pandas.DataFrame
        All columns, typed as `read_sample_sheet` types them, the column of ids as text; indexed
        by the first column named ``sample``, ``patient_id`` and the like, or unnamed; without
        one, by ``row 1``, ``row 2``, ...

    Raises
    ------
    DataError
        If the file cannot be read as a table, or an id is missing or repeated.
    """
    path = Path(path)
    if is_clinical(path):
        return read_clinical(path)
    table = read_sheet_rows(path)
    keys = [re.sub(r"[ .\-]", "_", name.lower()) for name in table.header]
    position = next((keys.index(name) for name in ("", *_ID_NAMES) if name in keys), None)
    cells = [[row[i] for row in table.rows] for i in range(len(table.header))]
    columns = {
        name: pd.Series(cells[i], dtype=object) if i == position else typed_column(cells[i])
        for i, name in enumerate(table.header)
        if name
    }
    frame = pd.DataFrame(columns)
    if position is None:
        frame.index = pd.Index([f"row {k + 1}" for k in range(len(frame))], dtype=object)
        return frame
    first: dict[str, int] = {}
    for name, line in zip(cells[position], table.lines, strict=True):
        if name in ("", "NA"):
            raise DataError(f"{path}, line {line}: the row has no name; fill it in")
        if name in first:
            raise DataError(
                f"{path}, line {line}: {quoted(name)} is already on line {first[name]}; keep one "
                "row a patient"
            )
        first[name] = line
    frame.index = pd.Index(cells[position], dtype=object)
    return frame
