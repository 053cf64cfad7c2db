"""Figures: each function takes a table or arrays, draws one figure, and returns its Axes."""

from rnaseq_s6k1.plots.concord_null import concord_null
from rnaseq_s6k1.plots.concord_scatter import concord_scatter
from rnaseq_s6k1.plots.dispersions import dispersions
from rnaseq_s6k1.plots.driver_split import driver_split
from rnaseq_s6k1.plots.gene_set_dots import gene_set_dots
from rnaseq_s6k1.plots.heatmap import heatmap
from rnaseq_s6k1.plots.ma import ma
from rnaseq_s6k1.plots.ora_plot import ora_plot
from rnaseq_s6k1.plots.pca_plot import pca_plot
from rnaseq_s6k1.plots.rrho_map import rrho_map
from rnaseq_s6k1.plots.running_sum_plot import running_sum_panels, running_sum_plot
from rnaseq_s6k1.plots.sample_distances import sample_distances
from rnaseq_s6k1.plots.save import save_figure
from rnaseq_s6k1.plots.score_heatmap import score_heatmap
from rnaseq_s6k1.plots.volcano import volcano

__all__ = [
    "concord_null",
    "concord_scatter",
    "dispersions",
    "driver_split",
    "gene_set_dots",
    "heatmap",
    "ma",
    "ora_plot",
    "pca_plot",
    "rrho_map",
    "running_sum_panels",
    "running_sum_plot",
    "sample_distances",
    "save_figure",
    "score_heatmap",
    "volcano",
]
