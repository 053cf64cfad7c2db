"""MSigDB collections, fetched by name and version and kept in a cache with checksums."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.atomic import write_text
from rnaseq_s6k1.io.gmt import GeneSet, format_gmt, parse_gmt, read_gmt
from rnaseq_s6k1.io.remote.download import Downloader
from rnaseq_s6k1.io.remote.transport import MissingError

__all__ = [
    "CachedCollection",
    "cache_dir",
    "cached_collections",
    "fetch_collection",
    "read_verified",
]

logger = logging.getLogger(__name__)

DEFAULT_VERSION = "2025.1.Hs"
DEFAULT_URL = "https://data.broadinstitute.org/gsea-msigdb/msigdb/release/"
PAGE = "https://www.gsea-msigdb.org/gsea/msigdb/{species}/geneset/{name}"
MSIGDB = (
    "MSigDB (c) Broad Institute, Inc., Massachusetts Institute of Technology, and Regents of the "
    "University of California"
)
#: The largest collection, all of MSigDB, has some 40 MB.
_LARGEST = 256 << 20
_ATTEMPTS = 3
#: Sets of some sources stand under terms of their own, told by the start of their names.
SPECIAL_TERMS = (
    (
        "KEGG_MEDICUS_",
        "KEGG MEDICUS sets CC BY-SA 4.0",
        "KEGG MEDICUS (c) Kanehisa Laboratories",
    ),
    (
        "KEGG_",
        "KEGG sets under KEGG's terms (https://www.kegg.jp/kegg/legal.html)",
        "KEGG (c) 1995-2017 Kanehisa Laboratories, all rights reserved",
    ),
    (
        "BIOCARTA_",
        "BioCarta sets under BioCarta's terms and disclaimer",
        "BioCarta (c) 2000-2017 BioCarta, all rights reserved",
    ),
)
_NAME = re.compile(r"[a-z0-9][a-z0-9_]*(\.[a-z0-9_]+)*", re.ASCII)
_VERSION = re.compile(r"\d{4}\.\d+\.(Hs|Mm)|\d+\.\d+(\.\d+)?", re.ASCII)


@dataclass(frozen=True)
class CachedCollection:
    """A fetched collection; what its sidecar file says.

    Attributes
    ----------
    name, version
        MSigDB's, such as ``c2.cp.reactome`` and ``2025.1.Hs``.
    path
        The GMT file in the cache.
    n_sets
        Number of sets.
    date
        Day it was fetched, ISO 8601.
    source
        Where it was fetched from.
    licence, attribution
        As MSigDB states them.
    sha256
        Checksum of the file, in hexadecimal.
    """

    name: str
    version: str
    path: Path
    n_sets: int
    date: str
    source: str
    licence: str
    attribution: str
    sha256: str


def cache_dir() -> Path:
    """Give the folder of fetched collections; it need not exist.

    ``RNASEQ_S6K1_CACHE`` names the cache's root; else it is ``rnaseq-s6k1`` in
    ``XDG_CACHE_HOME`` or in ``~/.cache``.
    """
    root = os.environ.get("RNASEQ_S6K1_CACHE")
    if root:
        return Path(root).expanduser() / "msigdb"
    base = os.environ.get("XDG_CACHE_HOME")
    # The XDG specification says to ignore a relative path.
    folder = Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache"
    return folder / "rnaseq-s6k1" / "msigdb"


def cached_collections() -> list[CachedCollection]:
    """List the collections in the cache by name, oldest version first.

    A file whose sidecar is missing or cannot be read is left out, with a warning.
    """
    found = []
    folder = cache_dir()
    if not folder.is_dir():
        return []
    for path in sorted(folder.glob("*.gmt")):
        try:
            found.append(_read_sidecar(path))
        except DataError as error:
            logger.warning("%s", error)
    return sorted(found, key=lambda one: (one.name, _version_key(one.version)))


def read_verified(path: Path) -> dict[str, GeneSet]:
    """Read a GMT file of the cache after checking it against its checksum.

    Raises
    ------
    DataError
        If the file or its sidecar is missing, or the checksum differs.
    """
    stated = _read_sidecar(path)
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
    if found != stated.sha256:
        raise DataError(
            f"{path}: has changed since it was fetched (SHA-256 {found[:12]}..., was "
            f"{stated.sha256[:12]}...); fetch it again with `genesets fetch {stated.name} "
            f"--version {stated.version} --force`"
        )
    return read_gmt(path)


def fetch_collection(
    name: str,
    version: str = DEFAULT_VERSION,
    *,
    base_url: str | None = None,
    force: bool = False,
    timeout: float = 60.0,
) -> CachedCollection:
    """Fetch one MSigDB collection and keep it in the cache.

    The server's answer is checked to be gene sets before anything is written. Each set gets the
    address of its MSigDB page as its description.

    Parameters
    ----------
    name
        MSigDB's name of the collection, such as ``h.all``, ``c2.cp.reactome`` or ``c6.all``.
    version
        MSigDB's version, such as ``2025.1.Hs``.
    base_url
        Folder of releases on the server; ``RNASEQ_S6K1_MSIGDB_URL`` or the Broad Institute's
        where it is not given.
    force
        Fetch again what the cache holds already.
    timeout
        Seconds to wait for each answer of the server.

    Returns
    -------
    CachedCollection
        What is in the cache now.

    Raises
    ------
    UsageError
        If the name or version is not of MSigDB's form.
    DataError
        If the server cannot be reached, has no such collection, or answers with something else.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name[:60]!r} is no MSigDB collection's name; give one such as h.all, "
            "c2.cp.reactome or c6.all"
        )
    if not _VERSION.fullmatch(version):
        raise UsageError(f"{version[:60]!r} is no MSigDB version; give one like {DEFAULT_VERSION}")
    path = cache_dir() / f"{name}.v{version}.gmt"
    if path.is_file() and not force:
        read_verified(path)
        logger.info("%s version %s is in the cache already: %s", name, version, path)
        return _read_sidecar(path)
    url = (base_url or os.environ.get("RNASEQ_S6K1_MSIGDB_URL") or DEFAULT_URL).rstrip("/") + "/"
    sets = _checked_gmt(_ask_server(url, name, version, timeout), name, version, url)
    species = "mouse" if version.endswith("Mm") else "human"
    text = format_gmt(
        [
            GeneSet(one.name, PAGE.format(species=species, name=one.name), tuple(sorted(one.genes)))
            for one in sets.values()
        ]
    )
    licence, attribution = _terms(sets)
    collection = CachedCollection(
        name=name,
        version=version,
        path=path,
        n_sets=text.count("\n"),
        date=date.today().isoformat(),
        source=f"{url}{version}/{name}.v{version}.symbols.gmt",
        licence=licence,
        attribution=attribution,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )
    sidecar = {key: value for key, value in asdict(collection).items() if key != "path"}
    # The checksum first: a run killed between the two leaves a file that is refused, not trusted.
    write_text(_sidecar_path(path), json.dumps(sidecar, indent=2) + "\n")
    write_text(path, text)
    logger.info("%s version %s: %d sets, kept in %s", name, version, collection.n_sets, path)
    return collection


