"""Genes that two results have in common."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from rnaseq_s6k1.de.result import DEResult
from rnaseq_s6k1.errors import DataError

__all__ = ["MATCHED_COLUMNS", "MatchedGenes", "match_genes"]

logger = logging.getLogger(__name__)

_SIDE_COLUMNS = ("gene_id", "stat", "log2FoldChange", "pvalue", "padj", "direction")
MATCHED_COLUMNS: tuple[str, ...] = (
    "gene",
    "gene_name",
    *(f"{name}_{side}" for name in _SIDE_COLUMNS for side in ("a", "b")),
)

# With fewer genes the two tables hardly speak of the same genes.
_FEWEST = 50
_FEWEST_SHARE = 0.05
# Ids are trusted where they join this share of the smaller table.
_SHARE_BY_ID = 0.5


@dataclass(frozen=True)
class MatchedGenes:
    """Genes with a statistic in both results.

    Attributes
    ----------
    table
        The columns of `MATCHED_COLUMNS`, by ``gene``, which is unique: the name where the
        genes were matched by name, else the id of A. ``gene_name`` is the name in A.
    by
        ``id`` or ``name``.
    n_a, n_b
        Genes with a statistic in each result.
    """

    table: pd.DataFrame
    by: Literal["id", "name"]
    n_a: int
    n_b: int

    @property
    def sentence(self) -> str:
        """How many genes were matched, and by what."""
        return (
            f"{len(self.table):,} genes matched by {self.by}, of {self.n_a:,} in A and "
            f"{self.n_b:,} in B"
        )


def match_genes(a: DEResult, b: DEResult) -> MatchedGenes:
    """Match the genes of two results by id, or by name where ids join less than half of them.

    The gene by whose expression the groups of either result were cut is left out. Of several genes
    with one name, the one with the largest absolute statistic stands for it.

    Raises
    ------
    DataError
        If statistics have no sign, are infinite or all equal, or too few genes are in both.
    """
    tables = {side: _usable(result, side.upper()) for side, result in (("a", a), ("b", b))}
    withheld = _withheld(a) | _withheld(b)
    for side, table in tables.items():
        gone = table["gene_id"].isin(withheld) | table["gene_name"].isin(withheld)
        tables[side] = table[~gone]
    smaller = min(map(len, tables.values()))
    shared = len(set(tables["a"]["gene_id"]) & set(tables["b"]["gene_id"]))
    by: Literal["id", "name"] = "id" if shared >= _SHARE_BY_ID * smaller else "name"
    column = f"gene_{by}"
    sides = [
        _one_row_a_gene(tables[side], column)
        .set_index(column, drop=False)[list(_SIDE_COLUMNS)]
        .add_suffix(f"_{side}")
        for side in ("a", "b")
    ]
    joined = sides[0].join(sides[1], how="inner").sort_index()
    joined.insert(0, "gene", joined.index.astype(str))
    named = tables["a"].set_index("gene_id")["gene_name"]
    joined["gene_name"] = named.loc[joined["gene_id_a"]].to_numpy()
    n = len(joined)
    if n < max(_FEWEST, _FEWEST_SHARE * smaller):
        first = [str(table["gene_id"].iloc[0])[:40] if len(table) else "" for table in
                 tables.values()]  # fmt: skip
        raise DataError(
            f"only {n} genes are in both results ({smaller:,} in the smaller one); the first of A "
            f"is {first[0]!r}, of B {first[1]!r}: name the genes alike, with --id-map where a "
            "table has other identifiers"
        )
    table = joined[list(MATCHED_COLUMNS)].reset_index(drop=True)
    for side in ("a", "b"):
        if table[f"stat_{side}"].nunique() < 2:
            raise DataError(
                f"all statistics of {side.upper()} are equal; there is nothing to compare"
            )
    matched = MatchedGenes(table, by, len(tables["a"]), len(tables["b"]))
    logger.info("%s", matched.sentence)
    return matched


def _usable(result: DEResult, side: str) -> pd.DataFrame:
    table = result.table[result.table["pvalue"].notna() & result.table["stat"].notna()]
    stat = table["stat"].to_numpy(dtype=float)
    if np.isinf(stat).any():
        gene = str(table["gene_id"].to_numpy()[np.isinf(stat)][0])[:60]
        raise DataError(f"the statistic of gene {gene!r} in {side} is infinite; give it a number")
    fold = table["log2FoldChange"].to_numpy(dtype=float)
    if result.parameters.reduced or ((stat >= 0).all() and (fold < 0).any()):
        raise DataError(
            f"the statistics of {side} have no sign, as those of a likelihood-ratio test; compare "
            "results of the Wald test (`de` without --reduced)"
        )
    return table


def _withheld(result: DEResult) -> set[str]:
    """Return id and name of the gene that split the groups."""
    split = result.parameters.split_gene
    if not split:
        return set()
    rows = result.table[result.table["gene_id"] == split]
    return {split, *rows["gene_name"].astype(str)}


def _one_row_a_gene(table: pd.DataFrame, column: str) -> pd.DataFrame:
    named = table.assign(size=-table["stat"].abs())
    named = named.sort_values(["size", "stat", "gene_id"], ascending=[True, False, True])
    return named.drop_duplicates(column)
