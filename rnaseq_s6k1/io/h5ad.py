"""Counts from an AnnData file (.h5ad), samples x genes."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.matrix import RawCounts, Values, as_objects
from rnaseq_s6k1.io.wording import clip, plural
from rnaseq_s6k1.process_wide import caught_warnings

__all__ = ["read_h5ad"]

logger = logging.getLogger(__name__)

_NAME_COLUMNS = ("gene_name", "gene_symbol", "gene_symbols", "symbol", "feature_name")
_INT32_LARGEST = np.iinfo(np.int32).max


def read_h5ad(path: Path, *, transpose: bool = False) -> RawCounts:
    """Read the counts of an AnnData file.

    They are sought in ``layers["counts"]``, then ``X``, then ``raw``: the first that
    holds whole numbers, else the first there is. The columns of ``obs`` are kept.

    Parameters
    ----------
    path
        The file.
    transpose
        Whether the file holds genes x samples, against AnnData's convention.

    Raises
    ------
    DataError
        If the file cannot be read or holds no numbers.
    """
    import anndata

    try:
        # What anndata has to say of the file's age or names is said here, or is of no use.
        with caught_warnings():
            data = anndata.read_h5ad(path)
    except Exception as error:  # whatever a damaged HDF5 file makes h5py raise
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(
            f"{path}: cannot be read as .h5ad ({clip(reason, 100)}); write the file again with "
            "AnnData.write_h5ad"
        ) from None
    place, values, var = _find_counts(path, data)
    obs = pd.DataFrame(data.obs)
    logger.info(
        "%s: read as .h5ad, counts from %s, %s x %s",
        path,
        place,
        plural(values.shape[1], "sample"),
        plural(values.shape[0], "gene"),
    )
    facts: dict[str, str | int | bool] = {"matrix": place}
    if transpose:
        return RawCounts(
            path,
            "h5ad",
            values.T,
            as_objects(map(str, obs.index)),
            [str(name) for name in var.index],
            transposed=True,
            facts=facts,
        )
    column = next((name for name in _NAME_COLUMNS if name in var.columns), None)
    names = None
    if column is not None:
        facts["gene_name_column"] = column
        names = as_objects("" if pd.isna(name) else str(name) for name in var[column])
    return RawCounts(
        path,
        "h5ad",
        values,
        as_objects(map(str, var.index)),
        [str(name) for name in obs.index],
        names,
        facts=facts,
        obs=obs if len(obs.columns) else None,
    )


def _find_counts(path: Path, data: Any) -> tuple[str, Values, pd.DataFrame]:
    """Give where the counts are, the counts (genes x samples), and the genes' table."""
    candidates: list[tuple[str, Any, pd.DataFrame]] = []
    if "counts" in data.layers:
        candidates.append(("layers['counts']", data.layers["counts"], data.var))
    if data.X is not None:
        candidates.append(("X", data.X, data.var))
    if data.raw is not None:
        candidates.append(("raw.X", data.raw.X, data.raw.var))
    if not candidates:
        raise DataError(f"{path}: holds no matrix (no X, no layers['counts'], no raw)")
    first: tuple[str, Values, pd.DataFrame] | None = None
    for place, matrix, var in candidates:
        values = _dense(path, place, matrix)
        if values.dtype == np.int32 or np.array_equal(values, np.rint(values)):
            return place, values, var
        first = first or (place, values, var)
    assert first is not None
    return first


def _dense(path: Path, place: str, matrix: Any) -> Values:
    """Give a matrix as genes x samples, int32 where it fits."""
    array: NDArray[Any] = matrix.toarray() if hasattr(matrix, "toarray") else np.asarray(matrix)
    if array.ndim != 2 or array.dtype.kind not in "iufb":
        raise DataError(f"{path}: {place} holds {array.dtype} and not numbers; store the counts")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        sample, gene = np.argwhere(~np.isfinite(array))[0]
        raise DataError(
            f"{path}: {place} holds a missing or infinite value (sample {sample + 1:,}, gene "
            f"{gene + 1:,}); give a count (0 where no read was seen)"
        )
    turned = array.T
    if turned.size and (turned.max() > _INT32_LARGEST or turned.min() < -_INT32_LARGEST):
        return turned.astype(np.float64)
    whole: Values = turned.astype(np.int32)
    return whole if np.array_equal(whole, turned) else turned.astype(np.float64)
