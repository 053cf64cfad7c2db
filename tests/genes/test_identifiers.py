from __future__ import annotations

import pytest

from rnaseq_s6k1.genes.identifiers import (
    guess_identifiers,
    is_row_numbers,
    strip_ensembl_version,
)
from rnaseq_s6k1.genes.table import load_gene_table


@pytest.mark.parametrize(
    ("names", "kind", "words"),
    [
        (["TP53", "RPS6KB1", "MYC"], "symbol", "human gene symbols"),
        (["MRE11A", "CASC5"], "symbol", "human gene symbols"),
        (["Trp53", "Rps6kb1", "Myc"], "rodent_symbol", "mouse or rat"),
        (["1700001C02Rik", "Ccne1", "Gm1992", "Trp53"], "rodent_symbol", "mouse or rat"),
        (["tp53", "myca", "rb1", "cdk2"], "lower_symbol", "zebrafish"),
        (["ENSG00000108443", "ENSG00000141510.18"], "ensembl", "human Ensembl"),
        (["ENSG00000182378.15_PAR_Y"], "ensembl", "human Ensembl"),
        (["ENSMUSG00000020516"], "ensembl", "mouse Ensembl"),
        (["ENSRNOG00000002800"], "ensembl", "rat Ensembl"),
        (["ENSDARG00000035559"], "ensembl", "zebrafish Ensembl"),
        (["ENSSSCG00000017950"], "ensembl", "another species"),
        (["ENST00000225577", "ENSMUST00000000001.4"], "transcript", "transcript"),
        (["ENSP00000225577"], "protein", "protein"),
        (["FBgn0003371"], "flybase", "fruit-fly"),
        (["WBGene00000001"], "wormbase", "elegans"),
        (["YAL001C", "YBR020W-A"], "yeast", "yeast"),
        (["AT1G01010", "ATMG00030"], "tair", "Arabidopsis"),
        (["NM_003161", "XM_011524.2"], "refseq", "RefSeq"),
        (["HGNC:10436"], "hgnc", "HGNC"),
        (["MGI:98834"], "mgi", "MGI"),
        (["1007_s_at", "204171_at", "ILMN_1343291"], "probe", "probe"),
        (["P23443", "Q9UBS0-2", "A0A024R1R8"], "uniprot", "UniProt"),
        (["6198", "7157"], "entrez", "Entrez"),
        (["6198.0", "7157.0"], "entrez", "Entrez"),
        ([str(n) for n in range(12)], "row_number", "row numbers"),
        (["TP53|7157", "MYC|4609"], "joined", "joined by |"),
        (["foo_1", "bar_2"], "unknown", "no identifiers known here"),
        ([], "unknown", "no names at all"),
    ],
)
def test_kinds(names, kind, words):
    guess = guess_identifiers(names, load_gene_table())
    assert guess.kind == kind
    assert words in guess.label
    assert not names or guess.example in names


def test_the_majority_decides_and_its_share_is_given():
    guess = guess_identifiers(["TP53", "MYC", "RB1", "ERCC-00002"], load_gene_table())
    assert (guess.kind, guess.share) == ("symbol", 0.75)


def test_a_few_known_names_among_unknown_ones_are_no_kind():
    names = ["TP53", *(f"gene_{n}" for n in range(9))]
    assert guess_identifiers(names, load_gene_table()).kind == "unknown"


def test_row_numbers():
    assert is_row_numbers(map(str, range(1, 11)))
    assert not is_row_numbers(map(str, range(9))), "too few to tell"
    assert not is_row_numbers(map(str, [*range(11), 50]))
    assert not is_row_numbers(map(str, range(100, 120)))


@pytest.mark.parametrize(
    ("given", "bare"),
    [
        ("ENSG00000108443.14", "ENSG00000108443"),
        ("ENSG00000108443", "ENSG00000108443"),
        ("ENSMUSG00000020516.3", "ENSMUSG00000020516"),
        ("ENSG00000182378.15_PAR_Y", "ENSG00000182378_PAR_Y"),
        ("AC012345.1", "AC012345.1"),
        ("RP11-34P13.7", "RP11-34P13.7"),
    ],
)
def test_only_ensembl_ids_lose_their_version(given, bare):
    assert strip_ensembl_version(given) == bare
