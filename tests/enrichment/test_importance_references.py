"""Scores against fgsea and the Broad program, p-values against fgsea on a real ranking."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.enrichment.importance import Importance
from rnaseq_s6k1.enrichment.located import locate_sets
from rnaseq_s6k1.enrichment.ranking import read_rnk
from rnaseq_s6k1.io.gmt import read_gmt

pytestmark = pytest.mark.shared_data


def fgsea_ranking(folder) -> pd.Series:
    values = np.loadtxt(folder / "inputs" / "stats.tsv", skiprows=1)
    assert (np.diff(values) <= 0).all()
    return pd.Series(values, index=[f"g{i + 1}" for i in range(len(values))])


def of_positions(positions) -> list[str]:
    return [f"g{int(position)}" for position in positions]


def test_scores_of_fgsea_kernels(shared):
    folder = shared / "data" / "gsea_reference" / "fgsea_cpp"
    stats = fgsea_ranking(folder)
    lines = (folder / "inputs" / "pathways.tsv").read_text().splitlines()
    sets = {f"S{k}": of_positions(line.split()) for k, line in enumerate(lines)}
    expected = pd.read_csv(folder / "refs" / "ref_calcGseaStatBatchCpp.tsv", sep="\t")
    located = locate_sets(stats, sets, weight=1.0, score_type="std")
    np.testing.assert_array_equal(located.sizes, expected["size"])
    np.testing.assert_allclose(located.scores, expected["ES"], rtol=0, atol=1e-12)


@pytest.mark.parametrize("score_type", ["std", "pos", "neg"])
def test_scores_of_growing_sets(shared, score_type):
    folder = shared / "data" / "gsea_reference" / "fgsea_cpp"
    stats = fgsea_ranking(folder)
    chosen = np.loadtxt(folder / "inputs" / "cumulative_selectedStats.tsv", ndmin=1)
    expected = pd.read_csv(folder / "refs" / "ref_calcGseaStatCumulative.tsv", sep="\t")
    values = expected[expected["scoreType"] == score_type]["value"]
    sets = {f"S{k:03d}": of_positions(chosen[: k + 1]) for k in range(len(chosen))}
    located = locate_sets(stats, sets, weight=1.0, score_type=score_type)
    assert len(values) == len(chosen)
    np.testing.assert_allclose(located.scores, values, rtol=0, atol=1e-12)


def test_scores_of_the_desktop_program(shared):
    folder = shared / "data" / "gsea_reference" / "gsea_desktop_edb"
    stats = read_rnk(folder / "gsea_data.gsea_data.rnk").stats
    text = (folder / "results.edb").read_text(encoding="utf-8")
    printed = dict(re.findall(r'GENESET="gene_sets.gmt#([^"]+)" ES="([^"]+)"', text))
    sets = {
        name: [gene for gene in gene_set.genes if gene in stats.index]
        for name, gene_set in read_gmt(folder / "gene_sets.gmt").items()
        if name in printed
    }
    located = locate_sets(stats, sets, weight=1.0, score_type="std")
    assert len(sets) >= 5
    for name, score in zip(located.labels, located.scores, strict=True):
        assert score == pytest.approx(float(printed[name]), abs=5.1e-5), name


@pytest.fixture(scope="module")
def real(shared):
    """T47D with over without estradiol: the sets in fgsea's size range, and its table."""
    reference = shared / "reference"
    stats = read_rnk(reference / "t47d_wt_stat.rnk.gz").stats
    expected = pd.read_csv(
        reference / "t47d_wt_fgsea_1.31.6_multilevel.tsv.gz", sep="\t", index_col="pathway"
    )
    sets = {}
    for name in ("h.all", "c2.cp.kegg_legacy"):
        path = shared / "gene_sets" / f"{name}.v2025.1.Hs.symbols.gmt"
        for label, gene_set in read_gmt(path).items():
            if label in expected.index:
                sets[label] = [gene for gene in gene_set.genes if gene in stats.index]
    located = locate_sets(stats, sets, weight=1.0, score_type="std")
    return located, expected.loc[located.labels]


@pytest.mark.slow
def test_against_fgsea_on_a_real_ranking(real):
    located, expected = real
    found = Importance().test(located, seed=0, jobs=2)
    assert len(found) == 207
    np.testing.assert_array_equal(located.sizes, expected["size"])
    np.testing.assert_allclose(found["es"], expected["ES"], rtol=0, atol=1e-12)
    assert (found["nes"] - expected["NES"]).abs().max() < 0.03
    decades = (found["log10_pvalue"] - np.log10(expected["pval"])).abs()
    theirs = expected["log2err"].fillna(0.0) * math.log10(2)
    ours = found["relative_error"] / math.log(10)
    allowed = np.maximum(0.05, 3 * np.hypot(theirs, ours))
    assert (decades <= allowed).mean() >= 0.99
    assert decades.max() < 0.6
    assert found["log10_pvalue"].min() < -55


@pytest.mark.slow
def test_two_seeds_agree(real):
    located, _ = real
    one, two = (Importance().test(located, seed=seed, jobs=2) for seed in (1, 2))
    likely = one["log10_pvalue"] > -20
    assert (one["log10_pvalue"] - two["log10_pvalue"])[likely].abs().max() < 0.15
    assert (one["relative_error"] < 0.2).all()
