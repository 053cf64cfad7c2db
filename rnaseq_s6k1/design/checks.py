"""What makes a design unfit, found before anything is fitted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.design.contrast import Contrast
from rnaseq_s6k1.design.formula import Formula, quote_name
from rnaseq_s6k1.design.levels import is_continuous, level_texts, levels_in_order
from rnaseq_s6k1.design.wording import did_you_mean, listed, quoted
from rnaseq_s6k1.errors import DataError, ModelError, UsageError

__all__ = [
    "check_columns",
    "check_contrast",
    "check_degrees_of_freedom",
    "check_estimable",
    "check_finite",
    "check_missing",
    "check_replicates",
    "check_size",
    "check_varying",
]

# Share of a column's length that must lie outside the columns before it (R's qr uses 1e-7).
_DEPENDENT = 1e-7
_MOST_COEFFICIENTS = 20_000


def check_columns(obs: pd.DataFrame) -> None:
    """Refuse a sample sheet with two columns of one name.

    Raises
    ------
    DataError
        Naming the columns.
    """
    if not obs.columns.is_unique:
        twice = obs.columns[obs.columns.duplicated()].unique()
        raise DataError(f"the sample sheet has several columns named {listed(twice)}; rename them")


def check_missing(obs: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuse missing and infinite values in the columns a model uses.

    Raises
    ------
    DataError
        Naming the column, the samples, and how to leave them out.
    """
    for column in columns:
        texts = level_texts(obs[column])
        absent = [str(sample) for sample in obs.index[texts.isna().to_numpy()]]
        if absent:
            levels = levels_in_order(obs[column])
            keep = " ".join(f"--where {quoted(f'{column}={level}')}" for level in levels[:4])
            mend = f"fill them in, or keep the others with {keep or '--where'}"
            if is_continuous(obs[column]) or len(levels) > 4:
                mend = "fill them in, or leave these samples out with --where on another column"
            raise DataError(
                f"column {quoted(column)} of the sample sheet has no value for {len(absent)} "
                f"sample{'s' if len(absent) > 1 else ''}: {listed(absent)}; {mend}"
            )
        if is_continuous(obs[column]):
            finite = np.isfinite(obs[column].to_numpy(dtype=np.float64))
            if not finite.all():
                raise DataError(
                    f"column {quoted(column)} of the sample sheet is infinite for "
                    f"{listed(obs.index[~finite])}; correct the sheet"
                )


def check_contrast(formula: Formula, obs: pd.DataFrame, contrast: Contrast) -> None:
    """Refuse a contrast that the formula or the sample sheet does not hold.

    Raises
    ------
    UsageError
        If the factor is no categorical term of the formula, or a level is not there.
    """
    factor, columns = contrast.factor, [str(column) for column in obs.columns]
    if factor not in columns:
        raise UsageError(
            f"the contrast's factor {quoted(factor)} is no column of the sample sheet"
            f"{did_you_mean(factor, columns)}; it has {listed(columns, 20)}"
        )
    if contrast.target == contrast.reference:
        raise UsageError(
            f"target and reference are both {quoted(contrast.target)}; "
            f"name two levels of {quoted(factor)}"
        )
    mains = [term[0] for term in formula.terms if len(term) == 1 and term[0].column == factor]
    if not mains:
        used = any(factor in {variable.column for variable in term} for term in formula.terms)
        raise UsageError(
            f"the contrast's factor {quoted(factor)} "
            + ("occurs only in interactions" if used else "is not in the design")
            + f" {quoted(formula.text, 80)}; add it as a term of its own"
        )
    if is_continuous(obs[factor]) and not any(variable.categorical for variable in mains):
        raise UsageError(
            f"column {quoted(factor)} is numeric, and a target and a reference need groups; "
            f"write C({quote_name(factor)}) in --design, or name a categorical --factor"
        )
    levels = levels_in_order(obs[factor])
    for role, level in (("target", contrast.target), ("reference", contrast.reference)):
        if level not in levels:
            raise UsageError(
                f"the {role} {quoted(level)} is no level of {quoted(factor)}"
                f"{did_you_mean(level, levels)}; it has {listed(levels)}"
            )


