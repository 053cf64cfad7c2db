"""The hypergeometric tail and the conditional odds ratio against R's fisher.test and scipy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from rnaseq_s6k1.enrichment.hypergeometric import conditional_odds_ratio, log_upper_tail
from rnaseq_s6k1.errors import DataError


def test_against_r_fisher_test():
    rows = pd.read_csv(Path(__file__).parent / "data" / "fisher_test.tsv", sep="\t")
    assert len(rows) > 50
    tables = [rows[name].to_numpy() for name in ("overlap", "size", "listed", "universe")]
    found = [
        (*np.ravel(conditional_odds_ratio(*table[:3], int(table[3]))), *log_upper_tail(*table))
        for table in zip(*tables, strict=True)
    ]
    ours = pd.DataFrame(found, columns=["odds_ratio", "ci_low", "ci_high", "log_p"])
    for name in ("odds_ratio", "ci_low", "ci_high"):
        theirs, mine = rows[name].to_numpy(), ours[name].to_numpy()
        unbounded = np.isinf(theirs) | (theirs == 0)
        np.testing.assert_array_equal(mine[unbounded], theirs[unbounded])
        a, b = mine[~unbounded], theirs[~unbounded]
        # R looks for the root, or its reciprocal, to its uniroot()'s tolerance of 1.2e-4.
        assert (np.minimum(np.abs(a - b), np.abs(1 / a - 1 / b)) <= 1.3e-4).all()
        assert np.median(np.abs(a / b - 1)) < 1e-4
    representable = rows["pvalue"] > 1e-300  # others underflow in R
    np.testing.assert_allclose(
        ours["log_p"][representable],
        np.log(rows["pvalue"][representable]),
        rtol=1e-9,
        atol=1e-9,
    )


@st.composite
def tables(draw):
    universe = draw(st.integers(2, 4000))
    size = draw(st.integers(1, universe))
    listed = draw(st.integers(0, universe))
    overlap = draw(st.integers(max(0, size + listed - universe), min(size, listed)))
    return overlap, size, listed, universe


@settings(deadline=None)
@given(tables())
def test_the_tail_against_scipy(table):
    overlap, size, listed, universe = table
    expected = hypergeom.logsf(overlap - 1, universe, size, listed)
    np.testing.assert_allclose(log_upper_tail(*table), expected, rtol=1e-8, atol=1e-9)


@settings(deadline=None)
@given(tables())
def test_estimate_and_limits_solve_their_equations(table):
    from scipy.stats import nchypergeom_fisher

    overlap, size, listed, universe = table
    low, high = max(0, size + listed - universe), min(size, listed)
    estimate, ci_low, ci_high = (float(part[0]) for part in conditional_odds_ratio(*table))
    if low == high:
        assert np.isnan(estimate)
        assert (ci_low, ci_high) == (0, np.inf)
        return
    assert ci_low <= estimate <= ci_high
    if not universe <= 300:  # scipy is slow and loses digits beyond
        return
    for value, tail in ((ci_low, "upper"), (ci_high, "lower")):
        if 0 < value < np.inf:
            law = nchypergeom_fisher(universe, size, listed, value)
            chance = law.sf(overlap - 1) if tail == "upper" else law.cdf(overlap)
            assert chance == pytest.approx(0.025, rel=1e-5)
    if 0 < estimate < np.inf:
        mean = nchypergeom_fisher(universe, size, listed, estimate).mean()
        assert mean == pytest.approx(overlap, rel=1e-6)


@settings(deadline=None)
@given(tables())
def test_lists_and_sets_change_places(table):
    overlap, size, listed, universe = table
    for ours, turned in zip(
        conditional_odds_ratio(*table),
        conditional_odds_ratio(overlap, listed, size, universe),
        strict=True,
    ):
        np.testing.assert_allclose(ours, turned, rtol=1e-9)


def test_far_tails_do_not_underflow():
    assert log_upper_tail(400, 400, 1000, 20_000)[0] == pytest.approx(
        hypergeom.logpmf(400, 20_000, 400, 1000), rel=1e-10
    )
    assert log_upper_tail(400, 400, 1000, 20_000)[0] < np.log(1e-300)


def test_the_interval_covers():
    # An exact interval covers at least as often as it says, given any true odds ratio.
    rng = np.random.default_rng(3)
    listed = np.where(np.arange(4000) < 300, 3.0, 1.0)
    inside = []
    for _ in range(400):
        # Biased urn by Gumbel keys is not Fisher's law; independent inclusion given its sum is.
        chance = 0.05 * listed / (1 + 0.05 * (listed - 1))
        drawn = rng.random(4000) < chance
        table = (drawn[:300].sum(), 300, drawn.sum(), 4000)
        _, low, high = conditional_odds_ratio(*table)
        inside.append(low[0] <= 3.0 <= high[0])
    assert np.mean(inside) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 400)


@pytest.mark.parametrize("table", [(5, 4, 10, 100), (0, 60, 60, 100), (1, 2, 3, 1)])
def test_impossible_tables_are_refused(table):
    with pytest.raises(DataError, match="is impossible; count the genes of one universe"):
        conditional_odds_ratio(*table)
