"""The card that speaks of the gene a cohort is split on."""

from __future__ import annotations

from rnaseq_s6k1.errors import UsageError
from rnaseq_s6k1.genes.identifiers import strip_ensembl_version
from rnaseq_s6k1.genes.table import load_gene_table
from rnaseq_s6k1.io.wording import clip
from rnaseq_s6k1.mechanism.card import Card, card_names, load_card

__all__ = ["split_card"]


def split_card(gene: str) -> Card:
    """Give the card of this package that says what follows when a gene is high.

    The groups of a split are compared high over low. A card is of such groups where its driver
    is the gene and goes up; one of a knock-down is not.

    Parameters
    ----------
    gene
        Symbol, an alias of exactly one gene, or an Ensembl gene id.

    Raises
    ------
    UsageError
        If no card is; the message names the cards there are.
    """
    cards = [card for card in map(load_card, card_names()) if card.driver_direction == "up"]
    of_gene = {card.driver_gene: card for card in reversed(cards)}
    for name in _names(gene):
        if name in of_gene:
            return of_gene[name]
    there_are = ", ".join(f"{card.name} ({card.driver_gene})" for card in cards)
    raise UsageError(
        f"no card says what follows when {clip(gene, 40)} is high; name one with --card: "
        f"{there_are}, or a YAML file of your own"
    )


def _names(gene: str) -> list[str]:
    """Give what a gene is called: as written, then by the gene table."""
    table = load_gene_table()
    written = gene.strip()
    current = table.current_symbol(written)
    known = table.ensembl_symbols.get(strip_ensembl_version(written), ())
    return [written, *([] if current is None else [current]), *known]
