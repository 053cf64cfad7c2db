"""A card's core sets, as the screen of a driver scores them."""

from __future__ import annotations

from collections.abc import Mapping

from rnaseq_s6k1.cohort.screen.score import ClaimSet
from rnaseq_s6k1.io.gmt import GeneSet
from rnaseq_s6k1.mechanism.card import Card

__all__ = ["card_gene_lines", "core_claim"]


def core_claim(
    card: Card, collections: Mapping[str, Mapping[str, GeneSet]]
) -> tuple[ClaimSet, ...]:
    """Give the card's core sets with the sign expected where there is more of the driver.

    A card whose driver goes down is read the other way round: what it expects to fall without
    the driver is expected to rise with more of it.

    Raises
    ------
    DataError
        If a set is in none of the collections.
    """
    sets = card.resolve_sets(collections)
    turned = 1 if card.driver_direction == "up" else -1
    return tuple(
        ClaimSet(
            line.target, turned * (1 if line.expected == "up" else -1), sets[line.target].genes
        )
        for line in card.core
    )


def card_gene_lines(card: Card) -> tuple[str, ...]:
    """Give the genes the card speaks of by name."""
    return tuple(line.target for line in card.expectations if line.kind == "gene")
