"""Write rnaseq_s6k1/genes/human_genes.tsv.gz from the Bioconductor package org.Hs.eg.db.

    python gene_sets/scripts/build_gene_table.py [org.Hs.eg.sqlite]

The file is that of Debian's r-bioc-org.hs.eg.db 3.16.0, found at its install place when no
path is given. One row a gene of NCBI Gene that has a symbol, without NCBI's "biological
regions" (enhancers and the like, which are not transcribed into counts). Rows are ordered by
Entrez id. ``chromosome`` and ``start`` are the smallest start (1-based, hg38) of the gene's
transcripts on a main chromosome; a gene that UCSC does not place has no start. The genes of the
mitochondrion have their HGNC symbols (MT-ND1), with NCBI's (ND1) among the aliases.
"""

from __future__ import annotations

import argparse
import sqlite3
from collections import defaultdict
from pathlib import Path

from sources import ROOT, find_sqlite, mitochondrial_symbols, record_source

from rnaseq_s6k1.io.atomic import write_text

TABLE = ROOT / "rnaseq_s6k1" / "genes" / "human_genes.tsv.gz"
COLUMNS = (
    "entrez",
    "symbol",
    "ensembl",
    "aliases",
    "cytoband",
    "chromosome",
    "start",
    "gene_type",
)
PACKAGE_VERSION = "3.16.0"
MAIN_CHROMOSOMES = {*map(str, range(1, 23)), "X", "Y", "M", "MT"}


def grouped(connection: sqlite3.Connection, query: str) -> dict[int, list[str]]:
    """Run a query of (gene, value) rows and give the sorted values of each gene."""
    found: dict[int, set[str]] = defaultdict(set)
    for gene, value in connection.execute(query):
        # A few synonyms are descriptions that hold our separators or run to several words.
        if value and not set(value) & set("\t\n|"):
            found[gene].add(value)
    return {gene: sorted(values) for gene, values in found.items()}


def read_ensembl(connection: sqlite3.Connection) -> dict[int, list[str]]:
    """Give each gene's Ensembl ids.

    Where an id is linked to several genes, the genes that both Ensembl and NCBI link to it
    take it from those that only one of them does (DAXX's id from its neighbour SMIM40).
    """
    linked: dict[str, set[int]] = defaultdict(set)
    for gene, gene_id in connection.execute("SELECT _id, ensembl_id FROM ensembl"):
        linked[gene_id].add(gene)
    agreed: dict[str, set[int]] = defaultdict(set)
    for gene, gene_id in connection.execute(
        "SELECT _id, ensembl_id FROM ensembl2ncbi "
        "INTERSECT SELECT _id, ensembl_id FROM ncbi2ensembl"
    ):
        agreed[gene_id].add(gene)
    ids: dict[int, list[str]] = defaultdict(list)
    for gene_id in sorted(linked):
        for gene in agreed[gene_id] & linked[gene_id] or linked[gene_id]:
            ids[gene].append(gene_id)
    return ids


def read_starts(connection: sqlite3.Connection) -> dict[int, tuple[str, int]]:
    """Give each gene's main chromosome and smallest 1-based start."""
    starts: dict[int, tuple[str, int]] = {}
    rows = connection.execute("SELECT _id, seqname, start_location FROM chromosome_locations")
    for gene, seqname, location in rows:
        if seqname not in MAIN_CHROMOSOMES:
            continue
        chromosome = "MT" if seqname == "M" else seqname
        # The sign is the strand; UCSC counts from 0.
        start = abs(location) + 1
        # X before Y for the pseudoautosomal genes, then the smallest start.
        starts[gene] = min(starts.get(gene, (chromosome, start)), (chromosome, start))
    return starts


def read_rows(connection: sqlite3.Connection) -> list[tuple[str, ...]]:
    """Give the table's rows, ordered by Entrez id."""
    ensembl = read_ensembl(connection)
    aliases = grouped(connection, "SELECT _id, alias_symbol FROM alias")
    bands = grouped(connection, "SELECT _id, cytogenetic_location FROM cytogenetic_locations")
    chromosomes = grouped(connection, "SELECT _id, chromosome FROM chromosomes")
    starts = read_starts(connection)
    genes = connection.execute(
        "SELECT _id, gene_id, symbol, gene_type FROM gene_info JOIN genes USING (_id) "
        "JOIN genetype USING (_id) WHERE symbol <> '' AND gene_type <> 'biological-region'"
    )
    mitochondrial = mitochondrial_symbols(connection)
    rows = []
    for gene, entrez, ncbi_symbol, gene_type in genes:
        stated = chromosomes.get(gene, [""])
        symbol = mitochondrial.get(ncbi_symbol, ncbi_symbol) if "MT" in stated else ncbi_symbol
        known_as = sorted({ncbi_symbol, *aliases.get(gene, [])} - {symbol})
        chromosome, start = starts.get(gene, (stated[0] if stated[0] != "Un" else "", 0))
        rows.append(
            (
                entrez,
                symbol,
                "|".join(ensembl.get(gene, [])),
                "|".join(known_as),
                "|".join(bands.get(gene, [])),
                chromosome,
                str(start) if start else "",
                gene_type,
            )
        )
    return sorted(rows, key=lambda row: int(row[0]))


def main() -> None:
    """Write the table and its row of SOURCES.tsv."""
    parser = argparse.ArgumentParser(description="Write the bundled human gene table.")
    parser.add_argument("sqlite", nargs="?", help="org.Hs.eg.sqlite of r-bioc-org.hs.eg.db")
    path = find_sqlite(parser.parse_args().sqlite, "org.Hs.eg.db", "org.Hs.eg.sqlite")
    connection = sqlite3.connect(f"file:{Path(path)}?mode=ro", uri=True)
    rows = read_rows(connection)
    facts = dict(connection.execute("SELECT name, value FROM metadata"))
    connection.close()
    dates = (
        f"NCBI Gene {facts['EGSOURCEDATE']}, Ensembl {facts['ENSOURCEDATE']}, "
        f"UCSC hg38 {facts['GPSOURCEDATE']}"
    )
    version = f"org.Hs.eg.db {PACKAGE_VERSION}"
    licence = "Artistic-2.0"
    stamp = f"# {version}; {dates}; licence {licence}, (c) 2019 Marc Carlson; see NOTICE.md"
    lines = [stamp, "\t".join(COLUMNS), *("\t".join(row) for row in rows)]
    write_text(TABLE, "\n".join(lines) + "\n")
    record_source(
        TABLE,
        collection="human_genes",
        sets=0,
        version=version,
        date=dates,
        source="https://bioconductor.org/packages/org.Hs.eg.db, as in Debian's r-bioc-org.hs.eg.db",
        licence=licence,
        attribution="(c) 2019 Marc Carlson; NCBI Gene, Ensembl, UCSC Genome Browser",
    )
    print(f"{TABLE.name}: {len(rows)} genes, {TABLE.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
