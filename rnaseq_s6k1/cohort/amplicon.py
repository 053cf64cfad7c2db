"""Neighbours of a driver gene: what is amplified with it, and what a result is without them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.genes.identifiers import strip_ensembl_version
from rnaseq_s6k1.genes.table import GeneTable, load_gene_table
from rnaseq_s6k1.io.wording import clip

__all__ = [
    "AMPLICON_COLUMNS",
    "AMPLICON_MB",
    "Amplicon",
    "amplicon_of",
    "amplicon_results",
    "result_changes",
]

#: Width of the window in megabases, half of it on either side: the amplicon at 17q23.
AMPLICON_MB = 4.0
AMPLICON_COLUMNS = ("symbol", "cytoband", "chromosome", "start", "distance_mb", "reason")
_BAND = re.compile(r"(?P<arm>[0-9XY]{1,2}[pq])?(?P<band>[0-9]+)(?:\.[0-9]+)?", re.ASCII)
_FROM_RESULTS = (
    "baseMean",
    "log2FoldChange",
    "lfcSE",
    "stat",
    "pvalue",
    "padj",
    "direction",
)


@dataclass(frozen=True, eq=False)
class Amplicon:
    """The genes beside a driver.

    Attributes
    ----------
    gene
        The driver's symbol in the gene table.
    cytoband
        Its band without the sub-band, such as ``17q23``.
    chromosome, start
        Where it is: 1-based on hg38.
    window_mb
        Width of the window in megabases, half on either side of `start`.
    neighbours
        One row a neighbour, without the driver, by distance: ``symbol cytoband chromosome start
        distance_mb reason``; reason is ``band``, ``window`` or ``band and window``.
        ``distance_mb`` is signed, from start to start; missing where a gene has no position.
    """

    gene: str
    cytoband: str
    chromosome: str
    start: int
    window_mb: float
    neighbours: pd.DataFrame

    @property
    def sentence(self) -> str:
        """What counts as the amplicon, in one sentence."""
        return (
            f"amplicon of {self.gene}: the cytoband {self.cytoband} and {self.window_mb / 2:g} Mb "
            f"on either side of the gene (hg38), {len(self.neighbours):,} genes of the gene table"
        )

    def flags(self, names: pd.Series) -> pd.DataFrame:
        """Find the neighbours among the genes of a matrix or table.

        Parameters
        ----------
        names
            Name of each gene, indexed by gene id. Ids that are Ensembl's are looked up first,
            then names, which may be outdated symbols.

        Returns
        -------
        pandas.DataFrame
            Indexed by gene id, `AMPLICON_COLUMNS`, by distance; only the neighbours that are
            among the genes.
        """
        table = load_gene_table()
        wanted = set(self.neighbours["symbol"])
        rows = {
            gene_id: symbol
            for gene_id, name in names.items()
            if (symbol := _symbol(str(gene_id), str(name), table, wanted))
        }
        found = pd.Series(rows, dtype=object, name="symbol")
        flags = found.rename_axis("gene_id").reset_index()
        flags = self.neighbours.merge(flags, on="symbol", how="inner")
        return flags.set_index("gene_id")[list(AMPLICON_COLUMNS)]


def amplicon_of(
    gene: str, *, window_mb: float = AMPLICON_MB, table: GeneTable | None = None
) -> Amplicon:
    """Find the genes that are amplified with a driver, by band and by distance.

    A gene is a neighbour where the gene table puts it into the driver's cytoband (17q23, of
    whatever sub-band), or where it starts within half of `window_mb` of the driver's start on
    the same chromosome. A gene whose place reaches beyond the band counts by distance alone.

    Parameters
    ----------
    gene
        Symbol, an alias of exactly one gene, or an Ensembl gene id.
    window_mb
        Width of the window in megabases.
    table
        The gene table; the bundled human one by default.

    Raises
    ------
    UsageError
        If the window is not a positive number.
    DataError
        If the gene table does not know the gene or where it is.
    """
    if not np.isfinite(window_mb) or window_mb <= 0:
        raise UsageError(f"the amplicon's window must be a positive number of Mb, not {window_mb}")
    table = load_gene_table() if table is None else table
    row = _driver_row(gene, table)
    start = int(row["start"])
    genes = table.frame[table.frame["symbol"] != row["symbol"]]
    here = genes[(genes["chromosome"] == row["chromosome"]) & (genes["start"] != "")]
    distance = (here["start"].astype(np.int64) - start) / 1e6
    in_window = distance.abs() <= window_mb / 2
    band = _band(str(row["cytoband"]))
    in_band = genes["cytoband"].map(lambda place: bool(band) and _band(place) == band)
    chosen = genes[in_band | in_window.reindex(genes.index, fill_value=False)]
    by_band = in_band.loc[chosen.index].to_numpy(dtype=bool)
    by_window = in_window.reindex(chosen.index, fill_value=False).to_numpy()
    found = chosen[["symbol", "cytoband", "chromosome"]].copy()
    found["start"] = pd.to_numeric(chosen["start"].replace("", None)).astype("Int64")
    found["distance_mb"] = distance.reindex(chosen.index)
    found["reason"] = np.select(
        [by_band & by_window, by_band], ["band and window", "band"], "window"
    )
    found["size"] = found["distance_mb"].abs()
    found = found.sort_values(["size", "symbol"], kind="stable").drop_duplicates("symbol")
    return Amplicon(
        gene=str(row["symbol"]),
        cytoband=band or str(row["cytoband"]),
        chromosome=str(row["chromosome"]),
        start=start,
        window_mb=float(window_mb),
        neighbours=found[list(AMPLICON_COLUMNS)].reset_index(drop=True),
    )


def amplicon_results(results: pd.DataFrame, amplicon: Amplicon) -> pd.DataFrame:
    """Take the neighbours out of a results table, with their place.

    Parameters
    ----------
    results
        A results table; see `rnaseq_s6k1.de.result.RESULT_COLUMNS`.
    amplicon
        Of the driver that split the groups.

    Returns
    -------
    pandas.DataFrame
        ``gene_id gene_name``, `AMPLICON_COLUMNS` without the symbol, then the test's columns,
        by distance.
    """
    rows = results.set_index("gene_id", drop=False)
    flags = amplicon.flags(rows["gene_name"])
    table = flags.drop(columns="symbol").join(rows[["gene_name", *_FROM_RESULTS]])
    table = table.reset_index(names="gene_id")
    return table[["gene_id", "gene_name", *AMPLICON_COLUMNS[1:], *_FROM_RESULTS]]


def result_changes(
    with_genes: pd.DataFrame,
    without_genes: pd.DataFrame,
    *,
    keys: tuple[str, ...],
    effect: str,
    alpha: float,
) -> pd.DataFrame:
    """Compare the tests of gene sets with and without some genes.

    Parameters
    ----------
    with_genes, without_genes
        Tables with the columns `keys`, `effect`, ``size``, ``pvalue`` and ``padj``; where both
        have them, ``rotation_pvalue`` and ``rotation_padj`` of the rotation test.
    keys
        What names a test.
    effect
        Column of the effect, ``nes`` or ``odds_ratio``.
    alpha
        FDR below which a set counts.

    Returns
    -------
    pandas.DataFrame
        A row a test, in the order of `with_genes`, then those tested only without: the columns
        of either, the latter's with ``_without``, and ``change``: ``lost``, ``gained``,
        ``turned`` (counts both times, in the other direction of an NES), ``untested`` (too few
        genes are left), or ``none``; ``rotation_change`` likewise of the rotation test's FDR.
    """
    tables = (with_genes, without_genes)
    rotated = ["rotation_pvalue", "rotation_padj"]
    if not all(table.get(name, pd.Series()).notna().any() for table in tables for name in rotated):
        rotated = []
    columns = [*keys, "size", effect, "pvalue", "padj", *rotated]
    merged = with_genes[columns].merge(
        without_genes[columns], on=list(keys), how="outer", suffixes=("", "_without")
    )
    order = {key: at for at, key in enumerate(_keys_of(with_genes, keys))}
    merged["order"] = [order.get(key, len(order)) for key in _keys_of(merged, keys)]
    merged = merged.sort_values(["order", *keys], kind="stable").drop(columns="order")
    opposite = merged[effect] * merged[f"{effect}_without"] < 0
    for padj, change in (("padj", "change"), ("rotation_padj", "rotation_change")):
        if padj in columns:
            merged[change] = _change(merged[padj], merged[f"{padj}_without"], opposite, alpha)
    return merged.reset_index(drop=True)


def _change(
    before: pd.Series, after: pd.Series, opposite: pd.Series, alpha: float
) -> NDArray[np.str_]:
    """Say what became of each test."""
    counted, counts = before < alpha, after < alpha
    return np.select(
        [
            before.notna() & after.isna(),
            counted & ~counts,
            ~counted & counts,
            counted & counts & opposite,
        ],
        ["untested", "lost", "gained", "turned"],
        "none",
    )


@cache
def _band(place: str) -> str:
    """Give the one band that a place lies in, without sub-band; nothing where it spans two.

    A place may be a range, whose second end leaves out the arm: ``17q23.2-q23.3``.
    """
    bands = set()
    for one in place.split("|"):
        first, _, last = one.partition("-")
        start = _BAND.fullmatch(first)
        if start is None or start["arm"] is None:
            return ""
        bands.add(start["arm"] + start["band"])
        if last:
            arm = start["arm"][:-1]
            end = _BAND.fullmatch(last if last.startswith(arm) else arm + last)
            bands.add(f"{end['arm']}{end['band']}" if end else one)
    return bands.pop() if len(bands) == 1 else ""


def _keys_of(table: pd.DataFrame, keys: tuple[str, ...]) -> list[tuple[object, ...]]:
    return list(zip(*(table[key] for key in keys), strict=True))


def _driver_row(gene: str, table: GeneTable) -> pd.Series:
    """Find the driver in the gene table, with a position."""
    names = table.ensembl_symbols.get(strip_ensembl_version(gene), ())
    symbol = names[0] if len(names) == 1 else table.current_symbol(gene)
    if symbol is None:
        raise DataError(
            f"the human gene table does not know the gene {clip(gene)}, so that its neighbours are "
            "unknown; give its current symbol or its Ensembl id"
        )
    rows = table.frame[table.frame["symbol"] == symbol]
    rows = rows[(rows["start"] != "") & (rows["cytoband"] != "")]
    if rows.empty:
        raise DataError(
            f"the human gene table does not place {symbol} on the genome, so that its neighbours "
            "are unknown"
        )
    return rows.iloc[0]


def _symbol(gene_id: str, name: str, table: GeneTable, wanted: set[str]) -> str:
    """Give the neighbour that a gene is, or nothing."""
    symbols = table.ensembl_symbols.get(strip_ensembl_version(gene_id), ())
    if symbols:
        return next((symbol for symbol in symbols if symbol in wanted), "")
    if name in wanted:
        return name
    current = table.current_symbol(name)
    return current if current is not None and current in wanted else ""
