"""Ortholog maps: what is renamed, what is left out, and that nothing is guessed."""

from __future__ import annotations

import gzip
import logging

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnaseq_s6k1.enrichment.gsea import run_gsea
from rnaseq_s6k1.enrichment.ora import ora_lists, run_ora
from rnaseq_s6k1.enrichment.ranking import Ranking, map_ranking_orthologs, rank_genes
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.genes.matching import match_sets
from rnaseq_s6k1.genes.orthologs import find_orthologs, map_orthologs
from rnaseq_s6k1.io.gmt import GeneSet, read_gmt

PAIRS = (
    ("Trp53", "TP53"),
    ("Myc", "MYC"),
    ("Two", "RB1"),
    ("Two", "E2F1"),
    ("Cdk4a", "CDK4"),
    ("Cdk4b", "CDK4"),
)


@pytest.fixture
def pairs(tmp_path):
    path = tmp_path / "mouse_human.tsv"
    path.write_text("mouse\thuman\n" + "".join(f"{one}\t{other}\n" for one, other in PAIRS))
    return path


def test_one_to_one_one_to_many_many_to_one_and_none(pairs, caplog):
    with caplog.at_level(logging.INFO):
        found = find_orthologs(["Myc", "Two", "Trp53", "Xist", "Cdk4b", "Cdk4a"], pairs)
    assert found.names == ("MYC", None, "TP53", None, "CDK4", "CDK4")
    assert (found.mapped, found.ambiguous, found.missing, found.shared) == (4, 1, 1, 1)
    assert found.sentence == (
        "mouse_human.tsv: of 6 genes 4 have one human ortholog; 1 have several and 1 none, and "
        "are left out of the gene sets' tests; 1 human genes are the ortholog of more than one"
    )
    assert found.sentence in caplog.text


def test_genes_are_looked_up_by_id_without_version_then_by_name(tmp_path):
    path = tmp_path / "map.csv"
    path.write_text("ENSMUSG00000059552,TP53\nMyc,MYC\nENSMUSG00000022346,OTHER\n")
    ids = ["ENSMUSG00000059552.8", "ENSMUSG00000099999", "ENSMUSG00000022346"]
    found = find_orthologs(ids, path, names=["Trp53", "Myc", "Myc"])
    assert found.names == ("TP53", "MYC", "OTHER"), "the id wins over the name"


def test_human_ensembl_ids_of_the_map_are_named_by_the_gene_table(tmp_path):
    path = tmp_path / "biomart.tsv.gz"
    text = (
        "Gene stable ID\tHuman gene stable ID\r\n"
        "ENSMUSG00000059552\tENSG00000141510\r\n"
        "ENSMUSG00000022346\tENSG00000136997\r\n"
        "ENSMUSG00000000001\t\r\n"
        "ENSMUSG00000000002\tENSG00000999999\r\n"
    )
    path.write_bytes(gzip.compress(text.encode()))
    ids = [f"ENSMUSG000000{number}" for number in ("59552", "22346", "00001", "00002")]
    found = find_orthologs(ids, path)
    assert found.names == ("TP53", "MYC", None, "ENSG00000999999")
    assert (found.mapped, found.missing) == (3, 1)


def test_a_gene_that_looks_human_is_not_taken_for_it(pairs):
    """C3 is a gene of mouse and man; that the names are the same says nothing."""
    assert find_orthologs(["C3", "TP53", "Myc"], pairs).names == (None, None, "MYC")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a\tb\tc\n", "line 1 has 3 columns; an ortholog map has two, the data's gene and its"),
        ("Trp53\n", "line 1 has 1 column; an ortholog map"),
        ("\tTP53\n", "line 1 has a name ('TP53') without an id"),
        ("mouse\thuman\n", "names no id; an ortholog map has two columns"),
        ("Brca1\tBRCA1\n", "none of its 1 ids (first: 'Brca1') is a gene id of the data"),
        ("TP53\tTrp53\nMYC\tMyc\n", "(the columns seem to be swapped)"),
        ("Trp53\tTP\x1b53\n", "line 1 holds a control character"),
    ],
)
def test_hostile_maps_are_refused(tmp_path, text, says):
    path = tmp_path / "map.tsv"
    path.write_text(text)
    with pytest.raises(DataError) as refused:
        find_orthologs(["Trp53", "Myc"], path)
    assert says in str(refused.value)
    assert str(refused.value).isprintable()


def test_a_missing_map_is_refused(tmp_path):
    with pytest.raises(DataError, match="no such file; --ortholog-map takes a table of"):
        find_orthologs(["Trp53"], tmp_path / "none.tsv")


def test_a_map_of_pairs_that_all_branch_leaves_nothing(tmp_path):
    path = tmp_path / "map.tsv"
    path.write_text("Two\tRB1\nTwo\tE2F1\n")
    table = pd.DataFrame({"gene_id": ["Two"], "gene_name": ["Two"]})
    with pytest.raises(DataError, match="gives no gene of the data exactly one human ortholog"):
        map_orthologs(table, path)


def result_table(names, stats):
    return pd.DataFrame(
        {
            "gene_id": [f"ENSMUSG{number:011d}" for number in range(len(names))],
            "gene_name": names,
            "stat": stats,
            "pvalue": 0.5,
            "direction": ["up" if stat > 2 else "none" for stat in stats],
        }
    )


