"""Leading edges compared: against sets counted by hand; names, bounds, order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.enrichment.leading_edges import (
    GENE_COLUMNS,
    OVERLAP_COLUMNS,
    enriched_sets,
    leading_edges,
)
from rnaseq_s6k1.io.tables import read_table


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "collection": ["h", "h", "h", "k", "k"],
            "set": ["A", "B", "C", "A", "D"],
            "nes": [2.0, 2.5, -1.8, 1.9, 0.4],
            "pvalue": [1e-5, 1e-9, 1e-3, 1e-5, 0.6],
            "padj": [1e-4, 1e-8, 1e-2, 1e-4, 0.6],
            "leading_edge": ["x,y", "x,y,z", "n", "y", "q"],
        }
    )


STATS = pd.Series([5.0, 4.0, 3.0, -2.0, 1.0], index=["x", "y", "z", "n", "q"])


def test_pairs_and_genes_are_counted(table):
    edges = leading_edges(table, STATS)
    assert tuple(edges.overlap.columns) == OVERLAP_COLUMNS
    rows = {(row.set_a, row.set_b): row for row in edges.overlap.itertuples()}
    # By p; at equal p the stronger score; the shared name has its collection before it.
    assert list(rows) == [
        ("B", "h:A"), ("B", "k:A"), ("B", "C"), ("h:A", "k:A"), ("h:A", "C"), ("k:A", "C"),
    ]  # fmt: skip
    assert tuple(rows["B", "h:A"][3:]) == (3, 2, 2, 2 / 3)
    assert tuple(rows["h:A", "k:A"][3:]) == (2, 1, 1, 1 / 2)
    assert tuple(rows["B", "C"][3:]) == (3, 1, 0, 0.0)
    assert tuple(edges.genes.columns) == GENE_COLUMNS
    assert edges.genes.to_numpy().tolist() == [
        ["y", 3, "B,h:A,k:A", 4.0], ["x", 2, "B,h:A", 5.0], ["z", 1, "B", 3.0], ["n", 1, "C", -2.0],
    ]  # fmt: skip
    assert (edges.n_enriched, edges.n_compared) == (4, 4)


def test_the_number_of_sets_is_bounded(table):
    edges = leading_edges(table, STATS, most_sets=2)
    assert (edges.n_enriched, edges.n_compared, len(edges.overlap)) == (4, 2, 1)
    assert set(edges.genes["gene"]) == {"x", "y", "z"}


def test_another_fdr_decides(table):
    table["rotation_padj"] = [np.nan, 0.01, 0.5, 0.5, 0.5]
    assert list(enriched_sets(table, fdr="rotation_padj")["label"]) == ["B"]


def test_none_enriched_gives_empty_tables_that_read_back(table, tmp_path):
    edges = leading_edges(table.assign(padj=1.0), STATS)
    assert edges.overlap.empty
    assert edges.genes.empty
    paths = edges.write(tmp_path)
    assert [path.name for path in paths] == ["leading_edge_overlap.tsv", "leading_edge_genes.tsv"]
    assert tuple(read_table(paths[0]).columns) == OVERLAP_COLUMNS
    assert tuple(read_table(paths[1]).columns) == GENE_COLUMNS


def test_row_order_does_not_matter(table):
    first, second = leading_edges(table, STATS), leading_edges(table.iloc[::-1], STATS[::-1])
    pd.testing.assert_frame_equal(first.overlap, second.overlap)
    pd.testing.assert_frame_equal(first.genes, second.genes)
