"""Over-representation against Fisher's exact test, its family, its universe, its lists."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from rnaseq_s6k1.enrichment.ora import ORA_COLUMNS, ora_lists, read_gene_list, run_ora
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.gmt import GeneSet

GENES = [f"zz{i:04d}" for i in range(1000)]


def one_set(genes, name: str = "S") -> dict[str, dict[str, GeneSet]]:
    return {"c": {name: GeneSet(name, "", tuple(genes))}}


@settings(deadline=None)
@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 12), st.integers(0, 60))
def test_against_fisher(both, set_only, list_only, neither):
    if both + set_only == 0:
        set_only = 1
    n = both + set_only + list_only + neither
    universe = GENES[:n]
    members = universe[: both + set_only]
    listed = universe[:both] + universe[both + set_only : both + set_only + list_only]
    row = run_ora({"list": listed}, universe, one_set(members), min_size=1).table.iloc[0]
    cells = [[both, set_only], [list_only, neither]]
    expected = fisher_exact(cells, alternative="greater")
    assert row["pvalue"] == pytest.approx(expected.pvalue, rel=1e-9)
    sample = expected.statistic
    if np.isfinite(sample) and 0 < row["odds_ratio"] < np.inf:
        # The conditional estimate is on the same side of 1 as the sample's, and nearer.
        assert abs(np.log(row["odds_ratio"])) <= abs(np.log(sample)) + 1e-9
        assert np.log(row["odds_ratio"]) * np.log(sample) >= -1e-12
    if np.isfinite(row["odds_ratio"]):
        assert row["odds_ratio_ci_low"] <= row["odds_ratio"] <= row["odds_ratio_ci_high"]
    # The interval lies above 1 where the one-sided p is below half of 5 %.
    assert (row["odds_ratio_ci_low"] > 1) == (row["pvalue"] < 0.025) or row[
        "pvalue"
    ] == pytest.approx(0.025)
    assert (row["size"], row["overlap"]) == (both + set_only, both)
    assert row["expected"] == pytest.approx((both + list_only) * (both + set_only) / n)


def test_columns_order_and_genes():
    sets = {
        "b": {"X": GeneSet("X", "", tuple(GENES[:20]))},
        "a": {
            "Y": GeneSet("Y", "", tuple(GENES[10:40])),
            "Z": GeneSet("Z", "", tuple(GENES[500:520])),
        },
    }
    result = run_ora({"up": GENES[5:15], "down": GENES[500:505]}, GENES, sets)
    table = result.table
    assert tuple(table.columns) == ORA_COLUMNS
    keys = list(
        table[["collection", "pvalue", "set", "direction"]].itertuples(index=False, name=None)
    )
    assert keys == sorted(keys)
    rows = table.set_index(["set", "direction"])
    assert rows.loc[("X", "up"), "genes"] == ",".join(GENES[5:15])
    assert rows.loc[("Y", "up"), "genes"] == ",".join(GENES[10:15])
    assert (result.n_universe, result.n_listed) == (1000, {"up": 10, "down": 5})


def test_sets_without_overlap_stay_in_the_family():
    sets = {
        "c": {
            "HIT": GeneSet("HIT", "", tuple(GENES[:20])),
            **{
                f"MISS{i}": GeneSet(f"MISS{i}", "", tuple(GENES[100 + 20 * i : 120 + 20 * i]))
                for i in range(9)
            },
        }
    }
    result = run_ora({"list": GENES[:10]}, GENES, sets)
    rows = result.table.set_index("set")
    assert len(rows) == 10
    assert rows.loc["HIT", "padj"] == pytest.approx(10 * rows.loc["HIT", "pvalue"])
    missed = rows.drop(index="HIT")
    assert (missed["pvalue"] == 1).all()
    assert (missed["overlap"] == 0).all()
    assert (missed["odds_ratio"] == 0).all()
    assert (missed["odds_ratio_ci_low"] == 0).all()
    assert (missed["odds_ratio_ci_high"] > 0).all()
    assert (missed["fold_enrichment"] == 0).all()
    assert rows.loc["HIT", "fold_enrichment"] == pytest.approx(10 / (10 * 20 / 1000))
    assert (missed["genes"] == "").all()
    assert "all 10 tests" in result.family


def test_families_by_collection():
    sets = {**one_set(GENES[:20]), "d": {"T": GeneSet("T", "", tuple(GENES[300:320]))}}
    whole = run_ora({"list": GENES[:10]}, GENES, sets).table
    split = run_ora({"list": GENES[:10]}, GENES, sets, fdr_by="collection").table
    np.testing.assert_array_equal(whole["pvalue"], split["pvalue"])
    assert whole["padj"].iloc[0] == pytest.approx(2 * split["padj"].iloc[0])


def test_set_genes_outside_the_universe_do_not_count():
    row = run_ora({"list": GENES[:5]}, GENES[:100], one_set(GENES[90:130]), min_size=5).table.iloc[
        0
    ]
    assert row["size"] == 10


def test_order_does_not_matter():
    sets = {"c": {f"S{i}": GeneSet(f"S{i}", "", tuple(GENES[i : i + 20])) for i in range(5)}}
    turned = {"c": dict(reversed(sets["c"].items()))}
    first = run_ora({"up": GENES[:9], "down": GENES[20:30]}, GENES, sets)
    second = run_ora({"down": GENES[29:19:-1], "up": GENES[8::-1]}, GENES[::-1], turned)
    pd.testing.assert_frame_equal(first.table, second.table, check_exact=True)


def test_p_of_random_lists_is_conservative_and_not_far_from_uniform():
    rng = np.random.default_rng(0)
    sets = {
        "c": {
            f"S{i:03d}": GeneSet(f"S{i:03d}", "", tuple(rng.choice(GENES, 100, replace=False)))
            for i in range(500)
        }
    }
    listed = rng.choice(GENES, 200, replace=False)
    pvalues = run_ora({"list": listed}, GENES, sets).table["pvalue"]
    for level in (0.05, 0.2, 0.5):
        share = (pvalues <= level).mean()
        assert share <= level + 4 * np.sqrt(level * (1 - level) / 500)
    assert (pvalues <= 0.5).mean() > 0.3


def test_lists_from_a_results_table():
    table = pd.DataFrame(
        {
            "gene_id": ["1", "2", "3", "4", "5"],
            "gene_name": ["A", "B", "C", "D", "E"],
            "pvalue": [0.01, 0.02, 0.5, np.nan, 0.01],
            "direction": ["up", "down", "none", "none", "up"],
        }
    )
    lists, universe = ora_lists(table, "both")
    assert lists == {"up": {"A", "E"}, "down": {"B"}}
    assert universe == {"A", "B", "C", "E"}
    lists, universe = ora_lists(table, "up", exclude=["5"])
    assert lists == {"up": {"A"}}
    assert universe == {"A", "B", "C"}


def test_a_listed_gene_outside_the_universe_is_refused():
    message = (
        "2 of the 3 listed genes \\(up\\) are not in the universe, the first is yy1; the universe"
    )
    with pytest.raises(DataError, match=message):
        run_ora({"up": ["yy2", "yy1", GENES[0]]}, GENES, one_set(GENES[:20]))


@pytest.mark.parametrize("compressed", [False, True])
def test_gene_lists_as_people_write_them(tmp_path, compressed):
    text = "\ufeff# mine\nTP53\r\n\n  MYC  \nNA\nTP53\n1e5"
    path = tmp_path / "genes.txt"
    path.write_bytes(gzip.compress(text.encode()) if compressed else text.encode())
    # The comment stands behind a byte order mark.
    assert read_gene_list(path) == {"TP53", "MYC", "NA", "1e5"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"TP53\nMYC,CCNE1\n", "line 2: several columns where a gene list has one gene a line"),
        (b"TP53\t1.5\n", "line 1: several columns"),
        (b"# nothing\n\n", "no genes in it; write one a line"),
        (b"", "the file is empty"),
        (b"TP53\nM\xffC\n", "line 2"),
    ],
)
def test_refuses_other_lists(tmp_path, content, message):
    path = tmp_path / "genes.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_gene_list(path)


def test_refuses_an_absent_list(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_gene_list(tmp_path / "absent.txt")


def test_the_written_table_reads_back(tmp_path):
    result = run_ora({"up": GENES[:9]}, GENES, one_set(GENES[:20]))
    assert [path.name for path in result.write(tmp_path)] == ["ora.tsv"]
    back = pd.read_csv(tmp_path / "ora.tsv", sep="\t", float_precision="round_trip")
    pd.testing.assert_frame_equal(back, result.table, check_exact=True)
