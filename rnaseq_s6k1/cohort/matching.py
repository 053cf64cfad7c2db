"""Samples of several tables brought together, whatever length their TCGA barcodes have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from rnaseq_s6k1.cohort.barcodes import one_primary_per_patient
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.wording import clip, plural

__all__ = ["by_patient", "matched", "require_overlap"]


def by_patient(table: pd.DataFrame) -> pd.DataFrame:
    """Keep one primary tumour a TCGA patient, and index by patient.

    Parameters
    ----------
    table
        Indexed by sample. Names that are not TCGA barcodes stay as they are.

    Returns
    -------
    pandas.DataFrame
        Indexed by patient (or sample), sorted.

    Raises
    ------
    DataError
        If a name occurs twice, or no sample is a primary tumour.
    """
    selection = one_primary_per_patient(table.index)
    kept = table.loc[list(selection.kept)]
    keys = [selection.patients[name] for name in selection.kept]
    return kept.set_axis(pd.Index(keys, dtype=object, name="sample")).sort_index()


def matched(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Give the samples that all tables have, in one order.

    Parameters
    ----------
    tables
        What each holds (for a message) to the table, indexed by sample.

    Raises
    ------
    DataError
        If they share no sample.
    """
    keyed = {what: by_patient(table) for what, table in tables.items()}
    shared = require_overlap({what: table.index for what, table in keyed.items()})
    return {what: table.loc[shared] for what, table in keyed.items()}


def require_overlap(names: Mapping[str, Iterable[str]]) -> list[str]:
    """Give the names that all have, sorted.

    Raises
    ------
    DataError
        If there are none; the message quotes a name of each.
    """
    sets = {what: set(map(str, every)) for what, every in names.items()}
    shared = sorted(set.intersection(*sets.values()))
    if not shared:
        examples = ", ".join(
            f"{what} ({plural(len(every), 'sample')}, first {clip(min(every, default=''))})"
            for what, every in sets.items()
        )
        raise DataError(
            f"no sample is in all of: {examples}; give tables of the same samples, named alike"
        )
    return shared
