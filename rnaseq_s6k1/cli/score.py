"""``score``: single-sample scores of gene sets."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnaseq_s6k1.cli.options import CommonOptions, ComparisonOptions, FormatChoice, check_alpha
from rnaseq_s6k1.cli.set_options import SetOptions
from rnaseq_s6k1.errors import DataError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from rnaseq_s6k1.design.matrix import DesignMatrix
    from rnaseq_s6k1.enrichment.scores.result import ScoreResult

__all__ = ["MethodChoice", "command", "print_score_summary", "score_step"]

logger = logging.getLogger(__name__)

_SHOWN = 5


class MethodChoice(StrEnum):
    """Choices of ``--method``."""

    ssgsea = "ssgsea"
    gsva = "gsva"
    zscore = "zscore"
    rank = "rank"


@dataclass(frozen=True)
class _Scorable:
    """What is scored: a matrix, its samples, and their groups and design where there are two."""

    expression: pd.DataFrame
    obs: pd.DataFrame
    inputs: list[Path]
    described: str
    design: DesignMatrix | None = None
    exclude: frozenset[str] = frozenset()

    @property
    def groups(self) -> pd.Series | None:
        """The group of each sample."""
        return _groups(self.obs, self.design)


def command(
    sets: SetOptions,
    comparison: ComparisonOptions,
    common: CommonOptions,
    method: Annotated[
        list[MethodChoice] | None,
        typer.Option(help="How; repeatable.  [default: ssgsea]", show_default=False),
    ] = None,
    expression: Annotated[
        Path | None,
        typer.Option(help="Counts or log expression, instead of the output directory's."),
    ] = None,
    log2: Annotated[
        bool, typer.Option("--log2", help="Take log2(x + 1) of --expression (TPM, FPKM, CPM).")
    ] = False,
    format: Annotated[
        FormatChoice, typer.Option(help="Format of --expression; found out by itself.")
    ] = FormatChoice.auto,
    transpose: Annotated[
        bool, typer.Option("--transpose", help="Rows of --expression are samples.")
    ] = False,
    id_map: Annotated[
        Path | None, typer.Option(help="Two columns, id and name, for the genes of --expression.")
    ] = None,
    min_count: Annotated[
        int,
        typer.Option(
            min=0, help="Counts a gene needs in as many samples as the smaller group has."
        ),
    ] = 10,
    alpha: Annotated[float, typer.Option(help="FDR below which scores differ.")] = 0.05,
) -> None:
    """Score every sample on every gene set: ssGSEA, GSVA, z-score or rank score.

    Reads de/ of the output directory (or --expression), writes score/scores.tsv and
    score/scores.h5ad. Sets called X_UP and X_DN are also scored together, up less down.

    Example: rnaseq-s6k1 score --method ssgsea --method rank --gene-sets hallmark
    """
    check_alpha(alpha)
    methods = [one.value for one in method or [MethodChoice.ssgsea]]
    if expression is None:
        _refuse_options_of_expression(comparison, log2, transpose, id_map, format)
        scorable = _from_experiment(common.out, min_count)
    else:
        options = {"format": format.value, "transpose": transpose, "log2": log2}
        scorable = _from_matrix(expression, comparison, id_map, min_count, options)
    result = score_step(scorable, methods, sets, common, common.out)
    print_score_summary(result, scorable, common.out, alpha)


def _refuse_options_of_expression(
    comparison: ComparisonOptions,
    log2: bool,
    transpose: bool,
    id_map: Path | None,
    format: FormatChoice,
) -> None:
    given = {
        "--samples": comparison.samples,
        "--factor": comparison.factor,
        "--design": comparison.design,
        "--covariates": comparison.covariates,
        "--reference": comparison.reference,
        "--target": comparison.target,
        "--where": comparison.where,
        "--contrasts": comparison.contrasts,
        "--log2": log2,
        "--transpose": transpose,
        "--id-map": id_map,
        "--format": format != FormatChoice.auto,
    }
    for option, value in given.items():
        if value:
            raise UsageError(
                f"{option} belongs to --expression; without it the samples of the output "
                "directory's de/ are scored as `de` left them"
            )


def _from_experiment(out: Path, min_count: int) -> _Scorable:
    """Take the variance-stabilised counts that ``de`` left."""
    import numpy as np
    import pandas as pd

    from rnaseq_s6k1.cli.tables import read_de_result, split_gene_names
    from rnaseq_s6k1.de.refit import experiment_design
    from rnaseq_s6k1.enrichment.scores.expression import counted_genes, named_expression

    result, inputs = read_de_result(out, None)
    experiment = result.experiment
    if experiment is None:
        raise DataError(
            f"{out / 'de' / 'experiment.h5ad'}: no such file; run `rnaseq-s6k1 de` again, or give "
            "a matrix with --expression"
        )
    design: DesignMatrix | None = None
    try:
        design = experiment_design(result)
    except DataError as error:
        logger.warning("scores are not compared: %s", error)
    fewest = _fewest(experiment.obs, design)
    kept = counted_genes(np.asarray(experiment.X), min_count=min_count, fewest_samples=fewest)
    vst = result.vst()
    names = pd.Series(result.table["gene_name"].to_numpy(), index=result.table["gene_id"])
    matrix = named_expression(vst.loc[:, vst.columns.isin(experiment.var_names[kept])], names)
    return _Scorable(
        matrix,
        experiment.obs,
        [*inputs, out / "de" / "experiment.h5ad"],
        _describe(matrix, min_count, fewest),
        design,
        frozenset(split_gene_names(result)),
    )


def _from_matrix(
    path: Path,
    comparison: ComparisonOptions,
    id_map: Path | None,
    min_count: int,
    options: dict[str, Any],
) -> _Scorable:
    """Take a matrix of counts, which are variance-stabilised, or of expression as it is."""
    from rnaseq_s6k1.cli.loading import input_files
    from rnaseq_s6k1.enrichment.scores.expression import (
        counted_genes,
        named_expression,
        stabilised,
    )
    from rnaseq_s6k1.genes.naming import name_genes
    from rnaseq_s6k1.io.expression import read_expression

    read = read_expression(path, **options)
    obs, design = _samples_of(read.obs, comparison)
    values = read.values.loc[obs.index]
    fewest = _fewest(obs, design)
    if read.counts:
        enough = counted_genes(values.to_numpy(), min_count=min_count, fewest_samples=fewest)
        kept = values.columns[enough]
        values = stabilised(values)
        values = values.loc[:, values.columns.isin(kept)]
    gene_names = None if read.gene_names is None else read.gene_names.loc[values.columns]
    named = name_genes(values.columns, matrix_names=gene_names, id_map=id_map)
    matrix = named_expression(values, named.names)
    described = (
        _describe(matrix, min_count, fewest)
        if read.counts
        else f"{len(matrix):,} samples, {len(matrix.columns):,} genes of {path.name}"
        + (", log2(x + 1)" if options["log2"] else " as written")
    )
    return _Scorable(matrix, obs, input_files(path, comparison.samples, id_map), described, design)


def _samples_of(
    obs: pd.DataFrame, comparison: ComparisonOptions
) -> tuple[pd.DataFrame, DesignMatrix | None]:
    """Join the sample sheet, keep the samples asked for, plan a comparison where one is asked."""
    from anndata import AnnData

    from rnaseq_s6k1.cli.loading import load_experiment, plan_contrasts
    from rnaseq_s6k1.design.matrix import build_design

    if comparison.contrasts is not None:
        raise UsageError("score compares two groups: give --factor instead of --contrasts")
    # Only the samples matter here, and AnnData would copy the matrix.
    samples = load_experiment(AnnData(obs=obs), comparison)
    if not (comparison.factor or comparison.design):
        return samples.obs, None
    planned = plan_contrasts(samples, comparison)[0]
    plan = planned.comparison
    return planned.adata.obs, build_design(plan.design, planned.adata.obs, plan.contrast)


def _groups(obs: pd.DataFrame, design: DesignMatrix | None) -> pd.Series | None:
    if design is None or not design.contrast.factor:
        return None
    from rnaseq_s6k1.design.levels import level_texts

    return level_texts(obs[design.contrast.factor])


def _fewest(obs: pd.DataFrame, design: DesignMatrix | None) -> int:
    from rnaseq_s6k1.enrichment.scores.expression import fewest_with_counts

    groups = _groups(obs, design)
    if groups is not None and design is not None:
        groups = groups[groups.isin([design.contrast.target, design.contrast.reference])]
    return fewest_with_counts(len(obs), groups)


def _describe(matrix: pd.DataFrame, min_count: int, fewest: int) -> str:
    return (
        f"{len(matrix):,} samples, {len(matrix.columns):,} genes with at least "
        f"{max(min_count, 1)} counts in at least {fewest} samples, variance-stabilised"
    )


def score_step(
    scorable: _Scorable, methods: list[str], sets: SetOptions, common: CommonOptions, out: Path
) -> ScoreResult:
    """Score the samples, write ``score/`` and its figures, and return the scores."""
    from rnaseq_s6k1.cli.activity import activity
    from rnaseq_s6k1.enrichment.collections import read_gene_sets
    from rnaseq_s6k1.enrichment.scores.comparison import COMPARISON_TEST
    from rnaseq_s6k1.enrichment.scores.run import run_scores
    from rnaseq_s6k1.provenance import record_step

    folder = out / "score"
    gmt_files = [Path(name) for name in sets.collections if Path(name).is_file()]
    arguments = {
        "methods": methods,
        "gene_sets": sets.collections,
        "min_size": sets.min_size,
        "max_size": sets.max_size,
    }
    with record_step(
        "score",
        folder,
        arguments=arguments,
        inputs=[*scorable.inputs, *gmt_files],
        seed=common.seed,
    ) as record:
        collections = read_gene_sets(sets.collections)
        with activity(f"scoring {len(scorable.expression):,} samples"):
            result = run_scores(
                scorable.expression,
                collections,
                methods,
                design=scorable.design.matrix if scorable.design else None,
                contrast=scorable.design.contrast_vector if scorable.design else None,
                min_size=sets.min_size,
                max_size=sets.max_size,
                exclude=scorable.exclude,
                seed=common.seed,
                jobs=common.cores,
            )
        record.outputs += result.write(folder, scorable.obs)
        record.results |= {"matrix": scorable.described, "scored": len(result.sets)}
        if result.comparison is not None:
            record.results |= {"test": COMPARISON_TEST}
        if common.figures:
            from rnaseq_s6k1.cli.figures import draw_score_figures

            contrast = scorable.design.contrast if scorable.design else None
            with activity("drawing figures"):
                record.outputs += draw_score_figures(
                    result, scorable.groups, contrast, folder / "figures"
                )
    return result


def print_score_summary(result: ScoreResult, scorable: _Scorable, out: Path, alpha: float) -> None:
    """Say on stdout what was scored, what the scores mean, and where groups differ."""
    from rnaseq_s6k1.enrichment.scores.comparison import COMPARISON_TEST
    from rnaseq_s6k1.enrichment.scores.method import get_method

    pairs = int((result.sets["kind"] == "pair").sum())
    typer.echo("Single-sample scores")
    typer.echo(f"  {scorable.described}")
    typer.echo(
        f"  {len(result.sets) - pairs:,} sets and {pairs:,} up/down pairs scored, "
        f"{len(result.dropped):,} of unfit size left out"
    )
    for name in result.scores:
        info = get_method(name).INFO
        typer.echo(f"  {name}: {info.title}; {info.scale} ({info.reference})")
        typer.echo(f"    {info.limits}")
        if result.comparison is not None and scorable.design is not None:
            contrast = scorable.design.contrast
            rows = result.comparison[result.comparison["method"] == name]
            below = rows[rows["padj"] < alpha].sort_values(["pvalue", "column"], kind="stable")
            typer.echo(
                f"    {(below['difference'] > 0).sum()} higher and "
                f"{(below['difference'] < 0).sum()} lower in {contrast.target} than in "
                f"{contrast.reference} at FDR < {alpha:g}"
            )
            for _, row in below.head(_SHOWN).iterrows():
                typer.echo(
                    f"    {row['column']:<45} {row['difference']:.3g} "
                    f"({row['ci_low']:.3g} to {row['ci_high']:.3g})  FDR {row['padj']:.2g}"
                )
    if result.comparison is not None:
        typer.echo(f"  test: {COMPARISON_TEST}")
    typer.echo(f"  written to {out / 'score'}")
