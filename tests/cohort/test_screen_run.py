from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from screen_cases import CLAIM, make_cohort, make_plan

from rnaseq_s6k1.cohort.screen.background import nearest_genes
from rnaseq_s6k1.cohort.screen.grow import round_sizes
from rnaseq_s6k1.cohort.screen.listed import LISTED_COLUMNS
from rnaseq_s6k1.cohort.screen.plan import plan_screen
from rnaseq_s6k1.cohort.screen.run import run_screen
from rnaseq_s6k1.cohort.screen.score import ClaimSet, GeneScore
from rnaseq_s6k1.cohort.screen.scorers import dask_scorer, local_scorer
from rnaseq_s6k1.cohort.screen.specificity import Specificity, empirical_p, groups_checksum
from rnaseq_s6k1.errors import DataError, ModelError, UsageError


def _screen(plan, jobs=1, **options):
    with local_scorer(plan.problem, jobs) as score_many:
        return run_screen(plan, score_many, card="mine", **options)


def test_a_driver_that_follows_proliferation_is_not_specific():
    """20 genes follow it as much as the driver does, and 130 do not."""
    result = _screen(make_plan(), background=150, grow=False)
    found = result.specificity
    assert found.n == 150
    assert found.rounds == (150,)
    followers = result.table[result.table["gene_id"].str.startswith("FOL")]
    flat = result.table[result.table["gene_id"].str.startswith("FLAT")]
    assert followers["score"].median() > flat["score"].quantile(0.8)
    assert found.pvalue == (found.at_least + 1) / 151
    above = (result.table["role"] == "background") & (result.table["score"] >= found.score)
    assert above.sum() == found.at_least
    interval = stats.binomtest(found.at_least, 150).proportion_ci(method="exact")
    assert (found.ci_low, found.ci_high) == (interval.low, interval.high)
    own = result.table[(result.table["role"] == "background") & ~result.table["card_gene"]]
    assert found.without_card_genes.n == len(own)
    assert found.without_card_genes.at_least == (own["score"] >= found.score).sum()


def test_the_table():
    result = _screen(make_plan(), background=40, grow=False)
    table = result.table
    assert list(table.columns[:4]) == ["gene_id", "gene_name", "rank", "role"]
    assert list(table.columns[-2:]) == ["CYCLE", "STROMA"]
    assert table["rank"].tolist() == list(range(1, 42))
    assert table["score"].is_monotonic_decreasing
    assert (table["role"] == "driver").sum() == 1
    np.testing.assert_allclose(table["score"], table[["CYCLE", "STROMA"]].mean(axis=1))
    assert not table["gene_id"].str.startswith("NONE").any()


def test_the_background_grows_while_few_score_as_high():
    assert round_sizes(200, True) == (200, 400, 1000)
    assert round_sizes(200, False) == (200,)
    with pytest.raises(UsageError, match="--background"):
        round_sizes(0, True)
    # In this cohort two genes of 194 score as high as the driver.
    result = _screen(make_plan(), background=20)
    assert result.specificity.rounds == (20, 40, 100)
    assert _screen(make_plan(gene="FLAT005"), background=60).specificity.rounds == (60,)
    most = _screen(make_plan(), background=150).specificity
    assert most.rounds == (150, 194)  # every other gene


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 60))
def test_the_nearest_genes_are_the_nearest(seed: int, n: int):
    rng = np.random.default_rng(seed)
    mean, spread = rng.normal(size=n + 1), rng.gamma(2.0, size=n + 1)
    order, distance = nearest_genes((mean, spread), 0, np.arange(1, n + 1))
    assert sorted(order.tolist()) == list(range(1, n + 1))
    assert (np.diff(distance) >= 0).all()
    shifted, _ = nearest_genes((5 * mean + 2, 3 * spread), 0, np.arange(1, n + 1))
    assert shifted.tolist() == order.tolist() or n == 1


def test_neither_order_nor_cores_matter(tmp_path):
    adata = make_cohort()
    rng = np.random.default_rng(5)
    shuffled = adata[rng.permutation(adata.n_obs)][:, rng.permutation(adata.n_vars)].copy()
    written = []
    for number, (cohort, jobs) in enumerate(((adata, 1), (shuffled, 2), (adata, 2))):
        plan = make_plan(cohort, covariates=["ER"])
        folder = tmp_path / str(number)
        _screen(plan, jobs, background=30).write(folder)
        written.append([path.read_bytes() for path in sorted(folder.iterdir())])
    assert written[0] == written[1] == written[2]


