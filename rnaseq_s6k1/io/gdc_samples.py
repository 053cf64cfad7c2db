"""Whose file is it: the sample sheet and the metadata that the GDC portal gives with a cart."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.text import check_readable
from rnaseq_s6k1.io.tsv_rows import find_column, read_head, tsv_rows
from rnaseq_s6k1.io.wording import clip, listing

__all__ = ["GdcFile", "find_gdc_sheets", "gdc_files_of_hits", "read_gdc_sheets"]

logger = logging.getLogger(__name__)

_SHEET = "gdc_sample_sheet*.tsv"
_METADATA = ("metadata.cart*.json", "metadata.repository*.json", "metadata*.json")
_LARGEST_JSON = 512 << 20


@dataclass(frozen=True)
class GdcFile:
    """One file of the GDC and whose it is; what is not known is ``""``.

    Attributes
    ----------
    file_id
        The file's UUID, which is also the folder ``gdc-client`` puts it in.
    file_name
        Its name.
    project, case_id
        Such as ``TCGA-BRCA`` and ``TCGA-A8-A08X``.
    sample_id
        The sample's submitter id, such as ``TCGA-A8-A08X-01A``.
    sample_type
        Such as ``Primary Tumor``.
    aliquot_id
        The aliquot's submitter id, a full barcode; only the metadata has it.
    """

    file_id: str
    file_name: str
    project: str
    case_id: str
    sample_id: str
    sample_type: str
    aliquot_id: str = ""

    @property
    def name(self) -> str:
        """The sample's name: the aliquot where it is known, else the sample, else the file."""
        return self.aliquot_id or self.sample_id or self.file_name


def find_gdc_sheets(folder: Path) -> list[Path]:
    """Find sample sheets and metadata in a folder, else in the one that holds it."""
    for place in (folder, folder.resolve().parent):
        found = set(place.glob(_SHEET)) | {path for name in _METADATA for path in place.glob(name)}
        if found:
            return sorted(found)
    return []


def read_gdc_sheets(paths: Iterable[Path]) -> dict[str, GdcFile]:
    """Read sample sheets and metadata into one table by file id.

    Where a sheet and the metadata speak of one file, each fills in what the other lacks.

    Parameters
    ----------
    paths
        ``gdc_sample_sheet*.tsv`` and ``metadata.cart*.json`` files.

    Returns
    -------
    dict
        File id to what is known of the file.

    Raises
    ------
    DataError
        If a file is neither, or two of them name different samples for one file.
    """
    known: dict[str, GdcFile] = {}
    for path in paths:
        check_readable(path)
        found = _read_metadata(path) if path.suffix == ".json" else _read_sheet(path)
        for one in found:
            known[one.file_id] = _merged(path, known.get(one.file_id), one)
    return known


def gdc_files_of_hits(hits: Iterable[Any], where: str) -> list[GdcFile]:
    """Take the GDC's JSON objects of files apart.

    Both the portal's metadata and the answers of the API's ``files`` endpoint have them.

    Raises
    ------
    DataError
        If an object names no file.
    """
    files = []
    for at, hit in enumerate(hits, 1):
        if not isinstance(hit, dict) or not isinstance(hit.get("file_name"), str):
            raise DataError(f"{where}: entry {at:,} names no file; download the metadata again")
        cases = hit.get("cases") or []
        case = cases[0] if isinstance(cases, list) and cases and isinstance(cases[0], dict) else {}
        samples = case.get("samples") or [{}]
        entities = [
            entity
            for entity in hit.get("associated_entities") or []
            if isinstance(entity, dict) and entity.get("entity_type", "aliquot") == "aliquot"
        ]
        entity = entities[0] if entities else {}
        project = case.get("project") or {}
        files.append(
            GdcFile(
                file_id=_text(hit, "file_id") or _text(hit, "id"),
                file_name=hit["file_name"],
                project=_text(project, "project_id"),
                case_id=_text(case, "submitter_id"),
                sample_id=_text(samples[0], "submitter_id"),
                sample_type=_text(samples[0], "sample_type") or _text(samples[0], "tissue_type"),
                aliquot_id=_text(entity, "entity_submitter_id"),
            )
        )
    return files


def _text(entry: Any, key: str) -> str:
    value = entry.get(key) if isinstance(entry, dict) else None
    return value.strip() if isinstance(value, str) else ""


def _read_metadata(path: Path) -> list[GdcFile]:
    if path.stat().st_size > _LARGEST_JSON:
        raise DataError(f"{path}: larger than 512 MiB, which no metadata of a cart is")
    try:
        hits = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(
            f"{path}: cannot be read as JSON ({clip(error, 80)}); download the metadata again"
        ) from None
    if isinstance(hits, dict):  # an answer of the API, saved whole
        data = hits.get("data")
        hits = data.get("hits") if isinstance(data, dict) else None
    if not isinstance(hits, list):
        raise DataError(f"{path}: holds no list of files, as the metadata of a GDC cart does")
    return gdc_files_of_hits(hits, str(path))


def _read_sheet(path: Path) -> list[GdcFile]:
    head = read_head(path)
    what = "a sample sheet of the GDC portal"
    at = {
        field: find_column(head, name, what=what)
        for field, name in (
            ("file_id", "File ID"),
            ("file_name", "File Name"),
            ("project", "Project ID"),
            ("case_id", "Case ID"),
            ("sample_id", "Sample ID"),
        )
    }
    # Sheets since 2025 have Tissue Type and Tumor Descriptor in its place.
    types = [n for n in ("Sample Type", "Tissue Type") if n in head.header]
    lines: dict[str, int] = {}
    files = []
    for line, cells in tsv_rows(head):
        values = {field: cells[place].strip() for field, place in at.items()}
        for field in ("file_id", "file_name", "sample_id"):
            if not values[field]:
                raise DataError(
                    f"{path}: line {line:,}, column {head.header[at[field]]}: the cell is empty; "
                    "download the sample sheet again"
                )
        if values["file_id"] in lines:
            raise DataError(
                f"{path}: line {line:,}: the file {clip(values['file_id'])} is on line "
                f"{lines[values['file_id']]:,} already; keep one row a file"
            )
        lines[values["file_id"]] = line
        sample_type = cells[head.header.index(types[0])].strip() if types else ""
        files.append(GdcFile(sample_type=sample_type, **values))
    return files


def _samples_of(file: GdcFile) -> set[str]:
    """Give the samples that a file is said to be of; pooled ones are joined by commas."""
    names = {name.strip() for name in file.sample_id.split(",") if name.strip()}
    if not names and file.aliquot_id.startswith("TCGA-"):
        names = {"-".join(file.aliquot_id.split("-")[:4])}
    return names


def _merged(path: Path, one: GdcFile | None, other: GdcFile) -> GdcFile:
    if one is None:
        return other
    names = [_samples_of(file) for file in (one, other)]
    if all(names) and not names[0] & names[1]:
        every = sorted(names[0] | names[1])
        raise DataError(
            f"{path}: the file {clip(other.file_id)} belongs to {listing(every)} in the "
            "sample sheets and metadata of this folder; keep those of one download"
        )
    return GdcFile(
        *(getattr(one, field) or getattr(other, field) for field in GdcFile.__dataclass_fields__)
    )