def check_varying(obs: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuse columns with the same value in all samples.

    Raises
    ------
    ModelError
        Naming the column and its value.
    """
    for column in columns:
        levels = levels_in_order(obs[column])
        if len(levels) == 1:
            raise ModelError(
                f"column {quoted(column)} is {quoted(levels[0])} in all samples and cannot be "
                "told from the intercept; leave it out of the design"
            )


def check_replicates(obs: pd.DataFrame, contrast: Contrast) -> None:
    """Refuse a compared group of fewer than two samples.

    Raises
    ------
    ModelError
        Naming the group and its one sample.
    """
    texts = level_texts(obs[contrast.factor])
    for level in (contrast.target, contrast.reference):
        members = obs.index[(texts == level).to_numpy()]
        if len(members) < 2:
            raise ModelError(
                f"group {quoted(level)} of {quoted(contrast.factor)} has no replicates (only "
                f"sample {listed(members)}); the spread within groups needs at least two each"
            )


def check_size(width: int, largest: float, n_samples: int, formula: str) -> None:
    """Refuse, before it is built, a matrix that cannot leave residual degrees of freedom.

    Parameters
    ----------
    width
        Lower bound of the number of coefficients.
    largest
        Upper bound of the coefficients of one term, which bounds the memory needed.
    n_samples
        Number of samples.
    formula
        Its text.

    Raises
    ------
    ModelError
        With the numbers of coefficients and samples.
    """
    if width >= n_samples or largest > _MOST_COEFFICIENTS:
        count = f"at least {width}" if width >= n_samples else f"up to {largest:.0f}"
        raise ModelError(
            f"the design {quoted(formula, 80)} has {count} coefficients for {n_samples} "
            "samples and leaves no residual degrees of freedom; use fewer terms or levels"
        )


def check_finite(matrix: pd.DataFrame) -> None:
    """Refuse coefficients that a function made infinite or undefined.

    Raises
    ------
    DataError
        Naming the column and the samples.
    """
    finite = np.isfinite(matrix.to_numpy())
    for position, column in enumerate(matrix.columns):
        if not finite[:, position].all():
            raise DataError(
                f"{quoted(column)} is infinite or undefined for "
                f"{listed(matrix.index[~finite[:, position]])}; logarithms and roots need "
                "positive values, and poly() more distinct values than its degree"
            )


def check_degrees_of_freedom(matrix: pd.DataFrame, formula: str) -> None:
    """Refuse a design that leaves nothing to estimate the spread from.

    Raises
    ------
    ModelError
        With the numbers of samples and coefficients.
    """
    n_samples, n_coefficients = matrix.shape
    full = n_coefficients > n_samples
    if full or n_coefficients - len(_dependencies(matrix.to_numpy())) >= n_samples:
        raise ModelError(
            f"the design {quoted(formula, 80)} has {n_coefficients} coefficients for {n_samples} "
            "samples and leaves no residual degrees of freedom; use fewer terms or levels"
        )


def check_estimable(matrix: pd.DataFrame, formula: str) -> None:
    """Refuse a rank-deficient design, saying which columns cannot be told apart.

    Columns are taken from left to right; one that the columns before it already span is
    reported with those that make it up.

    Raises
    ------
    ModelError
        Such as ``batch[2] cannot be told from condition[si]``.
    """
    values = matrix.to_numpy()
    faults = []
    for column, makers in _dependencies(values).items():
        name = str(matrix.columns[column])
        if not values[:, column].any():
            faults.append(f"{quoted(name)} is zero in all samples")
        elif makers:
            others = [str(matrix.columns[maker]) for maker in makers]
            faults.append(f"{quoted(name)} cannot be told from {_joined(others)}")
    if faults:
        shown = "; ".join(faults[:3])
        more = f"; and {len(faults) - 3} more" if len(faults) > 3 else ""
        raise ModelError(
            f"the design {quoted(formula, 80)} is rank-deficient: {shown}{more}; "
            "drop a confounded term or add samples that separate them"
        )


def _joined(names: Sequence[str]) -> str:
    # A column that equals another also involves the intercept when levels complement each
    # other; naming the intercept there says nothing to the reader.
    telling = [name for name in names if name != "Intercept"] or list(names)
    return listed(telling, 5)


def _dependencies(X: NDArray[np.float64]) -> dict[int, list[int]]:
    """Find the columns of `X`, shape (n_samples, n_coefficients), that earlier ones span.

    Each maps to the earlier independent columns that make it up.
    """
    lengths = np.linalg.norm(X, axis=0)
    scaled = X / np.where(lengths > 0, lengths, 1.0)
    basis = np.empty((X.shape[0], 0))
    independent: list[int] = []
    dependent: dict[int, list[int]] = {}
    for column in range(X.shape[1]):
        residual = scaled[:, column]
        for _ in range(2):  # twice is enough for orthogonality (Kahan, Parlett)
            residual = residual - basis @ (basis.T @ residual)
        length = float(np.linalg.norm(residual))
        if length > _DEPENDENT:
            basis = np.column_stack([basis, residual / length])
            independent.append(column)
            continue
        weights = np.linalg.lstsq(scaled[:, independent], scaled[:, column], rcond=None)[0]
        dependent[column] = [
            each for each, weight in zip(independent, weights, strict=True) if abs(weight) > 1e-6
        ]
    return dependent
