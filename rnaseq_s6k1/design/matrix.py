"""From a formula and a sample sheet to a design matrix and the vector of its contrast.

The user's text never reaches formulaic: the formula it gets is written anew from our own
parse, over columns named ``c0``, ``c1`` and levels named ``l0``, ``l1``, and the readable
names come back afterwards. Categorical columns are coded by treatment contrasts, as in R.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.design.checks import (
    check_columns,
    check_contrast,
    check_degrees_of_freedom,
    check_estimable,
    check_finite,
    check_missing,
    check_replicates,
    check_size,
    check_varying,
)
from rnaseq_s6k1.design.contrast import Contrast, LinearContrast
from rnaseq_s6k1.design.formula import Formula, Variable, parse_formula
from rnaseq_s6k1.design.levels import is_continuous, level_texts, levels_in_order
from rnaseq_s6k1.design.wording import listed, quoted
from rnaseq_s6k1.errors import UsageError

__all__ = ["DesignMatrix", "build_design", "reduced_design"]

logger = logging.getLogger(__name__)

_PIECE = re.compile(r"(?P<expression>.*?)(?:\[(?:T\.)?(?P<field>\w+)\])?")


@dataclass(frozen=True)
class DesignMatrix:
    """A full-rank design matrix and the comparison asked of it.

    Attributes
    ----------
    matrix
        Floats, shape ``(n_samples, n_coefficients)``; rows are the samples in the order of
        the sample sheet, columns readable names such as ``Intercept`` and ``group[high]``.
    formula
        The formula, products expanded.
    contrast
        The factor and its two levels.
    contrast_vector
        Weights of the coefficients that give target over reference, shape
        ``(n_coefficients,)``.
    coefficient
        The column's name where the contrast is that one coefficient, else None.
    compared
        Which samples have one of the contrast's two levels, shape ``(n_samples,)``; None
        where the contrast is of coefficients.
    """

    matrix: pd.DataFrame
    formula: str
    contrast: Contrast
    contrast_vector: NDArray[np.float64]
    coefficient: str | None
    compared: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class _Source:
    """A column as the model sees it, under its internal name."""

    name: str
    values: pd.Series  # float64, or categorical with levels l0, l1, ...
    levels: tuple[str, ...]  # readable; empty for a continuous column


def build_design(formula: str, obs: pd.DataFrame, contrast: Contrast) -> DesignMatrix:
    """Build the design matrix of a formula over a sample sheet.

    The reference of the contrast's factor is its first level; the levels of other factors
    stand in natural order. Where the factor also takes part in interactions the contrast
    is its effect where all of them are zero, as R DESeq2's
    ``results(contrast = c(factor, target, reference))`` gives it.

    Parameters
    ----------
    formula
        Such as ``"~ batch + condition"``; see `rnaseq_s6k1.design.formula`.
    obs
        The sample sheet, shape ``(n_samples, n_columns)``, indexed by sample. Numeric
        columns are continuous unless in ``C()``; text and booleans are categorical.
    contrast
        Factor, target, reference, the factor being a term of the formula; or a weighted
        sum of coefficients.

    Returns
    -------
    DesignMatrix

    Raises
    ------
    UsageError
        If the formula or the contrast is wrong.
    DataError
        If a used column has missing or infinite values.
    ModelError
        If columns are constant or confounded, a compared group has fewer than two samples,
        or no residual degrees of freedom are left.
    """
    obs = obs.rename(columns=str)
    check_columns(obs)
    parsed = parse_formula(formula, obs.columns)
    check_missing(obs, parsed.columns)
    linear = isinstance(contrast, LinearContrast)
    if not linear:
        check_contrast(parsed, obs, contrast)
    check_varying(obs, parsed.columns)
    if not linear:
        check_replicates(obs, contrast)
    sources = _sources(parsed, obs, contrast)
    _warn_of_numbered_groups(parsed, obs)
    matrix, internal = _materialise(parsed, sources, obs)
    check_finite(matrix)
    check_degrees_of_freedom(matrix, parsed.text)
    check_estimable(matrix, parsed.text)
    if isinstance(contrast, LinearContrast):
        vector, coefficient = _weights(matrix, contrast)
        return DesignMatrix(matrix, parsed.text, contrast, vector, coefficient)
    factor = sources[contrast.factor, True]
    vector, coefficient = _contrast_vector(matrix, internal, factor, contrast)
    _note_interactions(parsed, contrast)
    levels = level_texts(obs[contrast.factor])
    compared = levels.isin([contrast.target, contrast.reference]).to_numpy(dtype=bool)
    return DesignMatrix(matrix, parsed.text, contrast, vector, coefficient, compared)


def reduced_design(formula: str, obs: pd.DataFrame, full: DesignMatrix) -> NDArray[np.float64]:
    """Build the reduced design of a likelihood-ratio test.

    Parameters
    ----------
    formula
        The reduced formula, such as ``"~ batch"`` or ``"~ 1"``.
    obs
        The sample sheet the full design was built over.
    full
        The full design.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_samples, n_reduced)``.

    Raises
    ------
    UsageError
        If the formula is wrong, is not smaller than the full one, or is not nested in it.
    """
    obs = obs.rename(columns=str)
    parsed = parse_formula(formula, obs.columns)
    check_missing(obs, parsed.columns)
    if parsed.terms:
        matrix, _ = _materialise(parsed, _sources(parsed, obs, full.contrast), obs)
        reduced = matrix.to_numpy()
    elif parsed.intercept:
        reduced = np.ones((len(obs), 1))
    else:
        raise UsageError(f"the reduced formula {quoted(formula)} is empty; the smallest is ~ 1")
    whole = full.matrix.to_numpy()
    rank = np.linalg.matrix_rank(whole)
    if np.linalg.matrix_rank(np.column_stack([whole, reduced])) > rank:
        raise UsageError(
            f"the reduced formula {quoted(formula)} is not nested in {full.formula}; leave out "
            "terms of the full formula and add none"
        )
    if np.linalg.matrix_rank(reduced) >= rank:
        raise UsageError(f"the reduced formula {quoted(formula)} drops nothing from {full.formula}")
    return np.ascontiguousarray(reduced, dtype=np.float64)


def _weights(
    matrix: pd.DataFrame, contrast: LinearContrast
) -> tuple[NDArray[np.float64], str | None]:
    """Place the weights of a linear contrast; name the coefficient if it is just one."""
    names = [str(name) for name in matrix.columns]
    vector = np.zeros(len(names))
    for name, weight in contrast.weights:
        if name not in names:
            raise UsageError(
                f"the contrast names the coefficient {quoted(name)}, which the design has not; "
                f"it has {listed(names)}"
            )
        vector[names.index(name)] = weight
    if not np.isfinite(vector).all() or not vector.any():
        raise UsageError("a contrast needs finite weights, of which one at least is not 0")
    single = np.count_nonzero(vector) == 1 and vector.max() == 1.0
    return vector, names[int(vector.argmax())] if single else None


def _is_categorical(variable: Variable, obs: pd.DataFrame) -> bool:
    return variable.categorical or not is_continuous(obs[variable.column])


def _sources(
    formula: Formula, obs: pd.DataFrame, contrast: Contrast
) -> dict[tuple[str, bool], _Source]:
    sources: dict[tuple[str, bool], _Source] = {}
    for variable in formula.variables:
        categorical = _is_categorical(variable, obs)
        key = (variable.column, categorical)
        if key in sources:
            continue
        name, values = f"c{len(sources)}", obs[variable.column]
        if not categorical:
            sources[key] = _Source(name, values.astype("float64"), ())
            continue
        if variable.functions and not variable.categorical:
            raise UsageError(
                f"{variable.render()} needs numbers, but column {quoted(variable.column)} "
                "holds text; drop the function or give a numeric column"
            )
        levels = levels_in_order(values)
        if variable.column == contrast.factor:
            levels.remove(contrast.reference)
            levels.insert(0, contrast.reference)
        texts = level_texts(values)
        codes = [f"l{levels.index(text)}" for text in texts]
        coded = pd.Categorical(codes, categories=[f"l{i}" for i in range(len(levels))])
        sources[key] = _Source(name, pd.Series(coded, index=values.index), tuple(levels))
    return sources


def _materialise(
    formula: Formula, sources: dict[tuple[str, bool], _Source], obs: pd.DataFrame
) -> tuple[pd.DataFrame, list[str]]:
    """Give the matrix under readable names, and the internal names of its columns."""
    import formulaic

    expressions: dict[str, tuple[Variable, _Source]] = {}
    terms: dict[str, int] = {}
    largest = 0.0
    for term in formula.terms:
        # A dict, since `group` and `C(group)` are one variable where the column holds text.
        pieces: dict[str, _Source] = {}
        for variable in term:
            source = sources[variable.column, _is_categorical(variable, obs)]
            text = source.name if source.levels else variable.render(source.name, "fn_")
            expressions[text] = (variable, source)
            pieces[text] = source
        terms[":".join(pieces)] = math.prod(
            max(len(each.levels) - 1, 1) for each in pieces.values()
        )
        largest = max(largest, math.prod(max(len(each.levels), 1) for each in pieces.values()))
    check_size(sum(terms.values()), largest, len(obs), formula.text)
    frame = pd.DataFrame({each.name: each.values for each in sources.values()}, index=obs.index)
    emitted = " + ".join(["1" if formula.intercept else "0", *terms])
    try:
        with np.errstate(all="ignore"):  # infinities are refused afterwards, by name
            built = formulaic.model_matrix(
                emitted, frame, context=_functions(), na_action="ignore", output="pandas"
            )
    except Exception as error:
        raise UsageError(
            f"formula {quoted(formula.text, 80)} cannot be evaluated: "
            f"{(str(error).splitlines() or [type(error).__name__])[0]}"
        ) from error
    internal = [str(name) for name in built.columns]
    matrix = pd.DataFrame(np.asarray(built, dtype=np.float64), index=obs.index)
    matrix.columns = pd.Index(_readable(internal, expressions), dtype=object)
    return matrix, internal


def _functions() -> dict[str, Callable[..., object]]:
    from formulaic.transforms import basis_spline, center, poly, scale

    return {
        "fn_log": np.log,
        "fn_log2": np.log2,
        "fn_sqrt": np.sqrt,
        "fn_scale": scale,
        "fn_center": center,
        "fn_bs": basis_spline,
        "fn_poly": poly,
    }


def _readable(names: list[str], expressions: dict[str, tuple[Variable, _Source]]) -> list[str]:
    readable: list[str] = []
    for name in names:
        pieces = [] if name == "Intercept" else name.split(":")
        written = ":".join(_readable_piece(piece, expressions) for piece in pieces) or "Intercept"
        while written in readable:  # names of columns and levels may be made to coincide
            written += "'"
        readable.append(written)
    return readable


def _readable_piece(piece: str, expressions: dict[str, tuple[Variable, _Source]]) -> str:
    match = _PIECE.fullmatch(piece)
    assert match is not None  # the pattern matches any text on one line
    variable, source = expressions[match["expression"]]
    if source.levels:
        return f"{variable.column}[{source.levels[int(match['field'][1:])]}]"
    text = variable.render(variable.column)
    return text if match["field"] is None else f"{text}[{match['field']}]"


def _contrast_vector(
    matrix: pd.DataFrame, internal: list[str], factor: _Source, contrast: Contrast
) -> tuple[NDArray[np.float64], str | None]:
    vector = np.zeros(len(internal))
    target = factor.levels.index(contrast.target)
    reduced, full = f"{factor.name}[T.l{target}]", f"{factor.name}[l{target}]"
    if reduced in internal:
        position = internal.index(reduced)
        vector[position] = 1.0
        return vector, str(matrix.columns[position])
    vector[internal.index(full)] = 1.0
    vector[internal.index(f"{factor.name}[l0]")] = -1.0
    return vector, None


def _note_interactions(formula: Formula, contrast: Contrast) -> None:
    partners = {
        variable.column: None
        for term in formula.terms
        if len(term) > 1 and any(variable.column == contrast.factor for variable in term)
        for variable in term
        if variable.column != contrast.factor
    }
    if partners:
        logger.info(
            "%s interacts with %s: the contrast is its effect at their first level "
            "(at zero for numeric columns)",
            contrast.factor,
            ", ".join(partners),
        )


def _warn_of_numbered_groups(formula: Formula, obs: pd.DataFrame) -> None:
    for variable in formula.variables:
        values = obs[variable.column]
        if variable.functions or not is_continuous(values):
            continue
        distinct = np.unique(values.to_numpy(dtype=np.float64))
        # Two values give the same model either way.
        few = 3 <= len(distinct) <= min(6, len(values) // 2)
        if few and np.array_equal(distinct, np.round(distinct)):
            shown = ", ".join(str(int(value)) for value in distinct)
            logger.warning(
                "column %s holds only the whole numbers %s and enters as a slope; "
                "write C(%s) if they are groups",
                quoted(variable.column),
                shown,
                variable.render(),
            )
