r"""A measurement across several groups: Kruskal-Wallis, its effect size, and Dunn's pairs.

Dunn (Technometrics 1964, 6:241) compares the mean ranks of two groups, ranks being those of
all *N* samples together, by

.. math::

   z = \frac{\bar R_i - \bar R_j}
       {\sqrt{\Big(\frac{N(N+1)}{12} - \frac{\sum (t^3 - t)}{12(N-1)}\Big)
       \Big(\frac{1}{n_i} + \frac{1}{n_j}\Big)}}

with *t* samples sharing a value. The effect size of the whole is the rank epsilon squared
(Tomczak and Tomczak, Trends in Sport Sciences 2014, 1:19),
:math:`\varepsilon^2 = H (N + 1) / (N^2 - 1) = H / (N - 1)`: 0 without any difference, 1 where
groups and ranks are one.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from rnaseq_s6k1.de.filtering import benjamini_hochberg
from rnaseq_s6k1.errors import DataError, ModelError
from rnaseq_s6k1.io.wording import listing, plural

__all__ = ["GROUP_COLUMNS", "PAIR_COLUMNS", "GroupComparison", "compare_groups"]

GROUP_COLUMNS = ("group", "n", "median", "q1", "q3", "mean", "mean_rank")
PAIR_COLUMNS = (
    "group_a",
    "group_b",
    "n_a",
    "n_b",
    "median_difference",
    "mean_rank_difference",
    "z",
    "pvalue",
    "padj_holm",
    "padj_bh",
)


@dataclass(frozen=True, eq=False)
class GroupComparison:
    """Groups compared on one measurement.

    Attributes
    ----------
    groups
        One row a group: ``group n median q1 q3 mean mean_rank``.
    pairs
        Dunn's test of each pair, differences ``a`` less ``b``; p two-sided, adjusted by Holm
        and by Benjamini and Hochberg over all pairs.
    statistic
        Kruskal and Wallis's H, corrected for ties.
    degrees_of_freedom
        Groups less one.
    pvalue
        Of H, from chi-square.
    epsilon_squared
        Rank epsilon squared.
    n
        Samples.
    notes
        What was left out.
    """

    groups: pd.DataFrame
    pairs: pd.DataFrame
    statistic: float
    degrees_of_freedom: int
    pvalue: float
    epsilon_squared: float
    n: int
    notes: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The test of all groups in one sentence."""
        return (
            f"Kruskal-Wallis over {len(self.groups)} groups, n = {self.n:,}: H = "
            f"{self.statistic:.4g} on {self.degrees_of_freedom} df, p = {self.pvalue:.3g}, "
            f"epsilon squared {self.epsilon_squared:.3f}"
        )

    def write(self, folder: Path) -> list[Path]:
        """Write ``groups.tsv``, ``pairs.tsv`` and ``test.tsv`` into `folder`."""
        from rnaseq_s6k1.io.tables import write_table

        test = pd.DataFrame(
            {
                "test": ["Kruskal-Wallis"],
                "statistic": [self.statistic],
                "degrees_of_freedom": [self.degrees_of_freedom],
                "pvalue": [self.pvalue],
                "epsilon_squared": [self.epsilon_squared],
                "n": [self.n],
            }
        )
        tables = {"groups": self.groups, "pairs": self.pairs, "test": test}
        for name, table in tables.items():
            write_table(table, folder / f"{name}.tsv")
        return [folder / f"{name}.tsv" for name in tables]


def compare_groups(
    values: pd.Series,
    groups: pd.Series,
    *,
    order: Sequence[str] | None = None,
    min_size: int = 2,
) -> GroupComparison:
    """Compare a measurement across groups; see the module's equations.

    Parameters
    ----------
    values
        The measurement, indexed by sample; missing ones are left out.
    groups
        Group of each sample as text, indexed by sample; missing ones are left out.
    order
        Order of the groups in the tables; by name where not given.
    min_size
        Smaller groups are left out, and named in the notes.

    Raises
    ------
    DataError
        If fewer than two groups are left.
    ModelError
        If all values are equal.
    """
    table = pd.DataFrame({"value": values.astype(float), "group": groups.reindex(values.index)})
    table = table[np.isfinite(table["value"]) & table["group"].notna()].sort_index()
    sizes = table["group"].value_counts()
    small = sorted(map(str, sizes.index[sizes < min_size]))
    table = table[~table["group"].isin(small)]
    present = set(table["group"])
    names = [name for name in order or sorted(present) if name in present]
    notes = (
        (f"{plural(len(small), 'group')} of fewer than {min_size} samples left out: "
         f"{listing(small)}",)
        if small
        else ()
    )  # fmt: skip
    if len(names) < 2:
        raise DataError(
            f"{plural(len(names), 'group')} with at least {min_size} samples and values, where a "
            "comparison needs two; choose another grouping column"
        )
    numbers = table["value"].to_numpy()
    if np.ptp(numbers) == 0:
        raise ModelError("all values are equal, so that the groups cannot be compared")
    parts = {name: numbers[(table["group"] == name).to_numpy()] for name in names}
    ranks = stats.rankdata(numbers)
    mean_ranks = {name: ranks[(table["group"] == name).to_numpy()].mean() for name in names}
    tested = stats.kruskal(*parts.values())
    n = len(numbers)
    return GroupComparison(
        groups=_group_table(parts, mean_ranks),
        pairs=_dunn(parts, mean_ranks, numbers),
        statistic=float(tested.statistic),
        degrees_of_freedom=len(names) - 1,
        pvalue=float(tested.pvalue),
        epsilon_squared=float(tested.statistic) / (n - 1),
        n=n,
        notes=notes,
    )


def _group_table(parts: dict[str, np.ndarray], mean_ranks: dict[str, float]) -> pd.DataFrame:
    rows = [
        (
            name,
            len(values),
            float(np.median(values)),
            float(np.quantile(values, 0.25)),
            float(np.quantile(values, 0.75)),
            float(values.mean()),
            float(mean_ranks[name]),
        )
        for name, values in parts.items()
    ]
    return pd.DataFrame(rows, columns=list(GROUP_COLUMNS))


def _dunn(
    parts: dict[str, np.ndarray], mean_ranks: dict[str, float], values: np.ndarray
) -> pd.DataFrame:
    n = len(values)
    ties = np.unique(values, return_counts=True)[1].astype(float)
    spread = n * (n + 1) / 12 - float((ties**3 - ties).sum()) / (12 * (n - 1))
    rows = []
    for a, b in itertools.combinations(parts, 2):
        difference = mean_ranks[a] - mean_ranks[b]
        z = difference / np.sqrt(spread * (1 / len(parts[a]) + 1 / len(parts[b])))
        rows.append(
            (
                a,
                b,
                len(parts[a]),
                len(parts[b]),
                float(np.median(parts[a]) - np.median(parts[b])),
                float(difference),
                float(z),
                float(2 * stats.norm.sf(abs(z))),
            )
        )
    table = pd.DataFrame(rows, columns=list(PAIR_COLUMNS[:-2]))
    table["padj_holm"] = multipletests(table["pvalue"], method="holm")[1]
    table["padj_bh"] = benjamini_hochberg(table["pvalue"].to_numpy())
    return table
