r"""Rank-rank hypergeometric overlap of two rankings.

Genes are ranked in both results from the most up to the most down. For thresholds *i* in A and
*j* in B the genes beyond both are counted, and :math:`P(X \ge k)` of the hypergeometric
distribution says how surprising so many would be were the rankings of independent genes
(Plaisier, Taschereau, Wong and Graeber, Nucleic Acids Research 2010, 38:e169). *Beyond* is
stratified (Cahill, Huo, Tseng, Logan and Seney, Scientific Reports 2018, 8:9588): among the genes
that are up in a result it means the top of its ranking, among those that are down the bottom, so
that each quadrant of the map, up or down in A by up or down in B, has its own enrichment.

The p-values are of gene sampling and far too small where genes are correlated; a map shows where
two results overlap, and not whether chance could do the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.enrichment.hypergeometric_kernel import log_upper_tails

__all__ = ["QUADRANTS", "RRHO_COLUMNS", "OverlapGrid", "rank_order", "rrho_table"]

RRHO_COLUMNS: tuple[str, ...] = (
    "rank_a",
    "rank_b",
    "quadrant",
    "n_a",
    "n_b",
    "overlap",
    "expected",
    "log10_pvalue",
)
QUADRANTS: tuple[str, ...] = ("up_up", "down_down", "up_down", "down_up")
_AGREEING = (0, 1)
_REVERSING = (2, 3)
_STEPS = 100


def rank_order(stats: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the position of each gene in the ranking, 0 for the most up; ties by their order."""
    order = np.argsort(-stats, kind="stable")
    positions = np.empty(len(stats), dtype=np.intp)
    positions[order] = np.arange(len(stats))
    return positions


@dataclass(frozen=True)
class OverlapGrid:
    """The thresholds of a map; rankings of the same number of genes can be laid over it.

    Attributes
    ----------
    n_genes
        Genes in both rankings.
    step
        Genes between two thresholds.
    """

    n_genes: int
    step: int

    @classmethod
    def of(cls, n_genes: int, steps: int = _STEPS) -> OverlapGrid:
        """Make about `steps` thresholds for `n_genes` genes."""
        return cls(n_genes, max(1, math.ceil(n_genes / steps)))

    @property
    def thresholds(self) -> NDArray[np.int64]:
        """Positions between genes: so many genes are above, shape ``(n_thresholds,)``."""
        return np.arange(self.step, self.n_genes, self.step, dtype=np.int64)

    def cells(
        self,
        positions_a: NDArray[np.intp],
        positions_b: NDArray[np.intp],
        n_up_a: int,
        n_up_b: int,
    ) -> dict[str, NDArray[np.int64]]:
        """Count the overlaps of all cells.

        Parameters
        ----------
        positions_a, positions_b
            Of `rank_order`, shape ``(n_genes,)``, the genes in one order.
        n_up_a, n_up_b
            How many genes are up in each ranking.

        Returns
        -------
        dict of numpy.ndarray
            ``n_a``, ``n_b``: genes beyond each threshold; ``overlap``; ``quadrant`` (index in
            `QUADRANTS`); each of shape ``(n_thresholds, n_thresholds)``, A in rows.
        """
        at = self.thresholds
        bins = len(at) + 1
        cell = (positions_a // self.step) * bins + positions_b // self.step
        counts = np.bincount(cell, minlength=bins * bins).reshape(bins, bins)
        above = counts.cumsum(axis=0).cumsum(axis=1)[:-1, :-1]
        up_a, up_b = (at <= n_up_a)[:, None], (at <= n_up_b)[None, :]
        top_a, top_b = at[:, None], at[None, :]
        # Inclusion and exclusion turn the count above both into that beyond both.
        overlap = np.where(
            up_a,
            np.where(up_b, above, top_a - above),
            np.where(up_b, top_b - above, self.n_genes - top_a - top_b + above),
        )
        n_a = np.broadcast_to(np.where(up_a, top_a, self.n_genes - top_a), overlap.shape)
        n_b = np.broadcast_to(np.where(up_b, top_b, self.n_genes - top_b), overlap.shape)
        quadrant = np.where(up_a, np.where(up_b, 0, 2), np.where(up_b, 3, 1))
        return {"n_a": n_a, "n_b": n_b, "overlap": overlap, "quadrant": quadrant}

    def log10_pvalues(self, cells: dict[str, NDArray[np.int64]]) -> NDArray[np.float64]:
        """Return log10 of P(X >= overlap) of all cells."""
        found = np.empty(cells["overlap"].size)
        flat = {
            name: np.ascontiguousarray(cells[name], dtype=np.int64).ravel()
            for name in ("overlap", "n_a", "n_b")
        }
        log_upper_tails(flat["overlap"], flat["n_a"], flat["n_b"], self.n_genes, found)
        return (found / math.log(10)).reshape(cells["overlap"].shape)

    def peaks(
        self,
        positions_a: NDArray[np.intp],
        positions_b: NDArray[np.intp],
        n_up_a: int,
        n_up_b: int,
    ) -> tuple[float, float]:
        """Return the largest -log10 p of the agreeing quadrants, and of the reversing ones."""
        cells = self.cells(positions_a, positions_b, n_up_a, n_up_b)
        strength = np.abs(self.log10_pvalues(cells))
        agreeing = np.isin(cells["quadrant"], _AGREEING)
        return (
            float(strength[agreeing].max(initial=0.0)),
            float(strength[~agreeing].max(initial=0.0)),
        )


def rrho_table(
    stats_a: NDArray[np.float64], stats_b: NDArray[np.float64], *, steps: int = _STEPS
) -> pd.DataFrame:
    """Compute the map of two rankings of the same genes.

    Parameters
    ----------
    stats_a, stats_b
        Signed statistics, shape ``(n_genes,)``; those above 0 are up. Ties are ranked in the
        genes' order.
    steps
        About how many thresholds on either axis.

    Returns
    -------
    pandas.DataFrame
        The columns of `RRHO_COLUMNS`, a row a cell: the thresholds as numbers of genes from the
        most up, the quadrant, the genes beyond each threshold, those beyond both, how many are
        expected of independent rankings, and log10 p.
    """
    grid = OverlapGrid.of(len(stats_a), steps)
    cells = grid.cells(
        rank_order(stats_a), rank_order(stats_b), int((stats_a > 0).sum()), int((stats_b > 0).sum())
    )
    at = grid.thresholds
    table = pd.DataFrame(
        {
            "rank_a": np.repeat(at, len(at)),
            "rank_b": np.tile(at, len(at)),
            "quadrant": np.array(QUADRANTS, dtype=object)[cells["quadrant"].ravel()],
            "n_a": cells["n_a"].ravel(),
            "n_b": cells["n_b"].ravel(),
            "overlap": cells["overlap"].ravel(),
        }
    )
    table["expected"] = table["n_a"] * table["n_b"] / len(stats_a)
    table["log10_pvalue"] = grid.log10_pvalues(cells).ravel()
    return table[list(RRHO_COLUMNS)]
