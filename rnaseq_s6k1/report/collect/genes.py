"""All genes of ``de/results.tsv``, for the charts and the table that a reader filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rnaseq_s6k1.de.result import RESULT_COLUMNS
from rnaseq_s6k1.report.collect.columns import column_values
from rnaseq_s6k1.report.run_directory import RunDirectory

__all__ = ["GenesSection", "collect_genes"]

# What a page works out from the thresholds by itself.
_NOT_EMBEDDED = ("direction", "padj_na_reason")
_REASONS = ("", "all_zero", "low_mean", "outlier")


@dataclass(frozen=True)
class GenesSection:
    """Every gene.

    Attributes
    ----------
    data
        The columns of the table, in full precision, so that a download equals it.
    has_names
        Whether names differ from ids.
    """

    data: dict[str, Any]
    has_names: bool


def collect_genes(run: RunDirectory) -> GenesSection:
    """Read ``de/results.tsv``."""
    results = run.table("de/results.tsv")
    assert results is not None  # `RunDirectory.check` has seen the file
    columns = {
        name: column_values(results[name]) for name in RESULT_COLUMNS if name not in _NOT_EMBEDDED
    }
    same = results["gene_id"] == results["gene_name"]
    if bool(same.all()):
        columns.pop("gene_name")
    reasons = [
        _REASONS.index(reason) if reason in _REASONS else 0 for reason in results["padj_na_reason"]
    ]
    data = {"columns": columns, "reasonNames": list(_REASONS), "reasons": reasons}
    return GenesSection(data, not bool(same.all()))
