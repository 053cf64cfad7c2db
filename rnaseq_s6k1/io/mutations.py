"""Mutations: MAF files (cBioPortal's data_mutations.txt, the GDC's) and Xena's tables."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.cbioportal import is_missing, study_file
from rnaseq_s6k1.io.tsv_rows import TsvHead, find_column, read_head, tsv_rows
from rnaseq_s6k1.io.wording import clip, plural

__all__ = ["MUTATION_COLUMNS", "SILENT_CLASSES", "read_mutations"]

logger = logging.getLogger(__name__)

MUTATION_COLUMNS = ("sample", "gene", "class", "protein_change")
#: Classes that leave the protein as it is: cBioPortal leaves the same out of its counts.
SILENT_CLASSES = frozenset(
    {
        "silent",
        "intron",
        "igr",
        "3'utr",
        "5'utr",
        "3'flank",
        "5'flank",
        "rna",
        "lincrna",
        # Sequence Ontology's terms, which Xena has.
        "synonymous_variant",
        "stop_retained_variant",
        "intron_variant",
        "intergenic_variant",
        "upstream_gene_variant",
        "downstream_gene_variant",
        "3_prime_utr_variant",
        "5_prime_utr_variant",
        "non_coding_transcript_exon_variant",
    }
)
_STUDY_FILES = ("data_mutations.txt", "data_mutations_extended.txt", "data_mutations_mskcc.txt")
_SAMPLE = ("Tumor_Sample_Barcode", "sample", "Sample_ID", "SampleID")
_GENE = ("Hugo_Symbol", "gene")
_CLASS = ("Variant_Classification", "effect", "class")
_PROTEIN = ("HGVSp_Short", "Amino_Acid_Change", "Protein_Change", "HGVSp")
_PLACE = (
    ("Chromosome", "chrom", "chr"),
    ("Start_Position", "start"),
    ("Tumor_Seq_Allele2", "alt"),
)


def read_mutations(path: str | os.PathLike[str], *, silent: bool = False) -> pd.DataFrame:
    r"""Read somatic mutations as one row a mutation.

    Parameters
    ----------
    path
        A MAF file, ``data_mutations.txt`` of cBioPortal or the folder of the study, a folder of
        the GDC's ``*.maf.gz``, or a mutation table of Xena; plain or gzip.
    silent
        Whether mutations that leave the protein as it is are kept (`SILENT_CLASSES`).

    Returns
    -------
    pandas.DataFrame
        Text columns ``sample``, ``gene``, ``class`` and ``protein_change`` (empty where the
        file has none), sorted by sample, gene, class and change; a row that stands twice counts
        once. ``attrs["sequenced"]`` is the tuple of samples sequenced, where the study says so
        (``case_lists/cases_sequenced.txt`` or the file's ``#sequenced_samples:``), else None:
        samples without a mutation are in no row.

    Raises
    ------
    DataError
        If a file lacks a column, a row has no sample or gene, or it cannot be read.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> from pathlib import Path
    >>> head = "Hugo_Symbol\tVariant_Classification\tTumor_Sample_Barcode\tHGVSp_Short\n"
    >>> _ = Path("m.maf").write_text(head + "PIK3CA\tMissense_Mutation\tS1\tp.H1047R\n")
    >>> s6k1.read_mutations("m.maf").iloc[0].tolist()
    ['S1', 'PIK3CA', 'Missense_Mutation', 'p.H1047R']
    """
    source = Path(path)
    files = _files(source)
    rows: list[tuple[str, str, str, str, tuple[str, ...]]] = []
    dropped = 0
    sequenced: set[str] = set()
    for file in files:
        head = read_head(file)
        found, left_out = _rows(head, silent=silent)
        rows += found
        dropped += left_out
        sequenced.update(_sequenced_samples(head))
    sequenced.update(_case_list(source if source.is_dir() else source.parent))
    unique = sorted(set(rows))
    table = pd.DataFrame([row[:4] for row in unique], columns=list(MUTATION_COLUMNS), dtype=object)
    table.attrs["sequenced"] = tuple(sorted(sequenced)) or None
    logger.info(
        "%s: read %s in %s%s%s",
        source,
        plural(len(table), "mutation"),
        plural(table["sample"].nunique(), "sample"),
        f"; left out {dropped:,} that leave the protein as it is" if dropped else "",
        f"; {len(rows) - len(unique):,} repeated" if len(rows) > len(unique) else "",
    )
    return table


def _files(source: Path) -> list[Path]:
    if not source.is_dir():
        return [source]
    found = study_file(source, _STUDY_FILES)
    if found is not None:
        return [found]
    files: set[Path] = set()
    for pattern in ("*.maf", "*.maf.gz"):
        files |= {*source.glob(pattern), *source.glob(f"*/{pattern}")}
    if not files:
        raise DataError(
            f"{source}: neither {_STUDY_FILES[0]} (cBioPortal) nor a *.maf or *.maf.gz file in "
            "this folder; give the file"
        )
    return sorted(files)


def _rows(
    head: TsvHead, *, silent: bool
) -> tuple[list[tuple[str, str, str, str, tuple[str, ...]]], int]:
    """Read a file's mutations, each with its place, and count the silent ones left out."""
    what = "a table of mutations"
    sample_at = find_column(head, *_SAMPLE, what=what)
    gene_at = find_column(head, *_GENE, what=what)
    class_at = find_column(head, *_CLASS, what=what)
    protein_at = _optional(head, _PROTEIN)
    place_at = [at for names in _PLACE if (at := _optional(head, names)) is not None]
    rows = []
    dropped = 0
    for line, cells in tsv_rows(head):
        sample, gene, kind = (cells[at].strip() for at in (sample_at, gene_at, class_at))
        for at, value in ((sample_at, sample), (class_at, kind)):
            if is_missing(value):
                raise DataError(
                    f"{head.path}: line {line:,}, column {clip(head.header[at])}: the cell is "
                    "empty; download the file again, or remove the line"
                )
        # Between genes a MAF says Unknown, or nothing.
        if is_missing(gene) or gene == "Unknown":
            dropped += 1
            continue
        # Xena joins several Sequence Ontology terms by & or ;, the gravest first.
        if not silent and kind.replace(";", "&").split("&")[0].lower() in SILENT_CLASSES:
            dropped += 1
            continue
        protein = "" if protein_at is None else cells[protein_at].strip()
        place = tuple(cells[at].strip() for at in place_at)
        rows.append((sample, gene, kind, "" if is_missing(protein) else protein, place))
    return rows, dropped


def _optional(head: TsvHead, names: tuple[str, ...]) -> int | None:
    lowered = [name.lower() for name in head.header]
    return next((lowered.index(name.lower()) for name in names if name.lower() in lowered), None)


def _sequenced_samples(head: TsvHead) -> list[str]:
    """Give the samples that cBioPortal's comment line says were sequenced."""
    for comment in head.comments:
        name, _, samples = comment.strip().partition(":")
        if name.strip().lower() == "sequenced_samples":
            return samples.split()
    return []


def _case_list(study: Path) -> list[str]:
    """Give the samples of a study's list of sequenced cases, where it has one."""
    path = study / "case_lists" / "cases_sequenced.txt"
    if not path.is_file() or path.stat().st_size > 64 << 20:
        return []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, samples = line.partition(":")
        if name.strip() == "case_list_ids":
            return samples.split()
    return []
