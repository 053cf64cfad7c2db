"""Which columns of the cohort tables the page shows, and what it calls them."""

from __future__ import annotations

from rnaseq_s6k1.report.grids import Column, Kind

__all__ = [
    "AMPLICON",
    "BALANCE",
    "BRIDGE",
    "CONCORD",
    "CORRELATIONS",
    "COX",
    "LEVELS",
    "RUNS",
    "SCORES",
    "SCREEN",
    "SURVIVAL",
    "TESTS",
]


_INTERVAL: tuple[str, str, Kind] = ("ci_low", "95 % CI", "interval")


def _columns(*entries: tuple[str, str, Kind]) -> tuple[Column, ...]:
    return tuple(Column(*entry) for entry in entries)


BALANCE = _columns(
    ("covariate", "Covariate", "text"),
    ("level", "Level", "text"),
    ("share_high", "Share, high", "percent"),
    ("share_low", "Share, low", "percent"),
    ("median_high", "Median, high", "number"),
    ("median_low", "Median, low", "number"),
    ("standardised_difference", "Standardised difference", "signed"),
    ("test", "Test", "text"),
    ("pvalue", "p", "p"),
)
RUNS = _columns(
    ("run", "Run", "text"),
    ("n_high", "n, high", "count"),
    ("n_low", "n, low", "count"),
    ("genes_up", "Genes up", "count"),
    ("genes_down", "Genes down", "count"),
    ("spearman_of_stat", "Spearman with the first", "signed"),
)
TESTS = _columns(
    ("test", "Test", "text"),
    ("expression", "Expression", "text"),
    ("statistic", "Statistic", "number"),
    _INTERVAL,
    ("pvalue", "p", "p"),
    ("n", "n", "count"),
)
LEVELS = _columns(
    ("group", "Level", "text"),
    ("n", "n", "count"),
    ("median", "Median", "number"),
    ("q1", "First quartile", "number"),
    ("q3", "Third quartile", "number"),
)
AMPLICON = _columns(
    ("gene_name", "Gene", "text"),
    ("cytoband", "Band", "text"),
    ("distance_mb", "Distance (Mb)", "signed"),
    ("log2FoldChange", "log2FC", "signed"),
    ("pvalue", "p", "p"),
    ("padj", "FDR", "p"),
    ("direction", "Called", "text"),
)
SCREEN = _columns(
    ("gene_name", "Gene", "text"),
    ("role", "Role", "text"),
    ("rank", "Rank", "count"),
    ("score", "Score", "number"),
    ("n_high", "n, high", "count"),
    ("n_low", "n, low", "count"),
)
CORRELATIONS = _columns(
    ("gene_name", "Gene", "text"),
    ("n", "n", "count"),
    ("rho", "Spearman's rho", "signed"),
    _INTERVAL,
    ("pvalue", "p", "p"),
    ("padj", "FDR", "p"),
    ("percentile", "Percentile among all genes", "number"),
)
SURVIVAL = _columns(
    ("endpoint", "Endpoint", "text"),
    ("comparison", "Comparison", "text"),
    ("model", "Model", "text"),
    ("n", "n", "count"),
    ("events", "Events", "count"),
    ("HR", "Hazard ratio", "number"),
    _INTERVAL,
    ("pvalue", "p (Wald)", "p"),
    ("logrank_p", "p (log-rank)", "p"),
    ("note", "Note", "words"),
)
COX = _columns(
    ("endpoint", "Endpoint", "text"),
    ("model", "Model", "text"),
    ("covariate", "Covariate", "text"),
    ("level", "Level", "text"),
    ("HR", "Hazard ratio", "number"),
    _INTERVAL,
    ("pvalue", "p", "p"),
    ("ph_p", "p, proportional hazards", "p"),
)
CONCORD = _columns(
    ("measure", "Measure", "text"),
    ("n", "n", "count"),
    ("estimate", "Estimate", "number"),
    _INTERVAL,
    ("pvalue", "p", "p"),
    ("rotation_pvalue", "p (rotation)", "p"),
    ("reading", "Reading", "words"),
)
BRIDGE = _columns(
    ("relation", "Relation", "text"),
    ("variable", "Variable", "text"),
    ("adjustment", "Adjusted for", "text"),
    ("measure", "Measure", "text"),
    ("n", "n", "count"),
    ("estimate", "Estimate", "number"),
    _INTERVAL,
    ("pvalue", "p", "p"),
    ("empirical_p", "p among random signatures", "p"),
)
SCORES = _columns(
    ("method", "Method", "text"),
    ("column", "Gene set", "text"),
    ("difference", "Difference", "signed"),
    ("pvalue", "p", "p"),
    ("padj", "FDR", "p"),
)
