"""Label permutation: which splits there are, exactness, refusals."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest

from rnaseq_s6k1.enrichment.phenotype import label_splits, phenotype_test
from rnaseq_s6k1.enrichment.rotation.set_index import SetIndex
from rnaseq_s6k1.errors import UsageError

SETS = SetIndex.of([range(25), range(100, 140)], 300)


def design_of(group, *covariates):
    return np.column_stack([np.ones(len(group)), *covariates, np.asarray(group, dtype=float)])


def last(design):
    return np.eye(design.shape[1])[-1]


def test_splits_without_covariates():
    design = design_of([0] * 5 + [1] * 4)
    splits = label_splits(design, last(design))
    assert splits.n_distinct == math.comb(9, 4)
    dealt = [tuple(one) for one in splits.every()]
    assert len(set(dealt)) == len(dealt) == 126
    assert {sum(one) for one in dealt} == {4}
    assert tuple(splits.labels) in dealt


def test_labels_stay_within_strata_and_among_the_compared_groups():
    group = np.array([0, 1, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0])
    batch = np.repeat([0.0, 1.0], 6)
    third = np.array([0] * 10 + [1] * 2)  # a third group, which is not compared
    design = design_of(group, batch, third)
    splits = label_splits(design, last(design))
    assert splits.n_distinct == math.comb(6, 3) * math.comb(4, 1)
    for one in itertools.chain(splits.every(), splits.drawn(50, np.random.default_rng(0))):
        assert one[:6].sum() == 3
        assert one[6:10].sum() == 1
        assert one[10:].tolist() == splits.labels[10:].tolist()


def test_the_coding_of_the_design_does_not_matter():
    group, batch = np.array([0, 1] * 6), np.repeat([0.0, 1.0], 6)
    treated = label_splits(design_of(group, batch), [0, 0, 1])
    means = label_splits(np.column_stack([1 - group, group, batch]), [-1, 1, 0])
    assert treated.n_distinct == means.n_distinct == 400
    y = np.random.default_rng(0).standard_normal((12, 300))
    pd.testing.assert_frame_equal(
        phenotype_test(y, design_of(group, batch), [0, 0, 1], SETS),
        phenotype_test(y, np.column_stack([1 - group, group, batch]), [-1, 1, 0], SETS),
    )


def test_enumerated_p_is_exact_and_counts_the_present_split():
    rng = np.random.default_rng(1)
    y = rng.standard_normal((10, 300))
    y[5:, :25] += 4
    design = design_of([0] * 5 + [1] * 5)
    table = phenotype_test(y, design, last(design), SETS)
    assert table["n_permutations"].tolist() == [252, 252]
    assert table["up"].iloc[0] == 1 / 252
    assert table["pvalue"].iloc[0] == 2 / 252
    assert table["mean_rank"].iloc[0] > 0.8
    np.testing.assert_allclose(table["up"] * 252, np.round(table["up"] * 252), atol=1e-9)


def test_p_is_uniform_without_effects_though_genes_are_correlated():
    found = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        y = rng.standard_normal((12, 300))
        y[:, :25] += rng.standard_normal((12, 1))
        batch = np.tile([0.0, 1.0], 6)
        y += 2 * batch[:, None] * rng.standard_normal(300)
        design = design_of([0] * 6 + [1] * 6, batch)
        found.append(phenotype_test(y, design, last(design), SETS)["up"])
    assert kstest(pd.concat(found), "uniform").pvalue > 0.001


def test_drawn_splits_agree_with_all_of_them():
    y = np.random.default_rng(2).standard_normal((12, 300))
    y[6:, :25] += 0.4
    design = design_of([0] * 6 + [1] * 6)
    every = phenotype_test(y, design, last(design), SETS)
    drawn = phenotype_test(y, design, last(design), SETS, permutations=900, seed=3)
    assert drawn["n_permutations"].tolist() == [900, 900]
    np.testing.assert_allclose(drawn["up"], every["up"], atol=0.06)
    again = phenotype_test(y, design, last(design), SETS, permutations=900, seed=3, jobs=2)
    pd.testing.assert_frame_equal(again, drawn, check_exact=True)


def test_refused_where_p_cannot_be_small_with_the_number_of_splits():
    y = np.random.default_rng(0).standard_normal((8, 300))
    design = design_of([0] * 4 + [1] * 4)
    with pytest.raises(UsageError, match=r"in 70 distinct ways .* no p is below 0\.029"):
        phenotype_test(y, design, last(design), SETS)
    with pytest.raises(UsageError, match=r"in 20 distinct ways .* no p is below 0\.1,"):
        phenotype_test(y[:6], design[[0, 1, 2, 4, 5, 6]], last(design), SETS)
    age = np.arange(8.0) ** 2
    design = design_of([0] * 4 + [1] * 4, age)
    with pytest.raises(UsageError, match="in 1 distinct way within the strata"):
        phenotype_test(y, design, last(design), SETS)
    with pytest.raises(UsageError, match="permutes two groups"):
        label_splits(np.column_stack([np.ones(9), np.arange(9.0)]), [0, 1])
    with pytest.raises(UsageError, match="must be 199 or more"):
        phenotype_test(np.zeros((12, 300)), design_of([0, 1] * 6), [0, 1], SETS, permutations=100)
