"""A folder of STAR's ReadsPerGene.out.tab files, and the strandedness they tell."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.matrix import RawCounts
from rnaseq_s6k1.io.per_sample import SampleFile, join_genes, scan_headerless
from rnaseq_s6k1.io.sample_names import name_samples
from rnaseq_s6k1.io.wording import listing, plural

__all__ = ["STRANDEDNESS", "find_star_files", "pick_strandedness", "read_star"]

logger = logging.getLogger(__name__)

# The columns of the file, in order, after the gene id.
STRANDEDNESS = ("unstranded", "forward", "reverse")
_COUNTERS = frozenset({"N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous"})
# A stranded library puts 90 % and more of its reads on one strand, an unstranded one half.
_STRANDED = 0.8
_UNSTRANDED = 0.6


def find_star_files(folder: Path) -> list[Path]:
    """List the ReadsPerGene files of a folder, or of its folders, sorted by path."""
    pattern = "*ReadsPerGene.out.tab"
    for prefix in ("", "*/"):
        found = [*folder.glob(prefix + pattern), *folder.glob(prefix + pattern + ".gz")]
        if found:
            return sorted(found)
    return []


def read_star(folder: Path, *, strandedness: str = "auto") -> RawCounts:
    """Read a folder of STAR ``--quantMode GeneCounts`` output.

    Parameters
    ----------
    folder
        Holds ``SAMPLE_ReadsPerGene.out.tab`` or ``SAMPLE/ReadsPerGene.out.tab``.
    strandedness
        ``unstranded`` (second column), ``forward`` (third: the first read lies on the
        strand of the RNA), ``reverse`` (fourth), or ``auto``: see `pick_strandedness`.

    Raises
    ------
    DataError
        If there is no such file, the files list different genes, or the strandedness
        cannot be told.
    UsageError
        If `strandedness` is none of the four.
    """
    if strandedness not in {"auto", *STRANDEDNESS}:
        raise UsageError(
            f"strandedness {strandedness!r} is unknown; choose auto, {', '.join(STRANDEDNESS)}"
        )
    paths = find_star_files(folder)
    if not paths:
        raise DataError(
            f"{folder}: no file named *ReadsPerGene.out.tab in this folder; run STAR with "
            "--quantMode GeneCounts"
        )
    scans = [scan_headerless(path, counts=[1, 2, 3]) for path in paths]
    genes = [np.array([name not in _COUNTERS for name in scan.ids], dtype=bool) for scan in scans]
    samples = name_samples([str(path.relative_to(folder)) for path in paths])
    totals = np.array(
        [
            scan.values[kept].sum(axis=0, dtype=np.float64)
            for scan, kept in zip(scans, genes, strict=True)
        ]
    )
    picked = strandedness
    if picked == "auto":
        picked = pick_strandedness(folder, samples, totals)
    column = STRANDEDNESS.index(picked)
    files = [
        SampleFile(path, scan.ids[kept], scan.values[kept, column])
        for path, scan, kept in zip(paths, scans, genes, strict=True)
    ]
    logger.info(
        "%s: read as %s of STAR, %s; strandedness %s (%s), so column %d was taken",
        folder,
        plural(len(files), "ReadsPerGene file"),
        plural(len(files[0].ids), "gene"),
        picked,
        "as told" if strandedness != "auto" else _percent(totals),
        column + 2,
    )
    return RawCounts(
        path=folder,
        format="star",
        values=join_genes(folder, files),
        gene_ids=files[0].ids,
        samples=samples,
        facts={
            "files": ", ".join(str(path.relative_to(folder)) for path in paths),
            "strandedness": picked,
            "strandedness_inferred": strandedness == "auto",
            "summary_rows_dropped": ", ".join(sorted(_COUNTERS)),
        },
    )


def pick_strandedness(folder: Path, samples: Sequence[str], totals: NDArray[np.float64]) -> str:
    """Tell the library's strandedness from the reads that each column assigns to genes.

    The share of forward reads among forward and reverse ones is about 1 for a forward
    library, 0 for a reverse one, and one half without strands; 0.8 (0.2) and 0.4 to 0.6
    are the limits.

    Parameters
    ----------
    folder
        For messages.
    samples
        Sample names.
    totals
        Reads assigned to genes: unstranded, forward, reverse; shape ``(n_samples, 3)``.

    Raises
    ------
    DataError
        If a sample lies between the limits, or samples differ.
    """
    stranded = totals[:, 1] + totals[:, 2]
    if np.any(stranded == 0):
        empty = [name for name, total in zip(samples, stranded, strict=True) if total == 0]
        raise DataError(
            f"{folder}: no read was assigned to a gene in {listing(empty)}; remove the sample or "
            "align it again"
        )
    share = totals[:, 1] / stranded
    picks = [_pick(value) for value in share]
    shares = "; ".join(
        f"{name} {value:.0%} forward" for name, value in zip(samples[:6], share, strict=False)
    )
    if "" in picks:
        raise DataError(
            f"{folder}: the strandedness cannot be told ({shares}): a library is at least 80 % "
            "on one strand or 40 to 60 % on each; state it with --strandedness "
            "unstranded, forward or reverse"
        )
    if len(set(picks)) > 1:
        by_pick = "; ".join(
            f"{pick}: {listing(name for name, p in zip(samples, picks, strict=True) if p == pick)}"
            for pick in sorted(set(picks))
        )
        raise DataError(
            f"{folder}: the samples differ in strandedness ({by_pick}), so they cannot share a "
            "column; state one with --strandedness or analyse them apart"
        )
    return picks[0]


def _pick(forward_share: float) -> str:
    if forward_share >= _STRANDED:
        return "forward"
    if forward_share <= 1 - _STRANDED:
        return "reverse"
    return "unstranded" if 1 - _UNSTRANDED <= forward_share <= _UNSTRANDED else ""


def _percent(totals: NDArray[np.float64]) -> str:
    sums = totals.sum(axis=0)
    return f"{sums[1] / (sums[1] + sums[2]):.0%} of the stranded reads are forward"
