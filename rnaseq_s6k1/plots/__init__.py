"""Figures: each function takes a table or arrays, draws one figure, and returns its Axes."""

from rnaseq_s6k1.plots.concord_null import concord_null
from rnaseq_s6k1.plots.concord_scatter import concord_scatter
from rnaseq_s6k1.plots.dispersions import dispersions
from rnaseq_s6k1.plots.driver_split import driver_split
from rnaseq_s6k1.plots.driving_genes import driving_genes
from rnaseq_s6k1.plots.enrichment_map import enrichment_map
from rnaseq_s6k1.plots.exclusivity_map import exclusivity_map
from rnaseq_s6k1.plots.gene_set_dots import gene_set_dots
from rnaseq_s6k1.plots.group_boxes import group_boxes
from rnaseq_s6k1.plots.heatmap import heatmap
from rnaseq_s6k1.plots.kaplan_meier import kaplan_meier_plot
from rnaseq_s6k1.plots.leading_edge_heatmap import leading_edge_heatmap
from rnaseq_s6k1.plots.leading_edge_jaccard import leading_edge_jaccard
from rnaseq_s6k1.plots.leading_edge_ridges import leading_edge_ridges
from rnaseq_s6k1.plots.ma import ma
from rnaseq_s6k1.plots.oncoprint import oncoprint
from rnaseq_s6k1.plots.ora_plot import ora_plot
from rnaseq_s6k1.plots.pca_plot import pca_plot
from rnaseq_s6k1.plots.random_null import random_null_panels, random_null_plot
from rnaseq_s6k1.plots.rank_scatter import rank_scatter
from rnaseq_s6k1.plots.rho_histogram import rho_histogram
from rnaseq_s6k1.plots.rrho_map import rrho_map
from rnaseq_s6k1.plots.running_sum_plot import running_sum_panels, running_sum_plot
from rnaseq_s6k1.plots.running_sums_overlaid import running_sums_overlaid
from rnaseq_s6k1.plots.sample_distances import sample_distances
from rnaseq_s6k1.plots.save import save_figure
from rnaseq_s6k1.plots.scatter_matrix import scatter_matrix
from rnaseq_s6k1.plots.score_heatmap import score_heatmap
from rnaseq_s6k1.plots.score_scatter import score_scatter
from rnaseq_s6k1.plots.screen_histogram import screen_histogram
from rnaseq_s6k1.plots.screen_ranks import screen_ranks
from rnaseq_s6k1.plots.set_by_contrast import set_by_contrast
from rnaseq_s6k1.plots.volcano import volcano

__all__ = [
    "concord_null",
    "concord_scatter",
    "dispersions",
    "driver_split",
    "driving_genes",
    "enrichment_map",
    "exclusivity_map",
    "gene_set_dots",
    "group_boxes",
    "heatmap",
    "kaplan_meier_plot",
    "leading_edge_heatmap",
    "leading_edge_jaccard",
    "leading_edge_ridges",
    "ma",
    "oncoprint",
    "ora_plot",
    "pca_plot",
    "random_null_panels",
    "random_null_plot",
    "rank_scatter",
    "rho_histogram",
    "rrho_map",
    "running_sum_panels",
    "running_sum_plot",
    "running_sums_overlaid",
    "sample_distances",
    "save_figure",
    "scatter_matrix",
    "score_heatmap",
    "score_scatter",
    "screen_histogram",
    "screen_ranks",
    "set_by_contrast",
    "volcano",
]
