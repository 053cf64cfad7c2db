"""Complete what the user left open: the design, the factor, the two levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from rnaseq_s6k1.design.checks import check_columns, check_contrast
from rnaseq_s6k1.design.contrast import Contrast
from rnaseq_s6k1.design.controls import control_of
from rnaseq_s6k1.design.formula import Formula, parse_formula, quote_name
from rnaseq_s6k1.design.levels import is_continuous, levels_in_order, match_level
from rnaseq_s6k1.design.wording import did_you_mean, listed, quoted
from rnaseq_s6k1.errors import UsageError

__all__ = ["Comparison", "plan_comparison"]


@dataclass(frozen=True)
class Comparison:
    """A design and its contrast, complete.

    Attributes
    ----------
    design
        The formula.
    contrast
        Factor, target, reference.
    notes
        What was chosen on the user's behalf, a sentence each.
    """

    design: str
    contrast: Contrast
    notes: tuple[str, ...] = ()


def plan_comparison(
    obs: pd.DataFrame,
    *,
    design: str | None = None,
    factor: str | None = None,
    reference: str | None = None,
    target: str | None = None,
    covariates: Sequence[str] = (),
) -> Comparison:
    """Settle design and contrast from the options given.

    Without `design` it is ``~ covariates + factor``; without `factor` the last term of the
    design, else the sheet's column ``condition``, else its only column with two groups.
    Of a factor with two levels one may be left out, and both where one has a control's name.

    Parameters
    ----------
    obs
        The sample sheet, shape ``(n_samples, n_columns)``.
    design
        A formula.
    factor
        The column compared. A numeric one is taken as groups where no design is given.
    reference, target
        Levels of the factor, as text.
    covariates
        Columns to adjust for, or terms such as ``C(lane)``; only without `design`.

    Raises
    ------
    UsageError
        If something is unknown, contradictory, or cannot be settled; the message lists
        what there is.
    """
    obs = obs.rename(columns=str)
    check_columns(obs)
    notes: list[str] = []
    covariates = [each.strip() for each in covariates if each.strip()]
    if design is not None:
        if covariates:
            raise UsageError(
                f"give either --design or --covariates: add {listed(covariates)} to the design"
            )
        formula = parse_formula(design, obs.columns)
        factor = _checked(factor, obs) if factor is not None else _last_term(formula, notes)
    else:
        factor = _checked(factor, obs) if factor is not None else _only_factor(obs, notes)
        formula = _assembled(obs, factor, covariates)
    if is_continuous(obs[factor]) and not _grouped(formula, factor):
        # No level can be settled: let the check of the contrast say what to do.
        check_contrast(formula, obs, Contrast(factor, target or "?", reference or "??"))
    target, reference = _levels(obs, factor, target, reference, notes)
    contrast = Contrast(factor, target, reference)
    check_contrast(formula, obs, contrast)
    return Comparison(formula.text, contrast, tuple(notes))


def _checked(factor: str, obs: pd.DataFrame) -> str:
    columns = list(obs.columns)
    if factor not in columns:
        raise UsageError(
            f"--factor {quoted(factor)} is no column of the sample sheet"
            f"{did_you_mean(factor, columns)}; it has {listed(columns, 20)}"
        )
    return factor


def _grouped(formula: Formula, factor: str) -> bool:
    return any(variable.column == factor and variable.categorical for variable in formula.variables)


def _last_term(formula: Formula, notes: list[str]) -> str:
    if not formula.terms:
        raise UsageError(f"the design {quoted(formula.text)} has no term to compare; add a factor")
    last = formula.terms[-1]
    if len(last) > 1:
        written = ":".join(variable.render() for variable in last)
        raise UsageError(
            f"the last term of the design {quoted(formula.text, 80)} is the interaction "
            f"{quoted(written)}; name the column to compare with --factor"
        )
    notes.append(f"compares {last[0].column}, the last term of the design")
    return last[0].column


def _only_factor(obs: pd.DataFrame, notes: list[str]) -> str:
    if "condition" in obs.columns:
        notes.append("compares column condition")
        return "condition"
    groups = {
        str(column): levels_in_order(obs[column])
        for column in obs.columns
        if not is_continuous(obs[column])
    }
    paired = [column for column, levels in groups.items() if len(levels) == 2]
    if len(paired) == 1:
        notes.append(f"compares column {paired[0]}, the only one with two groups")
        return paired[0]
    shown = [f"{column} ({', '.join(levels[:4])})" for column, levels in groups.items()]
    raise UsageError(
        f"which column to compare is not clear; name it with --factor: {listed(shown)}"
    )


def _assembled(obs: pd.DataFrame, factor: str, covariates: Sequence[str]) -> Formula:
    terms: dict[str, None] = {}
    for covariate in covariates:
        if covariate == factor:
            raise UsageError(
                f"{quoted(factor)} is both --factor and among --covariates; drop it from one"
            )
        terms[quote_name(covariate) if covariate in obs.columns else covariate] = None
    written = quote_name(factor)
    terms[f"C({written})" if is_continuous(obs[factor]) else written] = None
    return parse_formula("~ " + " + ".join(terms), obs.columns)


def _levels(
    obs: pd.DataFrame, factor: str, target: str | None, reference: str | None, notes: list[str]
) -> tuple[str, str]:
    levels = levels_in_order(obs[factor])
    if target is not None:
        target = match_level(factor, obs[factor], target)
    if reference is not None:
        reference = match_level(factor, obs[factor], reference)
    if target is not None and reference is not None:
        return target, reference
    if len(levels) < 2:
        raise UsageError(
            f"column {quoted(factor)} holds only {listed(levels) or 'missing values'}; "
            "a comparison needs two groups"
        )
    if len(levels) > 2:
        raise UsageError(
            f"column {quoted(factor)} has {len(levels)} levels; name two of them with --target "
            f"and --reference: {listed(levels)}"
        )
    if target is None and reference is None:
        reference = control_of(*levels)
        if reference is None:
            raise UsageError(
                f"which level of {quoted(factor)} is the control is not clear; name it with "
                f"--reference: {listed(levels)}"
            )
        notes.append(f"reference is {reference}, by its name")
    if reference is None:
        reference = next(level for level in levels if level != target)
    return next(level for level in levels if level != reference), reference
