"""Figures of leading edges show the genes of the table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from figure_checks import (
    all_text,
    assert_everything_inside,
)
from gene_set_tables import make_sets, ranking
from matplotlib.collections import PathCollection

from rnaseq_s6k1.enrichment.set_network import set_overlaps
from rnaseq_s6k1.plots.driving_genes import driving_genes
from rnaseq_s6k1.plots.leading_edge_heatmap import leading_edge_heatmap
from rnaseq_s6k1.plots.leading_edge_jaccard import leading_edge_jaccard
from rnaseq_s6k1.plots.leading_edge_ridges import leading_edge_ridges
from rnaseq_s6k1.plots.set_labels import set_labels


def test_ridges_stand_in_order_and_reach_as_far_as_the_genes():
    table, _ = make_sets(8)
    stats = ranking()
    ax = leading_edge_ridges(table, stats, label="Wald statistic")
    assert ax.get_xlabel() == "Wald statistic"
    ordered = table.sort_values(["nes", "set"], ascending=[False, True])
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert names == set_labels(ordered["set"].tolist())
    first = stats.reindex(ordered["leading_edge"].iloc[0].split(","))
    ridge = next(c for c in ax.collections if c.get_facecolors().size)
    x = ridge.get_paths()[0].vertices[:, 0]
    assert x.min() == pytest.approx(first.min())
    assert x.max() == pytest.approx(first.max())


def test_few_or_equal_genes_are_circles_and_unknown_ones_are_passed_over():
    table, _ = make_sets(3)
    table["leading_edge"] = ["N1,N2,absent", "absent", ",".join(f"N{i}" for i in range(20, 40))]
    values = ranking().copy()
    values.iloc[20:40] = 1.0
    values.iloc[1] = np.nan
    ax = leading_edge_ridges(table, values)
    circles = [len(c.get_offsets()) for c in ax.collections if isinstance(c, PathCollection)]
    assert sorted(circles) == [1, 20]
    assert len(ax.get_yticklabels()) == 2
    assert_everything_inside(ax)


def test_heatmap_shows_the_members_of_each_leading_edge():
    table, _ = make_sets(6)
    ax = leading_edge_heatmap(table, ranking(), genes=30)
    genes = [text.get_text() for text in ax.get_xticklabels()]
    sets = [text.get_text() for text in ax.get_yticklabels()]
    edges = dict(
        zip(set_labels(table["set"].tolist()), table["leading_edge"].str.split(","), strict=True)
    )
    (cells,) = [c for c in ax.collections if c.get_array() is not None]
    rows = np.asarray(ax.get_yticks())
    drawn = {
        (
            sets[np.abs(rows - path.vertices[:4, 1].mean()).argmin()],
            genes[round(path.vertices[:4, 0].mean())],
        )
        for path in cells.get_paths()
    }
    expected = {(name, gene) for name in sets for gene in genes if gene in edges[name]}
    assert drawn == expected
    assert "30 of" in all_text(ax)
    low, high = cells.get_clim()
    assert low == -high


def test_jaccard_cells_are_the_table():
    _, members = make_sets(9)
    overlap = set_overlaps(members, every_pair=True)
    ax = leading_edge_jaccard(overlap, list(members))
    names = [text.get_text() for text in ax.get_yticklabels()]
    shown = np.asarray(ax.images[0].get_array().filled(np.nan))
    back = dict(zip(set_labels(list(members), width=60), members, strict=True))
    for (a, b), value in np.ndenumerate(shown):
        one, other = set(members[back[names[a]]]), set(members[back[names[b]]])
        expected = np.nan if a == b else len(one & other) / len(one | other)
        assert value == pytest.approx(expected, nan_ok=True)
    counts = {text.get_text() for text in ax.texts}
    assert {str(len(genes)) for genes in members.values()} <= counts


def test_jaccard_of_many_sets_has_no_numbers_and_says_what_is_hidden():
    _, members = make_sets(60)
    ax = leading_edge_jaccard(set_overlaps(members), list(members), top=50)
    assert not ax.texts
    assert "50 of" in all_text(ax)


def test_driving_genes_are_those_of_most_sets():
    genes = pd.DataFrame(
        {
            "gene": ["A", "B", "$c$", "D", "E"],
            "n_sets": [3, 5, 5, 1, 0],
            "sets": "",
            "statistic": [1.0, -2.0, 4.0, 0.5, 9.0],
        }
    )
    ax = driving_genes(genes, top=3)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["$c$", "B", "A"]
    assert [patch.get_width() for patch in ax.patches] == [5, 5, 3]
    assert "3 of 5 genes shown" in all_text(ax)
    assert "-2.0" in all_text(ax)
    assert_everything_inside(ax)
