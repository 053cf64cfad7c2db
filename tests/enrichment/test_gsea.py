"""Preranked gene-set tests against fgsea, under the null, and in any order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control, kstest, norm

from rnaseq_s6k1.enrichment.gsea import GSEA_COLUMNS, run_gsea
from rnaseq_s6k1.enrichment.prerank import get_prerank_method
from rnaseq_s6k1.enrichment.ranking import Ranking, rank_genes, read_rnk
from rnaseq_s6k1.enrichment.running_sum import running_sum
from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.gmt import GeneSet, read_gmt

N_GENES = 2000
NAMES = [f"zz{i:04d}" for i in range(N_GENES)]


def ranking_of(stats) -> Ranking:
    table = pd.DataFrame({"gene_id": NAMES[: len(stats)], "gene_name": NAMES[: len(stats)]})
    p = 2 * norm.sf(np.abs(stats))
    return rank_genes(table.assign(stat=stats, pvalue=p))


@pytest.fixture(scope="module")
def ranking() -> Ranking:
    return ranking_of(np.random.default_rng(0).normal(size=N_GENES) * 1.5)


def drawn(ranking: Ranking, size: int, seed: int, *, end: str = "") -> tuple[str, ...]:
    """Draw a set, from one end of the ranking where one is named."""
    names = ranking.stats.index
    names = {"top": names[:200], "bottom": names[-200:], "": names}[end]
    return tuple(np.random.default_rng(seed).choice(names.to_numpy(str), size, replace=False))


@pytest.fixture(scope="module")
def collections(ranking) -> dict[str, dict[str, GeneSet]]:
    genes = {
        "TOP": drawn(ranking, 30, 1, end="top"),
        "BOTTOM": drawn(ranking, 30, 2, end="bottom"),
        **{f"RANDOM_{i}": drawn(ranking, 20 + 5 * i, 10 + i) for i in range(6)},
        "TINY": drawn(ranking, 3, 3),
        "HUGE": drawn(ranking, 900, 4),
    }
    sets = {name: GeneSet(name, "", members) for name, members in genes.items()}
    return {"one": sets, "two": {"TOP": sets["TOP"], "RANDOM_0": sets["RANDOM_0"]}}


@pytest.fixture(scope="module")
def result(ranking, collections):
    return run_gsea(ranking, collections)


def test_columns_order_and_directions(result):
    table = result.table
    assert tuple(table.columns) == GSEA_COLUMNS
    keys = list(table[["collection", "pvalue", "set"]].itertuples(index=False, name=None))
    assert keys == sorted(keys)
    rows = table[table["collection"] == "one"].set_index("set")
    assert rows.loc["TOP", "nes"] > 1.5
    assert rows.loc["BOTTOM", "nes"] < -1.5
    assert rows.loc[["TOP", "BOTTOM"], "padj"].max() < 1e-6
    assert rows.loc["TOP", "evidence"] == "gene-sampling only"
    assert set(rows.loc[rows["padj"] >= 0.05, "evidence"]) == {"none"}
    for name in ("rotation_pvalue", "rotation_padj", "inter_gene_correlation", "vif"):
        assert table[name].isna().all()
    np.testing.assert_allclose(table["log10_pvalue"], np.log10(table["pvalue"]), atol=1e-9)


def test_sets_of_the_wrong_size_are_dropped_with_the_reason(result):
    assert result.dropped.to_numpy().tolist() == [
        ["one", "HUGE", 900, "over 500 genes found"],
        ["one", "TINY", 3, "under 15 genes found"],
    ]
    assert "TINY" not in set(result.table["set"])


def test_a_set_in_two_collections_is_tested_in_both(result):
    rows = result.table[result.table["set"] == "TOP"].set_index("collection")
    assert rows.index.tolist() == ["one", "two"]
    assert rows["es"].nunique() == 1
    assert rows["leading_edge"].nunique() == 1


def test_families(ranking, collections, result):
    by_collection = run_gsea(ranking, collections, fdr_by="collection")
    assert "all 10 tests of this call" in result.family
    assert "within each collection" in by_collection.family
    first = result.table.set_index(["collection", "set"])
    second = by_collection.table.set_index(["collection", "set"])
    pd.testing.assert_series_equal(first["pvalue"], second["pvalue"])
    np.testing.assert_allclose(first["padj"], false_discovery_control(first["pvalue"]))
    for name in ("one", "two"):
        rows = second.loc[name]
        np.testing.assert_allclose(rows["padj"], false_discovery_control(rows["pvalue"]))
    assert not np.allclose(first["padj"], second["padj"])


def test_the_leading_edge_starts_with_the_most_extreme_gene(ranking, result):
    rows = result.table[result.table["collection"] == "one"].set_index("set")
    for name, sign in (("TOP", 1), ("BOTTOM", -1)):
        edge = rows.loc[name, "leading_edge"].split(",")
        assert len(edge) == rows.loc[name, "leading_edge_size"]
        values = sign * ranking.stats[edge].to_numpy()
        assert (np.diff(values) <= 0).all()
        positions = ranking.stats.index.get_indexer(list(result.members["one", name]))
        expected = running_sum(ranking.stats.to_numpy(), positions)
        assert set(edge) == set(ranking.stats.index[expected.leading_edge])
        assert rows.loc[name, "es"] == pytest.approx(expected.es, abs=1e-12)


def test_neither_order_nor_cores_matter(collections, result, ranking):
    turned = {name: dict(reversed(sets.items())) for name, sets in reversed(collections.items())}
    turned["one"] = {
        name: GeneSet(name, "other words", one.genes[::-1]) for name, one in turned["one"].items()
    }
    rows = ranking.stats.sample(frac=1, random_state=0)
    table = pd.DataFrame({"gene_id": rows.index, "gene_name": rows.index, "stat": rows.to_numpy()})
    shuffled = rank_genes(table.assign(pvalue=0.5))
    for jobs in (1, 2):
        again = run_gsea(shuffled, turned, jobs=jobs)
        pd.testing.assert_frame_equal(again.table, result.table, check_exact=True)
        pd.testing.assert_frame_equal(again.dropped, result.dropped)


def test_the_seed_matters_and_zero_is_one(ranking, collections, result):
    other = run_gsea(ranking, collections, seed=1)
    assert not other.table["pvalue"].equals(result.table["pvalue"])
    merged = other.table.merge(result.table, on=["collection", "set"])
    moderate = merged["pvalue_x"] > 1e-3
    np.testing.assert_allclose(
        merged.loc[moderate, "pvalue_x"], merged.loc[moderate, "pvalue_y"], rtol=0.15
    )


def test_excluded_genes_leave_the_ranking_and_the_sets(ranking, collections, result):
    gone = result.members["one", "TOP"][0]
    again = run_gsea(ranking, collections, exclude=[gone])
    assert gone not in again.members["one", "TOP"]
    assert not again.table["leading_edge"].str.split(",").map(lambda edge: gone in edge).any()
    size = again.table.set_index(["collection", "set"])["size"]
    assert size["one", "TOP"] == 29


def test_written_files(result, tmp_path):
    paths = result.write(tmp_path)
    assert [path.name for path in paths] == [
        "gsea.tsv",
        "dropped_sets.tsv",
        "ranks.rnk",
        "running_sums.tsv",
    ]
    table = pd.read_csv(paths[0], sep="\t", float_precision="round_trip")
    assert table.columns.tolist() == list(GSEA_COLUMNS)
    np.testing.assert_array_equal(table["pvalue"], result.table["pvalue"])
    pd.testing.assert_series_equal(read_rnk(paths[2]).stats, result.ranking.stats)


@pytest.mark.parametrize("end", ["top", "bottom"])
@pytest.mark.parametrize(
    "size",
    [15, pytest.param(60, marks=pytest.mark.slow), pytest.param(400, marks=pytest.mark.slow)],
)
def test_a_set_that_fills_one_end_has_a_small_p_above_zero(ranking, end, size):
    """Gseapy itself never ends on these: no other set reaches their score."""
    names = ranking.stats.index
    genes = tuple(names[:size] if end == "top" else names[-size:])
    sets = {"x": {"FULL": GeneSet("FULL", "", genes)}}
    ours = run_gsea(ranking, sets).table.iloc[0]
    assert 0 < ours["pvalue"] < 1e-25
    assert ours["relative_error"] < 0.1
    row = run_gsea(ranking, sets, method="multilevel").table.iloc[0]
    assert abs(row["es"]) == pytest.approx(1.0)
    assert 1e-100 <= row["pvalue"] < 1e-25
    assert row["log10_pvalue"] == pytest.approx(np.log10(row["pvalue"]))
    assert np.isnan(row["relative_error"])


def test_p_of_random_sets_of_independent_genes_is_uniform(ranking):
    sets = {
        f"S{i:03d}": GeneSet(f"S{i:03d}", "", drawn(ranking, 15 + i % 40, 100 + i))
        for i in range(400)
    }
    pvalues = run_gsea(ranking, {"random": sets}).table["pvalue"]
    assert kstest(pvalues, "uniform").pvalue > 0.001
    assert 0.02 < (pvalues < 0.05).mean() < 0.09


@pytest.mark.shared_data
@pytest.mark.slow
def test_against_fgsea_on_a_real_ranking(shared):
    reference = shared / "reference"
    ranking = read_rnk(reference / "t47d_wt_stat.rnk.gz")
    sets = {
        "hallmark": read_gmt(shared / "gene_sets" / "h.all.v2025.1.Hs.symbols.gmt"),
        "kegg": read_gmt(shared / "gene_sets" / "c2.cp.kegg_legacy.v2025.1.Hs.symbols.gmt"),
    }
    table = run_gsea(ranking, sets, jobs=2).table.set_index("set")
    expected = pd.read_csv(
        reference / "t47d_wt_fgsea_1.31.6_multilevel.tsv.gz", sep="\t", index_col="pathway"
    )
    assert set(table.index) == set(expected.index)
    # Aliases let some sets find a gene more than fgsea did; the others hold the same genes.
    same = table.index[table["size"] == expected.loc[table.index, "size"]]
    assert len(same) > 180
    found, expected = table.loc[same], expected.loc[same]
    np.testing.assert_allclose(found["es"], expected["ES"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(found["nes"], expected["NES"], rtol=0.02)
    decades = (found["log10_pvalue"] - np.log10(expected["pval"])).abs()
    assert decades.median() < 0.02
    # Far out the multilevel method with samples of 101 wavers by up to a decade.
    assert decades[found["log10_pvalue"] > -15].max() < 0.5
    assert decades.max() < 1.2
    edges = found["leading_edge"].str.split(",").map(frozenset)
    expected_edges = expected["leadingEdge"].str.split(",").map(frozenset)
    assert (edges == expected_edges).mean() > 0.99


def test_refusals(ranking, collections):
    with pytest.raises(
        UsageError, match="no method is called 'magic'; choose one of importance, multilevel"
    ):
        get_prerank_method("magic")
    with pytest.raises(UsageError, match="--min-size 20 and --max-size 10 must be in order"):
        run_gsea(ranking, collections, min_size=20, max_size=10)
    with pytest.raises(DataError, match="only 0 of 3 genes of the gene sets"):
        run_gsea(ranking, {"x": {"S": GeneSet("S", "", ("yy1", "yy2", "yy3"))}})
