"""Groups of samples by a number of theirs, in the whole cohort or inside each stratum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.cohort.cuts import Cut
from rnaseq_s6k1.errors import ModelError
from rnaseq_s6k1.io.wording import listing, plural

__all__ = ["MIN_GROUP", "StratumSplit", "split_within"]

#: A variance, and so a test, needs two samples a group.
MIN_GROUP = 2


@dataclass(frozen=True)
class StratumSplit:
    """How one stratum was cut.

    Attributes
    ----------
    stratum
        Its level.
    n_high, n_low, n_middle
        Sizes of its groups; 0 where it could not be cut.
    low, high
        Largest value of its low group and smallest of its high group; NaN where not cut.
    reason
        Why it was not cut; empty where it was.
    """

    stratum: str
    n_high: int
    n_low: int
    n_middle: int
    low: float
    high: float
    reason: str = ""


def split_within(
    values: NDArray[np.float64], strata: NDArray[np.str_], cut: Cut
) -> tuple[NDArray[np.str_], tuple[StratumSplit, ...]]:
    """Cut inside each stratum, so that strata cannot differ between the groups.

    Parameters
    ----------
    values
        What is cut on, shape ``(n_samples,)``, finite.
    strata
        Each sample's stratum, shape ``(n_samples,)``.
    cut
        The cut, the same in every stratum.

    Returns
    -------
    groups : numpy.ndarray
        ``high``, ``middle``, ``low``, or ``""`` in a stratum that cannot be cut, shape
        ``(n_samples,)``.
    splits : tuple of StratumSplit
        One a stratum, sorted.

    Raises
    ------
    ModelError
        If no stratum can be cut into two groups of two samples.
    """
    groups = np.full(len(values), "", dtype="<U6")
    splits = []
    for stratum in sorted(set(strata.tolist())):
        inside = strata == stratum
        found, split = _split_one(str(stratum), values[inside], cut)
        groups[inside] = found
        splits.append(split)
    if not any(split.reason == "" for split in splits):
        reasons = listing((f"{split.stratum}: {split.reason}" for split in splits), 3)
        raise ModelError(
            f"cut {cut.text}: no stratum can be cut ({reasons}); choose a cut nearer to the "
            "middle, or strata with more samples"
        )
    return groups, tuple(splits)


def _split_one(
    stratum: str, values: NDArray[np.float64], cut: Cut
) -> tuple[NDArray[np.str_] | str, StratumSplit]:
    try:
        groups, (low, high) = cut.split(values)
    except ModelError:
        return "", StratumSplit(stratum, 0, 0, 0, np.nan, np.nan, "its quantiles are one value")
    sizes = {name: int((groups == name).sum()) for name in ("high", "low", "middle")}
    smallest = min(sizes["high"], sizes["low"])
    if smallest < MIN_GROUP:
        reason = f"a group of {plural(smallest, 'sample')}"
        return "", StratumSplit(stratum, 0, 0, 0, np.nan, np.nan, reason)
    return groups, StratumSplit(stratum, sizes["high"], sizes["low"], sizes["middle"], low, high)
