"""The one interface behind which every differential-expression engine stands.

An engine fits the negative-binomial model of every gene and reports estimates. What is
read off the estimates (the Wald test against any threshold, independent filtering, calls)
is the same for all engines and lives in `wald`, `filtering` and `calls`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.de.options import FitOptions
from rnaseq_s6k1.design.matrix import DesignMatrix
from rnaseq_s6k1.errors import UsageError

if TYPE_CHECKING:
    from rnaseq_s6k1.de.local_trend import Trend

__all__ = ["ENGINES", "DispersionTrend", "Engine", "EngineFit", "get_engine"]

ENGINES: tuple[str, ...] = ("fast", "pydeseq2")


@dataclass(frozen=True)
class DispersionTrend:
    """The parametric mean-dispersion trend, ``dispersion = asymptote + extra_poisson / mean``.

    Love, Huber and Anders, Genome Biology 2014, 15:550, equation 6. A constant trend has
    `extra_poisson` 0.
    """

    asymptote: float
    extra_poisson: float

    def __call__(self, means: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the trend at `means` (normalised counts)."""
        return self.asymptote + self.extra_poisson / means


@dataclass(frozen=True)
class EngineFit:
    """What an engine reports.

    Attributes
    ----------
    genes
        One row a gene, in the order of the counts' columns, indexed by gene id:
        ``baseMean`` (normalised counts), ``log2FoldChange``, ``lfcSE`` and
        ``log2FoldChange_shrunk`` (log2; NaN where not estimated), ``cooks_outlier`` (bool:
        R's rules withhold the p-value), ``dispersion_genewise``, ``dispersion_trend``,
        ``dispersion`` (the one used), ``dispersion_outlier`` (bool: kept above the trend).
    size_factors
        One value a sample.
    trend
        The dispersion trend.
    likelihood_ratio_df
        Degrees of freedom of the likelihood-ratio test, whose statistic is then in the
        column ``likelihood_ratio``; 0 where none was asked for.
    """

    genes: pd.DataFrame
    size_factors: pd.Series
    trend: Trend
    likelihood_ratio_df: int = 0


class Engine(Protocol):
    """A way to fit the negative-binomial model of Love 2014 to all genes."""

    name: str

    def fit(
        self,
        counts: NDArray[np.integer],
        gene_ids: pd.Index,
        design: DesignMatrix,
        *,
        shrink: bool,
        jobs: int,
        options: FitOptions | None = None,
    ) -> EngineFit:
        """Fit all genes and estimate the contrast of `design`.

        Parameters
        ----------
        counts
            Integer counts of shape ``(n_samples, n_genes)``.
        gene_ids
            Names of the columns of `counts`.
        design
            Full-rank design of the same samples, with its contrast.
        shrink
            Whether to estimate shrunken fold changes (apeGLM; Zhu, Ibrahim and Love,
            Bioinformatics 2019, 35:2084).
        jobs
            How many cores may be used; the estimates do not depend on it.
        options
            Other size factors, trends or priors, or a reduced design to test.

        Raises
        ------
        UsageError
            If the engine does not offer an option.
        """
        ...


def get_engine(name: str) -> Engine:
    """Return the engine of that name.

    Raises
    ------
    UsageError
        If there is none.
    """
    if name == "fast":
        from rnaseq_s6k1.de.fast_engine import FastEngine

        return FastEngine()
    if name == "pydeseq2":
        from rnaseq_s6k1.de.pydeseq2_engine import PyDESeq2Engine

        return PyDESeq2Engine()
    raise UsageError(f"no engine is called {name!r}; choose one of {', '.join(ENGINES)}")
