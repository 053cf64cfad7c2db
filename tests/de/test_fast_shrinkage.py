"""The adaptive prior scale, and apeGLM where there is little to go by."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnaseq_s6k1.de.fast_coefficients import fit_betas, standard_errors
from rnaseq_s6k1.de.layout import lay_out
from rnaseq_s6k1.de.run import run_de
from rnaseq_s6k1.de.shrinkage import prior_scale, shrunken_coefficients


@given(st.integers(0, 10**6), st.floats(0.05, 0.9))
@settings(deadline=None)
def test_scale_recovers_the_spread_of_true_effects(seed, spread):
    rng = np.random.default_rng(seed)
    errors = rng.uniform(0.05, 0.2, size=4000)
    estimates = rng.normal(0, np.hypot(spread, errors))
    assert prior_scale(estimates, errors) == pytest.approx(spread, rel=0.1, abs=0.02)


@given(st.integers(0, 10**6), st.floats(0.1, 0.8))
@settings(deadline=None)
def test_scale_solves_its_equation(seed, spread):
    rng = np.random.default_rng(seed)
    errors = rng.uniform(0.05, 0.4, size=300)
    estimates = rng.normal(0, np.hypot(spread, errors))
    scale = prior_scale(estimates, errors)
    if 1e-3 < scale < 1.0:
        a, s, d = scale**2, estimates**2, errors**2
        assert a == pytest.approx(
            np.sum((s - d) / (a + d) ** 2) / np.sum(1 / (a + d) ** 2), rel=1e-6
        )


def test_scale_has_bounds():
    errors = np.full(100, 0.3)
    assert prior_scale(np.full(100, 5.0), errors) == 1.0
    assert prior_scale(np.full(100, 1e4), errors) == 1.0
    assert prior_scale(np.full(100, 0.01), errors) == pytest.approx(1e-3)


def test_genes_without_an_error_do_not_set_the_scale():
    rng = np.random.default_rng(0)
    layout = lay_out(np.column_stack([np.ones(6), np.arange(6) % 2]))
    counts = rng.negative_binomial(5, 0.05, size=(50, 6)).astype(np.int32) + 1
    scaling, dispersions = np.ones((1, 6)), np.full(50, 0.2)
    beta, _ = fit_betas(counts, scaling, layout, dispersions)
    errors = standard_errors(scaling, layout, dispersions, beta, np.array([0.0, 1.0]))

    def shrunken(errors):
        return shrunken_coefficients(counts, scaling, layout, dispersions, beta, errors, 1)

    errors[3] = math.nan
    whole = shrunken(errors)
    assert np.isfinite(whole).all()
    errors[3] = 0.0
    np.testing.assert_array_equal(shrunken(errors), whole)


@pytest.mark.parametrize(
    ("control", "treated"),
    [
        ([0, 0, 0], [3, 5, 2]),
        ([0, 0, 0], [400, 500, 600]),
        ([0, 1, 0], [30_000, 50_000, 41_000]),
        ([100_000, 120_000, 90_000], [0, 0, 0]),
        ([0, 0, 0], [0, 0, 1]),
    ],
)
def test_three_against_three_stays_finite(simulated, control, treated):
    adata = simulated(n_genes=300, n_per_group=3, dispersion=0.1, seed=1)
    is_treated = (adata.obs["condition"] == "treated").to_numpy()
    adata.X[~is_treated, 7] = control
    adata.X[is_treated, 7] = treated
    row = run_de(adata).table.set_index("gene_id").loc["gene0007"]
    shrunken, unshrunken = row["log2FoldChange_shrunk"], row["log2FoldChange"]
    assert np.isfinite([shrunken, unshrunken, row["lfcSE"]]).all()
    # Without a count in a group the likelihood has no maximum: the unshrunken estimate is
    # where means are limited, and the mode under the prior may lie beyond it.
    silent = not any(control) or not any(treated)
    assert abs(shrunken) <= (30 if silent else abs(unshrunken) + 1e-6)
    assert abs(unshrunken) <= 30 + 1e-9
    if max(*control, *treated) >= 400:
        assert np.sign(shrunken) == (1 if sum(treated) > sum(control) else -1)
        assert abs(shrunken) > 3
    else:
        assert abs(shrunken) < 0.5 * abs(unshrunken)


def test_one_runaway_gene_hardly_moves_the_scale():
    rng = np.random.default_rng(0)
    errors = rng.uniform(0.15, 0.35, size=300)
    estimates = rng.normal(0, np.hypot(0.2, errors))
    plain = prior_scale(estimates, errors)
    estimates[7], errors[7] = 12.5, 0.85
    assert plain < prior_scale(estimates, errors) < 1.3 * plain
