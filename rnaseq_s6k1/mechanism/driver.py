"""Did the driver itself move?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtri

from rnaseq_s6k1.de.result import DEResult
from rnaseq_s6k1.de.wald import wald_test
from rnaseq_s6k1.mechanism.card import Card
from rnaseq_s6k1.mechanism.evaluate import find_gene

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
        return (
            100 * 2**self.log2_fold_change,
            100 * 2**self.ci_low,
            100 * 2**self.ci_high,
        )


def judge_driver(card: Card, result: DEResult) -> tuple[DriverAnswer, DriverChange | None]:
    """Tell whether the driver moved as the card says.

    *Moved*: it differs from no change (Wald) in the card's direction, and the change is not
    equivalent to none within the card's margin (``lessAbs``). *Not moved*: it is equivalent
    to none, or went the other way. *By construction*: the groups were cut on it, so its
    change is no evidence. Else *undecided*, as when it was not measured.

    Returns
    -------
    answer : str
        One of the above.
    change : DriverChange or None
        The change; None where the driver was not measured.
    """
    row = find_gene(result.table, card.driver_gene)
    measured = row is not None and np.isfinite(row["lfcSE"]) and row["lfcSE"] > 0
    change = None
    if measured and row is not None:
        b, s = float(row["log2FoldChange"]), float(row["lfcSE"])
        p = float(wald_test(np.array([b]), np.array([s]))[1][0])
        change = DriverChange(b, b - _Z975 * s, b + _Z975 * s, p)
        if result.parameters.split_gene == row["gene_id"]:
            return "by construction", change
        estimate, error = np.array([b]), np.array([s])
        inside = wald_test(estimate, error, threshold=card.within, alternative="lessAbs")[1][0]
        equivalent = bool(inside < card.alpha)
        right_way = (b > 0) == (card.driver_direction == "up")
        if equivalent or (p < card.alpha and not right_way):
            return "not moved", change
        if p < card.alpha:
            return "moved", change
    return "undecided", change
