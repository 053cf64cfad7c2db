"""The running sums of the best supported gene sets as a table, for drawing them elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.enrichment.running_sum import running_sum

if TYPE_CHECKING:
    from rnaseq_s6k1.enrichment.gsea import GSEAResult

__all__ = ["RUNNING_SUM_COLUMNS", "running_sum_table"]

RUNNING_SUM_COLUMNS: tuple[str, ...] = (
    "collection",
    "set",
    "rank",
    "gene",
    "statistic",
    "before",
    "after",
)
# A collection of thousands of sets would make a table of a million rows that nobody draws.
_MOST_SETS = 60


def running_sum_table(tested: GSEAResult, most: int = _MOST_SETS) -> pd.DataFrame:
    """Tabulate running sums at the genes of each set; between them they fall evenly.

    Parameters
    ----------
    tested
        The gene sets and their ranking.
    most
        How many sets, the smallest rotation p first where there are any, then the smallest
        preranked p.

    Returns
    -------
    pandas.DataFrame
        A row a gene of a set, the columns of `RUNNING_SUM_COLUMNS`: its rank from 1, its
        statistic, and the sum just before and after it. Sorted by collection, set and rank.
    """
    stats = tested.ranking.stats
    values = stats.to_numpy(dtype=float)
    order = ["rotation_pvalue", "pvalue", "collection", "set"]
    chosen = tested.table[tested.table["nes"].notna()].sort_values(order, kind="stable").head(most)
    parts = []
    for key in sorted(zip(chosen["collection"], chosen["set"], strict=True)):
        members = np.flatnonzero(stats.index.isin(tested.members[key]))
        summed = running_sum(values, members, tested.weight, tested.score_type)
        parts.append(
            pd.DataFrame(
                {
                    "collection": key[0],
                    "set": key[1],
                    "rank": summed.hits + 1,
                    "gene": stats.index[summed.hits],
                    "statistic": values[summed.hits],
                    "before": np.where(summed.hits > 0, summed.values[summed.hits - 1], 0.0),
                    "after": summed.values[summed.hits],
                }
            )
        )
    if not parts:
        return pd.DataFrame(columns=list(RUNNING_SUM_COLUMNS))
    return pd.concat(parts, ignore_index=True)[list(RUNNING_SUM_COLUMNS)]
