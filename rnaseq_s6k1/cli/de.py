"""``de``: differential expression."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnaseq_s6k1.cli.options import (
    CallOptions,
    CommonOptions,
    ComparisonOptions,
    CountsOptions,
    SizeFactorChoice,
)
from rnaseq_s6k1.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from anndata import AnnData
    from numpy.typing import NDArray

    from rnaseq_s6k1.cli.loading import PlannedContrast
    from rnaseq_s6k1.de.result import DEResult

__all__ = ["command", "de_step", "print_de_summary"]


def command(
    counts: Annotated[Path, typer.Argument(metavar="COUNTS", help="Count matrix or folder.")],
    reading: CountsOptions,
    comparison: ComparisonOptions,
    calling: CallOptions,
    common: CommonOptions,
) -> None:
    """Test every gene for differential expression between two groups of samples.

    Writes de/results.tsv, de/degs.tsv and what later steps need.

    Example: rnaseq-s6k1 de counts.tsv --samples samples.tsv --factor treatment
    --reference E2 --target veh
    """
    from rnaseq_s6k1.cli.loading import input_files, load_counts, load_experiment, plan_contrasts

    adata = load_experiment(load_counts(counts, reading), comparison)
    inputs = input_files(
        counts, comparison.samples, comparison.contrasts, reading.id_map, calling.lengths
    )
    for planned in plan_contrasts(adata, comparison):
        folder = common.out / planned.name if planned.name else common.out
        result = de_step(planned, reading, calling, common, folder, inputs)
        print_de_summary(result, folder, planned.name)


def de_step(
    planned: PlannedContrast,
    reading: CountsOptions,
    calling: CallOptions,
    common: CommonOptions,
    out: Path,
    inputs: list[Path],
    split_gene: str | None = None,
    highlight: tuple[str, ...] = (),
) -> DEResult:
    """Fit, write ``de/`` and its figures, and return the result."""
    from rnaseq_s6k1.cli.activity import activity
    from rnaseq_s6k1.de.run import run_de
    from rnaseq_s6k1.de.sample_tables import sample_tables
    from rnaseq_s6k1.provenance import record_step

    folder = out / "de"
    contrast = planned.comparison.contrast
    arguments: dict[str, Any] = {
        "design": planned.comparison.design,
        "factor": contrast.factor,
        "target": contrast.target,
        "reference": contrast.reference,
        "samples": list(map(str, planned.adata.obs_names)),
        "counts_source": dict(planned.adata.uns.get("counts_source", {})),
        **{name: getattr(calling, name) for name in calling.__dataclass_fields__},
    }
    with record_step("de", folder, arguments=arguments, inputs=inputs, seed=common.seed) as record:
        with activity(f"fitting {planned.adata.n_vars:,} genes in {planned.adata.n_obs} samples"):
            result = run_de(
                planned.adata,
                design=planned.comparison.design,
                contrast=contrast,
                engine=calling.engine.value,
                lfc=calling.lfc,
                alpha=calling.alpha,
                filter_alpha=calling.filter_alpha,
                lfc_mode=calling.lfc_mode.value,
                significance=calling.significance.value,
                shrink=calling.shrink,
                size_factors=calling.size_factors.value,
                normalization_factors=_length_factors(planned.adata, calling),
                fit_type=calling.fit_type.value,
                reduced=calling.reduced,
                split_gene=split_gene,
                id_map=reading.id_map,
                jobs=common.cores,
            )
        described = sample_tables(result)
        record.outputs += [*result.write(folder), *described.write(folder)]
        record.results |= {
            "direction": contrast.sentence,
            "rule": result.parameters.rule,
            "up": result.n_up,
            "down": result.n_down,
            "n_target": result.parameters.n_target,
            "n_reference": result.parameters.n_reference,
            "split_gene": result.parameters.split_gene,
            "pca_explained": described.components.explained.tolist(),
            "pca_genes": described.components.n_genes,
        }
        if common.figures:
            from rnaseq_s6k1.cli.figures import draw_de_figures

            with activity("drawing figures"):
                record.outputs += draw_de_figures(result, described, folder / "figures", highlight)
    return result


def _length_factors(adata: AnnData, calling: CallOptions) -> NDArray[np.float64] | None:
    """Read transcript lengths, if given, and turn them into normalisation factors."""
    if calling.lengths is None:
        return None
    if calling.size_factors is not SizeFactorChoice.ratio:
        raise UsageError("--lengths and --size-factors exclude each other; give one")
    from rnaseq_s6k1.de.length_factors import length_factors
    from rnaseq_s6k1.io.lengths import read_lengths

    return length_factors(adata.X, read_lengths(calling.lengths, adata))


def print_de_summary(result: DEResult, out: Path, name: str = "") -> None:
    """Say on stdout what was compared and found."""
    contrast, parameters = result.contrast, result.parameters
    if contrast is None:
        return
    reasons = result.table["padj_na_reason"].value_counts()
    typer.echo(f"Differential expression{f' ({name})' if name else ''}")
    if contrast.factor:
        compared = (
            f"{contrast.target} (n = {parameters.n_target}) over {contrast.reference} "
            f"(n = {parameters.n_reference})"
        )
    else:
        n = "" if result.experiment is None else f" (n = {result.experiment.n_obs})"
        compared = f"log2 fold change per unit of {contrast.target}{n}"
    typer.echo(f"  {compared}, design {parameters.design}: {contrast.sentence}")
    typer.echo(
        f"  {result.n_up + result.n_down:,} genes called: {result.n_up:,} up, "
        f"{result.n_down:,} down; {parameters.rule}"
    )
    typer.echo(
        f"  {len(result.table):,} genes; no adjusted p for {reasons.get('all_zero', 0):,} without "
        f"counts, {reasons.get('low_mean', 0):,} with a low mean, {reasons.get('outlier', 0):,} "
        "with an outlier"
    )
    if parameters.split_gene:
        typer.echo(f"  {parameters.split_gene} split the groups and is not counted")
    typer.echo(f"  written to {out / 'de'}")
