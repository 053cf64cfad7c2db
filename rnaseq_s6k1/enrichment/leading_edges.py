"""Which genes carry the enriched sets, and how far the sets share them.

The leading edge of a set is the genes before its enrichment score peaks (Subramanian et al.,
PNAS 2005, 102:15545). Sets whose leading edges are the same genes are one finding, however many
names it has; genes in many leading edges are what the finding rests on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pandas as pd

__all__ = [
    "GENE_COLUMNS",
    "OVERLAP_COLUMNS",
    "LeadingEdges",
    "enriched_sets",
    "leading_edges",
    "set_labels",
]

OVERLAP_COLUMNS: tuple[str, ...] = ("set_a", "set_b", "n_a", "n_b", "shared", "jaccard")
GENE_COLUMNS: tuple[str, ...] = ("gene", "n_sets", "sets", "statistic")


@dataclass(frozen=True)
class LeadingEdges:
    """Leading edges of the enriched sets, compared.

    Attributes
    ----------
    overlap
        The columns of `OVERLAP_COLUMNS`, a row for each pair of sets, in the order of the sets'
        p-values: sizes of the two leading edges, the genes in both, and their Jaccard index
        (shared over all).
    genes
        The columns of `GENE_COLUMNS`, a row for each gene of any leading edge, those in most
        sets first; ``sets`` joined by commas, ``statistic`` as ranked.
    n_enriched, n_compared
        How many sets are enriched, and how many of them were compared.
    """

    overlap: pd.DataFrame
    genes: pd.DataFrame
    n_enriched: int
    n_compared: int

    def write(self, folder: Path) -> list[Path]:
        """Write ``leading_edge_overlap.tsv`` and ``leading_edge_genes.tsv`` into `folder`."""
        from rnaseq_s6k1.io.tables import write_table

        paths = [folder / f"leading_edge_{name}.tsv" for name in ("overlap", "genes")]
        write_table(self.overlap, paths[0])
        write_table(self.genes, paths[1])
        return paths


def set_labels(table: pd.DataFrame) -> pd.Series:
    """Give each row its set's name, with the collection before it where two sets share a name."""
    names = table["set"].astype(str)
    shared = names.duplicated(keep=False)
    return names.where(~shared, table["collection"].astype(str) + ":" + names)


def enriched_sets(table: pd.DataFrame, *, fdr: str = "padj", alpha: float = 0.05) -> pd.DataFrame:
    """Return the rows with an FDR below `alpha` and a ``label`` each, by p-value and strength."""
    labelled = table.assign(label=set_labels(table), strength=-table["nes"].abs())
    below = labelled[labelled[fdr] < alpha]
    ordered = below.sort_values(["pvalue", "strength", "label"], kind="stable")
    return ordered.drop(columns="strength").reset_index(drop=True)


def leading_edges(
    table: pd.DataFrame,
    stats: pd.Series,
    *,
    fdr: str = "padj",
    alpha: float = 0.05,
    most_sets: int = 50,
) -> LeadingEdges:
    """Compare the leading edges of the enriched sets.

    Parameters
    ----------
    table
        A GSEA table; see `rnaseq_s6k1.enrichment.gsea.GSEA_COLUMNS`.
    stats
        Statistics that were ranked, by gene.
    fdr
        The column by which a set is enriched: ``padj`` or ``rotation_padj``.
    alpha
        FDR below which it is.
    most_sets
        So many sets are compared, those of smallest p-value: the pairs grow with the square.
    """
    enriched = enriched_sets(table, fdr=fdr, alpha=alpha)
    chosen = enriched.head(most_sets)
    edges = {
        str(label): frozenset(filter(None, str(genes).split(",")))
        for label, genes in zip(chosen["label"], chosen["leading_edge"], strict=True)
    }
    pairs = [
        (a, b, len(edges[a]), len(edges[b]), shared, shared / len(edges[a] | edges[b]))
        for a, b in combinations(edges, 2)
        for shared in (len(edges[a] & edges[b]),)
    ]
    return LeadingEdges(
        overlap=pd.DataFrame(pairs, columns=list(OVERLAP_COLUMNS)),
        genes=_driving_genes(edges, stats),
        n_enriched=len(enriched),
        n_compared=len(edges),
    )


def _driving_genes(edges: Mapping[str, frozenset[str]], stats: pd.Series) -> pd.DataFrame:
    """Count in how many leading edges each gene is."""
    holders: dict[str, list[str]] = defaultdict(list)
    for label, edge in edges.items():
        for gene in edge:
            holders[gene].append(label)
    rows = [(gene, len(sets), ",".join(sets)) for gene, sets in holders.items()]
    genes = pd.DataFrame(rows, columns=list(GENE_COLUMNS[:3]))
    genes["statistic"] = stats.reindex(genes["gene"]).to_numpy(dtype=float)
    genes["weakness"] = -genes["statistic"].abs()
    genes = genes.sort_values(["n_sets", "weakness", "gene"], ascending=[False, True, True])
    return genes[list(GENE_COLUMNS)].reset_index(drop=True)
