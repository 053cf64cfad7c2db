"""A column of the sample sheet as strata: levels inside which a cohort is cut."""

from __future__ import annotations

import pandas as pd

from rnaseq_s6k1.design.formula import quote_name
from rnaseq_s6k1.design.levels import is_continuous, level_texts
from rnaseq_s6k1.errors import UsageError
from rnaseq_s6k1.io.wording import clip, listing

__all__ = ["stratum_labels", "stratum_term"]

#: A column with more levels is a measurement or an id.
_MOST_STRATA = 20


def stratum_labels(obs: pd.DataFrame, column: str) -> pd.Series:
    """Give each sample's stratum as text, missing where the sheet has none.

    Parameters
    ----------
    obs
        The sample sheet, shape ``(n_samples, n_columns)``.
    column
        The column; numbers are levels too, if they are few.

    Raises
    ------
    UsageError
        If there is no such column, or it has fewer than two or more than 20 levels.
    """
    columns = [str(name) for name in obs.columns]
    if column not in columns:
        raise UsageError(
            f"--within {clip(column)} is no column of the sample sheet; it has "
            f"{listing(columns, 20) or 'none'}"
        )
    values = obs[obs.columns[columns.index(column)]]
    labels = level_texts(values).astype(object)
    labels = labels.where(labels.notna() & (labels != ""), None)
    levels = sorted(set(labels.dropna()))
    if not 2 <= len(levels) <= _MOST_STRATA:
        raise UsageError(
            f"--within {clip(column)}: the column has {len(levels)} levels ({listing(levels, 4)}), "
            f"where strata are 2 to {_MOST_STRATA} groups of samples; choose another"
        )
    return labels


def stratum_term(obs: pd.DataFrame, column: str) -> str:
    """Write the column as a term of a formula, categorical also where it holds numbers."""
    written = quote_name(column)
    return f"C({written})" if is_continuous(obs[column]) else written
