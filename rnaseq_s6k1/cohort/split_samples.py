"""The samples of a split, ready to be compared: with their group, or with the driver itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnaseq_s6k1.cohort.stratify import Stratification
from rnaseq_s6k1.errors import UsageError
from rnaseq_s6k1.io.wording import clip

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["DRIVER_COLUMN", "with_driver", "with_groups"]

#: Name of the column `with_driver` adds.
DRIVER_COLUMN = "driver_expression"


def with_groups(
    adata: AnnData, stratification: Stratification, *, column: str | None = None
) -> tuple[AnnData, str]:
    """Keep the samples of the high and low group, with the group as a column of ``obs``.

    Parameters
    ----------
    adata
        The counts that were stratified, shape ``(n_samples, n_genes)``.
    stratification
        Their groups.
    column
        Name of the new column. Without it ``group``, or ``expression_group`` where the sheet has
        a column of that name.

    Returns
    -------
    AnnData
        A copy with the samples of both groups, in the order of `adata`.
    str
        Name of the column.

    Raises
    ------
    UsageError
        If the column exists already.
    """
    free = [name for name in ("group", "expression_group") if name not in adata.obs]
    column = column if column is not None else (free[0] if free else "group")
    if column in adata.obs:
        raise UsageError(
            f"the sample sheet has a column {clip(column)} already, and the groups of "
            f"{stratification.gene} need that name; rename it in the sheet"
        )
    groups = stratification.groups
    kept = adata[adata.obs_names.isin(groups.index)].copy()
    kept.obs[column] = groups.reindex(kept.obs_names).to_numpy(dtype=object)
    return kept, column


def with_driver(
    adata: AnnData, stratification: Stratification, *, column: str = DRIVER_COLUMN
) -> AnnData:
    """Keep all samples used, with the driver's standardised expression as a column of ``obs``.

    Parameters
    ----------
    adata
        The counts that were stratified, shape ``(n_samples, n_genes)``.
    stratification
        Of them; its cut does not matter.
    column
        Name of the new column: log2 counts per million less their mean, over their standard
        deviation.

    Raises
    ------
    UsageError
        If the column exists already.
    """
    if column in adata.obs:
        raise UsageError(
            f"the sample sheet has a column {clip(column)} already, and the expression of "
            f"{stratification.gene} needs that name; rename it in the sheet"
        )
    used = stratification.samples.set_index("sample")["expression"].dropna()
    kept = adata[adata.obs_names.isin(used.index)].copy()
    standardised = (used - used.mean()) / used.std(ddof=1)
    kept.obs[column] = standardised.reindex(kept.obs_names).to_numpy(dtype=float)
    return kept
