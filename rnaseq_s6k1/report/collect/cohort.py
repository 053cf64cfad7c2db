"""Analyses of a cohort: one section for each folder that is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from rnaseq_s6k1.report.collect.cohort_columns import (
    AMPLICON,
    BALANCE,
    BRIDGE,
    CONCORD,
    CORRELATIONS,
    COX,
    LEVELS,
    RUNS,
    SCORES,
    SCREEN,
    SURVIVAL,
    TESTS,
)
from rnaseq_s6k1.report.grids import Grid, grid
from rnaseq_s6k1.report.run_directory import Picture, RunDirectory

__all__ = ["CohortSection", "collect_cohort"]


@dataclass(frozen=True)
class CohortSection:
    """One analysis.

    Attributes
    ----------
    anchor, title
        Where a link leads, and the heading.
    lead
        What came out, in a sentence of the step.
    notes
        Further sentences of the step.
    grids, pictures
        Its tables and figures.
    """

    anchor: str
    title: str
    lead: str
    notes: list[str] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)


def collect_cohort(run: RunDirectory) -> list[CohortSection]:
    """Read the folders of cohort analyses, those that are there."""
    sections = (build(run) for build in _BUILDERS)
    return [one for one in sections if one is not None and (one.grids or one.pictures)]


def _balance(run: RunDirectory) -> CohortSection | None:
    step = run.step("stratify")
    if "high" not in step.results:
        return None
    gene, results = step.arguments.get("gene", ""), step.results
    table = run.table("stratify/balance.tsv")
    if table is not None:
        size = table["standardised_difference"].abs()
        table = table.loc[size.sort_values(ascending=False, kind="stable").index]
    return CohortSection(
        "balance",
        "Groups and their balance",
        f"The cohort was cut on {gene}: {results['high']} samples are high, {results['low']} low. "
        "What else differs between the groups can explain what is found between them; a "
        "standardised difference beyond 0.25 is large.",
        grids=[
            *grid(table, "Covariates, the largest difference first", BALANCE,
                  "stratify/balance.tsv", most=25),
            *grid(run.table("stratify/runs.tsv"), "Runs side by side", RUNS, "stratify/runs.tsv"),
        ],
        pictures=run.pictures(
            {"stratify/figures/driver_split": f"Expression of {gene} in the groups"}
        ),
    )  # fmt: skip


def _copy_number(run: RunDirectory) -> CohortSection | None:
    folder = "cohort/copy_number"
    gene = run.step(folder).arguments.get("gene", "")
    return CohortSection(
        "copy-number",
        "Copy number",
        f"Expression of {gene} against its own copy number.",
        grids=[
            *grid(run.table(f"{folder}/tests.tsv"), "Tests of the trend", TESTS,
                  f"{folder}/tests.tsv"),
            *grid(run.table(f"{folder}/levels.tsv"), "Expression by level (log2)", LEVELS,
                  f"{folder}/levels.tsv"),
        ],
        pictures=run.pictures(
            {f"{folder}/figures/expression_by_level": f"Expression of {gene} by copy number"}
        ),
    )  # fmt: skip


def _amplicon(run: RunDirectory) -> CohortSection | None:
    found = run.step("stratify").results
    table = run.table("stratify/amplicon.tsv")
    if table is None:
        return None
    return CohortSection(
        "amplicon",
        "Amplicon",
        f"{found.get('amplicon_genes', len(table))} genes lie beside the driver and are amplified "
        f"with it; {found.get('amplicon_called', 0)} of them are called. They move for reasons "
        "of copy number, not of the driver's action.",
        grids=grid(
            table.sort_values("pvalue", kind="stable"), "Neighbours, the smallest p first",
            AMPLICON, "stratify/amplicon.tsv", most=20,
        ),
    )  # fmt: skip


def _specificity(run: RunDirectory) -> CohortSection | None:
    found = run.document("screen/specificity.json")
    lead = str(found.get("sentence") or run.step("screen").results.get("sentence") or "")
    notes = [str(found["amplicon_sentence"])] if found.get("amplicon_sentence") else []
    return CohortSection(
        "specificity",
        "Specificity",
        lead,
        notes,
        grid(run.table("screen/screen.tsv"), "Genes screened, the highest score first", SCREEN,
             "screen/screen.tsv", most=20),
        run.pictures(
            {
                "screen/figures/histogram": "Scores of genes like the driver, and the driver's",
                "screen/figures/ranks": "Genes screened, ranked by their score",
            }
        ),
    )  # fmt: skip


def _correlation(run: RunDirectory) -> CohortSection | None:
    step = run.step("correlate")
    gene = step.arguments.get("gene", "")
    return CohortSection(
        "correlation",
        "Correlation",
        f"Spearman's correlation with {gene} in {step.results.get('n', '?')} samples, and where it "
        "lies among those of all genes.",
        grids=grid(run.table("correlate/correlations.tsv"), "Chosen genes", CORRELATIONS,
                   "correlate/correlations.tsv"),
        pictures=run.pictures(
            {"correlate/figures/correlations": f"Correlations of all genes with {gene}"}
        ),
    )  # fmt: skip


def _survival(run: RunDirectory) -> CohortSection | None:
    found = run.step("survival").results
    endpoints = [str(one) for one in found.get("endpoints", [])]
    return CohortSection(
        "survival",
        "Survival",
        f"{found.get('rule', '')}.",
        [str(note) for note in found.get("notes", [])],
        [
            *grid(run.table("survival/survival.tsv"), "Groups compared", SURVIVAL,
                  "survival/survival.tsv"),
            *grid(run.table("survival/cox_terms.tsv"), "Coefficients of the Cox models", COX,
                  "survival/cox_terms.tsv"),
        ],
        run.pictures(
            {f"survival/figures/km_{name}": f"Kaplan-Meier curves, {name}" for name in endpoints}
        ),
    )  # fmt: skip


def _concord(run: RunDirectory) -> CohortSection | None:
    return CohortSection(
        "concordance",
        "Concordance with another result",
        f"{run.step('concord').results.get('sentence', '')}.",
        grids=grid(run.table("concord/concord.tsv"), "Measures of agreement", CONCORD,
                   "concord/concord.tsv"),
        pictures=run.pictures(
            {
                "concord/figures/statistics": "Statistics of the two results, gene by gene",
                "concord/figures/rotations": "The correlation among those of rotated contrasts",
                "concord/figures/rrho": "Overlap of the two rankings at every pair of thresholds",
            }
        ),
    )  # fmt: skip


def _bridge(run: RunDirectory) -> CohortSection | None:
    found = run.step("bridge").results
    return CohortSection(
        "bridge",
        "The experiment's signature in tumours",
        f"What the score of the signature goes with, for the driver {found.get('driver', '')}, and "
        "whether random signatures of equal make do as well.",
        [str(note) for note in found.get("notes", [])],
        grid(run.table("bridge/bridge.tsv"), "Relations of the score", BRIDGE,
             "bridge/bridge.tsv"),
        run.pictures(
            {
                "bridge/figures/score_driver": "The signature's score against the driver",
                "bridge/figures/random_signatures": "The signature among random ones",
            }
        ),
    )  # fmt: skip


def _scores(run: RunDirectory) -> CohortSection | None:
    path = run.path / "score" / "figures"
    stems = sorted(file.stem for file in path.glob("scores_*.svg")) if path.is_dir() else []
    return CohortSection(
        "scores",
        "Scores of the samples",
        "Every sample's score on every gene set.",
        grids=grid(run.table("score/comparison.tsv"), "Groups compared", SCORES,
                   "score/comparison.tsv", most=25),
        pictures=run.pictures(
            {f"score/figures/{stem}": f"Scores of the samples ({stem})" for stem in stems}
        ),
    )  # fmt: skip


def _figures_of(folder: str, title: str, lead: str) -> Callable[[RunDirectory], CohortSection]:
    """Make a section of all figures of an analysis."""

    def build(run: RunDirectory) -> CohortSection:
        path = run.path / folder / "figures"
        stems = sorted({file.stem for file in path.glob("*.svg")}) if path.is_dir() else []
        pictures = run.pictures(
            {f"{folder}/figures/{stem}": f"{title}: {stem.replace('_', ' ')}" for stem in stems}
        )
        return CohortSection(folder.rpartition("/")[2], title, lead, pictures=pictures)

    return build


_BUILDERS: tuple[Callable[[RunDirectory], CohortSection | None], ...] = (
    _balance,
    _copy_number,
    _amplicon,
    _specificity,
    _correlation,
    _survival,
    _concord,
    _bridge,
    _scores,
    _figures_of("cohort/alterations", "Alterations", "Copy number and mutations, by sample."),
    _figures_of("cohort/exclusivity", "Exclusivity", "Which alterations avoid each other."),
    _figures_of("cohort/groups", "Groups", "Expression of the gene in groups of samples."),
    _figures_of("cohort/protein", "Protein", "Expression against the protein."),
)
