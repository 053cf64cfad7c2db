from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.genes.matching import match_sets
from rnaseq_s6k1.genes.table import load_gene_table
from rnaseq_s6k1.io.gmt import GeneSet

# Current symbol and an outdated one that is no other gene's.
KNL1, CASC5 = "KNL1", "CASC5"
MRE11, MRE11A = "MRE11", "MRE11A"
POOL = [KNL1, CASC5, MRE11, MRE11A, "TP53", "RB1", "trp53", "CDK2", "S6K1", "RPS6KB1", "PS6K"]


def sets(**genes: str) -> dict[str, GeneSet]:
    return {name: GeneSet(name, "", tuple(text.split())) for name, text in genes.items()}


def test_names_as_written_come_first():
    matched = match_sets(sets(A="TP53 KNL1 CASC5"), ["CASC5", "KNL1", "TP53"])
    assert matched.members["A"] == ("TP53", "KNL1", "CASC5")
    assert (matched.n_as_written, matched.n_by_alias, matched.n_missing) == (3, 0, 0)


def test_a_gene_given_twice_is_kept_once():
    assert match_sets(sets(A="TP53 MYC TP53"), ["MYC", "TP53"]).members["A"] == ("TP53", "MYC")


def test_an_outdated_name_in_the_set():
    matched = match_sets(sets(A="TP53 CASC5"), ["TP53", "KNL1"])
    assert matched.members["A"] == ("TP53", "KNL1")
    assert (matched.n_as_written, matched.n_by_alias, matched.n_missing) == (1, 1, 0)
    assert matched.aliases == {"CASC5": "KNL1"}


def test_an_outdated_name_in_the_data():
    matched = match_sets(sets(A="TP53 KNL1 MRE11"), ["TP53", "CASC5", "MRE11A"])
    assert matched.members["A"] == ("TP53", "CASC5", "MRE11A")
    assert matched.n_by_alias == 2


def test_two_outdated_names_of_one_gene():
    assert match_sets(sets(A="TP53 CASC5"), ["TP53", "D40"]).n_by_alias in (0, 1)
    owners = load_gene_table().alias_owners
    other = next(
        alias for alias, genes in owners.items() if genes == ("KNL1",) and alias != "CASC5"
    )
    assert match_sets(sets(A="CASC5"), [other]).members["A"] == (other,)


def test_a_name_that_another_gene_of_the_set_has_is_not_given_twice():
    matched = match_sets(sets(A="KNL1 CASC5 TP53"), ["KNL1", "TP53"])
    assert matched.members["A"] == ("KNL1", "TP53")
    assert (matched.n_by_alias, matched.n_missing) == (0, 1)


def test_two_missing_genes_that_claim_one_name_get_nothing():
    aliases = [
        alias for alias, genes in load_gene_table().alias_owners.items() if genes == ("KNL1",)
    ][:2]
    matched = match_sets(sets(A=f"TP53 {aliases[0]} {aliases[1]}"), ["TP53", "KNL1"])
    assert matched.members["A"] == ("TP53",)
    assert matched.n_missing == 2


def test_two_candidates_in_the_data_are_ambiguous():
    aliases = [
        alias for alias, genes in load_gene_table().alias_owners.items() if genes == ("KNL1",)
    ][:2]
    matched = match_sets(sets(A="TP53 KNL1"), ["TP53", *aliases])
    assert matched.members["A"] == ("TP53",)


def test_an_alias_of_several_genes_stands_in_for_none():
    alias, owners = next(
        (alias, genes) for alias, genes in load_gene_table().alias_owners.items() if len(genes) > 1
    )
    assert match_sets(sets(A=f"TP53 {alias}"), ["TP53", *owners]).members["A"] == ("TP53",)
    assert match_sets(sets(A=f"TP53 {owners[0]}"), ["TP53", alias]).members["A"] == ("TP53",)


def test_an_alias_that_is_another_genes_symbol_stands_in_for_none():
    table = load_gene_table()
    frame = table.frame[table.frame["aliases"] != ""]
    owner, symbol = next(
        (row.symbol, alias)
        for row in frame.itertuples()
        for alias in row.aliases.split("|")
        if alias in table.symbols
    )
    assert match_sets(sets(A=f"TP53 {owner}"), ["TP53", symbol]).members["A"] == ("TP53",)


def test_case_is_never_changed():
    with pytest.raises(DataError):
        match_sets(sets(A="TP53 MYC"), ["tp53", "Myc"])


