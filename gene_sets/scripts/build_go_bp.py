"""Write go_bp.gmt.gz: human genes by Gene Ontology biological process.

    python gene_sets/scripts/build_go_bp.py [--go GO.sqlite] [--genes org.Hs.eg.sqlite]

The two files are those of Debian's r-bioc-go.db and r-bioc-org.hs.eg.db 3.16.0, found at
their install place when no path is given.

A gene annotated to a term belongs to the term and to every term above it along ``is_a`` and
``part_of``, the relations the GO Consortium holds safe for grouping annotations. The
``regulates`` relations are not followed (Bioconductor's ``GOALL`` does follow them: its cell
cycle has 1,823 genes, a third of which only regulate it). Every evidence code counts except
ND, which records that nothing is known. The database carries no NOT annotations. Names follow
MSigDB's habit: ``GOBP_``, then the term in capitals, with underscores for all other signs.
Genes of the mitochondrion have their HGNC symbols (MT-ND1).
"""

from __future__ import annotations

import argparse
import re
import sqlite3
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path

from sources import GENE_SETS, find_sqlite, mitochondrial_symbols, record_source

from rnaseq_s6k1.io.gmt import GeneSet, write_gmt

MIN_SIZE, MAX_SIZE = 5, 2000
PAGE = "https://amigo.geneontology.org/amigo/term/{}"
GROUPING_RELATIONS = ("isa", "part of")
PACKAGE_VERSION = "3.16.0"


def read_terms(go: Path) -> tuple[dict[str, str], dict[str, set[str]], str]:
    """Read the biological processes.

    Returns
    -------
    tuple
        Term names by GO id, the parents of each GO id, and the date of the ontology.
    """
    connection = sqlite3.connect(f"file:{go}?mode=ro", uri=True)
    terms = dict(connection.execute("SELECT go_id, term FROM go_term WHERE ontology = 'BP'"))
    parents: dict[str, set[str]] = defaultdict(set)
    edges = connection.execute(
        "SELECT child.go_id, parent.go_id FROM go_bp_parents AS edge "
        "JOIN go_term AS child ON child._id = edge._id "
        "JOIN go_term AS parent ON parent._id = edge._parent_id "
        "WHERE relationship_type IN (?, ?)",
        GROUPING_RELATIONS,
    )
    for child, parent in edges:
        if parent in terms:
            parents[child].add(parent)
    query = "SELECT value FROM metadata WHERE name = 'GOSOURCEDATE'"
    date = str(connection.execute(query).fetchone()[0])
    connection.close()
    return terms, parents, date


def read_annotations(genes: Path) -> tuple[dict[str, set[str]], str]:
    """Read the symbols annotated directly to each GO id, and the date of the annotations."""
    connection = sqlite3.connect(f"file:{genes}?mode=ro", uri=True)
    direct: dict[str, set[str]] = defaultdict(set)
    mitochondrial = mitochondrial_symbols(connection)
    rows = connection.execute(
        "SELECT DISTINCT go_id, symbol, chromosome FROM go_bp JOIN gene_info USING (_id) "
        "LEFT JOIN chromosomes USING (_id) WHERE evidence <> 'ND' AND symbol <> ''"
    )
    for go_id, symbol, chromosome in rows:
        direct[go_id].add(mitochondrial.get(symbol, symbol) if chromosome == "MT" else symbol)
    query = "SELECT value FROM metadata WHERE name = 'GOEGSOURCEDATE'"
    stated = str(connection.execute(query).fetchone()[0])
    connection.close()
    return direct, datetime.strptime(stated, "%Y-%b%d").date().isoformat()


def propagate(direct: dict[str, set[str]], parents: dict[str, set[str]]) -> dict[str, set[str]]:
    """Give every term the genes of the terms below it."""
    members: dict[str, set[str]] = defaultdict(set)
    for go_id, symbols in direct.items():
        waiting, seen = [go_id], {go_id}
        while waiting:
            term = waiting.pop()
            members[term] |= symbols
            above = parents.get(term, set()) - seen
            seen |= above
            waiting.extend(above)
    return members


def name_terms(terms: dict[str, str]) -> dict[str, str]:
    """Give each GO id its set name; where two terms share one, the id is appended."""
    names = {
        go_id: "GOBP_" + re.sub(r"[^A-Z0-9]+", "_", term.upper()).strip("_")
        for go_id, term in terms.items()
    }
    shared = Counter(names.values())
    return {
        go_id: name if shared[name] == 1 else f"{name}_{go_id.replace(':', '_')}"
        for go_id, name in names.items()
    }


def main() -> None:
    """Write the file and its row of SOURCES.tsv."""
    parser = argparse.ArgumentParser(description="Write go_bp.gmt.gz.")
    parser.add_argument("--go", help="GO.sqlite of r-bioc-go.db")
    parser.add_argument("--genes", help="org.Hs.eg.sqlite of r-bioc-org.hs.eg.db")
    arguments = parser.parse_args()
    terms, parents, ontology_date = read_terms(find_sqlite(arguments.go, "GO.db", "GO.sqlite"))
    direct, annotation_date = read_annotations(
        find_sqlite(arguments.genes, "org.Hs.eg.db", "org.Hs.eg.sqlite")
    )
    members = propagate(direct, parents)
    names = name_terms(terms)
    sets = sorted(
        (
            GeneSet(names[go_id], PAGE.format(go_id), tuple(sorted(symbols)))
            for go_id, symbols in members.items()
            if go_id in names and MIN_SIZE <= len(symbols) <= MAX_SIZE
        ),
        key=lambda one: one.name,
    )
    path = GENE_SETS / "go_bp.gmt.gz"
    write_gmt(sets, path)
    record_source(
        path,
        collection="go_bp",
        sets=len(sets),
        version=f"GO.db and org.Hs.eg.db {PACKAGE_VERSION}",
        date=f"ontology {ontology_date}, annotations {annotation_date}",
        source="https://geneontology.org, through Debian's r-bioc-go.db and r-bioc-org.hs.eg.db",
        licence="CC BY 4.0",
        attribution=(
            f"Gene Ontology Consortium, release {ontology_date}; Ashburner et al. 2000, "
            "doi 10.1038/75556; Gene Ontology Consortium 2021, doi 10.1093/nar/gkaa1113"
        ),
    )
    print(f"{path.name}: {len(sets)} sets, {len(set().union(*(s.genes for s in sets)))} genes")


if __name__ == "__main__":
    main()
