"""The GDC's API: which files a project has, and what is known of its cases.

Search and retrieval as docs.gdc.cancer.gov/API describes them: filters are posted as JSON,
answers come in pages, a file is downloaded by its UUID from the ``data`` endpoint.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.gdc_samples import GdcFile, gdc_files_of_hits
from rnaseq_s6k1.io.remote.addresses import GDC_FILE_KINDS
from rnaseq_s6k1.io.remote.download import Downloader, Remote, safe_name
from rnaseq_s6k1.io.wording import clip, plural

__all__ = [
    "SHEET_COLUMNS",
    "GdcRemote",
    "check_project",
    "is_primary",
    "plain_tsv",
    "query_cases",
    "query_files",
    "sample_sheet",
]

logger = logging.getLogger(__name__)

SHEET_COLUMNS = (
    "File ID",
    "File Name",
    "Data Category",
    "Data Type",
    "Project ID",
    "Case ID",
    "Sample ID",
    "Sample Type",
)
_PAGE = 1000
_MOST_HITS = 200_000
_LARGEST_ANSWER = 256 << 20
_LARGEST_FILE = 4 << 30
_PROJECT = re.compile(r"[A-Z0-9][A-Z0-9_.]*(-[A-Z0-9_.]+)*", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
_MD5 = re.compile(r"[0-9a-fA-F]{32}", re.ASCII)
#: TCGA's codes of primary tumours: solid, blood-derived in blood and in marrow.
_PRIMARY_CODES = frozenset({"01", "03", "09"})
_TCGA_CODE = re.compile(r"TCGA-[A-Z0-9]{2}-[A-Z0-9]{4}-(\d{2})", re.ASCII)
_FILE_FIELDS = (
    "file_id",
    "file_name",
    "file_size",
    "md5sum",
    "state",
    "access",
    "data_category",
    "data_type",
    "associated_entities.entity_submitter_id",
    "associated_entities.entity_type",
    "cases.submitter_id",
    "cases.project.project_id",
    "cases.samples.submitter_id",
    "cases.samples.sample_type",
    "cases.samples.tissue_type",
    "cases.samples.tumor_descriptor",
)
_CASE_FIELDS = (
    "submitter_id",
    "demographic.vital_status",
    "demographic.days_to_death",
    "demographic.gender",
    "demographic.sex_at_birth",
    "demographic.race",
    "demographic.age_at_index",
    "diagnoses.primary_diagnosis",
    "diagnoses.ajcc_pathologic_stage",
    "diagnoses.days_to_last_follow_up",
    "follow_ups.days_to_follow_up",
)


@dataclass(frozen=True)
class GdcRemote:
    """A file of the GDC, and how to fetch it.

    Attributes
    ----------
    file
        Whose it is.
    remote
        Where it is, with size and MD5.
    hit
        What the API says of it, for the metadata file.
    """

    file: GdcFile
    remote: Remote
    hit: dict[str, Any]


def check_project(project: str) -> str:
    """Give a project's id, if it has the form of one.

    Raises
    ------
    UsageError
        If it has not.
    """
    if len(project) > 60 or not _PROJECT.fullmatch(project):
        raise UsageError(
            f"{clip(project, 60)} is no project's id; give one such as TCGA-BRCA or CPTAC-3, as "
            "the GDC portal lists them"
        )
    return project


def is_primary(one: GdcRemote) -> bool | None:
    """Tell whether a file is of a primary tumour; None where the GDC does not say."""
    match = _TCGA_CODE.match(one.file.aliquot_id or one.file.sample_id)
    if match:
        return match[1] in _PRIMARY_CODES
    sample = _first(_first(one.hit.get("cases")).get("samples"))
    tissue, descriptor = sample.get("tissue_type"), sample.get("tumor_descriptor")
    if isinstance(tissue, str) and isinstance(descriptor, str):
        return tissue == "Tumor" and descriptor == "Primary"
    kind = sample.get("sample_type")
    return kind.startswith("Primary") if isinstance(kind, str) and kind else None


def query_files(downloader: Downloader, base: str, project: str, kind: str) -> list[GdcRemote]:
    """Ask which open files of a kind a project has.

    Parameters
    ----------
    downloader
        Fetches the answers.
    base
        Address of the API, ending in a slash.
    project
        Such as ``TCGA-BRCA``.
    kind
        Key of `GDC_FILE_KINDS`.

    Returns
    -------
    list of GdcRemote
        Sorted by file id.

    Raises
    ------
    DataError
        If there is none, or the answer is not one of the GDC's.
    """
    wanted = {
        "cases.project.project_id": project,
        **GDC_FILE_KINDS[kind],
        "files.access": "open",
    }
    hits = _query(downloader, f"{base}files", wanted, _FILE_FIELDS, "file_id:asc")
    if not hits:
        raise DataError(
            f"the GDC has no open file of {', '.join(GDC_FILE_KINDS[kind].values())} for the "
            f"project {project}; check its id on portal.gdc.cancer.gov"
        )
    files: dict[str, GdcRemote] = {}
    for file, hit in zip(gdc_files_of_hits(hits, base), hits, strict=True):
        size, md5 = hit.get("file_size"), hit.get("md5sum")
        if not _UUID.fullmatch(file.file_id):
            raise DataError(f"{base}: {clip(file.file_id)} is no file id; the answer is not used")
        safe_name(file.file_name, base)
        if not isinstance(size, int) or isinstance(size, bool) or not 0 < size <= _LARGEST_FILE:
            raise DataError(f"{base}: {file.file_name} has the size {clip(size)}; refused")
        if not isinstance(md5, str) or not _MD5.fullmatch(md5):
            raise DataError(f"{base}: {file.file_name} has no MD5 ({clip(md5)}); refused")
        remote = Remote(f"{base}data/{file.file_id}", size, md5.lower(), size)
        files.setdefault(file.file_id, GdcRemote(file, remote, hit))
    return [files[key] for key in sorted(files)]


def query_cases(downloader: Downloader, base: str, project: str) -> pd.DataFrame:
    """Ask what is known of a project's cases, overall survival among it.

    Overall survival is 1 where the vital status is Dead, its time the days to death; else 0 and
    the longest follow-up of the diagnoses and the visits. Other vital statuses, and times that
    are not stated, are missing.

    Returns
    -------
    pandas.DataFrame
        One row a case, sorted: ``case_submitter_id OS OS.time`` (days) ``vital_status gender
        race age_at_index ajcc_pathologic_stage primary_diagnosis``.

    Raises
    ------
    DataError
        If there is none, or the answer is not one of the GDC's.
    """
    hits = _query(
        downloader,
        f"{base}cases",
        {"cases.project.project_id": project},
        _CASE_FIELDS,
        "submitter_id:asc",
    )
    rows = {row["case_submitter_id"]: row for row in map(_case_row, hits)}
    rows.pop("", None)
    if not rows:
        raise DataError(f"the GDC says nothing of the cases of the project {project}")
    return pd.DataFrame([rows[key] for key in sorted(rows)])


def sample_sheet(files: Sequence[GdcRemote]) -> pd.DataFrame:
    """Give the sample sheet that the portal would give for these files."""
    rows = [
        (
            one.file.file_id,
            one.file.file_name,
            _plain(one.hit.get("data_category")),
            _plain(one.hit.get("data_type")),
            _plain(one.file.project),
            _plain(one.file.case_id),
            _plain(one.file.sample_id) or _plain(one.file.aliquot_id) or one.file.file_id,
            _plain(one.file.sample_type),
        )
        for one in files
    ]
    return pd.DataFrame(rows, columns=list(SHEET_COLUMNS), dtype=object)


def plain_tsv(table: pd.DataFrame) -> str:
    """Write a table as the portals do: tabs, no quotes, NA for missing.

    The cells hold no tab or line end: `query_files` and `query_cases` see to that. Names are
    exact, as in the portals' own files; see `rnaseq_s6k1.io.spreadsheets`.
    """
    rows = [
        "\t".join("NA" if pd.isna(cell) else str(cell) for cell in row)
        for row in table.itertuples(index=False, name=None)
    ]
    return "".join(f"{line}\n" for line in ["\t".join(table.columns), *rows])


def _query(
    downloader: Downloader,
    url: str,
    filters: dict[str, str],
    fields: Sequence[str],
    sort: str,
) -> list[dict[str, Any]]:
    """Post a query and join the pages of its answer."""
    content = [
        {"op": "in", "content": {"field": name, "value": [value]}}
        for name, value in filters.items()
    ]
    hits: list[dict[str, Any]] = []
    while True:
        body = {
            "filters": {"op": "and", "content": content},
            "fields": ",".join(fields),
            "format": "JSON",
            "sort": sort,
            "size": _PAGE,
            "from": len(hits),
        }
        answer = downloader.get_bytes(
            url, what=url, largest=_LARGEST_ANSWER, data=json.dumps(body).encode()
        )
        page, total = _page(answer, url)
        hits += page
        if len(hits) >= total:
            break
        if not page:
            raise DataError(
                f"{url}: announces {plural(total, 'entry', 'entries')} and gives {len(hits):,}; "
                "try again later"
            )
    logger.debug("%s: %s", url, plural(len(hits), "entry", "entries"))
    return hits


def _page(answer: bytes, url: str) -> tuple[list[dict[str, Any]], int]:
    """Take one page apart."""
    try:
        data = json.loads(answer)["data"]
        page, total = data["hits"], data["pagination"]["total"]
    except (ValueError, RecursionError, KeyError, TypeError):
        start = clip(answer[:60].decode("utf-8", "replace"), 60)
        raise DataError(
            f"{url}: the answer is not one of the GDC's API ({start}); a proxy or login page may "
            "have answered instead"
        ) from None
    good = isinstance(page, list) and all(isinstance(hit, dict) for hit in page)
    if not good or not isinstance(total, int) or not 0 <= total <= _MOST_HITS:
        raise DataError(f"{url}: the answer is not one of the GDC's API; it is not used")
    return page, total


def _first(entries: Any) -> dict[str, Any]:
    if isinstance(entries, list) and entries and isinstance(entries[0], dict):
        return entries[0]
    return {}


def _plain(value: Any) -> str:
    """Give a text on one line, whatever the server sent."""
    if not isinstance(value, str):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in value).split())[:200]


def _case_row(hit: dict[str, Any]) -> dict[str, Any]:
    person = hit.get("demographic")
    person = person if isinstance(person, dict) else {}
    diagnosis = _first(hit.get("diagnoses"))
    status = _plain(person.get("vital_status"))
    event, time = _survival(hit, person, status)
    age = _days(person.get("age_at_index"))
    return {
        "case_submitter_id": _plain(hit.get("submitter_id")),
        "OS": event,
        "OS.time": time,
        "vital_status": status or None,
        "gender": _plain(person.get("gender")) or _plain(person.get("sex_at_birth")) or None,
        "race": _plain(person.get("race")) or None,
        "age_at_index": age,
        "ajcc_pathologic_stage": _plain(diagnosis.get("ajcc_pathologic_stage")) or None,
        "primary_diagnosis": _plain(diagnosis.get("primary_diagnosis")) or None,
    }


def _survival(
    hit: dict[str, Any], person: dict[str, Any], status: str
) -> tuple[float | None, float | None]:
    """Give event and days of overall survival, or nothing."""
    if status == "Dead":
        time = _days(person.get("days_to_death"))
        return (1.0, time) if time is not None else (None, None)
    if status != "Alive":
        return None, None
    told = [
        _days(entry.get(field))
        for group, field in (
            ("diagnoses", "days_to_last_follow_up"),
            ("follow_ups", "days_to_follow_up"),
        )
        for entry in hit.get(group) or []
        if isinstance(entry, dict)
    ]
    times = [time for time in told if time is not None]
    return (0.0, max(times)) if times else (None, None)


def _days(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if -1e6 < value < 1e6 else None
