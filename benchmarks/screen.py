"""How the screen behaves on real tumours: time, agreement with the whole road, calibration.

    python benchmarks/screen.py --data DATA

DATA is the folder that has ``tcga_brca_115/``. Prints a table a question:

- *time*: the screen of RPS6KB1 with its amplicon, after the counts are read;
- *agreement*: scores of the linear model on log2 CPM against those of the Wald statistics of the
  engine ``fast``, on the driver and its nearest genes (``--agree``, 0 to leave it out);
- *calibration*: real genes taken for drivers, each against its nearest 200 of 2,000 random
  others, which should have uniform p; and the same with each driver's values permuted thirty
  times, which are correlated with nothing but by chance: their scores spread less, which takes
  some thousands of them to see.
"""

from __future__ import annotations

import argparse
import logging
import time
from pathlib import Path

import numpy as np
from scipy import stats

import rnaseq_s6k1 as s6k1
from rnaseq_s6k1.cohort.screen.background import nearest_genes
from rnaseq_s6k1.cohort.screen.plan import ScreenPlan, plan_screen
from rnaseq_s6k1.cohort.screen.run import run_screen
from rnaseq_s6k1.cohort.screen.score import ScreenedGene, score_gene
from rnaseq_s6k1.cohort.screen.scorers import local_scorer
from rnaseq_s6k1.cohort.screen.specificity import empirical_p
from rnaseq_s6k1.mechanism.claim_sets import card_gene_lines, core_claim

REPEATS = 5
_PERMUTATIONS = 30


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--agree", type=int, default=40, help="Genes of the agreement.")
    parser.add_argument("--drivers", type=int, default=100)
    parser.add_argument("--pool", type=int, default=2_000)
    options = parser.parse_args()
    logging.getLogger("rnaseq_s6k1").setLevel(logging.ERROR)
    folder = options.data / "tcga_brca_115"
    adata = s6k1.read_counts(folder / "counts.tsv.gz")
    sheet = s6k1.read_sample_sheet(folder / "samples.tsv", adata.obs_names)
    adata = s6k1.attach_samples(adata, sheet)
    card = s6k1.load_card("s6k1-high")
    claim = core_claim(card, s6k1.read_gene_sets(card.collections))
    lines = card_gene_lines(card)
    plan = plan_screen(adata, "RPS6KB1", claim, covariates=["ER"], card_genes=lines)
    measure_time(plan, options.jobs)
    calibrate(plan, options.drivers, options.pool, options.jobs)
    if options.agree:
        measure_agreement(adata, plan, options.agree, options.jobs)


def measure_time(plan: ScreenPlan, jobs: int) -> None:
    """Screen the driver several times."""
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        with local_scorer(plan.problem, jobs) as score_many:
            result = run_screen(plan, score_many, card="s6k1-high")
        seconds.append(time.perf_counter() - started)
    print(f"time: {len(result.table)} genes in {np.median(seconds):.2f} s (median of {REPEATS})")
    print(result.specificity.sentence)
    print(result.specificity.amplicon_sentence)


def calibrate(plan: ScreenPlan, n_drivers: int, n_pool: int, jobs: int) -> None:
    """Take random genes for drivers, and test whether their p are uniform."""
    rng = np.random.default_rng(0)
    expressed = np.flatnonzero(plan.column >= 0)
    chosen = rng.choice(expressed, n_drivers + n_pool, replace=False)
    drivers, pool = chosen[:n_drivers], np.sort(chosen[n_drivers:])
    ids = list(plan.genes.index[chosen])
    permuted = [
        ScreenedGene(f"permuted {at} {again}", rng.permutation(plan.values[:, at]), -1)
        for at in drivers
        for again in range(_PERMUTATIONS)
    ]
    with local_scorer(plan.problem, jobs) as score_many:
        scores = {one.gene_id: one.score for one in score_many(plan.screened(ids))}
        shuffled = {one.gene_id: one.score for one in score_many(permuted)}
    mean, spread = plan.genes["mean"].to_numpy(), plan.genes["sd"].to_numpy()
    held_out, random = [], []
    for at in drivers:
        order, _ = nearest_genes((mean, spread), at, pool)
        near = [scores[plan.genes.index[one]] for one in order]
        near = [one for one in near if np.isfinite(one)][:200]
        own = scores[plan.genes.index[at]]
        if np.isfinite(own):
            held_out.append(empirical_p(own, near).pvalue)
        random += [
            empirical_p(shuffled[f"permuted {at} {again}"], near).pvalue
            for again in range(_PERMUTATIONS)
        ]
    real = [score for score in scores.values() if np.isfinite(score)]
    print(
        f"standard deviation of scores: real genes {np.std(real):.2f}, permuted "
        f"{np.std(list(shuffled.values())):.2f}"
    )
    for name, values in (("held-out genes", held_out), ("permuted drivers", random)):
        test = stats.kstest(values, "uniform")
        below = np.mean(np.array(values) < 0.05)
        print(
            f"calibration, {name}: n = {len(values)}, KS D = {test.statistic:.3f}, "
            f"p = {test.pvalue:.2g}, share below .05 = {below:.2f}"
        )


def measure_agreement(adata: object, plan: ScreenPlan, n: int, jobs: int) -> None:
    """Score with the whole road's Wald statistics, and compare."""
    from rnaseq_s6k1.cohort.screen.score import set_scores
    from rnaseq_s6k1.cohort.split_samples import with_groups
    from rnaseq_s6k1.cohort.stratify import stratify

    linear, whole, seconds = [], [], []
    for gene in plan.screened([plan.driver, *plan.background.of(plan.driver)[0][:n]]):
        linear.append(score_gene(plan.problem, gene).score)
        compared, column = with_groups(adata, stratify(adata, gene.gene_id))
        started = time.perf_counter()
        result = s6k1.run_de(
            compared, f"~ ER + {column}", (column, "high", "low"), shrink=False, jobs=jobs
        )
        seconds.append(time.perf_counter() - started)
        stat = result.table.set_index("gene_id")["stat"]
        ranked = plan.genes.index[np.argsort(plan.column, kind="stable")[(plan.column < 0).sum() :]]
        t = stat[ranked].fillna(0).to_numpy()
        whole.append(np.mean(set_scores(t, plan.problem.sets, gene.column)))
    pair = [empirical_p(values[0], values[1:]).pvalue for values in (linear, whole)]
    print(
        f"agreement with the engine fast on {n + 1} genes: Pearson "
        f"{np.corrcoef(linear, whole)[0, 1]:.4f}, median |difference| "
        f"{np.median(np.abs(np.subtract(linear, whole))):.2f}; p of the driver {pair[0]:.3f} by "
        f"the linear model, {pair[1]:.3f} by fast; {np.median(seconds):.1f} s a gene by fast"
    )


if __name__ == "__main__":
    main()
