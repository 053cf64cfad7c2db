"""``simulate``: counts with a planted signature, and the truth about them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rnaseq_s6k1.cli.options import CommonOptions

__all__ = ["command"]


def command(
    common: CommonOptions,
    replicates: Annotated[int, typer.Option(min=2, help="Samples in each group.")] = 3,
    scenario: Annotated[
        str, typer.Option(help="knockdown, null, or signature-without-driver.")
    ] = "knockdown",
) -> None:
    """Simulate siS6K1 against siNC counts with a known truth.

    Writes simulate/counts.tsv, samples.tsv, truth.tsv and parameters.json.

    Example: rnaseq-s6k1 simulate --replicates 4 --seed 1 -o sim
    """
    from rnaseq_s6k1.cli.activity import activity
    from rnaseq_s6k1.provenance import record_step
    from rnaseq_s6k1.simulate.simulation import simulate_counts
    from rnaseq_s6k1.simulate.write import write_simulation

    folder = common.out / "simulate"
    arguments = {"replicates": replicates, "scenario": scenario}
    with (
        record_step(
            "simulate", folder, arguments=arguments, inputs=[], seed=common.seed
        ) as record,
        activity("simulating counts"),
    ):
        simulation = simulate_counts(
            n_per_group=replicates, scenario=scenario, seed=common.seed
        )
        record.outputs += write_simulation(simulation, folder)
    typer.echo(
        f"Simulated {simulation.adata.n_vars:,} genes in {simulation.adata.n_obs} samples "
        f"({scenario}); written to {folder}"
    )
