"""A folder of the GDC's STAR counts, as its portal, ``gdc-client`` or ``cohort fetch`` lays it."""

from __future__ import annotations

import logging
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.columns import ColumnPlan
from rnaseq_s6k1.io.delimited import Scan, read_start_of_table, scan_table
from rnaseq_s6k1.io.gdc_samples import GdcFile, find_gdc_sheets, read_gdc_sheets
from rnaseq_s6k1.io.matrix import RawCounts
from rnaseq_s6k1.io.per_sample import SampleFile, join_genes
from rnaseq_s6k1.io.sample_names import name_samples
from rnaseq_s6k1.io.star import STRANDEDNESS
from rnaseq_s6k1.io.text import check_readable
from rnaseq_s6k1.io.wording import clip, listing, plural

__all__ = ["COUNTS_SUFFIX", "find_gdc_files", "is_gdc_header", "read_gdc"]

logger = logging.getLogger(__name__)

COUNTS_SUFFIX = ".rna_seq.augmented_star_gene_counts.tsv"
_HEADER = (
    "gene_id",
    "gene_name",
    "gene_type",
    "unstranded",
    "stranded_first",
    "stranded_second",
)
_COUNTERS = frozenset({"N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous"})


def find_gdc_files(folder: Path) -> list[Path]:
    """List the STAR counts in a folder and in its folders, sorted by path."""
    found: list[Path] = []
    for prefix in ("", "*/", "*/*/"):
        for ending in ("", ".gz"):
            found += folder.glob(f"{prefix}*{COUNTS_SUFFIX}{ending}")
    return sorted(path for path in found if not path.name.startswith("."))


def is_gdc_header(header: tuple[str, ...]) -> bool:
    """Tell whether a header is that of the GDC's STAR counts."""
    return header[: len(_HEADER)] == _HEADER


def read_gdc(folder: Path, *, strandedness: str = "auto") -> RawCounts:
    """Read the GDC's STAR counts, one file an aliquot.

    A sample is named by the aliquot's barcode where the metadata of the cart
    (``metadata.cart*.json``) has it, else by the Sample ID of the sample sheet
    (``gdc_sample_sheet*.tsv``), else by its file. Where files of one sample cannot be told
    apart by an aliquot's barcode, the one whose file id is first in the alphabet is taken, and
    the others are named.

    Parameters
    ----------
    folder
        Holds ``*.rna_seq.augmented_star_gene_counts.tsv``, plain or gzip, or folders with them.
    strandedness
        ``auto`` or ``unstranded`` (as the GDC's own pipelines take it), ``forward``
        (``stranded_first``) or ``reverse`` (``stranded_second``).

    Raises
    ------
    DataError
        If there is no such file, a file of the sample sheet is missing or one is not in it,
        a file has other columns, or the files list different genes.
    """
    paths = find_gdc_files(folder)
    if not paths:
        raise DataError(
            f"{folder}: no file named *{COUNTS_SUFFIX} in this folder or its folders; download "
            "Gene Expression Quantification, STAR - Counts from the GDC portal"
        )
    _refuse_partial(folder)
    picked = "unstranded" if strandedness == "auto" else strandedness
    column = 3 + STRANDEDNESS.index(picked)
    sheets = find_gdc_sheets(folder)
    chosen, obs, left_out = _name_files(folder, paths, sheets)
    files: list[SampleFile] = []
    models: set[str] = set()
    first: Scan | None = None
    first_genes = np.empty(0, dtype=bool)
    names = None
    for path in chosen.values():
        scan, model = _scan(path, column, first)
        models.add(model)
        same = first is not None and scan.ids is first.ids
        genes = first_genes if same else ~pd.Index(scan.ids).isin(sorted(_COUNTERS))
        if first is None:
            first, first_genes = scan, genes
            names = None if scan.names is None else scan.names[genes]
        ids = files[0].ids if same else scan.ids[genes]
        files.append(SampleFile(path, ids, scan.values[genes, 0]))
    logger.info(
        "%s: read as %s of the GDC's STAR counts, %s; gene model %s; column %s (strandedness %s)",
        folder,
        plural(len(files), "file"),
        plural(len(files[0].ids), "gene"),
        listing(sorted(models)),
        _HEADER[column],
        picked,
    )
    return RawCounts(
        path=folder,
        format="gdc",
        values=join_genes(folder, files),
        gene_ids=files[0].ids,
        samples=list(chosen),
        gene_names=names,
        facts={
            "files": ", ".join(str(path.relative_to(folder)) for path in chosen.values()),
            "sample_sheets": ", ".join(path.name for path in sheets),
            "strandedness": picked,
            "strandedness_inferred": False,
            "gene_model": ", ".join(sorted(models)),
            "replicates_left_out": ", ".join(left_out),
            "summary_rows_dropped": ", ".join(sorted(_COUNTERS)),
        },
        obs=obs,
    )


