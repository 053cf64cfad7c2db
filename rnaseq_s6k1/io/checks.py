"""Refusals: what is no matrix of raw counts, said in one line with place and mend."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.gene_ids import looks_like_genes
from rnaseq_s6k1.io.matrix import RawCounts, Values, narrowed
from rnaseq_s6k1.io.scale import FEWEST_GENES, guess_scale, sums_to_million
from rnaseq_s6k1.io.wording import clip, listing, plural

__all__ = ["check_names", "check_orientation", "check_samples_have_counts", "whole_counts"]

logger = logging.getLogger(__name__)

# Above it, whole numbers are no longer exact in the floats they were read as.
_LARGEST_COUNT = 2**53


def check_names(counts: RawCounts) -> RawCounts:
    """Check sample and gene names; blanks around sample names are stripped.

    Raises
    ------
    DataError
        If a sample has no name or shares it, a name holds control characters, or there
        are fewer than two samples.
    """
    samples = [name.strip() for name in counts.samples]
    for at, name in enumerate(samples):
        if not name:
            place = (
                f"line {counts.lines[at]:,}"
                if counts.transposed and counts.lines is not None
                else f"sample column {at + 1:,}"
            )
            raise DataError(f"{counts.path}: {place} has no sample name; name it in the header")
        if not name.isprintable():
            raise DataError(
                f"{counts.path}: the sample name {clip(name)} holds a control or invisible "
                "character; rename it"
            )
    duplicated = pd.Index(samples)
    if not duplicated.is_unique:
        twice = list(dict.fromkeys(duplicated[duplicated.duplicated()]))
        hint = (
            " (they are numbers: does the header line lack?)"
            if all(name.isdigit() for name in samples)
            else ""
        )
        raise DataError(
            f"{counts.path}: sample names stand more than once: {listing(twice)}{hint}; give every "
            "sample a name of its own"
        )
    if len(samples) < 2:
        raise DataError(
            f"{counts.path}: holds one sample only, {listing(samples)}; a comparison needs a table "
            "with all samples"
        )
    for what, names in (("gene id", counts.gene_ids), ("gene name", counts.gene_names)):
        for at, name in enumerate(() if names is None else names):
            if not name.isprintable():
                raise DataError(
                    f"{counts.path}: {counts.where_gene(at)}: the {what} {clip(name)} holds a "
                    "control or invisible character; repair it"
                )
    return replace(counts, samples=samples)


def check_orientation(counts: RawCounts) -> None:
    """Refuse a matrix whose columns are genes.

    Raises
    ------
    DataError
        If the columns' names look like genes, the rows' do not, and there are fewer
        rows than columns.
    """
    n_genes, n_samples = counts.values.shape
    if n_genes >= n_samples or not looks_like_genes(counts.samples):
        return
    if looks_like_genes(counts.gene_ids):
        return
    mend = "leave --transpose out" if counts.transposed else "add --transpose"
    raise DataError(
        f"{counts.path}: the matrix is transposed: {plural(n_genes, 'row')} "
        f"({listing(counts.gene_ids, 2)}) and {plural(n_samples, 'column')} that look like genes "
        f"({listing(counts.samples, 3)}); "
        f"genes belong in rows, so {mend}"
    )


def whole_counts(counts: RawCounts, *, round_estimates: bool) -> RawCounts:
    """Make the values whole, or refuse them.

    Parameters
    ----------
    counts
        As read.
    round_estimates
        Whether decimals are known to be estimated counts (RSEM, salmon) and are rounded
        to the nearest whole number, halves to the even one.

    Raises
    ------
    DataError
        If a value is negative or too large, if decimals have no stated origin, or if
        they look like TPM, FPKM or logarithms whatever was stated.
    """
    values = counts.values
    _refuse_negative(counts)
    if values.dtype.kind != "f":
        _warn_of_million(counts, values)
        return counts.with_facts(rounded=False)
    whole = np.rint(values)
    decimal = values != whole
    if not decimal.any():
        _refuse_huge(counts)
        _warn_of_million(counts, values)
        return replace(counts, values=narrowed(whole)).with_facts(rounded=False)
    guess = guess_scale(values)
    gene, sample = (int(at) for at in np.unravel_index(np.argmax(decimal), decimal.shape))
    first = f"{counts.where(gene, sample)}: {values[gene, sample]:.10g} is not a whole number"
    if guess and not (round_estimates and values.shape[0] < FEWEST_GENES):
        raise DataError(
            f"{first}, and the values look like {guess}; give raw counts, as the model needs them"
        )
    if not round_estimates:
        if counts.origin:
            raise DataError(
                f"{first}: these are estimates of {counts.origin}; add --round to round them to "
                "whole counts"
            )
        raise DataError(
            f"{first}; give raw counts, or add --round if these are counts estimated by RSEM or "
            "salmon"
        )
    _refuse_huge(counts)
    origin = counts.origin or "as stated by the user"
    logger.info(
        "%s: rounded %s to whole counts (estimates, %s)",
        counts.path,
        plural(int(decimal.sum()), "value"),
        origin,
    )
    return replace(counts, values=narrowed(whole)).with_facts(
        rounded=True, estimates_of=origin, values_rounded=int(decimal.sum())
    )


def check_samples_have_counts(counts: RawCounts) -> None:
    """Refuse samples without a single count: they cannot be normalised.

    Raises
    ------
    DataError
        Naming them.
    """
    counted = np.asarray(counts.values.any(axis=0))
    if not counted.all():
        names = [name for name, some in zip(counts.samples, counted, strict=True) if not some]
        raise DataError(
            f"{counts.path}: {plural(len(names), 'sample')} without a single count: "
            f"{listing(names)}; remove the column, as it cannot be normalised"
        )


def _refuse_negative(counts: RawCounts) -> None:
    values = counts.values
    if values.size == 0 or values.min() >= 0:
        return
    gene, sample = (int(at) for at in np.unravel_index(np.argmax(values < 0), values.shape))
    raise DataError(
        f"{counts.where(gene, sample)}: negative value {values[gene, sample]:.10g}; give raw "
        "counts, not logarithms or centred values"
    )


def _refuse_huge(counts: RawCounts) -> None:
    values = counts.values
    if values.max() <= _LARGEST_COUNT:
        return
    gene, sample = (int(at) for at in np.unravel_index(np.argmax(values), values.shape))
    raise DataError(
        f"{counts.where(gene, sample)}: {values[gene, sample]:.10g} is beyond any count of reads; "
        "repair the value"
    )


def _warn_of_million(counts: RawCounts, values: Values) -> None:
    sums = values.sum(axis=0, dtype=np.float64)
    if sums_to_million(values) and len(set(sums.tolist())) > 1:
        logger.warning(
            "%s: every sample sums to about 1,000,000: are these rounded TPM or CPM? Give raw "
            "counts",
            counts.path,
        )
