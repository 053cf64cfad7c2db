"""Gene ids as they come: summary rows, versions, spreadsheet damage, duplicates."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.matrix import RawCounts, narrowed
from rnaseq_s6k1.io.wording import clip, listing, plural

__all__ = [
    "drop_rows_without_gene",
    "looks_like_genes",
    "refuse_mangled_symbols",
    "strip_versions",
    "sum_duplicates",
]

logger = logging.getLogger(__name__)

_MONTH = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec"
# 1-Sep, 01-Mar-2001, Mar-01, 2001-09-01 (00:00:00), 9/1/2001, 01.09.2001, and RIKEN clones
# such as 2310009E13Rik that became 2.31E+19.
_MANGLED = re.compile(
    rf"(\d{{1,2}}[-. ]{{1,2}}({_MONTH})\.?([-. ]\d{{2,4}})?"
    rf"|({_MONTH})-\d{{1,4}}"
    r"|\d{4}[-/]\d{1,2}[-/]\d{1,2}( 00:00(:00)?)?"
    r"|\d{1,2}/\d{1,2}/\d{2,4}|\d{1,2}\.\d{1,2}\.(19|20)\d{2}"
    r"|\d(\.\d+)?E\+\d+)\Z",
    re.IGNORECASE,
)
_ENSEMBL_VERSION = re.compile(r"(ENS[A-Z]{0,6}[GTEP]R?\d{10,11})\.\d+(_PAR_Y)?\Z")
_ENSEMBL_PAR = re.compile(r"(ENSG\d{11})_PAR_Y\Z")
_ACCESSION = re.compile(
    r"(ENS[A-Z]{0,6}[GT]R?\d{11}(\.\d+)?(_PAR_Y)?|FBgn\d{7}|WBGene\d{8}|AT[1-5MC]G\d{5}"
    r"|Y[A-P][LR]\d{3}[WC](-[A-Z])?|ZDB-GENE-[\d-]+|MGI:\d+|RGD:?\d+)\Z"
)
_TRANSCRIPT = re.compile(r"ENS[A-Z]{0,6}T\d{11}")
# Expressed nearly everywhere and in nearly every matrix of symbols; compared in upper
# case, so that mouse symbols count.
_WELL_KNOWN = """
    ACTB ACTG1 AKT1 APC ATM B2M BAX BCL2 BRAF BRCA1 BRCA2 CCNB1 CCND1 CCNE1 CCNE2 CDH1 CDK1
    CDK2 CDK4 CDK6 CDKN1A CDKN1B CDKN2A CTNNB1 DDX11L1 E2F1 EEF1A1 EGFR ERBB2 ESR1 FN1 FOS
    GAPDH HPRT1 HRAS IL6 INS JUN KRAS MAPK1 MAPK3 MCM2 MDM2 MKI67 MTOR MYC NOTCH1 NRAS PCNA
    PGK1 PGR PIK3CA PPIA PTEN PUM1 RB1 RPL13A RPLP0 RPS6 RPS6KB1 STAT1 STAT3 TBP TFRC TGFB1
    TNF TOP2A TP53 TUBB UBC VEGFA VIM XIST YES1 YWHAZ A1BG A1CF A2M AAAS ZZZ3 ZYX
