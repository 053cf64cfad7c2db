"""``run --stratify``: the road of a split cohort, beside its screen and its repetitions."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from rnaseq_s6k1.cli.amplicon import AmpliconOptions
from rnaseq_s6k1.cli.knockdown import Knockdown, knockdown_steps
from rnaseq_s6k1.cli.loading import PlannedContrast, plan_contrasts
from rnaseq_s6k1.cli.options import CommonOptions, ComparisonOptions, CountsOptions
from rnaseq_s6k1.cli.split_options import SplitOptions
from rnaseq_s6k1.cli.stratify import print_split, split_step
from rnaseq_s6k1.errors import DataError, ModelError, UsageError

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

    from rnaseq_s6k1.cohort.stratify import Stratification
    from rnaseq_s6k1.mechanism.card import Card
    from rnaseq_s6k1.mechanism.verdict import Verdict

__all__ = ["CohortRun", "run_cohort"]

logger = logging.getLogger(__name__)

#: Runs every step of one contrast; see `rnaseq_s6k1.cli.run.run_road`.
Road = Callable[..., "Verdict"]


@dataclass(frozen=True)
class CohortRun:
    """What a split cohort is run with.

    Attributes
    ----------
    gene
        The driver.
    cutting, comparison, reading, common
        Options of the command.
    card
        The claim.
    neighbours
        Options of the amplicon.
    knockdown
        What the split is held against, if anything.
    """

    gene: str
    cutting: SplitOptions
    comparison: ComparisonOptions
    reading: CountsOptions
    common: CommonOptions
    card: Card
    neighbours: AmpliconOptions
    knockdown: Knockdown | None = None


def run_cohort(
    adata: AnnData,
    cohort: CohortRun,
    road: Road,
    inputs: list[Path],
    *,
    continuous: bool,
    screen: bool | None,
) -> Verdict:
    """Cut, screen, and go the road; then repeat it within strata, or against the cut.

    Raises
    ------
    UsageError
        If the comparison is given by other options too.
    """
    _check(cohort.comparison)
    common = cohort.common
    if cohort.cutting.copy_number is not None:
        inputs.append(cohort.cutting.copy_number)
    split, balance = split_step(
        adata, cohort.gene, cohort.cutting, cohort.reading.id_map, common, common.out, inputs
    )
    print_split(split, balance, common.out, cohort.comparison.covariate_names)
    if cohort.card.driver_direction == "down":
        logger.warning(
            "card %s says what follows when %s goes down, and the groups are compared high over "
            "low; a card such as s6k1-high fits a split",
            cohort.card.name,
            cohort.card.driver_gene,
        )
    if _screened(cohort, screen):
        _screen(adata, cohort, split, inputs, continuous)
    planned = _continuous(adata, cohort, split) if continuous else _groups(adata, cohort, split)
    verdict = road(planned, split_gene=split.gene_id, neighbours=cohort.neighbours)
    others: list[tuple[str, str]] = []
    if continuous:
        cut = _groups(adata, cohort, split, name="cut")
        road(cut, split_gene=split.gene_id)
        others.append((f"{split.cut}, high over low", "cut"))
    for stratum, one in _inside(adata, cohort, split):
        try:
            road(one, split_gene=split.gene_id)
        except (DataError, ModelError) as error:
            logger.warning("%s %s: no run inside it: %s", split.within, stratum, error)
        else:
            others.append((f"{split.within} = {stratum}", one.name))
    if others:
        first = "continuous, per standard deviation" if continuous else "strata combined"
        _side_by_side([(first, ""), *others], cohort)
    if cohort.knockdown is not None:
        knockdown_steps(
            cohort.knockdown, adata, split.gene, cohort.comparison.samples,
            cohort.comparison.where, cohort.reading, common, cohort.card.alpha, inputs,
        )  # fmt: skip
    return verdict


def _check(comparison: ComparisonOptions) -> None:
    if comparison.contrasts or comparison.factor or comparison.reference or comparison.target:
        raise UsageError(
            "--stratify makes the groups itself; leave out --factor, --reference, --target and "
            "--contrasts (use --covariates to adjust)"
        )
    if comparison.design:
        raise UsageError("--stratify takes --covariates, not --design")


def _screened(cohort: CohortRun, screen: bool | None) -> bool:
    """Whether the driver is screened: on request, and by default where that can be."""
    if screen is not None:
        return screen
    if cohort.card.driver_direction == "down":
        logger.info("no screen: card %s is not of high over low", cohort.card.name)
        return False
    if cohort.cutting.cna_column is not None:
        logger.info("no screen: it needs the copy number of many genes; see --copy-number")
        return False
    return True


def _screen(
    adata: AnnData, cohort: CohortRun, split: Stratification, inputs: list[Path], continuous: bool
) -> None:
    from rnaseq_s6k1.cli.screen import ScreenOptions, print_screen, screen_claim, screen_step

    claim = screen_claim(
        split.gene_id,
        cohort.card,
        cohort.cutting,
        continuous,
        cohort.comparison.covariate_names,
    )
    options = ScreenOptions(amplicon_mb=cohort.neighbours.amplicon_mb)
    common = cohort.common
    try:
        result = screen_step(
            adata, claim, cohort.reading.id_map, options, common, common.out, inputs,
            discard_stale=True,
        )  # fmt: skip
    except (DataError, ModelError) as error:
        # A cohort too small to be screened can still be split.
        logger.warning("no screen: %s", error)
    else:
        print_screen(result, common.out)


def _groups(
    adata: AnnData, cohort: CohortRun, split: Stratification, *, name: str = ""
) -> PlannedContrast:
    """Compare the high with the low group, adjusted for the strata where there are some."""
    from rnaseq_s6k1.cohort.split_samples import with_groups
    from rnaseq_s6k1.cohort.strata import stratum_term

    compared, column = with_groups(adata, split)
    covariates = cohort.comparison.covariate_names
    # A column cut inside may hold numbers, which are levels then.
    cut_strata = [one for one in split.strata if not one.reason]
    if split.within and len(cut_strata) > 1:
        term = stratum_term(compared.obs, split.within)
        covariates = [term, *(one for one in covariates if one != split.within)]
    elif split.within:
        covariates = [one for one in covariates if one != split.within]
    planned = _planned(compared, cohort, column, covariates)
    return replace(planned, name=name)


def _planned(
    compared: AnnData, cohort: CohortRun, column: str, covariates: list[str]
) -> PlannedContrast:
    chosen = replace(
        cohort.comparison,
        samples=cohort.comparison.samples or Path("stratify/samples.tsv"),
        factor=column,
        reference="low",
        target="high",
        covariates=",".join(covariates) or None,
    )
    return plan_contrasts(compared, chosen)[0]


def _continuous(adata: AnnData, cohort: CohortRun, split: Stratification) -> PlannedContrast:
    """Model the driver's standardised expression; fold changes are per standard deviation."""
    from rnaseq_s6k1.cohort.split_samples import DRIVER_COLUMN, with_driver
    from rnaseq_s6k1.design.contrast import LinearContrast
    from rnaseq_s6k1.design.formula import parse_formula, quote_name
    from rnaseq_s6k1.design.plan import Comparison

    compared = with_driver(adata, split)
    columns = [str(name) for name in compared.obs.columns]
    terms = [
        quote_name(one) if one in columns else one for one in cohort.comparison.covariate_names
    ]
    written = "~ " + " + ".join([*terms, DRIVER_COLUMN])
    formula = parse_formula(written, columns)
    comparison = Comparison(formula.text, LinearContrast.of(DRIVER_COLUMN))
    return PlannedContrast("", compared, comparison)


