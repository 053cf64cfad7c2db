"""Compare a method's table with R DESeq2's: ``python de_agreement.py OURS THEIRS`` prints JSON."""

from __future__ import annotations

import json
import sys

import numpy as np
import pandas as pd


def called(table: pd.DataFrame) -> set[str]:
    """Genes at padj < 0.05 and an absolute log2 fold change above 1."""
    return set(table.index[(table["padj"] < 0.05) & (table["log2FoldChange"].abs() > 1)])


def agreement(ours: pd.DataFrame, theirs: pd.DataFrame) -> dict[str, float | int]:
    """Shares of genes within the project's bounds, and how the lists of called genes differ.

    The shares are over the genes to which either side gives the number; a number on one side
    only counts as a difference.
    """
    ours = ours.reindex(theirs.index)
    change = (ours["log2FoldChange"] - theirs["log2FoldChange"]).abs()
    estimated = ours["log2FoldChange"].notna() | theirs["log2FoldChange"].notna()
    tested = ours["pvalue"].notna() | theirs["pvalue"].notna()
    least = 1e-300
    decades = (
        np.log10(ours["pvalue"].clip(lower=least)) - np.log10(theirs["pvalue"].clip(lower=least))
    ).abs()
    return {
        "lfc_within": float((change[estimated] < 1e-4).mean()),
        "p_within": float((decades[tested] < 1e-3).mean()),
        "largest_lfc": float(change.max()),
        "largest_decades": float(decades.max()),
        "padj_na_differs": int((ours["padj"].isna() != theirs["padj"].isna()).sum()),
        "called": len(called(ours)),
        "called_by_r": len(called(theirs)),
        "called_by_one": len(called(ours) ^ called(theirs)),
    }


def main() -> None:
    """Read two tables and print how they agree."""
    ours, theirs = (
        pd.read_csv(path, sep="\t", index_col="gene", float_precision="round_trip")
        for path in sys.argv[1:3]
    )
    print(json.dumps(agreement(ours, theirs)))


if __name__ == "__main__":
    main()
