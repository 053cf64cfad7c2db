"""From a path and options to counts with their samples: what several commands begin with."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rnaseq_s6k1.cli.options import ComparisonOptions, CountsOptions
from rnaseq_s6k1.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

    from rnaseq_s6k1.design.plan import Comparison

__all__ = [
    "PlannedContrast",
    "input_files",
    "load_counts",
    "load_experiment",
    "matrix_gene_names",
    "plan_contrasts",
]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PlannedContrast:
    """One comparison to run.

    Attributes
    ----------
    name
        Empty for the only comparison; the id of a contrasts file otherwise, and then the
        name of its folder in the output directory.
    adata
        Counts of the samples that take part.
    comparison
        Formula and contrast.
    """

    name: str
    adata: AnnData
    comparison: Comparison


def load_counts(counts: Path, options: CountsOptions) -> AnnData:
    """Read the count matrix."""
    from rnaseq_s6k1.io.counts import read_counts

    return read_counts(
        counts,
        format=options.format.value,
        round_estimates=options.round_estimates,
        transpose=options.transpose,
        strandedness=options.strandedness.value,
    )


def matrix_gene_names(adata: AnnData) -> pd.Series | None:
    """Return the matrix's own gene names, by gene id; None where it had none."""
    return adata.var["gene_name"] if "gene_name" in adata.var.columns else None


def load_experiment(adata: AnnData, options: ComparisonOptions) -> AnnData:
    """Attach the sample sheet and keep the samples asked for.

    Raises
    ------
    UsageError
        If columns are named, and there is neither a sheet nor one in the counts (.h5ad).
    """
    from rnaseq_s6k1.design.where import filter_samples

    if options.samples is not None:
        adata = _with_samples(adata, options.samples)
    if adata.obs.shape[1] == 0 and (options.where or options.covariates):
        asked = "--where" if options.where else "--covariates"
        raise UsageError(f"{asked} names columns of a sample sheet; give one with --samples")
    return filter_samples(adata, options.where) if options.where else adata


def _with_samples(adata: AnnData, path: Path) -> AnnData:
    """Attach a sample sheet, or a portal's clinical table, which need not fit sample by sample."""
    from rnaseq_s6k1.design.samples import attach_samples, read_sample_sheet
    from rnaseq_s6k1.io.clinical import is_clinical

    if is_clinical(path):
        from rnaseq_s6k1.cohort.clinical import attach_clinical
        from rnaseq_s6k1.io.clinical import read_clinical

        return attach_clinical(adata, read_clinical(path), what=str(path))
    return attach_samples(adata, read_sample_sheet(path, adata.obs_names))


def plan_contrasts(adata: AnnData, options: ComparisonOptions) -> list[PlannedContrast]:
    """Decide formula and contrast, or several of them from a contrasts file.

    Without a sample sheet the groups come from the sample names.

    Raises
    ------
    UsageError
        If a contrasts file and a single contrast are both asked for.
    """
    if options.contrasts is not None:
        if options.factor or options.reference or options.target or options.design:
            raise UsageError(
                "--contrasts names its own factors; leave out --factor, --reference, --target "
                "and --design"
            )
        return _from_file(adata, options)
    if options.samples is None and adata.obs.shape[1] == 0:
        adata, options = _with_inferred_groups(adata, options)
    return [PlannedContrast("", adata, _plan(adata, options))]


def input_files(counts: Path, *others: Path | None) -> list[Path]:
    """List the files a step reads, for its record."""
    return [counts, *(path for path in others if path is not None)]


def _plan(adata: AnnData, options: ComparisonOptions) -> Comparison:
    from rnaseq_s6k1.design.plan import plan_comparison

    comparison = plan_comparison(
        adata.obs,
        design=options.design,
        factor=options.factor,
        reference=options.reference,
        target=options.target,
        covariates=options.covariate_names,
    )
    for note in comparison.notes:
        logger.info("%s", note)
    return comparison


def _with_inferred_groups(
    adata: AnnData, options: ComparisonOptions
) -> tuple[AnnData, ComparisonOptions]:
    from rnaseq_s6k1.design.infer import infer_groups

    if options.factor not in (None, "condition"):
        raise UsageError(
            f"--factor {options.factor} needs a sample sheet (--samples); without one, the groups "
            "come from the sample names and the factor is called condition"
        )
    groups = infer_groups(adata.obs_names, reference=options.reference, target=options.target)
    logger.info("%s", groups.sentence)
    adata = adata.copy()
    adata.obs["condition"] = groups.condition.to_numpy()
    chosen = replace(options, factor="condition", reference=groups.reference, target=groups.target)
    return adata, chosen


def _from_file(adata: AnnData, options: ComparisonOptions) -> list[PlannedContrast]:
    from rnaseq_s6k1.design.contrasts_file import read_contrasts
    from rnaseq_s6k1.design.where import exclude_samples

    if options.contrasts is None:
        return []
    planned = []
    for row in read_contrasts(options.contrasts):
        samples = adata
        if row.exclude_column:
            samples = exclude_samples(adata, row.exclude_column, row.exclude_values)
        chosen = replace(
            options,
            factor=row.contrast.factor,
            reference=row.contrast.reference,
            target=row.contrast.target,
            covariates=",".join(dict.fromkeys([*options.covariate_names, *row.blocking])),
        )
        planned.append(PlannedContrast(row.id, samples, _plan(samples, chosen)))
    return planned
