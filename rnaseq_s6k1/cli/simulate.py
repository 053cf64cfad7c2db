"""``simulate``: counts with a planted signature, and the truth about them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from rnaseq_s6k1.cli.options import CommonOptions

__all__ = ["command"]


class ScenarioChoice(StrEnum):
    """Choices of ``--scenario``."""

    knockdown = "knockdown"
    null = "null"
    signature_without_driver = "signature-without-driver"


def command(
    common: CommonOptions,
    replicates: Annotated[int, typer.Option(min=2, help="Samples in each group.")] = 3,
    scenario: Annotated[
        ScenarioChoice,
        typer.Option(help="What is planted: the claim, nothing, or the signature alone."),
    ] = ScenarioChoice.knockdown,
) -> None:
    """Simulate siS6K1 against siNC counts with a known truth.

    Writes simulate/counts.tsv, samples.tsv, truth.tsv and parameters.json.

    Example: rnaseq-s6k1 simulate --replicates 4 --seed 1 -o sim
    """
    from rnaseq_s6k1.cli.activity import activity
    from rnaseq_s6k1.provenance import record_step
    from rnaseq_s6k1.simulate.counts import simulate_counts, write_simulation
    from rnaseq_s6k1.simulate.signature import S6K1_KNOCKDOWN

    planted = {
        ScenarioChoice.knockdown: S6K1_KNOCKDOWN,
        ScenarioChoice.null: None,
        ScenarioChoice.signature_without_driver: S6K1_KNOCKDOWN.without_driver(),
    }
    folder = common.out / "simulate"
    arguments = {"replicates": replicates, "scenario": scenario.value}
    with (
        record_step("simulate", folder, arguments=arguments, inputs=[], seed=common.seed) as record,
        activity("simulating counts"),
    ):
        simulation = simulate_counts(
            n_per_group=replicates, signature=planted[scenario], seed=common.seed
        )
        record.outputs += write_simulation(simulation, folder).values()
    typer.echo(
        f"Simulated {simulation.adata.n_vars:,} genes in {simulation.adata.n_obs} samples "
        f"({scenario.value}); written to {folder}"
    )
