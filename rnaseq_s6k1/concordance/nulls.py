"""Statistics of two results together, as they are and with one of the results rotated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from rnaseq_s6k1.concordance.rotations import ContrastSpace
from rnaseq_s6k1.concordance.rrho import OverlapGrid, rank_order

__all__ = ["FixedResult", "Measures", "RotationNull", "rotation_null"]

FloatArray = NDArray[np.float64]

# The map's peaks are found on a coarser grid than it is drawn with: they hardly differ.
_PEAK_STEPS = 50


class Measures(NamedTuple):
    """Statistics of a fixed and a rotatable result.

    Attributes
    ----------
    rho
        Spearman's correlation of the gene-wise statistics.
    up, down
        Mean rank, in the rotatable result, of the genes called up and of those called down in
        the fixed one, from -0.5 (all at the bottom) to 0.5; NaN where too few are called.
    signs
        (same - opposite) / sqrt(same + opposite) of the genes called in both; NaN without any.
    agreeing, reversing
        The largest -log10 p in the agreeing and in the reversing quadrants of the overlap map.
    """

    rho: float
    up: float
    down: float
    signs: float
    agreeing: float
    reversing: float


@dataclass(frozen=True)
class FixedResult:
    """The result that stays as it is, prepared for many comparisons.

    Attributes
    ----------
    ranks
        Centred ranks of its statistics, of length 1, shape ``(n_genes,)``.
    order
        Positions in its ranking, the most up first.
    n_up
        Genes with a positive statistic.
    up, down
        Positions of the genes called up and down that serve as sets; empty where too few.
    called
        1, -1 or 0 of each gene: called up, down or not.
    grid
        Of the overlap map.
    """

    ranks: FloatArray
    order: NDArray[np.intp]
    n_up: int
    up: NDArray[np.intp]
    down: NDArray[np.intp]
    called: NDArray[np.int8]
    grid: OverlapGrid

    @classmethod
    def of(
        cls,
        stats: FloatArray,
        called: NDArray[np.int8],
        up: NDArray[np.intp],
        down: NDArray[np.intp],
    ) -> FixedResult:
        """Prepare a result; see the attributes."""
        ranks = rankdata(stats) - (len(stats) + 1) / 2
        return cls(
            ranks=np.asarray(ranks / np.linalg.norm(ranks)),
            order=rank_order(stats),
            n_up=int((stats > 0).sum()),
            up=up,
            down=down,
            called=called,
            grid=OverlapGrid.of(len(stats), _PEAK_STEPS),
        )

    def measure(self, stats: FloatArray, n_called: int) -> Measures:
        """Compare with another result's statistics.

        Parameters
        ----------
        stats
            Shape ``(n_genes,)``.
        n_called
            So many genes of the largest absolute statistic count as called in it.
        """
        n = len(stats)
        order = rank_order(stats)
        centred = np.asarray((n - 1) / 2 - order, dtype=np.float64)
        length = np.sqrt(n * (n * n - 1.0) / 12.0)
        agreeing, reversing = self.grid.peaks(self.order, order, self.n_up, int((stats > 0).sum()))
        return Measures(
            rho=float(self.ranks @ centred / length),
            up=_mean_rank(centred, self.up),
            down=_mean_rank(centred, self.down),
            signs=_sign_balance(self.called, stats, n_called),
            agreeing=agreeing,
            reversing=reversing,
        )


@dataclass(frozen=True)
class RotationNull:
    """Measures of the result as it is (refitted), and of its rotations.

    Attributes
    ----------
    observed
        With the moderated t of the samples as they are.
    draws
        One row a rotation, columns as `Measures` names them.
    degrees
        Residual degrees of freedom of the rotated experiment.
    """

    observed: Measures
    draws: pd.DataFrame
    degrees: int

    def two_sided(self, name: str) -> float:
        """Return (b + 1)/(n + 1), b rotations being at least as far from 0; NaN where unknown."""
        return self._share(abs(getattr(self.observed, name)), self.draws[name].abs())

    def upper(self, name: str) -> float:
        """Return (b + 1)/(n + 1), b rotations being at least as large; NaN where unknown."""
        return self._share(getattr(self.observed, name), self.draws[name])

    def interval(self, name: str) -> tuple[float, float]:
        """Return between which values 95 % of the rotations lie."""
        values = self.draws[name].dropna()
        if values.empty:
            return float("nan"), float("nan")
        low, high = np.quantile(values.to_numpy(), (0.025, 0.975))
        return float(low), float(high)

    def spread(self, name: str) -> float:
        """Return the root mean square of the rotations, whose mean is 0 by symmetry."""
        return float(np.sqrt((self.draws[name] ** 2).mean()))

    def _share(self, observed: float, values: pd.Series) -> float:
        if not np.isfinite(observed):
            return float("nan")
        # A rotation that leaves the statistic undefined is no evidence against the null.
        beyond = int((values.fillna(np.inf) >= observed * (1 - 1e-12)).sum())
        return (beyond + 1) / (len(values) + 1)


def rotation_null(
    space: ContrastSpace, fixed: FixedResult, *, n_called: int, rotations: int, seed: Sequence[int]
) -> RotationNull:
    """Rotate an experiment and compare each rotation with the fixed result.

    Parameters
    ----------
    space
        The experiment to rotate, its genes in the order of `fixed`.
    fixed
        The other result.
    n_called
        How many genes are called in the experiment.
    rotations
        How many random contrasts.
    seed
        Of the draws.
    """
    draws = [fixed.measure(stats, n_called) for stats in space.rotated(rotations, seed)]
    return RotationNull(
        observed=fixed.measure(space.statistics, n_called),
        draws=pd.DataFrame(draws, columns=list(Measures._fields)),
        degrees=space.degrees,
    )


def _mean_rank(centred: FloatArray, genes: NDArray[np.intp]) -> float:
    n, k = len(centred), len(genes)
    if not k:
        return float("nan")
    # Divided by the largest that k of n centred ranks can have, twice.
    return float(centred[genes].mean() / (n - k))


def _sign_balance(called: NDArray[np.int8], stats: FloatArray, n_called: int) -> float:
    if not n_called:
        return float("nan")
    top = np.argpartition(-np.abs(stats), min(n_called, len(stats)) - 1)[:n_called]
    product = called[top] * np.sign(stats[top])
    shared = int(np.count_nonzero(product))
    return float(product.sum() / np.sqrt(shared)) if shared else float("nan")
