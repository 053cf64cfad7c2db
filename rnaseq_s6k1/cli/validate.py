"""``validate``: read the inputs, say what was understood, fit nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rnaseq_s6k1.cli.options import CommonOptions, ComparisonOptions, CountsOptions

__all__ = ["command"]


def command(
    counts: Annotated[Path, typer.Argument(metavar="COUNTS", help="Count matrix or folder.")],
    reading: CountsOptions,
    comparison: ComparisonOptions,
    common: CommonOptions,
    lengths: Annotated[
        Path | None,
        typer.Option(help="Average transcript lengths, genes x samples, to check too."),
    ] = None,
) -> None:
    """Check counts, sample sheet and design, without fitting anything.

    Example: rnaseq-s6k1 validate counts.tsv --samples samples.tsv --factor treatment
    --reference E2 --target veh
    """
    import numpy as np

    from rnaseq_s6k1.cli.loading import (
        load_counts,
        load_experiment,
        matrix_gene_names,
        plan_contrasts,
    )
    from rnaseq_s6k1.design.matrix import build_design
    from rnaseq_s6k1.genes.naming import name_genes

    adata = load_counts(counts, reading)
    experiment = load_experiment(adata, comparison)
    name_genes(adata.var_names, matrix_names=matrix_gene_names(adata), id_map=reading.id_map)
    sizes = np.asarray(experiment.X).sum(axis=1)
    typer.echo(f"Counts: {experiment.n_vars:,} genes, {experiment.n_obs} samples")
    typer.echo(
        f"  library sizes {sizes.min():,} to {sizes.max():,}, median {np.median(sizes):,.0f}; "
        f"{int((np.asarray(experiment.X) > 0).any(axis=0).sum()):,} genes with counts"
    )
    for planned in plan_contrasts(experiment, comparison):
        plan, contrast = planned.comparison, planned.comparison.contrast
        design = build_design(plan.design, planned.adata.obs, contrast)
        groups = planned.adata.obs[contrast.factor].astype(str)
        typer.echo(f"Contrast{f' {planned.name}' if planned.name else ''}: design {plan.design}")
        typer.echo(
            f"  {contrast.target} (n = {(groups == contrast.target).sum()}) over "
            f"{contrast.reference} (n = {(groups == contrast.reference).sum()}): "
            f"{contrast.sentence}"
        )
        typer.echo(
            f"  {design.matrix.shape[1]} coefficients ({', '.join(design.matrix.columns)}), "
            f"{design.matrix.shape[0] - design.matrix.shape[1]} residual degrees of freedom"
        )
    if lengths is not None:
        from rnaseq_s6k1.io.lengths import read_lengths

        found = read_lengths(lengths, experiment)
        typer.echo(f"Transcript lengths: {found.min():,.0f} to {found.max():,.0f} bases")
    typer.echo("The inputs can be analysed.")
