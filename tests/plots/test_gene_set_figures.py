"""Figures of gene sets: many, one and none, with and without rotation, hostile and long names."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from figure_checks import (
    all_text,
    assert_apart,
    assert_everything_inside,
    assert_tick_labels_apart,
    names_in,
)
from gene_set_tables import LONG, empty_table, make_sets, ranking
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from rnaseq_s6k1.enrichment.running_sum import running_sum
from rnaseq_s6k1.enrichment.set_network import set_network, set_overlaps
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.driving_genes import driving_genes
from rnaseq_s6k1.plots.enrichment_map import enrichment_map
from rnaseq_s6k1.plots.evidence import mark_colours, ranked_sets
from rnaseq_s6k1.plots.gene_set_dots import gene_set_dots
from rnaseq_s6k1.plots.leading_edge_heatmap import leading_edge_heatmap
from rnaseq_s6k1.plots.leading_edge_jaccard import leading_edge_jaccard
from rnaseq_s6k1.plots.leading_edge_ridges import leading_edge_ridges
from rnaseq_s6k1.plots.running_sum_plot import running_sum_panels, running_sum_plot
from rnaseq_s6k1.plots.running_sums_overlaid import running_sums_overlaid
from rnaseq_s6k1.plots.save import save_figure
from rnaseq_s6k1.plots.set_by_contrast import set_by_contrast
from rnaseq_s6k1.plots.set_labels import even_row, row_centres, set_labels
from rnaseq_s6k1.plots.style import COLOURS, figure_of, new_figure


def network_of(members: dict[str, list[str]]):
    return set_network(list(members), set_overlaps(members))


def every_figure(
    table: pd.DataFrame, members: dict[str, list[str]], contrast=None
) -> dict[str, Axes]:
    """Draw all figures of gene sets from the same table."""
    stats = ranking()
    edges = {
        name: edge.split(",")
        for name, edge in zip(table["set"], table["leading_edge"], strict=True)
    }
    figures = {
        "dots": gene_set_dots(table, contrast=contrast),
        "ridges": leading_edge_ridges(table, stats, label="Wald statistic"),
        "heatmap": leading_edge_heatmap(table, stats),
        "jaccard": leading_edge_jaccard(set_overlaps(edges)),
        "map": enrichment_map(network_of(members), table, contrast=contrast),
        "contrasts": set_by_contrast({"first": table, "$b$ <" + "x" * 80: table.iloc[::2]}),
    }
    if members:
        figures["panels"] = running_sum_panels(stats, members, table, contrast=contrast)[0]
        figures["overlaid"] = running_sums_overlaid(stats, members, table, contrast=contrast)
    return figures


@pytest.mark.parametrize("rotation", [True, False])
@pytest.mark.parametrize("n", [1, 2, 9])
def test_every_figure_fits_whatever_the_number_of_sets(contrast, n, rotation):
    table, members = make_sets(n, rotation=rotation)
    for name, ax in every_figure(table, members, contrast).items():
        assert_everything_inside(ax)
        if name not in ("panels", "map"):
            assert_tick_labels_apart(ax)


def test_every_figure_says_why_there_is_nothing(contrast):
    for name, ax in every_figure(empty_table(), {}, contrast).items():
        assert re.search("no gene set|fewer than two|no gene", all_text(ax)), name
    nothing = driving_genes(pd.DataFrame({"gene": [], "n_sets": [], "statistic": []}))
    assert "no gene is in a leading edge" in all_text(nothing)


def test_sixty_sets_with_hostile_names(odd_names, odd_contrast, tmp_path):
    table, members = make_sets(60, (*odd_names, LONG))
    for name, ax in every_figure(table, dict(list(members.items())[:12]), odd_contrast).items():
        assert_everything_inside(ax)
        if name != "panels":
            assert_tick_labels_apart(ax)
        (path,) = save_figure(ax, tmp_path / name, ("svg",))
        words = "".join(ET.parse(path).getroot().itertext())
        assert "\x07" not in words
        assert "\u202e" not in words


def test_names_are_cleaned_but_never_confused():
    names = ["HALLMARK_APOPTOSIS", "KEGG_APOPTOSIS", "HALLMARK_E2F_TARGETS", "KEGG_"]
    assert set_labels(names) == ["HALLMARK APOPTOSIS", "KEGG APOPTOSIS", "E2F TARGETS", "KEGG"]
    same = set_labels(["S", "S"], ["one", "two"])
    assert same == ["S (one)", "S (two)"]


def test_the_longest_name_of_msigdb_is_not_cut():
    (label,) = set_labels([LONG])
    assert " ".join(label.split()) == LONG.removeprefix("GOMF_").replace("_", " ")
    (cut,) = set_labels(["X" * 1000])
    assert "…" in cut
    assert max(map(len, cut.split("\n"))) <= 44


@given(st.lists(st.integers(1, 6), min_size=1, max_size=30))
def test_rows_are_as_tall_as_their_labels(lines):
    labels = ["\n".join(["x"] * n) for n in lines]
    centres, height = row_centres(labels)
    needed = np.array([0.125 * n for n in lines])
    assert (np.diff(centres) >= (needed[1:] + needed[:-1]) / 2 - 1e-9).all()
    assert centres[0] >= needed[0] / 2
    assert height >= centres[-1] + needed[-1] / 2
    even = even_row(labels, 0.19)
    assert even >= 0.19
    assert all(even >= (a + b) / 2 for a, b in itertools.pairwise(needed))


def test_marks_of_evidence_differ_without_colour():
    marks = {kind: mark_colours(kind, "#D55E00") for kind in ("established", "gene-sampling only")}
    assert marks["established"] == ("#D55E00", "#000000", 1.0)
    assert marks["gene-sampling only"][0] == "white"
    assert mark_colours("none", "#D55E00")[0] == COLOURS["none"]
    assert mark_colours("", "#D55E00")[0] == COLOURS["none"]


def test_the_order_of_sets_is_evidence_then_rotation_then_p():
    table, _ = make_sets(4)
    table["evidence"] = ["none", "established", "gene-sampling only", "established"]
    table["rotation_pvalue"] = [0.5, 0.01, 0.2, 0.001]
    table["padj"] = [0.5, 0.02, 0.01, 0.02]
    assert list(ranked_sets(table).index) == [3, 1, 2, 0]
    without = table.drop(columns="rotation_pvalue").assign(pvalue=[0.1, 0.02, 0.01, 0.03])
    assert list(ranked_sets(without).index) == [1, 3, 2, 0]
    assert list(ranked_sets(table.sample(frac=1, random_state=1)).index) == [3, 1, 2, 0]
    assert len(ranked_sets(table.assign(nes=np.nan))) == 0


def test_dots_show_evidence_and_both_fdrs(contrast):
    table, _ = make_sets(3)
    table["evidence"] = ["established", "gene-sampling only", "none"]
    table["collection"] = "hallmark"
    table["nes"] = [2.0, 1.0, -1.0]
    ax = gene_set_dots(table, contrast=contrast)
    points = next(c for c in ax.collections if c.get_gid() == "scores")
    fills = [to_hex(colour).upper() for colour in points.get_facecolors()]
    assert fills == [COLOURS["up"], "#FFFFFF", COLOURS["none"]]
    said = all_text(ax)
    for words in ("established", "gene-sampling only", "none", "preranked", "rotation"):
        assert words in said
    assert "no rotation test ran" not in said
    assert "← higher in E2" in said
    (panel,) = [one for one in figure_of(ax).axes if one.get_gid() == "fdr"]
    assert panel.get_xlabel().startswith("-log10 FDR")
    drawn = [c.get_offsets()[:, 0] for c in panel.collections if len(c.get_offsets()) == 3]
    expected = -np.log10(table[["padj", "rotation_padj"]].to_numpy().T)
    assert np.allclose(np.sort(drawn, axis=1), np.sort(np.minimum(expected, 50), axis=1))


def test_dots_without_rotation_say_so(contrast):
    table, _ = make_sets(5, rotation=False)
    said = all_text(gene_set_dots(table, contrast=contrast)).replace("\n", " ")
    assert "no rotation test ran; the preranked FDR takes genes for independent" in said
    assert "established" not in said
    gone = table.drop(columns=["rotation_padj", "rotation_pvalue"])
    assert "no rotation test ran" in all_text(gene_set_dots(gone)).replace("\n", " ")


def test_dots_keep_to_the_best_sets_and_those_asked_for():
    table, _ = make_sets(60)
    table["evidence"] = "none"
    weakest = ranked_sets(table)["set"].iloc[-1]
    ax = gene_set_dots(table, top=10, always=[weakest])
    names = {text.get_text().replace("\n", " ") for text in ax.get_yticklabels()}
    assert len(names) == 10
    assert set_labels([weakest])[0].replace("\n", " ") in names
    assert "10 of 60 sets shown: by evidence, then rotation p" in all_text(ax).replace("\n", " ")


def test_dots_of_p_zero_are_drawn_at_the_edge():
    table, _ = make_sets(2)
    ax = gene_set_dots(table.assign(padj=0.0, pvalue=0.0))
    (panel,) = [one for one in figure_of(ax).axes if one.get_gid() == "fdr"]
    assert panel.get_xticklabels()[-1].get_text() == "≥ 50"


def test_running_sum_says_both_fdrs():
    table, members = make_sets(2)
    (name, genes), *_ = members.items()
    ax = running_sum_plot(ranking(), genes, name, nes=1.2, fdr=1e-9, rotation_fdr=0.03)
    assert "preranked FDR = 1.0e-09" in all_text(ax)
    assert "rotation FDR = 0.03" in all_text(ax)
    panels = running_sum_panels(ranking(), members, table)
    assert "rotation FDR" in all_text(panels[0])


@pytest.mark.parametrize("weight", [0.0, 1.0, 2.0])
def test_overlaid_curves_follow_the_weight(contrast, weight):
    table, members = make_sets(3)
    ax = running_sums_overlaid(ranking(), members, table, contrast=contrast, weight=weight)
    for line, genes in zip(ax.lines, members.values(), strict=False):
        hits = np.flatnonzero(ranking().index.isin(genes))
        es = running_sum(ranking().to_numpy(), hits, weight).es
        drawn = line.get_ydata()
        assert drawn[np.abs(drawn).argmax()] == pytest.approx(es)
    assert len({(line.get_color(), str(line.get_linestyle())) for line in ax.lines[:3]}) == 3


def test_the_longest_name_is_whole_above_a_running_sum():
    for axes in (
        [running_sum_plot(ranking(), ["N3"], LONG)],
        running_sum_panels(ranking(), {LONG: ["N3"], "S": ["N4"]}, empty_table()),
    ):
        assert "".join(axes[0].get_title(loc="left").split()) == LONG
        assert_everything_inside(axes[0])


def test_long_groups_do_not_run_into_the_next_panel(odd_contrast):
    table, _ = make_sets(3)
    ax = gene_set_dots(table, contrast=odd_contrast)
    (panel,) = [one for one in figure_of(ax).axes if one.get_gid() == "fdr"]
    assert_apart(ax, [ax.xaxis.label, panel.xaxis.label])


def test_overlaid_curves_are_limited_and_the_rest_is_counted():
    table, members = make_sets(60)
    ax = running_sums_overlaid(ranking(), members, table, top=20)
    assert "52 further sets are not drawn" in all_text(ax)
    assert_everything_inside(ax)
    styles = {(line.get_color(), str(line.get_linestyle())) for line in ax.lines[:8]}
    assert len(styles) == 8
    with pytest.raises(DataError, match="no gene set to draw"):
        running_sums_overlaid(ranking(), {}, table)
    with pytest.raises(DataError, match="no gene of the set 'S' is in the ranking"):
        running_sums_overlaid(ranking(), {"S": ["absent"]}, table)


def test_map_draws_sets_and_what_links_them(contrast):
    table, members = make_sets(30)
    network = network_of(members)
    ax = enrichment_map(network, table, contrast=contrast)
    points = next(c for c in ax.collections if c.get_gid() == "nodes")
    assert len(points.get_offsets()) == 30
    edges = next(c for c in ax.collections if c.get_gid() == "edges")
    assert len(edges.get_segments()) == len(network.edges) > 0
    scores = dict(zip(table["set"], table["nes"], strict=True))
    assert np.allclose(np.asarray(points.get_array()), [scores[n] for n in network.nodes["set"]])
    said = all_text(ax)
    for words in ("normalised enrichment score (NES)", "genes in set", "higher in veh"):
        assert words in said
    assert_everything_inside(ax)
    assert_apart(ax, names_in(ax))


@pytest.mark.parametrize("n", [12, 60])
def test_map_names_every_set_without_overlap(odd_names, n):
    table, members = make_sets(n, odd_names)
    ax = enrichment_map(network_of(members), table)
    names = names_in(ax)
    assert len(names) == n
    assert_apart(ax, names)
    assert not any(text.get_parse_math() for text in names)
    # Names do not lie on nodes either.
    points = next(c for c in ax.collections if c.get_gid() == "nodes")
    centres = ax.transData.transform(points.get_offsets())
    for text in names:
        box = text.get_window_extent(figure_of(ax).canvas.get_renderer())
        if text.arrow_patch is None:
            assert not any(box.contains(*centre) for centre in centres), text.get_text()


def test_map_passes_over_sets_without_score_and_other_rows():
    table, members = make_sets(4)
    table.loc[0, "nes"] = np.nan
    ax = enrichment_map(network_of(members), pd.concat([table, make_sets(9)[0]]))
    points = next(c for c in ax.collections if c.get_gid() == "nodes")
    assert len(points.get_offsets()) == 3


def test_matrix_of_contrasts():
    table, _ = make_sets(6)
    table["evidence"] = ["established", "gene-sampling only", "none"] * 2
    other = table.iloc[:4].assign(nes=-table["nes"], evidence="none")
    ax = set_by_contrast({"one": table, "two": other})
    (mesh,) = [c for c in ax.collections if c.get_gid() == "scores"]
    cells = mesh.get_array().reshape(6, 2).filled(np.nan)
    names = [text.get_text().replace("\n", " ") for text in ax.get_yticklabels()]
    scores = dict(
        zip((s[0] for s in map(set_labels, table[["set"]].to_numpy())), table["nes"], strict=True)
    )
    assert np.allclose(cells[:, 0], [scores[name] for name in names])
    assert np.isnan(cells[:, 1]).sum() == 2
    for kind, count in (("established", 2), ("gene-sampling only", 2)):
        (marks,) = [c for c in ax.collections if c.get_gid() == kind]
        assert len(marks.get_offsets()) == count
    assert [text.get_text() for text in ax.get_xticklabels()] == ["one", "two"]
    assert "not tested" in all_text(ax)


def test_matrix_of_contrasts_takes_the_best_of_any():
    table, _ = make_sets(30)
    table["evidence"] = "none"
    weak = table.copy()
    weak.loc[7, "evidence"] = "established"
    ax = set_by_contrast({"a": table, "b": weak}, top=3)
    names = {text.get_text() for text in ax.get_yticklabels()}
    assert set_labels([table.loc[7, "set"]])[0] in names
    assert "3 of 30 sets shown" in all_text(ax)
    with pytest.raises(DataError, match="no contrast to draw"):
        set_by_contrast({})
    with pytest.raises(DataError, match=r"matrix of contrasts \(a\) needs the columns nes"):
        set_by_contrast({"a": table.drop(columns="nes")})


@pytest.mark.parametrize(
    ("draw", "column"),
    [
        (lambda t: leading_edge_ridges(t, ranking()), "leading_edge"),
        (lambda t: leading_edge_heatmap(t, ranking()), "leading_edge"),
        (leading_edge_jaccard, "jaccard"),
        (driving_genes, "n_sets"),
        (lambda t: enrichment_map(network_of({"a": ["x"]}), t), "evidence"),
        (gene_set_dots, "evidence"),
    ],
)
def test_missing_columns_of_gene_set_figures_are_named(draw, column):
    with pytest.raises(DataError, match=rf"needs the columns .*{column}"):
        draw(pd.DataFrame({"set": ["a"]}))


def test_gene_set_figures_draw_into_given_axes(contrast):
    table, members = make_sets(6)
    stats = ranking()
    figure = new_figure(24, 16)
    axes = [figure.add_subplot(2, 4, i + 1) for i in range(8)]
    genes = pd.DataFrame({"gene": ["A"], "n_sets": [2], "statistic": [1.5]})
    drawn = [
        gene_set_dots(table, ax=axes[0]),
        running_sums_overlaid(stats, members, table, ax=axes[1]),
        leading_edge_ridges(table, stats, ax=axes[2]),
        leading_edge_heatmap(table, stats, ax=axes[3]),
        leading_edge_jaccard(set_overlaps(members), ax=axes[4]),
        driving_genes(genes, ax=axes[5]),
        set_by_contrast({"a": table}, ax=axes[6]),
        enrichment_map(network_of(members), table, contrast=contrast, ax=axes[7]),
    ]
    assert all(returned is given for returned, given in zip(drawn, axes, strict=True))
    figure.draw_without_rendering()


def test_figures_do_not_depend_on_the_order_of_rows(tmp_path, contrast):
    table, members = make_sets(12)
    shuffled = table.sample(frac=1, random_state=4)
    turned = {name: members[name] for name in reversed(list(members))}
    for run, (rows, sets) in enumerate(((table, members), (shuffled, turned))):
        save_figure(gene_set_dots(rows, contrast=contrast), tmp_path / f"dots{run}", ("svg",))
        save_figure(enrichment_map(network_of(sets), rows), tmp_path / f"map{run}", ("svg",))
        save_figure(leading_edge_ridges(rows, ranking()), tmp_path / f"ridges{run}", ("svg",))
        save_figure(leading_edge_heatmap(rows, ranking()), tmp_path / f"edges{run}", ("svg",))
    for name in ("dots", "map", "ridges", "edges"):
        first, second = ((tmp_path / f"{name}{run}.svg").read_bytes() for run in (0, 1))
        assert first == second, name
