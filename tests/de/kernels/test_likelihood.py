"""Log likelihoods against scipy's negative binomial."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_cases import DESIGNS, draw
from scipy.stats import nbinom, poisson

from rnaseq_s6k1.de.kernels.likelihood import log_likelihoods


def likelihoods(case, scaling=None):
    out = np.empty(len(case.counts))
    log_likelihoods(
        case.counts, case.scaling if scaling is None else scaling, case.layout.starts,
        case.layout.rows, case.alpha, case.beta, out,
    )  # fmt: skip
    return out


@given(
    st.sampled_from(DESIGNS),
    st.integers(0, 10**6),
    st.sampled_from([1e-3, 0.1, 5.0]),
    st.sampled_from([1e-2, 10.0, 1e5]),
)
@settings(deadline=None, max_examples=60)
def test_against_scipy(name, seed, alpha, mean):
    case = draw(name, seed=seed, alpha=alpha, mean=mean, n_genes=3)
    expected = nbinom.logpmf(case.counts, 1 / alpha, 1 / (1 + alpha * case.means())).sum(axis=1)
    np.testing.assert_allclose(likelihoods(case), expected, rtol=1e-8)


def test_without_dispersion_it_is_poisson():
    case = draw(mean=30.0)
    case.alpha[:] = 1e-9
    expected = poisson.logpmf(case.counts, case.means()).sum()
    assert likelihoods(case)[0] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("far", [-600.0, 600.0])
def test_coefficients_that_ran_away_overflow_nowhere(far):
    case = draw()
    case.beta[0] = [far, 0.0]
    assert np.isfinite(likelihoods(case)).all()


def test_factors_per_gene():
    case = draw(n_genes=4)
    own = np.repeat(case.scaling, 4, axis=0)
    np.testing.assert_array_equal(likelihoods(case), likelihoods(case, own))
    case.beta[:, 0] -= np.log(2)
    np.testing.assert_allclose(likelihoods(case, 2 * own), likelihoods(draw(n_genes=4)), rtol=1e-9)
