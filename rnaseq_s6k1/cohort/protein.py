"""A gene's mRNA against its protein, seen among all genes measured as both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from rnaseq_s6k1.cohort.rank_correlation import percentiles, rank_correlation
from rnaseq_s6k1.de.filtering import benjamini_hochberg
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.wording import clip, listing, plural

__all__ = ["PROTEIN_COLUMNS", "ProteinCorrelation", "mrna_against_protein"]

PROTEIN_COLUMNS = (
    "gene",
    "protein",
    "n",
    "rho",
    "ci_low",
    "ci_high",
    "pvalue",
    "padj",
    "percentile",
)
#: A correlation over fewer samples is not worth a place in the background.
_FEWEST = 10


@dataclass(frozen=True, eq=False)
class ProteinCorrelation:
    """Rank correlation of mRNA with protein.

    Attributes
    ----------
    table
        One row a pair, by p-value and gene, the columns of `PROTEIN_COLUMNS`; ``percentile`` is
        the percent of the background with a smaller rho, missing where there is none.
    background
        rho of every gene that both tables name, with at least 10 samples, by gene.
    samples
        ``sample gene protein_name mrna protein`` of the pairs, in their order, by sample.
    """

    table: pd.DataFrame
    background: pd.Series
    samples: pd.DataFrame

    def write(self, folder: Path) -> list[Path]:
        """Write ``correlations.tsv``, ``background.tsv`` and ``samples.tsv`` into `folder`."""
        from rnaseq_s6k1.io.tables import write_table

        tables = {
            "correlations": self.table,
            "background": self.background.rename("rho").rename_axis("gene").reset_index(),
            "samples": self.samples,
        }
        for name, table in tables.items():
            write_table(table, folder / f"{name}.tsv")
        return [folder / f"{name}.tsv" for name in tables]


def mrna_against_protein(
    mrna: pd.DataFrame, protein: pd.DataFrame, pairs: Sequence[tuple[str, str]]
) -> ProteinCorrelation:
    """Correlate the mRNA of genes with the amount of their protein.

    Spearman's rho over the samples with both, tests and intervals as in
    `rnaseq_s6k1.cohort.rank_correlation`; FDR (Benjamini and Hochberg) over the pairs.

    Parameters
    ----------
    mrna, protein
        Values, samples x genes and samples x proteins, of the same samples in the same order.
    pairs
        Gene, and the protein's name in its table (the gene's own, or an antibody's).

    Raises
    ------
    DataError
        If a table lacks what a pair names, or fewer than four samples have both.
    ModelError
        If mRNA or protein does not vary.
    """
    rows, samples = [], []
    for gene, product in dict.fromkeys(pairs):
        _check_named(mrna, gene, "mRNA table")
        _check_named(protein, product, "protein table")
        both = pd.DataFrame({"mrna": mrna[gene], "protein": protein[product]}).dropna()
        if len(both) < 4:
            raise DataError(
                f"{clip(gene)} and {clip(product)}: {plural(len(both), 'sample')} with both, where "
                "a correlation needs four"
            )
        found = rank_correlation(both["mrna"].to_numpy(), both[["protein"]].to_numpy())
        estimates = (found.rho, found.ci_low, found.ci_high, found.pvalue)
        rows.append((gene, product, found.n, *(float(one[0]) for one in estimates)))
        both.insert(0, "gene", gene)
        both.insert(1, "protein_name", product)
        samples.append(both.reset_index(names="sample"))
    table = pd.DataFrame(rows, columns=list(PROTEIN_COLUMNS[:-2]))
    table["padj"] = benjamini_hochberg(table["pvalue"].to_numpy())
    background = _background(mrna, protein)
    table["percentile"] = percentiles(table["rho"], background)
    table = table.sort_values(["pvalue", "gene", "protein"], kind="stable")
    return ProteinCorrelation(
        table=table[list(PROTEIN_COLUMNS)].reset_index(drop=True),
        background=background,
        samples=pd.concat(samples, ignore_index=True),
    )


def _background(mrna: pd.DataFrame, protein: pd.DataFrame) -> pd.Series:
    """Correlate every gene that both tables name."""
    shared = sorted(set(mrna.columns) & set(protein.columns))
    found = {}
    for gene in shared:
        both = np.column_stack([mrna[gene], protein[gene]]).astype(float)
        both = both[np.isfinite(both).all(axis=1)]
        if len(both) >= _FEWEST and np.ptp(both[:, 0]) > 0 and np.ptp(both[:, 1]) > 0:
            found[gene] = float(rank_correlation(both[:, 0], both[:, 1:]).rho[0])
    return pd.Series(found, dtype=float, name="rho").sort_index()


def _check_named(table: pd.DataFrame, name: str, what: str) -> None:
    if name not in table.columns:
        near = [one for one in map(str, table.columns) if name.lower() in one.lower()]
        hint = f"; near it are {listing(near, 4)}" if near else ""
        raise DataError(f"the {what} has no row {clip(name)}{hint}")
