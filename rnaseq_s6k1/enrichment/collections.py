"""Gene-set collections: the bundled ones, those fetched from MSigDB, and any GMT or GMX file."""

from __future__ import annotations

import csv
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rnaseq_s6k1.enrichment.fetch import cached_collections, read_verified
from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.gene_set_file import SET_SUFFIXES, read_gene_set_file, set_file_stem
from rnaseq_s6k1.io.gmt import GeneSet, read_gmt

__all__ = [
    "GeneSetCollection",
    "available_collections",
    "collection_sets",
    "gene_set_dir",
    "read_gene_sets",
]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class GeneSetCollection:
    """Where a collection of gene sets comes from.

    Attributes
    ----------
    name
        What `read_gene_sets` calls it.
    path
        Its GMT file.
    n_sets
        Number of sets.
    version, date, source, licence, attribution
        As the notices of the collection ask for.
    sha256
        Checksum of the file, in hexadecimal.
    bundled
        Whether it came with the package, rather than from the cache of fetched collections.
    """

    name: str
    path: Path
    n_sets: int
    version: str
    date: str
    source: str
    licence: str
    attribution: str
    sha256: str
    bundled: bool


def gene_set_dir() -> Path:
    """Find the folder of bundled gene sets: the packaged copy, else the checkout's.

    Raises
    ------
    DataError
        If neither is there.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "_gene_sets", package.parent / "gene_sets"):
        if (folder / "SOURCES.tsv").is_file():
            return folder
    raise DataError(
        f"the bundled gene sets are missing from {package}; install the package again, or give "
        "GMT files by path"
    )


def available_collections() -> dict[str, GeneSetCollection]:
    """List the collections that can be given by name.

    A fetched collection goes by its full name (``c2.cp.reactome.v2025.1.Hs``) and, for the
    newest version in the cache, by its short one (``c2.cp.reactome``) too.

    Returns
    -------
    dict of str to GeneSetCollection
        The bundled ones first, then those in the cache.
    """
    folder = gene_set_dir()
    found: dict[str, GeneSetCollection] = {}
    with (folder / "SOURCES.tsv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE):
            if not row["file"].endswith((".gmt", ".gmt.gz")):
                continue
            found[row["collection"]] = GeneSetCollection(
                name=row["collection"],
                path=folder / row["file"],
                n_sets=int(row["sets"]),
                version=row["version"],
                date=row["date"],
                source=row["source"],
                licence=row["licence"],
                attribution=row["attribution"],
                sha256=row["sha256"],
                bundled=True,
            )
    for cached in cached_collections():
        collection = GeneSetCollection(
            name=f"{cached.name}.v{cached.version}",
            path=cached.path,
            n_sets=cached.n_sets,
            version=cached.version,
            date=cached.date,
            source=cached.source,
            licence=cached.licence,
            attribution=cached.attribution,
            sha256=cached.sha256,
            bundled=False,
        )
        found[collection.name] = collection
        # cached_collections comes oldest first, so that the short name ends at the newest.
        found[cached.name] = collection
    return found


def collection_sets(collection: GeneSetCollection) -> dict[str, GeneSet]:
    """Read the sets of a collection; one from the cache is checked against its checksum.

    Raises
    ------
    DataError
        If the file is missing, damaged or not what was fetched.
    """
    if collection.bundled:
        return read_gmt(collection.path)
    return read_verified(collection.path)


def read_gene_sets(names_or_paths: Sequence[str]) -> dict[str, dict[str, GeneSet]]:
    """Read gene-set collections by name or from GMT and GMX files.

    A name wins over a file of the same name in the working folder. A file's collection is
    called by the file's name without ``.gmt`` (``.gmx``) and ``.gz``. What is given twice is
    read once.

    Parameters
    ----------
    names_or_paths
        Names of collections (``hallmark``, ``kegg_cell_cycle``, ``go_bp``, or fetched from
        MSigDB) and paths of GMT or GMX files.

    Returns
    -------
    dict of str to dict of str to GeneSet
        Collection name to its sets by name, in the order given.

    Raises
    ------
    UsageError
        If nothing is given, a name is unknown, or two files would give a collection the same
        name.
    DataError
        If a file cannot be read as GMT or GMX.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> sets = s6k1.read_gene_sets(["hallmark", "kegg_cell_cycle"])
    >>> {name: len(collection) for name, collection in sets.items()}
    {'hallmark': 50, 'kegg_cell_cycle': 1}
    """
    if not names_or_paths:
        raise UsageError(
            "no gene sets were given; name a collection (hallmark) or a GMT or GMX file"
        )
    named = available_collections()
    origin: dict[str, Path] = {}
    read: dict[str, dict[str, GeneSet]] = {}
    for given in map(str, names_or_paths):
        collection = named.get(given)
        path = collection.path if collection else _set_path(given, named)
        name = collection.name if collection else set_file_stem(path)
        if name in origin:
            if origin[name].resolve() != path.resolve():
                raise UsageError(
                    f"two gene-set collections are called {name!r}: {origin[name]} and {path}; "
                    "rename one of the files"
                )
            logger.info("gene sets %s are given twice and used once", name)
            continue
        origin[name] = path
        read[name] = collection_sets(collection) if collection else read_gene_set_file(path)
        version = f", version {collection.version}" if collection else ""
        plural = "" if len(read[name]) == 1 else "s"
        logger.info("gene sets %s: %d set%s%s", name, len(read[name]), plural, version)
    _warn_of_shared_names(read)
    return read


def _set_path(given: str, named: dict[str, GeneSetCollection]) -> Path:
    """Take an argument that is no collection's name as a path, or say which names there are."""
    path = Path(given)
    looks_like_path = "/" in given or "\\" in given or path.suffix in (*SET_SUFFIXES, ".gz", ".txt")
    if looks_like_path or path.is_file():
        return path
    shown = given if len(given) <= 60 else given[:57] + "..."
    raise UsageError(
        f"no gene-set collection is called {shown!r}; available: {', '.join(named)}; give one of "
        "these, the path of a GMT or GMX file, or fetch an MSigDB collection with `genesets fetch`"
    )


def _warn_of_shared_names(collections: dict[str, dict[str, GeneSet]]) -> None:
    """Warn where collections share set names: such a set is tested once in each of them."""
    counts = Counter(name for sets in collections.values() for name in sets)
    shared = sorted(name for name, count in counts.items() if count > 1)
    if shared:
        logger.warning(
            "%d gene sets are in more than one of the collections %s (first: %s) and are tested "
            "once in each",
            len(shared),
            ", ".join(collections),
            shared[0],
        )
