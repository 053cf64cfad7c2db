from __future__ import annotations

import gzip

import pytest

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.genes import table as table_module
from rnaseq_s6k1.genes.table import (
    GENE_TABLE_COLUMNS,
    GENE_TABLE_PATH,
    GeneTable,
    load_gene_table,
)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A gene table's path that a test may write to."""
    path = tmp_path / "human_genes.tsv.gz"
    monkeypatch.setattr(table_module, "GENE_TABLE_PATH", path)
    load_gene_table.cache_clear()
    yield path
    load_gene_table.cache_clear()


def gene(table: GeneTable, symbol: str) -> dict[str, str]:
    rows = table.frame[table.frame["symbol"] == symbol]
    assert len(rows) == 1
    return dict(rows.iloc[0])


def test_the_table_is_stamped_whole_and_small():
    table = load_gene_table()
    assert tuple(table.frame.columns) == GENE_TABLE_COLUMNS
    assert table.version.startswith("org.Hs.eg.db 3.16.0; NCBI Gene 2022-Sep12, Ensembl 2022-Jun28")
    assert "Artistic-2.0" in table.version
    assert GENE_TABLE_PATH.stat().st_size < 1_500_000
    assert GENE_TABLE_PATH.read_bytes()[4:8] == b"\0\0\0\0"
    assert (table.frame["symbol"] != "").all()
    assert table.frame["entrez"].is_unique
    assert (table.frame["gene_type"] == "protein-coding").sum() > 19_000


def test_it_is_read_once():
    assert load_gene_table() is load_gene_table()


def test_the_driver():
    row = gene(load_gene_table(), "RPS6KB1")
    assert row["entrez"] == "6198"
    assert row["ensembl"] == "ENSG00000108443"
    assert row["cytoband"] == "17q23.1"
    assert (row["chromosome"], row["start"]) == ("17", "59893046")
    assert "S6K1" in row["aliases"].split("|")


def test_the_amplicon_is_in_order():
    table = load_gene_table()
    starts = [int(gene(table, symbol)["start"]) for symbol in ("RPS6KB1", "PPM1D", "TBX2")]
    assert starts == sorted(starts)
    assert starts[-1] - starts[0] < 4_000_000


def test_the_mitochondrion_has_the_symbols_of_hgnc():
    table = load_gene_table()
    mitochondrial = table.frame[table.frame["chromosome"] == "MT"]
    assert len(mitochondrial) == 37
    assert mitochondrial["symbol"].str.startswith("MT-").all()
    assert table.ensembl_symbols["ENSG00000198888"] == ("MT-ND1",)
    assert table.current_symbol("MTND1") == "MT-ND1"
    assert table.current_symbol("COX2") is None, "prostaglandin synthase or cytochrome oxidase"


def test_aliases():
    table = load_gene_table()
    assert table.current_symbol("CASC5") == "KNL1"
    assert table.current_symbol("MRE11A") == "MRE11"
    assert table.current_symbol("RPS6KB1") == "RPS6KB1"
    assert table.current_symbol("rps6kb1") is None
    assert table.current_symbol("no such gene") is None
    assert not set(table.alias_owners) & table.symbols
    several = next(alias for alias, owners in table.alias_owners.items() if len(owners) > 1)
    assert table.current_symbol(several) is None


def test_ensembl_ids_prefer_the_gene_over_its_shadows():
    symbols = load_gene_table().ensembl_symbols
    assert symbols["ENSG00000108443"] == ("RPS6KB1",)
    assert symbols["ENSG00000143384"] == ("MCL1",), "beside the antisense ADAMTSL4-AS1"
    assert symbols["ENSG00000159216"] == ("RUNX1",), "beside LOC100506403"
    assert symbols["ENSG00000137843"] == ("PAK6",), "beside the read-through BUB1B-PAK6"
    assert symbols["ENSG00000204209"] == ("DAXX",), "as Ensembl and NCBI agree"
    assert symbols["ENSG00000203668"] == ("CHML", "OPN3"), "two coding genes stay ambiguous"


def test_a_missing_table_says_install_again(elsewhere):
    with pytest.raises(DataError, match=r"gene table cannot be read.*install the package again"):
        load_gene_table()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not gzip", "cannot be read"),
        (gzip.compress(b"no second line", mtime=0), "cannot be read"),
        (gzip.compress(b"# x\nsymbol\nTP53\n", mtime=0), "other columns"),
    ],
)
def test_a_damaged_table_says_install_again(elsewhere, content, message):
    elsewhere.write_bytes(content)
    with pytest.raises(DataError, match=f"{message}.*install the package again"):
        load_gene_table()
