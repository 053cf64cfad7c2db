from __future__ import annotations

import csv
import hashlib
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from rnaseq_s6k1.enrichment.collections import gene_set_dir, read_gene_sets
from rnaseq_s6k1.genes.table import GENE_TABLE_PATH, load_gene_table

SCRIPTS = Path(__file__).resolve().parents[2] / "gene_sets" / "scripts"


def sources() -> dict[str, dict[str, str]]:
    with (gene_set_dir() / "SOURCES.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    return {row["collection"]: row for row in rows}


def test_every_file_has_its_source_and_checksum():
    rows = sources()
    for row in rows.values():
        assert all(row.values()), row
        path = gene_set_dir() / row["file"]
        path = GENE_TABLE_PATH if path.name == GENE_TABLE_PATH.name else path
        assert hashlib.sha256(path.read_bytes()).hexdigest() == row["sha256"]
    listed = {row["file"] for row in rows.values()}
    assert {path.name for path in gene_set_dir().glob("*.gmt*")} <= listed


def test_the_notices_are_kept():
    notice = (gene_set_dir() / "NOTICE.md").read_text(encoding="utf-8")
    for part in (
        "Broad Institute",
        "Creative Commons Attribution 4.0",
        "https://creativecommons.org/licenses/by/4.0/",
        "(c) 1995-2017 Kanehisa",
        "http://www.pathway.jp/",
        "https://www.kegg.jp/kegg/docs/plea.html",
        "Liberzon",
        "Gene Ontology Consortium",
        "2022-07-01",
        "Artistic License 2.0",
    ):
        assert part in notice, part


def test_nothing_tells_where_it_was_built():
    for path in [*gene_set_dir().glob("*.md"), *gene_set_dir().glob("*.tsv")]:
        assert not re.search(r"(^|\s)/(home|work|tmp|root)/", path.read_text(encoding="utf-8"))


def test_hallmark_genes_are_sorted_and_known():
    known = load_gene_table()
    sets = read_gene_sets(["hallmark"])["hallmark"]
    genes = {gene for one in sets.values() for gene in one.genes}
    assert len(genes) == 4384
    for name, one in sets.items():
        assert list(one.genes) == sorted(one.genes)
        assert one.description.endswith(f"/geneset/{name}")
    assert sum(known.current_symbol(gene) is not None for gene in genes) > 0.995 * len(genes)


def test_go_bp():
    sets = read_gene_sets(["go_bp"])["go_bp"]
    assert all(5 <= len(one) <= 2000 for one in sets.values())
    assert all(re.fullmatch(r"GOBP_[A-Z0-9_]+", name) for name in sets)
    assert all(re.search(r"/GO:\d{7}$", one.description) for one in sets.values())
    cycle, mitotic = sets["GOBP_CELL_CYCLE"], sets["GOBP_MITOTIC_CELL_CYCLE"]
    assert cycle.description.endswith("GO:0007049")
    assert set(mitotic.genes) < set(cycle.genes), "annotations reach the terms above"
    assert {"CDK4", "CCNE1", "RB1"} <= set(cycle.genes)
    assert "MT-ND1" in sets["GOBP_OXIDATIVE_PHOSPHORYLATION"].genes


@pytest.mark.shared_data
def test_memberships_are_those_published(shared):
    def published(file: str) -> dict[str, set[str]]:
        lines = (shared / "gene_sets" / file).read_text().splitlines()
        return {line.split("\t")[0]: set(line.split("\t")[2:]) for line in lines}

    hallmark = published("h.all.v2025.1.Hs.symbols.gmt")
    read = read_gene_sets(["hallmark", "kegg_cell_cycle"])
    assert {name: set(one.genes) for name, one in read["hallmark"].items()} == hallmark
    kegg = published("c2.cp.kegg_legacy.v2025.1.Hs.symbols.gmt")["KEGG_CELL_CYCLE"]
    assert set(read["kegg_cell_cycle"]["KEGG_CELL_CYCLE"].genes) == kegg


def run(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    code = (
        "import sys, pathlib, runpy; sys.path.insert(0, sys.argv[1]); import sources; "
        "target = pathlib.Path(sys.argv[2]); sources.ROOT = target; "
        "sources.GENE_SETS = target / 'gene_sets'; "
        "sources.SOURCES = sources.GENE_SETS / 'SOURCES.tsv'; "
        "script = sys.argv[3]; sys.argv = [script, *sys.argv[4:]]; "
        "runpy.run_path(script, run_name='__main__')"
    )
    command = [sys.executable, "-c", code, str(SCRIPTS), *map(str, arguments)]
    command.insert(5, str(SCRIPTS / script))
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def genes_sqlite(tmp_path: Path) -> Path:
    path = tmp_path / "org.Hs.eg.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(
        """
        CREATE TABLE metadata (name, value);
        INSERT INTO metadata VALUES ('EGSOURCEDATE', '2022-Sep12'), ('ENSOURCEDATE', '2022-Jun28'),
            ('GPSOURCEDATE', '2022-Aug31'), ('GOEGSOURCEDATE', '2022-Sep12');
        CREATE TABLE genes (_id, gene_id);
        INSERT INTO genes VALUES (1, '20'), (2, '3'), (3, '4535'), (4, '7'), (5, '8');
        CREATE TABLE gene_info (_id, gene_name, symbol);
        INSERT INTO gene_info VALUES (1, 'a', 'AAA'), (2, 'b', 'BBB'), (3, 'nd1', 'ND1'),
            (4, 'enhancer', 'ENH'), (5, 'none', '');
        CREATE TABLE genetype (_id, gene_type);
        INSERT INTO genetype VALUES (1, 'protein-coding'), (2, 'ncRNA'), (3, 'protein-coding'),
            (4, 'biological-region'), (5, 'ncRNA');
        CREATE TABLE ensembl (_id, ensembl_id);
        INSERT INTO ensembl VALUES (1, 'ENSG2'), (1, 'ENSG1'), (2, 'ENSG2'), (2, 'ENSG3'),
            (3, 'ENSG3');
        CREATE TABLE ensembl2ncbi (_id, ensembl_id);
        INSERT INTO ensembl2ncbi VALUES (1, 'ENSG2'), (2, 'ENSG2');
        CREATE TABLE ncbi2ensembl (_id, ensembl_id);
        INSERT INTO ncbi2ensembl VALUES (1, 'ENSG2'), (2, 'ENSG3'), (3, 'ENSG3');
        CREATE TABLE alias (_id, alias_symbol);
        INSERT INTO alias VALUES (1, 'AAA'), (1, 'OLD'), (1, 'a|b'), (3, 'MTND1');
        CREATE TABLE cytogenetic_locations (_id, cytogenetic_location);
        INSERT INTO cytogenetic_locations VALUES (1, '17q23.1');
        CREATE TABLE chromosomes (_id, chromosome);
        INSERT INTO chromosomes VALUES (1, '17'), (2, '2'), (3, 'MT');
        CREATE TABLE chromosome_locations (_id, seqname, start_location);
        INSERT INTO chromosome_locations VALUES (1, '17', -500), (1, '17', -400),
            (1, '17_alt', -3), (3, 'M', 99);
        CREATE TABLE go_bp (_id, go_id, evidence);
        """
    )
    with connection:
        for number in range(10, 16):
            connection.execute("INSERT INTO gene_info VALUES (?, 'x', ?)", (number, f"G{number}"))
            connection.execute("INSERT INTO go_bp VALUES (?, 'GO:0000003', 'IDA')", (number,))
        connection.execute("INSERT INTO go_bp VALUES (3, 'GO:0000002', 'IEA')")
        connection.execute("INSERT INTO go_bp VALUES (1, 'GO:0000002', 'ND')")
        connection.execute("INSERT INTO go_bp VALUES (2, 'GO:0000004', 'IDA')")
    connection.close()
    return path


@pytest.fixture
def go_sqlite(tmp_path: Path) -> Path:
    path = tmp_path / "GO.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(
        """
        CREATE TABLE metadata (name, value);
        INSERT INTO metadata VALUES ('GOSOURCEDATE', '2022-07-01');
        CREATE TABLE go_term (_id, go_id, term, ontology);
        INSERT INTO go_term VALUES (1, 'GO:0000001', 'top (any)', 'BP'),
            (2, 'GO:0000002', 'mid-dle', 'BP'), (3, 'GO:0000003', 'mid dle', 'BP'),
            (4, 'GO:0000004', 'regulation of mid-dle', 'BP'), (9, 'GO:0000009', 'part', 'CC');
        CREATE TABLE go_bp_parents (_id, _parent_id, relationship_type);
        INSERT INTO go_bp_parents VALUES (3, 2, 'isa'), (2, 1, 'part of'), (4, 2, 'regulates');
        """
    )
    connection.close()
    return path


