"""Expression of a cBioPortal study: RSEM estimates, or read counts where a study has them."""

from __future__ import annotations

import logging
import math
import re
from pathlib import Path

import numpy as np

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.matrix import GrowingMatrix, RawCounts, as_objects
from rnaseq_s6k1.io.scale import has_upper_quartile_1000
from rnaseq_s6k1.io.tsv_rows import TsvHead, read_head, tsv_rows
from rnaseq_s6k1.io.wording import clip, listing, plural

__all__ = [
    "EXPRESSION_FILES",
    "gene_columns",
    "gene_of_row",
    "is_cbioportal",
    "is_missing",
    "is_study",
    "read_cbioportal",
    "study_file",
]

logger = logging.getLogger(__name__)

#: Files with counts or estimates of counts, the preferred first; the last two are older names.
EXPRESSION_FILES = (
    "data_mrna_seq_read_counts.txt",
    "data_mrna_seq_v2_rsem.txt",
    "data_mrna_seq_rsem.txt",
    "data_RNA_Seq_v2_expression_median.txt",
    "data_RNA_Seq_expression_median.txt",
)
_OTHER_SCALES = re.compile(r"(zscores|fpkm|rpkm|tpm|cpm|microarray|agilent|affymetrix)", re.I)
_GENE_COLUMNS = ("hugo_symbol", "entrez_gene_id")
_ANNOTATION = ("cytoband", "composite.element.ref")
_MISSING = frozenset({"", "na", "nan", "n/a", "null", "none"})


def is_missing(cell: str) -> bool:
    """Tell whether a cell of a numeric table says that there is no value."""
    return cell.strip().lower() in _MISSING


def is_cbioportal(header: tuple[str, ...]) -> bool:
    """Tell whether a header's first column is one of cBioPortal's gene columns."""
    return header[0].strip().lower() in _GENE_COLUMNS


def is_study(folder: Path) -> bool:
    """Tell whether a folder is a study of cBioPortal."""
    return (folder / "meta_study.txt").is_file() or any(folder.glob("data_mrna_seq*.txt*"))


def study_file(folder: Path, names: tuple[str, ...]) -> Path | None:
    """Give the first of several files that a study has, plain or gzip."""
    for name in names:
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                return path
    return None


def gene_columns(head: TsvHead) -> tuple[dict[str, int], list[int]]:
    """Part a header into gene columns by their lower-case name, and the samples' places.

    Raises
    ------
    DataError
        If there is no gene column, no sample, or a sample twice or without a name.
    """
    lowered = [name.lower() for name in head.header]
    genes = {name: lowered.index(name) for name in _GENE_COLUMNS if name in lowered}
    if not genes:
        raise DataError(
            f"{head.path}: no column Hugo_Symbol or Entrez_Gene_Id, as cBioPortal's tables of "
            f"genes have; found {listing(head.header, 6)}"
        )
    samples = [at for at, name in enumerate(lowered) if name not in _GENE_COLUMNS + _ANNOTATION]
    check_sample_columns(head, samples)
    return genes, samples


def check_sample_columns(head: TsvHead, samples: list[int]) -> None:
    """Refuse samples that share a name or have none.

    Raises
    ------
    DataError
        Naming them.
    """
    names = [head.header[at] for at in samples]
    if not names:
        raise DataError(f"{head.path}: no column of a sample beside the genes; check the file")
    twice = sorted({name for name in names if names.count(name) > 1})
    if len(set(names)) < len(names):
        what = f"names {listing(twice)} more than once" if "" not in twice else "lacks names"
        raise DataError(f"{head.path}: the header (line {head.line}) {what}; rename the columns")
    if "" in names:
        raise DataError(
            f"{head.path}: column {head.header.index('') + 1} has no name in the header; give it "
            "the sample's"
        )


def gene_of_row(genes: dict[str, int], cells: list[str]) -> str:
    """Give a row's Hugo symbol, or its Entrez id where it has no symbol."""
    for name in _GENE_COLUMNS:
        if name in genes and not is_missing(cell := cells[genes[name]]):
            return cell.strip()
    return ""


