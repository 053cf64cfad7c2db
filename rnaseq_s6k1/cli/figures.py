"""Which figures each step draws, and from what."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.plots.save import save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rnaseq_s6k1.cohort.correlation import CorrelationResult
    from rnaseq_s6k1.cohort.screen.run import ScreenResult
    from rnaseq_s6k1.cohort.stratify import Stratification
    from rnaseq_s6k1.concordance.result import ConcordResult
    from rnaseq_s6k1.de.result import DEResult
    from rnaseq_s6k1.de.sample_tables import SampleTables
    from rnaseq_s6k1.design.contrast import Contrast
    from rnaseq_s6k1.enrichment.gsea import GSEAResult
    from rnaseq_s6k1.enrichment.ora import ORAResult
    from rnaseq_s6k1.enrichment.scores.result import ScoreResult

__all__ = [
    "CELL_CYCLE_GENES",
    "draw_all",
    "draw_concord_figures",
    "draw_contrast_figure",
    "draw_correlation_figures",
    "draw_de_figures",
    "draw_gsea_figures",
    "draw_ora_figure",
    "draw_score_figures",
    "draw_screen_figures",
    "draw_split_figure",
    "group_contrast",
]

logger = logging.getLogger(__name__)

# The genes of the founding claim and of the G1/S transition it speaks of.
CELL_CYCLE_GENES = (
    "MYC", "CCNE1", "CCNE2", "CCND1", "CDK2", "CDK4", "CDK6", "E2F1", "RB1", "CDKN1A", "CDKN1B",
)  # fmt: skip
DRIVER = "RPS6KB1"
# What genes are ranked by, as an axis says it; a ranked list has the name of its file.
_STATISTICS = {
    "stat": "Wald statistic",
    "signed_log10p": "signed -log10 p",
    "lfc_shrunk": "shrunken log2 fold change",
}
_RUNNING_SUMS = 6
_MAPPED = 40
_COMPARED = 25


def draw_de_figures(
    result: DEResult, described: SampleTables, folder: Path, highlight: Sequence[str] = ()
) -> list[Path]:
    """Draw volcano, MA, PCA, sample distances, dispersions and heat map into `folder`.

    `highlight` begins with the driver; without it, the founding claim's genes are named.
    """
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
        "dispersions": lambda: dispersions(experiment.var),
    }
    if not contrast.factor:  # a coefficient compares no groups
        return draw_all(figures, folder)
    vst = described.vst
    groups = experiment.obs[contrast.factor].astype(str)
    first = (contrast.reference, contrast.target)
    figures |= {
        "pca": lambda: pca_plot(
            described.components,
            list(vst.index),
            groups,
            first=first,
            group_name=contrast.factor,
        ),
        "sample_distances": lambda: sample_distances(
            described.distances.to_numpy(),
            list(vst.index),
            groups,
            first=first,
            group_name=contrast.factor,
        ),
        "heatmap": lambda: heatmap(
            vst,
            result.table,
            groups,
            significance=parameters.significance,
            first=first,
            group_name=contrast.factor,
        ),
    }
    return draw_all(figures, folder)


def draw_gsea_figures(
    tested: GSEAResult,
    contrast: Contrast | None,
    folder: Path,
    sets: Sequence[str] = (),
    results: pd.DataFrame | None = None,
) -> list[Path]:
    """Draw the dot plot, running sums, ridges, heat maps and network of the gene sets.

    Parameters
    ----------
    tested
        What the GSEA step found.
    contrast
        Whose groups are named; None for a bare ranking.
    folder
        Where to.
    sets
        Sets whose running sums are drawn, such as a card's; else the best supported.
    results
        The differential expression table; ridges then show its log2 fold changes, and
        otherwise what was ranked.
    """
    from rnaseq_s6k1.enrichment.leading_edges import leading_edges
    from rnaseq_s6k1.enrichment.set_network import set_network, set_overlaps
    from rnaseq_s6k1.plots.driving_genes import driving_genes
    from rnaseq_s6k1.plots.enrichment_map import enrichment_map
    from rnaseq_s6k1.plots.evidence import ranked_sets
    from rnaseq_s6k1.plots.gene_set_dots import gene_set_dots
    from rnaseq_s6k1.plots.leading_edge_heatmap import leading_edge_heatmap
    from rnaseq_s6k1.plots.leading_edge_jaccard import leading_edge_jaccard
    from rnaseq_s6k1.plots.leading_edge_ridges import leading_edge_ridges
    from rnaseq_s6k1.plots.running_sum_plot import running_sum_panels
    from rnaseq_s6k1.plots.running_sums_overlaid import running_sums_overlaid
    from rnaseq_s6k1.plots.text import display_text

    table, stats = tested.table, tested.ranking.stats
    # Of sets of one name in several collections the best supported stands for it.
    best = ranked_sets(table).drop_duplicates("set")
    members = {
        name: tested.members[collection, name]
        for collection, name in zip(best["collection"], best["set"], strict=True)
    }
    chosen = [name for name in sets if name in members] or list(best["set"].head(_RUNNING_SUMS))
    shown = {name: members[name] for name in chosen}
    by = tested.ranking.by
    statistic = _STATISTICS.get(by, f"statistic of {display_text(by, 30)}")
    values, unit = _gene_changes(tested, results, contrast, statistic)
    mapped = {name: members[name] for name in best["set"].head(_MAPPED)}
    compared = best[best["leading_edge"] != ""].head(_COMPARED)
    edges = {
        name: edge.split(",")
        for name, edge in zip(compared["set"], compared["leading_edge"], strict=True)
    }
    scored: dict[str, Any] = {
        "contrast": contrast,
        "statistic": statistic,
        "weight": tested.weight,
        "score_type": tested.score_type,
    }
    figures: dict[str, Callable[[], Axes]] = {
        "gene_sets": lambda: gene_set_dots(table, contrast=contrast, always=sets),
        "running_sums": lambda: running_sum_panels(stats, shown, best, **scored)[0],
        "running_sums_overlaid": lambda: running_sums_overlaid(stats, shown, best, **scored),
        "ridges": lambda: leading_edge_ridges(table, values, label=unit),
        "leading_edge_heatmap": lambda: leading_edge_heatmap(table, stats, label=statistic),
        "leading_edge_jaccard": lambda: leading_edge_jaccard(
            set_overlaps(edges, every_pair=True), list(edges)
        ),
        "leading_edge_genes": lambda: driving_genes(
            leading_edges(table, stats).genes, statistic=statistic
        ),
        "enrichment_map": lambda: enrichment_map(
            set_network(list(mapped), set_overlaps(mapped)), best, contrast=contrast
        ),
    }
    return draw_all(figures, folder)


def _gene_changes(
    tested: GSEAResult, results: pd.DataFrame | None, contrast: Contrast | None, statistic: str
) -> tuple[pd.Series, str]:
    """Return a value a ranked gene, by name, and its label: log2 fold change where there is one."""
    from rnaseq_s6k1.plots.text import lfc_label

    stats = tested.ranking.stats
    if results is None or results["log2FoldChange"].isna().all():
        return stats, statistic
    # Of rows of one name the ranking holds that of the largest statistic.
    rows = results.assign(size=results["stat"].abs()).sort_values(
        ["size", "gene_id"], ascending=[False, True]
    )
    changes = rows.drop_duplicates("gene_name").set_index("gene_name")["log2FoldChange"]
    return changes.reindex(stats.index), lfc_label(contrast)


def group_contrast(contrast: Contrast | None) -> Contrast | None:
    """Give a coefficient's contrast two ends that figures can name."""
    if contrast is None or contrast.factor:
        return contrast
    from rnaseq_s6k1.design.contrast import Contrast

    return Contrast(contrast.target, f"high {contrast.target}", f"low {contrast.target}")


