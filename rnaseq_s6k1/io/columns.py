"""Which column of a table holds gene ids, which gene names, and which are samples."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.wording import clip, listing, plural

__all__ = ["ColumnPlan", "is_id_header", "is_name_header", "plan_columns"]

logger = logging.getLogger(__name__)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Headers are compared in lower case with blanks, points and dashes as underscores.
_ID_HEADERS = _words("""
    gene_id geneid gene ensembl_gene_id ensembl_gene ensembl_id ensembl ensgene ensg
    ensembl_geneid ensembl_gene_id_version gene_ids id feature_id target_id tracking_id
    flybase_gene_id wormbase_gene_id
""")
_NAME_HEADERS = _words("""
    gene_name genename gene_names gene_symbol genesymbol gene_symbols symbol symbols
    hgnc_symbol mgi_symbol external_gene_name associated_gene_name gene_short_name hgnc
""")
_ANNOTATION_HEADERS = _words("""
    gene_biotype biotype gene_type genetype gene_biotypes chr chrom chromosome
    chromosome_name seqname seqnames seqid start end strand start_position end_position
    gene_start gene_end length width gene_length exonic_length exon_length eff_length
    effective_length description gene_description transcript_id transcript_ids
    transcript_id(s) transcripts entrezgene entrez entrez_id entrezgene_id entrez_gene_id
    entrezid ncbi_gene_id hgnc_id mgi_id uniprot gene_version havana_gene gene_source source
    feature feature_type locus cytoband band map_location gc_content
    percentage_gene_gc_content percent_gene_gc_content
""")
_KNOWN_HEADERS = _ID_HEADERS | _NAME_HEADERS | _ANNOTATION_HEADERS | {"", "rownames", "row_names"}
_NOT_AVAILABLE = frozenset(
    {"", "na", "nan", "n/a", "null", "none", "inf", "-inf", "#n/a", "-", "."}
)
_NUMBER = re.compile(r"\s*[+-]?(\d+([.,]\d*)*|\.\d+)([eE][+-]?\d+)?\s*\Z")


@dataclass(frozen=True)
class ColumnPlan:
    """The part each column of a table plays.

    Attributes
    ----------
    header
        The names of all columns.
    id_column, name_column
        Where gene ids and gene names stand; `name_column` is None without one.
    sample_columns
        Where the counts stand.
    left_out
        Names of annotation columns that are not read.
    """

    header: tuple[str, ...]
    id_column: int
    name_column: int | None
    sample_columns: tuple[int, ...]
    left_out: tuple[str, ...]

    @property
    def samples(self) -> list[str]:
        """The names of the sample columns."""
        return [self.header[column] for column in self.sample_columns]


def plan_columns(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    path: Path,
    *,
    transpose: bool = False,
) -> ColumnPlan:
    """Give every column its part, by its name and by its first values.

    Parameters
    ----------
    header
        The names of the columns; the first may be empty.
    rows
        The first data rows, each as long as the header.
    path
        The file, for messages.
    transpose
        Whether the rows are samples, so that columns are genes and no column is a
        gene's annotation; columns of text are still left out.

    Raises
    ------
    DataError
        If no column is left for counts.
    """
    names = [" ".join(name.split()) for name in header]
    keys = [_key(name) for name in names]
    wordy = [_holds_text([row[at] for row in rows]) for at in range(len(names))]
    if transpose:
        return _finish(names, 0, None, {at for at in range(1, len(names)) if wordy[at]}, path)

    id_column = 0
    if keys[0] in {"", "rownames", "row_names"} or keys[0] in _NAME_HEADERS | _ANNOTATION_HEADERS:
        # R's write.csv puts row numbers first, other tools the symbol: a column that
        # calls itself an id is a better id than either.
        id_column = next(
            (
                at
                for at in range(1, len(keys))
                if keys[at] in _ID_HEADERS and _is_id(at, keys, rows)
            ),
            0,
        )
    others = [at for at in range(len(keys)) if at != id_column]
    name_column = next((at for at in others if keys[at] in _NAME_HEADERS), None)
    if name_column is None and keys[id_column] not in {"gene", "id", ""} and id_column == 0:
        # With ensembl_gene_id first, a second column called "gene" holds the symbols.
        name_column = next((at for at in others if keys[at] == "gene" and wordy[at]), None)
    left_out = {
        at
        for at in others
        if at != name_column
        and (
            wordy[at]
            or keys[at] in _ANNOTATION_HEADERS | _NAME_HEADERS | (_ID_HEADERS - {"gene", "id"})
            # R's row numbers, and what a separator at the end of every line makes.
            or (keys[at] == "" and id_column != 0 and at == 0)
            or (keys[at] == "" and at > 0 and not any(row[at].strip() for row in rows))
        )
    }
    return _finish(names, id_column, name_column, left_out, path)


def _finish(
    names: list[str], id_column: int, name_column: int | None, left_out: set[int], path: Path
) -> ColumnPlan:
    samples = tuple(
        at
        for at in range(len(names))
        if at != id_column and at != name_column and at not in left_out
    )
    if not samples:
        raise DataError(
            f"{path}: no column of counts found beside the gene ids (columns: {listing(names)}); "
            "give a table with one column a sample"
        )
    if name_column is not None:
        logger.info(
            "%s: gene ids from column %s, gene names from column %s",
            path,
            clip(names[id_column]),
            clip(names[name_column]),
        )
    known = [at for at in sorted(left_out) if _key(names[at]) in _KNOWN_HEADERS]
    if known:
        logger.info(
            "%s: left out %s of annotation: %s",
            path,
            plural(len(known), "column"),
            listing((names[at] for at in known), 12),
        )
    strange = [at for at in sorted(left_out) if at not in known]
    if strange:
        logger.warning(
            "%s: left out %s of text, as samples hold numbers: %s",
            path,
            plural(len(strange), "column"),
            listing((names[at] for at in strange), 12),
        )
    return ColumnPlan(
        header=tuple(names),
        id_column=id_column,
        name_column=name_column,
        sample_columns=samples,
        left_out=tuple(names[at] for at in sorted(left_out)),
    )


def is_id_header(name: str) -> bool:
    """Tell whether a column's name says that it holds gene ids."""
    return _key(name.strip()) in _ID_HEADERS


def is_name_header(name: str) -> bool:
    """Tell whether a column's name says that it holds gene names."""
    return _key(name.strip()) in _NAME_HEADERS


def _key(name: str) -> str:
    return re.sub(r"[\s.\-]+", "_", name.lower())


def _is_id(at: int, keys: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether a column whose name says id holds names; Entrez ids are numbers."""
    return keys[at] != "id" or _holds_text([row[at] for row in rows])


def _holds_text(values: Sequence[str]) -> bool:
    """Tell whether the first values of a column are words, so that it cannot hold counts."""
    told = [value for value in values if value.strip().lower() not in _NOT_AVAILABLE]
    words = sum(_NUMBER.match(value) is None for value in told)
    return len(told) > 0 and words > len(told) / 2
