r"""Size factors by likelihood, for data in which every gene has a zero.

As DESeq2's documentation describes the type ``iterate``: dispersions are estimated with the
design ``~ 1``, a constant trend, and the current size factors; then the vector of size
factors is found that maximises the likelihood of that model, each gene's mean and
dispersion held fixed, leaving out the worst-fitting twentieth of the genes; and so on until
the logs of the size factors move by less than 1e-4 in sum of squares. Their geometric mean
is 1.
"""

from __future__ import annotations

import logging

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import gammaln

from rnaseq_s6k1.de.fast_dispersions import MIN_MU
from rnaseq_s6k1.de.fast_road import fit_genes
from rnaseq_s6k1.de.layout import lay_out
from rnaseq_s6k1.de.options import FitOptions
from rnaseq_s6k1.errors import ModelError

__all__ = ["iterate_size_factors"]

logger = logging.getLogger(__name__)

FloatArray = NDArray[np.float64]

_ROUNDS = 10
_SETTLED = 1e-4
_KEPT = 0.95


def iterate_size_factors(counts: NDArray[np.integer]) -> FloatArray:
    """Estimate size factors by alternating with dispersions.

    Parameters
    ----------
    counts
        Shape ``(n_samples, n_genes)``.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_samples,)``, geometric mean 1.

    Raises
    ------
    ModelError
        If the rounds do not settle.
    """
    y = np.ascontiguousarray(counts[:, counts.any(axis=0)].T, dtype=np.int32)
    layout = lay_out(np.ones((y.shape[1], 1)))
    logs = np.zeros(y.shape[1])
    for done in range(_ROUNDS):
        scaling = np.exp(logs)[None, :]
        fits, _ = fit_genes(y, scaling, layout, FitOptions(fit_type="mean"))
        new = _most_likely(y, fits.base_mean, fits.dispersions.final, logs)
        moved = float(np.sum((new - logs) ** 2))
        logs = new
        if done > 1 and moved < _SETTLED:
            return np.asarray(np.exp(logs))
    raise ModelError(
        "iterated size factors did not settle; use --size-factors poscounts, or give them"
    )


def _most_likely(
    y: NDArray[np.int32], means: FloatArray, dispersions: FloatArray, start: FloatArray
) -> FloatArray:
    """Return the centred log size factors of largest likelihood."""
    r = (1.0 / dispersions)[:, None]
    # Means are limited from below at the current factors, and follow the new ones from there.
    normalized = np.maximum(means[:, None] * np.exp(start), MIN_MU) / np.exp(start)
    constant = np.sum(gammaln(r) + gammaln(y + 1.0) - gammaln(y + r), axis=1)

    def loss(logs: FloatArray) -> tuple[float, FloatArray]:
        centred = logs - logs.mean()
        mu = normalized * np.exp(centred)
        by_sample = (y + r) * np.log(mu + r) - y * np.log(mu) - r * np.log(r)
        by_gene = constant + by_sample.sum(axis=1)
        kept = by_gene < np.quantile(by_gene, _KEPT)
        slope = ((y[kept] + r[kept]) * mu[kept] / (mu[kept] + r[kept]) - y[kept]).sum(axis=0)
        return float(by_gene[kept].sum()), slope - slope.mean()

    found = minimize(loss, start, jac=True, method="L-BFGS-B")
    return np.asarray(found.x - found.x.mean())