def test_what_is_finished_is_not_scored_again():
    plan = make_plan()
    seen: list[GeneScore] = []
    whole = _screen(plan, background=30, grow=False, on_score=seen.append)
    assert len(seen) == 31
    half = {one.gene_id: one for one in seen[:17]}
    more: list[GeneScore] = []
    again = _screen(plan, background=30, grow=False, finished=half, on_score=more.append)
    assert {one.gene_id for one in more} == {one.gene_id for one in seen[17:]}
    pd.testing.assert_frame_equal(whole.table, again.table, check_exact=True)


def test_unscorable_genes_are_replaced_by_the_next():
    adata = make_cohort()
    plan = make_plan(adata)
    nearest = list(plan.background.of(plan.driver)[0][:10])
    for name in nearest[:4]:  # mostly one value, so that no tertile can be had
        adata.X[:, adata.var_names.get_loc(name)] = 0
    tied = make_plan(adata)

    def fail(genes):
        with local_scorer(tied.problem, 1) as score_many:
            for one in score_many(genes):
                bad = one.gene_id in set(tied.background.of("DRIVER")[0][:4])
                yield GeneScore(one.gene_id, np.nan, (np.nan,) * 2, 0, 0, "why") if bad else one

    result = run_screen(tied, fail, card="mine", background=20, grow=False)
    assert result.specificity.n == 20
    assert result.specificity.unscored == 4
    assert result.table["reason"].tolist()[-4:] == ["why"] * 4
    assert result.table["rank"].isna().sum() == 4


def test_a_list_of_drivers_is_ranked():
    plan = make_plan(gene=None, listed=["FOL03", "FLAT001", "CYC02", "ABSENT", "NONE0"])
    result = _screen(plan)
    assert result.specificity is None
    listed = result.table[result.table["role"] == "listed"]
    assert set(listed["gene_id"]) == {"FOL03", "FLAT001", "CYC02"}
    assert listed["gene_id"].iloc[0] == "CYC02"
    assert set(result.listed["gene_id"]) == {"FOL03", "FLAT001", "CYC02"}
    assert any("1 listed gene not in the matrix: 'ABSENT'" in note for note in result.notes)
    assert any("1 listed gene without counts: 'NONE0'" in note for note in result.notes)
    with_driver = _screen(make_plan(listed=["FOL03", "DRIVER"]), background=30)
    roles = with_driver.table.set_index("gene_id")["role"]
    assert roles["FOL03"] == "listed"
    assert roles["DRIVER"] == "driver"
    with pytest.raises(DataError, match="none of the 1 listed genes"):
        make_plan(gene=None, listed=["ABSENT"])
    with pytest.raises(UsageError, match="nothing to screen"):
        make_plan(gene=None)


def test_a_listed_gene_has_the_p_it_has_as_the_driver():
    genes = ["FOL03", "FLAT001", "CYC02"]
    result = _screen(make_plan(gene=None, listed=genes), background=40)
    table = result.listed.set_index("gene_id")
    assert tuple(result.listed.columns[: len(LISTED_COLUMNS)]) == LISTED_COLUMNS
    assert table["rank"].tolist() == [1, 2, 3]
    assert table["pvalue"].is_monotonic_increasing
    for gene in genes:
        alone = _screen(make_plan(gene=gene), background=40).specificity
        row = table.loc[gene]
        assert (row["score"], row["n"], row["at_least"]) == (alone.score, alone.n, alone.at_least)
        assert (row["pvalue"], row["ci_low"], row["ci_high"]) == (
            alone.pvalue, alone.ci_low, alone.ci_high,
        )  # fmt: skip
        assert row["pvalue_without_card_genes"] == alone.without_card_genes.pvalue
    expected = stats.false_discovery_control(table["pvalue"].to_numpy(dtype=float))
    np.testing.assert_allclose(table["padj"], expected, rtol=1e-12)
    assert set(result.table["role"]) == {"listed", "matched"}
    # Beside a driver, each keeps its own background.
    beside = _screen(make_plan(listed=genes), background=40)
    pd.testing.assert_frame_equal(beside.listed, result.listed, check_exact=True)
    alone = _screen(make_plan(), background=40).specificity
    assert beside.specificity.as_dict() == alone.as_dict()


