"""Samples that do not belong: outliers, poor replicates, shallow libraries."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["quality_warnings", "sample_flags", "sample_quality"]

# Isogenic replicates are expected to correlate at 0.9 or more (ENCODE RNA-seq standard);
# patients are not replicates, so larger groups are judged among themselves only.
_REPLICATE_RHO = 0.9
_LARGEST_REPLICATE_GROUP = 12
# Iglewicz and Hoaglin (1993): a modified z-score beyond 3.5 marks an outlier.
_MODIFIED_Z = 3.5
_SMALLEST_DROP = 0.02
_SHALLOW = 0.2


def sample_quality(
    expression: NDArray[np.float64], library_sizes: NDArray[np.float64], groups: pd.Series
) -> pd.DataFrame:
    """Measure how each sample agrees with the others of its group.

    Parameters
    ----------
    expression
        Log-scale expression of the expressed genes, shape ``(n_samples, n_genes)``.
    library_sizes
        Total counts, shape ``(n_samples,)``.
    groups
        The group of each sample, indexed by sample.

    Returns
    -------
    pandas.DataFrame
        Indexed by sample: ``group``, ``library_size``, ``agreement`` (median Spearman
        correlation with the other samples of the group; NaN when alone) and ``modified_z``
        (Iglewicz and Hoaglin 1993, of the agreement less its group's median).
    """
    ranks = pd.DataFrame(expression).rank(axis=1).to_numpy()
    rho = np.atleast_2d(np.corrcoef(ranks))
    labels = groups.to_numpy()
    agreement = np.full(len(labels), np.nan)
    for i, label in enumerate(labels):
        mates = np.flatnonzero((labels == label) & (np.arange(len(labels)) != i))
        if mates.size:
            agreement[i] = np.median(rho[i, mates])
    quality = pd.DataFrame(
        {"group": labels, "library_size": library_sizes, "agreement": agreement},
        index=groups.index,
    )
    centred = quality["agreement"] - quality.groupby("group")["agreement"].transform("median")
    spread = float(np.nanmedian(centred.abs())) if centred.notna().any() else 0.0
    quality["modified_z"] = 0.6745 * centred / spread if spread > 0 else 0.0 * centred
    return quality


def sample_flags(quality: pd.DataFrame) -> pd.DataFrame:
    """Say which samples stand out, from what `sample_quality` found.

    Returns
    -------
    pandas.DataFrame
        Indexed as `quality`, bool: ``shallow`` (less than a fifth of the median library size)
        and ``outlier`` (its agreement with its group lies far below the group's median).
    """
    sizes = quality["library_size"]
    drop = quality.groupby("group")["agreement"].transform("median") - quality["agreement"]
    return pd.DataFrame(
        {
            "shallow": sizes < _SHALLOW * sizes.median(),
            "outlier": (quality["modified_z"] < -_MODIFIED_Z) & (drop > _SMALLEST_DROP),
        }
    )


def quality_warnings(quality: pd.DataFrame) -> list[str]:
    """Put what `sample_quality` found into sentences, one a fault; none when all is well."""
    sentences = []
    sizes, flags = quality["library_size"], sample_flags(quality)
    for sample in quality.index[flags["shallow"]]:
        sentences.append(
            f"sample {sample} has {sizes[sample]:,.0f} counts, less than a fifth of the median "
            f"({sizes.median():,.0f})"
        )
    group_median = quality.groupby("group")["agreement"].transform("median")
    for sample in quality.index[flags["outlier"]]:
        row = quality.loc[sample]
        sentences.append(
            f"sample {sample} looks like an outlier of group {row['group']}: median Spearman "
            f"{row['agreement']:.3f} with its group, where the group's median is "
            f"{group_median[sample]:.3f}; see figures/pca and figures/sample_distances"
        )
    for label, members in quality[quality["agreement"].notna()].groupby("group"):
        agreement = float(members["agreement"].median())
        if len(members) <= _LARGEST_REPLICATE_GROUP and agreement < _REPLICATE_RHO:
            sentences.append(
                f"the replicates of {label} correlate poorly: median Spearman {agreement:.3f}, "
                f"where {_REPLICATE_RHO} is expected of replicates"
            )
    return sentences
