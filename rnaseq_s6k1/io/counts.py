"""`read_counts`: any supported file or folder of counts, checked, as AnnData."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import UsageError
from rnaseq_s6k1.io.cbioportal import read_cbioportal
from rnaseq_s6k1.io.checks import (
    check_names,
    check_orientation,
    check_samples_have_counts,
    whole_counts,
)
from rnaseq_s6k1.io.delimited import read_delimited
from rnaseq_s6k1.io.detect import FORMATS, detect_format
from rnaseq_s6k1.io.featurecounts import read_featurecounts
from rnaseq_s6k1.io.gct_counts import read_gct_counts
from rnaseq_s6k1.io.gdc import read_gdc
from rnaseq_s6k1.io.gene_ids import (
    drop_rows_without_gene,
    refuse_mangled_symbols,
    strip_versions,
    sum_duplicates,
)
from rnaseq_s6k1.io.h5ad import read_h5ad
from rnaseq_s6k1.io.htseq import read_htseq
from rnaseq_s6k1.io.matrix import RawCounts
from rnaseq_s6k1.io.nfcore import read_nfcore
from rnaseq_s6k1.io.parquet import read_parquet
from rnaseq_s6k1.io.star import STRANDEDNESS, read_star
from rnaseq_s6k1.io.wording import plural
from rnaseq_s6k1.io.xena import read_xena

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["CAN_TRANSPOSE", "FORMATS", "read_counts", "read_raw"]

logger = logging.getLogger(__name__)

CAN_TRANSPOSE = ("delimited", "parquet", "h5ad")


def read_counts(
    path: str | os.PathLike[str],
    *,
    format: str = "auto",
    round_estimates: bool = False,
    transpose: bool = False,
    strandedness: str = "auto",
) -> AnnData:
    r"""Read raw counts from a file or folder, and refuse what are none.

    Everything inferred on the way (format, gene-name column, columns left out,
    strandedness, rows summed or dropped, rounding) is logged at INFO level and kept in
    ``uns["counts_source"]``.

    Parameters
    ----------
    path
        Genes x samples as TSV, CSV, or text separated by semicolons or blanks (plain or
        gzip); a featureCounts table; a folder of HTSeq-count files; a folder of STAR
        ReadsPerGene files; a folder of the GDC's STAR counts with its sample sheet; a
        ``log2(count + 1)`` matrix of UCSC Xena; a study of cBioPortal or its expression file;
        merged gene counts of nf-core/rnaseq; GCT 1.2 or 1.3; Parquet; ``.h5ad``.
    format
        ``auto`` to tell the format by the content, or one of `FORMATS`.
    round_estimates
        Whether decimals are counts estimated by RSEM or salmon, to be rounded to the
        nearest whole number. Values that look like TPM, FPKM or logarithms are refused
        all the same.
    transpose
        Whether rows are samples and columns genes.
    strandedness
        For STAR and the GDC: ``auto``, ``unstranded``, ``forward`` or ``reverse``. For the
        GDC ``auto`` is unstranded.

    Returns
    -------
    anndata.AnnData
        ``X`` of shape ``(n_samples, n_genes)``, counts, int32 or, where they do not fit,
        int64; in memory gene by gene. ``obs_names`` are the samples, ``var_names`` the gene
        ids in the order of the input, without Ensembl versions, duplicates summed (the
        ``_PAR_Y`` copies of GENCODE with their gene on X: see
        `rnaseq_s6k1.io.gene_ids.strip_versions`). ``var["gene_name"]`` where the input has
        gene names, empty where it has none for a gene. ``obs`` has the columns of an
        ``.h5ad``, the sample annotations of a GCT 1.3, ``project``, ``patient`` and
        ``sample_type`` of the GDC's sample sheet, else none.

    Raises
    ------
    DataError
        If the input is not a matrix of raw counts; the message is one line with file,
        place, value and mend.
    UsageError
        If an argument is unknown or does not fit the format.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> from pathlib import Path
    >>> text = "gene\tsiNC_1\tsiS6K1_1\nRPS6KB1\t120\t31\nMYC\t900\t870\n"
    >>> _ = Path("counts.tsv").write_text(text)
    >>> adata = s6k1.read_counts("counts.tsv")
    >>> adata.shape, adata[:, "RPS6KB1"].X.ravel().tolist()
    ((2, 2), [120, 31])
    """
    source = Path(path)
    name = detect_format(source, format)
    if strandedness not in {"auto", *STRANDEDNESS}:
        raise UsageError(
            f"strandedness {strandedness!r} is unknown; choose auto, {', '.join(STRANDEDNESS)}"
        )
    if strandedness != "auto" and name not in {"star", "gdc"}:
        raise UsageError(
            f"strandedness {strandedness!r} is for files of STAR, and {source} has the format "
            f"{name}; leave it out"
        )
    if transpose and name not in CAN_TRANSPOSE:
        raise UsageError(
            f"{source} has the format {name}, which always has genes in rows; leave --transpose out"
        )
    counts = read_raw(
        source,
        name,
        transpose=transpose,
        strandedness=strandedness,
        round_estimates=round_estimates,
    )
    n_read = len(counts.gene_ids)
    check_orientation(counts)
    counts = check_names(drop_rows_without_gene(counts))
    refuse_mangled_symbols(counts)
    counts = whole_counts(counts, round_estimates=round_estimates)
    counts = sum_duplicates(strip_versions(counts))
    check_samples_have_counts(counts)
    logger.info(
        "%s: %s x %s of counts",
        source,
        plural(len(counts.samples), "sample"),
        plural(len(counts.gene_ids), "gene"),
    )
    return _as_anndata(counts.with_facts(rows_read=n_read))


def read_raw(
    source: Path,
    name: str,
    *,
    transpose: bool = False,
    strandedness: str = "auto",
    round_estimates: bool = False,
) -> RawCounts:
    """Read a matrix in the format `name` (one of `FORMATS`), unchecked."""
    readers: dict[str, Callable[[], RawCounts]] = {
        "delimited": lambda: read_delimited(source, transpose=transpose),
        "featurecounts": lambda: read_featurecounts(source),
        "htseq": lambda: read_htseq(source),
        "star": lambda: read_star(source, strandedness=strandedness),
        "gdc": lambda: read_gdc(source, strandedness=strandedness),
        "xena": lambda: read_xena(source, round_estimates=round_estimates),
        "cbioportal": lambda: read_cbioportal(source),
        "nfcore": lambda: read_nfcore(source),
        "gct": lambda: read_gct_counts(source),
        "parquet": lambda: read_parquet(source, transpose=transpose),
        "h5ad": lambda: read_h5ad(source, transpose=transpose),
    }
    return readers[name]()


def _as_anndata(counts: RawCounts) -> AnnData:
    # Imported late: a refusal should not wait a second for it.
    from anndata import AnnData

    var = pd.DataFrame(index=pd.Index(counts.gene_ids, dtype=object))
    if counts.gene_names is not None:
        var["gene_name"] = counts.gene_names
    samples = pd.Index(counts.samples, dtype=object)
    obs = pd.DataFrame(index=samples) if counts.obs is None else counts.obs.set_axis(samples)
    if counts.values.dtype.kind == "f":
        raise AssertionError("whole_counts makes integers")
    # Genes lie together in memory, as the models go through them one by one.
    matrix = np.ascontiguousarray(counts.values).T
    data = AnnData(X=matrix, obs=obs, var=var)
    data.uns["counts_source"] = {
        "path": str(counts.path),
        "format": counts.format,
        "transposed": counts.transposed,
        **counts.facts,
    }
    return data
