from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from screen_cases import CLAIM, CYCLE, STROMA, make_cohort, make_plan

from rnaseq_s6k1.cohort.cuts import parse_cut
from rnaseq_s6k1.cohort.screen.linear import moderated_t, split_basis
from rnaseq_s6k1.cohort.screen.score import GeneScore, driver_groups, score_gene
from rnaseq_s6k1.cohort.split_groups import split_within
from rnaseq_s6k1.enrichment.rotation.moderated_t import moderated_t as reference_t
from rnaseq_s6k1.enrichment.rotation.residual_space import residual_space
from rnaseq_s6k1.errors import DataError, ModelError


@pytest.mark.parametrize("noise", ["even", "uneven"])
def test_moderated_t_is_that_of_the_rotation_room(noise):
    """Which is tested against limma itself."""
    rng = np.random.default_rng(3)
    spread = 1.0 if noise == "even" else rng.gamma(1.0, 1.0, 200)
    y = rng.normal(5, spread, (24, 200))
    used = np.arange(24) % 3 != 0
    split = (np.arange(24) > 11).astype(float)
    covariates = np.column_stack([np.ones(24), rng.normal(size=24)])
    found = moderated_t(y, y**2, split_basis(covariates, split, used))
    design = np.column_stack([covariates, split])[used]
    expected = reference_t(residual_space(y[used], design, [0, 0, 1]))
    np.testing.assert_allclose(found, expected.t, rtol=1e-7, atol=1e-9)


def test_covariates_that_do_not_vary_among_the_groups_cost_nothing():
    rng = np.random.default_rng(0)
    used = np.arange(12) < 10
    split = np.tile([0.0, 1.0], 6)
    plain = np.column_stack([np.ones(12), rng.normal(size=12)])
    level = (np.arange(12) >= 10).astype(float)  # nobody used has it
    more = np.column_stack([plain, level, plain[:, 1] * 2])
    assert split_basis(more, split, used).df == split_basis(plain, split, used).df == 7
    with pytest.raises(ModelError, match="confounded with the covariates"):
        split_basis(np.column_stack([plain, 3 - 2 * split]), split, used)
    with pytest.raises(ModelError, match="no residual degrees"):
        split_basis(rng.normal(size=(12, 11)), split, np.ones(12, dtype=bool))


def test_a_score_is_what_its_definition_says():
    adata = make_cohort()
    plan = make_plan(adata, covariates=["ER"])
    (gene,) = plan.screened(["DRIVER"])
    found = score_gene(plan.problem, gene)
    groups = driver_groups(gene.values, parse_cut("tertile"), None)
    used = groups != "middle"
    ids = plan.genes.index[plan.column >= 0]
    y = plan.values[:, plan.column >= 0][used]
    er = (adata.obs["ER"] == "pos").to_numpy(dtype=float)[used]
    design = np.column_stack([np.ones(used.sum()), er, groups[used] == "high"]).astype(float)
    t = pd.Series(reference_t(residual_space(y, design, [0, 0, 1])).t, index=ids).drop("DRIVER")
    parts = []
    for sign, genes in ((1, CYCLE), (-1, STROMA)):
        k, n = len(genes), len(t)
        inside, outside = t[list(genes)], t.drop(list(genes))
        u = stats.mannwhitneyu(inside, outside).statistic
        z = (u - k * (n - k) / 2) / np.sqrt(k * (n - k) * (n + 1) / 12)
        parts.append(sign * z)
    np.testing.assert_allclose(found.parts, parts, rtol=1e-9)
    assert found.score == pytest.approx(np.mean(parts))
    assert (found.n_high, found.n_low) == (10, 10)
    assert found.score > 2


def test_a_member_is_not_scored_on_itself():
    plan = make_plan()
    inside, outside = plan.screened(["CYC00", "FLAT000"])
    assert inside.column >= 0
    n = plan.problem.expression.shape[1]
    score = score_gene(plan.problem, inside)
    # Left in, its own statistic (the largest of all) would raise the set.
    with_itself = score_gene(plan.problem, type(inside)(inside.gene_id, inside.values, -1))
    assert score.parts[0] < with_itself.parts[0]
    assert n == 24 + 20 + 1 + 20 + 130
    assert score_gene(plan.problem, outside).reason == ""


