"""The genes of a screen: which are counted, which of them are ranked, and where the sets are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.cohort.expression import CohortCounts
from rnaseq_s6k1.cohort.screen.score import ClaimSet, SetColumns
from rnaseq_s6k1.enrichment.selection import select_sets
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.gmt import GeneSet
from rnaseq_s6k1.io.wording import listing, plural

__all__ = ["MIN_MEDIAN_COUNT", "counted_genes", "match_claim"]

#: A gene is ranked, and a neighbour screened, from this median count on: below it the order of
#: the samples is largely sampling noise.
MIN_MEDIAN_COUNT = 10
#: Core sets with fewer genes ranked say nothing.
_SMALLEST_SET = 5


def counted_genes(
    cohort: CohortCounts, names: pd.Series
) -> tuple[pd.DataFrame, NDArray[np.float64], NDArray[np.intp], NDArray[np.intp]]:
    """Describe the counted genes, and choose those that are ranked."""
    counted = np.flatnonzero(cohort.counts.any(axis=0))
    expression = cohort.log2_cpm(counted)
    ids = cohort.gene_ids[counted]
    named = names.reindex(ids).fillna("").astype(str).to_numpy(dtype=object)
    genes = pd.DataFrame(
        {
            "gene_name": np.where(named == "", ids.to_numpy(dtype=object), named),
            "mean": expression.mean(axis=0),
            "sd": expression.std(axis=0, ddof=1),
            "median_count": np.median(cohort.counts[:, counted], axis=0),
        },
        index=ids,
    )
    totals = cohort.counts[:, counted].sum(axis=0)
    enough = genes["median_count"].to_numpy() >= MIN_MEDIAN_COUNT
    # Of equal totals the first id is taken, so that the order of rows cannot matter.
    by_total = np.lexsort((np.arange(len(ids)), -totals.astype(np.int64)))
    first = ~pd.Series(genes["gene_name"].to_numpy()[by_total]).duplicated().to_numpy()
    chosen = np.zeros(len(ids), dtype=bool)
    chosen[by_total[first]] = True
    ranked = np.flatnonzero(enough & chosen)
    if len(ranked) < 2 * _SMALLEST_SET:
        raise DataError(
            f"{plural(len(ranked), 'gene')} with a median count of at least {MIN_MEDIAN_COUNT}; "
            "a screen ranks all genes and needs more"
        )
    column = np.full(len(ids), -1, dtype=np.intp)
    column[ranked] = np.arange(len(ranked))
    # Rows that share the name of a ranked gene are that gene, and left out with it.
    of_name = dict(zip(genes["gene_name"].to_numpy()[ranked], range(len(ranked)), strict=True))
    for at in np.flatnonzero(~chosen).tolist():
        column[at] = of_name.get(genes["gene_name"].iat[at], -1)
    return genes, expression, column, ranked


def match_claim(
    claim: Sequence[ClaimSet], ranked: NDArray[np.object_], card_genes: Sequence[str]
) -> tuple[tuple[SetColumns, ...], set[str], list[str]]:
    """Find the sets among the ranked genes."""
    sets = {"card": {one.name: GeneSet(one.name, "", one.genes) for one in claim}}
    selected = select_sets(sets, ranked, min_size=_SMALLEST_SET, max_size=len(ranked) - 1)
    places = pd.Index(ranked)
    columns, own = [], set(card_genes)
    for one in claim:
        genes = selected.members.get(("card", one.name))
        if genes is not None:
            columns.append(
                SetColumns(
                    one.name,
                    one.sign,
                    np.sort(places.get_indexer(pd.Index(list(genes), dtype=object))),
                )
            )
            own.update(genes)
        own.update(one.genes)
    dropped = selected.dropped["set"].tolist()
    notes = []
    if dropped:
        notes.append(f"core sets with too few genes are left out of the score: {listing(dropped)}")
    return tuple(columns), own, notes
