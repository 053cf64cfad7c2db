"""What else differs between the high and the low group: clinical columns, plates, library size."""

from __future__ import annotations

import logging
from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from rnaseq_s6k1.cohort.barcodes import parse_barcode
from rnaseq_s6k1.cohort.contingency import contingency_test
from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.wording import listing, plural

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from anndata import AnnData

__all__ = [
    "BALANCE_COLUMNS",
    "SMD_LIMIT",
    "balance_table",
    "covariates",
    "imbalance_warnings",
    "unbalanced",
]

logger = logging.getLogger(__name__)

#: Absolute standardised difference above which a covariate is called unbalanced. Austin (2009)
#: names 0.1 for matched samples of thousands; with groups of tens chance alone passes that, and
#: 0.25 is the limit of Rubin (2001, Health Services and Outcomes Research Methodology 2:169).
SMD_LIMIT = 0.25
#: A column with more levels than this has its rare ones put together.
_MANY_LEVELS, _RARE_LEVEL = 10, 5
_OTHER = "(rare levels)"


@dataclass(frozen=True)
class _Row:
    """One row of the table: a numeric covariate, or one level of a categorical one."""

    covariate: str
    level: str
    n_high: int
    n_low: int
    missing_high: int
    missing_low: int
    share_high: float
    share_low: float
    median_high: float
    median_low: float
    q1_high: float
    q3_high: float
    q1_low: float
    q3_low: float
    standardised_difference: float
    test: str
    pvalue: float


BALANCE_COLUMNS = tuple(field.name for field in fields(_Row))


def covariates(adata: AnnData) -> pd.DataFrame:
    """Collect what the groups are compared on.

    Parameters
    ----------
    adata
        Counts, shape ``(n_samples, n_genes)``, with the sample sheet in ``obs``.

    Returns
    -------
    pandas.DataFrame
        The sheet's columns, ``library_size`` (counts) and, from TCGA barcodes that carry them,
        ``tcga_site`` and ``tcga_plate``; indexed by sample. A column of the sheet of the same
        name stays.
    """
    table: pd.DataFrame = adata.obs.copy()
    barcodes = [parse_barcode(str(name)) for name in adata.obs_names]
    added = {
        "library_size": np.asarray(adata.X).sum(axis=1).astype(float),
        "tcga_site": [code.site if code else None for code in barcodes],
        "tcga_plate": [(code.plate or None) if code else None for code in barcodes],
    }
    for name, values in added.items():
        column = pd.Series(values, index=table.index)
        if name not in table and column.notna().any():
            table[name] = column
    return table


