"""What survival is compared by: groups of samples, or a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.cohort.cuts import Cut, parse_cut
from rnaseq_s6k1.cohort.survival.covariates import require_columns
from rnaseq_s6k1.design.controls import control_of
from rnaseq_s6k1.design.levels import is_continuous, level_texts, levels_in_order, match_level
from rnaseq_s6k1.design.wording import listed, quoted
from rnaseq_s6k1.errors import DataError, ModelError, UsageError
from rnaseq_s6k1.io.wording import plural

__all__ = [
    "Groups",
    "Marker",
    "cut_marker",
    "groups_of_column",
    "groups_of_split",
    "marker_of_column",
]

if TYPE_CHECKING:
    from rnaseq_s6k1.cohort.stratify import Stratification

_MOST_GROUPS = 8
_REST = "rest"


@dataclass(frozen=True, eq=False)
class Groups:
    """Groups of samples, fixed before any outcome was looked at.

    Attributes
    ----------
    name
        What they are groups of.
    labels
        Group of each sample, indexed by sample; samples in no group are absent.
    levels
        The groups, the reference first.
    rule
        How they were made, in words.
    missing
        Samples without a group because the column has no value for them.
    """

    name: str
    labels: pd.Series
    levels: tuple[str, ...]
    rule: str
    missing: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """The group the others are compared with."""
        return self.levels[0]


@dataclass(frozen=True, eq=False)
class Marker:
    """A number for each sample.

    Attributes
    ----------
    name
        What it is, such as a gene.
    values
        Finite values, indexed by sample.
    unit
        Of the values; empty where it has none.
    missing
        Samples without a value.
    """

    name: str
    values: pd.Series
    unit: str = ""
    missing: tuple[str, ...] = ()


def marker_of_column(clinical: pd.DataFrame, column: str) -> Marker:
    """Take a numeric column as a marker.

    Raises
    ------
    UsageError
        If there is no such column or it is not numeric.
    DataError
        If it has one value only.
    """
    require_columns(clinical, [column], "--marker")
    values = clinical[column]
    if not is_continuous(values):
        raise UsageError(
            f"--marker {quoted(column)} is not numeric; compare its levels with --group {column}"
        )
    numbers = values.astype("float64")
    known = np.isfinite(numbers.to_numpy())
    if numbers[known].nunique() < 2:
        raise DataError(f"--marker {quoted(column)} has fewer than two distinct values")
    missing = tuple(str(sample) for sample in numbers.index[~known])
    return Marker(column, numbers[known].sort_index(), missing=missing)


def cut_marker(marker: Marker, cut: str | Cut) -> Groups:
    """Cut a marker into low and high; what lies between takes no part.

    Raises
    ------
    UsageError
        If the cut is unknown.
    ModelError
        If a group has fewer than two samples.
    """
    parsed = cut if isinstance(cut, Cut) else parse_cut(cut)
    values = marker.values.to_numpy(dtype=float)
    groups, (low, high) = parsed.split(values)
    for name, bound in (("low", low), ("high", high)):
        size = int((groups == name).sum())
        if size < 2:
            raise ModelError(
                f"cut {parsed.text} of {quoted(marker.name)} ({bound:.4g}) leaves "
                f"{plural(size, 'sample')} in the {name} group of {len(values)}; choose a cut "
                "nearer to the middle"
            )
    labels = pd.Series(groups, index=marker.values.index, dtype=object)
    unit = f" {marker.unit}" if marker.unit else ""
    strict = "above" if low == high else "at or above"
    rule = (
        f"{marker.name} {parsed.text}: high {strict} {high:.4g}{unit}, low at or below "
        f"{low:.4g}{unit}"
    )
    return Groups(
        marker.name, labels[labels != "middle"], ("low", "high"), rule, missing=marker.missing
    )


def groups_of_split(split: Stratification) -> Groups:
    """Take the high and the low group of a stratified cohort.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> adata = s6k1.simulate_counts(n_per_group=6, n_genes=3000).adata
    >>> groups = s6k1.groups_of_split(s6k1.stratify(adata, "RPS6KB1", cut="median"))
    >>> groups.levels
    ('low', 'high')
    """
    return Groups(f"{split.gene} expression", split.groups, ("low", "high"), split.sentence)


def groups_of_column(
    clinical: pd.DataFrame, column: str, *, target: str | None = None, reference: str | None = None
) -> Groups:
    """Take the levels of a column as groups.

    With `target` alone it is set against all other levels together, with both only these two
    levels are compared, with `reference` or neither all levels are. The reference, where not
    given, is the one of two with a control's name (``low``), else the first in natural order.

    Raises
    ------
    UsageError
        If column or level is unknown, or there are too many levels.
    ModelError
        If there is one level only, or a group has fewer than two samples.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> import pandas as pd
    >>> clinical = pd.DataFrame({"S6K1": ["low", "high", "high", "low"]}, index=list("abcd"))
    >>> s6k1.groups_of_column(clinical, "S6K1").levels
    ('low', 'high')
    """
    require_columns(clinical, [column], "--group")
    texts = level_texts(clinical[column])
    missing = tuple(str(sample) for sample in texts.index[texts.isna()])
    labels = texts.dropna()
    target, reference = (
        match_level(column, clinical[column], level) if level is not None else None
        for level in (target, reference)
    )
    if target is not None and target == reference:
        raise UsageError(f"--target and --reference are both {quoted(target)}; name two levels")
    if target is not None and reference is None:
        rest = _REST if target != _REST else "others"
        labels = labels.where(labels == target, rest)
        levels, rule = [rest, target], f"{column}: {target} against all others"
    elif target is not None and reference is not None:
        labels = labels[labels.isin([target, reference])]
        levels, rule = [reference, target], f"{column}: {target} against {reference}"
    else:
        levels = _all_levels(clinical[column], labels, reference)
        rule = f"{column}: all levels against {levels[0]}"
    _check(column, labels, levels)
    return Groups(column, labels, tuple(levels), rule, missing=missing)


def _all_levels(column: pd.Series, labels: pd.Series, reference: str | None) -> list[str]:
    levels = levels_in_order(column)
    if len(levels) > _MOST_GROUPS:
        mend = (
            "cut it with --marker"
            if is_continuous(column)
            else "choose one level with --target, which is set against the rest"
        )
        raise UsageError(
            f"--group {quoted(column.name)} has {len(levels)} levels ({listed(levels, 4)}), "
            f"at most {_MOST_GROUPS} are compared; {mend}"
        )
    if reference is None and len(levels) == 2:
        reference = control_of(*levels)
    if reference is not None:
        levels = [reference, *(level for level in levels if level != reference)]
    return levels


def _check(column: str, labels: pd.Series, levels: Sequence[str]) -> None:
    if len(levels) < 2:
        raise ModelError(
            f"--group {quoted(column)} has {'one level' if levels else 'no value'} only"
            f"{': ' + quoted(levels[0]) if levels else ''}; two groups are needed"
        )
    for level in levels:
        size = int((labels == level).sum())
        if size < 2:
            raise ModelError(
                f"--group {quoted(column)}: {plural(size, 'sample')} in the group {quoted(level)}; "
                "at least 2 are needed"
            )