def _scan(path: Path, column: int, like: Scan | None) -> tuple[Scan, str]:
    """Read one column of counts, and what the file says of its gene model."""
    check_readable(path)
    start = read_start_of_table(path, separator="\t")
    if not is_gdc_header(start.header):
        raise DataError(
            f"{path}: line {start.header_line} is not the header of the GDC's STAR counts "
            f"({', '.join(_HEADER)}, ...) but {listing(start.header, 6)}; download the file again"
        )
    plan = ColumnPlan(start.header, 0, 1, (column,), ())
    model = next((c for c in start.comments if "gene-model" in c), "")
    return scan_table(path, start, plan, like=like), model.partition(":")[2].strip() or "not stated"


def _refuse_partial(folder: Path) -> None:
    """Refuse a folder in which ``gdc-client`` left files that are not finished."""
    partial = sorted([*folder.glob("*.partial"), *folder.glob("*/*.partial")])
    if partial:
        raise DataError(
            f"{folder}: {plural(len(partial), 'download')} not finished: "
            f"{listing(path.name for path in partial)}; run gdc-client again, or remove them"
        )


def _name_files(
    folder: Path, paths: list[Path], sheets: list[Path]
) -> tuple[dict[str, Path], pd.DataFrame | None, list[str]]:
    """Give each sample its file, what is known of the samples, and the files left out."""
    if not sheets:
        logger.warning(
            "%s: neither gdc_sample_sheet*.tsv nor metadata.cart*.json beside the files, so the "
            "samples are named by their files; download the Sample Sheet of the cart",
            folder,
        )
        names = name_samples([str(path.relative_to(folder)) for path in paths])
        return dict(zip(names, paths, strict=True)), None, []
    known = read_gdc_sheets(sheets)
    belongs = _match(folder, paths, known, sheets)
    of_sample: dict[str, list[GdcFile]] = defaultdict(list)
    for file in belongs:
        of_sample[file.name].append(file)
    chosen: dict[str, Path] = {}
    rows, left_out = [], []
    for name in sorted(of_sample):
        first, *others = sorted(of_sample[name], key=lambda file: file.file_id)
        chosen[name] = belongs[first]
        rows.append((first.project, first.case_id, first.sample_type))
        left_out += [other.file_id for other in others]
    if left_out:
        logger.warning(
            "%s: %s of samples that have another one, and no barcodes to choose by: the first "
            "file id is taken, left out %s; with the cart's Metadata beside them, all are read",
            folder,
            plural(len(left_out), "file"),
            listing(left_out),
        )
    obs = pd.DataFrame(rows, columns=["project", "patient", "sample_type"], index=list(chosen))
    return chosen, obs, left_out


def _match(
    folder: Path, paths: list[Path], known: dict[str, GdcFile], sheets: list[Path]
) -> dict[GdcFile, Path]:
    """Join the files on the disk to the sheets; none may be missing on either side."""
    by_name = defaultdict(list)
    for file in known.values():
        if file.file_name.removesuffix(".gz").endswith(COUNTS_SUFFIX):
            by_name[file.file_name.removesuffix(".gz")].append(file)
    belongs: dict[GdcFile, Path] = {}
    strangers: list[str] = []
    for path in paths:
        candidates = by_name.get(path.name.removesuffix(".gz"), [])
        # Two files of one name lie in folders named by their ids.
        exact = [file for file in candidates if file.file_id == path.parent.name]
        files = exact or (candidates if len(candidates) == 1 else [])
        if not files:
            strangers.append(str(path.relative_to(folder)))
        elif files[0] in belongs:
            raise DataError(
                f"{folder}: the file {clip(path.name)} lies there twice "
                f"({belongs[files[0]].relative_to(folder)} and {path.relative_to(folder)}); "
                "remove one"
            )
        else:
            belongs[files[0]] = path
    said = listing((path.name for path in sheets), 3)
    if strangers:
        raise DataError(
            f"{folder}: {plural(len(strangers), 'file')} not in the sample sheet ({said}): "
            f"{listing(strangers, 3)}; download the sheet of the whole cart, or remove the files"
        )
    every = [file for files in by_name.values() for file in files]
    missing = sorted(file.file_name for file in every if file not in belongs)
    if missing:
        raise DataError(
            f"{folder}: {plural(len(missing), 'file')} of the sample sheet ({said}) missing in the "
            f"folder: {listing(missing, 3)}; finish the download, or remove the rows"
        )
    return belongs
