"""Matrices of UCSC Xena: ``log2(count + 1)``, turned back into counts where that is exact."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.delimited import TableStart, read_delimited, read_start_of_table
from rnaseq_s6k1.io.log2_counts import printed_decimals, undo_log2
from rnaseq_s6k1.io.matrix import RawCounts
from rnaseq_s6k1.io.scale import guess_scale, has_upper_quartile_1000, sums_to_million
from rnaseq_s6k1.io.wording import clip, listing, plural

__all__ = ["is_xena", "read_xena"]

logger = logging.getLogger(__name__)

# First column of the GDC hub, of the TCGA and Toil hubs, of older files.
_HEADERS = frozenset({"Ensembl_ID", "sample", "Sample", "xena_sample", "xena_samples"})
_NAMES = ("star_counts", "htseq_counts", "hiseqv2", "expected_count")
# log2 of the largest count a gene reaches is about 24.
_LARGEST_LOG = 32.0
_MEND = "take PROJECT.star_counts.tsv.gz of Xena's GDC hub, or the GDC's own STAR counts"


def is_xena(path: Path, start: TableStart) -> bool:
    """Tell whether the start of a file looks like a genomic matrix of Xena.

    Its first column has one of Xena's names, and its values are small with decimals, or its
    own name is that of one of Xena's expression data sets.
    """
    if start.separator != "\t" or start.header[0] not in _HEADERS:
        return False
    if any(name in path.name.lower() for name in _NAMES):
        return True
    cells = [cell for row in start.rows for cell in row[1:]]
    values = _numbers(cells)
    return (
        len(values) > 0
        and printed_decimals(cells) > 1
        and bool(values.max() <= _LARGEST_LOG)
        and bool(np.any(values != np.rint(values)))
    )


def read_xena(path: Path, *, round_estimates: bool = False) -> RawCounts:
    """Read a genomic matrix of Xena whose values are ``log2(count + 1)``.

    The counts come back exactly, or the file is refused: see `log2_counts.undo_log2`. Xena
    averages the aliquots of one sample before the logarithm, so that a few samples of a cohort
    are not whole; they are named, and read where estimates are rounded. Whole numbers beyond
    any logarithm are taken as the counts they are.

    Parameters
    ----------
    path
        The file, plain or gzip, genes in rows.
    round_estimates
        Whether averages of aliquots and RSEM's expected counts are taken and rounded.

    Raises
    ------
    DataError
        If the values are no logarithms of counts; the message says what they seem to be.
    """
    start = read_start_of_table(path, separator="\t")
    counts = read_delimited(path, separator="\t")
    logs = counts.values
    if logs.dtype.kind != "f" and logs.size and logs.max() > _LARGEST_LOG:
        logger.info("%s: the values are whole and no logarithms; read as they are", path)
        return replace(counts, format="xena")
    if logs.dtype.kind != "f":
        raise DataError(
            f"{path}: every value is whole and none is above {logs.max() if logs.size else 0}, so "
            "whether they are counts or logarithms cannot be told; give --format delimited if "
            "they are counts"
        )
    _refuse_what_is_no_log(counts)
    cells = [cell for row in start.rows for cell in row[1:]]
    decimals = printed_decimals(cells)
    logs = np.asarray(logs, dtype=np.float64)
    undone = undo_log2(logs, decimals=decimals)
    read = replace(counts, format="xena", values=undone.values)
    if not undone.precision:
        return _estimates(read, logs, round_estimates=round_estimates)
    if undone.undetermined is not None:
        raise DataError(_undetermined(counts, undone.undetermined, undone.precision, decimals))
    logger.info(
        "%s: read as log2(count + 1) of Xena and turned back into counts, whole within the "
        "precision of the file (%s)",
        path,
        f"{decimals} printed decimals" if undone.precision == "printed" else undone.precision,
    )
    read = read.with_facts(log2_undone=True, log2_precision=undone.precision)
    if undone.whole.all():
        return read
    averaged = [name for name, whole in zip(read.samples, undone.whole, strict=True) if not whole]
    if not round_estimates:
        raise DataError(
            f"{path}: {plural(len(averaged), 'sample')} of {len(read.samples):,} not whole after "
            f"2^x - 1: {listing(averaged)}; Xena averages the aliquots of a sample, so add "
            "--round to round these, or leave their columns out"
        )
    logger.warning(
        "%s: %s averaged over aliquots by Xena and rounded: %s",
        path,
        plural(len(averaged), "sample"),
        listing(averaged),
    )
    return replace(read, origin="Xena, averages of aliquots").with_facts(
        averaged_samples=", ".join(averaged)
    )


def _numbers(cells: list[str]) -> NDArray[np.float64]:
    values = []
    for cell in cells:
        try:
            values.append(float(cell))
        except ValueError:
            return np.empty(0)
    return np.array(values)


def _refuse_what_is_no_log(counts: RawCounts) -> None:
    values = counts.values
    gene, sample = (int(at) for at in np.unravel_index(np.argmax(values), values.shape))
    if values[gene, sample] > _LARGEST_LOG:
        raise DataError(
            f"{counts.where(gene, sample)}: {values[gene, sample]:.10g} is beyond the log2 of any "
            "count, so this is no matrix of log2(count + 1); give --format delimited"
        )
    gene, sample = (int(at) for at in np.unravel_index(np.argmin(values), values.shape))
    if values[gene, sample] < 0:
        offset = 2.0 ** float(values[gene, sample])
        seems = (
            f"log2 of TPM or FPKM + {offset:.3g}, as Xena's Toil hub has them"
            if np.sum(values == values[gene, sample]) > values.size / 100
            else "centred or normalised"
        )
        raise DataError(
            f"{counts.where(gene, sample)}: {values[gene, sample]:.10g} is negative, so this is no "
            f"matrix of log2(count + 1); the values seem to be {seems}; {_MEND}"
        )


def _estimates(read: RawCounts, logs: NDArray[np.float64], *, round_estimates: bool) -> RawCounts:
    """Refuse what is no logarithm of counts; expected counts may be rounded."""
    values = read.values
    decimal = np.abs(values - np.rint(values)) > 1e-3
    gene, sample = (int(at) for at in np.unravel_index(np.argmax(decimal), decimal.shape))
    first = (
        f"{read.where(gene, sample)}: {logs[gene, sample]:.10g} is log2 of "
        f"{values[gene, sample] + 1:.6g}, no whole number"
    )
    guess = guess_scale(values)
    if has_upper_quartile_1000(values) and not sums_to_million(values):
        guess = "RSEM normalised to an upper quartile of 1,000, log2(norm_count + 1)"
    elif guess:
        guess = f"log2(x + 1) of {guess}"
    if guess:
        raise DataError(f"{first}; the values seem to be {guess}; {_MEND}")
    if not round_estimates:
        raise DataError(
            f"{first}; the values seem to be estimates such as RSEM's expected counts; {_MEND}, or "
            "add --round to round estimates to whole counts"
        )
    logger.info("%s: read as log2(estimate + 1) of Xena", read.path)
    return replace(read, origin="RSEM, from Xena").with_facts(log2_undone=True)


def _undetermined(counts: RawCounts, at: tuple[int, int], precision: str, decimals: int) -> str:
    value = float(counts.values[at])
    how = f"{decimals} decimals" if precision == "printed" else "the precision of 32 bits"
    return (
        f"{counts.where(*at)}: {clip(f'{value:.10g}')} with {how} stands for more than one count "
        f"near {2.0**value:,.0f}, so the counts cannot be told exactly; {_MEND}"
    )