def _inside(
    adata: AnnData, cohort: CohortRun, split: Stratification
) -> list[tuple[str, PlannedContrast]]:
    """Plan a run inside each stratum, on the groups made there.

    Covariates that do not vary inside are left out.
    """
    from rnaseq_s6k1.cohort.split_samples import with_groups

    if not split.within:
        return []
    compared, column = with_groups(adata, split)
    stratum_of = split.samples.set_index("sample")["stratum"].reindex(compared.obs_names)
    plans = []
    for number, one in enumerate((one for one in split.strata if not one.reason), start=1):
        inside = compared[(stratum_of == one.stratum).to_numpy(dtype=bool)].copy()
        covariates = []
        for name in cohort.comparison.covariate_names:
            if name == split.within:
                continue
            if name in inside.obs and inside.obs[name].nunique() < 2:
                logger.info("%s %s: %s does not vary", split.within, one.stratum, name)
                continue
            covariates.append(name)
        planned = _planned(inside, cohort, column, covariates)
        folder = f"within/{number}_{_folder_name(one.stratum)}"
        plans.append((one.stratum, replace(planned, name=folder)))
    return plans


def _folder_name(text: str) -> str:
    """Make a level safe as the name of a folder; the number before it keeps it unique."""
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in text)
    return kept[:40] or "_"


def _side_by_side(runs: list[tuple[str, str]], cohort: CohortRun) -> None:
    """Write ``stratify/runs.tsv``, which compares the runs, and print it."""
    from rnaseq_s6k1.cli.tables import read_de_result
    from rnaseq_s6k1.cohort.side_by_side import compare_runs
    from rnaseq_s6k1.io.tables import read_table, write_table
    from rnaseq_s6k1.provenance import extend_record

    out = cohort.common.out
    results, verdicts = {}, {}
    for label, folder in runs:
        results[label] = read_de_result(out / folder, None)[0]
        verdicts[label] = read_table(out / folder / "signature" / "verdict.tsv")
    table = compare_runs(results, verdicts)
    path = out / "stratify" / "runs.tsv"
    write_table(table, path)
    extend_record(path.parent, outputs=[path], results={"runs": len(table)})
    typer.echo("Side by side")
    typer.echo(
        f"  NES of {', '.join(_core_names(table))}; Spearman of the statistics with the first"
    )
    for row in table.to_dict("records"):
        groups = f"{row['n_high']} v {row['n_low']}" if row["n_high"] else f"n = {row['n']}"
        typer.echo(
            f"  {row['run']:<36} {groups:<10} {row['genes_up']:,} up, {row['genes_down']:,} down; "
            f"NES {_core_words(table, row)}; Spearman {row['spearman_of_stat']:.2f}"
        )
    typer.echo(f"  written to {path}")


def _core_names(table: pd.DataFrame) -> list[str]:
    prefix = "nes "
    return [str(name)[len(prefix) :] for name in table.columns if str(name).startswith(prefix)]


def _core_words(table: pd.DataFrame, row: dict[Hashable, Any]) -> str:
    """Give the NES of each core set, in the order of the card."""
    return " ".join(f"{float(row[f'nes {name}']):+.2f}" for name in _core_names(table))
