"""Choose samples by the values of their sheet's columns."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.design.levels import level_texts, match_level
from rnaseq_s6k1.design.wording import did_you_mean, listed, quoted
from rnaseq_s6k1.errors import UsageError

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["exclude_samples", "filter_samples"]

logger = logging.getLogger(__name__)


def filter_samples(adata: AnnData, where: Sequence[str]) -> AnnData:
    """Keep the samples that fit all conditions.

    Parameters
    ----------
    adata
        Counts with the sample sheet in ``obs``.
    where
        Conditions ``COLUMN=VALUE``. Different columns must all fit; of several conditions
        on one column, one must. Numbers fit by value (``6``, ``6.0``).

    Returns
    -------
    anndata.AnnData
        A copy of the samples kept, in their order; `adata` itself without conditions.

    Raises
    ------
    UsageError
        If a condition is malformed, names an unknown column or value, or none is left.
    """
    if not where:
        return adata
    columns = [str(name) for name in adata.obs.columns]
    wanted: dict[str, list[str]] = {}
    for condition in where:
        column, value = _parted(condition, columns)
        wanted.setdefault(column, []).append(match_level(column, adata.obs[column], value))
    kept = np.ones(adata.n_obs, dtype=bool)
    for column, values in wanted.items():
        kept &= _holds(adata, column, values)
    if not kept.any():
        raise UsageError(
            f"no sample fits --where {' --where '.join(quoted(each) for each in where)} together; "
            "drop a condition"
        )
    logger.info("kept %d of %d samples: %s", kept.sum(), len(kept), ", ".join(where))
    return adata[kept].copy()


def exclude_samples(adata: AnnData, column: str, values: Sequence[str]) -> AnnData:
    """Leave out the samples with any of `values` in a column.

    Parameters
    ----------
    adata
        Counts with the sample sheet in ``obs``.
    column
        A column of ``obs``, or the name of its index (the samples' names themselves).
    values
        Values to leave out.

    Raises
    ------
    UsageError
        If the column or a value does not exist, or no sample is left.
    """
    if column == adata.obs.index.name or (column == "sample" and column not in adata.obs):
        absent = [value for value in values if value not in adata.obs_names]
        if absent:
            raise UsageError(f"there is no sample {listed(absent)} to exclude")
        kept = ~adata.obs_names.isin(list(values))
    else:
        _check_column(column, [str(name) for name in adata.obs.columns])
        levels = [match_level(column, adata.obs[column], value) for value in values]
        kept = ~_holds(adata, column, levels)
    if not kept.any():
        raise UsageError(f"excluding {listed(values)} in {quoted(column)} leaves no sample")
    logger.info("left out %d of %d samples by %s", (~kept).sum(), len(kept), column)
    return adata[kept].copy()


def _holds(adata: AnnData, column: str, levels: Sequence[str]) -> NDArray[np.bool_]:
    return np.asarray(level_texts(adata.obs[column]).isin(list(levels)).to_numpy(), dtype=bool)


def _parted(condition: str, columns: Sequence[str]) -> tuple[str, str]:
    if "=" not in condition:
        raise UsageError(
            f"--where {quoted(condition)} is not COLUMN=VALUE; the sheet's columns are "
            f"{listed(columns, 20)}"
        )
    # A column's name may itself hold an equals sign: the longest name that fits wins.
    fitting = [name for name in columns if condition.startswith(f"{name}=")]
    column = max(fitting, key=len) if fitting else condition.partition("=")[0].strip()
    _check_column(column, columns)
    value = condition[len(column) + 1 :] if fitting else condition.partition("=")[2]
    return column, value.strip()


def _check_column(column: str, columns: Sequence[str]) -> None:
    if column not in columns:
        raise UsageError(
            f"the sample sheet has no column {quoted(column)}{did_you_mean(column, columns)}; "
            f"it has {listed(columns, 20)}"
        )
