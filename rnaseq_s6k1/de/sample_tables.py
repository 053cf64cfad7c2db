"""The samples of a fit as tables: their quality, components, distances, and dispersions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.de.engine import DispersionTrend
from rnaseq_s6k1.de.pca import PCAResult, pca, sample_distances
from rnaseq_s6k1.de.quality import sample_flags, sample_quality
from rnaseq_s6k1.de.vst import variance_stabilizing_transform
from rnaseq_s6k1.design.levels import level_texts

if TYPE_CHECKING:
    from anndata import AnnData

    from rnaseq_s6k1.de.result import DEResult

__all__ = ["SAMPLE_COLUMNS", "SampleTables", "measured_quality", "sample_tables"]

# With fewer genes a rank correlation of replicates wavers by as much as a faulty sample
# changes it: its standard error is about (1 - rho^2) / sqrt(genes).
_FEWEST_GENES_FOR_QUALITY = 500
# More values than this say no more of it, and cost time in a cohort.
_MOST_VALUES_FOR_QUALITY = 600_000

SAMPLE_COLUMNS: tuple[str, ...] = (
    "sample",
    "group",
    "library_size",
    "detected_genes",
    "size_factor",
    "agreement",
    "modified_z",
    "shallow",
    "outlier",
    "PC1",
    "PC2",
)

DISPERSION_COLUMNS: tuple[str, ...] = (
    "baseMean",
    "dispersion_genewise",
    "dispersion_trend",
    "dispersion",
    "dispersion_outlier",
)


@dataclass(frozen=True, eq=False)
class SampleTables:
    """What is known of the samples of a fit.

    Attributes
    ----------
    vst
        Variance-stabilised expression, log2, shape ``(n_samples, n_genes)``.
    samples
        One row a sample, the columns of `SAMPLE_COLUMNS`: total counts, genes with any count,
        the size factor, what `rnaseq_s6k1.de.quality` says of it (NA where the comparison has no
        groups or too few genes), and the first two principal components of `vst`.
    components
        Those components, with the share of the variance along each.
    distances
        Euclidean distances of `vst`, samples in rows and columns.
    dispersions
        One row a gene with counts: mean of normalised counts, gene-wise dispersion, trend, the
        value used, and whether it was too far above the trend to be shrunk.
    """

    vst: pd.DataFrame
    samples: pd.DataFrame
    components: PCAResult
    distances: pd.DataFrame
    dispersions: pd.DataFrame

    def write(self, folder: Path) -> list[Path]:
        """Write ``samples.tsv``, ``sample_distances.tsv`` and ``dispersions.tsv``."""
        from rnaseq_s6k1.io.tables import write_table

        paths = [
            folder / name for name in ("samples.tsv", "sample_distances.tsv", "dispersions.tsv")
        ]
        write_table(self.samples, paths[0])
        write_table(self.distances, paths[1], index_label="sample")
        write_table(self.dispersions, paths[2], index_label="gene_id")
        return paths


def sample_tables(result: DEResult) -> SampleTables:
    """Describe the samples a result was computed from.

    Raises
    ------
    DataError
        If the result came without its samples.
    """
    experiment, vst = result.require_experiment(), result.vst()
    counts = np.asarray(experiment.X)
    components = pca(vst.to_numpy())
    samples = pd.DataFrame(
        {
            "sample": vst.index.astype(str),
            "group": _groups(result, experiment).to_numpy(),
            "library_size": counts.sum(axis=1).astype(np.int64),
            "detected_genes": (counts > 0).sum(axis=1),
            "size_factor": experiment.obs["size_factor"].to_numpy(dtype=float),
            "agreement": np.nan,
            "modified_z": np.nan,
            "shallow": False,
            "outlier": False,
        }
    )
    quality = measured_quality(result)
    if quality is not None:
        found = quality[["agreement", "modified_z"]].join(sample_flags(quality))
        samples[list(found.columns)] = found.to_numpy()
    for number in range(2):
        # Two samples have one component.
        known = number < components.coordinates.shape[1]
        samples[f"PC{number + 1}"] = components.coordinates[:, number] if known else 0.0
    distances = pd.DataFrame(
        sample_distances(vst.to_numpy()), index=vst.index, columns=vst.index.astype(str)
    )
    dispersions = experiment.var.loc[counts.any(axis=0), list(DISPERSION_COLUMNS)]
    return SampleTables(
        vst, samples[list(SAMPLE_COLUMNS)], components, distances, dispersions.copy()
    )


def measured_quality(result: DEResult) -> pd.DataFrame | None:
    """Measure the samples' quality within the groups compared.

    Returns
    -------
    pandas.DataFrame or None
        See `rnaseq_s6k1.de.quality.sample_quality`. None without groups, as where the contrast
        is of coefficients and no sample is a replicate, and with too few expressed genes.
    """
    experiment = result.require_experiment()
    if result.contrast is None or not result.contrast.factor:
        return None
    X = np.asarray(experiment.X)
    expressed = np.flatnonzero(experiment.var["baseMean"].to_numpy() >= 1)
    if len(expressed) < _FEWEST_GENES_FOR_QUALITY:
        return None
    most = max(2 * _FEWEST_GENES_FOR_QUALITY, _MOST_VALUES_FOR_QUALITY // len(X))
    chosen = expressed[:: max(1, len(expressed) // most)]
    size_factors = experiment.obs["size_factor"].to_numpy(dtype=float)
    if isinstance(result.trend, DispersionTrend):
        expression = variance_stabilizing_transform(X[:, chosen], size_factors, result.trend)
    else:  # the scale of a local trend depends on all genes
        expression = variance_stabilizing_transform(X, size_factors, result.trend)[:, chosen]
    library_sizes = X.sum(axis=1).astype(float)
    return sample_quality(expression, library_sizes, _groups(result, experiment))


def _groups(result: DEResult, experiment: AnnData) -> pd.Series:
    """Give each sample its level of the factor compared; empty text where there is none."""
    if result.contrast is None or not result.contrast.factor:
        return pd.Series("", index=experiment.obs_names)
    levels: pd.Series = level_texts(experiment.obs[result.contrast.factor])
    return levels
