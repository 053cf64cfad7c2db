"""TCGA barcodes: patient, sample type and aliquot, and one primary tumour a patient."""

from __future__ import annotations

import logging
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from rnaseq_s6k1.cohort.sample_types import (
    PRIMARY,
    SAMPLE_TYPES,
    is_wanted,
    primary_sites,
    wanted_words,
)
from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.wording import listing, plural

__all__ = [
    "Barcode",
    "SampleMatch",
    "SampleSelection",
    "match_samples",
    "one_primary_per_patient",
    "parse_barcode",
    "sample_key",
]

logger = logging.getLogger(__name__)

#: R's ``make.names`` turns the hyphens into dots, so both are read.
_BARCODE = re.compile(
    r"TCGA(?P<sep>[-.])(?P<site>[A-Z0-9]{2})(?P=sep)(?P<participant>[A-Z0-9]{4})"
    r"(?:(?P=sep)(?P<type>\d{2})(?P<vial>[A-Z])?"
    r"(?:(?P=sep)(?P<portion>\d{2})(?P<analyte>[A-Z])?"
    r"(?:(?P=sep)(?P<plate>[A-Z0-9]{4})(?:(?P=sep)(?P<center>\d{2}))?)?)?)?",
    re.ASCII,
)
#: The Broad GDAC's order of RNA analytes: H before R before T; the rest, and none, come last.
_ANALYTE_ORDER = {"H": 0, "R": 1, "T": 2}
_SECOND = "second sample of a patient"


@dataclass(frozen=True)
class Barcode:
    """A TCGA barcode taken apart; fields it is too short for are ``""``.

    Attributes
    ----------
    text
        The barcode as written.
    patient
        ``TCGA-site-participant``, with hyphens.
    site
        Tissue source site.
    sample_type
        Two digits, a key of `SAMPLE_TYPES`.
    vial, portion, analyte, plate, center
        As in TCGA's encyclopedia.
    """

    text: str
    patient: str
    site: str
    sample_type: str
    vial: str
    portion: str
    analyte: str
    plate: str
    center: str


@dataclass(frozen=True)
class SampleSelection:
    """The samples that are used, and why the others are not.

    Attributes
    ----------
    kept
        Names of the samples used, in the order given.
    dropped
        Sample to the reason it was left out.
    patients
        Patient of every sample given; a sample without a TCGA barcode is its own.
    n_barcodes
        How many of the names are TCGA barcodes.
    """

    kept: tuple[str, ...]
    dropped: dict[str, str]
    patients: dict[str, str]
    n_barcodes: int

    @property
    def replicates(self) -> dict[str, tuple[str, ...]]:
        """Patients with several samples of the wanted types: the one used, then the others."""
        others: dict[str, list[str]] = defaultdict(list)
        for name, reason in self.dropped.items():
            if reason.startswith(_SECOND):
                others[self.patients[name]].append(name)
        used = {self.patients[name]: name for name in self.kept if self.patients[name] in others}
        return {patient: (used[patient], *others[patient]) for patient in sorted(others)}

    @property
    def sentence(self) -> str:
        """What was kept and dropped, in one sentence."""
        total = len(self.kept) + len(self.dropped)
        if not self.n_barcodes:
            return f"all {plural(total, 'sample')} used as they are: the names are no TCGA barcodes"
        if not self.dropped:
            return f"all {plural(total, 'sample')} used: one primary tumour a patient"
        types = Counter(reason.split(",")[0] for reason in self.dropped.values())
        why = "; ".join(f"{count:,} {reason}" for reason, count in sorted(types.items()))
        return (
            f"{len(self.kept):,} of {plural(total, 'sample')} used, one primary tumour a patient "
            f"(left out: {why})"
        )


