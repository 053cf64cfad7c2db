"""Whether the driver itself moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import ndtri

from rnaseq_s6k1.de.result import DEResult
from rnaseq_s6k1.de.wald import wald_test
from rnaseq_s6k1.mechanism.card import Card
from rnaseq_s6k1.mechanism.evaluate import find_gene, withheld

__all__ = ["DriverAnswer", "DriverChange", "judge_driver"]

DriverAnswer = Literal["moved", "not moved", "undecided", "by construction"]

_Z975 = float(ndtri(0.975))


@dataclass(frozen=True)
class DriverChange:
    """The driver's own change, target over reference, with a 95 % confidence interval.

    Attributes
    ----------
    log2_fold_change, ci_low, ci_high
        Log2 units.
    pvalue
        Of the Wald test of no change.
    """

    log2_fold_change: float
    ci_low: float
    ci_high: float
    pvalue: float

    @property
    def percent(self) -> tuple[float, float, float]:
        """Percent of the reference: estimate, lower and upper bound."""
        with np.errstate(over="ignore", under="ignore"):
            estimate, low, high = (
                float(100 * np.exp2(value))
                for value in (self.log2_fold_change, self.ci_low, self.ci_high)
            )
        return estimate, low, high


def judge_driver(card: Card, result: DEResult) -> tuple[DriverAnswer, DriverChange | None]:
    """Tell whether the driver moved as the card says.

    *Moved*: it differs from no change (Wald) in the card's direction, and the change is not
    equivalent to none within the card's margin (``lessAbs``). *Not moved*: it is equivalent
    to none, or went the other way. *By construction*: the groups were cut on it, so its
    change is no evidence. Else *undecided*, as when it was not measured, or when its test
    was withheld because one sample dominates.

    Returns
    -------
    answer : str
        One of the above.
    change : DriverChange or None
        The change; None where the driver was not measured.
    """
    row = find_gene(result.table, card.driver_gene)
    if row is None:
        return "undecided", None
    change = _change(row)
    split = result.parameters.split_gene
    if split and split == row["gene_id"]:
        return "by construction", change
    if change is None or withheld(row):
        return "undecided", change
    b, s = float(row["log2FoldChange"]), float(row["lfcSE"])
    inside = wald_test(np.array([b]), np.array([s]), threshold=card.within, alternative="lessAbs")
    significant = change.pvalue < card.alpha
    right_way = (b > 0) == (card.driver_direction == "up")
    if float(inside[1][0]) < card.alpha or (significant and not right_way):
        return "not moved", change
    return ("moved" if significant else "undecided"), change


def _change(row: pd.Series) -> DriverChange | None:
    """Return the change of a measured gene; a standard error of 0 measures nothing."""
    b, s = float(row["log2FoldChange"]), float(row["lfcSE"])
    if not (np.isfinite(b) and np.isfinite(s) and s > 0):
        return None
    p = float(wald_test(np.array([b]), np.array([s]))[1][0])
    return DriverChange(b, b - _Z975 * s, b + _Z975 * s, p)
