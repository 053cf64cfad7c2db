"""Rankings: the rules of what is dropped, collapsed and refused; ranked lists on disk."""

from __future__ import annotations

import gzip
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from rnaseq_s6k1.enrichment.ranking import rank_genes, read_rnk, rename_ranking, write_rnk
from rnaseq_s6k1.errors import DataError, UsageError


def results(names, stats, **columns) -> pd.DataFrame:
    stats = np.asarray(stats, dtype=float)
    table = pd.DataFrame(
        {
            "gene_id": [f"id{i}" for i in range(len(stats))],
            "gene_name": names,
            "log2FoldChange": np.sign(stats),
            "stat": stats,
            "pvalue": 2 * norm.sf(np.abs(stats)),
            "log2FoldChange_shrunk": np.nan,
        }
    )
    return table.assign(**columns)


def test_descending_and_ties_by_name():
    ranking = rank_genes(results(["d", "b", "c", "a"], [1.0, 2.0, 1.0, 1.0]))
    assert ranking.stats.index.tolist() == ["b", "a", "c", "d"]
    assert ranking.stats.tolist() == [2.0, 1.0, 1.0, 1.0]
    assert ranking.tie_fraction == 0.75


def test_missing_statistics_are_dropped_and_counted():
    table = results(["a", "b", "c"], [1.0, np.nan, 3.0])
    table.loc[2, "pvalue"] = np.nan  # an outlier: DESeq2 keeps its statistic
    ranking = rank_genes(table)
    assert ranking.stats.index.tolist() == ["a"]
    assert ranking.n_missing == 2


def test_duplicate_names_collapse_to_the_largest_absolute_value():
    ranking = rank_genes(results(["a", "a", "a", "b"], [1.0, -3.0, 2.0, 0.5]))
    assert ranking.stats.to_dict() == {"b": 0.5, "a": -3.0}
    assert ranking.n_duplicates == 2
    tied = rank_genes(results(["a", "a"], [-3.0, 3.0]))
    assert tied.stats.to_dict() == {"a": 3.0}
    assert rank_genes(results(["a", "a"], [3.0, -3.0])).stats.to_dict() == {"a": 3.0}


def test_names_are_never_upper_cased():
    ranking = rank_genes(results(["Trp53", "TRP53"], [1.0, 2.0]))
    assert ranking.stats.index.tolist() == ["TRP53", "Trp53"]


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinite_statistics_are_refused(value):
    table = results(["a", "b"], [1.0, value])
    with pytest.raises(DataError, match="the statistic stat of gene b is infinite; rank by stat"):
        rank_genes(table)


def test_nothing_to_rank_is_refused():
    with pytest.raises(DataError, match="no gene has a statistic; there is nothing to rank"):
        rank_genes(results(["a"], [np.nan]))


@given(
    st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(-4, 4)), min_size=1, max_size=30),
    st.randoms(),
)
def test_row_order_does_not_matter(rows, random):
    names, stats = zip(*rows, strict=True)
    table = results(list(names), stats)
    shuffled = table.sample(frac=1, random_state=random.randint(0, 1000))
    first, second = rank_genes(table), rank_genes(shuffled)
    pd.testing.assert_series_equal(first.stats, second.stats)
    assert first.sentence == second.sentence


def test_excluded_ids_are_left_out():
    ranking = rank_genes(results(["a", "b"], [1.0, 2.0]), exclude=["id1"])
    assert ranking.stats.index.tolist() == ["a"]
    assert ranking.n_missing == 0


def test_signed_log10p_goes_on_where_p_underflowed():
    ranking = rank_genes(results(list("abcd"), [2.0, -5.0, 60.0, -70.0]), "signed_log10p")
    assert ranking.stats.index.tolist() == ["c", "a", "b", "d"]
    assert ranking.stats["a"] == pytest.approx(-math.log10(2 * norm.sf(2.0)))
    assert ranking.stats["b"] == pytest.approx(math.log10(2 * norm.sf(5.0)))
    # 2 P(Z > 60): log of 2 phi(60) / 60 to leading order.
    expected = (60**2 / 2 + math.log(60 * math.sqrt(2 * math.pi) / 2)) / math.log(10)
    assert ranking.stats["c"] == pytest.approx(expected, rel=1e-6)