def test_what_a_set_holds_does_not_depend_on_the_other_sets():
    names = ["KNL1", "TP53"]
    alone = match_sets(sets(A="CASC5 TP53"), names).members["A"]
    assert match_sets(sets(B="KNL1", A="CASC5 TP53"), names).members["A"] == alone


def test_the_sentence_counts_and_is_logged(caplog):
    with caplog.at_level(logging.INFO):
        matched = match_sets(sets(A="TP53 CASC5 RB1"), ["TP53", "KNL1"])
    assert matched.sentence == (
        "of the 3 genes in 1 gene sets the data have 1 as written, 1 by an alias, 1 not "
        "(aliases: CASC5 as KNL1)"
    )
    assert matched.sentence in caplog.text


def match_or_refusal(given_sets, names):
    try:
        return match_sets(given_sets, names)
    except DataError as error:
        return str(error)


@given(
    st.lists(st.sampled_from(POOL), min_size=1, unique=True),
    st.lists(st.lists(st.sampled_from(POOL), min_size=1, unique=True), min_size=1, max_size=3),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_data_does_not_matter(names, genes, random):
    given_sets = {str(n): GeneSet(str(n), "", tuple(one)) for n, one in enumerate(genes)}
    shuffled = random.sample(names, len(names))
    matched = match_or_refusal(given_sets, names)
    assert match_or_refusal(given_sets, shuffled) == matched
    if isinstance(matched, str):
        return
    assert match_sets(given_sets, [*shuffled, *names]) == matched
    backwards = {key: given_sets[key] for key in reversed(given_sets)}
    assert match_sets(backwards, names).members == matched.members
    for key, members in matched.members.items():
        assert len(set(members)) == len(members)
        assert set(members) <= set(names)
        assert set(names) & set(given_sets[key].genes) <= set(members)


HALLMARK_LIKE = " ".join(["TP53", "RB1", "MYC", "CDK2", "CDK4", "CCNE1", "E2F1", "CCND1"] * 1)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["Trp53", "Rb1", "Myc", "Cdk2"], "mouse or rat gene symbols ('Cdk2')"),
        (["ENSMUSG00000020516"], "mouse Ensembl gene ids ('ENSMUSG00000020516')"),
        (["ENSG00000108443"], "human Ensembl gene ids"),
        (["FBgn0003371"], "fruit-fly"),
        (["6198", "7157"], "numbers, as Entrez gene ids are"),
        (["NM_003161"], "RefSeq"),
        (["YAL001C"], "yeast"),
        (["foo", "bar"], "no identifiers known here"),
    ],
)
def test_names_of_another_kind_are_refused_and_named(names, words):
    with pytest.raises(DataError) as caught:
        match_sets(sets(A=HALLMARK_LIKE), names)
    message = str(caught.value)
    assert "only 0 of 8 genes of the gene sets (0 %) are among the" in message
    assert f"the data have {words}" in message
    assert "the sets human gene symbols" in message
    assert "--id-map FILE" in message
    assert "\n" not in message


def test_row_numbers_have_a_mend_of_their_own():
    with pytest.raises(DataError, match=r"row numbers.*gene ids in the first column"):
        match_sets(sets(A=HALLMARK_LIKE), map(str, range(50)))


def test_human_data_with_sets_of_other_human_genes():
    with pytest.raises(DataError, match="check that the gene sets belong to these data"):
        match_sets(sets(A="TP53 MYC"), ["ALB", "INS"])


def test_mouse_sets_for_human_data():
    with pytest.raises(DataError, match=r"data have human.*sets mouse or rat.*its name in the"):
        match_sets(sets(A="Trp53 Rb1 Ccne1"), ["TP53", "RB1"])


def many(count: int) -> tuple[str, ...]:
    return tuple(sorted(load_gene_table().symbols)[:count])


def test_the_bound_is_five_per_cent():
    genes = many(200)
    others = [f"other_{number}" for number in range(50)]
    one = {"A": GeneSet("A", "", genes)}
    assert match_sets(one, [*genes[:10], *others]).n_as_written == 10
    with pytest.raises(DataError, match=r"only 9 of 200 genes of the gene sets \(4\.5 %\)"):
        match_sets(one, [*genes[:9], *others])


def test_a_targeted_panel_is_warned_of_not_refused(caplog):
    genes = many(1000)
    matched = match_sets({"A": GeneSet("A", "", genes)}, [*genes[:20], "spike-in"])
    assert matched.n_as_written == 20
    assert "taken for a targeted panel" in caplog.text


def test_no_sets_and_no_names():
    with pytest.raises(DataError, match="no names at all"):
        match_sets(sets(A="TP53"), [])
