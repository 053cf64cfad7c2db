"""Find the row of a count matrix that a gene's name means."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.genes.identifiers import strip_ensembl_version
from rnaseq_s6k1.genes.naming import name_genes
from rnaseq_s6k1.genes.table import load_gene_table
from rnaseq_s6k1.io.wording import clip, listing, plural

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["FoundGene", "find_gene"]


@dataclass(frozen=True)
class FoundGene:
    """A gene of the matrix.

    Attributes
    ----------
    gene_id
        Its id in the matrix.
    name
        Its name there, or by the gene table.
    note
        What had to be chosen or translated to find it; ``""`` where nothing was.
    """

    gene_id: str
    name: str
    note: str


def find_gene(adata: AnnData, gene: str, *, names: pd.Series | None = None) -> FoundGene:
    """Find a gene by its id, its name, or another name of the same gene.

    In this order: a gene id of the matrix as written; a name; an Ensembl id without its version;
    and the one name of the matrix that the human gene table knows as the same gene (``S6K1`` for
    ``RPS6KB1``). Where several rows have the name, the one with most counts is meant.

    Parameters
    ----------
    adata
        Counts, shape ``(n_samples, n_genes)``.
    gene
        Symbol or gene id.
    names
        Names of the genes, indexed by gene id, shape ``(n_genes,)``. Without it they are looked
        up: the matrix's own names, else the human gene table.

    Returns
    -------
    FoundGene
        Id, name and what was done to find it.

    Raises
    ------
    UsageError
        If no gene is named.
    DataError
        If the gene is not in the matrix; the message gives the closest names.
    """
    gene = gene.strip()
    if not gene:
        raise UsageError("--gene names no gene; give a symbol such as RPS6KB1, or a gene id")
    ids = adata.var_names.astype(str)
    if names is None:
        names = name_genes(adata.var_names, matrix_names=adata.var.get("gene_name")).names
    named = names.reindex(ids).fillna("").astype(str)
    if gene in ids:
        return FoundGene(gene, named[gene] or gene, "")
    rows = np.flatnonzero(named.to_numpy() == gene)
    if rows.size:
        return _most_counted(adata, rows, gene, "")
    versionless = strip_ensembl_version(gene)
    if versionless in ids:
        return FoundGene(versionless, named[versionless] or versionless, "")
    other = _other_name(gene, set(named) - {""})
    if other is not None:
        rows = np.flatnonzero(named.to_numpy() == other)
        return _most_counted(adata, rows, other, f"{gene} is {other} in the matrix")
    raise DataError(_missing_message(gene, [*ids, *named]))


def _most_counted(adata: AnnData, rows: np.ndarray, name: str, note: str) -> FoundGene:
    """Choose among rows of one name."""
    ids = adata.var_names.astype(str)[rows]
    if len(rows) > 1:
        totals = np.asarray(adata.X[:, rows]).sum(axis=0)
        order = sorted(range(len(rows)), key=lambda k: (-int(totals[k]), ids[k]))
        ids = ids[order]
        chosen = f"{len(rows)} rows are named {name}, {ids[0]} with most counts is used"
        note = f"{note}; {chosen}" if note else chosen
    return FoundGene(str(ids[0]), name, note)


def _other_name(gene: str, available: set[str]) -> str | None:
    """Give the matrix's only name of the same gene, where the gene table is sure of it."""
    table = load_gene_table()
    current = table.current_symbol(gene)
    if current is None:
        return None
    if current in available:
        return current
    outdated = [name for name in available if table.current_symbol(name) == current]
    return outdated[0] if len(outdated) == 1 else None


def _missing_message(gene: str, candidates: list[str]) -> str:
    folded = {name.lower()[:40]: name for name in sorted(set(candidates), reverse=True) if name}
    close = difflib.get_close_matches(gene.lower()[:40], list(folded), n=3, cutoff=0.6)
    hint = (
        f"the closest names are {listing(folded[name] for name in close)}"
        if close
        else f"its names look like {listing(sorted(folded.values())[:3])}"
    )
    return (
        f"gene {clip(gene)} is not among the {plural(len(set(candidates)), 'name')} of the "
        f"matrix; {hint}"
    )
