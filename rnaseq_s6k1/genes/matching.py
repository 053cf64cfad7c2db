"""Match the genes of gene sets to the gene names of the data."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.genes.identifiers import IdentifierGuess, guess_identifiers
from rnaseq_s6k1.genes.table import GeneTable, load_gene_table
from rnaseq_s6k1.io.gmt import GeneSet

__all__ = ["MIN_SHARE_FOUND", "MatchedSets", "match_sets"]

logger = logging.getLogger(__name__)

#: Below this share of the sets' genes the names are of another kind or species.
MIN_SHARE_FOUND = 0.05


@dataclass(frozen=True)
class MatchedSets:
    """Gene sets in the names of the data.

    Attributes
    ----------
    members
        The data's names of each set's genes, in the set's order; a set none of whose genes
        is found has none.
    n_as_written
        Distinct genes of the sets that the data name as written.
    n_by_alias
        Distinct genes for which an alias stands in, in at least one set.
    n_missing
        Distinct genes that the data lack.
    aliases
        Gene of a set to the data's name that stands in for it.
    """

    members: dict[str, tuple[str, ...]]
    n_as_written: int
    n_by_alias: int
    n_missing: int
    aliases: dict[str, str]

    @property
    def sentence(self) -> str:
        """What was found, in one sentence."""
        total = self.n_as_written + self.n_by_alias + self.n_missing
        text = (
            f"of the {total} genes in {len(self.members)} gene sets the data have "
            f"{self.n_as_written} as written, {self.n_by_alias} by an alias, {self.n_missing} not"
        )
        if self.aliases:
            shown = [f"{gene} as {name}" for gene, name in sorted(self.aliases.items())[:3]]
            more = ", ..." if len(self.aliases) > 3 else ""
            text += f" (aliases: {', '.join(shown)}{more})"
        return text


def match_sets(sets: Mapping[str, GeneSet], names: Iterable[str]) -> MatchedSets:
    """Find the genes of gene sets among the gene names of the data.

    Names are taken as written first, and never upper-cased. For a set's gene that the data
    lack, another name of the same gene stands in (an outdated symbol of the data for a current
    one of the set, or the reverse) when

    - the human gene table knows both names as one gene, and each as no other's,
    - exactly one name of the data is such a name, and
    - no other gene of the set has that name, as written or by alias.

    The last rule looks at one set at a time, so that what a set holds never depends on which
    other sets are given with it.

    Parameters
    ----------
    sets
        The sets by any key.
    names
        Gene names of the data; repeats and order do not matter.

    Returns
    -------
    MatchedSets
        The sets in the names of the data, and what was found how.

    Raises
    ------
    DataError
        If fewer than 5 % of the sets' genes are found; the message names what the data's
        identifiers look like. Where the genes found are at least half of the data's names (a
        targeted panel against a large collection) a warning takes its place.
    """
    available = frozenset(map(str, names))
    wanted = {gene for one in sets.values() for gene in one.genes}
    missing = wanted - available
    # The gene table is large, so it is loaded for missing genes alone.
    stand_ins = _stand_ins(missing, available, load_gene_table()) if missing else {}
    members: dict[str, tuple[str, ...]] = {}
    aliases: dict[str, str] = {}
    for key, one in sets.items():
        members[key], used = _members_of_set(one.genes, available, stand_ins)
        aliases.update(used)
    matched = MatchedSets(
        members=members,
        n_as_written=len(wanted) - len(missing),
        n_by_alias=len(aliases),
        n_missing=len(missing) - len(aliases),
        aliases=aliases,
    )
    _check_share(matched, wanted, available)
    logger.info("%s", matched.sentence)
    return matched


def _stand_ins(
    missing: Iterable[str], available: frozenset[str], table: GeneTable
) -> dict[str, str]:
    """Give each missing gene the one name of the data that means the same gene."""
    current = {gene: table.current_symbol(gene) for gene in missing}
    needed = {symbol for symbol in current.values() if symbol}
    known_as: dict[str, list[str]] = defaultdict(list)
    if needed:
        for name in available:
            symbol = table.current_symbol(name)
            if symbol in needed:
                known_as[symbol].append(name)
    return {
        gene: known_as[symbol][0]
        for gene, symbol in current.items()
        if symbol and len(known_as.get(symbol, ())) == 1
    }


def _members_of_set(
    genes: tuple[str, ...], available: frozenset[str], stand_ins: Mapping[str, str]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Give one set's members in the data's names, and the aliases used."""
    if available.issuperset(genes) and len(set(genes)) == len(genes):
        # Nearly every set of a large collection: no second copy of its names is kept.
        return genes, {}
    claims: dict[str, int] = defaultdict(int)
    for gene in genes:
        if gene in available:
            claims[gene] += 1
        elif gene in stand_ins:
            claims[stand_ins[gene]] += 1
    found: list[str] = []
    used: dict[str, str] = {}
    for gene in genes:
        if gene in available:
            found.append(gene)
        elif gene in stand_ins and claims[stand_ins[gene]] == 1:
            found.append(stand_ins[gene])
            used[gene] = stand_ins[gene]
    return tuple(dict.fromkeys(found)), used


def _check_share(matched: MatchedSets, wanted: set[str], available: frozenset[str]) -> None:
    """Refuse names that are evidently of another kind or species than the sets'."""
    n_found = matched.n_as_written + matched.n_by_alias
    if wanted and n_found >= MIN_SHARE_FOUND * len(wanted):
        return
    share = 100 * n_found / len(wanted) if wanted else 0.0
    counts = (
        f"only {n_found} of {len(wanted)} genes of the gene sets ({share:.2g} %) are among the "
        f"{len(available)} gene names of the data"
    )
    if n_found and 2 * n_found >= len(available):
        logger.warning(
            "%s; as most of the data's names are known they are taken for a targeted panel", counts
        )
        return
    table = load_gene_table()
    of_data = guess_identifiers(sorted(available), table)
    of_sets = guess_identifiers(sorted(wanted), table)
    raise DataError(
        f"{counts}: the data have {_in_words(of_data)}, the sets {_in_words(of_sets)}; "
        f"{_mend(of_data, of_sets)}"
    )


def _in_words(guess: IdentifierGuess) -> str:
    """Name a kind of identifier with an example."""
    example = guess.example if len(guess.example) <= 40 else guess.example[:37] + "..."
    return f"{guess.label} ({example!r})" if guess.example else guess.label


def _mend(of_data: IdentifierGuess, of_sets: IdentifierGuess) -> str:
    """Say what to do about data and sets of different kinds."""
    if of_data.kind == "row_number":
        return "write the counts again with the gene ids in the first column"
    to = "human symbol" if of_sets.kind == "symbol" else "name in the sets"
    if of_data.kind == of_sets.kind and of_data.kind != "unknown":
        return "check that the gene sets belong to these data"
    orthologs = ""
    if of_data.is_foreign and of_sets.kind == "symbol":
        orthologs = "--ortholog-map FILE (two columns: the data's gene, its human ortholog), "
    return (
        f"give {orthologs}--id-map FILE (two columns: the data's id, its {to}), or gene sets in "
        "the data's own identifiers"
    )
