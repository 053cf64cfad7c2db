"""``fetch_cohort``: a project's counts and clinical tables, from the GDC or a hub of Xena."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import queue
import shutil
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.atomic import write_text
from rnaseq_s6k1.io.remote.addresses import (
    GDC_API,
    GDC_FILE_KINDS,
    GDC_URL_VARIABLE,
    XENA_FILES,
    XENA_HUBS,
    XENA_URL_VARIABLE,
)
from rnaseq_s6k1.io.remote.download import (
    CancelledError,
    Downloader,
    Remote,
    md5_of,
)
from rnaseq_s6k1.io.remote.gdc_api import (
    GdcRemote,
    check_project,
    is_primary,
    plain_tsv,
    query_cases,
    query_files,
    sample_sheet,
)
from rnaseq_s6k1.io.remote.partial import part_of
from rnaseq_s6k1.io.remote.transport import MissingError, check_url
from rnaseq_s6k1.io.wording import listing, plural

__all__ = ["KINDS", "FetchedCohort", "fetch_cohort"]
from rnaseq_s6k1.progress import Progress, SilentProgress

logger = logging.getLogger(__name__)

#: Source to the kinds of data it has; the first ones are fetched unless others are asked for.
KINDS = {
    "gdc": ("counts", "clinical", "mutations"),
    "xena": ("counts", "survival", "clinical", "copy-number"),
}
_DEFAULT_KINDS = {"gdc": ("counts", "clinical"), "xena": ("counts", "survival", "clinical")}
_FOLDERS = {"counts": "star_counts", "mutations": "mutations"}
_LARGEST_XENA = 16 << 30
#: Left free on the disk.
_RESERVE = 16 << 20
_CHECKSUMS = "checksums.tsv"
_TICK_SECONDS = 0.05
#: How long threads may take to notice that the others have ended.
_GRACE_SECONDS = 3.0


@dataclass(frozen=True)
class FetchedCohort:
    """What lies on the disk after a fetch.

    Attributes
    ----------
    project, source
        Such as ``TCGA-BRCA``; ``gdc`` or ``xena``.
    folder
        The project's folder.
    places
        Kind of data to the file or folder that the readers take.
    files
        All files, sorted.
    n_fetched, n_kept
        How many were fetched now, and how many were there already and are right.
    n_left_out
        Files of other samples than primary tumours that were not asked for.
    """

    project: str
    source: str
    folder: Path
    places: dict[str, Path]
    files: tuple[Path, ...]
    n_fetched: int
    n_kept: int
    n_left_out: int


def fetch_cohort(
    project: str,
    folder: str | os.PathLike[str],
    *,
    source: str = "gdc",
    kinds: Sequence[str] | None = None,
    all_samples: bool = False,
    base_url: str | None = None,
    jobs: int = 4,
    downloader: Downloader | None = None,
    progress: Progress | None = None,
) -> FetchedCohort:
    """Fetch a project's tables.

    Files that are there already and have the right checksum are kept, files that were cut off
    go on where they ended, and no file has its name before it is whole and checked: against the
    GDC's MD5, or (from Xena, which states none) by the checks within gzip and against the
    SHA-256 of the last fetch.

    Parameters
    ----------
    project
        Such as ``TCGA-BRCA``.
    folder
        The project gets a folder of its own in it.
    source
        ``gdc`` or ``xena``.
    kinds
        What to fetch, of `KINDS`; without it counts, clinical table and survival.
    all_samples
        Whether counts of normals, metastases and so on are fetched from the GDC too.
    base_url
        Address of the API, or of one folder that stands for all hubs; else
        ``RNASEQ_S6K1_GDC_URL`` or ``RNASEQ_S6K1_XENA_URL``, else the public ones.
    jobs
        Downloads at a time, at most 8.
    downloader
        Its patience.
    progress
        Told of every byte; see `rnaseq_s6k1.progress`.

    Returns
    -------
    FetchedCohort
        What is there now.

    Raises
    ------
    UsageError
        If the project's id, the source, a kind or the address is none.
    DataError
        If the server lacks the project, cannot be reached, or gives something else than it
        announces; or the disk is full. Finished files are kept.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1

    >>> s6k1.fetch_cohort("TCGA-BRCA", "cohort")  # doctest: +SKIP

    What is asked for is checked before anything is fetched:

    >>> s6k1.fetch_cohort("TCGA-BRCA", "cohort", source="geo")
    Traceback (most recent call last):
    ...
    rnaseq_s6k1.errors.UsageError: source 'geo' is unknown; choose gdc or xena
    """
    check_project(project)
    if source not in KINDS:
        raise UsageError(f"source {source!r} is unknown; choose {' or '.join(KINDS)}")
    chosen = tuple(dict.fromkeys(kinds)) if kinds else _DEFAULT_KINDS[source]
    strange = [kind for kind in chosen if kind not in KINDS[source]]
    if strange:
        raise UsageError(
            f"{source} has no {listing(strange)} to fetch; choose from {', '.join(KINDS[source])}"
        )
    base = base_url or os.environ.get(GDC_URL_VARIABLE if source == "gdc" else XENA_URL_VARIABLE)
    if base:
        base = f"{base.rstrip('/')}/"
        check_url(base)
    fetch = _Fetch(
        project=project,
        folder=Path(folder) / project,
        downloader=downloader or Downloader(),
        progress=progress or SilentProgress(),
        jobs=max(1, min(jobs, 8)),
    )
    if source == "gdc":
        return fetch.from_gdc(chosen, base or GDC_API, all_samples=all_samples)
    return fetch.from_xena(chosen, base)


class _Fetch:
    """One call of `fetch_cohort`."""

    def __init__(
        self, project: str, folder: Path, downloader: Downloader, progress: Progress, jobs: int
    ) -> None:
        self.project = project
        self.folder = folder
        self.downloader = downloader
        self.progress = progress
        self.jobs = jobs
        self.places: dict[str, Path] = {}
        self.files: list[Path] = []
        self.n_fetched = self.n_kept = self.n_left_out = 0

    def from_gdc(self, kinds: Sequence[str], base: str, *, all_samples: bool) -> FetchedCohort:
        """Query, write what describes the files, and fetch them."""
        for kind in kinds:
            if kind in GDC_FILE_KINDS:
                files = query_files(self.downloader, base, self.project, kind)
                if kind == "counts" and not all_samples:
                    files = self._primary(files)
                self._gdc_files(kind, files)
            else:
                table = query_cases(self.downloader, base, self.project)
                path = self.folder / "clinical.tsv"
                write_text(path, plain_tsv(table))
                self._done(kind, path, path)
        return self._result("gdc")

    def from_xena(self, kinds: Sequence[str], base: str | None) -> FetchedCohort:
        """Fetch each kind's data set from the first place that has it."""
        code = self.project.removeprefix("TCGA-")
        known = _read_checksums(self.folder / _CHECKSUMS)
        for kind in kinds:
            refused: MissingError | None = None
            for entry in XENA_FILES[kind]:
                names = {"project": self.project, "code": code}
                path = self.folder / entry.name.format(**names)
                url = (base or XENA_HUBS[entry.hub]) + entry.path.format(**names)
                if path.is_file() and known.get(path.name) == _sha256(path):
                    self.n_kept += 1
                else:
                    try:
                        self._one(Remote(url, largest=_LARGEST_XENA), path)
                    except MissingError as error:
                        refused = refused or error
                        continue
                    self.n_fetched += 1
                known[path.name] = _sha256(path)
                _write_checksums(self.folder / _CHECKSUMS, known)
                self._done(kind, path, path)
                break
            else:
                raise DataError(
                    f"Xena has no {kind} of {self.project}: {refused}; see "
                    "xenabrowser.net/datapages"
                )
        return self._result("xena")

    def _primary(self, files: list[GdcRemote]) -> list[GdcRemote]:
        kept = [one for one in files if is_primary(one) is not False]
        self.n_left_out = len(files) - len(kept)
        if not kept:
            raise DataError(
                f"none of {plural(len(files), 'file')} of {self.project} is of a primary tumour; "
                "fetch all of them with --all-samples"
            )
        return kept

    def _gdc_files(self, kind: str, files: list[GdcRemote]) -> None:
        folder = self.folder / _FOLDERS[kind]
        todo: list[tuple[Remote, Path]] = []
        for one in files:
            path = folder / one.file.file_id / one.file.file_name
            self.files.append(path)
            if path.is_file() and _is_right(path, one.remote):
                self.n_kept += 1
            else:
                todo.append((one.remote, path))
        self._check_room(folder, todo)
        # Sheets first: a fetch that ends early leaves a folder that says what it lacks.
        sheet, metadata = folder / "gdc_sample_sheet.tsv", folder / "metadata.cart.json"
        write_text(sheet, plain_tsv(sample_sheet(files)))
        write_text(metadata, json.dumps([one.hit for one in files], indent=1) + "\n")
        manifest = pd.DataFrame(
            [(o.file.file_id, o.file.file_name, o.remote.md5, o.remote.size, "released")
             for o in files],
            columns=["id", "filename", "md5", "size", "state"],
        )  # fmt: skip
        write_text(folder / "gdc_manifest.txt", plain_tsv(manifest))
        self.files += [sheet, metadata, folder / "gdc_manifest.txt"]
        self.progress.expect(sum(remote.size or 0 for remote, _ in todo))
        self._many(todo)
        self.n_fetched += len(todo)
        self.places[kind] = folder

    def _check_room(self, folder: Path, todo: list[tuple[Remote, Path]]) -> None:
        """Refuse to begin what cannot fit on the disk."""
        needed = sum(remote.size or 0 for remote, _ in todo)
        for remote, path in todo:
            part = part_of(path)
            if part.is_file():
                needed -= min(part.stat().st_size, remote.size or 0)
        there = folder
        while not there.exists():
            there = there.parent
        free = shutil.disk_usage(there).free
        if needed + _RESERVE > free:
            raise DataError(
                f"{folder}: {needed / 1e6:,.0f} MB are to be fetched and {free / 1e6:,.0f} MB are "
                "free; make room, or choose another folder with --out"
            )

    def _many(self, todo: list[tuple[Remote, Path]]) -> None:
        """Fetch files, some at a time; the first failure ends the others."""
        stop = self.downloader.stop
        waiting: queue.SimpleQueue[tuple[Remote, Path]] = queue.SimpleQueue()
        for item in todo:
            waiting.put(item)
        failures: list[BaseException] = []

        def work() -> None:
            while not stop.is_set():
                try:
                    self._one(*waiting.get_nowait())
                except queue.Empty:
                    return
                except BaseException as error:  # handed to the thread that waits below
                    failures.append(error)
                    stop.set()

        # Threads that a silent server holds up must not hold up the end of the program.
        threads = [
            threading.Thread(target=work, daemon=True) for _ in range(min(self.jobs, len(todo)))
        ]
        for thread in threads:
            thread.start()
        try:
            while not failures and any(thread.is_alive() for thread in threads):
                for thread in threads:
                    thread.join(_TICK_SECONDS)
        except BaseException:
            stop.set()
            raise
        finally:
            deadline = time.monotonic() + _GRACE_SECONDS
            for thread in threads:
                thread.join(max(0.0, deadline - time.monotonic()))
        for error in sorted(failures, key=lambda e: isinstance(e, CancelledError)):
            raise error

    def _one(self, remote: Remote, path: Path) -> None:
        self.downloader.fetch(remote, path, progress=self.progress)
        logger.debug("%s: fetched", path)

    def _done(self, kind: str, path: Path, place: Path) -> None:
        self.files.append(path)
        self.places[kind] = place

    def _result(self, source: str) -> FetchedCohort:
        logger.info(
            "%s: %s fetched, %s there already%s",
            self.folder,
            plural(self.n_fetched, "file"),
            plural(self.n_kept, "file"),
            f"; {self.n_left_out:,} not of primary tumours left out" if self.n_left_out else "",
        )
        checksums = self.folder / _CHECKSUMS
        return FetchedCohort(
            project=self.project,
            source=source,
            folder=self.folder,
            places=dict(self.places),
            files=tuple(sorted({*self.files, *([checksums] if checksums.is_file() else [])})),
            n_fetched=self.n_fetched,
            n_kept=self.n_kept,
            n_left_out=self.n_left_out,
        )


def _is_right(path: Path, remote: Remote) -> bool:
    """Tell whether a finished file is still what the server announces."""
    if path.stat().st_size == remote.size and md5_of(path) == remote.md5:
        return True
    logger.warning("%s: is not what the GDC announces now; fetched again", path)
    return False


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error


def _read_checksums(path: Path) -> dict[str, str]:
    """Read the checksums of the last fetch; a damaged list counts as none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()[1:]
    except (OSError, UnicodeDecodeError):
        return {}
    return dict(line.split("\t", 1) for line in lines if line.count("\t") == 1)


def _write_checksums(path: Path, known: dict[str, str]) -> None:
    rows = "".join(f"{name}\t{known[name]}\n" for name in sorted(known))
    write_text(path, f"file\tsha256\n{rows}")