"""
_COMMON_GENES = frozenset(_WELL_KNOWN.split())
_SUMMARY_ROWS = frozenset(
    {
        "__no_feature",
        "__ambiguous",
        "__too_low_aQual",
        "__not_aligned",
        "__alignment_not_unique",
        "N_unmapped",
        "N_multimapping",
        "N_noFeature",
        "N_ambiguous",
    }
)


def looks_like_genes(names: Iterable[str]) -> bool:
    """Tell whether names are those of genes: half are accessions, or three are well known."""
    every = list(names)
    accessions = sum(_ACCESSION.match(name) is not None for name in every)
    known = sum(name.upper() in _COMMON_GENES for name in every)
    return len(every) > 0 and (accessions >= max(1, len(every) / 2) or known >= 3)


def drop_rows_without_gene(counts: RawCounts) -> RawCounts:
    """Drop the counters of HTSeq and STAR, and rows whose gene id is empty or NA."""
    summary = np.array([name in _SUMMARY_ROWS for name in counts.gene_ids], dtype=bool)
    if summary.any():
        found = [str(name) for name in counts.gene_ids[summary]]
        logger.info("%s: dropped rows that are no genes: %s", counts.path, listing(found, 9))
        counts = counts.take(~summary).with_facts(summary_rows_dropped=", ".join(found))
    nameless = np.array([name in {"", "NA"} for name in counts.gene_ids], dtype=bool)
    if nameless.any():
        logger.warning(
            "%s: dropped %s without a gene id (empty or NA), the first on %s",
            counts.path,
            plural(int(nameless.sum()), "row"),
            counts.where_gene(int(np.argmax(nameless))),
        )
        counts = counts.take(~nameless).with_facts(rows_without_id_dropped=int(nameless.sum()))
    if not len(counts.gene_ids):
        raise DataError(f"{counts.path}: no row names a gene; check the first column")
    return counts


def refuse_mangled_symbols(counts: RawCounts) -> None:
    """Refuse gene symbols that a spreadsheet turned into dates or numbers.

    Ziemann, Eren and El-Osta, Genome Biol 2016, 17:177.

    Raises
    ------
    DataError
        Naming the damaged symbols and their lines.
    """
    for what, names in (("gene ids", counts.gene_ids), ("gene names", counts.gene_names)):
        if names is None:
            continue
        damaged = [at for at, name in enumerate(names) if _MANGLED.match(name)]
        if damaged:
            shown = ", ".join(f"{clip(names[at])} ({counts.where_gene(at)})" for at in damaged[:5])
            more = f" and {len(damaged) - 5:,} more" if len(damaged) > 5 else ""
            raise DataError(
                f"{counts.path}: {what} mangled by a spreadsheet: {shown}{more}; SEPTIN, MARCHF "
                "and DELEC1 genes became dates (2-Mar may be MARCHF2 or MTARC2), so export the "
                "table again from its source without opening it in a spreadsheet"
            )


def strip_versions(counts: RawCounts) -> RawCounts:
    """Strip the version of Ensembl ids: ``ENSG00000000003.15`` becomes ``ENSG00000000003``.

    GENCODE writes a gene of the pseudoautosomal regions twice, the copy on Y as
    ``ENSG00000182378.14_PAR_Y``. Both have one stable id and one sequence, which no read can
    tell apart; so that mark is stripped too, and `sum_duplicates` joins the copies.
    Where the aligner masked the copy on Y, as most references do, this adds zeros.
    """
    ids = counts.gene_ids.copy()
    stripped = copies = 0
    for at, name in enumerate(counts.gene_ids):
        if not name.startswith("ENS"):
            continue
        match = _ENSEMBL_VERSION.match(name) or _ENSEMBL_PAR.match(name)
        if match:
            ids[at] = match[1]
            stripped += 1
            copies += name.endswith("_PAR_Y")
    if any(_TRANSCRIPT.match(name) for name in ids[:100]):
        logger.warning(
            "%s: the ids are transcripts (%s), not genes; sum them to genes first, for instance "
            "with tximport",
            counts.path,
            clip(ids[0]),
        )
    if not stripped:
        return counts
    logger.info("%s: stripped the version of %s", counts.path, plural(stripped, "Ensembl id"))
    if copies:
        logger.info(
            "%s: %s on the pseudoautosomal regions of Y (_PAR_Y) joined with the copy on X",
            counts.path,
            plural(copies, "gene"),
        )
    return replace(counts, gene_ids=ids).with_facts(
        ensembl_versions_stripped=stripped, par_y_joined=copies
    )


def sum_duplicates(counts: RawCounts) -> RawCounts:
    """Sum the rows of genes that stand more than once, in the place of the first.

    The values are whole by now. The gene name is the first that is not empty.
    """
    index = pd.Index(counts.gene_ids)
    if index.is_unique:
        return counts
    codes, unique = pd.factorize(counts.gene_ids)
    twice = unique[np.bincount(codes) > 1]
    n_rows = int(len(codes) - len(unique))
    logger.info(
        "%s: %s on more than one row; their counts were summed: %s",
        counts.path,
        plural(len(twice), "gene stands", "genes stand"),
        listing(twice),
    )
    summed = np.zeros((len(unique), counts.values.shape[1]), dtype=np.int64)
    first = np.unique(codes, return_index=True)[1]
    summed[:] = counts.values[first]
    again = np.ones(len(codes), dtype=bool)
    again[first] = False
    np.add.at(summed, codes[again], counts.values[again])
    names = None
    if counts.gene_names is not None:
        names = counts.gene_names[first]
        for at in np.flatnonzero(again):
            names[codes[at]] = names[codes[at]] or counts.gene_names[at]
    keeps_lines = counts.lines is not None and not counts.transposed
    return replace(
        counts,
        values=narrowed(summed),
        gene_ids=np.asarray(unique, dtype=object),
        gene_names=names,
        lines=counts.lines[first] if keeps_lines and counts.lines is not None else counts.lines,
    ).with_facts(duplicate_rows_summed=n_rows)
