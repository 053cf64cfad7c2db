"""Samples that do not belong are named, and only those."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.de.quality import quality_warnings, sample_quality


def expression_of(adata) -> tuple[np.ndarray, np.ndarray, pd.Series]:
    sizes = adata.X.sum(axis=1).astype(float)
    return np.log2(adata.X / sizes[:, None] * 1e6 + 0.5), sizes, adata.obs["condition"]


def sentences(adata) -> list[str]:
    return quality_warnings(sample_quality(*expression_of(adata)))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n_per_group", [2, 3, 6])
def test_clean_replicates_are_passed_over(simulated, seed, n_per_group):
    assert sentences(simulated(n_genes=2000, n_per_group=n_per_group, seed=seed)) == []


@pytest.mark.parametrize("n_per_group", [3, 4, 6])
def test_a_noisy_sample_is_named(simulated, n_per_group):
    adata = simulated(n_genes=2000, n_per_group=n_per_group)
    noise = np.random.default_rng(1).lognormal(0, 1.0, size=2000)
    adata.X[1] = (adata.X[1] * noise).astype(int)
    found = [text for text in sentences(adata) if "outlier" in text]
    assert len(found) == 1
    assert "sample control_2 looks like an outlier of group control: median Spearman" in found[0]
    assert "see figures/pca" in found[0]


def test_swapped_replicates_are_both_named(simulated):
    effects = np.random.default_rng(2).normal(0, 1.5, size=2000)
    adata = simulated(n_genes=2000, effects=effects)
    adata.X[[0, 4]] = adata.X[[4, 0]]
    found = sentences(adata)
    assert [text.split()[1] for text in found] == ["control_1", "treated_1"]
    assert all("looks like an outlier" in text for text in found)


def test_a_shallow_library_is_named(simulated):
    adata = simulated(n_genes=2000, mean=2000.0, dispersion=0.001)
    adata.X[2] = np.random.default_rng(3).binomial(adata.X[2], 0.1)
    found = [text for text in sentences(adata) if "less than a fifth" in text]
    assert len(found) == 1
    assert found[0].startswith("sample control_3 has ")


def test_unlike_replicates_are_named_as_a_group(simulated):
    adata = simulated(n_genes=2000, n_per_group=3)
    rng = np.random.default_rng(4)
    adata.X[3:] = (adata.X[3:] * rng.lognormal(0, 1.0, size=(3, 2000))).astype(int)
    found = sentences(adata)
    assert any(text.startswith("the replicates of treated correlate poorly") for text in found)
    assert not any("replicates of control" in text for text in found)


def test_groups_of_patients_are_no_replicates(simulated):
    adata = simulated(n_genes=1000, n_per_group=15, dispersion=1.0)
    assert not any("correlate poorly" in text for text in sentences(adata))


def test_agreement_is_the_median_rank_correlation_with_the_group(simulated):
    adata = simulated(n_genes=200, n_per_group=3)
    expression, sizes, groups = expression_of(adata)
    quality = sample_quality(expression, sizes, groups)
    rho = pd.DataFrame(expression.T).corr(method="spearman").to_numpy()
    assert quality["agreement"].iloc[0] == pytest.approx(np.median(rho[0, [1, 2]]))
    assert quality["library_size"].tolist() == sizes.tolist()


def test_a_sample_alone_in_its_group_is_not_judged():
    expression = np.random.default_rng(5).normal(size=(3, 100))
    groups = pd.Series(["a", "a", "b"], index=["x", "y", "z"])
    quality = sample_quality(expression, np.full(3, 1e6), groups)
    assert np.isnan(quality.loc["z", "agreement"])
    assert not any(" z " in text for text in quality_warnings(quality))
