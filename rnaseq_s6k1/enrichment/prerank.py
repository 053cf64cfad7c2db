"""Preranked gene-set tests behind one interface."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import DataError, UsageError

__all__ = ["PRERANK_METHODS", "Multilevel", "PrerankMethod", "get_prerank_method"]

PRERANK_METHODS: tuple[str, ...] = ("multilevel",)

_LN2 = math.log(2)
_LN10 = math.log(10)


class PrerankMethod(Protocol):
    """A test of gene sets against one ranking of genes."""

    name: str

    def test(
        self, stats: pd.Series, sets: Mapping[str, Sequence[str]], *, seed: int, jobs: int
    ) -> pd.DataFrame:
        """Test each set.

        Parameters
        ----------
        stats
            Statistics in descending order, indexed by gene.
        sets
            Genes of each set; all of them are in the ranking.
        seed
            Seed of the random draws.
        jobs
            Cores to use; the result does not depend on it.

        Returns
        -------
        pandas.DataFrame
            Indexed like `sets`: ``es``, ``nes``, ``pvalue``, ``log10_pvalue`` and
            ``relative_error`` (standard error of p over p; NaN where not known).
        """
        ...


class Multilevel:
    """The adaptive multilevel split Monte Carlo of fgsea, as gseapy ships it.

    Korotkevich et al., bioRxiv 2016, doi 10.1101/060012; gseapy: Fang, Liu and Peltz,
    Bioinformatics 2023, 39:btac757. The enrichment score is the weighted
    Kolmogorov-Smirnov running sum of Subramanian et al., PNAS 2005, 102:15545, with
    weight 1; the p-value is conditional on the sign of the score.
    """

    name = "multilevel"
    sample_size = 101

    def test(
        self, stats: pd.Series, sets: Mapping[str, Sequence[str]], *, seed: int, jobs: int
    ) -> pd.DataFrame:
        """Test each set; see `PrerankMethod.test`."""
        from gseapy.gsea import Prerank

        # gseapy looks names up by text; opaque keys keep odd set names out of its way.
        keys = {f"set{i:06d}": name for i, name in enumerate(sets)}
        found = Prerank(
            rnk=stats,
            gene_sets={key: list(sets[name]) for key, name in keys.items()},
            method="multilevel",
            sample_size=self.sample_size,
            eps=0.0,
            min_size=1,
            max_size=len(stats),
            threads=jobs,
            seed=seed,
            outdir=None,
            no_plot=True,
            verbose=False,
        )
        # It would warn of ties on stderr; the ranking orders them and reports their share.
        found._logger.setLevel(logging.ERROR)
        found.run()
        rows = []
        for key, name in keys.items():
            if key not in found.results:
                raise DataError(f"gseapy returned no result for the gene set {name}")
            row = found.results[key]
            p = float(row["pval"])
            rows.append(
                {
                    "es": float(row["es"]),
                    "nes": float(row["nes"]),
                    "pvalue": p,
                    "log10_pvalue": math.log(p) / _LN10 if p > 0 else -np.inf,
                    # log2err is the standard error of log2 p.
                    "relative_error": float(row["log2err"]) * _LN2,
                }
            )
        return pd.DataFrame(rows, index=list(sets))


def get_prerank_method(name: str) -> PrerankMethod:
    """Return the method of that name.

    Raises
    ------
    UsageError
        If there is none.
    """
    if name == "multilevel":
        return Multilevel()
    raise UsageError(f"no method is called {name!r}; choose one of {', '.join(PRERANK_METHODS)}")
