"""Cook's distances against the definition, sample by sample in numpy."""

from __future__ import annotations

import numpy as np
import pytest
from kernel_cases import Case, draw
from scipy.stats import trim_mean

from rnaseq_s6k1.de.kernels.cooks import cooks_distances, suspect_genes
from rnaseq_s6k1.de.layout import lay_out

RIDGE, MIN_MU = 1e-6, 0.5

# Share trimmed at each end, and the factor that makes up for it, by the size of a cell.
TRIMS = {3: (1 / 3, 2.04), 4: (1 / 4, 1.86), 23: (1 / 4, 1.86), 24: (1 / 8, 1.51)}


def of_cells(sizes, n_genes=6, seed=0) -> Case:
    """Draw genes of one factor whose levels have these many samples."""
    level = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    X = np.column_stack([np.ones(len(level)), *(level == k for k in range(1, len(sizes)))])
    layout = lay_out(X)
    like = draw("two groups", n=len(level), n_genes=n_genes, seed=seed)
    beta = np.zeros((n_genes, len(sizes)))
    beta[:, 0] = like.beta[:, 0]
    rng = np.random.default_rng(seed)
    mu = np.exp(beta @ X[layout.order].T) * like.scaling
    counts = rng.negative_binomial(5, 5 / (5 + mu)).astype(np.int32)
    return Case(counts, like.scaling, X[layout.order], layout, beta + 0.1, like.alpha)


def distances(case: Case, weighted_at=None) -> np.ndarray:
    out = np.empty(case.counts.shape)
    cooks_distances(
        case.counts, case.scaling, case.layout.starts, case.layout.rows, case.alpha,
        np.full(case.X.shape[1], RIDGE), MIN_MU, case.beta,
        case.beta if weighted_at is None else weighted_at, out,
    )  # fmt: skip
    return out


def robust_dispersion(z: np.ndarray, cells: list[np.ndarray]) -> float:
    def trimmed(values, share, scale):
        return scale * trim_mean((values - trim_mean(values, share)) ** 2, share)

    usable = [cell for cell in cells if len(cell) >= 3]
    if usable:
        v = max(
            trimmed(z[cell], *TRIMS[max(k for k in TRIMS if k <= len(cell))]) for cell in usable
        )
    else:
        v = trimmed(z, 1 / 8, 1.51)
    return max((v - z.mean()) / z.mean() ** 2, 0.04)


def by_definition(case: Case, g: int, weighted_at: np.ndarray) -> np.ndarray:
    X, s, y = case.X, case.scaling[0], case.counts[g]
    p = X.shape[1]
    cells = [np.flatnonzero(np.all(row == X, axis=1)) for row in np.unique(X, axis=0)]
    robust = robust_dispersion(y / s, cells)
    mu = s * np.exp(X @ case.beta[g])
    weighted_mu = np.maximum(s * np.exp(X @ weighted_at), MIN_MU)
    root = np.sqrt(weighted_mu / (1 + case.alpha[g] * weighted_mu))[:, None]
    WX = root * X
    h = np.diag(WX @ np.linalg.inv(WX.T @ WX + RIDGE * np.eye(p)) @ WX.T)
    return (y - mu) ** 2 / (mu + robust * mu**2) / p * h / (1 - h) ** 2


@pytest.mark.parametrize(
    "sizes", [(2, 2), (3, 3), (2, 3), (4, 5), (7, 23), (24, 3), (30, 40), (2, 1, 2), (3, 4, 24)]
)
def test_against_the_definition(sizes):
    case = of_cells(sizes, seed=sum(sizes))
    ours = distances(case)
    for g in range(len(case.counts)):
        np.testing.assert_allclose(ours[g], by_definition(case, g, case.beta[g]), rtol=1e-8)


@pytest.mark.parametrize("name", ["continuous", "batches"])
def test_designs_with_more_cells_than_coefficients(name):
    case = draw(name, n=12, n_genes=6, alpha=0.2)
    ours = distances(case)
    for g in range(6):
        np.testing.assert_allclose(ours[g], by_definition(case, g, case.beta[g]), rtol=1e-8)


def test_leverages_are_taken_where_they_are_told():
    case = of_cells((3, 5))
    elsewhere = case.beta + np.array([0.0, 1.5])
    ours = distances(case, weighted_at=elsewhere)
    for g in range(len(case.counts)):
        np.testing.assert_allclose(ours[g], by_definition(case, g, elsewhere[g]), rtol=1e-8)


def test_a_planted_outlier_stands_out():
    case = of_cells((5, 5), n_genes=1)
    case.counts[0, 3] = 50_000
    assert distances(case)[0].argmax() == 3


@pytest.mark.parametrize("sizes", [(3, 3), (2, 3), (7, 23), (30, 40), (3, 4, 24)])
@pytest.mark.parametrize("cutoff", [0.05, 0.3, 1.0, 5.0])
def test_no_gene_with_a_distance_above_the_cutoff_goes_unsuspected(sizes, cutoff):
    case = of_cells(sizes, n_genes=60, seed=sum(sizes))
    case.counts[::5, 1] *= 40
    suspect = np.empty(60, dtype=bool)
    suspect_genes(
        case.counts, case.scaling, case.layout.starts, case.layout.rows, case.alpha,
        np.full(case.X.shape[1], RIDGE), MIN_MU, case.beta, case.beta, cutoff, suspect,
    )  # fmt: skip
    beyond = (distances(case) > cutoff).any(axis=1)
    assert beyond.any() or cutoff > 1
    assert suspect[beyond].all()
    # With a robust dispersion of no more than 0.04 a suspect's distance is its own.
    own = [robust_is_least(case, g) for g in range(60)]
    assert (suspect[own] == beyond[own]).all()


def robust_is_least(case: Case, g: int) -> bool:
    cells = [np.flatnonzero(np.all(row == case.X, axis=1)) for row in np.unique(case.X, axis=0)]
    return robust_dispersion(case.counts[g] / case.scaling[0], cells) == 0.04
