"""Columns of a clinical table as the columns of a model: treatment coding, numbers as they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rnaseq_s6k1.design.levels import is_continuous, level_texts, levels_in_order
from rnaseq_s6k1.design.wording import did_you_mean, listed, quoted
from rnaseq_s6k1.errors import UsageError

__all__ = ["CodedCovariates", "code_covariates", "require_columns", "strata_codes"]

_CATEGORICAL = re.compile(r"C\((.*)\)")
#: More levels than this in a column of text are names, not groups.
_MOST_LEVELS = 20


@dataclass(frozen=True, eq=False)
class CodedCovariates:
    """Covariates ready for a model.

    Attributes
    ----------
    columns
        One column a coefficient, float, indexed by sample; complete rows only.
    labels
        For each column the covariate and, for a level, ``level v reference``.
    missing
        Samples with a missing value, by covariate.
    """

    columns: pd.DataFrame
    labels: dict[str, tuple[str, str]]
    missing: dict[str, list[str]]


def require_columns(clinical: pd.DataFrame, names: Sequence[str], option: str) -> None:
    """Check that the clinical table has the columns an option names.

    Raises
    ------
    UsageError
        If one is missing; the message lists those there are.
    """
    for name in names:
        if name not in clinical.columns:
            options = [str(column) for column in clinical.columns]
            raise UsageError(
                f"{option} {quoted(name)}: the clinical table has no such column"
                f"{did_you_mean(name, options)}; it has {listed(options, 12)}"
            )


def code_covariates(clinical: pd.DataFrame, names: Sequence[str]) -> CodedCovariates:
    """Code covariates as a regression needs them.

    Text, booleans and ``C(column)`` are categorical: one 0/1 column a level, against the first
    level in natural order. Numbers enter as they are. Levels that no complete sample has are
    left out, and so is a covariate with one level only.

    Parameters
    ----------
    clinical
        Indexed by sample.
    names
        Columns, or ``C(column)``.

    Raises
    ------
    UsageError
        If a column is missing, has a single value among the complete samples, or so many
        levels that it must be an identifier.
    """
    bare = [_bare(name) for name in names]
    require_columns(clinical, [name for name, _ in bare], "--covariates")
    values = {name: _values(clinical[name], categorical) for name, categorical in bare}
    missing = {
        name: [str(sample) for sample in column.index[column.isna()]]
        for name, column in values.items()
    }
    complete = pd.Series(True, index=clinical.index)
    for column in values.values():
        complete &= column.notna()
    columns: dict[str, pd.Series] = {}
    labels: dict[str, tuple[str, str]] = {}
    for name, column in values.items():
        kept = column[complete]
        if kept.nunique() < 2:
            raise UsageError(
                f"--covariates {quoted(name)} has "
                f"{'one value' if kept.nunique() else 'no value'} among the {len(kept)} samples "
                "with all covariates known, and cannot be adjusted for; leave it out"
            )
        if is_continuous(kept):
            columns[name], labels[name] = kept.astype(float), (name, "")
            continue
        reference, *others = _levels(name, kept)
        for level in others:
            key = f"{name}[{level}]"
            columns[key] = (kept == level).astype(float)
            labels[key] = (name, f"{level} v {reference}")
    table = pd.DataFrame(columns, index=clinical.index[complete], dtype=float)
    return CodedCovariates(table, labels, {name: rows for name, rows in missing.items() if rows})


def strata_codes(clinical: pd.DataFrame, names: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """Give each combination of the strata's levels a number.

    Parameters
    ----------
    clinical
        Indexed by sample.
    names
        Columns.

    Returns
    -------
    codes : numpy.ndarray
        Shape ``(n_samples,)``; -1 where a stratum is missing.
    levels : list of str
        The combinations, in order of their codes.
    """
    require_columns(clinical, names, "--strata")
    texts = pd.DataFrame({name: level_texts(clinical[name]) for name in names})
    known = texts.notna().all(axis=1).to_numpy()
    joined = texts.astype(str).agg(", ".join, axis=1)
    levels = sorted(set(joined[known]))
    place = {level: code for code, level in enumerate(levels)}
    codes = [place[text] if some else -1 for text, some in zip(joined, known, strict=True)]
    return np.array(codes, dtype=np.intp), levels


def _bare(name: str) -> tuple[str, bool]:
    found = _CATEGORICAL.fullmatch(name.strip())
    return (found.group(1).strip(), True) if found else (name.strip(), False)


def _values(column: pd.Series, categorical: bool) -> pd.Series:
    """Give numbers as floats and levels as text, missing ones as NA."""
    if is_continuous(column) and not categorical:
        numbers = column.astype("float64")
        return numbers.where(np.isfinite(numbers))
    return level_texts(column)


def _levels(name: str, column: pd.Series) -> list[str]:
    levels = levels_in_order(column)
    if len(levels) > _MOST_LEVELS:
        raise UsageError(
            f"--covariates {quoted(name)} has {len(levels)} levels ({listed(levels, 3)}); a "
            f"covariate takes at most {_MOST_LEVELS}: group them, or make the column numeric"
        )
    return levels
