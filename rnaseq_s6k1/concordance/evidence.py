r"""The lines of evidence on two results, each with its p-values and how it reads.

Every line has a p-value of *gene sampling*, which treats genes as independent. They are not, and
these p-values are far too small; they are given because other tools print them. Where the samples
are there the line also has a *rotation* p-value (`rnaseq_s6k1.concordance.rotations`), which
is what the reading rests on: ``agrees``, ``reverses``, ``undecided``, or ``not tested`` without
the samples. ``direction`` says where the numbers point, whatever the p-values.
A gene-sampling p-value that underflows is given as 2.2e-308.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import fisher_exact, spearmanr

from rnaseq_s6k1.concordance.nulls import RotationNull
from rnaseq_s6k1.enrichment.gsea import run_gsea
from rnaseq_s6k1.enrichment.hypergeometric import conditional_odds_ratio
from rnaseq_s6k1.enrichment.ranking import Ranking
from rnaseq_s6k1.io.gmt import GeneSet
from rnaseq_s6k1.process_wide import only_errors

__all__ = ["LINE_COLUMNS", "CalledSets", "Reading", "called_sets", "evidence_lines"]

Reading = Literal["agrees", "reverses", "undecided", "not tested"]
Nulls = Mapping[str, RotationNull]

LINE_COLUMNS: tuple[str, ...] = (
    "measure",
    "n",
    "estimate",
    "ci_low",
    "ci_high",
    "pvalue",
    "null_low",
    "null_high",
    "rotation_pvalue",
    "rotated",
    "direction",
    "reading",
    "note",
)

_FEWEST_CALLED = 10
_MOST_CALLED = 500
_Z975 = float(ndtri(0.975))


@dataclass(frozen=True)
class CalledSets:
    """Called genes of one result, as positions in the matched genes.

    Attributes
    ----------
    called
        1, -1 or 0 of each gene.
    up, down
        The genes that serve as sets: of smallest p-value, at most 500; empty under 10.
    """

    called: NDArray[np.int8]
    up: NDArray[np.intp]
    down: NDArray[np.intp]

    @property
    def n_called(self) -> int:
        """How many genes are called."""
        return int(np.count_nonzero(self.called))


def called_sets(genes: pd.DataFrame, side: str) -> CalledSets:
    """Take the called genes of side ``a`` or ``b`` of the matched genes."""
    direction = genes[f"direction_{side}"].to_numpy()
    called = np.where(direction == "up", 1, np.where(direction == "down", -1, 0)).astype(np.int8)
    p = genes[f"pvalue_{side}"].to_numpy(dtype=float)

    def chosen(way: int) -> NDArray[np.intp]:
        inside = np.flatnonzero(called == way)
        if len(inside) < _FEWEST_CALLED:
            return np.empty(0, dtype=np.intp)
        return np.sort(inside[np.argsort(p[inside], kind="stable")][:_MOST_CALLED])

    return CalledSets(called, chosen(1), chosen(-1))


def evidence_lines(
    genes: pd.DataFrame,
    sets: Mapping[str, CalledSets],
    nulls: Nulls,
    peaks: tuple[float, float],
    *,
    alpha: float,
    seed: int,
    jobs: int,
) -> pd.DataFrame:
    """Compute all lines of evidence.

    Parameters
    ----------
    genes
        Matched genes.
    sets
        Called genes of ``a`` and ``b``.
    nulls
        Of the experiments that could be rotated: ``a`` (B fixed), ``b`` (A fixed).
    peaks
        The largest -log10 p of the agreeing and of the reversing quadrants of the map.
    alpha
        Level of each line's reading.
    seed, jobs
        For the gene-set test.

    Returns
    -------
    pandas.DataFrame
        The columns of `LINE_COLUMNS`.
    """
    rows = [
        _spearman(genes, nulls),
        _signs(sets, nulls),
        *_reciprocal(genes, sets, nulls, seed, jobs),
        _overlap(genes, nulls, peaks),
    ]
    table = pd.DataFrame(rows)
    table["direction"] = table["sign"].map({1: "agrees", -1: "reverses"}).fillna("none")
    table = table.reindex(columns=list(LINE_COLUMNS))
    tested = table["rotation_pvalue"].notna()
    table["reading"] = table["direction"].where(table["rotation_pvalue"] < alpha, "undecided")
    table["reading"] = table["reading"].where(tested, "not tested")
    return table


def _combined(nulls: Nulls, name: str) -> dict[str, object]:
    """Return the larger p-value and the wider null interval of the rotated experiments."""
    if not nulls:
        return {}
    lows, highs = zip(*(null.interval(name) for null in nulls.values()), strict=True)
    return {
        "null_low": min(lows),
        "null_high": max(highs),
        "rotation_pvalue": _largest([null.two_sided(name) for null in nulls.values()]),
        "rotated": _rotated(nulls),
    }


def _largest(pvalues: list[float]) -> float:
    """Return the largest p-value; NaN where one is missing, since the others are not enough."""
    return float(np.max(pvalues))


def _rotated(nulls: Nulls) -> str:
    return " and ".join(side.upper() for side in sorted(nulls)) + (
        ", apart" if len(nulls) > 1 else ""
    )


def _spearman(genes: pd.DataFrame, nulls: Nulls) -> dict[str, object]:
    r"""Correlate the statistics; interval of Bonett and Wright (Psychometrika 2000, 65:23).

    .. math:: \tanh(\operatorname{artanh} r \pm z \sqrt{(1 + r^2/2)/(n - 3)})
    """
    n = len(genes)
    rho, p = spearmanr(genes["stat_a"], genes["stat_b"])
    reach = _Z975 * np.sqrt((1 + rho**2 / 2) / (n - 3))
    centre = np.arctanh(np.clip(rho, -1 + 1e-12, 1 - 1e-12))
    return {
        "measure": "spearman",
        "n": n,
        "estimate": float(rho),
        "ci_low": float(np.tanh(centre - reach)),
        "ci_high": float(np.tanh(centre + reach)),
        "pvalue": _positive(float(p)),
        "sign": int(np.sign(rho)),
        "note": "correlation of the genes' statistics; interval as if genes were independent",
        **_combined(nulls, "rho"),
    }


def _signs(sets: Mapping[str, CalledSets], nulls: Nulls) -> dict[str, object]:
    """Count the genes called in both by their directions; Fisher's test of the 2 x 2 table."""
    product = sets["a"].called.astype(int) * sets["b"].called
    both = product != 0
    n, same = int(both.sum()), int((product > 0).sum())
    row: dict[str, object] = {"measure": "sign_concordance", "n": n}
    if not n:
        return {**row, "sign": 0, "note": "no gene is called in both results"}
    up_a, up_b = sets["a"].called[both] > 0, sets["b"].called[both] > 0
    upper = int((up_a & up_b).sum())
    odds = conditional_odds_ratio(upper, int(up_a.sum()), int(up_b.sum()), n)
    low, high = _wilson(same, n)
    expected = (up_a.mean() * up_b.mean() + (1 - up_a.mean()) * (1 - up_b.mean())) * n
    note = (
        f"{same} of {n} genes called in both go the same way, {expected:.1f} expected of their "
        f"directions alone; odds ratio {odds.estimate[0]:.3g} "
        f"({odds.ci_low[0]:.3g} to {odds.ci_high[0]:.3g}), Fisher's exact p"
    )
    return {
        **row,
        "estimate": same / n,
        "ci_low": low,
        "ci_high": high,
        "pvalue": _fisher(upper, int(up_a.sum()), int(up_b.sum()), n),
        "sign": int(np.sign(2 * same - n)),
        "note": note,
        **{
            name: value
            for name, value in _combined(nulls, "signs").items()
            if not name.startswith("null")
        },
    }


