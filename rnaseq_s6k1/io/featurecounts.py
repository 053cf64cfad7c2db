"""The table of featureCounts (Subread): a comment, annotation, one BAM path a sample."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.columns import plan_columns
from rnaseq_s6k1.io.delimited import TableStart, read_start_of_table, scan_table
from rnaseq_s6k1.io.matrix import RawCounts
from rnaseq_s6k1.io.sample_names import name_samples
from rnaseq_s6k1.io.wording import listing, plural

__all__ = ["is_featurecounts", "read_featurecounts"]

logger = logging.getLogger(__name__)

_COLUMNS = ("Geneid", "Chr", "Start", "End", "Strand", "Length")


def is_featurecounts(start: TableStart) -> bool:
    """Tell whether the first lines are those that featureCounts writes."""
    return tuple(start.header[: len(_COLUMNS)]) == _COLUMNS


def read_featurecounts(path: Path) -> RawCounts:
    """Read the table that featureCounts writes with ``-o``.

    The annotation columns are left out, and sample names are the BAM files' names
    without folder and technical endings.

    Raises
    ------
    DataError
        If the columns are not those of featureCounts, or a row cannot be read.
    """
    start = read_start_of_table(path)
    if not is_featurecounts(start):
        raise DataError(
            f"{path}: not a featureCounts table: the columns should start with "
            f"{' '.join(_COLUMNS)}, found {listing(start.header, 6)}; leave --format out"
        )
    plan = plan_columns(start.header, start.rows, path)
    scan = scan_table(path, start, plan)
    samples = name_samples(plan.samples)
    if samples != plan.samples:
        logger.info("%s: sample names taken from the BAM paths: %s", path, listing(samples))
    logger.info(
        "%s: read as a featureCounts table, %s x %s",
        path,
        plural(len(scan.ids), "gene"),
        plural(len(samples), "sample"),
    )
    counts = RawCounts(
        path=path,
        format="featurecounts",
        values=scan.values,
        gene_ids=scan.ids,
        samples=samples,
        gene_names=scan.names,
        lines=scan.lines,
    )
    return replace(counts, facts={"dropped_columns": ", ".join(plan.left_out)})
