r"""Over-representation of gene sets in a list of genes.

For a universe of :math:`N` genes, a list of :math:`n` of them, a set with :math:`K` genes in
the universe and :math:`k` in the list, the p-value is the upper hypergeometric tail
(Fisher's exact test, one-sided; Rivals et al., Bioinformatics 2007, 23:401)

.. math:: P(X \ge k) = \sum_{i=k}^{\min(n, K)} \binom{K}{i} \binom{N-K}{n-i} / \binom{N}{n}.

The universe is the genes that could have been in the list, those with a tested p-value,
not the genome. Sets without overlap are tested too: leaving them out would make the family
of the false discovery rate depend on the outcome.

The odds ratio is the conditional maximum-likelihood estimate with an exact two-sided 95 %
interval, as R's ``fisher.test`` gives them (`rnaseq_s6k1.enrichment.hypergeometric`): estimate,
interval and p-value all come from one distribution. The p-value is one-sided, so the interval
lies above 1 where p is below 0.025. Fold enrichment is :math:`k N / (n K)`, overlap over expected.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from rnaseq_s6k1.enrichment.families import FdrBy, adjust_by_family, family_sentence
from rnaseq_s6k1.enrichment.hypergeometric import conditional_odds_ratio, log_upper_tail
from rnaseq_s6k1.enrichment.list_lines import numbered_lines
from rnaseq_s6k1.enrichment.selection import select_sets
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.gmt import GeneSet
from rnaseq_s6k1.io.spreadsheets import unguard_text

__all__ = ["ORA_COLUMNS", "Direction", "ORAResult", "ora_lists", "read_gene_list", "run_ora"]

Direction = Literal["up", "down", "both"]

ORA_COLUMNS: tuple[str, ...] = (
    "collection",
    "set",
    "direction",
    "size",
    "overlap",
    "expected",
    "odds_ratio",
    "odds_ratio_ci_low",
    "odds_ratio_ci_high",
    "fold_enrichment",
    "pvalue",
    "padj",
    "genes",
)


@dataclass(frozen=True)
class ORAResult:
    """Tested gene sets.

    Attributes
    ----------
    table
        The columns of `ORA_COLUMNS`, sorted by collection, p-value, set, direction;
        ``size`` counts the set's genes in the universe.
    n_universe
        Genes in the universe.
    n_listed
        Genes in each list, by direction.
    family
        Over what the false discovery rate is controlled, in words.
    """

    table: pd.DataFrame
    n_universe: int
    n_listed: dict[str, int]
    family: str

    def write(self, folder: Path) -> list[Path]:
        """Write ``ora.tsv`` into `folder`."""
        from rnaseq_s6k1.io.tables import write_table

        write_table(self.table, folder / "ora.tsv")
        return [folder / "ora.tsv"]


def ora_lists(
    table: pd.DataFrame, direction: Direction, *, exclude: Collection[str] = ()
) -> tuple[dict[str, set[str]], set[str]]:
    """Take the lists of called genes, and their universe, from a results table.

    Parameters
    ----------
    table
        A results table.
    direction
        ``both`` gives two lists, ``up`` and ``down``, tested apart.
    exclude
        Gene ids left out of lists and universe.

    Returns
    -------
    lists : dict of set of str
        Gene names by direction.
    universe : set of str
        Names of the genes with a tested p-value.
    """
    tested = table[table["pvalue"].notna() & ~table["gene_id"].isin(set(exclude))]
    wanted = ("up", "down") if direction == "both" else (direction,)
    lists = {
        way: set(tested.loc[tested["direction"] == way, "gene_name"].astype(str)) for way in wanted
    }
    return lists, set(tested["gene_name"].astype(str))


def read_gene_list(path: Path) -> set[str]:
    """Read gene names, one a line, plain or gzip; blank and ``#`` lines are skipped.

    As such lists are copied from tables, an apostrophe before a name that a spreadsheet would run
    is taken off; see `rnaseq_s6k1.io.spreadsheets`.

    Raises
    ------
    DataError
        If the file is missing, not UTF-8, empty, or has several columns.
    """
    genes = set()
    for number, line in numbered_lines(path):
        name = unguard_text(line.strip())
        if "\t" in name or "," in name:
            raise DataError(
                f"{path}, line {number}: several columns where a gene list has one gene a line"
            )
        genes.add(name)
    if not genes:
        raise DataError(f"{path}: no genes in it; write one a line")
    return genes


def run_ora(
    lists: Mapping[str, Collection[str]],
    universe: Collection[str],
    collections: Mapping[str, Mapping[str, GeneSet]],
    *,
    min_size: int = 15,
    max_size: int = 500,
    fdr_by: FdrBy = "call",
    exclude: Collection[str] = (),
) -> ORAResult:
    """Test gene sets for over-representation in each list; see the module's equation.

    Parameters
    ----------
    lists
        Gene names by direction (any label).
    universe
        Names of the genes that could have been listed.
    collections
        Gene sets by collection.
    min_size, max_size
        Bounds on the number of a set's genes in the universe.
    fdr_by
        Whether the FDR family is the whole call, all lists and collections together, or
        each collection.
    exclude
        Names left out of every set.

    Raises
    ------
    DataError
        If a listed gene is not in the universe, or no set can be tested.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> sets = s6k1.read_gene_sets(["hallmark"])
    >>> universe = sorted({gene for found in sets["hallmark"].values() for gene in found.genes})
    >>> mine = sets["hallmark"]["HALLMARK_E2F_TARGETS"].genes[:30]
    >>> found = s6k1.run_ora({"mine": mine}, universe, sets)
    >>> found.table.loc[0, "set"]
    'HALLMARK_E2F_TARGETS'
    """
    background = set(universe)
    for label, listed in lists.items():
        strangers = sorted(set(listed) - background)
        if strangers:
            raise DataError(
                f"{len(strangers)} of the {len(set(listed))} listed genes ({label}) are not "
                f"in the universe, the first is {strangers[0]}; the universe must hold every "
                "gene that could have been listed"
            )
    selected = select_sets(
        collections, background, min_size=min_size, max_size=max_size, exclude=exclude
    )
    rows = [
        (*key, label, len(members), len(listed), sorted(listed.intersection(members)))
        for label, listed in ((label, set(genes)) for label, genes in lists.items())
        for key, members in selected.members.items()
    ]
    table = _tested(rows, len(background))
    table["padj"] = adjust_by_family(table["pvalue"], table["collection"], fdr_by)
    table = table.sort_values(["collection", "pvalue", "set", "direction"], kind="stable")
    return ORAResult(
        table=table[list(ORA_COLUMNS)].reset_index(drop=True),
        n_universe=len(background),
        n_listed={label: len(set(listed)) for label, listed in lists.items()},
        family=family_sentence(len(table), fdr_by),
    )


def _tested(rows: list[tuple[str, str, str, int, int, list[str]]], n_universe: int) -> pd.DataFrame:
    """Test all rows of collection, set, direction, size, listed genes and overlap at once."""
    columns = ["collection", "set", "direction", "size", "listed", "shared"]
    table = pd.DataFrame(rows, columns=columns)
    shared = table.pop("shared")
    overlap = shared.map(len).to_numpy(dtype=np.int64)
    size, listed = table["size"].to_numpy(dtype=np.int64), table.pop("listed").to_numpy(np.int64)
    expected = listed * size / n_universe
    odds = conditional_odds_ratio(overlap, size, listed, n_universe)
    enrichment = np.divide(overlap, expected, out=np.full(len(overlap), np.nan), where=expected > 0)
    return table.assign(
        overlap=overlap,
        expected=expected,
        odds_ratio=odds.estimate,
        odds_ratio_ci_low=odds.ci_low,
        odds_ratio_ci_high=odds.ci_high,
        fold_enrichment=enrichment,
        pvalue=np.exp(log_upper_tail(overlap, size, listed, n_universe)),
        genes=shared.map(",".join),
    )