def _ask_server(url: str, name: str, version: str, timeout: float) -> str:
    """Fetch the text of one collection."""
    what = f"{name} version {version}"
    try:
        content = Downloader(timeout=timeout, attempts=_ATTEMPTS).get_bytes(
            f"{url}{version}/{name}.v{version}.symbols.gmt", what=what, largest=_LARGEST
        )
    except MissingError:
        raise DataError(
            f"cannot fetch {what}: {url} has no such collection; see "
            "https://www.gsea-msigdb.org/gsea/msigdb/collections.jsp for names and versions"
        ) from None
    except DataError as error:
        raise DataError(
            f"cannot fetch {what} from {url} ({str(error).split(';')[0]}); check the connection "
            "and proxy, or download the GMT file in a browser and give its path"
        ) from None
    return content.decode("utf-8", "replace")


def _checked_gmt(text: str, name: str, version: str, url: str) -> dict[str, GeneSet]:
    """Give the gene sets of the answer, or say that it is something else."""
    try:
        return parse_gmt(text, f"{name}.v{version}")
    except DataError as error:
        raise DataError(
            f"cannot fetch {name} version {version}: the answer of {url} is not a GMT file "
            f"({str(error).split(';')[0]}); a proxy or login page may have answered instead"
        ) from error


def _terms(names: Iterable[str]) -> tuple[str, str]:
    """Give licence and attribution of a collection from the names of its sets."""
    licences, attributions = [], [MSIGDB]
    plain = False
    for name in names:
        special = next((entry for entry in SPECIAL_TERMS if name.startswith(entry[0])), None)
        plain = plain or special is None
        if special and special[1] not in licences:
            licences.append(special[1])
            attributions.append(special[2])
    return "; ".join((["CC BY 4.0"] if plain else []) + licences), "; ".join(attributions)


def _sidecar_path(path: Path) -> Path:
    """Give the path of the file that states a cached file's checksum and source."""
    return path.with_name(path.name + ".json")


def _read_sidecar(path: Path) -> CachedCollection:
    """Read what is stated about a file of the cache."""
    sidecar = _sidecar_path(path)
    mend = f"delete {path} and fetch it again with `genesets fetch`"
    try:
        stated = json.loads(sidecar.read_text(encoding="utf-8"))
        if not _NAME.fullmatch(stated["name"]) or not _VERSION.fullmatch(stated["version"]):
            raise ValueError("the name or version is not MSigDB's")
        return CachedCollection(
            path=path,
            n_sets=int(stated["n_sets"]),
            **{
                key: str(stated[key])
                for key in (
                    "name",
                    "version",
                    "date",
                    "source",
                    "licence",
                    "attribution",
                    "sha256",
                )
            },
        )
    except FileNotFoundError:
        raise DataError(f"{path}: its checksum file {sidecar.name} is missing; {mend}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{sidecar}: is not a checksum file of this cache; {mend}") from error


def _version_key(version: str) -> tuple[tuple[int, ...], str]:
    """Order versions by their numbers, then by species."""
    return tuple(int(part) for part in re.findall(r"\d+", version)), version
