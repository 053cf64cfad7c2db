from __future__ import annotations

import gzip
import logging

import pandas as pd
import pytest

from rnaseq_s6k1.enrichment.collections import read_gene_sets
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.genes.id_map import read_id_map
from rnaseq_s6k1.genes.matching import match_sets
from rnaseq_s6k1.genes.naming import name_genes

S6K1, TP53, TWO = "ENSG00000108443", "ENSG00000141510", "ENSG00000203668"


def counts(named) -> tuple[int, int, int]:
    return named.mapped, named.ambiguous, named.lost


def test_ensembl_ids_with_and_without_version(caplog):
    ids = pd.Index([S6K1, f"{TP53}.18", TWO, "ENSG00000999999", "ERCC-00002"])
    with caplog.at_level(logging.INFO):
        named = name_genes(ids)
    assert list(named.names) == ["RPS6KB1", "TP53", TWO, "ENSG00000999999", "ERCC-00002"]
    assert list(named.names.index) == list(ids)
    assert named.kind == "ensembl"
    assert counts(named) == (2, 1, 2)
    assert named.sentence == (
        "5 gene ids (human Ensembl gene ids): 2 named by the gene table (org.Hs.eg.db 3.16.0), "
        "1 ambiguous, 2 without a name"
    )
    assert named.sentence in caplog.text


def test_entrez_ids():
    named = name_genes(pd.Index(["6198", "7157.0", "999999999"]))
    assert list(named.names) == ["RPS6KB1", "TP53", "999999999"]
    assert named.kind == "entrez"
    assert counts(named) == (2, 0, 1)


def test_integer_ids_are_entrez_too():
    named = name_genes(pd.Index([6198, 7157]))
    assert list(named.names) == ["RPS6KB1", "TP53"]


def test_row_numbers_are_not_taken_for_entrez_ids():
    named = name_genes(pd.Index([str(number) for number in range(1, 40)]))
    assert named.kind == "unknown"
    assert counts(named) == (0, 0, 0)
    assert "row numbers" in named.sentence


@pytest.mark.parametrize(
    ("ids", "kind"),
    [
        (["TP53", "MRE11A", "CASC5"], "symbol"),
        (["Trp53", "Myc"], "unknown"),
        (["FBgn0003371"], "unknown"),
        (["ENSMUSG00000020516", "ENSMUSG00000059552"], "ensembl"),
        (["geneA", "=cmd()"], "unknown"),
    ],
)
def test_symbols_and_other_species_are_used_as_written(ids, kind):
    named = name_genes(pd.Index(ids))
    assert list(named.names) == ids
    assert named.kind == kind
    assert counts(named) == (0, 0, 0)
    assert named.sentence.endswith("used as written")


def test_the_matrix_column_wins_and_the_table_fills_its_gaps():
    ids = pd.Index([S6K1, TP53, TWO, "ENSG00000136997"])
    column = pd.Series(["p70S6K", "", float("nan"), ""], index=ids)
    named = name_genes(ids, matrix_names=column)
    assert list(named.names) == ["p70S6K", "TP53", TWO, "MYC"]
    assert counts(named) == (3, 1, 0)
    assert "1 named by the matrix's own column; 2 named by the gene table" in named.sentence


def test_the_table_gives_no_row_the_name_of_another():
    ids = pd.Index([S6K1, TP53])
    named = name_genes(ids, matrix_names=pd.Series(["TP53", ""], index=ids))
    assert list(named.names) == ["TP53", TP53]


def test_a_column_that_does_not_fit():
    with pytest.raises(DataError, match="the matrix has 1 gene names for 2 gene ids"):
        name_genes(pd.Index(["A", "B"]), matrix_names=pd.Series(["x"]))


def test_an_id_map_wins_over_all(tmp_path):
    path = tmp_path / "map.tsv"
    path.write_text(f"gene_id\tname\n{S6K1}.3\tS6K\nENSG00000000001\tX\n")
    ids = pd.Index([S6K1, TP53])
    named = name_genes(ids, matrix_names=pd.Series(["a", "b"], index=ids), id_map=path)
    assert list(named.names) == ["S6K", "b"]
    named = name_genes(ids, id_map=path)
    assert list(named.names) == ["S6K", TP53], "the table is not asked beside a map"
    assert counts(named) == (1, 0, 1)
    assert "1 named from map.tsv, 0 ambiguous, 1 without a name" in named.sentence


