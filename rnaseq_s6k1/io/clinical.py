"""Clinical tables of cBioPortal, Xena and the GDC, by sample, with endpoints under one name."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.cbioportal import study_file
from rnaseq_s6k1.io.cells import typed_column
from rnaseq_s6k1.io.endpoints import Place, PortalColumns, portal_columns, read_portal_endpoint
from rnaseq_s6k1.io.tsv_rows import TsvHead, read_head, tsv_rows
from rnaseq_s6k1.io.wording import clip, listing, plural

__all__ = ["MISSING_WORDS", "is_clinical", "read_clinical", "read_survival"]

logger = logging.getLogger(__name__)

#: What cBioPortal, Xena and the GDC write where nothing is known.
MISSING_WORDS = frozenset(
    {
        "",
        "NA",
        "N/A",
        "NaN",
        "nan",
        "'--",
        "--",
        "[Not Available]",
        "[Not Applicable]",
        "[Not Evaluated]",
        "[Unknown]",
        "[Discrepancy]",
        "[Completed]",
        "Not Available",
    }
)
_SAMPLE_FILES = ("data_clinical_sample.txt", "data_bcr_clinical_data_sample.txt")
_PATIENT_FILES = ("data_clinical_patient.txt", "data_bcr_clinical_data_patient.txt")
# Columns that name the sample, and those that name the patient, the preferred first.
_SAMPLE_COLUMNS = (
    "SAMPLE_ID",
    "Sample ID",
    "sampleID",
    "sample",
    "submitter_id.samples",
    "xena_sample",
    "sample_id",
)
_PATIENT_COLUMNS = (
    "PATIENT_ID",
    "Patient ID",
    "_PATIENT",
    "patient",
    "bcr_patient_barcode",
    "case_submitter_id",
    "submitter_id",
)
# What no sheet made by hand has: columns and endings of the three portals.
_PORTAL_COLUMNS = frozenset(
    {
        "SAMPLE_ID",
        "PATIENT_ID",
        "sampleID",
        "_PATIENT",
        "submitter_id.samples",
        "Sample ID",
        "case_submitter_id",
    }
)
_PORTAL_ENDINGS = (".demographic", ".diagnoses", ".samples", ".project")


@dataclass(frozen=True)
class _Cells:
    """A table's cells by column, and the lines of its rows."""

    head: TsvHead
    columns: list[list[str]]
    lines: list[int]


def is_clinical(path: str | os.PathLike[str]) -> bool:
    """Tell whether a path is a clinical table of cBioPortal, Xena or the GDC, by its header.

    A sample sheet made by hand, with a column ``sample`` and whatever else, is none.
    """
    source = Path(path)
    if source.is_dir():
        return study_file(source, _SAMPLE_FILES + _PATIENT_FILES) is not None
    try:
        header = read_head(source).header
    except DataError:
        return False
    return bool(_PORTAL_COLUMNS.intersection(header)) or any(
        name.endswith(_PORTAL_ENDINGS) for name in header
    )