def test_a_listed_gene_of_few_counts_has_no_p():
    adata = make_cohort()
    at = adata.var_names.get_loc("FLAT001")
    adata.X[:, at] = np.arange(adata.n_obs) % 4
    result = _screen(make_plan(adata, gene=None, listed=["FLAT001", "FOL03"]), background=20)
    last = result.listed.iloc[-1]
    assert last["gene_id"] == "FLAT001"
    assert last["reason"] == "its median count is below 10"
    assert pd.isna(last["pvalue"])
    assert pd.isna(last["rank"])


def _levels(adata, rng):
    """GISTIC levels: blocks of five genes are amplified together, each block in its own samples."""
    n = adata.n_obs
    columns = {}
    for at, gene in enumerate(adata.var_names):
        if at % 5 == 0:
            block = np.zeros(n)
            block[rng.choice(n, rng.integers(3, 12), replace=False)] = 2
        columns[gene] = block
    return pd.DataFrame(columns, index=adata.obs_names)


def test_genes_are_cut_by_their_own_copy_number():
    adata = make_cohort()
    rng = np.random.default_rng(3)
    levels = _levels(adata, rng)
    levels["FLAT000"] = np.nan
    levels.loc["T00", "DRIVER"] = np.nan
    plan = make_plan(adata, cut="amplified", copy_number=levels)
    assert plan.by == "copy number"
    assert "T00" not in plan.samples
    order = plan.background.of("DRIVER")[0]
    used = levels.loc[list(plan.samples)]
    patterns = ["".join(f"{one:g}" for one in used[gene]) for gene in order]
    assert len(set(patterns)) == len(patterns), "genes altered together count once"
    assert "".join(f"{one:g}" for one in used["DRIVER"]) not in patterns
    assert "FLAT000" not in order
    result = _screen(plan, background=25, grow=False)
    found = result.specificity
    high = (used["DRIVER"] == 2).sum()
    assert (found.samples_high, found.samples_low) == (high, len(used) - high)
    assert found.by == "copy number"
    assert "number of altered samples score" in found.sentence
    assert "split on their copy number" in found.sentence
    assert any("genes altered together count once" in note for note in result.notes)
    row = result.table.set_index("gene_id").loc[order[0]]
    assert row["n_high"] == (used[order[0]] == 2).sum()
    # A score is of the cohort cut on that gene's levels: other levels, other scores.
    other = make_plan(adata, cut="amplified", copy_number=_levels(adata, rng))
    assert other.problem.checksum != plan.problem.checksum


def test_too_few_genes_with_copy_numbers_are_said():
    adata = make_cohort()
    levels = _levels(adata, np.random.default_rng(3))[["DRIVER", "CYC00", "FLAT001"]]
    with pytest.raises(DataError, match="3 genes of 195 can be cut by copy number, in 3 different"):
        make_plan(adata, cut="amplified", copy_number=levels)
    with pytest.raises(DataError, match="no copy numbers of DRIVER"):
        make_plan(adata, cut="amplified", copy_number=levels[["CYC00"]])


def test_the_amplicon_is_screened_by_itself():
    adata = make_cohort()
    names = adata.var_names.tolist()
    for old, new in (("DRIVER", "RPS6KB1"), ("CYC05", "TUBD1"), ("FLAT003", "PPM1D")):
        names[names.index(old)] = new
    adata.var_names = names
    adata.X[:, names.index("FLAT004")] = 1
    names[names.index("FLAT004")] = "TBX2"
    adata.var_names = names
    sets = (ClaimSet("CYCLE", 1, (*(n for n in names if n.startswith("CYC")), "TUBD1")),)
    plan = plan_screen(
        adata, "RPS6KB1", sets, names=pd.Series(names, index=adata.var_names), cut="median"
    )
    assert {"TUBD1", "PPM1D", "TBX2"} == set(plan.amplicon.index)
    assert not {"TUBD1", "PPM1D", "TBX2", "RPS6KB1"} & set(plan.background.of(plan.driver)[0])
    result = _screen(plan, background=50)
    found = result.specificity
    assert (found.amplicon_genes, found.amplicon_best) == (3, "TUBD1")
    assert found.amplicon_rank == 2
    assert "RPS6KB1 ranks 2 of 3 genes of its amplicon, the best is TUBD1" in (
        found.amplicon_sentence
    )
    table = result.amplicon.set_index("gene_id")
    assert pd.isna(table.loc["TBX2", "rank"])
    assert "1 gene of its amplicon does better" in found.verdict_sentence(0.05)