@dataclass(frozen=True)
class SampleMatch:
    """Samples of one table found in another.

    Attributes
    ----------
    found
        Name wanted to the name it has in the other table, in the order wanted.
    missing
        Names wanted that the other table lacks.
    replicates
        Name wanted to the names of the other table that would fit as well and were not taken.
    by_patient
        Names wanted that were found by the patient alone, as one side names no sample type.
    """

    found: dict[str, str]
    missing: tuple[str, ...]
    replicates: dict[str, tuple[str, ...]]
    by_patient: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What was found, in one sentence."""
        total = len(self.found) + len(self.missing)
        text = f"{len(self.found):,} of {plural(total, 'sample')} found"
        if self.by_patient:
            text += f", {len(self.by_patient):,} by the patient alone"
        if self.replicates:
            text += f"; several rows fit {listing(self.replicates, 3)}, one was taken"
        return f"{text}; missing {listing(self.missing, 3)}" if self.missing else text


def parse_barcode(name: str) -> Barcode | None:
    """Take a TCGA barcode apart.

    Patient barcodes (``TCGA-A8-A08X``), sample barcodes (``TCGA-A8-A08X-01``, with or without
    vial), portions, and aliquots (``TCGA-A8-A08X-01A-11R-A00Z-07``) are read, with dots in place
    of hyphens too. Letters are upper case.

    Parameters
    ----------
    name
        A sample name.

    Returns
    -------
    Barcode or None
        None where the name is not a TCGA barcode.
    """
    match = _BARCODE.fullmatch(name)
    if match is None:
        return None
    part = {key: value or "" for key, value in match.groupdict().items()}
    return Barcode(
        text=name,
        patient=f"TCGA-{part['site']}-{part['participant']}",
        site=part["site"],
        sample_type=part["type"],
        vial=part["vial"],
        portion=part["portion"],
        analyte=part["analyte"],
        plate=part["plate"],
        center=part["center"],
    )


def one_primary_per_patient(
    sample_names: Iterable[str] | pd.Index, *, sample_types: Sequence[str] = PRIMARY
) -> SampleSelection:
    """Keep one sample of the wanted type for every TCGA patient.

    Names that are not TCGA barcodes pass untouched. A barcode without a sample type (a patient
    barcode) is taken at its word: it stands for the patient's tumour. Among several samples of
    one patient, the one kept is the first by this order:

    1. a barcode with a sample type before one without, and types in the order of `sample_types`;
    2. the first vial (A before B: later vials are often formalin-fixed);
    3. RNA analyte H before R before T, then the highest portion and plate, the rule of the
       Broad GDAC ("replicate samples", gdac.broadinstitute.org);
    4. the barcode first in the alphabet, so that nothing is left to the order of the columns.

    Parameters
    ----------
    sample_names
        Unique sample names.
    sample_types
        Wanted sample types, the preferred first; keys of `SAMPLE_TYPES`. By default primary
        tumours: type 01, and 03 or 09 of a blood cancer, by the rule of
        `rnaseq_s6k1.cohort.sample_types.primary_sites`.

    Returns
    -------
    SampleSelection
        Kept names in the order given, dropped ones with the reason.

    Raises
    ------
    UsageError
        If a sample type is unknown.
    DataError
        If a name occurs twice, or no sample is left.
    """
    names = [str(name) for name in sample_names]
    _check_selection(names, sample_types)
    barcodes = {name: code for name in names if (code := parse_barcode(name)) is not None}
    dropped: dict[str, str] = {}
    of_patient: dict[str, list[Barcode]] = defaultdict(list)
    solid = _solid_sites(barcodes.values())
    for name, code in barcodes.items():
        if not is_wanted(code.sample_type, code.site, sample_types, solid):
            label = SAMPLE_TYPES.get(code.sample_type, "unknown")
            wanted = wanted_words(sample_types, code.site in solid)
            dropped[name] = f"of type {code.sample_type} ({label}), wanted {wanted}"
        else:
            of_patient[code.patient].append(code)
    for codes in of_patient.values():
        first, *others = _by_preference(codes, sample_types)
        for code in others:
            dropped[code.text] = f"{_SECOND}, {first.text} is used"
    kept = tuple(name for name in names if name not in dropped)
    if not kept:
        raise DataError(
            f"none of {plural(len(names), 'sample')} is of type "
            f"{wanted_words(sample_types, False)} by its TCGA barcode "
            f"(first: {listing(names, 1)}); ask for another sample type"
        )
    selection = SampleSelection(
        kept=kept,
        dropped={name: dropped[name] for name in names if name in dropped},
        patients={name: barcodes[name].patient if name in barcodes else name for name in names},
        n_barcodes=len(barcodes),
    )
    if selection.n_barcodes:
        logger.info("%s", selection.sentence)
    if replicates := selection.replicates:
        shown = "; ".join(" > ".join(names) for names in list(replicates.values())[:3])
        logger.info(
            "replicates of %s, the first of each is used: %s%s",
            plural(len(replicates), "patient"),
            shown,
            " ..." if len(replicates) > 3 else "",
        )
    return selection


def sample_key(name: str) -> str:
    """Give the part of a name by which tables of one cohort are joined.

    Parameters
    ----------
    name
        A sample name.

    Returns
    -------
    str
        ``TCGA-A8-A08X-01``, patient and sample type, of a TCGA barcode that has a type; the
        patient of one that has none; any other name as it is.
    """
    code = parse_barcode(name)
    if code is None:
        return name
    return f"{code.patient}-{code.sample_type}" if code.sample_type else code.patient


def match_samples(
    wanted: Iterable[str], available: Iterable[str], *, sample_types: Sequence[str] = PRIMARY
) -> SampleMatch:
    """Find samples of one table in another, TCGA barcodes at the level of the sample.

    A name is sought as it is; then, of TCGA barcodes, by patient and sample type, so that an
    aliquot of RNA finds the aliquot of DNA or the clinical row of its sample; then, where one of
    the two is a patient's barcode, by the patient, the other being of one of `sample_types`.
    Among several that fit, the one taken is the first by the order of
    `one_primary_per_patient`.

    Parameters
    ----------
    wanted
        Names to find, such as those of a count matrix.
    available
        Names of the other table.
    sample_types
        The types a patient's barcode may stand for, the preferred first.

    Returns
    -------
    SampleMatch
        What was found, what is missing, and replicates.

    Raises
    ------
    UsageError
        If a sample type is unknown.
    DataError
        If a name occurs twice on one side.
    """
    asked, offered = [str(name) for name in wanted], [str(name) for name in available]
    _check_selection(asked, sample_types)
    _check_selection(offered, sample_types)
    known = set(offered)
    by_key: dict[str, list[Barcode]] = defaultdict(list)
    by_patient: dict[str, list[Barcode]] = defaultdict(list)
    parsed = [code for name in (*asked, *offered) if (code := parse_barcode(name)) is not None]
    solid = _solid_sites(parsed)
    for name in offered:
        if (code := parse_barcode(name)) is not None:
            by_key[sample_key(name)].append(code)
            if is_wanted(code.sample_type, code.site, sample_types, solid):
                by_patient[code.patient].append(code)
    found: dict[str, str] = {}
    replicates: dict[str, tuple[str, ...]] = {}
    alone: list[str] = []
    for name in asked:
        if name in known:
            found[name] = name
            continue
        code = parse_barcode(name)
        if code is None:
            continue
        fitting = by_key.get(sample_key(name), []) if code.sample_type else []
        if not fitting and is_wanted(code.sample_type, code.site, sample_types, solid):
            fitting = [
                one
                for one in by_patient.get(code.patient, [])
                if not (code.sample_type and one.sample_type)
            ]
            if fitting:
                alone.append(name)
        if fitting:
            first, *others = _by_preference(fitting, sample_types)
            found[name] = first.text
            if others:
                replicates[name] = tuple(other.text for other in others)
    missing = tuple(name for name in asked if name not in found)
    return SampleMatch(found, missing, replicates, tuple(alone))


def _solid_sites(codes: Iterable[Barcode]) -> frozenset[str]:
    return primary_sites((code.site, code.sample_type) for code in codes)


def _check_selection(names: list[str], sample_types: Sequence[str]) -> None:
    unknown = [code for code in sample_types if code not in SAMPLE_TYPES]
    if unknown or not sample_types:
        raise UsageError(
            f"unknown TCGA sample type {listing(unknown) or '(none given)'}; "
            f"choose from {', '.join(SAMPLE_TYPES)} (01 is the primary tumour)"
        )
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise DataError(f"sample names occur twice: {listing(repeated)}; make them unique")


def _by_preference(codes: list[Barcode], sample_types: Sequence[str]) -> list[Barcode]:
    """Sort a patient's samples, the one to use first, by the rule of `one_primary_per_patient`."""
    # Sorts are stable: the least important key first.
    ordered = sorted(codes, key=lambda code: code.text)
    ordered.sort(key=lambda code: (code.portion, code.plate), reverse=True)
    ordered.sort(
        key=lambda code: (
            sample_types.index(code.sample_type)
            if code.sample_type in sample_types
            else len(sample_types),
            code.vial or "~",
            _ANALYTE_ORDER.get(code.analyte, len(_ANALYTE_ORDER)),
        )
    )
    return ordered
