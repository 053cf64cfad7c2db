"""Tables are checked before anything is drawn."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from rnaseq_s6k1.errors import DataError

__all__ = ["aligned_groups", "require_columns"]


def require_columns(table: pd.DataFrame, columns: Sequence[str], figure: str) -> None:
    """Check that `table` has the columns a figure reads.

    Raises
    ------
    DataError
        If one is missing.
    """
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise DataError(
            f"{figure} needs the columns {', '.join(missing)}, which the table lacks; "
            "give it the table as the earlier step wrote it"
        )


def aligned_groups(groups: pd.Series, samples: pd.Index, figure: str) -> pd.Series:
    """Return the group of each sample as text, in the order of `samples`.

    Raises
    ------
    DataError
        If a sample has no group.
    """
    unknown = samples.difference(groups.index)
    if len(unknown):
        raise DataError(
            f"{figure} has no group for sample {str(unknown[0])[:60]!r}; "
            "give groups indexed by the names of the samples"
        )
    return groups.loc[samples].astype(str)