def test_under_no_effect_a_score_is_standard_normal_like():
    """Independent genes and a random division: each set's z has mean 0 and variance 1."""
    rng = np.random.default_rng(1)
    plan = make_plan()
    plan.problem.expression[:] = rng.normal(size=plan.problem.expression.shape)
    z = []
    for _ in range(300):
        gene = type(plan.screened(["FLAT000"])[0])("x", rng.normal(size=30), -1)
        z += score_gene(plan.problem, gene).parts
    # One matrix, so the z of one set are not independent; over two sets and 300 draws.
    assert abs(np.mean(z)) < 0.2
    assert 0.7 < np.std(z) < 1.3


@pytest.mark.parametrize("cut", ["tertile", None])
def test_the_continuous_score_needs_no_cut(cut):
    plan = make_plan(cut=cut)
    (gene,) = plan.screened(["DRIVER"])
    found = score_gene(plan.problem, gene)
    assert found.score > 2
    assert (found.n_high == 0) == (cut is None)
    scaled = type(gene)(gene.gene_id, 3 * gene.values + 1, gene.column)
    assert score_gene(plan.problem, scaled).score == pytest.approx(found.score)


def test_what_cannot_be_split_has_a_reason():
    plan = make_plan(covariates=["ER"])
    (gene,) = plan.screened(["DRIVER"])
    groups = driver_groups(gene.values, parse_cut("tertile"), None)
    copied = np.column_stack([np.ones(30), groups == "high", groups == "low"]).astype(float)
    confounded = replace(plan.problem, covariates=copied)
    for problem, values, reason in (
        (plan.problem, np.zeros(30), "its quantiles are one value"),
        (confounded, gene.values, "the groups are confounded with the covariates"),
    ):
        found = score_gene(problem, type(gene)("x", values, -1))
        assert found.reason == reason
        assert np.isnan(found.score)
        assert len(found.parts) == 2
    flat = make_plan(cut=None)
    found = score_gene(flat.problem, type(gene)("x", np.ones(30), -1))
    assert found.reason == "its expression does not vary"


def test_a_score_survives_json():
    for one in (
        GeneScore("a", 0.1 + 0.2, (1 / 3, -2e-17), 4, 5),
        GeneScore("b", float("nan"), (float("nan"),), 0, 0, "why"),
    ):
        again = GeneScore.from_dict(json.loads(json.dumps(one.as_dict(), allow_nan=False)))
        assert repr(again) == repr(one)
    for content in ({}, {"gene_id": "a", "score": "x", "parts": []}, {"gene_id": "a", "parts": 1}):
        with pytest.raises(DataError, match="begin anew with --fresh"):
            GeneScore.from_dict(content)


def test_the_checksum_is_of_all_a_score_depends_on():
    plain = make_plan().problem.checksum
    assert make_plan().problem.checksum == plain
    assert make_plan(gene="FOL00").problem.checksum == plain  # scores of genes are shared
    others = [
        make_plan(cut="median"),
        make_plan(cut=None),
        make_plan(covariates=["ER"]),
        make_plan(within="ER"),
        make_plan(make_cohort(1)),
    ]
    assert len({plain, *(one.problem.checksum for one in others)}) == 6


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6))
def test_cutting_within_strata_balances_them(seed: int):
    rng = np.random.default_rng(seed)
    strata = np.where(rng.random(40) < 0.4, "a", "b")
    values = rng.normal(size=40) + 5 * (strata == "a")
    groups, splits = split_within(values, strata, parse_cut("tertile"))
    for split in splits:
        inside = strata == split.stratum
        assert split.n_high == (groups[inside] == "high").sum() == (groups[inside] == "low").sum()
        one = parse_cut("tertile").split(values[inside])[0]
        assert groups[inside].tolist() == one.tolist()


def test_strata_that_cannot_be_cut_are_left_out():
    strata = np.array(["big"] * 9 + ["one"] * 2 + ["flat"] * 6)
    values = np.concatenate([np.arange(9.0), [1.0, 2.0], np.zeros(6)])
    groups, splits = split_within(values, strata, parse_cut("tertile"))
    reasons = {one.stratum: one.reason for one in splits}
    assert reasons == {
        "big": "",
        "one": "a group of 1 sample",
        "flat": "its quantiles are one value",
    }
    assert set(groups[strata != "big"]) == {""}
    with pytest.raises(ModelError, match="no stratum can be cut"):
        split_within(values[9:], strata[9:], parse_cut("tertile"))


def test_claim_signs_matter():
    assert [one.sign for one in CLAIM] == [1, -1]
    plan = make_plan()
    assert {one.name: one.sign for one in plan.problem.sets} == {"CYCLE": 1, "STROMA": -1}
