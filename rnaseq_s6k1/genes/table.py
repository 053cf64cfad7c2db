"""The bundled human gene table: identifiers, symbols, synonyms and positions."""

from __future__ import annotations

import gzip
import zlib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pandas as pd

from rnaseq_s6k1.errors import DataError

__all__ = ["GENE_TABLE_COLUMNS", "GENE_TABLE_PATH", "GeneTable", "load_gene_table"]

GENE_TABLE_PATH = Path(__file__).with_name("human_genes.tsv.gz")
GENE_TABLE_COLUMNS = (
    "entrez",
    "symbol",
    "ensembl",
    "aliases",
    "cytoband",
    "chromosome",
    "start",
    "gene_type",
)
#: NCBI's records of traits mapped to a region; no count is ever theirs, but their synonyms
#: would make those of real genes ambiguous.
_NOT_A_GENE = "unknown"


@dataclass(frozen=True, eq=False)
class GeneTable:
    """Human genes and the names they go by.

    Attributes
    ----------
    frame
        One row a gene, strings, ``""`` where nothing is known: ``entrez symbol ensembl
        aliases cytoband chromosome start gene_type``. Several Ensembl ids, aliases or bands
        are joined by ``|``; ``start`` is the smallest transcript start, 1-based on hg38.
    version
        Package version, dates of the sources and licence.
    """

    frame: pd.DataFrame
    version: str

    @cached_property
    def symbols(self) -> frozenset[str]:
        """The current symbols."""
        return frozenset(self.frame["symbol"])

    @cached_property
    def alias_owners(self) -> dict[str, tuple[str, ...]]:
        """The current symbols each alias stands for; an alias that is a symbol is left out."""
        owners: dict[str, tuple[str, ...]] = {}
        genes = self.frame[(self.frame["aliases"] != "") & (self.frame["gene_type"] != _NOT_A_GENE)]
        symbols = self.symbols
        for symbol, aliases in zip(genes["symbol"], genes["aliases"], strict=True):
            for alias in aliases.split("|"):
                if alias not in symbols:
                    owners[alias] = tuple(sorted({*owners.get(alias, ()), symbol}))
        return owners

    @cached_property
    def ensembl_symbols(self) -> dict[str, tuple[str, ...]]:
        """The symbols of each Ensembl gene id; several where no single gene stands out."""
        candidates: dict[str, list[tuple[str, str]]] = defaultdict(list)
        genes = self.frame[self.frame["ensembl"] != ""]
        for symbol, ids, gene_type in zip(
            genes["symbol"], genes["ensembl"], genes["gene_type"], strict=True
        ):
            for gene_id in ids.split("|"):
                candidates[gene_id].append((symbol, gene_type))
        return {gene_id: _leading_symbols(found) for gene_id, found in candidates.items()}

    @cached_property
    def entrez_symbols(self) -> dict[str, str]:
        """The symbol of each Entrez (NCBI Gene) id."""
        return dict(zip(self.frame["entrez"], self.frame["symbol"], strict=True))

    def current_symbol(self, name: str) -> str | None:
        """Give the current symbol of a symbol or of an alias of exactly one gene, else None."""
        if name in self.symbols:
            return name
        owners = self.alias_owners.get(name, ())
        return owners[0] if len(owners) == 1 else None


@cache
def load_gene_table() -> GeneTable:
    """Load the bundled human gene table; it is read once and kept.

    Raises
    ------
    DataError
        If the file is missing or damaged.
    """
    try:
        with gzip.open(GENE_TABLE_PATH) as stream:
            stamp = stream.readline().decode("utf-8").rstrip("\n")
            frame = pd.read_csv(stream, sep="\t", dtype=str, keep_default_na=False, quoting=3)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise DataError(
            f"{GENE_TABLE_PATH}: the bundled gene table cannot be read "
            f"({str(error).splitlines()[0]}); install the package again"
        ) from error
    if tuple(frame.columns) != GENE_TABLE_COLUMNS:
        raise DataError(
            f"{GENE_TABLE_PATH}: has other columns than the gene table's; install the package again"
        )
    return GeneTable(frame, stamp.removeprefix("# "))


def _leading_symbols(candidates: list[tuple[str, str]]) -> tuple[str, ...]:
    """Choose among the genes that NCBI links to one Ensembl id.

    Unnamed loci (LOC...), read-through transcripts (A-B beside B) and non-coding neighbours
    of a coding gene stand back, in this order, as long as something remains.
    """
    symbols = {symbol for symbol, _ in candidates}
    for standing in (
        {symbol for symbol in symbols if not symbol.startswith("LOC")},
        {symbol for symbol in symbols if not _is_read_through(symbol, symbols)},
        {symbol for symbol, gene_type in candidates if gene_type == "protein-coding"},
    ):
        if len(symbols) > 1 and symbols & standing:
            symbols &= standing
    return tuple(sorted(symbols))


def _is_read_through(symbol: str, symbols: set[str]) -> bool:
    """Tell whether a symbol joins another of the symbols to a neighbour's by a hyphen."""
    return any(symbol.startswith(f"{one}-") or symbol.endswith(f"-{one}") for one in symbols)
