"""Which alterations avoid each other, and which come together."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from rnaseq_s6k1.cohort.contingency import fisher_test
from rnaseq_s6k1.de.filtering import benjamini_hochberg
from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.wording import clip, listing

__all__ = ["EXCLUSIVITY_COLUMNS", "ExclusivityResult", "exclusivity_table"]

EXCLUSIVITY_COLUMNS = (
    "a",
    "b",
    "n",
    "both",
    "a_only",
    "b_only",
    "neither",
    "log2_odds_ratio",
    "log2_odds_ratio_haldane",
    "haldane_corrected",
    "odds_ratio_conditional",
    "ci_low",
    "ci_high",
    "pvalue",
    "pvalue_cooccurrence",
    "pvalue_exclusivity",
    "padj",
    "tendency",
)


@dataclass(frozen=True, eq=False)
class ExclusivityResult:
    """Pairs of events, tested for independence.

    Attributes
    ----------
    table
        One row a pair, by p-value and names, the columns of `EXCLUSIVITY_COLUMNS`; see
        `rnaseq_s6k1.cohort.contingency.FisherTest`. ``padj`` adjusts the two-sided p (Benjamini
        and Hochberg) over all pairs; ``tendency`` is ``co-occurrence``, ``exclusivity`` or
        ``none`` by the sign of the log2 odds ratio.
    events
        Names of the events, in the order given.
    """

    table: pd.DataFrame
    events: tuple[str, ...]

    def write(self, folder: Path) -> list[Path]:
        """Write ``pairs.tsv`` into `folder`."""
        from rnaseq_s6k1.io.tables import write_table

        write_table(self.table, folder / "pairs.tsv")
        return [folder / "pairs.tsv"]


def exclusivity_table(events: pd.DataFrame, *, confidence: float = 0.95) -> ExclusivityResult:
    """Test every pair of events for mutual exclusivity and co-occurrence.

    Fisher's exact test takes every sample as alike. Tumours are not: where the number of
    alterations or the mix of subtypes differs between them, events come together for that
    reason alone, so test within subtypes, too.

    Parameters
    ----------
    events
        1, 0 or NaN (not known), samples x events; a pair is tested on the samples where both
        are known.
    confidence
        Of the intervals.

    Raises
    ------
    UsageError
        If there are fewer than two events, or one is named twice.
    DataError
        If a pair has no sample with both known.
    """
    names = [str(name) for name in events.columns]
    if len(names) < 2 or len(set(names)) < len(names):
        raise UsageError(
            f"exclusivity is tested between at least two events of different names, not "
            f"{listing(names) or 'none'}"
        )
    rows = [
        _pair(names[i], names[j], events.iloc[:, [i, j]].to_numpy(dtype=float), confidence)
        for i, j in itertools.combinations(range(len(names)), 2)
    ]
    table = pd.DataFrame(
        rows, columns=[name for name in EXCLUSIVITY_COLUMNS if name not in ("padj", "tendency")]
    )
    table["padj"] = benjamini_hochberg(table["pvalue"].to_numpy())
    table["tendency"] = np.select(
        [table["log2_odds_ratio_haldane"] > 0, table["log2_odds_ratio_haldane"] < 0],
        ["co-occurrence", "exclusivity"],
        "none",
    )
    table = table.sort_values(["pvalue", "a", "b"], kind="stable").reset_index(drop=True)
    return ExclusivityResult(table[list(EXCLUSIVITY_COLUMNS)], tuple(names))


def _pair(a: str, b: str, values: np.ndarray, confidence: float) -> Sequence[object]:
    known = values[np.isfinite(values).all(axis=1)] > 0
    if not len(known):
        raise DataError(f"no sample has both {clip(a)} and {clip(b)} known")
    both = int((known[:, 0] & known[:, 1]).sum())
    a_only = int((known[:, 0] & ~known[:, 1]).sum())
    b_only = int((~known[:, 0] & known[:, 1]).sum())
    neither = len(known) - both - a_only - b_only
    tested = fisher_test(both, a_only, b_only, neither, confidence=confidence)
    return (a, b, len(known), both, a_only, b_only, neither, *astuple(tested))
