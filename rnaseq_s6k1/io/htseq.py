"""A folder of HTSeq-count files: gene, optional attributes, count; no header."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import numpy as np

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.delimited import read_start_of_table
from rnaseq_s6k1.io.matrix import RawCounts
from rnaseq_s6k1.io.per_sample import SampleFile, join_genes, scan_headerless
from rnaseq_s6k1.io.sample_names import name_samples
from rnaseq_s6k1.io.text import check_readable
from rnaseq_s6k1.io.wording import listing, plural

__all__ = ["find_htseq_files", "is_htseq", "read_htseq"]

logger = logging.getLogger(__name__)

# HTSeq before 0.6 wrote the special counters without underscores.
_OLD_COUNTERS = frozenset(
    {"no_feature", "ambiguous", "too_low_aQual", "not_aligned", "alignment_not_unique"}
)
_WHOLE = re.compile(r"\d+\Z")


def is_htseq(path: Path) -> bool:
    """Tell whether a file's first lines are a name, perhaps attributes, and a count.

    A header counts against it: HTSeq-count writes none.
    """
    try:
        check_readable(path)
        start = read_start_of_table(path, separator="\t", has_header=False)
    except DataError:
        return False
    fitting = sum(
        len(row) in {2, 3, 4}
        and _WHOLE.match(row[-1].strip()) is not None
        # STAR's files have numbers in all columns.
        and (len(row) == 2 or _WHOLE.match(row[1].strip()) is None)
        for row in start.rows
    )
    # A majority, so that a file with a damaged line is read, and refused with the line.
    headed = _WHOLE.match(start.rows[0][-1].strip()) is None
    return fitting > len(start.rows) / 2 and not headed


def find_htseq_files(folder: Path) -> tuple[list[Path], list[Path]]:
    """Sort the files of a folder by name into HTSeq-count files and others."""
    files = sorted(
        (path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")),
        key=lambda path: path.name,
    )
    counted = [path for path in files if is_htseq(path)]
    return counted, [path for path in files if path not in counted]


def read_htseq(folder: Path) -> RawCounts:
    """Read a folder with one HTSeq-count file a sample.

    The special counters (``__no_feature`` and the like) are dropped. With
    ``--additional-attr`` the second column is taken as the gene name.

    Parameters
    ----------
    folder
        Its files are the samples, plain or gzip; files of another form are left out with
        a warning.

    Raises
    ------
    DataError
        If there is no such file, or the files list different genes.
    """
    paths, others = find_htseq_files(folder)
    if not paths:
        raise DataError(
            f"{folder}: no HTSeq-count file (gene, tab, count; no header) in this folder; found "
            f"{listing(path.name for path in others) or 'nothing'}"
        )
    empty = [path.name for path in others if path.stat().st_size == 0]
    if empty:
        raise DataError(
            f"{folder}: empty among the files of the folder: {listing(empty)}; count those samples "
            "again or remove the files"
        )
    if others:
        logger.warning(
            "%s: left out %s not written by HTSeq-count: %s",
            folder,
            plural(len(others), "file"),
            listing(path.name for path in others),
        )
    files: list[SampleFile] = []
    dropped: set[str] = set()
    for path in paths:
        start = read_start_of_table(path, separator="\t", has_header=False)
        scan = scan_headerless(path, counts=[-1], name=1 if len(start.header) > 2 else None)
        special = np.array([_is_counter(name) for name in scan.ids])
        dropped |= set(scan.ids[special])
        names = None if scan.names is None else scan.names[~special]
        files.append(SampleFile(path, scan.ids[~special], scan.values[~special, 0], names))
    samples = name_samples([path.name for path in paths])
    logger.info(
        "%s: read as %s of HTSeq-count, %s%s",
        folder,
        plural(len(files), "file"),
        plural(len(files[0].ids), "gene"),
        f"; dropped the counters {', '.join(sorted(dropped))}" if dropped else "",
    )
    return RawCounts(
        path=folder,
        format="htseq",
        values=join_genes(folder, files),
        gene_ids=files[0].ids,
        samples=samples,
        gene_names=files[0].names,
        facts={
            "files": ", ".join(path.name for path in paths),
            "summary_rows_dropped": ", ".join(sorted(dropped)),
        },
    )


def _is_counter(name: str) -> bool:
    return name.startswith("__") or name in _OLD_COUNTERS
