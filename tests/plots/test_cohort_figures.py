"""The figures of a cohort draw on ordinary and on awkward input, inside their edges."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection
from test_figures_draw import all_text, assert_everything_inside

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.exclusivity_map import exclusivity_map
from rnaseq_s6k1.plots.flags import _apart
from rnaseq_s6k1.plots.group_boxes import group_boxes
from rnaseq_s6k1.plots.oncoprint import ALTERATION_STYLES, oncoprint
from rnaseq_s6k1.plots.rank_scatter import rank_scatter
from rnaseq_s6k1.plots.rho_histogram import rho_histogram
from rnaseq_s6k1.plots.save import save_figure
from rnaseq_s6k1.plots.scatter_matrix import scatter_matrix
from rnaseq_s6k1.plots.style import new_figure

HOSTILE = ["$x_{1}$ & <b>", "a$b", "β-actin", "x\ny\tz\x07", "GENE" * 20]


@pytest.fixture
def expression() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        rng.normal(size=(50, 5)), columns=HOSTILE, index=[f"s{k}" for k in range(50)]
    )


def test_rho_histogram(tmp_path):
    rng = np.random.default_rng(1)
    background = pd.Series(rng.normal(0, 0.2, 3000).clip(-1, 1))
    table = pd.DataFrame(
        {"gene_name": HOSTILE * 5, "rho": np.linspace(0.3, 0.31, 25), "percentile": 90.0}
    )
    table.loc[3, "rho"] = np.nan
    ax = rho_histogram(background, table, "RPS6KB1", covariates=("ER", "a$b"))
    assert ax.get_xlabel() == "partial Spearman's rho with RPS6KB1"
    assert "given ER, a$b" in all_text(ax)
    names = [text for text in ax.texts if text.get_rotation() == 90]
    assert len(names) == 16
    places = np.array([text.get_position()[0] for text in names])
    assert (np.diff(places) > 0).all()
    assert len(save_figure(ax, tmp_path / "x")) == 2
    with pytest.raises(DataError, match="none reaches a median count of 10"):
        rho_histogram(background * np.nan, table, "G")
    with pytest.raises(DataError, match="needs the columns gene_name"):
        rho_histogram(background, table[["rho", "percentile"]], "G")


def test_labels_move_as_little_as_possible():
    moved = _apart(np.array([0.0, 0.1, 5.0]), 1.0, -10, 10)
    np.testing.assert_allclose(moved, [-0.45, 0.55, 5.0])
    assert _apart(np.array([9.9, 9.9]), 1.0, -10, 10).tolist() == [8.5, 9.5]
    assert _apart(np.array([]), 1.0, 0, 1).size == 0


def test_scatter_matrix(expression, tmp_path):
    rho = expression.corr("spearman")
    axes = scatter_matrix(expression, rho)
    assert len(axes) == 25
    assert f"{rho.iloc[0, 1]:.2f}" in all_text(axes[0])
    assert_everything_inside(axes[0])
    save_figure(axes[0], tmp_path / "x")
    wide = pd.concat([expression] * 3, axis=1).set_axis([f"g{k}" for k in range(15)], axis=1)
    wide["g3"] = 1.0
    matrix = wide.corr("spearman")
    assert len(scatter_matrix(wide, matrix)) == 100
    with pytest.raises(DataError, match="at least two genes"):
        scatter_matrix(expression.iloc[:, :1], rho.iloc[:1, :1])


@pytest.mark.parametrize("n_groups", [2, 30])
def test_group_boxes(n_groups):
    rng = np.random.default_rng(2)
    names = [f"s{k}" for k in range(90)]
    groups = pd.Series([f"type $a_{k % n_groups}$ <b>" for k in range(90)], index=names)
    values = pd.Series(rng.normal(size=90), index=names)
    ax = group_boxes(values, groups, "RPS6KB1, log2 CPM", note=["Kruskal-Wallis p = 0.1"])
    labels = [text.get_text() for text in ax.get_yticklabels()]
    assert len(labels) == n_groups
    highest = values.groupby(groups).median().idxmax()
    assert labels[-1].startswith(highest), "the highest median is on top"
    assert_everything_inside(ax)
    with pytest.raises(DataError, match="no samples"):
        group_boxes(values.iloc[:0], groups, "x")


def kinds(n: int) -> pd.DataFrame:
    names = list(ALTERATION_STYLES)
    cells = [[(names[(i + j) % 8],) if i % 3 else () for i in range(n)] for j in range(3)]
    table = pd.DataFrame(index=[f"s{i}" for i in range(n)], columns=["A", "$B$", "C"])
    for name, column in zip(table.columns, cells, strict=True):
        table[name] = pd.Series(column, index=table.index, dtype=object)
    return table


@pytest.mark.parametrize("n", [1, 60, 900])
def test_oncoprint(n, tmp_path):
    table = kinds(n)
    known = pd.DataFrame(True, index=table.index, columns=table.columns)
    known.iloc[0, 0] = False
    groups = pd.Series(["Lum $A$", "B"] * n, index=[f"s{i}" for i in range(2 * n)])
    ax = oncoprint(
        table,
        pd.Series({"A": 0.66, "$B$": np.nan, "C": 0.1}),
        known=known,
        groups=groups,
        group_name="PAM50",
    )
    labels = [text.get_text() for text in ax.get_yticklabels()]
    assert labels == ["A  66 %", "$B$", "C  10 %"]
    drawn = sum(len(one.get_paths()) for one in ax.collections if isinstance(one, PolyCollection))
    altered = sum(bool(cell) for cell in table.to_numpy().ravel())
    assert drawn == 3 * n + altered, "every cell, and every alteration on it"
    assert_everything_inside(ax)
    said = all_text(ax)
    assert "PAM50" in said
    if n > 1:
        assert "missense mutation" in said, "both legends are there"
    save_figure(ax, tmp_path / "x")


def test_oncoprint_of_nothing_altered_and_of_nothing():
    table = kinds(1)
    assert "1 samples, 0 with" in all_text(oncoprint(table, pd.Series(0.0, index=table.columns)))
    with pytest.raises(DataError, match="no samples or no genes"):
        oncoprint(table.iloc[:0], pd.Series(dtype=float))


def test_exclusivity_map(tmp_path):
    pairs = pd.DataFrame(
        {
            "a": ["A", "A", "$B$"],
            "b": ["$B$", "C" * 40, "C" * 40],
            "log2_odds_ratio_haldane": [-1.0, 7.5, 0.2],
            "padj": [0.01, 0.2, np.nan],
            "haldane_corrected": [False, True, False],
        }
    )
    ax = exclusivity_map(pairs, ["A", "$B$", "C" * 40])
    said = all_text(ax)
    for words in ("-1.0*", "7.5°", "0.2", "FDR < 0.05", "a cell is 0"):
        assert words in said, words
    assert_everything_inside(ax)
    save_figure(ax, tmp_path / "x")
    with pytest.raises(DataError, match="at least two events"):
        exclusivity_map(pairs, ["A"])


def test_rank_scatter(expression):
    x, y = expression.iloc[:, 0], expression.iloc[:, 1].rename("y").iloc[5:]
    ax = rank_scatter(x, y, x_label="mRNA $x$", y_label="protein", note=["Spearman 0.1"])
    assert len(ax.collections[0].get_offsets()) == 45
    assert ax.get_xlabel() == "mRNA $x$"
    assert_everything_inside(ax)
    with pytest.raises(DataError, match="no sample with both"):
        rank_scatter(x.iloc[:2], y, x_label="x", y_label="y")


def test_they_draw_into_given_axes(expression):
    figure = new_figure(9, 9)
    first, second = figure.subplots(1, 2)
    given = rank_scatter(
        expression.iloc[:, 0], expression.iloc[:, 1], x_label="x", y_label="y", ax=first
    )
    assert given is first
    table = kinds(5)
    assert oncoprint(table, pd.Series(0.5, index=table.columns), ax=second) is second
    figure.draw_without_rendering()
