"""camera and fry against limma, and under the null."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest, norm, t

from rnaseq_s6k1.enrichment.camera import camera, normal_scores
from rnaseq_s6k1.enrichment.fry import fry
from rnaseq_s6k1.enrichment.rotation.residual_space import residual_space
from rnaseq_s6k1.enrichment.rotation.set_index import SetIndex
from rnaseq_s6k1.errors import UsageError

BLOCKS = [np.arange(40 * s, 40 * s + 40) for s in range(8)]


def test_normal_scores_keep_tail_probabilities():
    x = np.array([-6.0, -1.0, 0.0, 0.5, 2.0, 20.0])
    for df in (3.0, 10.0, 100.0, np.inf):
        exact = norm.isf(t.sf(np.abs(x), df)) * np.sign(x)
        np.testing.assert_allclose(normal_scores(x, np.full(6, df)), exact, rtol=2e-3)


@pytest.mark.shared_data
@pytest.mark.parametrize("case", ["t47d", "tcga"])
def test_camera_is_limmas(case, request):
    reference = request.getfixturevalue(case)
    found = camera(reference.space, reference.sets, correlation=None)
    expected = reference.table("camera_estimated")
    np.testing.assert_allclose(found["pvalue"], expected["PValue"], rtol=1e-6)
    np.testing.assert_allclose(found["correlation"], expected["Correlation"], atol=1e-9)
    assert (found["direction"].str.capitalize().to_numpy() == expected["Direction"]).all()
    if case == "t47d":
        fixed = camera(reference.space, reference.sets)
        expected = reference.table("camera_cor0.01")
        np.testing.assert_allclose(fixed["pvalue"], expected["PValue"], rtol=1e-6)
        assert (fixed["correlation"] == 0.01).all()


@pytest.mark.shared_data
@pytest.mark.parametrize("case", ["t47d", "tcga"])
def test_fry_is_limmas(case, request):
    reference = request.getfixturevalue(case)
    found, expected = fry(reference.space, reference.sets), reference.table("fry")
    np.testing.assert_allclose(found["pvalue"], expected["PValue"], rtol=1e-6)
    np.testing.assert_allclose(found["pvalue_mixed"], expected["PValue.Mixed"], rtol=1e-6)
    assert (found["direction"].str.capitalize().to_numpy() == expected["Direction"]).all()


def test_p_of_independent_genes_is_uniform(correlated):
    sets = SetIndex.of(BLOCKS, 800)
    spaces = [correlated(seed, rho=0.0) for seed in range(60)]
    for p in (
        np.concatenate([camera(s, sets, correlation=0.0)["pvalue"] for s in spaces]),
        np.concatenate([fry(s, sets)["pvalue"] for s in spaces]),
    ):
        assert kstest(p, "uniform").pvalue > 0.001


def test_fry_holds_its_level_where_genes_are_correlated_and_camera_at_its_default_does_not(
    correlated,
):
    sets = SetIndex.of(BLOCKS, 800)
    spaces = [correlated(seed, n=6, rho=0.2) for seed in range(60)]
    self_contained = np.concatenate([fry(s, sets)["pvalue"] for s in spaces])
    fixed = np.concatenate([camera(s, sets)["pvalue"] for s in spaces])
    assert 0.02 < (self_contained < 0.05).mean() < 0.09
    assert (fixed < 0.05).mean() > 0.15


def test_directions_single_genes_and_constant_ones():
    rng = np.random.default_rng(0)
    y = rng.standard_normal((8, 300))
    y[4:, :20] += 3
    y[4:, 20:40] -= 3
    y[:, 299] = 1.0
    X = np.column_stack([np.ones(8), np.repeat([0.0, 1.0], 4)])
    sets = SetIndex.of([range(20), range(20, 40), range(10, 30), [5], [299]], 300)
    space = residual_space(y, X, [0, 1])
    self_contained, competitive = fry(space, sets), camera(space, sets)
    for table in (self_contained, competitive):
        assert table["direction"].tolist()[:2] == ["up", "down"]
        assert (table["pvalue"][:2] < 1e-4).all()
        assert table["pvalue"][2] > 0.05
    assert self_contained["pvalue_mixed"][2] < 1e-4
    assert self_contained["pvalue"][3] == self_contained["pvalue_mixed"][3]
    assert self_contained["pvalue"][4] == 1


def test_refusals(correlated):
    with pytest.raises(UsageError, match=r"lies between -1 and 1, not 1\.5"):
        camera(correlated(0), SetIndex.of(BLOCKS, 800), correlation=1.5)
