"""Survival curves, scores and random signatures, on ordinary and on awkward input."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.kaplan_meier import kaplan_meier_plot
from rnaseq_s6k1.plots.random_null import random_null_panels, random_null_plot
from rnaseq_s6k1.plots.save import save_figure
from rnaseq_s6k1.plots.score_scatter import score_scatter
from rnaseq_s6k1.plots.style import figure_of, figure_style


def _texts(ax: Axes) -> str:
    return "\n".join(text.get_text() for text in figure_of(ax).findobj(mpl.text.Text))


def _assert_inside(ax: Axes) -> None:
    """No title, label, legend or number is cut off at the figure's edge."""
    figure = figure_of(ax)
    with figure_style():
        figure.draw_without_rendering()
        renderer = figure.canvas.get_renderer()
        for one in figure.findobj(mpl.text.Text):
            if not (one.get_visible() and one.get_text().strip()):
                continue
            box = one.get_window_extent(renderer)
            if one.get_text().replace("−", "-").lstrip("-").replace(".", "").isdigit():
                continue  # ticks beyond the limits are not drawn
            assert box.x0 >= -1, one.get_text()
            assert box.y0 >= -1, one.get_text()
            assert box.x1 <= figure.bbox.x1 + 1, one.get_text()
            assert box.y1 <= figure.bbox.y1 + 1, one.get_text()


def _curves(groups, n: int = 12) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows, at_risk = [], []
    for k, group in enumerate(groups):
        survival = np.linspace(1, 0.1 * k, n)
        for j in range(n):
            known = survival[j] > 0
            rows.append(
                {
                    "group": group,
                    "time": 100.0 * j,
                    "n_censored": j % 2,
                    "survival": survival[j],
                    "ci_low": max(survival[j] - 0.1, 0) if known else np.nan,
                    "ci_high": min(survival[j] + 0.1, 1) if known else np.nan,
                }
            )
        at_risk += [
            {"group": group, "time": time, "n_risk": 1000 - int(time)}
            for time in (0.0, 365.25, 730.5)
        ]
    return pd.DataFrame(rows), pd.DataFrame(at_risk)


def test_curves_say_what_they_are():
    curves, at_risk = _curves(["low", "high"])
    ax = kaplan_meier_plot(
        curves,
        at_risk,
        endpoint="overall survival (OS)",
        unit="years",
        unit_size=365.25,
        title="RPS6KB1 expression",
        lines=["high v low: HR 0.87 (95 % CI 0.22 to 3.36), log-rank p = 0.84"] * 2,
    )
    text = _texts(ax)
    for said in ("overall survival (OS)", "time (years)", "number at risk", "1000", "635", "270",
                 "HR 0.87", "RPS6KB1 expression", "low", "high"):  # fmt: skip
        assert said in text, said
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "1", "2"]
    lines = [line for line in ax.get_lines() if line.get_drawstyle() == "steps-post"]
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 2
    np.testing.assert_allclose(lines[0].get_xdata()[-1], 1100 / 365.25)
    _assert_inside(ax)


@pytest.mark.parametrize("n", [1, 2, 8])
def test_curves_of_odd_names_stay_inside(odd_names, n, tmp_path):
    names = list(odd_names)[:n]

    def draw() -> Axes:
        return kaplan_meier_plot(
            *_curves(names),
            endpoint="$x_{1}$ " * 20,
            groups=names,
            title="<b>&" * 30,
            lines=["y " * 200],
        )

    ax = draw()
    _assert_inside(ax)
    assert len(ax.get_legend().get_texts()) == n, "a leading underscore hides no group"
    first, again = (
        [path.read_bytes() for path in save_figure(draw(), tmp_path / name)] for name in "ab"
    )
    assert first == again


def test_scores_are_drawn_by_copy_number():
    rng = np.random.default_rng(0)
    scores = pd.DataFrame({"score": rng.normal(size=40), "driver_expression": rng.normal(6, 1, 40)})
    ax = score_scatter(scores, "RPS6KB1", lines=["RPS6KB1: rho 0.40"])
    assert len(ax.collections) == 1
    assert ax.get_legend() is None
    scores["copy_number"] = [0.0, 1, 2, -1, np.nan] * 8
    ax = score_scatter(scores, "$a_{b}", lines=["long " * 60])
    assert len(ax.collections) == 5
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["unknown", "-1", "0", "+1", "+2"]
    assert "log2 CPM" in _texts(ax)
    _assert_inside(ax)
    scores["copy_number"] = rng.normal(size=40)
    assert len(score_scatter(scores, "x").collections) == 1, "ratios have no levels to colour"


def test_the_observed_signature_is_marked_among_the_random_ones():
    rng = np.random.default_rng(0)
    random = rng.normal(size=500)
    ax = random_null_plot(random, 2.5, statistic="z", empirical_p=0.012, share_p05=0.3)
    marks = [line.get_xdata()[0] for line in ax.get_lines()]
    assert marks == [2.5, -2.5]
    assert sum(patch.get_height() for patch in ax.patches) == 500
    assert "empirical p = 0.012" in _texts(ax)
    assert "30% of random signatures" in _texts(ax)
    random[:10] = np.nan
    ax = random_null_plot(random, float("nan"), statistic="z")
    assert not ax.get_lines()
    assert "empirical p not available" in _texts(ax)


def test_panels_follow_the_table(odd_names):
    table = pd.DataFrame(
        {
            "relation": "outcome",
            "variable": list(odd_names)[:5],
            "adjustment": ["none", "proliferation"] * 2 + ["none"],
            "statistic": 1.0,
            "empirical_p": 0.5,
            "random_share_p05": 0.1,
        }
    )
    random = {
        f"outcome|{row.variable}|{row.adjustment}": np.linspace(-2, 2, 50)
        for row in table.itertuples()
    }
    axes = random_null_panels(table, random, labels={"outcome": "z of the Cox model"})
    assert len(axes) == 5
    assert "adjusted for proliferation" in _texts(axes[0])
    random[f"outcome|{table['variable'][1]}|proliferation"] = np.full(50, np.nan)
    assert len(random_null_panels(table, random, labels={})) == 4
    _assert_inside(axes[0])


def test_nothing_to_draw_is_refused():
    curves, at_risk = _curves(["a"])
    with pytest.raises(DataError, match="no survival curve"):
        kaplan_meier_plot(curves.head(0), at_risk.head(0), endpoint="OS")
    with pytest.raises(DataError, match="needs the columns survival"):
        kaplan_meier_plot(curves.drop(columns="survival"), at_risk, endpoint="OS")
    with pytest.raises(DataError, match="no random signature"):
        random_null_plot([np.nan], 1.0, statistic="z")
    with pytest.raises(DataError, match="no samples"):
        score_scatter(pd.DataFrame(columns=["score", "driver_expression"]), "x")
    with pytest.raises(DataError, match="no relation"):
        random_null_panels(
            pd.DataFrame(
                columns=[
                    "relation",
                    "variable",
                    "adjustment",
                    "statistic",
                    "empirical_p",
                    "random_share_p05",
                ]
            ),
            {},
            labels={},
        )
