"""Preranked GSEA against fgsea and the Broad program on real rankings."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.enrichment.gsea import run_gsea
from rnaseq_s6k1.enrichment.importance import Importance, view_from
from rnaseq_s6k1.enrichment.kernels.importance_sampling import Effort, tail_probabilities
from rnaseq_s6k1.enrichment.kernels.score import POSITIVE
from rnaseq_s6k1.enrichment.located import locate_sets
from rnaseq_s6k1.enrichment.ranking import Ranking, read_rnk
from rnaseq_s6k1.io.gmt import GeneSet, read_gmt

# log2err, fgsea's standard error of log2 p, in decades.
DECADES = 0.301


@pytest.fixture(scope="module")
def t47d(shared) -> tuple[Ranking, dict[str, dict[str, GeneSet]], pd.DataFrame]:
    """The T47D ranking, Hallmark and KEGG as its genes are named, and fgsea's table."""
    ranking = read_rnk(shared / "reference" / "t47d_wt_stat.rnk.gz")
    expected = pd.read_csv(
        shared / "reference" / "t47d_wt_fgsea_1.31.6_multilevel.tsv.gz",
        sep="\t",
        index_col="pathway",
    )
    named = set(ranking.stats.index)
    sets = {}
    for name in ("h.all.v2025.1.Hs", "c2.cp.kegg_legacy.v2025.1.Hs"):
        read = read_gmt(shared / "gene_sets" / f"{name}.symbols.gmt")
        # fgsea knows no aliases.
        sets[name] = {
            key: GeneSet(key, "", tuple(gene for gene in one.genes if gene in named))
            for key, one in read.items()
            if any(gene in named for gene in one.genes)
        }
    return ranking, sets, expected


@pytest.fixture(scope="module")
def tables(t47d) -> list[pd.DataFrame]:
    """Our tables with three seeds, in the order of fgsea's."""
    ranking, sets, expected = t47d
    return [
        run_gsea(ranking, sets, seed=seed, jobs=2).table.set_index("set").loc[expected.index]
        for seed in (0, 1, 2)
    ]


@pytest.mark.shared_data
def test_sets_scores_and_leading_edges_are_those_of_fgsea(t47d, tables):
    _, _, expected = t47d
    found = tables[0]
    assert len(found) == len(expected) == 207
    assert (found["size"] == expected["size"]).all()
    np.testing.assert_allclose(found["es"], expected["ES"], rtol=0, atol=1e-12)
    edges = found["leading_edge"].str.split(",").map(frozenset)
    assert (edges == expected["leadingEdge"].str.split(",").map(frozenset)).all()


@pytest.mark.shared_data
def test_p_and_nes_agree_with_fgsea_down_to_1e_62(t47d, tables):
    _, _, expected = t47d
    theirs = np.log10(expected["pval"])
    assert theirs.min() < -61
    for found in tables:
        difference = (found["log10_pvalue"] - theirs).abs()
        own = found["relative_error"] / np.log(10)
        bound = np.maximum(0.05, 3 * np.hypot(expected["log2err"] * DECADES, own))
        assert (difference <= bound).mean() >= 0.99
        assert difference.max() <= 0.6
        assert (found["nes"] - expected["NES"]).abs().max() <= 0.03
        assert (found["relative_error"] < 0.2).all()


@pytest.mark.shared_data
def test_seeds_differ_by_less_than_0_15_decades(tables):
    logs = pd.concat([found["log10_pvalue"] for found in tables], axis=1)
    moderate = logs.max(axis=1) >= -20
    assert moderate.sum() > 200
    spread = logs.max(axis=1) - logs.min(axis=1)
    assert spread[moderate].max() < 0.15
    assert spread.max() < 0.6


@pytest.mark.shared_data
def test_multilevel_is_a_second_opinion(t47d, tables):
    ranking, sets, _ = t47d
    some = {
        "h": {
            key: one
            for key, one in sets["h.all.v2025.1.Hs"].items()
            if key.endswith(("P53_PATHWAY", "SPERMATOGENESIS", "APOPTOSIS", "COAGULATION"))
        }
    }
    other = run_gsea(ranking, some, method="multilevel").table.set_index("set")
    assert len(other) == 4
    ours = tables[0].loc[other.index]
    np.testing.assert_allclose(other["es"], ours["es"], atol=1e-9)
    np.testing.assert_allclose(other["nes"], ours["nes"], rtol=0.03)
    error = np.hypot(other["relative_error"], ours["relative_error"]) / np.log(10)
    assert (
        (other["log10_pvalue"] - ours["log10_pvalue"]).abs() < np.maximum(0.05, 4 * error)
    ).all()


@pytest.mark.shared_data
def test_against_the_multilevel_kernel_of_fgsea(shared):
    """Chances of scores on ranks 1 to 3,000, down to 1e-50; with samples of 101 fgsea wavers."""
    folder = shared / "data" / "gsea_reference" / "fgsea_cpp"
    ranks = pd.read_csv(folder / "inputs" / "multilevel_ranks.tsv", header=None)[0]
    expected = pd.read_csv(folder / "refs" / "ref_fgseaMultilevelCpp.tsv", sep="\t")
    weights = ranks.to_numpy(dtype=float)
    effort = Effort(256, 128, 0.06, -np.inf, 0.0)
    for row in expected.itertuples():
        log_p, errors, draws = np.empty(1), np.empty(1), np.empty(1, dtype=np.int64)
        tail_probabilities(
            0,
            np.zeros(1, dtype=np.uint64),
            np.array([row.pathwaySize]),
            np.array([abs(row.ES)]),
            POSITIVE,
            view_from(weights, turned=row.ES < 0),
            effort,
            log_p,
            errors,
            draws,
        )
        difference = abs(log_p[0] / np.log(10) - np.log10(row.cppMPval))
        assert difference < max(0.05, 3 * np.hypot(row.log2err * DECADES, errors[0] / np.log(10)))


def desktop_run(shared: Path) -> tuple[pd.Series, list[dict[str, str]]]:
    folder = shared / "data" / "gsea_reference" / "gsea_desktop_edb"
    ranked = pd.read_csv(folder / "gsea_data.gsea_data.rnk", sep="\t", header=None)
    stats = pd.Series(ranked[1].to_numpy(), index=ranked[0].astype(str))
    rows = [row.attrib for row in ET.parse(folder / "results.edb").getroot().iter("DTG")]
    return stats, rows


@pytest.mark.shared_data
def test_against_the_broad_program(shared):
    stats, rows = desktop_run(shared)
    sets = {
        row["GENESET"].partition("#")[2]: [stats.index[int(i)] for i in row["HIT_INDICES"].split()]
        for row in rows
    }
    located = locate_sets(stats, sets)
    table = Importance().test(located, seed=0, jobs=1)
    assert len(table) >= 5
    for row in rows:
        found = table.loc[row["GENESET"].partition("#")[2]]
        assert found["es"] == pytest.approx(float(row["ES"]), abs=5.1e-5)
        # It permuted samples' labels or genes? Its null is its own, so p only agrees in size.
        null = np.array([float(value) for value in row["RND_ES"].split()])
        same_side = null[np.sign(null) == np.sign(found["es"])]
        error = same_side.std() / np.abs(same_side).mean() / np.sqrt(len(same_side))
        expected = found["es"] / np.abs(same_side).mean()
        assert found["nes"] == pytest.approx(expected, rel=5 * error + 0.02)
