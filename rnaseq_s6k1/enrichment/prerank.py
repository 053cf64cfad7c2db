"""Preranked gene-set tests behind one interface."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Protocol

import pandas as pd

from rnaseq_s6k1.enrichment.located import LocatedSets
from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.progress import Progress, SilentProgress

__all__ = ["PRERANK_METHODS", "Multilevel", "PrerankMethod", "get_prerank_method"]

#: The first is the default.
PRERANK_METHODS: tuple[str, ...] = ("importance", "multilevel")
#: Of fewer random scores too few have the sign of a set's score.
MIN_PERMUTATIONS = 100

_LN2 = math.log(2)
# A set within this many positions more than it has genes fills its end of the ranking.
_SPARE_POSITIONS = 2


class PrerankMethod(Protocol):
    """A test of gene sets against one ranking of genes."""

    name: str

    def test(
        self, sets: LocatedSets, *, seed: int, jobs: int, progress: Progress | None = None
    ) -> pd.DataFrame:
        """Test each set.

        Parameters
        ----------
        sets
            The sets' genes in the ranking, with their scores.
        seed
            Seed of the random draws.
        jobs
            Cores to use; the result does not depend on it.
        progress
            Told of pieces of work of about the same size.

        Returns
        -------
        pandas.DataFrame
            Indexed by the sets' labels: ``es``, ``nes``, ``pvalue``, ``log10_pvalue`` and
            ``relative_error`` (standard error of p over p; NaN where not known).
        """
        ...


class Multilevel:
    """The adaptive multilevel split Monte Carlo of fgsea, as gseapy ships it.

    Korotkevich et al., bioRxiv 2016, doi 10.1101/060012; gseapy: Fang, Liu and Peltz,
    Bioinformatics 2023, 39:btac757. The enrichment score is the weighted
    Kolmogorov-Smirnov running sum of Subramanian et al., PNAS 2005, 102:15545, with
    weight 1; the p-value is conditional on the sign of the score.

    No p-value is below `smallest_pvalue`; one that would be is reported as that value, with
    an unknown (NaN) error. The same holds for a set that fills one end of the ranking, which
    has next to no rival as extreme to sample: its bound is the chance that genes drawn at
    random fill that end.
    """

    name = "multilevel"
    sample_size = 101
    smallest_pvalue = 1e-100

    def __init__(self, permutations: int | None = None) -> None:
        self.permutations = 10_000 if permutations is None else permutations

    def test(
        self, sets: LocatedSets, *, seed: int, jobs: int, progress: Progress | None = None
    ) -> pd.DataFrame:
        """Test each set; see `PrerankMethod.test`.

        Raises
        ------
        UsageError
            If the scores are one-sided, which gseapy does not test.
        """
        if sets.score_type != "std":
            raise UsageError(
                f"--method multilevel tests two-sided scores only, not --score-type "
                f"{sets.score_type}; use --method importance"
            )
        # gseapy looks names up by text; opaque keys keep odd set names out of its way.
        keys = {f"set{i:06d}": i for i in range(len(sets.labels))}
        batches: dict[float, list[str]] = {}
        for key, index in keys.items():
            batches.setdefault(self._bound(sets, index), []).append(key)
        progress = progress or SilentProgress()
        progress.expect(len(batches))
        found: dict[str, Mapping[str, float]] = {}
        for bound, batch in batches.items():
            genes = {key: sets.genes(keys[key]) for key in batch}
            found.update(self._run(sets, genes, bound, seed, jobs))
            progress.advance(1)
        rows = []
        for key, index in keys.items():
            if key not in found:
                name = sets.labels[index]
                raise DataError(f"gseapy returned no result for the gene set {name[:80]!r}")
            row = found[key]
            p = max(float(row["pval"]), self.smallest_pvalue)
            rows.append(
                {
                    "es": float(row["es"]),
                    "nes": float(row["nes"]),
                    "pvalue": p,
                    "log10_pvalue": math.log10(p),
                    # log2err is the standard error of log2 p.
                    "relative_error": float(row["log2err"]) * _LN2,
                }
            )
        return pd.DataFrame(rows, index=sets.labels)

    def _run(
        self,
        sets: LocatedSets,
        genes: Mapping[str, Sequence[str]],
        bound: float,
        seed: int,
        jobs: int,
    ) -> Mapping[str, Mapping[str, float]]:
        from gseapy.gsea import Prerank

        prerank = Prerank(
            rnk=sets.stats,
            gene_sets=dict(genes),
            method="multilevel",
            sample_size=self.sample_size,
            permutation_num=self.permutations,
            eps=bound,
            min_size=1,
            max_size=len(sets.stats),
            weight=sets.weight,
            threads=jobs,
            seed=seed,
            outdir=None,
            no_plot=True,
            verbose=False,
        )
        # It would warn of ties on stderr; the ranking orders them and reports their share.
        prerank._logger.setLevel(logging.ERROR)
        prerank.run()
        results: Mapping[str, Mapping[str, float]] = prerank.results
        return results

    def _bound(self, sets: LocatedSets, index: int) -> float:
        """Return the p-value below which the sampling stops.

        Without it gseapy never ends on a set whose score no other set of genes can pass.
        """
        positions = sets.flat[sets.offsets[index] : sets.offsets[index + 1]]
        n, k = len(sets.stats), len(positions)
        end = k + _SPARE_POSITIONS
        if positions.max() >= end and positions.min() < n - end:
            return self.smallest_pvalue
        log_chance = _log_choose(min(end, n), k) - _log_choose(n, k)
        return max(math.exp(log_chance), self.smallest_pvalue)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def get_prerank_method(name: str, permutations: int | None = None) -> PrerankMethod:
    """Return the method of that name.

    Parameters
    ----------
    name
        One of `PRERANK_METHODS`.
    permutations
        Random sets of the plain stage, on which the NES rests too; None for the method's own
        number.

    Raises
    ------
    UsageError
        If there is no such method, or the permutations are fewer than 100.
    """
    if permutations is not None and permutations < MIN_PERMUTATIONS:
        raise UsageError(
            f"--permutations must be at least {MIN_PERMUTATIONS}, not {permutations}: the NES is "
            "relative to the mean of as many random scores"
        )
    if name == "importance":
        from rnaseq_s6k1.enrichment.importance import Importance

        return Importance(permutations)
    if name == "multilevel":
        return Multilevel(permutations)
    raise UsageError(f"no method is called {name!r}; choose one of {', '.join(PRERANK_METHODS)}")