def test_an_id_map_for_another_species(tmp_path):
    path = tmp_path / "orthologs.csv"
    path.write_bytes(b'\xef\xbb\xbfFBgn1,"TP53"\r\nFBgn2,MYC\r\nFBgn2,MYCN\r\nFBgn3,\r\n')
    named = name_genes(pd.Index(["FBgn1", "FBgn2", "FBgn3"]), id_map=path)
    assert list(named.names) == ["TP53", "FBgn2", "FBgn3"]
    assert counts(named) == (1, 1, 1)


def test_an_id_map_of_other_ids_is_refused(tmp_path):
    path = tmp_path / "map.tsv"
    path.write_text("TP53\tENSG00000141510\n")
    with pytest.raises(DataError, match=r"none of its 1 ids \(first: 'TP53'\).*first column must"):
        name_genes(pd.Index([TP53]), id_map=path)


def test_reading_an_id_map(tmp_path, caplog):
    path = tmp_path / "map.txt.gz"
    path.write_bytes(gzip.compress(b"a\tX\n\na\tX\nb\tY\nb\tZ\nc\tNA\n"))
    assert read_id_map(path) == {"a": ("X",), "b": ("Y", "Z")}
    assert "1 ids have several names and are ambiguous" in caplog.text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\tb\tc\n", "line 1 has 3 columns; an id map has two"),
        (b"a,b\nc\n", "line 2 has 1 column; an id map has two"),
        (b"a\tX\n\tY\n", r"line 2 has a name \('Y'\) without an id"),
        (b"", "names no id"),
        (b"gene_id\tsymbol\n", "names no id"),
        (b"a\tcaf\xe9\n", "line 1 is not UTF-8"),
        (b"a\tX\x1b[2J\n", "line 1 holds a control character"),
        (b'a\t"X\nb\tY\n', "mend the quotes"),
        (b"\x1f\x8bbroken", "cannot be read"),
    ],
)
def test_refused_id_maps(tmp_path, content, message):
    path = tmp_path / "map.tsv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_id_map(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_id_map(tmp_path):
    with pytest.raises(DataError, match="no such file; --id-map takes"):
        read_id_map(tmp_path / "none.tsv")


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("file", "named_share", "hallmark_share"),
    # Shares measured: airway .772 and .996; T47D .689 and .962. Those without a name are
    # mostly novel transcripts and pseudogenes that NCBI does not link to Ensembl.
    [("airway/counts.csv.gz", 0.76, 0.99), ("t47d_e2_gse89888/counts.tsv.gz", 0.68, 0.95)],
)
def test_real_ensembl_ids_map_well(shared, file, named_share, hallmark_share):
    table = pd.read_csv(shared / "data" / file, sep=None, engine="python", index_col=0)
    named = name_genes(table.index)
    assert named.kind == "ensembl"
    assert named.ambiguous < 0.002 * len(table)
    expressed = table.select_dtypes("number").sum(axis=1).to_numpy() >= 10
    has_name = named.names.to_numpy() != table.index.to_numpy()
    assert has_name[expressed].mean() > named_share
    matched = match_sets(read_gene_sets(["hallmark"])["hallmark"], named.names)
    assert matched.n_as_written + matched.n_by_alias > hallmark_share * 4384


@pytest.mark.shared_data
def test_the_table_agrees_with_a_matrix_that_has_names(shared):
    table = pd.read_csv(
        shared / "data" / "t47d_e2_gse89888" / "counts.tsv.gz", sep="\t", index_col=0
    )
    named = name_genes(table.index)
    has_name = named.names.to_numpy() != table.index.to_numpy()
    own = table["gene_name"].fillna("").to_numpy()
    # Measured .919; the others are symbols renamed between the two annotations.
    assert (named.names.to_numpy()[has_name] == own[has_name]).mean() > 0.91


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("file", "words"),
    [("pasilla/counts.tsv.gz", "fruit-fly"), ("bottomly/counts.tsv.gz", "mouse Ensembl")],
)
def test_other_species_are_named_by_the_sets_not_refused_here(shared, file, words):
    table = pd.read_csv(shared / "data" / file, sep="\t", index_col=0)
    named = name_genes(table.index)
    assert list(named.names) == list(table.index)
    with pytest.raises(DataError, match=words):
        match_sets(read_gene_sets(["hallmark"])["hallmark"], named.names)
