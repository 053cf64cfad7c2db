"""Names for the genes of a matrix: from its own column, an id map, or the human gene table."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.genes.id_map import ID_MAP, Lookup, map_lookup
from rnaseq_s6k1.genes.identifiers import (
    HUMAN_ENSEMBL,
    IdentifierGuess,
    guess_identifiers,
    strip_ensembl_version,
)
from rnaseq_s6k1.genes.table import GeneTable, load_gene_table

__all__ = ["GeneNames", "name_genes", "table_lookup"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class GeneNames:
    """A name for each gene.

    Attributes
    ----------
    names
        Names, shape ``(n_genes,)``, indexed by gene id. Where no name is known it is the id.
    kind
        What the ids are: ``ensembl`` (of any species), ``entrez``, ``symbol`` (human, current
        or outdated) or ``unknown``.
    mapped
        Ids that got a name from the id map, the matrix or the table.
    ambiguous
        Ids with several possible names, which keep the id.
    lost
        Ids without a name, which keep the id. Symbols, and ids of a kind that is not mapped,
        are names already and count in none of the three.
    sentence
        What was done, in one sentence.
    """

    names: pd.Series
    kind: str
    mapped: int
    ambiguous: int
    lost: int
    sentence: str


def name_genes(
    gene_ids: pd.Index, *, matrix_names: pd.Series | None = None, id_map: Path | None = None
) -> GeneNames:
    """Name the genes of a matrix.

    An id map wins over the matrix's own column of gene names, which wins over the bundled
    human gene table. The table maps human Ensembl ids (with or without version) and Entrez
    ids, and is not asked where an id map is given. Symbols are never renamed, and ids of any
    other kind or species are names as they are.

    Parameters
    ----------
    gene_ids
        Unique gene ids, shape ``(n_genes,)``.
    matrix_names
        Gene names from the matrix, shape ``(n_genes,)``, in the order of `gene_ids`; ``""``
        where it has none.
    id_map
        A table of two columns, id and name; see `read_id_map`.

    Returns
    -------
    GeneNames
        The names, and how many ids were mapped, ambiguous and lost.

    Raises
    ------
    DataError
        If the id map cannot be read, or has none of the ids; or if `matrix_names` has another
        length than `gene_ids`.
    """
    ids = [str(gene_id) for gene_id in gene_ids]
    given = _matrix_column(matrix_names, len(ids))
    table = load_gene_table()
    guess = guess_identifiers(ids, table)
    kind = guess.kind if guess.kind in ("ensembl", "entrez", "symbol") else "unknown"
    lookup: Lookup | None
    if id_map is not None:
        lookup, source = map_lookup(id_map, ID_MAP, ids), f"from {id_map.name}"
    else:
        lookup, source = table_lookup(guess, table), f"by the gene table ({_short(table)})"
    names, from_matrix, looked_up, ambiguous, lost = _choose_names(
        ids, given, lookup, map_first=id_map is not None
    )
    what = "gene names" if guess.kind == "unknown" else guess.label
    parts = []
    if from_matrix:
        parts.append(f"{from_matrix} named by the matrix's own column")
    if lookup is None:
        if not from_matrix:
            parts.append("used as written")
        ambiguous = lost = 0
    elif looked_up or ambiguous or lost:
        parts.append(f"{looked_up} named {source}, {ambiguous} ambiguous, {lost} without a name")
    sentence = f"{len(ids)} gene ids ({what}): " + "; ".join(parts or ["used as written"])
    logger.info("%s", sentence)
    return GeneNames(
        names=pd.Series(names, index=gene_ids, dtype=object, name="gene_name"),
        kind=kind,
        mapped=from_matrix + looked_up,
        ambiguous=ambiguous,
        lost=lost,
        sentence=sentence,
    )


def _choose_names(
    ids: list[str], given: list[str], lookup: Lookup | None, *, map_first: bool
) -> tuple[list[str], int, int, int, int]:
    """Give the names and how many came from the matrix, the lookup, were ambiguous, or lost."""
    taken = {name for name in given if name}
    names = []
    from_matrix = looked_up = ambiguous = lost = 0
    for gene_id, own in zip(ids, given, strict=True):
        found = lookup(gene_id) if lookup and (map_first or not own) else ()
        # Beside a column of names the table fills gaps, but gives no row another row's name.
        if not map_first and len(found) == 1 and found[0] in taken:
            found = ()
        if len(found) == 1:
            names.append(found[0])
            looked_up += 1
        elif own:
            names.append(own)
            from_matrix += 1
        else:
            names.append(gene_id)
            ambiguous += len(found) > 1
            lost += not found
    return names, from_matrix, looked_up, ambiguous, lost


def _matrix_column(matrix_names: pd.Series | None, n_genes: int) -> list[str]:
    """Give the matrix's own names, one a gene, ``""`` where it has none."""
    if matrix_names is None:
        return [""] * n_genes
    if len(matrix_names) != n_genes:
        raise DataError(
            f"the matrix has {len(matrix_names)} gene names for {n_genes} gene ids; give one name "
            "a gene, empty where there is none"
        )
    return ["" if pd.isna(name) else str(name).strip() for name in matrix_names]


def table_lookup(guess: IdentifierGuess, table: GeneTable) -> Lookup | None:
    """Give the gene table's lookup for a kind of id, or None where it has none."""
    if guess.label == HUMAN_ENSEMBL:
        return lambda gene_id: table.ensembl_symbols.get(
            strip_ensembl_version(gene_id).removesuffix("_PAR_Y"), ()
        )
    if guess.kind == "entrez":

        def by_entrez(gene_id: str) -> tuple[str, ...]:
            symbol = table.entrez_symbols.get(gene_id.removesuffix(".0"))
            return (symbol,) if symbol else ()

        return by_entrez
    return None


def _short(table: GeneTable) -> str:
    """Give the version of the gene table without its dates."""
    return table.version.split(";")[0]
