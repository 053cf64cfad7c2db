"""The driver and the genes of its amplicon, which no signature of it may hold."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from rnaseq_s6k1.genes.table import load_gene_table

__all__ = ["amplicon_symbols", "of_amplicon"]

_BAND = re.compile(r"([0-9XY]{1,2}[pq][0-9]+)(?:\.[0-9]+)?", re.ASCII)


def amplicon_symbols(driver: str, window_mb: float) -> frozenset[str]:
    """List the symbols of a driver's amplicon, the driver among them.

    A gene belongs to it where it lies in the driver's cytoband, whatever the sub-band, or starts
    within half of the window of the driver's start (hg38).

    Parameters
    ----------
    driver
        Symbol, or an alias of one gene. A gene the table does not know stands alone.
    window_mb
        Width of the window in megabases.
    """
    table = load_gene_table()
    symbol = table.current_symbol(driver)
    rows = table.frame[table.frame["symbol"] == symbol] if symbol else table.frame.head(0)
    if rows.empty:
        return frozenset({driver})
    row = rows.iloc[0]
    frame = table.frame
    member = frame["symbol"] == symbol
    band = _BAND.fullmatch(row["cytoband"])
    if band is not None:
        place = frame["cytoband"]
        member |= (place == band.group(1)) | place.str.startswith(f"{band.group(1)}.")
    if row["start"]:
        start = pd.to_numeric(frame["start"].replace("", np.nan))
        near = (start - float(row["start"])).abs() <= window_mb * 1e6 / 2
        member |= near & (frame["chromosome"] == row["chromosome"])
    return frozenset({driver, *frame.loc[member, "symbol"]})


def of_amplicon(names: pd.Series, symbols: frozenset[str]) -> pd.Series:
    """Tell which genes of a matrix belong to an amplicon, outdated symbols included.

    Parameters
    ----------
    names
        Names of the genes, indexed by gene id.
    symbols
        From `amplicon_symbols`.
    """
    table = load_gene_table()
    known = {name: table.current_symbol(name) or name for name in set(names.astype(str))}
    return names.astype(str).map(lambda name: name in symbols or known[name] in symbols)
