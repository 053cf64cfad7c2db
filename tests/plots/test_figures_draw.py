"""Each figure draws on ordinary and on awkward input, without a warning, and says its units."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from figure_checks import all_text, assert_everything_inside

from rnaseq_s6k1.concordance.rrho import rrho_table
from rnaseq_s6k1.de.pca import pca
from rnaseq_s6k1.de.pca import sample_distances as distances_between
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.concord_null import concord_null
from rnaseq_s6k1.plots.concord_scatter import concord_scatter
from rnaseq_s6k1.plots.dispersions import dispersions
from rnaseq_s6k1.plots.driver_split import driver_split
from rnaseq_s6k1.plots.gene_set_dots import gene_set_dots
from rnaseq_s6k1.plots.heatmap import heatmap, top_genes
from rnaseq_s6k1.plots.ma import ma
from rnaseq_s6k1.plots.ora_plot import ora_plot
from rnaseq_s6k1.plots.pca_plot import pca_plot
from rnaseq_s6k1.plots.rrho_map import rrho_map
from rnaseq_s6k1.plots.running_sum_plot import running_sum_panels, running_sum_plot
from rnaseq_s6k1.plots.sample_distances import sample_distances
from rnaseq_s6k1.plots.save import save_figure
from rnaseq_s6k1.plots.score_heatmap import score_heatmap
from rnaseq_s6k1.plots.style import figure_of, new_figure
from rnaseq_s6k1.plots.volcano import volcano


def expression(n_samples: int, results: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(3)
    samples = [f"sample_{i}_$a$_with_a_long_name_{i}" for i in range(n_samples)]
    groups = pd.Series(
        np.where(
            np.arange(n_samples) < n_samples // 2, "low", "a $very$ long name of a group, <b>"
        ),
        index=samples,
    )
    shift = np.outer(groups == "low", rng.normal(0, 1, len(results)))
    values = rng.normal(8, 1, (n_samples, len(results))) + shift
    return pd.DataFrame(values, index=samples, columns=results["gene_id"]), groups


@pytest.fixture
def gsea_table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "collection": ["hallmark"] * 3 + ["kegg_cell_cycle"],
            "set": [
                "HALLMARK_E2F_TARGETS",
                "HALLMARK_$A$_" + "LONG_" * 30,
                "X<Y",
                "KEGG_CELL_CYCLE",
            ],
            "size": [200, 15, 40, 120],
            "nes": [-3.1, 1.2, 0.4, -2.5],
            "pvalue": [0.0, 0.2, 0.5, 1e-12],
            "padj": [0.0, 0.3, 0.5, 1e-11],
            "rotation_padj": [0.01, 0.9, 0.9, 0.02],
            "evidence": ["established", "none", "none", "established"],
        }
    )


@pytest.fixture
def dispersion_table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    mean = rng.lognormal(4, 2, 500)
    trend = 0.02 + 2 / mean
    genewise = trend * rng.lognormal(0, 0.8, 500)
    genewise[:20] = 1e-8
    return pd.DataFrame(
        {
            "baseMean": mean,
            "dispersion_genewise": genewise,
            "dispersion_trend": trend,
            "dispersion": np.sqrt(trend * np.maximum(genewise, 1e-3)),
            "dispersion_outlier": genewise > 5 * trend,
        }
    )


def test_ma(results, contrast):
    ax = ma(results, contrast=contrast, driver="N3")
    assert ax.get_xlabel() == "mean of normalised counts"
    assert ax.get_ylabel() == "log2 fold change (veh / E2)"
    assert f"{(results['direction'] == 'up').sum()} up" in all_text(ax)
    assert_everything_inside(ax)


def test_ma_says_what_is_beyond_the_edge(results):
    results.loc[0, ["log2FoldChange", "log2FoldChange_shrunk"]] = 30.0
    ax = ma(results)
    assert ax.get_ylim()[1] < 30
    assert "1 beyond ±" in all_text(ax)
    assert ma(results, shrunk=True).get_ylabel() == "shrunken log2 fold change"


def test_ma_of_odd_names_and_of_nothing(odd_results, odd_contrast):
    assert_everything_inside(ma(odd_results, contrast=odd_contrast, driver="$x_{1}$ & <b>"))
    empty = odd_results.assign(baseMean=0.0)
    assert "no gene has counts" in all_text(ma(empty))


@pytest.mark.parametrize("n_samples", [4, 24, 550])
def test_pca_plot(results, n_samples):
    values, groups = expression(n_samples, results)
    result = pca(values.to_numpy())
    ax = pca_plot(result, list(values.index), groups)
    assert ax.get_xlabel() == f"PC1 ({100 * result.explained[0]:.1f} % of variance)"
    assert ax.get_ylabel() == f"PC2 ({100 * result.explained[1]:.1f} % of variance)"
    labels = [text for text in ax.texts if text.get_text()]
    # In a crowd a label may find no room; how wide letters are depends on matplotlib.
    assert 0.9 * n_samples <= len(labels) <= n_samples if n_samples <= 24 else not labels
    markers = {handle.get_marker() for handle in ax.get_legend().legend_handles}
    assert len(markers) == 2
    assert_everything_inside(ax)


def test_pca_plot_of_two_samples_and_of_identical_ones():
    groups = pd.Series(["x", "y"], index=["a", "b"])
    ax = pca_plot(pca(np.array([[0.0, 1.0], [2.0, 0.0]])), ["a", "b"], groups)
    assert "(0.0 % of variance)" in ax.get_ylabel()
    ax = pca_plot(pca(np.ones((2, 5))), ["a", "b"], groups)
    assert "(0.0 % of variance)" in ax.get_xlabel()


def test_pca_plot_refuses_what_does_not_fit():
    result = pca(np.eye(3))
    groups = pd.Series(["x"] * 3, index=["a", "b", "c"])
    with pytest.raises(DataError, match="got 2 sample names for 3 samples"):
        pca_plot(result, ["a", "b"], groups)
    with pytest.raises(DataError, match="no group for sample 'd'"):
        pca_plot(result, ["a", "b", "d"], groups)


@pytest.mark.parametrize("n_samples", [2, 4, 60, 61, 550])
def test_sample_distances(results, n_samples):
    values, groups = expression(n_samples, results)
    ax = sample_distances(distances_between(values.to_numpy()), list(values.index), groups)
    assert len([t for t in ax.get_yticklabels() if t.get_text()]) == (
        n_samples if n_samples <= 60 else 0
    )
    strips = [child for child in ax.child_axes if child.get_gid() == "group-strip"]
    assert len(strips) == 2
    assert "Euclidean distance (log2 expression units)" in all_text(ax)
    assert_everything_inside(ax)


def test_sample_distances_order_keeps_groups_apart(results):
    values, groups = expression(12, results)
    shuffled = values.sample(frac=1, random_state=1)
    ax = sample_distances(distances_between(shuffled.to_numpy()), list(shuffled.index), groups)
    names = [t.get_text() for t in ax.get_yticklabels()]
    order = [int(name.split("_")[1]) < 6 for name in names]
    assert sum(a != b for a, b in itertools.pairwise(order)) == 1


def test_sample_distances_refuses_another_shape():
    groups = pd.Series(["x", "y"], index=["a", "b"])
    with pytest.raises(DataError, match=r"shape \(3, 3\) for 2 samples"):
        sample_distances(np.zeros((3, 3)), ["a", "b"], groups)


def test_dispersions(dispersion_table):
    ax = dispersions(dispersion_table)
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert ax.get_xlabel() == "mean of normalised counts"
    assert "20 gene-wise estimates below" in all_text(ax)
    labels = {text.get_text() for text in ax.get_legend().get_texts()}
    assert labels == {"gene-wise estimate", "final value", "outlier, kept gene-wise", "trend"}
    assert_everything_inside(ax)
    # Tick labels are plain numbers, not mathematics written out.
    assert "$" not in all_text(ax)


def test_dispersions_of_nothing(dispersion_table):
    empty = dispersion_table.assign(dispersion_genewise=np.nan)
    assert "no gene has a dispersion" in all_text(dispersions(empty))


@pytest.mark.parametrize("n_samples", [4, 60, 550])
def test_heatmap(results, n_samples):
    values, groups = expression(n_samples, results)
    ax = heatmap(values, results, groups, top=10, first=["low"])
    names = {t.get_text() for t in ax.get_yticklabels()}
    assert names == set(top_genes(results, 10)["gene_name"])
    low, high = ax.images[0].get_clim()
    assert low == -high
    assert "z-score of log2 expression (SD from the gene's mean)" in all_text(ax)
    assert_everything_inside(ax)


def test_heatmap_of_odd_names_of_one_gene_and_of_none(odd_results):
    values, groups = expression(4, odd_results)
    ax = heatmap(values, odd_results.iloc[20:30], groups)
    assert "$x_{1}$ & <b>" in {t.get_text() for t in ax.get_yticklabels()}
    assert_everything_inside(ax)
    assert_everything_inside(heatmap(values, odd_results.iloc[20:21], groups))
    ax = heatmap(values, odd_results.assign(direction="none"), groups)
    assert "no gene was called" in all_text(ax).replace("\n", " ")


def test_heatmap_of_a_gene_that_does_not_vary(results):
    values, groups = expression(4, results)
    gene = results.loc[results["direction"] == "up", "gene_id"].iloc[0]
    values[gene] = 3.0
    ax = heatmap(values, results[results["gene_id"] == gene], groups)
    assert np.array_equal(np.asarray(ax.images[0].get_array()), np.zeros((1, 4)))


def test_heatmap_needs_the_expression_of_its_genes(results):
    values, groups = expression(4, results)
    with pytest.raises(DataError, match="has no expression of gene 'ENSG"):
        heatmap(values.iloc[:, :1], results, groups)


def test_top_genes_shares_the_places(results):
    up = results[results["direction"] == "up"]
    chosen = top_genes(results, 10)
    assert list(chosen["direction"]) == ["up"] * 5 + ["down"] * 5
    assert list(top_genes(up, 10)["direction"]) == ["up"] * 10
    few = pd.concat([up.head(1), results[results["direction"] == "down"]])
    assert (top_genes(few, 10)["direction"] == "down").sum() == 9


def ranking() -> pd.Series:
    rng = np.random.default_rng(5)
    values = np.sort(rng.normal(size=1000))[::-1]
    return pd.Series(values, index=[f"N{i}" for i in range(1000)])


def test_running_sum_plot(contrast):
    genes = [f"N{i}" for i in range(900, 960)]
    ax = running_sum_plot(ranking(), genes, "HALLMARK_X", nes=-2.345, fdr=3e-9, contrast=contrast)
    said = all_text(ax)
    for words in ("NES = -2.35", "FDR = 3.0e-09", "60 genes", "higher in veh", "higher in E2"):
        assert words in said.replace("−", "-")
    curve = ax.lines[0].get_ydata()
    assert curve[0] == 0
    assert curve[-1] == pytest.approx(0)
    assert len(figure_of(ax).axes) == 3
    assert_everything_inside(ax)


def test_running_sum_plot_of_one_gene_and_odd_words(odd_contrast):
    name = "GOBP_" + "A_VERY_LONG_NAME_" * 20 + "$x$"
    for gene in ("N0", "N999"):
        ax = running_sum_plot(ranking(), [gene, "absent"], name, contrast=odd_contrast)
        assert "FDR not available" in all_text(ax)
        assert_everything_inside(ax)


def test_running_sum_plot_refuses_an_unmeasured_set():
    with pytest.raises(DataError, match="no gene of the set 'S' is in the ranking"):
        running_sum_plot(ranking(), ["absent"], "S")


def test_running_sum_plot_fits_into_given_axes():
    figure = new_figure(4, 4)
    figure.set_layout_engine("none")
    given = figure.add_axes((0.2, 0.2, 0.6, 0.6))
    ax = running_sum_plot(ranking(), ["N5", "N7"], "S", ax=given)
    assert ax is given
    assert len(figure.axes) == 3
    assert all(a.get_position().y0 >= 0.19 for a in figure.axes)


def test_running_sum_panels(contrast, gsea_table):
    sets = {name: [f"N{7 * i + j}" for j in range(30)] for i, name in enumerate(gsea_table["set"])}
    sets["not tested"] = ["N1", "N2"]
    axes = running_sum_panels(ranking(), sets, gsea_table, contrast=contrast)
    assert len(axes) == 5
    assert "NES = -3.10" in all_text(axes[0])
    assert "FDR < 1e-300" in all_text(axes[0])
    assert_everything_inside(axes[0])
    with pytest.raises(DataError, match="no gene set to draw"):
        running_sum_panels(ranking(), {}, gsea_table)


@pytest.mark.parametrize("n_samples", [4, 550])
def test_driver_split(results, n_samples):
    values, groups = expression(n_samples, results)
    ax = driver_split(values.iloc[:, 0], groups, "$x$", first=["low"], unit="log2 CPM")
    assert ax.get_ylabel() == "$x$ expression\n(log2 CPM)"
    drawn = sum(len(c.get_offsets()) for c in ax.collections)
    assert drawn == n_samples
    assert next(t.get_text().split("\n")[0] for t in ax.get_xticklabels()) == "low"
    assert_everything_inside(ax)


def test_driver_split_of_equal_values_and_of_none():
    groups = pd.Series(["x", "x", "y"], index=list("abc"))
    driver_split(pd.Series(1.0, index=list("abc")), groups, "G")
    with pytest.raises(DataError, match="has no samples"):
        driver_split(pd.Series(dtype=float), groups, "G")


@pytest.mark.parametrize(
    ("draw", "column"),
    [(volcano, "padj"), (ma, "baseMean"), (gene_set_dots, "nes"), (dispersions, "dispersion")],
)
def test_missing_columns_are_named(draw, column):
    with pytest.raises(DataError, match=rf"needs the columns .*{column}"):
        draw(pd.DataFrame({"gene_id": ["a"]}))


def test_each_figure_draws_into_given_axes(results, gsea_table, dispersion_table):
    values, groups = expression(4, results)
    figure = new_figure(18, 12)
    axes = [figure.add_subplot(3, 3, i + 1) for i in range(8)]
    names = list(values.index)
    drawn = [
        volcano(results, ax=axes[0]),
        ma(results, ax=axes[1]),
        pca_plot(pca(values.to_numpy()), names, groups, ax=axes[2]),
        sample_distances(distances_between(values.to_numpy()), names, groups, ax=axes[3]),
        dispersions(dispersion_table, ax=axes[4]),
        heatmap(values, results, groups, ax=axes[5]),
        gene_set_dots(gsea_table, ax=axes[6]),
        driver_split(values.iloc[:, 0], groups, "G", ax=axes[7]),
    ]
    assert all(returned is given for returned, given in zip(drawn, axes, strict=True))
    figure.draw_without_rendering()


def test_drawing_leaves_no_trace(results):
    import matplotlib.pyplot as plt

    before = dict(mpl.rcParams)
    volcano(results)
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == before


def test_a_users_settings_do_not_change_the_figure(results, tmp_path):
    (first,) = save_figure(volcano(results), tmp_path / "a", ("png",))
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "text.parse_math": True}):
        (second,) = save_figure(volcano(results), tmp_path / "b", ("png",))
    assert first.read_bytes() == second.read_bytes()


def test_several_threads_draw_the_same(results, tmp_path: Path):
    (expected,) = save_figure(volcano(results, highlight=["N1", "N2"]), tmp_path / "x", ("svg",))
    failures: list[BaseException] = []

    def draw(number: int) -> None:
        try:
            ax = volcano(results, highlight=["N1", "N2"])
            save_figure(ax, tmp_path / f"t{number}", ("svg",))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=draw, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for number in range(4):
        assert (tmp_path / f"t{number}.svg").read_bytes() == expected.read_bytes()


def test_ora_plot(odd_names):
    n = len(odd_names)
    table = pd.DataFrame(
        {
            "set": list(odd_names) * 2,
            "direction": ["up"] * n + ["down"] * n,
            "size": 50,
            "overlap": [0, *range(1, n)] * 2,
            "odds_ratio": [0.0, np.inf, *np.linspace(0.5, 40, n - 2)] * 2,
            "odds_ratio_ci_low": [0.0, 3.0, *np.linspace(0.2, 20, n - 2)] * 2,
            "odds_ratio_ci_high": [2.0, np.inf, *np.linspace(1.2, 80, n - 2)] * 2,
            "pvalue": np.logspace(0, -20, 2 * n),
            "padj": np.logspace(0, -20, 2 * n),
        }
    )
    ax = ora_plot(table, top=6)
    text = all_text(ax)
    assert "genes called up" in text
    assert "genes called down" in text
    assert f"{2 * n - 12} less significant tests are not shown" in text
    assert "odds ratio" in ax.get_xlabel()
    assert_everything_inside(ax)
    listed = ora_plot(table.assign(direction="list").head(3))
    assert "genes of the list" in all_text(listed)
    nothing = ora_plot(table.assign(overlap=0))
    assert "no gene set shares a gene with a list" in all_text(nothing).replace("\n", " ")


@pytest.mark.parametrize("n_samples", [2, 9, 80])
def test_score_heatmap(odd_names, results, n_samples):
    _, groups = expression(n_samples, results)
    values = np.random.default_rng(0).normal(size=(n_samples, len(odd_names)))
    scores = pd.DataFrame(values, index=groups.index, columns=list(odd_names))
    scores[odd_names[0]] = 1.0
    scores[odd_names[1]] = np.nan
    ax = score_heatmap(scores, groups, method="rank score", top=6, group_name="arm")
    text = all_text(ax)
    assert "z-score of the rank score" in text
    assert f"{len(odd_names) - 6} further sets are not shown" in text
    assert_everything_inside(ax)
    assert "all samples" in all_text(score_heatmap(scores))
    assert "at least" in all_text(score_heatmap(scores.head(1)))


@pytest.fixture
def two_results(odd_names) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    a = rng.normal(0, 3, 500)
    b = -0.5 * a + rng.normal(0, 2, 500)
    agreement = np.select(
        [(a > 3) & (b > 2), (a > 3) & (b < -2), np.abs(a) > 3, np.abs(b) > 3],
        ["same", "opposite", "only_a", "only_b"],
        "neither",
    )
    names = [*odd_names, *(f"G{i}" for i in range(500 - len(odd_names)))]
    return pd.DataFrame({"gene_name": names, "stat_a": a, "stat_b": b, "agreement": agreement})


def test_concord_scatter(two_results, odd_names):
    ax = concord_scatter(two_results, names=(odd_names[2], odd_names[4]), title="reverses " * 30)
    text = all_text(ax)
    assert "called in both, opposite" in text
    assert ax.get_xlabel().startswith("statistic in A: ")
    assert_everything_inside(ax)
    assert "no gene is in both" in all_text(concord_scatter(two_results.head(0)))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_rrho_map(two_results, odd_names, sign):
    table = rrho_table(
        two_results["stat_a"].to_numpy(), sign * two_results["stat_b"].to_numpy(), steps=25
    )
    ax = rrho_map(table, names=(odd_names[0], odd_names[5]))
    text = all_text(ax)
    for words in ("up in both", "down in both", "up in A, down in B", "down in A, up in B"):
        assert words in text
    assert "as if genes were independent" in " ".join(text.split())
    assert_everything_inside(ax)
    only_up = rrho_table(np.arange(1.0, 50.0), np.arange(1.0, 50.0), steps=5)
    assert "down in both" not in all_text(rrho_map(only_up))
    assert "too few genes" in all_text(rrho_map(table.head(0)))


def test_concord_null(odd_names):
    rng = np.random.default_rng(6)
    rotations = pd.DataFrame({"rotated": ["a"] * 99 + ["b"] * 99, "rho": rng.normal(0, 0.1, 198)})
    ax = concord_null(rotations, -0.4, names=(odd_names[1], odd_names[4]))
    text = all_text(ax)
    assert "found (-0.40)" in text
    assert "counts as none" in text
    assert_everything_inside(ax)
    assert ax.get_xlim()[0] < -0.4
    assert "no experiment could be rotated" in all_text(concord_null(rotations.head(0), 0.1))
