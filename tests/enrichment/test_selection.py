"""Which sets are tested, and why the others are not."""

from __future__ import annotations

import pytest

from rnaseq_s6k1.enrichment.selection import select_sets
from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.gmt import GeneSet

GENES = [f"zz{i}" for i in range(30)]


def collection(**sets) -> dict[str, GeneSet]:
    return {name: GeneSet(name, "", tuple(genes)) for name, genes in sets.items()}


COLLECTIONS = {
    "one": collection(SMALL=GENES[:2], FIT=GENES[:5], LARGE=GENES[:20]),
    "two": collection(FIT=GENES[3:9], ABSENT=["yy1", "yy2", "yy3"]),
}


def test_bounds_are_inclusive_and_what_is_dropped_says_why():
    selected = select_sets(COLLECTIONS, GENES, min_size=5, max_size=6)
    assert selected.members == {
        ("one", "FIT"): tuple(sorted(GENES[:5])),
        ("two", "FIT"): tuple(sorted(GENES[3:9])),
    }
    assert selected.dropped.columns.tolist() == ["collection", "set", "size", "reason"]
    assert selected.dropped.to_numpy().tolist() == [
        ["one", "LARGE", 20, "over 6 genes found"],
        ["one", "SMALL", 2, "under 5 genes found"],
        ["two", "ABSENT", 0, "under 5 genes found"],
    ]


def test_order_of_collections_sets_and_names_does_not_matter():
    turned = {name: dict(reversed(sets.items())) for name, sets in reversed(COLLECTIONS.items())}
    first = select_sets(COLLECTIONS, GENES, min_size=5, max_size=6)
    second = select_sets(turned, GENES[::-1], min_size=5, max_size=6)
    assert list(first.members.items()) == list(second.members.items())
    assert first.dropped.equals(second.dropped)


def test_excluded_genes_are_in_no_set():
    selected = select_sets(COLLECTIONS, GENES, min_size=4, max_size=6, exclude=[GENES[4]])
    assert all(GENES[4] not in genes for genes in selected.members.values())
    assert len(selected.members["one", "FIT"]) == 4


@pytest.mark.parametrize(("low", "high"), [(0, 5), (6, 5), (-1, 3)])
def test_refuses_bounds_out_of_order(low, high):
    with pytest.raises(UsageError, match=f"--min-size {low} and --max-size {high} must be in"):
        select_sets(COLLECTIONS, GENES, min_size=low, max_size=high)


def test_refuses_when_nothing_can_be_tested():
    with pytest.raises(DataError, match="none of the 5 gene sets has 25 to 30 genes among"):
        select_sets(COLLECTIONS, GENES, min_size=25, max_size=30)
    with pytest.raises(DataError, match="only 0 of "):
        select_sets(COLLECTIONS, ["qq1", "qq2"], min_size=1, max_size=30)
