"""Whether the screen's p is one: real genes held out as drivers, and permuted drivers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import rnaseq_s6k1 as s6k1
from rnaseq_s6k1.cohort.screen.background import nearest_genes
from rnaseq_s6k1.cohort.screen.plan import plan_screen
from rnaseq_s6k1.cohort.screen.score import ScreenedGene
from rnaseq_s6k1.cohort.screen.scorers import local_scorer
from rnaseq_s6k1.cohort.screen.specificity import empirical_p
from rnaseq_s6k1.mechanism.claim_sets import card_gene_lines, core_claim

DRIVERS, POOL, PERMUTED = 300, 2_000, 1_000


@pytest.fixture(scope="module")
def calibrated(shared):
    """p of held-out real genes, of permuted ones, and the scores of both."""
    folder = shared / "data" / "tcga_brca_115"
    adata = s6k1.read_counts(folder / "counts.tsv.gz")
    sheet = s6k1.read_sample_sheet(folder / "samples.tsv", adata.obs_names)
    card = s6k1.load_card("s6k1-high")
    plan = plan_screen(
        s6k1.attach_samples(adata, sheet),
        "RPS6KB1",
        core_claim(card, s6k1.read_gene_sets(card.collections)),
        covariates=["ER"],
        card_genes=card_gene_lines(card),
    )
    rng = np.random.default_rng(0)
    chosen = rng.choice(np.flatnonzero(plan.column >= 0), DRIVERS + POOL, replace=False)
    drivers, pool = chosen[:DRIVERS], np.sort(chosen[DRIVERS:])
    shuffled = [
        ScreenedGene(str(k), rng.permutation(plan.values[:, drivers[k % DRIVERS]]), -1)
        for k in range(PERMUTED)
    ]
    with local_scorer(plan.problem, 1) as score_many:
        genes = plan.screened(list(plan.genes.index[chosen]))
        score = {one.gene_id: one.score for one in score_many(genes)}
        permuted = [one.score for one in score_many(shuffled)]
    ids, traits = plan.genes.index, [plan.genes[name].to_numpy() for name in ("mean", "sd")]
    near = [
        [score[ids[at]] for at in nearest_genes(traits, driver, pool)[0][:200]]
        for driver in drivers
    ]
    own = [score[ids[at]] for at in drivers]
    held_out = [empirical_p(*pair).pvalue for pair in zip(own, near, strict=True)]
    by_chance = [empirical_p(one, near[k % DRIVERS]).pvalue for k, one in enumerate(permuted)]
    return np.array(held_out), np.array(by_chance), np.array(own), np.array(permuted)


@pytest.mark.slow
@pytest.mark.shared_data
def test_held_out_genes_have_uniform_p(calibrated):
    held_out = calibrated[0]
    assert stats.kstest(held_out, "uniform").pvalue > 0.05
    below = stats.binomtest(int((held_out < 0.05).sum()), DRIVERS, 0.05)
    assert below.pvalue > 0.05


@pytest.mark.slow
@pytest.mark.shared_data
def test_permuted_drivers_do_not(calibrated):
    """They are correlated with nothing but by chance, so that their scores spread less."""
    _, by_chance, own, permuted = calibrated
    assert stats.kstest(by_chance, "uniform").pvalue < 0.01
    assert (by_chance < 0.05).mean() < 0.05, "they would pass for unspecific too often"
    assert permuted.std() < 0.85 * own.std()
    assert stats.levene(permuted, own).pvalue < 1e-4
