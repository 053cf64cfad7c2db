"""Every address this package fetches cohorts from, and which files a project has there.

Addresses of MSigDB are in `rnaseq_s6k1.enrichment.fetch`.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "GDC_API",
    "GDC_FILE_KINDS",
    "GDC_URL_VARIABLE",
    "XENA_FILES",
    "XENA_HUBS",
    "XENA_URL_VARIABLE",
    "XenaFile",
]

#: The API of the NCI Genomic Data Commons (docs.gdc.cancer.gov/API).
GDC_API = "https://api.gdc.cancer.gov/"
#: Environment variables that name mirrors.
GDC_URL_VARIABLE = "RNASEQ_S6K1_GDC_URL"
XENA_URL_VARIABLE = "RNASEQ_S6K1_XENA_URL"

#: Kind of data to the filters of the ``files`` endpoint, beside project and open access.
GDC_FILE_KINDS: dict[str, dict[str, str]] = {
    "counts": {
        "files.data_category": "Transcriptome Profiling",
        "files.data_type": "Gene Expression Quantification",
        "files.analysis.workflow_type": "STAR - Counts",
    },
    "mutations": {
        "files.data_category": "Simple Nucleotide Variation",
        "files.data_type": "Masked Somatic Mutation",
    },
}

#: Download folders of Xena's hubs (xenabrowser.net/datapages).
XENA_HUBS = {
    "gdc": "https://gdc-hub.s3.us-east-1.amazonaws.com/download/",
    "tcga": "https://tcga-xena-hub.s3.us-east-1.amazonaws.com/download/",
}


@dataclass(frozen=True)
class XenaFile:
    """A data set of a hub.

    Attributes
    ----------
    hub
        Key of `XENA_HUBS`.
    path
        Path below the hub's folder; ``{project}`` is ``TCGA-BRCA``, ``{code}`` its ``BRCA``.
    name
        Name of the file on the disk.
    """

    hub: str
    path: str
    name: str


#: Kind of data to its data sets, tried in order until the hub has one.
XENA_FILES: dict[str, tuple[XenaFile, ...]] = {
    "counts": (XenaFile("gdc", "{project}.star_counts.tsv.gz", "{project}.star_counts.tsv.gz"),),
    "survival": (
        XenaFile("tcga", "survival%2F{code}_survival.txt", "{code}_survival.txt"),
        XenaFile("gdc", "{project}.survival.tsv.gz", "{project}.survival.tsv.gz"),
        XenaFile("gdc", "{project}.survival.tsv", "{project}.survival.tsv"),
    ),
    "clinical": (
        XenaFile("gdc", "{project}.clinical.tsv.gz", "{project}.clinical.tsv.gz"),
        XenaFile("tcga", "TCGA.{code}.sampleMap%2F{code}_clinicalMatrix", "{code}_clinicalMatrix"),
    ),
    "copy-number": (
        XenaFile(
            "tcga",
            "TCGA.{code}.sampleMap%2FGistic2_CopyNumber_Gistic2_all_thresholded.by_genes.gz",
            "{code}_Gistic2_all_thresholded.by_genes.gz",
        ),
    ),
}
