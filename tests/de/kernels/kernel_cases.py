"""Genes drawn for the tests of the kernels, as the kernels and as plain numpy see them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from rnaseq_s6k1.de.layout import CellLayout, lay_out

DESIGNS = ("two groups", "three groups", "continuous", "batches")


def design(name: str, n: int) -> np.ndarray:
    """Return a design matrix whose equal rows do not lie side by side, shape (n, p)."""
    at = np.arange(n)
    one = np.ones(n)
    if name == "two groups":
        return np.column_stack([one, at % 2])
    if name == "three groups":
        return np.column_stack([one, at % 3 == 1, at % 3 == 2]).astype(float)
    if name == "continuous":
        return np.column_stack([one, at % 2, np.sin(1.7 * at)])
    return np.column_stack([one, at % 3 == 1, at % 3 == 2, at % 2]).astype(float)


@dataclass(frozen=True)
class Case:
    """Counts of some genes in the layout's order, and the model they come from."""

    counts: np.ndarray  # (n_genes, n), int32
    scaling: np.ndarray  # (1, n)
    X: np.ndarray  # (n, p), one row a sample
    layout: CellLayout
    beta: np.ndarray  # (n_genes, p), natural log
    alpha: np.ndarray  # (n_genes,)

    @property
    def cell_means(self) -> np.ndarray:
        return np.ascontiguousarray(np.exp(self.beta @ self.layout.rows.T))

    def means(self, min_mu: float = 0.0) -> np.ndarray:
        return np.maximum(np.exp(self.beta @ self.X.T) * self.scaling, min_mu)


def draw(
    name: str = "two groups",
    n: int = 12,
    n_genes: int = 1,
    seed: int = 0,
    alpha: float = 0.1,
    mean: float = 100.0,
    effect: float = 1.0,
) -> Case:
    """Draw negative-binomial counts; every gene has at least one."""
    rng = np.random.default_rng(seed)
    layout = lay_out(design(name, n))
    X = design(name, n)[layout.order]
    scaling = rng.uniform(0.6, 1.6, size=(1, n))
    beta = rng.normal(0, effect, size=(n_genes, X.shape[1]))
    beta[:, 0] = np.log(mean * rng.lognormal(0, 0.5, size=n_genes))
    mu = np.exp(beta @ X.T) * scaling
    counts = rng.negative_binomial(1 / alpha, 1 / (1 + alpha * mu)).astype(np.int32)
    counts[:, 0] += counts.sum(axis=1) == 0
    return Case(counts, scaling, X, layout, beta, np.full(n_genes, alpha))


def log_posterior(
    log_alpha: float,
    y: np.ndarray,
    mu: np.ndarray,
    X: np.ndarray,
    prior_mean: float = 0.0,
    prior_variance: float = np.inf,
) -> float:
    """Write out Love 2014, equations 4 to 7, sample by sample; terms without alpha left out."""
    alpha = np.exp(log_alpha)
    r = 1 / alpha
    terms = gammaln(y + r) - gammaln(r) + r * np.log(r / (r + mu)) - y * np.log(r + mu)
    W = np.diag(mu / (1 + alpha * mu))
    cox_reid = -0.5 * np.linalg.slogdet(X.T @ W @ X)[1]
    return float(terms.sum() + cox_reid - (log_alpha - prior_mean) ** 2 / (2 * prior_variance))


def best_log_alpha(
    y: np.ndarray,
    mu: np.ndarray,
    X: np.ndarray,
    prior_mean: float = 0.0,
    prior_variance: float = np.inf,
    lowest: float = np.log(1e-5),
    highest: float = np.log(10.0),
) -> tuple[float, float]:
    """Return where the log posterior is largest, and its value, by grids ever finer."""
    low, high = lowest, highest
    for _ in range(12):
        grid = np.linspace(low, high, 41)
        values = [log_posterior(a, y, mu, X, prior_mean, prior_variance) for a in grid]
        k = int(np.argmax(values))
        low, high = grid[max(k - 1, 0)], grid[min(k + 1, 40)]
        if high - low < 1e-7:
            break
    return float(grid[k]), float(values[k])
