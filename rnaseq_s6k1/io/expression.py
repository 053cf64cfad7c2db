"""`read_expression`: a matrix of expression values of any scale, told apart by what it holds."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.checks import check_names, check_orientation
from rnaseq_s6k1.io.counts import CAN_TRANSPOSE, read_raw
from rnaseq_s6k1.io.detect import detect_format
from rnaseq_s6k1.io.gene_ids import drop_rows_without_gene, refuse_mangled_symbols, strip_versions
from rnaseq_s6k1.io.matrix import RawCounts, Values
from rnaseq_s6k1.io.scale import guess_scale
from rnaseq_s6k1.io.wording import listing, plural

__all__ = ["Expression", "read_expression"]

logger = logging.getLogger(__name__)

# No log2 of a count reaches it, and the largest count of a library exceeds it.
_LARGEST_LOG = 32


@dataclass(frozen=True)
class Expression:
    """A matrix of expression values.

    Attributes
    ----------
    values
        Samples x gene ids, float; counts where `counts` is true, else on the scale of the file
        or, where it was asked for, log2(x + 1) of it.
    gene_names
        The matrix's own names by gene id, ``""`` where it has none; None without such a column.
    counts
        Whether these are raw counts.
    obs
        Samples, with the sample sheet that came with the matrix (only ``.h5ad`` has one).
    """

    values: pd.DataFrame
    gene_names: pd.Series | None
    counts: bool
    obs: pd.DataFrame


def read_expression(
    path: str | os.PathLike[str],
    *,
    format: str = "auto",
    transpose: bool = False,
    log2: bool = False,
) -> Expression:
    """Read expression values: raw counts, or any log scale, or TPM with `log2`.

    Whole numbers without a negative one, of which some exceed 32, are taken for raw counts.
    Rows of one gene are joined: counts are summed, of other values the row with the largest mean
    stays.

    Parameters
    ----------
    path
        A file that `rnaseq_s6k1.io.counts.read_counts` could read were it counts.
    format
        ``auto``, or one of `rnaseq_s6k1.io.detect.FORMATS`.
    transpose
        Whether rows are samples and columns genes.
    log2
        Whether to take log2(x + 1) of TPM, FPKM or CPM.

    Raises
    ------
    DataError
        If it is no matrix of numbers, or TPM, FPKM or CPM without `log2`.
    UsageError
        If an argument does not fit the format, or logarithms are to be taken of counts or of
        negative values.
    """
    source = Path(path)
    name = detect_format(source, format)
    if transpose and name not in CAN_TRANSPOSE:
        raise UsageError(
            f"{source} has the format {name}, which always has genes in rows; leave --transpose out"
        )
    raw = read_raw(source, name, transpose=transpose)
    check_orientation(raw)
    raw = check_names(drop_rows_without_gene(raw))
    refuse_mangled_symbols(raw)
    raw = strip_versions(raw)
    counts = _are_counts(raw.values)
    values = np.asarray(raw.values, dtype=np.float64)
    if log2:
        values = _log2(source, values, counts)
    elif not counts:
        _refuse_linear(source, raw.values)
    logger.info(
        "%s: %s x %s of %s",
        source,
        plural(len(raw.samples), "sample"),
        plural(len(raw.gene_ids), "gene"),
        "raw counts" if counts else "log2(x + 1)" if log2 else "expression, used as written",
    )
    return _joined(source, raw, values, counts)


def _are_counts(values: Values) -> bool:
    if values.size == 0 or values.min() < 0 or values.max() <= _LARGEST_LOG:
        return False
    return values.dtype.kind != "f" or bool((values == np.rint(values)).all())


def _log2(source: Path, values: np.ndarray, counts: bool) -> np.ndarray:
    if counts:
        raise UsageError(
            f"{source} holds raw counts, which are variance-stabilised by themselves; leave --log2 "
            "out"
        )
    if values.min() < 0:
        raise UsageError(
            f"{source} holds negative values, of which there is no logarithm; leave --log2 out"
        )
    return np.asarray(np.log2(values + 1.0))


def _refuse_linear(source: Path, values: Values) -> None:
    guess = "" if values.size == 0 or values.min() < 0 else guess_scale(values)
    linear = guess and not guess.startswith("logarithms")
    if linear or (values.size and values.max() > 1000):
        what = guess or f"values up to {values.max():,.0f}"
        raise DataError(
            f"{source}: looks like {what} and scores need a log scale; add --log2 to take "
            "log2(x + 1), or give logarithms"
        )


def _joined(source: Path, raw: RawCounts, values: np.ndarray, counts: bool) -> Expression:
    ids = pd.Index(raw.gene_ids, dtype=object)
    names = None if raw.gene_names is None else pd.Series(raw.gene_names, index=ids)
    frame = pd.DataFrame(values, index=ids, columns=pd.Index(raw.samples, dtype=object))
    if not ids.is_unique:
        twice = ids[ids.duplicated()].unique()
        how = "counts were summed" if counts else "the row with the largest mean stays"
        logger.info(
            "%s: %s on more than one row; %s: %s",
            source,
            plural(len(twice), "gene stands", "genes stand"),
            how,
            listing(twice),
        )
        if counts:
            frame = frame.groupby(level=0, sort=False).sum()
        else:
            order = np.argsort(-values.mean(axis=1), kind="stable")
            frame = frame.iloc[order[~ids[order].duplicated()]]
        if names is not None:
            names = names.sort_values(ascending=False).groupby(level=0, sort=False).first()
            names = names.reindex(frame.index)
    samples = frame.columns
    obs = pd.DataFrame(index=samples) if raw.obs is None else raw.obs.set_axis(samples)
    return Expression(frame.T, names, counts, obs)