def balance_table(
    obs: pd.DataFrame, group: pd.Series, *, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Compare the high with the low group on every usable column.

    Standardised differences are those of Austin (Statistics in Medicine 2009, 28:3083): for a
    number ``(mean_high - mean_low) / sqrt((s2_high + s2_low) / 2)``, for a level with shares
    ``p`` ``(p_high - p_low) / sqrt((p_high (1 - p_high) + p_low (1 - p_low)) / 2)``, infinite
    where neither group varies and they differ. Tests are Mann-Whitney for numbers, Fisher's
    exact test for two levels and chi-square for more (``sparse`` where fewer than five samples
    are expected in a cell); they are unadjusted, and describe the groups rather than find
    something. Columns of text, and of at most two distinct numbers, are taken by level; missing
    values are counted and left out. Columns that are constant, whose text differs in more than
    half of the samples (ids), or that hold the groups themselves, are skipped.

    Parameters
    ----------
    obs
        Covariates, shape ``(n_samples, n_covariates)``, indexed by sample.
    group
        ``high`` or ``low``, indexed by sample; other values, and samples not in it, are left out.
    columns
        Columns to compare; all by default.

    Returns
    -------
    pandas.DataFrame
        Columns `BALANCE_COLUMNS`, a row a numeric covariate (level ``""``) or a level, in the
        order of the columns, levels sorted. ``attrs["skipped"]`` maps the columns skipped to
        the reason.

    Raises
    ------
    UsageError
        If a column is not in `obs`.
    DataError
        If a group has no sample in `obs`.
    """
    wanted = list(obs.columns) if columns is None else list(columns)
    missing = [name for name in wanted if name not in obs.columns]
    if missing:
        raise UsageError(
            f"no column {listing(missing)} in the sample sheet; it has {listing(obs.columns, 12)}"
        )
    labels = group[group.isin(["high", "low"])]
    labels = labels[labels.index.isin(obs.index)].sort_index()
    for name in ("high", "low"):
        if not (labels == name).any():
            raise DataError(f"no sample of the {name} group is in the sample sheet; check the ids")
    is_high = (labels == "high").to_numpy()
    rows: list[_Row] = []
    skipped: dict[str, str] = {}
    for name in wanted:
        column = obs.loc[labels.index, name]
        same = column.astype(str).to_numpy() == labels.astype(str).to_numpy()
        reason = "is the groups themselves" if same.all() else _reason_to_skip(column)
        if reason:
            skipped[str(name)] = reason
        elif _is_numeric(column) and column.nunique() > 2:
            rows.append(_numeric_row(str(name), _floats(column), is_high))
        else:
            rows.extend(_level_rows(str(name), column, is_high))
    table = pd.DataFrame([astuple(row) for row in rows], columns=list(BALANCE_COLUMNS))
    table.attrs["skipped"] = skipped
    if skipped:
        shown = ", ".join(f"{name} ({reason})" for name, reason in list(skipped.items())[:6])
        more = ", ..." if len(skipped) > 6 else ""
        logger.info("balance: %s skipped: %s%s", plural(len(skipped), "column"), shown, more)
    return table


def unbalanced(
    table: pd.DataFrame, *, limit: float = SMD_LIMIT, aside: Collection[str] = ()
) -> pd.DataFrame:
    """Choose the covariates that differ between the groups by more than the limit.

    Parameters
    ----------
    table
        A table of `balance_table`.
    limit
        Absolute standardised difference above which a covariate counts.
    aside
        Covariates that do not count: those of the driver itself, and outcomes, which come after
        the groups.

    Returns
    -------
    pandas.DataFrame
        Rows of the table, one a covariate, that of the level that differs most; the largest
        difference first.
    """
    size = table["standardised_difference"].abs()
    # Rare levels put together mean nothing by themselves.
    wanted = (size > limit) & (table["level"] != _OTHER) & ~table["covariate"].isin(list(aside))
    rows = table.assign(size=size)[wanted].sort_values("size", ascending=False, kind="stable")
    return rows.drop_duplicates("covariate").drop(columns="size").reset_index(drop=True)


def imbalance_warnings(
    table: pd.DataFrame, *, limit: float = SMD_LIMIT, aside: Collection[str] = ()
) -> list[str]:
    """Say which covariates differ between the groups by more than the limit.

    Parameters
    ----------
    table
        A table of `balance_table`.
    limit, aside
        See `unbalanced`.

    Returns
    -------
    list of str
        One sentence a covariate, for the level that differs most; the largest difference first.
    """
    sentences = []
    for row in unbalanced(table, limit=limit, aside=aside).to_dict("records"):
        if row["level"]:
            what = (
                f"{row['covariate']} = {row['level']}: {100 * row['share_high']:.0f} % of high, "
                f"{100 * row['share_low']:.0f} % of low"
            )
        else:
            what = (
                f"{row['covariate']}: median {row['median_high']:.4g} in high, "
                f"{row['median_low']:.4g} in low"
            )
        sentences.append(
            f"groups differ in {what} (standardised difference "
            f"{row['standardised_difference']:+.2f}, beyond {limit:g}; {row['test']} p "
            f"{row['pvalue']:.2g})"
        )
    return sentences


def _is_numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _floats(column: pd.Series) -> np.ndarray:
    """Give numbers as floats, missing ones of pandas' nullable types as NaN."""
    return np.asarray(column.astype("float64"))


def _reason_to_skip(column: pd.Series) -> str:
    present = column.dropna()
    if _is_numeric(column):
        present = present[np.isfinite(_floats(present))]
    else:
        present = present[present.astype(str) != ""]
    distinct = present.astype(str).nunique()
    if distinct == 0:
        return "empty"
    if distinct == 1:
        return "constant"
    if not _is_numeric(column) and distinct > max(len(present) / 2, 2):
        return "differs in most samples, as ids do"
    return ""


def _numeric_row(name: str, values: np.ndarray, is_high: np.ndarray) -> _Row:
    present = np.isfinite(values)
    high, low = values[present & is_high], values[present & ~is_high]
    pvalue = np.nan
    if high.size and low.size:
        pvalue = float(stats.mannwhitneyu(high, low, alternative="two-sided").pvalue)
    return _Row(
        covariate=name,
        level="",
        n_high=high.size,
        n_low=low.size,
        missing_high=int((~present & is_high).sum()),
        missing_low=int((~present & ~is_high).sum()),
        share_high=np.nan,
        share_low=np.nan,
        median_high=_quantile(high, 0.5),
        median_low=_quantile(low, 0.5),
        q1_high=_quantile(high, 0.25),
        q3_high=_quantile(high, 0.75),
        q1_low=_quantile(low, 0.25),
        q3_low=_quantile(low, 0.75),
        standardised_difference=_mean_difference(high, low),
        test="Mann-Whitney",
        pvalue=pvalue,
    )


def _level_rows(name: str, column: pd.Series, is_high: np.ndarray) -> list[_Row]:
    texts = _level_texts(column)
    present = texts.notna().to_numpy()
    levels = sorted(texts.dropna().unique())
    counts = np.array(
        [
            [int(((texts == level).to_numpy() & side).sum()) for side in (is_high, ~is_high)]
            for level in levels
        ]
    )
    n_high, n_low = (int(total) for total in counts.sum(axis=0))
    test, pvalue = contingency_test(counts)
    rows = []
    for level, (high, low) in zip(levels, counts.tolist(), strict=True):
        share_high = high / n_high if n_high else np.nan
        share_low = low / n_low if n_low else np.nan
        rows.append(
            _Row(
                covariate=name,
                level=str(level),
                n_high=high,
                n_low=low,
                missing_high=int((~present & is_high).sum()),
                missing_low=int((~present & ~is_high).sum()),
                share_high=share_high,
                share_low=share_low,
                median_high=np.nan,
                median_low=np.nan,
                q1_high=np.nan,
                q3_high=np.nan,
                q1_low=np.nan,
                q3_low=np.nan,
                standardised_difference=_share_difference(share_high, share_low),
                test=test,
                pvalue=pvalue,
            )
        )
    return rows


def _level_texts(column: pd.Series) -> pd.Series:
    """Give levels as text, missing ones as NA, rare levels of a column of many put together."""
    if _is_numeric(column):
        texts = pd.Series(
            [f"{value:g}" if np.isfinite(value) else None for value in _floats(column)],
            index=column.index,
            dtype=object,
        )
    else:
        texts = column.astype(object).map(lambda value: None if pd.isna(value) else str(value))
        texts = texts.where(texts != "", None)
    sizes = texts.value_counts()
    if len(sizes) > _MANY_LEVELS:
        rare = sizes.index[sizes < _RARE_LEVEL]
        texts = texts.where(~texts.isin(rare), _OTHER)
    return texts


def _mean_difference(high: np.ndarray, low: np.ndarray) -> float:
    if high.size < 2 or low.size < 2:
        return float("nan")
    return _standardised(high.mean() - low.mean(), (high.var(ddof=1) + low.var(ddof=1)) / 2)


def _share_difference(high: float, low: float) -> float:
    return _standardised(high - low, (high * (1 - high) + low * (1 - low)) / 2)


def _standardised(difference: float, variance: float) -> float:
    if np.isnan(difference):
        return float("nan")
    if variance <= 0:
        return 0.0 if difference == 0 else float(np.copysign(np.inf, difference))
    return float(difference / np.sqrt(variance))


def _quantile(values: np.ndarray, share: float) -> float:
    return float(np.quantile(values, share)) if values.size else float("nan")
