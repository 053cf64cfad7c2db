"""Which gene sets can be tested on the genes at hand, and why others cannot."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.genes.matching import match_sets
from rnaseq_s6k1.io.gmt import GeneSet

__all__ = ["SelectedSets", "SetKey", "select_sets"]

SetKey = tuple[str, str]


@dataclass(frozen=True)
class SelectedSets:
    """Sets of a size that can be tested, by collection and name.

    Attributes
    ----------
    members
        Genes of each set as the data name them, sorted; keys are (collection, set).
    dropped
        ``collection set size reason`` of the sets left out.
    """

    members: dict[SetKey, tuple[str, ...]]
    dropped: pd.DataFrame


def select_sets(
    collections: Mapping[str, Mapping[str, GeneSet]],
    names: Iterable[str],
    *,
    min_size: int,
    max_size: int,
    exclude: Collection[str] = (),
) -> SelectedSets:
    """Match sets to the names of the data and keep those of a testable size.

    Parameters
    ----------
    collections
        Sets by collection.
    names
        Gene names of the data.
    min_size, max_size
        Bounds, inclusive, on the number of a set's genes among the data's.
    exclude
        Names left out of every set, such as the gene that split the groups.

    Raises
    ------
    UsageError
        If the bounds are not in order.
    DataError
        If fewer than 5 % of the sets' genes are found, or no set is of a testable size.
    """
    if not 1 <= min_size <= max_size:
        raise UsageError(
            f"--min-size {min_size} and --max-size {max_size} must be in order, from 1 on"
        )
    keyed = {
        (collection, name): gene_set
        for collection, sets in collections.items()
        for name, gene_set in sets.items()
    }
    ordered = sorted(keyed)
    matched = match_sets({"\t".join(key): keyed[key] for key in ordered}, names)
    excluded = set(exclude)
    members: dict[SetKey, tuple[str, ...]] = {}
    dropped = []
    for key in ordered:
        genes = tuple(sorted(set(matched.members["\t".join(key)]) - excluded))
        if min_size <= len(genes) <= max_size:
            members[key] = genes
        else:
            bound = f"under {min_size}" if len(genes) < min_size else f"over {max_size}"
            dropped.append((*key, len(genes), f"{bound} genes found"))
    if not members:
        raise DataError(
            f"none of the {len(ordered)} gene sets has {min_size} to {max_size} genes among the "
            "data's; change --min-size or --max-size, or give other --gene-sets"
        )
    return SelectedSets(
        members=members,
        dropped=pd.DataFrame(dropped, columns=["collection", "set", "size", "reason"]),
    )
