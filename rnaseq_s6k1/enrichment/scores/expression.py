"""The matrix that is scored: one column a gene name."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import DataError

__all__ = ["counted_genes", "fewest_with_counts", "named_expression", "stabilised"]


def named_expression(expression: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Name the genes of a matrix; of several with one name the most expressed stays.

    Parameters
    ----------
    expression
        Log2 or variance-stabilised, samples x gene ids.
    names
        Gene names, indexed by gene id.

    Returns
    -------
    pandas.DataFrame
        Samples x gene names, both in the order of their names.

    Raises
    ------
    DataError
        If values are missing or infinite, or nothing is left.
    """
    values = expression.to_numpy(dtype=float)
    if not values.size:
        raise DataError("there is no expression to score; give a matrix with samples and genes")
    if not np.isfinite(values).all():
        sample, gene = np.argwhere(~np.isfinite(values))[0]
        raise DataError(
            f"the expression of gene {str(expression.columns[gene])[:60]!r} in sample "
            f"{str(expression.index[sample])[:60]!r} is missing or infinite; give a number, or "
            "leave the gene out"
        )
    genes = pd.DataFrame(
        {
            "name": names.reindex(expression.columns).astype(str).to_numpy(),
            "id": expression.columns.astype(str),
            "mean": -values.mean(axis=0),
        }
    )
    kept = genes.sort_values(["name", "mean", "id"], kind="stable").drop_duplicates("name")
    columns = pd.Index(kept["name"], dtype=object, name=None)
    named = pd.DataFrame(values[:, kept.index], index=expression.index, columns=columns)
    return named.iloc[np.argsort(expression.index.to_numpy(dtype=str), kind="stable")]


def fewest_with_counts(n_samples: int, groups: pd.Series | None = None) -> int:
    """Return in how many samples a gene must be counted: as many as the smallest group has.

    Without groups it is a tenth of the samples, at least two.
    """
    if groups is not None:
        return int(groups.value_counts().min())
    return min(n_samples, max(2, n_samples // 10))


def counted_genes(counts: np.ndarray, *, min_count: int, fewest_samples: int) -> np.ndarray:
    """Tell which genes have at least `min_count` counts in at least `fewest_samples` samples.

    Genes that are hardly counted tie at the lowest rank, and their z-scores are noise.

    Parameters
    ----------
    counts
        Shape ``(n_samples, n_genes)``.
    min_count
        0 asks for one count all the same.
    fewest_samples
        See `fewest_with_counts`.
    """
    return np.asarray((counts >= max(min_count, 1)).sum(axis=0) >= fewest_samples)


def stabilised(counts: pd.DataFrame) -> pd.DataFrame:
    """Variance-stabilise raw counts, blind to any groups.

    Size factors are medians of ratios (``poscounts`` where every gene has a zero); the
    dispersion trend is fitted with the design ``~ 1``. See `rnaseq_s6k1.de.vst`.

    Parameters
    ----------
    counts
        Samples x genes.

    Returns
    -------
    pandas.DataFrame
        Log2 scale; of genes with counts.

    Raises
    ------
    ModelError
        If no dispersion trend can be fitted, as with one sample.
    """
    from rnaseq_s6k1.de.size_factors import estimate_size_factors
    from rnaseq_s6k1.de.vst import blind_trend, variance_stabilizing_transform

    counted = counts.loc[:, counts.any(axis=0)]
    values = np.ascontiguousarray(counted.to_numpy().astype(np.int64))
    whole = (values > 0).all(axis=0).any()
    factors = estimate_size_factors(values, "ratio" if whole else "poscounts")
    trend = blind_trend(values, factors, subset=None)
    transformed = variance_stabilizing_transform(values, factors, trend)
    return pd.DataFrame(transformed, index=counted.index, columns=counted.columns)
