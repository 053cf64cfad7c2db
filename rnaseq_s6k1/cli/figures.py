"""Which figures each step draws, and from what."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.save import save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rnaseq_s6k1.cohort.stratify import Stratification
    from rnaseq_s6k1.de.result import DEResult
    from rnaseq_s6k1.design.contrast import Contrast
    from rnaseq_s6k1.enrichment.gsea import GSEAResult

__all__ = ["CELL_CYCLE_GENES", "draw_de_figures", "draw_gsea_figures", "draw_split_figure"]

logger = logging.getLogger(__name__)

# The genes of the founding claim and of the G1/S transition it speaks of.
CELL_CYCLE_GENES = (
    "MYC", "CCNE1", "CCNE2", "CCND1", "CDK2", "CDK4", "CDK6", "E2F1", "RB1", "CDKN1A", "CDKN1B",
)  # fmt: skip
DRIVER = "RPS6KB1"
_RUNNING_SUMS = 6


def draw_de_figures(result: DEResult, folder: Path, highlight: Sequence[str] = ()) -> list[Path]:
    """Draw volcano, MA, PCA, sample distances, dispersions and heat map into `folder`.

    `highlight` begins with the driver; without it, the founding claim's genes are named.
    """
    from rnaseq_s6k1.de.pca import pca
    from rnaseq_s6k1.de.pca import sample_distances as distances_of
    from rnaseq_s6k1.plots.dispersions import dispersions
    from rnaseq_s6k1.plots.heatmap import heatmap
    from rnaseq_s6k1.plots.ma import ma
    from rnaseq_s6k1.plots.pca_plot import pca_plot
    from rnaseq_s6k1.plots.sample_distances import sample_distances
    from rnaseq_s6k1.plots.volcano import volcano

    experiment, contrast, parameters = result.experiment, result.contrast, result.parameters
    if experiment is None or contrast is None:
        return []
    driver, *others = highlight or (DRIVER, *CELL_CYCLE_GENES)
    vst = result.vst()
    groups = experiment.obs[contrast.factor].astype(str)
    first = (contrast.reference, contrast.target)
    figures: dict[str, Callable[[], Axes]] = {
        "volcano": lambda: volcano(
            result.table,
            contrast=contrast,
            lfc=parameters.lfc,
            alpha=parameters.alpha,
            significance=parameters.significance,
            highlight=others,
            driver=driver,
        ),
        "ma": lambda: ma(result.table, contrast=contrast, lfc=parameters.lfc, driver=driver),
        "pca": lambda: pca_plot(
            pca(vst.to_numpy()), list(vst.index), groups, first=first, group_name=contrast.factor
        ),
        "sample_distances": lambda: sample_distances(
            distances_of(vst.to_numpy()),
            list(vst.index),
            groups,
            first=first,
            group_name=contrast.factor,
        ),
        "dispersions": lambda: dispersions(experiment.var),
        "heatmap": lambda: heatmap(
            vst,
            result.table,
            groups,
            significance=parameters.significance,
            first=first,
            group_name=contrast.factor,
        ),
    }
    return _draw(figures, folder)


def draw_gsea_figures(
    tested: GSEAResult, contrast: Contrast | None, folder: Path, sets: Sequence[str] = ()
) -> list[Path]:
    """Draw the dot plot of sets, and running sums of `sets` (else of the leading ones)."""
    from rnaseq_s6k1.plots.gene_set_dots import gene_set_dots
    from rnaseq_s6k1.plots.running_sum_plot import running_sum_panels

    by_p = tested.table.sort_values(["pvalue", "set"], kind="stable")
    members = {name: genes for (_, name), genes in tested.members.items()}
    chosen = [name for name in sets if name in members] or list(by_p["set"].head(_RUNNING_SUMS))
    statistic = "Wald statistic" if tested.ranking.by == "stat" else tested.ranking.by
    figures: dict[str, Callable[[], Axes]] = {
        "gene_sets": lambda: gene_set_dots(tested.table, contrast=contrast),
        "running_sums": lambda: running_sum_panels(
            tested.ranking.stats,
            {name: members[name] for name in chosen},
            tested.table.drop_duplicates("set"),
            contrast=contrast,
            statistic=statistic,
            weight=tested.weight,
            score_type=tested.score_type,
        )[0],
    }
    return _draw(figures, folder)


def draw_split_figure(split: Stratification, folder: Path) -> list[Path]:
    """Draw the driver's expression in the groups that were cut on it."""
    from rnaseq_s6k1.plots.driver_split import driver_split

    kept = split.samples[split.samples["group"] != "excluded"].set_index("sample")
    return _draw(
        {
            "driver_split": lambda: driver_split(
                pd.Series(kept["expression"].to_numpy(dtype=np.float64), index=kept.index),
                kept["group"].astype(str),
                split.gene,
                first=("low", "middle", "high"),
                unit="log2 CPM",
            )
        },
        folder,
    )


def _draw(figures: dict[str, Callable[[], Axes]], folder: Path) -> list[Path]:
    """Save each figure; one that cannot be drawn is said, and does not stop the others."""
    paths: list[Path] = []
    for name, draw in figures.items():
        try:
            paths += save_figure(draw(), folder / name)
        except DataError as error:
            logger.warning("figure %s was not drawn: %s", name, error)
    return paths
