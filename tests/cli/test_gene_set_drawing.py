"""What the figures of the gene-set step are drawn from."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.cli import figures
from rnaseq_s6k1.design.contrast import Contrast
from rnaseq_s6k1.enrichment.gsea import GSEAResult
from rnaseq_s6k1.enrichment.ranking import rank_genes
from rnaseq_s6k1.enrichment.running_sum import running_sum

CONTRAST = Contrast("group", "siS6K1", "siNC")


@pytest.fixture
def results() -> pd.DataFrame:
    """A differential expression table in which one name has two rows."""
    rng = np.random.default_rng(3)
    stat = rng.normal(0, 3, 300)
    return pd.DataFrame(
        {
            "gene_id": [f"E{i:03d}" for i in range(300)],
            "gene_name": ["TWICE", *(f"G{i}" for i in range(1, 299)), "TWICE"],
            "log2FoldChange": stat / 4,
            "stat": stat,
            "pvalue": 0.5,
        }
    )


@pytest.fixture
def tested(results) -> GSEAResult:
    """Two collections that share the name of a set."""
    ranking = rank_genes(results)
    stats, rows, members = ranking.stats, [], {}
    for i, (collection, name) in enumerate((("a", "S"), ("b", "S"), ("b", "T"))):
        genes = tuple(stats.index[20 * i : 20 * i + 25])
        members[collection, name] = genes
        curve = running_sum(stats.to_numpy(), stats.index.get_indexer(pd.Index(genes)))
        rows.append(
            {
                **{"collection": collection, "set": name, "size": 25, "es": curve.es},
                **{"nes": 2 * curve.es, "pvalue": 10.0 ** -(i + 1), "padj": 10.0**-i},
                **{"rotation_pvalue": np.nan, "rotation_padj": np.nan, "evidence": "none"},
                "leading_edge": ",".join(stats.index[curve.leading_edge]),
            }
        )
    return GSEAResult(pd.DataFrame(rows), ranking, members, pd.DataFrame(), "")


def test_all_figures_are_drawn_from_what_was_tested(tested, results, tmp_path):
    paths = figures.draw_gsea_figures(tested, CONTRAST, tmp_path, results=results)
    assert len(paths) == 16
    ridges = (tmp_path / "ridges.svg").read_text(encoding="utf-8")
    assert ">log2 fold change (siS6K1 / siNC)<" in ridges
    # Sets of one name are told apart where both stand.
    assert ">S (a)<" in ridges
    assert ">S (b)<" in ridges


def test_a_bare_ranking_shows_its_own_statistic(tested, tmp_path):
    figures.draw_gsea_figures(tested, None, tmp_path)
    ridges = (tmp_path / "ridges.svg").read_text(encoding="utf-8")
    assert ">Wald statistic<" in ridges
    assert "fold change" not in ridges


def test_a_name_of_two_rows_has_the_change_of_the_one_that_was_ranked(tested, results):
    changes, label = figures._gene_changes(tested, results, CONTRAST, "Wald statistic")
    assert label == "log2 fold change (siS6K1 / siNC)"
    assert np.allclose(changes.to_numpy() * 4, tested.ranking.stats.to_numpy())
    assert list(changes.index) == list(tested.ranking.stats.index)
    unknown = results.assign(log2FoldChange=np.nan)
    assert figures._gene_changes(tested, unknown, CONTRAST, "x")[1] == "x"


def test_what_cannot_be_drawn_is_said_and_stops_nothing(tested, tmp_path, caplog):
    nothing = GSEAResult(tested.table.head(0), tested.ranking, {}, tested.dropped, "")
    with caplog.at_level(logging.WARNING):
        paths = figures.draw_gsea_figures(nothing, CONTRAST, tmp_path)
    assert "figure running_sums was not drawn: there is no gene set to draw" in caplog.text
    assert {path.stem for path in paths} == {
        *("gene_sets", "ridges", "leading_edge_heatmap"),
        *("leading_edge_jaccard", "leading_edge_genes", "enrichment_map"),
    }
