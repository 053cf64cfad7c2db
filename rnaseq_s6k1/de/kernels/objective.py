r"""The penalised negative log likelihood of one gene's coefficients, on the log2 scale.

.. math::
    f(b) = -\sum_j \log NB(y_j;\, \mu_j = s_j 2^{x_j b},\, \alpha) + \frac{\lambda}{2} |b|^2 + c

with all constants (here :math:`c`), as the optimiser that uses it stops on relative change. The
gradient is by central differences; see `rnaseq_s6k1.de.fast_coefficients`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import kernel

__all__ = ["loss_and_differences"]

FloatArray = NDArray[np.float64]


@kernel
def _loss(
    b: FloatArray,
    y: FloatArray,
    log_s: FloatArray,
    cells: NDArray[np.int64],
    rows: FloatArray,
    log_alpha: float,
    ridge: float,
) -> float:
    r = math.exp(-log_alpha)
    total = 0.0
    for i in range(len(b)):
        total += 0.5 * ridge * b[i] * b[i]
    for c in range(rows.shape[0]):
        eta = 0.0
        for i in range(len(b)):
            eta += rows[c, i] * b[i]
        for j in range(cells[c], cells[c + 1]):
            log_alpha_mu = log_s[j] + math.log(2.0) * eta + log_alpha
            # log(1 + exp(x)) without overflow
            if log_alpha_mu > 0.0:
                log_one_plus = log_alpha_mu + math.log1p(math.exp(-log_alpha_mu))
            else:
                log_one_plus = math.log1p(math.exp(log_alpha_mu))
            total += (y[j] + r) * log_one_plus - y[j] * log_alpha_mu
    return total


@kernel
def loss_and_differences(
    b: FloatArray,
    y: FloatArray,
    log_s: FloatArray,
    cells: NDArray[np.int64],
    rows: FloatArray,
    log_alpha: float,
    ridge: float,
    constant: float,
    step: float,
    gradient: FloatArray,
) -> float:
    """Return the loss at `b`, log2 scale, and fill `gradient` by differences of `step`."""
    trial = b.copy()
    for i in range(len(b)):
        trial[i] = b[i] + step
        above = _loss(trial, y, log_s, cells, rows, log_alpha, ridge)
        trial[i] = b[i] - step
        below = _loss(trial, y, log_s, cells, rows, log_alpha, ridge)
        trial[i] = b[i]
        gradient[i] = (above - below) / (2.0 * step)
    return _loss(b, y, log_s, cells, rows, log_alpha, ridge) + constant