def read_clinical(path: str | os.PathLike[str]) -> pd.DataFrame:
    r"""Read what is known of the patients and samples of a cohort.

    The patient and the sample table of a cBioPortal study are joined by patient, whichever of
    the two is given, as long as they lie side by side.

    Parameters
    ----------
    path
        A study's folder, ``data_clinical_sample.txt`` or ``data_clinical_patient.txt``, the
        "Clinical Data" table of cBioPortal's web site, a ``clinicalMatrix``, ``clinical.tsv`` or
        survival table of Xena, what ``cohort fetch`` wrote, or any tab-separated table with a
        column ``sample`` or ``patient``; plain or gzip.

    Returns
    -------
    pandas.DataFrame
        One row a sample (or a patient, where the table has no samples), index ``sample`` as
        text. Columns: ``patient`` where the table names it, the endpoints as ``OS`` (1 event,
        0 censored) and ``OS.time``, then the others as written, numbers as numbers, missing
        as NaN or None. ``attrs["time_unit"]`` is ``days``, ``months`` or ``""`` without
        endpoints; ``attrs["endpoints"]`` is the tuple of their names.

    Raises
    ------
    DataError
        If there is no column of samples or patients, an id is missing or has rows that differ,
        or an endpoint's cells cannot be read.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> from pathlib import Path
    >>> text = "sample\tOS\tOS.time\tER\np1\t1\t300\tpos\np2\t0\t900\tneg\n"
    >>> _ = Path("clinical.tsv").write_text(text)
    >>> clinical = s6k1.read_clinical("clinical.tsv")
    >>> clinical["OS"].tolist(), clinical.attrs["time_unit"], clinical.attrs["endpoints"]
    ([1.0, 0.0], 'days', ('OS',))
    """
    source = Path(path)
    sample, patient = _study_pair(source)
    if sample is not None and patient is not None:
        table = _join(_read_one(sample), _read_one(patient), patient)
        logger.info("%s: joined with %s by patient", sample, patient.name)
    else:
        one = sample or patient
        if one is None:
            raise DataError(
                f"{source}: neither {_SAMPLE_FILES[0]} nor {_PATIENT_FILES[0]} in this folder; "
                "give the clinical table itself"
            )
        table = _read_one(one)
    endpoints = table.attrs["endpoints"]
    logger.info(
        "%s: read as a clinical table, %s x %s; endpoints %s",
        source,
        plural(len(table), "sample"),
        plural(table.shape[1], "column"),
        f"{', '.join(endpoints)} in {table.attrs['time_unit']}" if endpoints else "none",
    )
    return table


def read_survival(path: str | os.PathLike[str]) -> pd.DataFrame:
    r"""Read the endpoints of a cohort, and nothing else.

    Parameters
    ----------
    path
        As for `read_clinical`; Xena's survival tables (``sample _PATIENT OS OS.time DSS ...``)
        are meant above all.

    Returns
    -------
    pandas.DataFrame
        `read_clinical`'s, with ``patient`` and the endpoints only.

    Raises
    ------
    DataError
        If the table has no endpoint; else as `read_clinical`.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> from pathlib import Path
    >>> text = "sample\tOS\tOS.time\tER\np1\t1\t300\tpos\np2\t0\t900\tneg\n"
    >>> _ = Path("survival.tsv").write_text(text)
    >>> list(s6k1.read_survival("survival.tsv").columns)
    ['OS', 'OS.time']
    """
    table = read_clinical(path)
    endpoints = table.attrs["endpoints"]
    if not endpoints:
        raise DataError(
            f"{path}: no endpoint: no pair of columns such as OS and OS.time, or OS_STATUS and "
            f"OS_MONTHS (columns: {listing(table.columns, 6)})"
        )
    names = [name for one in endpoints for name in (one, f"{one}.time")]
    return table[[*(["patient"] if "patient" in table else []), *names]]


def _study_pair(source: Path) -> tuple[Path | None, Path | None]:
    """Give a study's sample and patient table; a table of another kind is a sample table."""
    if source.is_dir():
        return study_file(source, _SAMPLE_FILES), study_file(source, _PATIENT_FILES)
    name = source.name.removesuffix(".gz")
    if name in _SAMPLE_FILES:
        return source, study_file(source.parent, _PATIENT_FILES)
    if name in _PATIENT_FILES:
        return study_file(source.parent, _SAMPLE_FILES), source
    return source, None


def _read_one(path: Path) -> pd.DataFrame:
    cells = _cells(path)
    header = cells.head.header
    sample_at = next((header.index(n) for n in _SAMPLE_COLUMNS if n in header), None)
    patient_at = next((header.index(n) for n in _PATIENT_COLUMNS if n in header), None)
    id_at = sample_at if sample_at is not None else patient_at
    if id_at is None:
        raise DataError(
            f"{path}: no column of samples ({', '.join(_SAMPLE_COLUMNS[:4])}) or patients "
            f"({', '.join(_PATIENT_COLUMNS[:4])}); found {listing(header, 6)}"
        )
    kept = _one_row_an_id(cells, id_at)
    columns = [[column[at] for at in kept] for column in cells.columns]
    lines = [cells.lines[at] for at in kept]
    endpoints = portal_columns(header)
    data: dict[str, pd.Series] = {}
    if patient_at is not None and patient_at != id_at:
        data["patient"] = pd.Series(columns[patient_at], dtype=object)
    for one in endpoints:
        place = Place(str(path), columns[id_at], lines)
        event, time = read_portal_endpoint(
            one, columns[one.event], columns[one.time], missing=MISSING_WORDS, place=place
        )
        data |= {one.name: pd.Series(event), f"{one.name}.time": pd.Series(time)}
    used = {id_at, *(at for one in endpoints for at in (one.event, one.time))}
    if "patient" in data:
        used.add(patient_at if patient_at is not None else id_at)
    for at, name in enumerate(header):
        if at not in used and name not in data:
            data[name] = typed_column(columns[at], missing=MISSING_WORDS)
    table = pd.DataFrame(data)
    table.index = pd.Index(columns[id_at], dtype=object, name="sample")
    table.attrs |= {
        "time_unit": _one_unit(path, endpoints),
        "endpoints": tuple(one.name for one in endpoints),
        "by_patient": sample_at is None,
    }
    return table


