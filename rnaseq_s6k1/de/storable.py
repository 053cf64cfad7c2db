"""Sheets and tables hold names and values that the ``.h5ad`` format cannot; copies that it can."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from rnaseq_s6k1.design.levels import is_continuous, level_texts

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["storable", "storable_table"]

# anndata keeps this name for the index.
_RESERVED = "_index"


def storable(adata: AnnData) -> AnnData:
    """Return a copy whose columns the ``.h5ad`` format can hold.

    HDF5 reads ``/`` in a name as a folder: ``ER/PR`` becomes ``ER_PR``, with a number behind
    it where that name is taken. Columns of objects become numbers where all their values
    are, with NaN for missing ones, and text elsewhere.

    Parameters
    ----------
    adata
        Counts with their annotation; it is not changed.
    """
    copy = adata.copy()
    copy.obs = _storable_frame(copy.obs)
    copy.var = _storable_frame(copy.var)
    for key, values in copy.obsm.items():
        if isinstance(values, pd.DataFrame):
            copy.obsm[key] = _storable_frame(values)
    return copy


def storable_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a copy of a result table that ``uns`` of an ``.h5ad`` file can hold.

    Columns are numbers, truth values or text, with ``""`` where text is missing; rows are
    numbered anew.
    """
    copy = table.reset_index(drop=True)
    copy.index = copy.index.astype(str)
    for column in copy.select_dtypes("object").columns:
        copy[column] = [
            "" if value is None or value != value else str(value) for value in copy[column]
        ]
    return copy


def _storable_frame(frame: pd.DataFrame) -> pd.DataFrame:
    names = _storable_names(map(str, frame.columns))
    columns = {
        name: _storable_values(frame.iloc[:, position]) for position, name in enumerate(names)
    }
    return pd.DataFrame(columns, index=frame.index)


def _storable_names(names: Iterable[str]) -> list[str]:
    written = list(names)
    # Names that can stay do so, whatever comes before them.
    taken = {name for name in written if name and "/" not in name and name != _RESERVED}
    stored: list[str] = []
    for name in written:
        if name in taken and name not in stored:
            stored.append(name)
            continue
        stem = "index" if name == _RESERVED else name.replace("/", "_") or "unnamed"
        choice, number = stem, 2
        while choice in taken or choice == _RESERVED:
            choice, number = f"{stem}_{number}", number + 1
        taken.add(choice)
        stored.append(choice)
    return stored


def _storable_values(values: pd.Series) -> pd.Series:
    if isinstance(values.dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(values.dtype):
        return values
    if is_continuous(values):
        # Numbers among objects; pandas' own number types can be stored as they are.
        return values.astype(float) if values.dtype == object else values
    return pd.Series(pd.Categorical(level_texts(values)), index=values.index, name=values.name)