def test_a_table_keeps_its_ids_and_the_rows_with_one_ortholog(pairs):
    table = result_table(["Two", "Cdk4a", "Xist", "Cdk4b", "Trp53"], [9.0, -3, 8, 2.5, 1])
    named = map_orthologs(table, pairs)
    assert named["gene_name"].tolist() == ["CDK4", "CDK4", "TP53"]
    assert named["gene_id"].str[-1].tolist() == ["1", "3", "4"]
    assert table["gene_name"].tolist()[0] == "Two", "the table given is left alone"
    ranking = rank_genes(named)
    assert ranking.stats.to_dict() == {"TP53": 1.0, "CDK4": -3.0}, "the largest absolute value"
    assert ranking.n_duplicates == 1
    lists, universe = ora_lists(named, "up")
    assert lists["up"] == {"CDK4"}
    assert universe == {"CDK4", "TP53"}


def test_a_ranking_is_renamed_by_the_same_rules(pairs):
    stats = pd.Series([5.0, 4, 1, -2, -6], index=["Two", "Cdk4a", "Myc", "Xist", "Cdk4b"])
    named = map_ranking_orthologs(Ranking(stats, "x.rnk", 0, 0, 0.0), pairs)
    assert named.stats.to_dict() == {"MYC": 1.0, "CDK4": -6.0}
    assert named.n_duplicates == 1


genes = st.lists(st.sampled_from([one for one, _ in PAIRS] + ["Xist", "Sry"]), min_size=1)


@given(genes, st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_the_order_of_genes_and_of_the_map_does_not_matter(tmp_path_factory, listed, random):
    folder = tmp_path_factory.mktemp("maps")
    unique = list(dict.fromkeys(listed))
    paths = []
    for at, pairs in enumerate((list(PAIRS), random.sample(PAIRS, len(PAIRS)))):
        paths.append(folder / f"{at}.tsv")
        paths[-1].write_text("".join(f"{one}\t{other}\n" for one, other in pairs))
    shuffled = random.sample(unique, len(unique))
    try:
        one = find_orthologs(unique, paths[0])
    except DataError:
        with pytest.raises(DataError):
            find_orthologs(shuffled, paths[1])
        return
    other = find_orthologs(shuffled, paths[1])
    assert dict(zip(unique, one.names, strict=True)) == dict(
        zip(shuffled, other.names, strict=True)
    )
    assert one.mapped + one.ambiguous + one.missing == len(unique)


@pytest.mark.parametrize(
    "names",
    [
        ["Trp53", "Myc", "Rb1", "Ccne1"],
        [f"ENSMUSG{number:011d}" for number in range(20)],
        ["FBgn0000008", "FBgn0000014"],
        ["MGI:1", "MGI:2"],
        ["tp53", "myca", "rb1"],
    ],
)
def test_the_error_of_another_species_names_the_ortholog_map(names):
    sets = {"A": GeneSet("A", "", ("TP53", "MYC", "RB1", "CCNE1", "E2F1"))}
    with pytest.raises(DataError, match="give --ortholog-map FILE"):
        match_sets(sets, names)


def test_the_error_of_human_ids_names_the_id_map_alone():
    sets = {"A": GeneSet("A", "", ("TP53", "MYC"))}
    with pytest.raises(DataError, match="give --id-map FILE") as refused:
        match_sets(sets, ["ENSG00000141510", "ENSG00000136997"])
    assert "ortholog" not in str(refused.value)


@pytest.mark.shared_data
def test_mouse_data_are_tested_as_their_orthologs_would_be(shared, tmp_path):
    """Bottomly (two mouse strains) against Hallmark; the pairs are drawn, not real orthologs."""
    results = pd.read_csv(
        next((shared / "data" / "bottomly").glob("deseq2_*_reference_results.tsv.gz")), sep="\t"
    )
    tested = results[results["stat"].notna() & results["pvalue"].notna()].reset_index(drop=True)
    table = tested.rename(columns={"gene": "gene_id"}).assign(
        gene_name=lambda one: one["gene_id"], direction="none"
    )
    sets = read_gmt(next((shared / "gene_sets").glob("h.all.*symbols.gmt*")))
    human = sorted({gene for one in sets.values() for gene in one.genes})[:2500]
    with pytest.raises(DataError, match=r"mouse Ensembl gene ids.*--ortholog-map FILE"):
        run_gsea(rank_genes(table), {"h": sets})
    chosen = np.random.default_rng(0).permutation(table["gene_id"])[:2600].tolist()
    pairs = [*zip(chosen, human, strict=False)]
    pairs += [(chosen[2500], human[0]), (chosen[2501], human[1]), (chosen[2501], human[2])]
    path = tmp_path / "map.tsv"
    path.write_text("".join(f"{one}\t{other}\n" for one, other in pairs))
    named = map_orthologs(table, path)
    assert len(named) == 2501
    assert named["gene_name"].nunique() == 2500
    by_hand = dict(pairs[:2500])
    stats = table.set_index("gene_id")["stat"]
    expected = {name: stats[gene] for gene, name in by_hand.items()}
    rival = stats[chosen[2500]]
    if abs(rival) > abs(expected[human[0]]):
        expected[human[0]] = rival
    ranking = rank_genes(named)
    assert ranking.stats.to_dict() == expected
    result = run_gsea(ranking, {"h": sets}, permutations=200)
    assert len(result.table) > 10
    # The pairs are drawn, so there is nothing to find.
    assert (result.table["padj"] > 0.01).all()
    universe = set(named["gene_name"])
    ora = run_ora({"list": set(sorted(universe)[:100])}, universe, {"h": sets})
    assert ora.n_universe == 2500
