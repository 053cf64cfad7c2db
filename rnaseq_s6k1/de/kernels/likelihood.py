r"""The negative-binomial log likelihood of fitted genes.

.. math::
    \ell = \sum_j \log\Gamma(y_j + r) - \log\Gamma(r) - \log\Gamma(y_j + 1)
        + y_j \log\frac{\alpha\mu_j}{1 + \alpha\mu_j} - r \log(1 + \alpha\mu_j),
    \qquad r = 1/\alpha
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import parallel_kernel
from rnaseq_s6k1.de.kernels.means import scaling_row

__all__ = ["log_likelihoods"]

FloatArray = NDArray[np.float64]


@parallel_kernel
def log_likelihoods(
    counts: NDArray[np.int32],
    scaling: FloatArray,
    cells: NDArray[np.int64],
    rows: FloatArray,
    dispersions: FloatArray,
    beta: FloatArray,
    out: FloatArray,
) -> None:
    """Fill `out`, shape ``(n_genes,)``; see `kernels.coefficients.fit_coefficients`."""
    n_genes, p = beta.shape
    for g in numba.prange(n_genes):
        s = scaling_row(scaling, g)
        alpha = dispersions[g]
        r = 1.0 / alpha
        log_gamma_r = math.lgamma(r)
        total = 0.0
        for c in range(len(cells) - 1):
            eta = 0.0
            for i in range(p):
                eta += rows[c, i] * beta[g, i]
            for j in range(cells[c], cells[c + 1]):
                y = float(counts[g, j])
                log_alpha_mu = math.log(s[j]) + eta + math.log(alpha)
                if log_alpha_mu > 0.0:
                    log_one_plus = log_alpha_mu + math.log1p(math.exp(-log_alpha_mu))
                else:
                    log_one_plus = math.log1p(math.exp(log_alpha_mu))
                total += math.lgamma(y + r) - log_gamma_r - math.lgamma(y + 1.0)
                total += y * log_alpha_mu - (y + r) * log_one_plus
        out[g] = total
