"""Clinical rows of a cohort's samples: found by any column that names them, one a patient."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import pandas as pd

from rnaseq_s6k1.cohort.barcodes import match_samples, one_primary_per_patient
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.wording import listing, plural

__all__ = ["clinical_of_samples", "one_row_per_patient"]

logger = logging.getLogger(__name__)


def clinical_of_samples(clinical: pd.DataFrame, samples: Iterable[str]) -> pd.DataFrame:
    """Find the clinical row of each sample.

    Rows are found by the table's ids, else by the column of text that names most samples, as
    `match_samples` matches them: a table of patients serves a matrix of aliquots. Samples without
    a row are left out, unlike in `align_samples`, and so are rows without a sample; both are
    logged.

    Parameters
    ----------
    clinical
        Indexed by sample or patient.
    samples
        Names of the matrix's samples.

    Returns
    -------
    pandas.DataFrame
        Indexed by sample, in the order of `samples`.

    Raises
    ------
    DataError
        If no sample has a row.
    """
    names = [str(name) for name in samples]
    texts = [name for name in clinical.columns if clinical[name].dtype == object]
    best: tuple[pd.Index, dict[str, str]] | None = None
    for column in (clinical.index, *(pd.Index(clinical[name]) for name in texts)):
        index = pd.Index(column.astype(str), dtype=object)
        if index.has_duplicates:
            continue
        found = match_samples(names, index).found
        if found and (best is None or len(found) > len(best[1])):
            best = (index, found)
    if best is None:
        raise DataError(
            f"none of {plural(len(names), 'sample')} of the matrix ({listing(names, 3)}) is in the "
            f"clinical table, whose ids look like {listing(clinical.index, 3)}; make the names the "
            "same, one row a sample or patient"
        )
    index, found = best
    absent = [name for name in names if name not in found]
    if absent:
        logger.warning(
            "%s of the matrix without a row in the clinical table: %s",
            plural(len(absent), "sample"),
            listing(absent, 3),
        )
    unused = len(clinical) - len(set(found.values()))
    if unused:
        logger.info(
            "%s of the clinical table without a sample in the matrix", plural(unused, "row")
        )
    kept = [name for name in names if name in found]
    rows = clinical.set_axis(index).loc[[found[name] for name in kept]]
    rows = rows.set_axis(pd.Index(kept, dtype=object))
    rows.attrs = dict(clinical.attrs)
    return rows


def one_row_per_patient(clinical: pd.DataFrame) -> pd.DataFrame:
    """Keep one row a TCGA patient, by the rule of `one_primary_per_patient`.

    Tables of samples repeat a patient's outcome for tumour and normal; counted twice, it would
    make every p-value too small. Ids that are no TCGA barcodes pass.
    """
    selection = one_primary_per_patient(list(map(str, clinical.index)))
    kept = clinical.loc[list(selection.kept)]
    kept.attrs = dict(clinical.attrs)
    return kept
