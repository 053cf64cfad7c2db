"""Permuted labels: against full enumeration written out, under the null, within strata."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest, rankdata

from rnaseq_s6k1.enrichment.phenotype import distinct_labellings, phenotype_test
from rnaseq_s6k1.enrichment.rotation.moderated_t import fit_prior, moderated_t
from rnaseq_s6k1.enrichment.rotation.residual_space import residual_space
from rnaseq_s6k1.enrichment.rotation.set_index import SetIndex
from rnaseq_s6k1.enrichment.sample_data import SampleData
from rnaseq_s6k1.errors import ModelError


def samples_of(expression, group, *covariates) -> SampleData:
    design = np.column_stack([np.ones(len(group)), *covariates, group]).astype(float)
    contrast = np.zeros(design.shape[1])
    contrast[-1] = 1.0
    genes = pd.Index([f"g{i}" for i in range(expression.shape[1])])
    return SampleData(np.asarray(expression, dtype=float), genes, design, contrast)


def correlated(rng, n: int, n_genes: int, n_sets: int, size: int, shared: float):
    """Draw expression in which the genes of each set share a factor of the samples."""
    expression = rng.normal(size=(n, n_genes))
    members = [np.arange(k * size, (k + 1) * size) for k in range(n_sets)]
    for genes in members:
        expression[:, genes] += shared * rng.normal(size=(n, 1))
    return expression, SetIndex.of(members, n_genes)


def mean_ranks(samples: SampleData, sets: SetIndex, prior) -> np.ndarray:
    space = residual_space(samples.expression, samples.design, samples.contrast)
    ranks = rankdata(np.round(moderated_t(space, prior).t, 9))
    return np.array([ranks[sets[s]].mean() for s in range(len(sets))])


def test_against_every_labelling_written_out():
    rng = np.random.default_rng(2)
    expression, sets = correlated(rng, 10, 60, 3, 12, 0.7)
    group = np.repeat([0, 1], 5)
    expression[group == 1, :12] += 0.6
    samples = samples_of(expression, group)
    found = phenotype_test(samples, sets)
    assert distinct_labellings(samples) == 252
    left = expression - expression.mean(axis=0)
    prior = fit_prior(np.square(left).sum(axis=0) / 9, 9)
    own = mean_ranks(samples, sets, prior)
    all_ranks = []
    for chosen in itertools.combinations(range(10), 5):
        label = np.isin(np.arange(10), chosen).astype(int)
        all_ranks.append(mean_ranks(samples_of(expression, label), sets, prior))
    every = np.array(all_ranks)
    np.testing.assert_allclose(found["up"], (every >= own - 1e-9).mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(found["down"], (every <= own + 1e-9).mean(axis=0), atol=1e-12)
    assert (found["pvalue"] == np.minimum(1, 2 * found[["up", "down"]].min(axis=1))).all()


def test_uniform_under_the_null_however_genes_correlate():
    rng = np.random.default_rng(5)
    pvalues = []
    for _ in range(60):
        expression, sets = correlated(rng, 14, 120, 1, 20, 1.0)
        group = rng.permutation(np.repeat([0, 1], 7))
        pvalues += phenotype_test(samples_of(expression, group), sets, permutations=299)[
            "up"
        ].tolist()
    assert kstest(pvalues, "uniform").pvalue > 0.001


def test_labels_stay_within_strata():
    rng = np.random.default_rng(7)
    stratum = np.repeat([0, 1], 8)
    group = np.array([1] * 6 + [0] * 2 + [1] * 2 + [0] * 6)
    expression, sets = correlated(rng, 16, 80, 1, 20, 0.3)
    expression[:, :20] += 3.0 * stratum[:, None]  # the covariate's doing, not the group's
    adjusted = samples_of(expression, group, stratum)
    assert distinct_labellings(adjusted) == 28 * 28
    assert phenotype_test(adjusted, sets).loc[0, "pvalue"] > 0.05
    assert phenotype_test(samples_of(expression, group), sets).loc[0, "pvalue"] < 0.1


def test_seeds_and_reference_side():
    rng = np.random.default_rng(3)
    expression, sets = correlated(rng, 20, 80, 2, 15, 0.5)
    group = np.repeat([0, 1], 10)
    samples = samples_of(expression, group)
    one, two = (phenotype_test(samples, sets, permutations=199, seed=4) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)
    turned = samples_of(expression, 1 - group)
    back = SampleData(turned.expression, turned.genes, turned.design, -turned.contrast)
    again = phenotype_test(back, sets, permutations=199, seed=4)
    np.testing.assert_allclose(again["up"], one["up"], atol=0.12)


@pytest.mark.parametrize(("size", "number"), [(3, 20), (4, 70)])
def test_too_few_labellings_are_refused_with_their_number(size, number):
    rng = np.random.default_rng(1)
    expression, sets = correlated(rng, 2 * size, 40, 1, 10, 0.0)
    with pytest.raises(ModelError, match=f"in {number} ways only"):
        phenotype_test(samples_of(expression, np.repeat([0, 1], size)), sets)


def test_other_contrasts_are_refused():
    rng = np.random.default_rng(1)
    expression, sets = correlated(rng, 12, 40, 1, 10, 0.0)
    with pytest.raises(ModelError, match="a continuous variable has no groups"):
        phenotype_test(samples_of(expression, rng.normal(size=12)), sets)
    three = samples_of(expression, np.tile([0, 1, 0], 4), np.tile([0, 0, 1], 4))
    both = SampleData(three.expression, three.genes, three.design, np.array([0.0, -1.0, 1.0]))
    with pytest.raises(ModelError, match="keep the samples of two levels"):
        phenotype_test(both, sets)
    age = samples_of(expression, np.tile([0, 1], 6), np.arange(12))
    with pytest.raises(ModelError, match="in 1 ways only"):
        phenotype_test(age, sets)