def test_the_gene_table_script(tmp_path, genes_sqlite):
    done = run("build_gene_table.py", tmp_path, genes_sqlite)
    assert done.returncode == 0, done.stderr
    path = tmp_path / "rnaseq_s6k1" / "genes" / GENE_TABLE_PATH.name
    first = path.read_bytes()
    import gzip

    lines = gzip.decompress(first).decode().splitlines()
    assert lines[0].startswith("# org.Hs.eg.db 3.16.0; NCBI Gene 2022-Sep12")
    assert lines[2:] == [
        "3\tBBB\tENSG3\t\t\t2\t\tncRNA",
        "20\tAAA\tENSG1|ENSG2\tOLD\t17q23.1\t17\t401\tprotein-coding",
        "4535\tMT-ND1\tENSG3\tMTND1|ND1\t\tMT\t100\tprotein-coding",
    ]
    run("build_gene_table.py", tmp_path, genes_sqlite)
    assert path.read_bytes() == first
    row = (tmp_path / "gene_sets" / "SOURCES.tsv").read_text().splitlines()[1].split("\t")
    assert row[:2] == ["human_genes", "rnaseq_s6k1/genes/human_genes.tsv.gz"]
    assert row[-1] == hashlib.sha256(first).hexdigest()


def test_the_go_script(tmp_path, genes_sqlite, go_sqlite):
    done = run("build_go_bp.py", tmp_path, "--go", go_sqlite, "--genes", genes_sqlite)
    assert done.returncode == 0, done.stderr
    sets = read_gene_sets([str(tmp_path / "gene_sets" / "go_bp.gmt.gz")])["go_bp"]
    lower = tuple(f"G{number}" for number in range(10, 16))
    # ND is left out, "regulates" is not followed, one name for two terms is told apart.
    assert {name: one.genes for name, one in sets.items()} == {
        "GOBP_MID_DLE_GO_0000002": (*lower, "MT-ND1"),
        "GOBP_MID_DLE_GO_0000003": lower,
        "GOBP_TOP_ANY": (*lower, "MT-ND1"),
    }


