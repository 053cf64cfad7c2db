"""How matrices and sets go to gseapy and scores come back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from rnaseq_s6k1.enrichment.scores.method import FloatArray, ScoredSet, up_minus_down

__all__ = ["scores_from_gseapy"]


def scores_from_gseapy(
    run: Callable[[pd.DataFrame, dict[str, list[str]]], Any],
    values: FloatArray,
    sets: Sequence[ScoredSet],
) -> FloatArray:
    """Score the up sides of all sets and the down sides of pairs, and combine them.

    Parameters
    ----------
    run
        Calls gseapy with a frame (genes x samples) and sets of its rows, and returns its result.
    values
        Shape ``(n_samples, n_genes)``; genes that are NaN in the first sample are left out.
    sets
        The sets.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_samples, n_sets)``; NaN where no gene of a side is left.
    """
    # gseapy looks names up by text, and changes some; opaque keys keep odd names out of its way.
    kept = np.flatnonzero(~np.isnan(values[0]))
    genes = np.array([f"G{i:07d}" for i in range(values.shape[1])], dtype=object)
    samples = [f"S{i:06d}" for i in range(len(values))]
    frame = pd.DataFrame(values[:, kept].T, index=genes[kept], columns=samples)
    sides = [one.up for one in sets] + [one.down for one in sets if len(one.down)]
    keyed = {f"T{i:06d}": genes[side[np.isin(side, kept)]].tolist() for i, side in enumerate(sides)}
    one_way = np.full((len(samples), len(sides)), np.nan)
    scored = {key: members for key, members in keyed.items() if members}
    if scored:
        found = run(frame, scored).res2d.pivot(index="Name", columns="Term", values="ES")
        table = found.reindex(index=samples, columns=list(keyed)).to_numpy(dtype=float)
        one_way[:] = table
    return up_minus_down(one_way, sets)
