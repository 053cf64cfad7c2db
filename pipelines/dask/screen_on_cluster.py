"""Run the specificity screen on a dask cluster: screen_on_cluster.py COUNTS SAMPLES OUT [ADDRESS].

ADDRESS is that of a scheduler (tcp://HOST:8786) whose workers have this package; without one, two
worker processes are started on this machine. What is screened stands at the top of `main`. The
tables are those of `rnaseq-s6k1 screen`, and do not depend on where the scores are computed.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

from distributed import LocalCluster

import rnaseq_s6k1 as s6k1
from rnaseq_s6k1.cohort.screen.plan import plan_screen
from rnaseq_s6k1.cohort.screen.run import run_screen
from rnaseq_s6k1.cohort.screen.scorers import dask_scorer
from rnaseq_s6k1.mechanism.claim_sets import card_gene_lines, core_claim


def main(counts: str, samples: str, out: str, address: str = "") -> None:
    """Screen the driver of a card against genes like it, and write the tables into `out`."""
    card = s6k1.load_card("s6k1-high")
    driver, cut, background = "RPS6KB1", "median", 50

    adata = s6k1.read_counts(counts)
    adata = s6k1.attach_samples(adata, s6k1.read_sample_sheet(samples, adata.obs_names))
    plan = plan_screen(
        adata,
        driver,
        core_claim(card, s6k1.read_gene_sets(card.collections)),
        cut=cut,
        card_genes=card_gene_lines(card),
    )
    with ExitStack() as stack:
        if not address:
            cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
            address = stack.enter_context(cluster).scheduler_address
        score = stack.enter_context(dask_scorer(plan.problem, address))
        result = run_screen(plan, score, card=card.name, background=background)
    result.write(Path(out))
    print(result.specificity.sentence)


if __name__ == "__main__":  # worker processes import this file
    if not 4 <= len(sys.argv) <= 5:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
