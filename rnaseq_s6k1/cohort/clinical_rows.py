"""Clinical rows of a cohort's samples: matched by sample or patient, one sample a patient."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import pandas as pd

from rnaseq_s6k1.cohort.barcodes import one_primary_per_patient, parse_barcode
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.wording import listing, plural

__all__ = ["clinical_of_samples", "one_row_per_patient"]

logger = logging.getLogger(__name__)


def clinical_of_samples(clinical: pd.DataFrame, samples: Iterable[str]) -> pd.DataFrame:
    """Find the clinical row of each sample.

    Rows are found by the table's ids, else by any column of text that holds the samples' names,
    else by TCGA patient: a table of patients serves a matrix of aliquots. Samples without a row
    are left out, and so are rows without a sample; both are logged.

    Parameters
    ----------
    clinical
        From `read_clinical_table`.
    samples
        Names of the matrix's samples.

    Returns
    -------
    pandas.DataFrame
        Indexed by sample, in the order of `samples`.

    Raises
    ------
    DataError
        If no sample has a row, or two rows are one sample's.
    """
    names = [str(name) for name in samples]
    keys = {name: name for name in names}
    table = _keyed(clinical, set(names))
    if table is None:
        codes = {name: parse_barcode(name) for name in names}
        keys = {name: code.patient for name, code in codes.items() if code is not None}
        table = _keyed(clinical, set(keys.values()), patients=True)
    if table is None:
        raise DataError(
            f"none of {plural(len(names), 'sample')} of the matrix ({listing(names, 3)}) is in the "
            f"clinical table, whose ids look like {listing(clinical.index, 3)}; make the names the "
            "same"
        )
    found = [name for name in names if keys.get(name) in table.index]
    absent = [name for name in names if keys.get(name) not in table.index]
    if absent:
        logger.warning(
            "%s of the matrix without a row in the clinical table: %s",
            plural(len(absent), "sample"),
            listing(absent, 3),
        )
    unused = len(table) - len({keys[name] for name in found})
    if unused:
        logger.info(
            "%s of the clinical table without a sample in the matrix", plural(unused, "row")
        )
    return table.loc[[keys[name] for name in found]].set_axis(pd.Index(found, dtype=object))


def _keyed(
    clinical: pd.DataFrame, wanted: set[str], *, patients: bool = False
) -> pd.DataFrame | None:
    """Index the table by what holds most of the wanted names, the ids first."""
    best: tuple[int, pd.Index] | None = None
    texts = [name for name in clinical.columns if clinical[name].dtype == object]
    for column in (clinical.index, *(pd.Index(clinical[name].astype(str)) for name in texts)):
        index = column.astype(str)
        if patients:
            codes = [parse_barcode(name) for name in index]
            index = pd.Index([code.patient if code else "" for code in codes], dtype=object)
        n = len(wanted & set(index))
        if n and (best is None or n > best[0]):
            best = (n, index)
    if best is None:
        return None
    table = clinical.set_axis(best[1])
    table = table[table.index.isin(list(wanted))] if patients else table
    repeated = table.index[table.index.duplicated() & table.index.isin(list(wanted))]
    if len(repeated):
        raise DataError(
            f"the clinical table has several rows for {listing(repeated.unique(), 3)}; keep one "
            "row a patient"
        )
    return table


def one_row_per_patient(clinical: pd.DataFrame) -> pd.DataFrame:
    """Keep one row a TCGA patient, by the rule of `one_primary_per_patient`.

    Tables of samples repeat a patient's outcome for tumour and normal; counted twice, it would
    make every p-value too small. Ids that are no TCGA barcodes pass.
    """
    selection = one_primary_per_patient(list(map(str, clinical.index)))
    return clinical.loc[list(selection.kept)]
