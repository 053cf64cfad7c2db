"""Random signatures of the same size, signs and expression as a given one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.cohort.score_bridge.expression import ScoreMethod, score_samples

__all__ = ["expression_bins", "random_scores"]

_BINS = 20


def expression_bins(mean: NDArray[np.float64], bins: int = _BINS) -> NDArray[np.intp]:
    """Divide genes into bins of equal size by mean expression.

    Parameters
    ----------
    mean
        Mean log expression, shape ``(n_genes,)``.
    bins
        How many.

    Returns
    -------
    numpy.ndarray
        Bin of each gene, shape ``(n_genes,)``.
    """
    rank = np.lexsort((np.arange(len(mean)), mean)).argsort()
    return np.asarray(rank * bins // len(mean), dtype=np.intp)


def random_scores(
    matrix: NDArray[np.float64],
    bins: NDArray[np.intp],
    pool: NDArray[np.bool_],
    members: NDArray[np.intp],
    weights: NDArray[np.float64],
    *,
    n: int,
    method: ScoreMethod,
    seed: int,
) -> NDArray[np.float64]:
    """Score samples by random signatures.

    Each gene of the signature is replaced by one drawn from its bin of mean expression, which
    takes over its weight; no gene is drawn twice in a signature. The signature's own genes may be
    drawn: to leave them out would empty the null of biology.

    Parameters
    ----------
    matrix
        From `scoring_matrix`, shape ``(n_samples, n_genes)``.
    bins
        From `expression_bins`.
    pool
        Which genes may be drawn, shape ``(n_genes,)``; the signature's are among them.
    members, weights
        The signature: columns and weights, shape ``(n_members,)``.
    n
        How many random signatures.
    method
        As for `score_samples`.
    seed
        Of the draws.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_samples, n)``.
    """
    rng = np.random.default_rng(seed)
    own = bins[members]
    places = [
        (np.flatnonzero(own == b), np.flatnonzero((bins == b) & pool)) for b in np.unique(own)
    ]
    scores = np.empty((len(matrix), n))
    drawn = np.empty(len(members), dtype=np.intp)
    for k in range(n):
        for mine, candidates in places:
            drawn[mine] = rng.choice(candidates, len(mine), replace=False)
        scores[:, k] = score_samples(matrix[:, drawn], weights, method)
    return scores
