"""Shrunken coefficients against scipy's mode, and what shrinkage must and must not do."""

from __future__ import annotations

import numpy as np
import pytest
from kernel_cases import DESIGNS, Case, draw
from scipy.optimize import minimize
from scipy.stats import cauchy, nbinom, norm

from rnaseq_s6k1.de.fast_coefficients import fit_betas
from rnaseq_s6k1.de.kernels.shrink import shrink_all
from rnaseq_s6k1.de.layout import lay_out

WIDE = 15.0


def unshrunken(case: Case) -> np.ndarray:
    return fit_betas(case.counts, case.scaling, case.layout, case.alpha)[0]


def shrink(case: Case, scale: float, which: int = -1) -> np.ndarray:
    out = np.empty(len(case.counts))
    which = which % case.X.shape[1]
    shrink_all(
        case.counts, case.scaling, case.layout.starts, case.layout.rows, case.alpha,
        unshrunken(case), which, WIDE, scale, out,
    )  # fmt: skip
    return out


def loss(beta, case: Case, g: int, which: int, scale: float) -> float:
    mu = case.scaling[0] * np.exp(np.clip(case.X @ beta, -50, 50))
    r = 1 / case.alpha[g]
    others = np.delete(beta, which)
    return -(
        nbinom.logpmf(case.counts[g], r, r / (r + mu)).sum()
        + cauchy.logpdf(beta[which], scale=scale)
        + norm.logpdf(others, scale=WIDE).sum()
    )


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("scale", [0.05, 1.0])
def test_is_the_mode(name, scale):
    case = draw(name, n=12, n_genes=5, alpha=0.2, mean=40.0, seed=3)
    ours, unshrunk, which = shrink(case, scale), unshrunken(case), case.X.shape[1] - 1
    for g in range(5):
        best = min(
            (
                minimize(
                    loss, np.append(unshrunk[g, :-1], at), args=(case, g, which, scale),
                    method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-10, "maxiter": 4000},
                )
                for at in (0.0, unshrunk[g, -1], 0.5 * unshrunk[g, -1])
            ),
            key=lambda found: found.fun,
        )  # fmt: skip
        assert ours[g] == pytest.approx(best.x[which], abs=1e-4)


def test_any_coefficient_may_be_the_one():
    case = draw("batches", n=12, n_genes=4, seed=1)
    unshrunk = unshrunken(case)
    for which in (1, 2, 3):
        ours = shrink(case, 0.2, which)
        assert (np.abs(ours) <= np.abs(unshrunk[:, which]) + 2e-3).all()
        assert (np.sign(ours) == np.sign(unshrunk[:, which])).all()


def test_of_two_modes_the_higher_wins():
    # A strong effect against a prior far too narrow for it has a mode at zero and one at
    # the data; with the effect growing the mode jumps from one to the other.
    jumped = []
    for effect in np.linspace(0.1, 3.0, 12):
        case = draw("two groups", n=6, alpha=0.02, mean=300.0)
        case.beta[0] = [np.log(300.0), effect]
        case.counts[:] = np.round(case.means())
        ours = shrink(case, 1e-3)[0]
        profile = [
            minimize(
                lambda b0, at=at, case=case: loss(np.array([b0[0], at]), case, 0, 1, 1e-3),
                [np.log(300.0) + (effect - at) / 2], method="Nelder-Mead",
            ).fun
            for at in (0.0, ours, effect)
        ]  # fmt: skip
        assert profile[1] <= min(profile) + 1e-3
        assert 0 <= ours <= effect
        jumped.append(ours > effect / 2)
    assert not jumped[0]
    assert jumped[-1]
    assert jumped == sorted(jumped)


@pytest.mark.parametrize("scale", [0.1, 1.0])
def test_turning_the_column_turns_the_sign(scale):
    case = draw("two groups", n=12, n_genes=20, seed=4)
    layout = lay_out(case.X * np.array([1.0, -1.0]))
    turned = Case(
        np.ascontiguousarray(case.counts[:, layout.order]),
        np.ascontiguousarray(case.scaling[:, layout.order]),
        (case.X * np.array([1.0, -1.0]))[layout.order],
        layout,
        case.beta,
        case.alpha,
    )
    np.testing.assert_allclose(shrink(turned, scale), -shrink(case, scale), atol=1e-6)


def test_pulls_towards_zero_and_a_narrower_prior_more():
    case = draw("two groups", n=8, n_genes=200, alpha=0.3, mean=20.0, effect=0.3, seed=9)
    unshrunk = np.abs(unshrunken(case)[:, 1])
    wide, narrow = np.abs(shrink(case, 1.0)), np.abs(shrink(case, 0.05))
    # The prior of the intercept, wide as it is, may move an effect next to nothing.
    assert (wide <= unshrunk + 2e-3).all()
    assert (narrow <= wide + 1e-6).all()
    assert narrow.sum() < 0.5 * unshrunk.sum()


def test_keeps_large_effects():
    case = draw("two groups", n=10, n_genes=50, alpha=0.02, mean=500.0, seed=2)
    case.beta[:, 1] = np.where(np.arange(50) % 2, 4.0, -4.0)
    rng = np.random.default_rng(0)
    case.counts[:] = rng.negative_binomial(50, 50 / (50 + case.means()))
    np.testing.assert_allclose(shrink(case, 0.1), unshrunken(case)[:, 1], rtol=0.01)
