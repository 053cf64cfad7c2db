"""Which format a file or folder of counts has, told by its content before its name."""

from __future__ import annotations

from pathlib import Path

from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.cbioportal import is_cbioportal, is_study
from rnaseq_s6k1.io.cls import is_cls
from rnaseq_s6k1.io.delimited import read_start_of_table
from rnaseq_s6k1.io.featurecounts import is_featurecounts
from rnaseq_s6k1.io.gct import is_gct
from rnaseq_s6k1.io.gdc import find_gdc_files, is_gdc_header
from rnaseq_s6k1.io.htseq import find_htseq_files, is_htseq
from rnaseq_s6k1.io.nfcore import is_nfcore
from rnaseq_s6k1.io.star import find_star_files
from rnaseq_s6k1.io.text import check_readable, read_start
from rnaseq_s6k1.io.wording import listing
from rnaseq_s6k1.io.xena import is_xena

__all__ = ["FORMATS", "detect_format"]

FORMATS = (
    "delimited",
    "featurecounts",
    "htseq",
    "star",
    "gdc",
    "xena",
    "cbioportal",
    "nfcore",
    "gct",
    "parquet",
    "h5ad",
)
# What a person may call a format, beside its name.
_ALIASES = {
    "tsv": "delimited",
    "csv": "delimited",
    "text": "delimited",
    "matrix": "delimited",
    "htseq-count": "htseq",
    "salmon": "nfcore",
    "nf-core": "nfcore",
    "anndata": "h5ad",
    "tcga": "gdc",
    "ucsc-xena": "xena",
    "cbio": "cbioportal",
}
_FOLDER_FORMATS = frozenset({"htseq", "star", "gdc"})
_FILE_OR_FOLDER = frozenset({"cbioportal"})


def detect_format(path: Path, wanted: str = "auto") -> str:
    """Name the format of a file or folder of counts.

    Parameters
    ----------
    path
        The file or folder.
    wanted
        ``auto``, or a format to take without looking at the content.

    Returns
    -------
    str
        One of `FORMATS`.

    Raises
    ------
    UsageError
        If `wanted` is not a known format.
    DataError
        If the path cannot be read, is a folder where a file is needed or the other way
        round, or the format cannot be told.
    """
    chosen = _ALIASES.get(wanted.lower(), wanted.lower())
    if chosen not in {"auto", *FORMATS}:
        raise UsageError(f"format {wanted!r} is unknown; choose auto, {', '.join(FORMATS)}")
    if path.is_dir():
        if chosen == "auto":
            return _detect_folder(path)
        if chosen not in _FOLDER_FORMATS | _FILE_OR_FOLDER:
            raise DataError(f"{path}: this is a folder, and the format {chosen} is one file")
        return chosen
    check_readable(path)
    if chosen in _FOLDER_FORMATS:
        raise DataError(
            f"{path}: the format {chosen} has one file a sample; give the folder that holds them"
        )
    return _detect_file(path) if chosen == "auto" else chosen


def _detect_folder(folder: Path) -> str:
    if find_gdc_files(folder):
        return "gdc"
    if is_study(folder):
        return "cbioportal"
    star = find_star_files(folder)
    htseq, others = find_htseq_files(folder)
    htseq = [path for path in htseq if path not in star]
    if star and htseq:
        raise DataError(
            f"{folder}: holds STAR files ({star[0].name}) and HTSeq-count files "
            f"({htseq[0].name}); choose with --format star or --format htseq"
        )
    if star:
        return "star"
    if htseq:
        return "htseq"
    merged = sorted(folder.glob("**/*.merged.gene_counts.tsv"))
    if merged:
        raise DataError(
            f"{folder}: looks like the results of nf-core/rnaseq; give the file, {merged[0]}"
        )
    found = listing(path.name for path in others) or "no file"
    raise DataError(
        f"{folder}: no HTSeq-count files and no *ReadsPerGene.out.tab in this folder (found "
        f"{found}); give a file, or the folder with one file a sample"
    )


def _detect_file(path: Path) -> str:
    start_bytes = read_start(path, 8)
    if start_bytes.startswith(b"\x89HDF\r\n\x1a\n"):
        return "h5ad"
    if start_bytes.startswith(b"PAR1"):
        return "parquet"
    if is_gct(path):
        return "gct"
    if is_cls(path):
        raise DataError(
            f"{path}: this is a .cls file of phenotypes, not counts; give it with --samples beside "
            "the counts"
        )
    start = read_start_of_table(path)
    if is_featurecounts(start):
        return "featurecounts"
    if is_gdc_header(start.header):
        raise DataError(
            f"{path}: these are the GDC's STAR counts of one sample; give the folder that holds "
            "all samples and the cart's sample sheet"
        )
    if is_cbioportal(start.header):
        return "cbioportal"
    if start.header[0] == "Status" and start.rows and start.rows[0][0] == "Assigned":
        raise DataError(
            f"{path}: this is the summary of featureCounts, not its counts; give the file without "
            ".summary"
        )
    if start.header[0] == "N_unmapped":
        raise DataError(
            f"{path}: this is STAR's ReadsPerGene file of one sample; give the folder that holds "
            "all samples"
        )
    if is_htseq(path):
        raise DataError(
            f"{path}: this looks like the HTSeq-count file of one sample (no header); give the "
            "folder that holds all samples, or add a header line"
        )
    if is_nfcore(path):
        return "nfcore"
    return "xena" if is_xena(path, start) else "delimited"
