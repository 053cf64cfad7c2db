from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.screen_histogram import screen_histogram
from rnaseq_s6k1.plots.screen_ranks import screen_ranks


def _table(n: int = 60, driver: int = 30, neighbours: int = 9) -> pd.DataFrame:
    scores = np.sort(np.random.default_rng(0).normal(0, 5, n))[::-1]
    roles = np.array(["background"] * n, dtype=object)
    roles[:neighbours] = "amplicon"
    roles[driver] = "driver"
    return pd.DataFrame(
        {
            "gene_name": [f"$A_GENE{k:02d}" for k in range(n)],
            "role": roles,
            "score": scores,
            "rank": np.arange(1, n + 1),
        }
    )


def _no_overlap(ax) -> None:
    figure = ax.get_figure()
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts if text.get_text()]
    assert len(boxes) > 1
    for at, one in enumerate(boxes):
        for other in boxes[at + 1 :]:
            assert not one.overlaps(other)


@pytest.mark.parametrize("driver", [0, 8, 12, 30, 59])
def test_labels_do_not_overlap(driver):
    _no_overlap(screen_histogram(_table(driver=driver, neighbours=8), "DRIVER", 0.2, "a card"))
    _no_overlap(screen_ranks(_table(driver=driver, neighbours=8), "a card"))


def test_what_is_drawn():
    ax = screen_histogram(_table(), "DRIVER", 0.2, "a card")
    assert sum(patch.get_height() for patch in ax.patches) == 50
    assert "50 genes of like mean and variance" in ax.get_title(loc="left")
    ranks = screen_ranks(_table())
    assert len(ranks.collections) == 3
    assert ranks.get_legend().get_texts()[0].get_text() == "like the driver (50)"


def test_nothing_to_draw():
    table = _table()
    with pytest.raises(DataError, match="has no background"):
        screen_histogram(table[table["role"] != "background"], "D", 0.1, "c")
    with pytest.raises(DataError, match="no gene with a score"):
        screen_ranks(table.assign(rank=np.nan))
    with pytest.raises(DataError, match="needs the columns"):
        screen_ranks(table.drop(columns="role"))


def test_of_a_list_the_listed_genes_are_named():
    table = _table(n=200)
    table["role"] = "matched"
    table.loc[[5, 6, 40, 60, 90], "role"] = "listed"
    ax = screen_ranks(table, "a card")
    names = [text.get_text().split()[0] for text in ax.texts]
    assert sorted(names) == [f"$A_GENE{k:02d}" for k in (5, 6, 40, 60, 90)]
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["like a listed gene (195)", "listed (5)"]
    _no_overlap(ax)