def test_the_msigdb_script(tmp_path):
    (tmp_path / "h.all.v2025.1.Hs.symbols.gmt").write_text("HALLMARK_B\tx\tRB1\tMYC\n")
    (tmp_path / "c2.cp.kegg_legacy.v2025.1.Hs.symbols.gmt").write_text(
        "KEGG_CELL_CYCLE\tx\tCDK2\nKEGG_OTHER\tx\tTP53\n"
    )
    done = run("build_msigdb.py", tmp_path, tmp_path)
    assert done.returncode == 0, done.stderr
    page = "https://www.gsea-msigdb.org/gsea/msigdb/human/geneset/"
    folder = tmp_path / "gene_sets"
    assert (folder / "hallmark.gmt").read_text() == f"HALLMARK_B\t{page}HALLMARK_B\tMYC\tRB1\n"
    assert (folder / "kegg_cell_cycle.gmt").read_text() == (
        f"KEGG_CELL_CYCLE\t{page}KEGG_CELL_CYCLE\tCDK2\n"
    )
    assert len((folder / "SOURCES.tsv").read_text().splitlines()) == 3


def test_a_script_without_its_database_names_the_package(tmp_path):
    done = run("build_gene_table.py", tmp_path, tmp_path / "none.sqlite")
    assert done.returncode == 1
    assert "install Debian's r-bioc-org.hs.eg.db" in done.stderr
