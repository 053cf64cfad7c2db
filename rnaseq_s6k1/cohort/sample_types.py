"""Sample types of TCGA, and which of them are primary tumours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["PRIMARY", "SAMPLE_TYPES", "is_wanted", "primary_sites", "wanted_words"]

#: Sample types of TCGA's code table (gdc.cancer.gov, "Sample Type Codes").
SAMPLE_TYPES = {
    "01": "primary solid tumour",
    "02": "recurrent solid tumour",
    "03": "primary blood-derived cancer (peripheral blood)",
    "04": "recurrent blood-derived cancer (bone marrow)",
    "05": "additional new primary",
    "06": "metastatic",
    "07": "additional metastatic",
    "08": "human tumour original cells",
    "09": "primary blood-derived cancer (bone marrow)",
    "10": "blood-derived normal",
    "11": "solid tissue normal",
    "12": "buccal cell normal",
    "13": "EBV-immortalised normal",
    "14": "bone marrow normal",
    "20": "control analyte",
    "40": "recurrent blood-derived cancer (peripheral blood)",
    "50": "cell line",
    "60": "primary xenograft tissue",
    "61": "cell-line-derived xenograft tissue",
}
#: Primary tumours, by the rule of `primary_sites`.
PRIMARY = ("01", "03", "09")
_BLOOD = PRIMARY[1:]


def primary_sites(barcodes: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Give the source sites whose primary tumours are solid.

    A leukaemia (TCGA-LAML) has no solid tumour: its primaries are of type 03, or 09 from bone
    marrow. They count as primary where no sample of their source site is of type 01; a source
    site's code belongs to one project. Where one is, a sample of type 03 or 09 is none.

    Parameters
    ----------
    barcodes
        Source site and sample type of each barcode at hand.
    """
    return frozenset(site for site, sample_type in barcodes if sample_type == "01")


def is_wanted(
    sample_type: str, site: str, sample_types: Sequence[str], solid: frozenset[str]
) -> bool:
    """Tell whether a sample is of a wanted type; one without a type is.

    Parameters
    ----------
    sample_type, site
        Of its barcode.
    sample_types
        The types wanted; of `PRIMARY` the blood-derived ones only outside the sites in `solid`.
    solid
        Of `primary_sites`.
    """
    if tuple(sample_types) == PRIMARY and sample_type in _BLOOD:
        return site not in solid
    return sample_type in ("", *sample_types)


def wanted_words(sample_types: Sequence[str], solid: bool) -> str:
    """Name the types wanted, of a source site whose primary tumours are solid or not."""
    if tuple(sample_types) == PRIMARY:
        return "01" if solid else "/".join(PRIMARY)
    return "/".join(sample_types)
