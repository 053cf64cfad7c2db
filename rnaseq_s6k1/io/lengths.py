"""Average transcript lengths, such as nf-core/rnaseq's ``salmon.merged.gene_lengths.tsv``."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.genes.identifiers import strip_ensembl_version
from rnaseq_s6k1.io.spreadsheets import unguard_texts

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["read_lengths"]

logger = logging.getLogger(__name__)


def read_lengths(path: str | os.PathLike[str], adata: AnnData) -> NDArray[np.float64]:
    """Read one length for each gene and sample of a count matrix.

    Parameters
    ----------
    path
        TSV or CSV (plain or gzip) with genes in rows, the first column their ids; columns
        that are not samples, such as gene names, are passed over.
    adata
        The counts.

    Returns
    -------
    numpy.ndarray
        Lengths in the order of `adata`, shape ``(n_samples, n_genes)``. Of rows with the
        same id, whose counts were summed, the mean is taken.

    Raises
    ------
    DataError
        If the file cannot be read, a sample or gene has no length, or one is not a number.
    """
    path = Path(path)
    try:
        table = pd.read_csv(path, sep=None, engine="python", index_col=0, encoding="utf-8-sig")
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError, ValueError, pd.errors.ParserError) as error:
        reason = (str(error).splitlines() or ["unknown"])[0][:120]
        raise DataError(f"{path}: cannot be read as a table of lengths ({reason})") from error
    table.columns = pd.Index(unguard_texts(table.columns.astype(str)))
    absent = [str(name) for name in adata.obs_names if name not in table.columns]
    if absent:
        raise DataError(
            f"{path}: no lengths for {len(absent)} of {adata.n_obs} samples, the first is "
            f"{absent[0][:40]}; the columns must have the samples' names"
        )
    table.index = pd.Index(
        [strip_ensembl_version(name) for name in unguard_texts(table.index.astype(str))]
    )
    try:
        lengths = table[list(adata.obs_names)].astype(float)
    except ValueError as error:
        raise DataError(f"{path}: a length is not a number ({str(error)[:80]})") from error
    lengths = lengths.groupby(level=0, sort=False).mean()
    missing = adata.var_names.difference(lengths.index)
    if len(missing):
        raise DataError(
            f"{path}: no lengths for {len(missing)} of {adata.n_vars} genes, the first is "
            f"{str(missing[0])[:40]}; give the lengths that belong to these counts"
        )
    logger.info("%s: transcript lengths of %s genes", path, f"{adata.n_vars:,}")
    return np.asarray(lengths.loc[list(adata.var_names)].to_numpy().T, dtype=float)
