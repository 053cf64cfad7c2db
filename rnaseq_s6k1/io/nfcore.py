"""The merged gene tables of nf-core/rnaseq: estimates of salmon, RSEM or kallisto."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from pathlib import Path

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.delimited import read_delimited
from rnaseq_s6k1.io.matrix import RawCounts

__all__ = ["estimator_of", "is_nfcore", "read_nfcore"]

logger = logging.getLogger(__name__)

_MERGED = re.compile(
    r"(salmon|rsem|kallisto)\.merged\.(gene|transcript)_(counts|tpm)", re.IGNORECASE
)
_SPELLING = {"salmon": "salmon", "rsem": "RSEM", "kallisto": "kallisto"}


def estimator_of(path: Path) -> str:
    """Give the program whose merged gene counts a file holds by its name, else empty."""
    match = _MERGED.search(path.name)
    return _SPELLING[match[1].lower()] if match else ""


def is_nfcore(path: Path) -> bool:
    """Tell whether a file has the name of a merged table of nf-core/rnaseq."""
    return _MERGED.search(path.name) is not None


def read_nfcore(path: Path) -> RawCounts:
    """Read ``salmon.merged.gene_counts.tsv`` and its siblings.

    The columns are ``gene_id``, ``gene_name`` (salmon) or ``transcript_id(s)`` (RSEM),
    then one a sample, with decimals: estimates, whose origin the name of the file states.

    Raises
    ------
    DataError
        If the file holds TPM or transcripts by its name, or cannot be read.
    """
    match = _MERGED.search(path.name)
    if match and match[3].lower() == "tpm":
        raise DataError(
            f"{path}: this is the TPM table by its name; give the counts, "
            f"{path.name.replace('tpm', 'counts')}"
        )
    if match and match[2].lower() == "transcript":
        raise DataError(
            f"{path}: this is the table of transcripts by its name; give the genes, "
            f"{path.name.replace('transcript', 'gene')}"
        )
    counts = read_delimited(path, separator="\t")
    origin = estimator_of(path) or "salmon"
    logger.info("%s: read as nf-core/rnaseq gene counts, estimated by %s", path, origin)
    return replace(counts, format="nfcore", origin=origin)
