r"""Overlapping enriched sets collapsed into representatives.

The enriched sets are taken by p-value, the smallest first. Each becomes a representative unless
an earlier representative *B* of the same direction accounts for it, set *A*, by one of two rules:

1. **Sharing**: the Jaccard index :math:`|A \cap B| / |A \cup B|` or the overlap coefficient
   :math:`|A \cap B| / \min(|A|, |B|)` reaches a threshold.
2. **Conditional test**, for sets that share at least a quarter of the smaller one: *A* is enriched
   by itself, but neither *A* without *B* among the genes outside *B*, nor the shared genes among
   those of *B*, are enriched. The idea, that a set must say something given another one, is that
   of the conditional tests of GO terms (Alexa, Rahnenfuehrer and Lengauer, Bioinformatics 2006,
   22:1600) and of Korotkevich et al. (bioRxiv 2016, doi 10.1101/060012). The test here is the
   one-sided rank-sum test (Wilcoxon 1945) in the direction of the set's score, in normal
   approximation without correction for ties; of the two p-values the smaller is doubled.

Both p-values sample genes as if they were independent. Here that only decides about names: what
is left is a shorter list of the same findings, not a further test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from rnaseq_s6k1.enrichment.leading_edges import enriched_sets
from rnaseq_s6k1.enrichment.selection import SetKey

__all__ = ["COLLAPSED_COLUMNS", "CollapseRule", "CollapsedSets", "collapse_sets"]

COLLAPSED_COLUMNS: tuple[str, ...] = (
    "set",
    "representative",
    "why",
    "collection",
    "shared",
    "jaccard",
    "overlap_coefficient",
    "conditional_pvalue",
)

# With fewer genes left the rank-sum test can hardly find anything.
_FEWEST_LEFT = 3


@dataclass(frozen=True)
class CollapseRule:
    """When a set is accounted for by another; see the module's text.

    Attributes
    ----------
    jaccard, overlap_coefficient
        Thresholds of sharing.
    share_tested
        Share of the smaller set from which on the conditional test is made.
    conditional_alpha
        The conditional p-value above which a set says nothing more.
    """

    jaccard: float = 0.5
    overlap_coefficient: float = 0.8
    share_tested: float = 0.25
    conditional_alpha: float = 0.05


@dataclass(frozen=True)
class CollapsedSets:
    """Enriched sets and what represents them.

    Attributes
    ----------
    table
        The columns of `COLLAPSED_COLUMNS`, by p-value; a representative represents itself, and
        the numbers that compare it with another are NaN.
    """

    table: pd.DataFrame

    @property
    def n_representatives(self) -> int:
        """How many sets are left."""
        return int((self.table["set"] == self.table["representative"]).sum())

    def write(self, folder: Path) -> list[Path]:
        """Write ``collapsed.tsv`` into `folder`."""
        from rnaseq_s6k1.io.tables import write_table

        write_table(self.table, folder / "collapsed.tsv")
        return [folder / "collapsed.tsv"]


def collapse_sets(
    table: pd.DataFrame,
    members: Mapping[SetKey, tuple[str, ...]],
    stats: pd.Series,
    *,
    fdr: str = "padj",
    alpha: float = 0.05,
    rule: CollapseRule | None = None,
    most_sets: int = 1000,
) -> CollapsedSets:
    """Collapse the enriched sets of a GSEA table; see the module's rules.

    Parameters
    ----------
    table
        A GSEA table.
    members
        Genes of each tested set, by (collection, set).
    stats
        Statistics that were ranked, by gene.
    fdr, alpha
        Sets whose column `fdr` is below `alpha` are enriched.
    rule
        The thresholds; those of `CollapseRule` unless given.
    most_sets
        Sets of larger p-value are left out.
    """
    rule = rule or CollapseRule()
    chosen = enriched_sets(table, fdr=fdr, alpha=alpha).head(most_sets)
    ranked = _Ranked.of(stats)
    sets = [
        _Set(str(label), ranked.positions(members[str(collection), str(name)]), 1 if up else -1)
        for label, collection, name, up in zip(
            chosen["label"], chosen["collection"], chosen["set"], chosen["nes"] > 0, strict=True
        )
    ]
    kept: list[_Set] = []
    rows = []
    for one, collection in zip(sets, chosen["collection"], strict=True):
        reason = None
        for other in kept:
            reason = _accounted_for(one, other, ranked, rule)
            if reason is not None:
                break
        if reason is None:
            kept.append(one)
            reason = (one.label, "representative", None, np.nan, np.nan, np.nan)
        rows.append((one.label, reason[0], reason[1], collection, *reason[2:]))
    collapsed = pd.DataFrame(rows, columns=list(COLLAPSED_COLUMNS))
    # Counts stay whole beside missing ones.
    collapsed["shared"] = collapsed["shared"].astype("Int64")
    return CollapsedSets(collapsed)


@dataclass(frozen=True)
class _Set:
    label: str
    genes: NDArray[np.intp]  # positions in the ranking, ascending
    direction: int


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ascending ranks, ties at their mean."""
    # pandas is loaded already; scipy.stats would add a second and 40 MB to every run of `gsea`.
    return np.asarray(pd.Series(values).rank(), dtype=np.float64)


