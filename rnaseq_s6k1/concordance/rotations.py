r"""What chance can do with one of two results: its contrast rotated among the samples.

For a gene's expression :math:`y` and the design :math:`X`, let :math:`z_0` be the component of
:math:`y` along the contrast and :math:`z_1 \dots z_d` those along an orthonormal basis of the
residual space. Without any effect, and with normal errors, all directions of these d + 1
dimensions are alike, so that a random unit vector :math:`r` gives another contrast
:math:`z_0^* = r^T z` with the same covariates adjusted for and the same correlation among genes
(Langsrud, Statistics and Computing 2005, 15:53; with the moderated t as in ROAST, Wu et al.,
Bioinformatics 2010, 26:2176). The other result is held fixed. So a statistic of both results,
such as the correlation of their gene-wise statistics, is compared with its values for contrasts
that mean nothing in these very samples: coordinated programmes of genes, which make any two
contrasts of tumours look related, are in the null distribution as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.enrichment.rotation.moderated_t import VariancePrior, fit_prior, squeeze
from rnaseq_s6k1.enrichment.rotation.residual_space import ResidualSpace, residual_space
from rnaseq_s6k1.errors import ModelError
from rnaseq_s6k1.process_wide import one_blas_thread

__all__ = ["ContrastSpace", "contrast_space"]

FloatArray = NDArray[np.float64]

_BLOCK = 64


@dataclass(frozen=True)
class ContrastSpace:
    """An experiment seen along its contrast and its residual space.

    Attributes
    ----------
    space
        Effects of the contrast and of the residuals.
    prior
        Of the genes' variances, from the residuals as they are.
    """

    space: ResidualSpace
    prior: VariancePrior

    @property
    def degrees(self) -> int:
        """Residual degrees of freedom, d."""
        return self.space.df

    @property
    def statistics(self) -> FloatArray:
        """The moderated t of the contrast itself, shape ``(n_genes,)``."""
        return self._moderated_t(self.space.contrast, self._total)

    @property
    def _total(self) -> FloatArray:
        return np.asarray(np.square(self.space.effects).sum(axis=0))

    def rotated(self, n: int, seed: int | Sequence[int]) -> Iterator[FloatArray]:
        """Give the moderated t of `n` random directions, each of shape ``(n_genes,)``."""
        total = self._total
        rng = np.random.default_rng(seed)
        # One thread, since sums of several may differ in their last digit.
        with one_blas_thread():
            for start in range(0, n, _BLOCK):
                size = (min(_BLOCK, n - start), len(self.space.effects))
                directions = rng.standard_normal(size)
                directions /= np.linalg.norm(directions, axis=1, keepdims=True)
                for effect in directions @ self.space.effects:
                    yield self._moderated_t(effect, total)

    def _moderated_t(self, effect: FloatArray, total: FloatArray) -> FloatArray:
        variance = np.maximum(total - effect**2, 0.0) / self.degrees
        spread = np.sqrt(squeeze(variance, self.degrees, self.prior))
        return np.divide(effect, spread, out=np.zeros_like(effect), where=spread > 0)


def contrast_space(
    expression: FloatArray, design: FloatArray, contrast: FloatArray
) -> ContrastSpace:
    """Split expression into the component along a contrast and those of the residual space.

    Parameters
    ----------
    expression
        Log2 or variance-stabilised, shape ``(n_samples, n_genes)``.
    design
        Of full rank, shape ``(n_samples, n_coefficients)``.
    contrast
        Weights of the coefficients, shape ``(n_coefficients,)``.

    Raises
    ------
    ModelError
        If fewer than two residual degrees of freedom are left.
    DataError
        If fewer than two genes vary.
    """
    n, p = design.shape
    if n - p < 2:
        raise ModelError(
            f"{n} samples and {p} coefficients leave {n - p} residual degrees of freedom, and "
            "rotations need two; use a smaller design"
        )
    space = residual_space(expression, design, contrast)
    return ContrastSpace(space, fit_prior(space.variances, space.df))
