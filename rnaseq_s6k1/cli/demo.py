"""``demo``: simulate siS6K1 against siNC and run the whole road on it."""

from __future__ import annotations

from pathlib import Path

import typer

from rnaseq_s6k1.cli.options import CallOptions, CommonOptions, ComparisonOptions, CountsOptions
from rnaseq_s6k1.cli.set_options import SetOptions

__all__ = ["command"]


def command(common: CommonOptions) -> None:
    """Run the whole road on simulated siS6K1 against siNC counts.

    Example: rnaseq-s6k1 demo -o s6k1_demo
    """
    from rnaseq_s6k1.cli.gsea import RankByChoice
    from rnaseq_s6k1.cli.loading import load_counts, load_experiment, plan_contrasts
    from rnaseq_s6k1.cli.report import report_step
    from rnaseq_s6k1.cli.run import run_road
    from rnaseq_s6k1.mechanism.card import load_card
    from rnaseq_s6k1.simulate.counts import simulate_counts, write_simulation

    typer.echo(
        "These data are simulated: 3 v 3 samples with a planted signature (E2F, MYC and "
        "cell-cycle genes down, RPS6KB1 down, MYC unchanged). They say nothing of biology."
    )
    folder: Path = common.out / "simulate"
    write_simulation(simulate_counts(seed=common.seed), folder)
    counts, samples = folder / "counts.tsv", folder / "samples.tsv"
    reading = CountsOptions()
    comparison = ComparisonOptions(
        samples=samples, factor="condition", reference="siNC", target="siS6K1"
    )
    adata = load_experiment(load_counts(counts, reading), comparison)
    run_road(
        plan_contrasts(adata, comparison)[0],
        load_card("s6k1-knockdown"),
        reading,
        CallOptions(),
        SetOptions(),
        common,
        RankByChoice.stat,
        [counts, samples],
    )
    report_step(common.out)
    typer.echo("The data of this demonstration are simulated.")
