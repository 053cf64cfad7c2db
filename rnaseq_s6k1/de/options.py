"""What may be asked of an engine beyond design and contrast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.errors import UsageError

__all__ = ["FitOptions", "FitType", "SizeFactorType"]

FloatArray = NDArray[np.float64]
SizeFactorType = Literal["ratio", "poscounts", "iterate"]
FitType = Literal["parametric", "local", "mean"]


@dataclass(frozen=True)
class FitOptions:
    """How the model is fitted.

    Attributes
    ----------
    size_factors
        How they are estimated, or one value a sample, shape ``(n_samples,)``.
    normalization_factors
        One value a sample and gene in place of size factors, shape
        ``(n_samples, n_genes)``, such as transcript lengths give; used as they are, so
        their geometric mean over samples should be near 1.
    fit_type
        The dispersion trend.
    prior_variance
        Variance of the dispersion prior, natural-log scale, in place of the estimated one.
        R draws it at random where three or fewer degrees of freedom are left.
    reduced
        Reduced design of a likelihood-ratio test, shape ``(n_samples, n_reduced)``.
    """

    size_factors: SizeFactorType | FloatArray = "ratio"
    normalization_factors: FloatArray | None = None
    fit_type: FitType = "parametric"
    prior_variance: float | None = None
    reduced: FloatArray | None = None

    @property
    def is_default(self) -> bool:
        """Whether nothing was asked beyond the defaults."""
        return (
            isinstance(self.size_factors, str)
            and self.size_factors == "ratio"
            and self.normalization_factors is None
            and self.fit_type == "parametric"
            and self.prior_variance is None
            and self.reduced is None
        )

    def check(self, n_samples: int, n_genes: int) -> None:
        """Refuse factors of a wrong shape or size.

        Raises
        ------
        UsageError
            If shapes do not fit the counts, or a factor is not positive and finite.
        """
        if not isinstance(self.size_factors, str):
            _check_factors("size factors", self.size_factors, (n_samples,))
        if self.normalization_factors is not None:
            _check_factors(
                "normalisation factors", self.normalization_factors, (n_samples, n_genes)
            )
        if self.prior_variance is not None and not self.prior_variance > 0:
            raise UsageError(f"the prior variance must be above 0, not {self.prior_variance}")


def _check_factors(what: str, factors: FloatArray, shape: tuple[int, ...]) -> None:
    if np.shape(factors) != shape:
        raise UsageError(f"the {what} have the shape {np.shape(factors)}, where {shape} is needed")
    if not (np.isfinite(factors).all() and (np.asarray(factors) > 0).all()):
        raise UsageError(f"the {what} must be finite and above 0")
