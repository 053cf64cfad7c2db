"""A differential-expression result as a signed signature."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import DataError, ModelError, UsageError
from rnaseq_s6k1.io.wording import plural

__all__ = ["SignatureWeights", "SignedSignature", "signature_of_results"]

SignatureWeights = Literal["sign", "stat", "lfc"]
_FEWEST = 5


@dataclass(frozen=True, eq=False)
class SignedSignature:
    """Genes with signed weights.

    Attributes
    ----------
    weights
        Non-zero, indexed by gene name, sorted by name; positive where the gene is higher in the
        target of the contrast.
    rule
        How the genes were chosen and weighted, in words.
    """

    weights: pd.Series
    rule: str

    @property
    def sentence(self) -> str:
        """Sizes and rule."""
        up = int((self.weights > 0).sum())
        return f"{up:,} genes up and {len(self.weights) - up:,} down: {self.rule}"


def signature_of_results(
    table: pd.DataFrame,
    *,
    top: int | None = None,
    weights: SignatureWeights = "sign",
    exclude: Collection[str] = (),
) -> SignedSignature:
    """Turn a results table into a signed signature.

    Parameters
    ----------
    table
        The columns of `rnaseq_s6k1.de.result.RESULT_COLUMNS`.
    top
        The genes with the largest absolute statistic, of either sign. Without it, the called
        genes (``direction`` up or down).
    weights
        ``sign``: 1 and -1; ``stat``: the Wald statistic; ``lfc``: the log2 fold change, shrunken
        where the table has it.
    exclude
        Gene names or ids left out before genes are chosen.

    Raises
    ------
    UsageError
        If `weights` or `top` is none.
    DataError
        If no gene has a statistic.
    ModelError
        If fewer than five genes are left.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> adata = s6k1.simulate_counts(n_genes=3000).adata
    >>> result = s6k1.run_de(adata, "~ condition", ("condition", "siS6K1", "siNC"))
    >>> signature = s6k1.signature_of_results(result.table, top=50, exclude=["RPS6KB1"])
    >>> len(signature.weights)
    50
    """
    if weights not in get_args(SignatureWeights):
        raise UsageError(f"weights must be one of {', '.join(get_args(SignatureWeights))}")
    if top is not None and top < _FEWEST:
        raise UsageError(f"--top {top}: a signature needs at least {_FEWEST} genes")
    left_out = set(exclude)
    rows = table[table["stat"].notna() & np.isfinite(table["stat"]) & (table["stat"] != 0)]
    if rows.empty:
        raise DataError("no gene of the results has a statistic, so that there is no signature")
    rows = rows[~rows["gene_id"].isin(left_out) & ~rows["gene_name"].isin(left_out)]
    # Of rows with one name the strongest stands for it; ties go by id, not by order.
    rows = rows.assign(size=rows["stat"].abs())
    rows = rows.sort_values(["size", "gene_id"], ascending=[False, True], kind="stable")
    rows = rows.drop_duplicates("gene_name")
    if top is not None:
        rows, chosen = rows.head(top), f"the {top:,} genes with the largest absolute statistic"
    else:
        rows, chosen = rows[rows["direction"].isin(["up", "down"])], "all called genes"
    if len(rows) < _FEWEST:
        raise ModelError(
            f"the signature has {plural(len(rows), 'gene')} ({chosen}), at least {_FEWEST} are "
            "needed; take the leading genes with --top 200"
        )
    values = _weights(rows, weights)
    series = pd.Series(values, index=rows["gene_name"].astype(str).to_numpy(), name="weight")
    worded = {"sign": "each with its sign", "stat": "weighted by their statistic"}
    return SignedSignature(
        series[series != 0].sort_index(),
        f"{chosen}, {worded.get(weights, 'weighted by their log2 fold change')}",
    )


def _weights(rows: pd.DataFrame, weights: SignatureWeights) -> np.ndarray:
    stat = rows["stat"].to_numpy(dtype=float)
    if weights == "sign":
        return np.asarray(np.sign(stat))
    if weights == "stat":
        return stat
    shrunk = rows["log2FoldChange_shrunk"].to_numpy(dtype=float)
    plain = rows["log2FoldChange"].to_numpy(dtype=float)
    return np.asarray(np.nan_to_num(shrunk if np.isfinite(shrunk).any() else plain))
