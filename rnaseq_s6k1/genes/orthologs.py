"""Human orthologs of the genes of another species, from a map that the user gives."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.genes.id_map import ORTHOLOG_MAP, Lookup, map_lookup
from rnaseq_s6k1.genes.identifiers import guess_identifiers
from rnaseq_s6k1.genes.naming import table_lookup
from rnaseq_s6k1.genes.table import load_gene_table

__all__ = ["Orthologs", "find_orthologs", "map_orthologs"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Orthologs:
    """The human ortholog of each gene.

    Attributes
    ----------
    names
        Human names, shape ``(n_genes,)``, by position; None where a gene has no ortholog or
        several.
    mapped
        Genes with exactly one human ortholog.
    ambiguous
        Genes with several human orthologs (one to many).
    missing
        Genes without any.
    shared
        Human genes that are the ortholog of more than one gene (many to one).
    sentence
        What was found, and what becomes of it.
    """

    names: tuple[str | None, ...]
    mapped: int
    ambiguous: int
    missing: int
    shared: int
    sentence: str


def find_orthologs(
    genes: Iterable[str], ortholog_map: Path, *, names: Iterable[str] | None = None
) -> Orthologs:
    """Find the human ortholog of each gene in a map; nothing is guessed from names.

    - A gene is looked up as written, an Ensembl id without its version too, and where the map
      does not know it, by its name.
    - A gene with several human orthologs (one to many) has none here: its one measurement
      would count several times.
    - Several genes may have the same human ortholog (many to one): all get its name, and
      what they are used for decides as it does on any repeated name (a ranking keeps the
      largest absolute statistic).
    - Human Ensembl and Entrez ids in the map are named by the bundled human gene table.

    Parameters
    ----------
    genes
        Gene ids of the data, shape ``(n_genes,)``.
    ortholog_map
        A table of two columns, the data's gene and its human ortholog, a line a pair; see
        `rnaseq_s6k1.genes.id_map.read_id_map`.
    names
        The data's names of the same genes, shape ``(n_genes,)``.

    Returns
    -------
    Orthologs
        The names, and how many genes have one, several, or none.

    Raises
    ------
    DataError
        If the map cannot be read, or knows none of the genes.
    """
    ids = [str(gene) for gene in genes]
    given = ids if names is None else [str(name) for name in names]
    lookup = map_lookup(ortholog_map, ORTHOLOG_MAP, ids, given)
    found = [lookup(gene) or lookup(name) for gene, name in zip(ids, given, strict=True)]
    human = _human_names({target for targets in found for target in targets})
    orthologs = [tuple(dict.fromkeys(human[target] for target in targets)) for targets in found]
    chosen = tuple(targets[0] if len(targets) == 1 else None for targets in orthologs)
    mapped = sum(name is not None for name in chosen)
    ambiguous = sum(len(targets) > 1 for targets in orthologs)
    missing = len(ids) - mapped - ambiguous
    shared = sum(count > 1 for count in Counter(name for name in chosen if name).values())
    sentence = (
        f"{ortholog_map.name}: of {len(ids):,} genes {mapped:,} have one human ortholog; "
        f"{ambiguous:,} have several and {missing:,} none, and are left out of the gene sets' "
        f"tests; {shared:,} human genes are the ortholog of more than one"
    )
    logger.info("%s", sentence)
    return Orthologs(chosen, mapped, ambiguous, missing, shared, sentence)


def map_orthologs(table: pd.DataFrame, ortholog_map: Path) -> pd.DataFrame:
    r"""Give a results table the human names of its genes, for gene sets of human genes.

    Parameters
    ----------
    table
        With the columns ``gene_id`` and ``gene_name``.
    ortholog_map
        See `find_orthologs`, whose rules decide.

    Returns
    -------
    pandas.DataFrame
        The rows of genes with exactly one human ortholog, in their order; ``gene_name`` is
        its name, ``gene_id`` stays as it was.

    Raises
    ------
    DataError
        If the map cannot be read, or gives no gene of the table one ortholog.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> _ = Path("mouse.tsv").write_text("mouse\thuman\nRps6kb1\tRPS6KB1\nMyc\tMYC\n")
    >>> table = pd.DataFrame({"gene_id": ["Myc", "Gm10"], "gene_name": ["Myc", "Gm10"]})
    >>> s6k1.map_orthologs(table, Path("mouse.tsv"))["gene_name"].tolist()
    ['MYC']
    """
    orthologs = find_orthologs(table["gene_id"], ortholog_map, names=table["gene_name"])
    if not orthologs.mapped:
        raise DataError(
            f"{ortholog_map}: gives no gene of the data exactly one human ortholog; give a map "
            "with a line a pair"
        )
    named = table.assign(gene_name=pd.Series(orthologs.names, index=table.index, dtype=object))
    return named[named["gene_name"].notna()].reset_index(drop=True)


def _human_names(targets: set[str]) -> dict[str, str]:
    """Name what stands in the map's second column; symbols stay as they are written."""
    ordered = sorted(targets)
    table = load_gene_table()
    lookup: Lookup | None = table_lookup(guess_identifiers(ordered, table), table)
    if lookup is None:
        return dict(zip(ordered, ordered, strict=True))
    named = {target: lookup(target) for target in ordered}
    return {target: found[0] if len(found) == 1 else target for target, found in named.items()}
