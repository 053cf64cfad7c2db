"""Joining tables of a cohort to its samples: clinical rows, copy number, mutations."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from rnaseq_s6k1.cohort.barcodes import match_samples
from rnaseq_s6k1.cohort.sample_types import PRIMARY
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.wording import listing, plural

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["align_samples", "attach_clinical"]

logger = logging.getLogger(__name__)


def align_samples(
    table: pd.DataFrame,
    samples: Iterable[str],
    *,
    what: str = "the table",
    sample_types: Sequence[str] = PRIMARY,
) -> pd.DataFrame:
    """Put a table's rows in the order of samples, TCGA barcodes matched at sample level.

    Parameters
    ----------
    table
        One row a sample (or a patient), indexed by its name. Of copy number, genes x samples,
        give the transpose.
    samples
        Names of the samples wanted, such as ``adata.obs_names``.
    what
        What the table is, for messages.
    sample_types
        See `rnaseq_s6k1.cohort.barcodes.match_samples`.

    Returns
    -------
    pandas.DataFrame
        Shape ``(n_samples, n_columns)``, indexed by the samples as wanted; rows that the table
        lacks are missing throughout, with a warning. Whole-number columns become floats where
        rows are missing.

    Raises
    ------
    DataError
        If no sample is found, or a name occurs twice.
    """
    wanted = [str(name) for name in samples]
    match = match_samples(wanted, table.index, sample_types=sample_types)
    if not match.found:
        raise DataError(
            f"{what} has none of the samples ({listing(wanted, 3)}): its rows are "
            f"{listing(table.index, 3)}; check that both are of one cohort"
        )
    logger.info("%s: %s", what, match.sentence)
    if match.missing:
        logger.warning(
            "%s says nothing of %s: %s",
            what,
            plural(len(match.missing), "sample"),
            listing(match.missing),
        )
    aligned = table.reindex([match.found.get(name) for name in wanted])
    aligned.index = pd.Index(wanted, dtype=object, name=table.index.name)
    aligned.attrs = dict(table.attrs)
    return aligned


def attach_clinical(
    adata: AnnData,
    table: pd.DataFrame,
    *,
    what: str = "the clinical table",
    sample_types: Sequence[str] = PRIMARY,
) -> AnnData:
    """Add a clinical table to the counts; samples keep the matrix's order.

    Unlike a sample sheet, a clinical table may speak of samples the matrix lacks, and say
    nothing of some it has.

    Parameters
    ----------
    adata
        Counts, shape ``(n_samples, n_genes)``.
    table
        Of `rnaseq_s6k1.io.clinical.read_clinical`.
    what
        What the table is, for messages.
    sample_types
        See `rnaseq_s6k1.cohort.barcodes.match_samples`.

    Returns
    -------
    anndata.AnnData
        A copy with the table's columns in ``obs``; columns of the same name are replaced, and
        columns without any value for these samples are left out.

    Raises
    ------
    DataError
        As `align_samples`.
    """
    aligned = align_samples(table, adata.obs_names, what=what, sample_types=sample_types)
    empty = [name for name in aligned.columns if aligned[name].isna().all()]
    if empty:
        logger.info(
            "%s: left out %s without any value for these samples: %s",
            what,
            plural(len(empty), "column"),
            listing(empty),
        )
    aligned = aligned.drop(columns=empty)
    joined = adata.copy()
    kept = [name for name in joined.obs.columns if name not in aligned.columns]
    joined.obs = pd.concat([joined.obs[kept], aligned.set_axis(joined.obs_names)], axis=1)
    return joined