def _cells(path: Path) -> _Cells:
    head = read_head(path)
    repeated = sorted({name for name in head.header if name and head.header.count(name) > 1})
    if repeated:
        raise DataError(
            f"{path}: the header (line {head.line}) names {listing(repeated)} more than once; "
            "rename one"
        )
    rows, lines = [], []
    for line, cells in tsv_rows(head):
        rows.append([cell.strip() for cell in cells])
        lines.append(line)
    columns = [list(column) for column in zip(*rows, strict=True)]
    return _Cells(head, columns, lines)


def _one_row_an_id(cells: _Cells, id_at: int) -> list[int]:
    """Keep the first of equal rows of one id; refuse rows that differ."""
    path, ids = cells.head.path, cells.columns[id_at]
    first: dict[str, int] = {}
    for at, name in enumerate(ids):
        if name in MISSING_WORDS:
            raise DataError(
                f"{path}: line {cells.lines[at]:,}: no {cells.head.header[id_at]}; fill it in, or "
                "remove the line"
            )
        before = first.setdefault(name, at)
        if before != at and any(column[before] != column[at] for column in cells.columns):
            raise DataError(
                f"{path}: lines {cells.lines[before]:,} and {cells.lines[at]:,} say different "
                f"things of {clip(name)}; keep one row a sample"
            )
    if len(first) < len(ids):
        logger.info("%s: %s repeated", path, plural(len(ids) - len(first), "row"))
    return list(first.values())


def _one_unit(path: Path, endpoints: list[PortalColumns]) -> str:
    units = sorted({one.unit for one in endpoints})
    if len(units) > 1:
        raise DataError(
            f"{path}: endpoints in days and in months in one table "
            f"({', '.join(f'{one.name} in {one.unit}' for one in endpoints)}); keep one kind"
        )
    return units[0] if units else ""


def _join(samples: pd.DataFrame, patients: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Add a study's patient table to its sample table."""
    if "patient" not in samples:
        raise DataError(f"{path.parent}: the sample table has no PATIENT_ID to join patients by")
    stated = samples["patient"]
    strangers = sorted(set(stated) - set(patients.index))
    if len(strangers) == stated.nunique():
        raise DataError(
            f"{path}: holds none of the patients of the sample table ({listing(strangers, 3)}); "
            "give the two tables of one study"
        )
    if strangers:
        logger.warning(
            "%s: nothing on %s of the sample table: %s",
            path,
            plural(len(strangers), "patient"),
            listing(strangers),
        )
    units = {t.attrs["time_unit"] for t in (samples, patients)} - {""}
    if len(units) > 1:
        raise DataError(f"{path}: times in days and months in the two tables of one study")
    new = [name for name in patients.columns if name not in samples.columns]
    of_patient = patients[new].reindex(stated)
    of_patient.index = samples.index
    joined = pd.concat([samples, of_patient], axis=1)
    endpoints = tuple(dict.fromkeys(samples.attrs["endpoints"] + patients.attrs["endpoints"]))
    first = ["patient", *(name for one in endpoints for name in (one, f"{one}.time"))]
    joined = joined[[*first, *(name for name in joined.columns if name not in first)]]
    joined.attrs = {
        "time_unit": next(iter(units), ""),
        "endpoints": endpoints,
        "by_patient": False,
    }
    return joined