def read_cbioportal(path: Path) -> RawCounts:
    """Read the expression of a study: ``data_mrna_seq_v2_rsem.txt`` and its siblings.

    Genes are named by Hugo_Symbol, or by Entrez_Gene_Id where a row has no symbol. Rows without
    any value are genes the study did not measure; they are left out. RSEM's estimates have
    decimals, and need to be rounded on purpose; those of TCGA are scaled to an upper quartile of
    1,000 in every sample, of which a warning says.

    Parameters
    ----------
    path
        The file, or the folder of the study.

    Raises
    ------
    DataError
        If the folder has no such file, or the file holds another scale by its name, or cannot be
        read.
    """
    source = _expression_file(path)
    if _OTHER_SCALES.search(source.name):
        raise DataError(
            f"{source}: holds z-scores or normalised values by its name, not counts; give "
            "data_mrna_seq_v2_rsem.txt of the study (with --round), or raw counts of the GDC"
        )
    head = read_head(source)
    genes, samples = gene_columns(head)
    matrix = GrowingMatrix(len(samples))
    ids: list[str] = []
    lines: list[int] = []
    unmeasured = 0
    for line, cells in tsv_rows(head):
        values = [cells[at] for at in samples]
        if all(map(is_missing, values)):
            unmeasured += 1
            continue
        try:
            numbers = np.array([list(map(float, values))])
            finite = bool(np.isfinite(numbers).all())
        except ValueError:
            finite = False
        if not finite:
            raise DataError(_bad_cell(head, line, samples, cells))
        matrix.append(numbers)
        ids.append(gene_of_row(genes, cells))
        lines.append(line)
    if not ids:
        raise DataError(f"{source}: no gene has a value; check how the file was made")
    if unmeasured:
        logger.info("%s: left out %s without any value", source, plural(unmeasured, "gene"))
    values_read = matrix.finish()
    logger.info(
        "%s: read as expression of a cBioPortal study, %s x %s",
        source,
        plural(len(ids), "gene"),
        plural(len(samples), "sample"),
    )
    normalised = values_read.dtype.kind == "f" and has_upper_quartile_1000(values_read)
    if normalised:
        logger.warning(
            "%s: RSEM estimates scaled to an upper quartile of 1,000 in every sample, not raw "
            "counts: the sequencing depth is gone, and the models weigh samples without it; the "
            "GDC's STAR counts are the better input",
            source,
        )
    return RawCounts(
        path=source,
        format="cbioportal",
        values=values_read,
        gene_ids=as_objects(ids),
        samples=[head.header[at] for at in samples],
        lines=np.array(lines, dtype=np.int64),
        origin="" if values_read.dtype.kind != "f" else "RSEM",
        facts={"genes_without_values": unmeasured, "upper_quartile_1000": normalised},
    )


def _expression_file(path: Path) -> Path:
    if not path.is_dir():
        return path
    found = study_file(path, EXPRESSION_FILES)
    if found is None:
        others = sorted(one.name for one in path.glob("data_*.txt*"))
        raise DataError(
            f"{path}: none of {', '.join(EXPRESSION_FILES[:3])} in this folder of a cBioPortal "
            f"study (found {listing(others, 4) or 'no data file'}); download a study with RNA-seq"
        )
    return found


def _bad_cell(head: TsvHead, line: int, samples: list[int], cells: list[str]) -> str:
    """Say which cell of a row is no number."""
    for at in samples:
        cell = cells[at].strip()
        place = f"{head.path}: line {line:,}, column {clip(head.header[at])}"
        if is_missing(cell):
            return (
                f"{place}: a missing value ({clip(cell)}) in a gene that other samples have; "
                "leave the gene or the sample out"
            )
        try:
            number = float(cell)
        except ValueError:
            return f"{place}: {clip(cell)} is not a number; every cell beside the genes must be"
        if not math.isfinite(number):
            return f"{place}: {clip(cell)} is not a number; every cell beside the genes must be"
    return f"{head.path}: line {line:,} holds no numbers"
