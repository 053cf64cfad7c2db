"""The volcano plot and the labels in it."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.text import Text

from rnaseq_s6k1.plots.labels import PointLabel, place_labels
from rnaseq_s6k1.plots.style import figure_of, figure_style, new_figure
from rnaseq_s6k1.plots.volcano import volcano


def boxes(ax: Axes, texts: list) -> list:
    figure = figure_of(ax)
    renderer = figure.canvas.get_renderer()
    with figure_style():
        figure.draw_without_rendering()
        # Of the letters alone: an annotation's own extent includes its leader line.
        return [Text.get_window_extent(t, renderer) for t in texts]


def assert_apart_and_inside(ax: Axes, texts: list) -> None:
    extents = boxes(ax, texts)
    frame = ax.get_window_extent()
    for i, box in enumerate(extents):
        assert frame.x0 <= box.x0, texts[i]
        assert box.x1 <= frame.x1, texts[i]
        assert frame.y0 <= box.y0, texts[i]
        assert box.y1 <= frame.y1, texts[i]
        for j in range(i):
            overlap = (
                min(box.x1, extents[j].x1) - max(box.x0, extents[j].x0) > 0
                and min(box.y1, extents[j].y1) - max(box.y0, extents[j].y0) > 0
            )
            assert not overlap, (texts[i].get_text(), texts[j].get_text())


def written(ax: Axes) -> list:
    """All texts inside the Axes: labels and counts (not the small print)."""
    return [t for t in ax.texts if t.get_text() and t.get_gid() != "note"]


def test_labels_do_not_overlap(results, contrast):
    highlight = [f"N{i}" for i in range(30, 60)]
    ax = volcano(results, contrast=contrast, highlight=highlight, driver="N100", top=20)
    texts = written(ax)
    names = {t.get_text() for t in texts}
    assert {"N100", *highlight} <= names
    assert len(texts) == 2 + 31 + 20
    assert_apart_and_inside(ax, texts)


def test_labels_of_odd_names_at_one_point(odd_results, odd_contrast, odd_names):
    ax = volcano(odd_results, contrast=odd_contrast, highlight=odd_names, driver="a$b")
    texts = written(ax)
    names = {t.get_text() for t in texts}
    assert "$x_{1}$ & <b>" in names
    assert "x y z?" in names
    assert not any(t.get_parse_math() for t in texts)
    assert_apart_and_inside(ax, texts)


def test_axes_say_what_they_show(results, contrast):
    ax = volcano(results, contrast=contrast)
    assert ax.get_xlabel() == "log2 fold change (veh / E2)"
    assert ax.get_ylabel() == "-log10 adjusted p"
    assert ax.get_title(loc="left") == contrast.sentence
    assert volcano(results, significance="pvalue").get_ylabel() == "-log10 p"
    counts = {t.get_text() for t in ax.texts}
    for side in ("up", "down"):
        assert f"{(results['direction'] == side).sum()} {side}" in counts


def test_what_is_not_drawn_or_clipped_is_said(results):
    ax = volcano(results, driver="N7")
    (note,) = [t.get_text() for t in ax.texts if t.get_gid() == "note"]
    assert "p is 0 in double precision: 3 genes drawn at the upper edge" in note
    assert "5 genes without adjusted p not drawn, among them N7" in note
    drawn = sum(len(c.get_offsets()) for c in ax.collections)
    assert drawn == len(results) - 5


def test_highlighted_genes_show_whether_they_were_called(results):
    called = results.loc[results["direction"] == "up", "gene_name"].iloc[0]
    silent = results.loc[(results["direction"] == "none") & results["padj"].notna(), "gene_name"]
    ax = volcano(results, highlight=[called, silent.iloc[0]], top=0)
    entries = [t.get_text() for t in ax.get_legend().get_texts()]
    assert entries == ["highlighted, called", "highlighted, not called"]
    marks = next(c for c in ax.collections if len(c.get_facecolors()) == 2)
    colours = {tuple(np.round(c[:3], 3)) for c in marks.get_facecolors()}
    assert (1.0, 1.0, 1.0) in colours
    assert len(colours) == 2
    styles = {t.get_text(): t.get_fontstyle() for t in ax.texts}
    assert styles[called] == "normal"
    assert styles[silent.iloc[0]] == "italic"


def test_no_gene_called(results):
    ax = volcano(results.assign(direction="none", padj=1.0), driver="N1")
    assert {"0 up", "0 down"} <= {t.get_text() for t in ax.texts}


def test_no_gene_with_an_adjusted_p(results):
    ax = volcano(results.assign(direction="none", padj=np.nan), driver="N1", highlight=["N2"])
    said = " ".join(t.get_text() for t in ax.texts)
    assert "no gene has a finite adjusted p" in said
    assert "among them N1" in said


def test_only_p_of_zero_and_missing_names(results):
    table = results.assign(padj=0.0, gene_name="").head(5)
    ax = volcano(table, highlight=["ENSG00003"])
    assert "ENSG00003" in {t.get_text() for t in ax.texts}


def test_one_name_for_several_genes_labels_the_most_significant(results):
    table = results.assign(gene_name="SAME", padj=np.linspace(1e-9, 1, len(results)))
    ax = volcano(table, highlight=["SAME"], top=5)
    (label,) = [t for t in ax.texts if t.get_text() == "SAME"]
    assert label.xy[1] == pytest.approx(9.0)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.floats(0, 1), st.text("AMgj_$1", min_size=1, max_size=40)),
        min_size=1,
        max_size=25,
    )
)
def test_placed_labels_never_overlap(points):
    ax = new_figure(4, 4).add_subplot()
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    texts = place_labels(ax, [PointLabel(*point) for point in points])
    assert texts
    assert_apart_and_inside(ax, texts)


def test_labels_without_room_are_left_out_and_said(caplog):
    ax = new_figure(1.2, 1.2).add_subplot()
    with caplog.at_level(logging.INFO):
        texts = place_labels(ax, [PointLabel(0.5, 0.5, f"LABEL{i}") for i in range(60)])
    assert 0 < len(texts) < 60
    assert f"no room in the figure for {60 - len(texts)} labels: LABEL" in caplog.text
    assert len([t for t in ax.texts if t.get_text()]) == len(texts)
    assert place_labels(ax, []) == []


def test_places_do_not_depend_on_the_order_of_rows(results):
    first = volcano(results, highlight=["N50", "N51"], top=10)
    shuffled = results.sample(frac=1, random_state=2)
    second = volcano(shuffled, highlight=["N50", "N51"], top=10)

    def where(ax: Axes) -> pd.Series:
        return pd.Series({t.get_text(): t.get_position() for t in written(ax)}).sort_index()

    assert where(first).equals(where(second))
