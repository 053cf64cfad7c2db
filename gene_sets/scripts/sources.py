"""Rows of SOURCES.tsv, shared by the scripts that build the bundled files."""

from __future__ import annotations

import hashlib
import sqlite3
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from rnaseq_s6k1.io.atomic import write_text  # noqa: E402

GENE_SETS = ROOT / "gene_sets"
SOURCES = GENE_SETS / "SOURCES.tsv"
COLUMNS = (
    "collection",
    "file",
    "sets",
    "version",
    "date",
    "source",
    "licence",
    "attribution",
    "sha256",
)


def record_source(path: Path, **values: str | int) -> None:
    """Write or replace the row of SOURCES.tsv of one bundled file.

    Parameters
    ----------
    path
        The file, inside the project.
    **values
        Every column but ``file`` and ``sha256``, which are found here.
    """
    rows = {}
    if SOURCES.exists():
        for line in SOURCES.read_text(encoding="utf-8").splitlines()[1:]:
            rows[line.split("\t")[0]] = line.split("\t")
    row = {key: str(value) for key, value in values.items()}
    inside = path.is_relative_to(GENE_SETS)
    row["file"] = (path.relative_to(GENE_SETS) if inside else path.relative_to(ROOT)).as_posix()
    row["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    rows[row["collection"]] = [row[column] for column in COLUMNS]
    lines = ["\t".join(COLUMNS), *("\t".join(rows[key]) for key in sorted(rows))]
    write_text(SOURCES, "\n".join(lines) + "\n")


def mitochondrial_symbols(connection: sqlite3.Connection) -> dict[str, str]:
    """Give the HGNC symbols of the mitochondrion's genes by their NCBI symbols.

    NCBI calls them ND1, COX1 or TRNF, the rest of the world MT-ND1, MT-CO1 and MT-TF. NCBI has
    the HGNC symbol as an alias without its hyphen (MTND1), but for TRNF.
    """
    rows = connection.execute(
        "SELECT symbol, alias_symbol FROM gene_info JOIN chromosomes USING (_id) "
        "JOIN alias USING (_id) WHERE chromosome = 'MT' AND alias_symbol LIKE 'MT%'"
    )
    return {symbol: f"MT-{alias[2:]}" for symbol, alias in rows} | {"TRNF": "MT-TF"}


def find_sqlite(given: str | None, package: str, name: str) -> Path:
    """Give the SQLite file of a Bioconductor annotation package.

    Parameters
    ----------
    given
        A path from the command line, or None for Debian's install place.
    package
        The R package, such as ``org.Hs.eg.db``.
    name
        The file inside its ``extdata`` folder.
    """
    path = Path(given or f"/usr/lib/R/site-library/{package}/extdata/{name}")
    if not path.is_file():
        raise SystemExit(
            f"{path}: no such file; install Debian's r-bioc-{package.lower()}, or give the path of "
            f"{name}"
        )
    return path