def test_by_shrunken_fold_change():
    table = results(list("ab"), [1.0, 2.0], log2FoldChange_shrunk=[0.7, 0.1])
    assert rank_genes(table, "lfc_shrunk").stats.to_dict() == {"a": 0.7, "b": 0.1}
    with pytest.raises(UsageError, match="needs shrunken fold changes and the table has none"):
        rank_genes(results(["a"], [1.0]), "lfc_shrunk")
    with pytest.raises(UsageError, match="--rank-by must be one of stat, signed_log10p"):
        rank_genes(table, "pvalue")


def test_the_sentence_counts():
    ranking = rank_genes(results(["a", "a", "b", "c"], [1.0, 2.0, 2.0, np.nan]))
    assert ranking.sentence == (
        "2 genes ranked by stat; 1 without a statistic dropped, 1 duplicate names collapsed to "
        "the largest absolute value, 100.0% tied"
    )


names_in_lists = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8
).filter(lambda name: not name.startswith("#") and name != "\ufeff")


@given(
    st.dictionaries(
        names_in_lists, st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20
    )
)
def test_a_written_ranking_reads_back_the_same(tmp_path_factory, pairs):
    path = tmp_path_factory.mktemp("rnk") / "ranks.rnk"
    ranking = rank_genes(
        results(list(pairs), list(pairs.values())).assign(pvalue=0.5, log2FoldChange=1.0)
    )
    write_rnk(ranking, path)
    pd.testing.assert_series_equal(read_rnk(path).stats, ranking.stats, check_exact=True)


@pytest.mark.parametrize(
    "text",
    [
        "gene\tstat\nA\t2\nB\t-1e-3\n",
        "# a comment\n\nA\t2\nB\t-1e-3\n",
        "# a comment\n# another\n# a third\ngene\tstat\nA\t2\nB\t-0.001",
        "\ufeffA\t2\r\nB\t-1e-3\r\n",
        "A 2\nB   -1e-3\n",
    ],
)
@pytest.mark.parametrize("compressed", [False, True])
def test_reads_lists_as_people_write_them(tmp_path, text, compressed):
    path = tmp_path / "x.rnk"
    path.write_bytes(gzip.compress(text.encode()) if compressed else text.encode())
    ranking = read_rnk(path)
    assert ranking.stats.to_dict() == {"A": 2.0, "B": -0.001}
    assert ranking.by == "x.rnk"


def test_missing_and_repeated_genes_in_a_list(tmp_path):
    path = tmp_path / "x.rnk"
    path.write_text("NA\t2\nA\tNA\nA\tnan\nB\t1\nB\t-4\nC\t\n")
    ranking = read_rnk(path)
    assert ranking.stats.to_dict() == {"NA": 2.0, "B": -4.0}
    assert (ranking.n_missing, ranking.n_duplicates) == (3, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A\t2\nB\thigh\n", "line 2: the statistic 'high' is not a number; write NA"),
        ("gene\tstat\nmore\ttext\nA\t1\n", "line 2: the statistic 'text' is not a number"),
        ("A\t1_000\nB\t1_000\n", "line 2: the statistic '1_000' is not a number"),
        ("A\t2\nB\n", "line 2: 1 column where a ranked list has two, gene and statistic"),
        ("# x\nA\t2\t3\n", "line 2: 3 columns where a ranked list has two"),
        ("A,2\n", "line 1: 1 column where a ranked list has two"),
        ("A\t2\n\t1\n", "line 2: a statistic without a gene"),
        ("# only\n", "no ranked genes in it"),
        ("gene\tstat\n", "no ranked genes in it"),
        ("", "the file is empty"),
        ("A\tinf\n", "gene A is infinite"),
    ],
)
def test_refuses_other_lists(tmp_path, text, message):
    path = tmp_path / "x.rnk"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_rnk(path)


def test_refuses_files_that_are_no_text(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_rnk(tmp_path / "absent.rnk")
    path = tmp_path / "x.rnk"
    path.write_bytes(b"A\t1\nB\xff\t2\n")
    with pytest.raises(DataError, match="line 2"):
        read_rnk(path)


def test_a_map_renames_and_collapses(tmp_path):
    ranking = rank_genes(results(["id_a", "id_b", "id_c"], [1.0, -2.0, 3.0]))
    path = tmp_path / "map.tsv"
    path.write_text("id\tname\nid_a\tTP53\nid_b\tTP53\n")
    renamed = rename_ranking(ranking, path)
    assert renamed.stats.to_dict() == {"id_c": 3.0, "TP53": -2.0}
    assert renamed.n_duplicates == 1