@dataclass(frozen=True)
class _Ranked:
    """Statistics with their ranks, ascending, ties at their mean."""

    index: pd.Index
    values: NDArray[np.float64]
    ranks: NDArray[np.float64]

    @classmethod
    def of(cls, stats: pd.Series) -> _Ranked:
        values = stats.to_numpy(dtype=float)
        return cls(stats.index, values, _ranks(values))

    def positions(self, genes: tuple[str, ...]) -> NDArray[np.intp]:
        found = self.index.get_indexer(pd.Index(genes))
        return np.sort(found[found >= 0])

    def ranks_without(
        self, genes: NDArray[np.intp], without: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return the ranks that `genes` have when the genes `without` are taken out."""
        gone = np.sort(self.values[without])
        below = np.searchsorted(gone, self.values[genes], side="left")
        up_to = np.searchsorted(gone, self.values[genes], side="right")
        return np.asarray(self.ranks[genes] - (below + up_to) / 2)


def _accounted_for(
    one: _Set, other: _Set, ranked: _Ranked, rule: CollapseRule
) -> tuple[str, str, int | None, float, float, float] | None:
    """Say how `other` accounts for `one`; None where it does not."""
    if one.direction != other.direction:
        return None
    both = np.intersect1d(one.genes, other.genes, assume_unique=True)
    shared, smaller = len(both), min(len(one.genes), len(other.genes))
    if not shared:
        return None
    jaccard = shared / (len(one.genes) + len(other.genes) - shared)
    coefficient = shared / smaller
    numbers = (shared, jaccard, coefficient)
    if jaccard >= rule.jaccard:
        why = f"shares {shared} of {len(one.genes)} genes (Jaccard {jaccard:.2f})"
        return other.label, why, *numbers, np.nan
    if coefficient >= rule.overlap_coefficient:
        what = "its genes" if smaller == len(one.genes) else "the representative's genes"
        why = f"shares {shared} of {smaller} of {what} (overlap {coefficient:.2f})"
        return other.label, why, *numbers, np.nan
    if coefficient < rule.share_tested or _alone(one, ranked) > rule.conditional_alpha:
        return None
    p = _conditional(one, other, both, ranked)
    if p <= rule.conditional_alpha:
        return None
    why = (
        f"not enriched given the representative, with which it shares {shared} genes (p = {p:.2g})"
    )
    return other.label, why, *numbers, p


def _alone(one: _Set, ranked: _Ranked) -> float:
    return _rank_sum(ranked.ranks[one.genes], len(ranked.values), one.direction)


def _conditional(one: _Set, other: _Set, both: NDArray[np.intp], ranked: _Ranked) -> float:
    left = np.setdiff1d(one.genes, other.genes, assume_unique=True)
    outside = inside = 1.0
    if len(left) >= _FEWEST_LEFT:
        ranks = ranked.ranks_without(left, other.genes)
        outside = _rank_sum(ranks, len(ranked.values) - len(other.genes), one.direction)
    if len(both) >= _FEWEST_LEFT and len(other.genes) - len(both) >= _FEWEST_LEFT:
        among = _ranks(ranked.values[other.genes])
        ranks = among[np.searchsorted(other.genes, both)]
        inside = _rank_sum(ranks, len(other.genes), one.direction)
    return min(1.0, 2 * min(outside, inside))


def _rank_sum(ranks: NDArray[np.float64], n_genes: int, direction: int) -> float:
    """Return the one-sided p of the rank-sum test by its normal approximation."""
    k = len(ranks)
    mean = (n_genes + 1) / 2
    spread = np.sqrt((n_genes - k) * (n_genes + 1) / (12 * k))
    return float(ndtr(-direction * (ranks.mean() - mean) / spread)) if spread > 0 else 1.0
