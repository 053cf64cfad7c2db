"""Latent factors: what makes genes vary together from sample to sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["FactorModel", "draw_counts", "draw_loadings"]


@dataclass(frozen=True)
class FactorModel:
    """How much of the biological variance genes share.

    Attributes
    ----------
    proliferation_share
        Mean share of the log variance of the core sets' genes that one proliferation factor
        carries, the same direction for all. 0.1 leaves a mean inter-gene correlation of counts of
        0.08 within the core sets (measured over 200 null libraries). For comparison, the residuals
        of T47D (GSE89888, WT, VST about the means of the treatments, eight libraries) correlate
        by 0.15 within E2F targets, 0.14 within G2M and MYC V2, 0.11 within KEGG's cell cycle, and
        by 0.105 among 200 random genes.
    n_generic
        Number of further factors, such as RNA quality or plating density, with random signs.
    generic_share
        Mean share of each of them, over all genes.
    """

    proliferation_share: float = 0.1
    n_generic: int = 3
    generic_share: float = 0.03


#: Some variance is always a gene's own.
_MOST_SHARED = 0.9


def draw_loadings(model: FactorModel, core: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw signed loadings, of which the squares are shares of a gene's log variance.

    Parameters
    ----------
    model
        Sizes of the shares.
    core
        Whether each gene is in a core set, shape ``(n_genes,)``.
    rng
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_genes, 1 + n_generic)``; squares add up to 0.9 at most.
    """
    n = len(core)
    proliferation = model.proliferation_share * rng.uniform(0.5, 1.5, n) * core
    # The square of a normal loading has its variance as mean: most genes load little.
    generic = rng.normal(0.0, np.sqrt(model.generic_share), (n, model.n_generic))
    loadings = np.column_stack([np.sqrt(proliferation), generic])
    total = np.square(loadings).sum(axis=1)
    return np.asarray(
        loadings * np.sqrt(np.minimum(1.0, _MOST_SHARED / np.maximum(total, 1e-12)))[:, None]
    )


def draw_counts(
    expected: np.ndarray,
    dispersions: np.ndarray,
    loadings: np.ndarray,
    rng_factors: np.random.Generator,
    rng_counts: np.random.Generator,
) -> np.ndarray:
    """Draw correlated counts with the mean and variance of a negative binomial.

    The count of gene ``i`` in sample ``j`` is Poisson with rate ``mu_ij F_ij G_ij``: ``F`` is
    log-normal with mean 1, ``log F_ij = sum_k s_ik z_jk - S_i / 2`` with standard normal factors
    ``z``, ``s_ik = l_ik sqrt(log(1 + alpha_i))`` and ``S_i = sum_k s_ik^2``; ``G`` is gamma with
    mean 1 and variance ``r_i = (1 + alpha_i) / exp(S_i) - 1``. The squared coefficient of
    variation of ``F G`` is ``exp(S_i)(1 + r_i) - 1 = alpha_i``, so that over samples the count
    has mean ``mu`` and variance ``mu + alpha mu^2`` whatever the loadings; without loadings it is
    negative binomial exactly.

    Parameters
    ----------
    expected
        ``mu``, shape ``(n_samples, n_genes)``.
    dispersions
        ``alpha``, shape ``(n_genes,)``.
    loadings
        ``l``, shape ``(n_genes, n_factors)``, with squares that add up to less than 1.
    rng_factors, rng_counts
        Sources of randomness.

    Returns
    -------
    numpy.ndarray
        Counts, int64, shape ``(n_samples, n_genes)``.
    """
    log_variance = np.log1p(dispersions)
    scaled = loadings * np.sqrt(log_variance)[:, np.newaxis]
    shared = np.square(scaled).sum(axis=1)
    factors = rng_factors.standard_normal((len(expected), loadings.shape[1]))
    rate = expected * np.exp(factors @ scaled.T - shared / 2)
    own = np.maximum(np.expm1(log_variance - shared), 1e-10)
    rate *= rng_counts.gamma(1 / own, own, size=expected.shape)
    return np.asarray(rng_counts.poisson(rate))