def draw_contrast_figure(tables: Mapping[str, pd.DataFrame], folder: Path) -> list[Path]:
    """Draw ``gsea_by_contrast``: sets by contrasts, from the gene-set table of each contrast."""
    from rnaseq_s6k1.plots.set_by_contrast import set_by_contrast

    return draw_all({"gsea_by_contrast": lambda: set_by_contrast(tables)}, folder)


def draw_ora_figure(tested: ORAResult, folder: Path, alpha: float) -> list[Path]:
    """Draw the odds ratios of the most over-represented sets."""
    from rnaseq_s6k1.plots.ora_plot import ora_plot

    return draw_all({"ora": lambda: ora_plot(tested.table, alpha=alpha)}, folder)


def draw_score_figures(
    result: ScoreResult, groups: pd.Series | None, contrast: Contrast | None, folder: Path
) -> list[Path]:
    """Draw a heat map of the scores of each method, the sets that differ most first."""
    from rnaseq_s6k1.enrichment.scores.method import get_method
    from rnaseq_s6k1.plots.score_heatmap import score_heatmap

    first = (contrast.reference, contrast.target) if contrast else ()

    def draw(method: str) -> Callable[[], Axes]:
        sets: list[str] = []
        if result.comparison is not None:
            rows = result.comparison[result.comparison["method"] == method]
            sets = list(rows.sort_values(["pvalue", "column"], kind="stable")["column"])
        return lambda: score_heatmap(
            result.scores[method],
            groups,
            method=get_method(method).INFO.title,
            sets=sets,
            first=first,
            group_name=contrast.factor if contrast else "",
        )

    return draw_all({f"scores_{method}": draw(method) for method in result.scores}, folder)


