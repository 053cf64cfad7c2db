"""Pairs of sets that are the two halves of one signature: ``X_UP`` and ``X_DN``."""

from __future__ import annotations

from collections.abc import Iterable

from rnaseq_s6k1.enrichment.selection import SetKey

__all__ = ["find_pairs"]

_UP = "_UP"
_DOWN = ("_DN", "_DOWN")


def find_pairs(keys: Iterable[SetKey]) -> dict[SetKey, tuple[SetKey, SetKey]]:
    """Find the sets of a collection whose names differ in ``_UP`` and ``_DN`` (or ``_DOWN``) only.

    Returns
    -------
    dict
        The pair's key, its set called ``X_UP_DN`` (or ``X_UP_DOWN``), to the keys of both halves;
        a name that a set of the collection has already is not given to a pair.
    """
    known = set(keys)
    pairs = {}
    for collection, name in sorted(known):
        if not name.endswith(_UP):
            continue
        for ending in _DOWN:
            half = (collection, name.removesuffix(_UP) + ending)
            whole = (collection, name + ending)
            if half in known and whole not in known:
                pairs[whole] = ((collection, name), half)
    return pairs