def _fisher(upper: int, up_a: int, up_b: int, n: int) -> float:
    table = np.array([[upper, up_a - upper], [up_b - upper, n - up_a - up_b + upper]])
    return _positive(float(fisher_exact(table).pvalue))


def _positive(p: float) -> float:
    """Return p, or the smallest normal number where it underflowed."""
    return max(p, float(np.finfo(float).tiny))


def _wilson(same: int, n: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share (JASA 1927, 22:209)."""
    share, z2 = same / n, _Z975**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    reach = _Z975 / (1 + z2 / n) * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return float(centre - reach), float(centre + reach)


def _reciprocal(
    genes: pd.DataFrame, sets: Mapping[str, CalledSets], nulls: Nulls, seed: int, jobs: int
) -> list[dict[str, object]]:
    """Test the called genes of each result as sets in the other one's ranking."""
    rows = []
    for of, within in (("a", "b"), ("b", "a")):
        found = _gsea_of(genes, sets[of], within, seed, jobs)
        for name, way in (("up", 1), ("down", -1)):
            chosen = getattr(sets[of], name)
            row: dict[str, object] = {
                "measure": f"{of}_{name}_in_{within}",
                "n": len(chosen),
                "sign": 0,
            }
            if name not in found.index:
                n_called = int((sets[of].called == way).sum())
                row["note"] = f"{n_called} genes called {name} in {of.upper()}, too few for a set"
            else:
                nes, p = found[["nes", "pvalue"]].to_numpy(dtype=float)[found.index.get_loc(name)]
                row |= {
                    "estimate": float(nes),
                    "pvalue": float(p),
                    "sign": way * int(np.sign(nes)),
                    "note": (
                        f"NES, in {within.upper()}, of the {len(chosen)} genes called {name} in "
                        f"{of.upper()}; the rotation p is of their mean rank"
                    ),
                }
                if within in nulls:
                    row["rotation_pvalue"] = nulls[within].two_sided(name)
                    row["rotated"] = within.upper()
            rows.append(row)
    return rows


def _gsea_of(
    genes: pd.DataFrame, sets: CalledSets, within: str, seed: int, jobs: int
) -> pd.DataFrame:
    labels = genes["gene"].astype(str).to_numpy(dtype=object)
    members = {
        name: GeneSet(name, "", tuple(labels[getattr(sets, name)]))
        for name in ("up", "down")
        if len(getattr(sets, name))
    }
    if not members:
        return pd.DataFrame()
    stats = pd.Series(genes[f"stat_{within}"].to_numpy(dtype=float), index=labels)
    order = np.lexsort((labels.astype(str), -stats.to_numpy()))
    ranking = Ranking(stats.iloc[order], "stat", 0, 0, float(stats.duplicated(keep=False).mean()))
    # The sets come from these very genes, so how many of them were found is no news.
    with only_errors("rnaseq_s6k1.genes.matching"):
        tested = run_gsea(
            ranking, {"called": members}, min_size=1, max_size=_MOST_CALLED, seed=seed, jobs=jobs
        )
    return tested.table.set_index("set")


def _overlap(genes: pd.DataFrame, nulls: Nulls, peaks: tuple[float, float]) -> dict[str, object]:
    """Compare the peaks of the map with those of rotations."""
    agreeing, reversing = peaks
    kind = "agreeing" if agreeing >= reversing else "reversing"
    row: dict[str, object] = {
        "measure": "rrho_peak",
        "n": len(genes),
        "estimate": max(peaks),
        "pvalue": _positive(10.0 ** -max(peaks)),
        "sign": 1 if kind == "agreeing" else -1,
        "note": (
            f"-log10 p of the most surprising overlap, in a quadrant of {kind} directions "
            f"(the other kind: {min(peaks):.1f}); p of that one cell, not adjusted for the others"
        ),
    }
    if nulls:
        lows, highs = zip(*(null.interval(kind) for null in nulls.values()), strict=True)
        row |= {
            "null_low": min(lows),
            "null_high": max(highs),
            "rotation_pvalue": _largest([null.upper(kind) for null in nulls.values()]),
            "rotated": _rotated(nulls),
        }
    return row