def draw_concord_figures(
    compared: ConcordResult, names: tuple[str, str], folder: Path
) -> list[Path]:
    """Draw the scatter of statistics, the overlap map, and the rotations where there are any."""
    from rnaseq_s6k1.plots.concord_null import concord_null
    from rnaseq_s6k1.plots.concord_scatter import concord_scatter
    from rnaseq_s6k1.plots.rrho_map import rrho_map

    figures: dict[str, Callable[[], Axes]] = {
        "statistics": lambda: concord_scatter(compared.genes, names=names, title=compared.sentence),
        "rrho": lambda: rrho_map(compared.rrho, names=names),
    }
    if compared.nulls:
        figures["rotations"] = lambda: concord_null(
            compared.rotations,
            float(compared.lines["estimate"].iloc[0]),
            margin=compared.facts["margin"],
            names=names,
        )
    return draw_all(figures, folder)


def draw_screen_figures(result: ScreenResult, folder: Path) -> list[Path]:
    """Draw the driver among the background's scores, and the genes ranked."""
    from rnaseq_s6k1.plots.screen_histogram import screen_histogram
    from rnaseq_s6k1.plots.screen_ranks import screen_ranks

    table, found = result.table, result.specificity
    figures: dict[str, Callable[[], Axes]] = {
        "ranks": lambda: screen_ranks(table, "" if found is None else found.card)
    }
    if found is not None:
        figures["histogram"] = lambda: screen_histogram(table, found.gene, found.pvalue, found.card)
    return draw_all(figures, folder)


def draw_split_figure(split: Stratification, folder: Path) -> list[Path]:
    """Draw the driver's expression in the groups that were cut on it."""
    from rnaseq_s6k1.plots.driver_split import driver_split

    kept = split.samples[split.samples["group"] != "excluded"].set_index("sample")
    return draw_all(
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


def draw_correlation_figures(found: CorrelationResult, folder: Path) -> list[Path]:
    """Draw all genes' correlations with the chosen ones marked, and the scatter matrix."""
    from rnaseq_s6k1.plots.rho_histogram import rho_histogram
    from rnaseq_s6k1.plots.scatter_matrix import scatter_matrix

    figures: dict[str, Callable[[], Axes]] = {
        "correlations": lambda: rho_histogram(
            found.background, found.table, found.gene, covariates=found.covariates
        ),
        "scatter_matrix": lambda: scatter_matrix(found.expression, found.rho_matrix)[0],
    }
    return draw_all(figures, folder)


def draw_all(figures: dict[str, Callable[[], Axes]], folder: Path) -> list[Path]:
    """Save each figure; one that cannot be drawn is said, and does not stop the others."""
    paths: list[Path] = []
    for name, draw in figures.items():
        try:
            paths += save_figure(draw(), folder / name)
        except DataError as error:
            logger.warning("figure %s was not drawn: %s", name, error)
    return paths
