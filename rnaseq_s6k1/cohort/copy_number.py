"""A gene's expression against its own copy number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from rnaseq_s6k1.cohort.group_comparison import GroupComparison, compare_groups
from rnaseq_s6k1.cohort.rank_correlation import rank_correlation
from rnaseq_s6k1.cohort.trend import jonckheere_terpstra
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.copy_number import CALLS
from rnaseq_s6k1.io.wording import clip, listing, plural

__all__ = [
    "CopyNumberExpression",
    "check_levels",
    "copy_number_columns",
    "copy_number_expression",
    "level_name",
]

_SUFFIXES = ("_gistic", "_cna")


@dataclass(frozen=True, eq=False)
class CopyNumberExpression:
    """Expression at each level of copy number.

    Attributes
    ----------
    tests
        One row a test: ``test expression statistic ci_low ci_high pvalue n``. Spearman's rho
        (a row a scale of expression given), Jonckheere and Terpstra's z, Kruskal and Wallis's H.
    comparison
        The levels, and Dunn's test between them.
    samples
        ``sample level expression``, sorted by sample.
    gene
        Name of the gene.
    scale
        What the expression is, such as ``log2 CPM (TMM)``.
    """

    tests: pd.DataFrame
    comparison: GroupComparison
    samples: pd.DataFrame
    gene: str
    scale: str

    @property
    def sentence(self) -> str:
        """The trend in one sentence."""
        rho, trend = self.tests.iloc[0], self.tests[self.tests["test"] == "Jonckheere-Terpstra"]
        return (
            f"{self.gene} expression ({self.scale}) against its copy number, n = {rho['n']:,}: "
            f"Spearman {rho['statistic']:.3f} (95 % CI {rho['ci_low']:.2f} to "
            f"{rho['ci_high']:.2f}), Jonckheere-Terpstra trend z = "
            f"{trend['statistic'].iloc[0]:.2f}, p = {trend['pvalue'].iloc[0]:.2g}"
        )

    def write(self, folder: Path) -> list[Path]:
        """Write ``tests.tsv``, ``levels.tsv``, ``pairs.tsv`` and ``samples.tsv`` into `folder`."""
        from rnaseq_s6k1.io.tables import write_table

        tables = {
            "tests": self.tests,
            "levels": self.comparison.groups,
            "pairs": self.comparison.pairs,
            "samples": self.samples,
        }
        for name, table in tables.items():
            write_table(table, folder / f"{name}.tsv")
        return [folder / f"{name}.tsv" for name in tables]


def level_name(level: int) -> str:
    """Name a GISTIC level, with its number."""
    return f"{level:+d} {CALLS[level]}" if level else f"0 {CALLS[0]}"


def copy_number_columns(sheet: pd.DataFrame) -> dict[str, str]:
    """Find the columns of a sample sheet that hold GISTIC levels, by gene.

    Such a column is called ``GENE_gistic`` or ``GENE_cna``.
    """
    return {
        str(name)[: -len(suffix)]: str(name)
        for name in sheet.columns
        for suffix in _SUFFIXES
        if str(name).lower().endswith(suffix) and len(str(name)) > len(suffix)
    }


def check_levels(levels: np.ndarray, gene: str, *, gistic: bool = True) -> None:
    """Refuse copy numbers that are not finite or, where wanted, no GISTIC levels.

    Raises
    ------
    DataError
        If there are such; the message quotes them.
    """
    good = np.isin(levels, list(CALLS)) if gistic else np.isfinite(levels)
    wrong = sorted(set(levels[~good].tolist()))
    if wrong:
        what = "GISTIC levels (whole numbers from -2 to 2)" if gistic else "numbers"
        raise DataError(
            f"copy number of {clip(gene)}: {listing(wrong, 3)} are no {what}; give thresholded "
            "calls"
        )


def copy_number_expression(
    expressions: Mapping[str, pd.Series], levels: pd.Series, gene: str
) -> CopyNumberExpression:
    """Test whether a gene's expression rises with its copy number.

    Spearman's rho with the interval of `rnaseq_s6k1.cohort.rank_correlation`, the trend test of
    Jonckheere and Terpstra over the levels in order, Kruskal and Wallis's test with Dunn's
    pairs, on the first expression; on further ones Spearman's rho alone, to show what the
    normalisation does.

    Parameters
    ----------
    expressions
        Expression, indexed by sample, by name of its scale; all of the same samples.
    levels
        GISTIC 2's thresholded calls (Mermel, Genome Biology 2011, 12:R41), -2 to 2, indexed
        by sample; missing ones are left out.
    gene
        Name of the gene.

    Raises
    ------
    DataError
        If a level is no GISTIC level, or fewer than two levels have samples.
    ModelError
        If expression or levels do not vary.
    """
    known = levels.dropna()
    check_levels(known.to_numpy(dtype=float), gene)
    (scale, first), *others = expressions.items()
    table = pd.DataFrame({"expression": first, "level": known.reindex(first.index)}).dropna()
    table = table.sort_index()
    table["level"] = table["level"].astype(int)
    names = [level_name(level) for level in sorted(set(table["level"]))]
    if len(names) < 2:
        raise DataError(
            f"copy number of {clip(gene)}: {plural(len(names), 'level')} among "
            f"{plural(len(table), 'sample')}, where a comparison needs two"
        )
    comparison = compare_groups(
        table["expression"], table["level"].map(level_name), order=names, min_size=1
    )
    rows = [_spearman(scale, table["expression"], table["level"])]
    trend = jonckheere_terpstra(
        [
            part["expression"].to_numpy()
            for _, part in table.groupby("level")  # in the order of the levels
        ]
    )
    rows += [_spearman(name, other.loc[table.index], table["level"]) for name, other in others]
    rows += [
        ("Jonckheere-Terpstra", scale, trend.z, np.nan, np.nan, trend.pvalue, len(table)),
        (
            "Kruskal-Wallis",
            scale,
            comparison.statistic,
            np.nan,
            np.nan,
            comparison.pvalue,
            len(table),
        ),
    ]
    return CopyNumberExpression(
        tests=pd.DataFrame(
            rows,
            columns=["test", "expression", "statistic", "ci_low", "ci_high", "pvalue", "n"],
        ),
        comparison=comparison,
        samples=table.reset_index(names="sample")[["sample", "level", "expression"]],
        gene=gene,
        scale=scale,
    )


def _spearman(
    scale: str, expression: pd.Series, levels: pd.Series
) -> tuple[str, str, float, float, float, float, int]:
    found = rank_correlation(
        expression.to_numpy(dtype=float), levels.to_numpy(dtype=float)[:, np.newaxis]
    )
    return (
        "Spearman",
        scale,
        float(found.rho[0]),
        float(found.ci_low[0]),
        float(found.ci_high[0]),
        float(found.pvalue[0]),
        found.n,
    )