def test_the_driver_must_be_splittable():
    adata = make_cohort()
    with pytest.raises(DataError, match="gene NONE0 does not vary"):
        make_plan(adata, gene="NONE0")
    high = make_plan(adata, cut="median").compared("DRIVER")
    adata.obs["copy"] = [{"high": "a", "low": "b"}[high[name]] for name in adata.obs_names]
    plan = make_plan(adata, covariates=["copy"], cut="median")
    with pytest.raises(ModelError, match="cannot be split on DRIVER: the groups are confounded"):
        _screen(plan)
    adata.obs["age"] = adata.obs["age"].astype(float)
    adata.obs.loc["T00", "age"] = None
    with pytest.raises(DataError, match="has no value for 1 sample"):
        make_plan(adata, covariates=["age"])
    with pytest.raises(UsageError, match="is no column of the sample sheet"):
        make_plan(adata, within="nothing")
    with pytest.raises(UsageError, match="not within strata"):
        make_plan(adata, within="ER", cut=None)


def test_specificity_survives_its_file(tmp_path):
    found = _screen(make_plan(), background=30).specificity
    path = found.write(tmp_path / "specificity.json")
    assert repr(Specificity.read(path)) == repr(found)  # NaN is not equal to itself
    content = json.loads(path.read_text())
    assert content["amplicon_best_score"] is None
    for bad in ("", "[]", "{}", json.dumps({**content, "pvalue": 7}), "[" * 5000):
        path.write_text(bad)
        with pytest.raises(DataError, match="is not the result of a screen"):
            Specificity.read(path)


def test_empirical_p():
    found = empirical_p(2.0, [1.0, 2.0, 3.0, 0.0])
    assert (found.at_least, found.n, found.pvalue) == (2, 4, 3 / 5)
    assert empirical_p(1.0, [1.0 - 1e-12]).at_least == 1  # rounding of a mean
    assert empirical_p(1.0, []).pvalue == 1.0


def test_groups_have_a_checksum():
    one = groups_checksum({"a": "high", "b": "low"})
    assert one == groups_checksum({"b": "low", "a": "high"})
    assert one != groups_checksum({"a": "low", "b": "high"})


def test_the_growing_background_keeps_its_level():
    """Of exchangeable scores, at most a share a of drivers gets p <= a, at every stage."""
    rng = np.random.default_rng(0)
    pvalues = []
    for _ in range(2000):
        scores = rng.normal(size=501)
        for size in round_sizes(100, True):
            found = empirical_p(scores[0], scores[1 : size + 1])
            if found.at_least >= 10:
                break
        pvalues.append(found.pvalue)
    for level in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5):
        share = np.mean(np.array(pvalues) <= level)
        assert share <= level + 3 * np.sqrt(level * (1 - level) / 2000)


@pytest.mark.slow
def test_a_dask_cluster_gives_the_same_table(tmp_path, imported):
    distributed = imported("distributed")
    plan = make_plan(covariates=["ER"])
    _screen(plan, background=30).write(tmp_path / "here")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        dask_scorer(plan.problem, cluster.scheduler_address) as score_many,
    ):
        run_screen(plan, score_many, card="mine", background=30).write(tmp_path / "there")
    for path in (tmp_path / "here").iterdir():
        assert path.read_bytes() == (tmp_path / "there" / path.name).read_bytes()


@pytest.mark.slow
def test_a_cluster_that_is_not_there_is_said(imported):
    imported("distributed")
    plan = make_plan()
    with (
        pytest.raises(UsageError, match=r"no scheduler answers .*start one with `dask scheduler`"),
        dask_scorer(plan.problem, "tcp://127.0.0.1:9"),
    ):
        pass


def test_without_dask_the_message_says_what_to_install(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(UsageError, match=r'pip install "rnaseq-s6k1\[dask\]"'),
        dask_scorer(make_plan().problem, "tcp://127.0.0.1:9"),
    ):
        pass


def test_the_claims_of_the_cards():
    from rnaseq_s6k1.enrichment.collections import read_gene_sets
    from rnaseq_s6k1.mechanism.card import load_card
    from rnaseq_s6k1.mechanism.claim_sets import card_gene_lines, core_claim

    for name, signs in (("s6k1-high", 1), ("s6k1-knockdown", 1)):
        card = load_card(name)
        claim = core_claim(card, read_gene_sets(card.collections))
        assert [one.name for one in claim] == [line.target for line in card.core]
        assert {one.sign for one in claim} == {signs}  # down with less is up with more
    assert "CCNE2" in card_gene_lines(load_card("s6k1-high"))
    assert len(CLAIM) == 2
