"""The samples: library sizes, components, distances, dispersions, and those that stand out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from rnaseq_s6k1.report.collect.columns import column_values
from rnaseq_s6k1.report.run_directory import Picture, RunDirectory

__all__ = ["QualitySection", "collect_quality"]

# A heat map of more samples than this shows no sample any more.
_MOST_IN_HEAT_MAP = 130


@dataclass(frozen=True)
class QualitySection:
    """The samples of the fit.

    Attributes
    ----------
    rows
        ``de/samples.tsv``, a mapping a sample.
    flagged
        The rows of samples that stand out.
    data
        Columns of the samples, distances and dispersions, as the charts take them.
    pictures
        Figures of the step that the charts do not draw.
    """

    rows: list[dict[str, Any]]
    flagged: list[dict[str, Any]]
    data: dict[str, Any]
    pictures: list[Picture]


def collect_quality(run: RunDirectory) -> QualitySection | None:
    """Read the tables of ``de/``; None where an older run did not write them."""
    samples = run.table("de/samples.tsv")
    if samples is None:
        return None
    found = run.step("de").results
    flagged = samples[samples["shallow"].astype(bool) | samples["outlier"].astype(bool)]
    data: dict[str, Any] = {
        "samples": {str(name): column_values(samples[name]) for name in samples.columns},
        "explained": found.get("pca_explained", []),
        "pcaGenes": found.get("pca_genes"),
        "distances": _distances(run.table("de/sample_distances.tsv")),
        "dispersions": _dispersions(run.table("de/dispersions.tsv")),
    }
    pictures = run.pictures(
        {"de/figures/heatmap": "Heat map of the called genes with the smallest p, in all samples"}
    )
    return QualitySection(_rows(samples), _rows(flagged), data, pictures)


def _rows(samples: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in samples.to_dict("records")]


def _distances(table: pd.DataFrame | None) -> list[list[Any]] | None:
    if table is None or len(table) > _MOST_IN_HEAT_MAP:
        return None
    return [column_values(table[name], digits=4) for name in table.columns[1:]]


def _dispersions(table: pd.DataFrame | None) -> dict[str, list[Any]] | None:
    if table is None:
        return None
    names = {
        "mean": "baseMean",
        "genewise": "dispersion_genewise",
        "trend": "dispersion_trend",
        "final": "dispersion",
    }
    columns = {key: column_values(table[name], digits=4) for key, name in names.items()}
    outliers = table["dispersion_outlier"].astype(str).eq("True")
    return columns | {"outlier": outliers.to_numpy().nonzero()[0].tolist()}
