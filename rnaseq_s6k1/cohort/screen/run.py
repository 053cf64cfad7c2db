"""Score the genes of a plan, in rounds, and put the driver in its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from rnaseq_s6k1.cohort.screen.genes import MIN_MEDIAN_COUNT
from rnaseq_s6k1.cohort.screen.grow import GrownBackground, grow_backgrounds, round_sizes
from rnaseq_s6k1.cohort.screen.listed import listed_table
from rnaseq_s6k1.cohort.screen.plan import ScreenPlan
from rnaseq_s6k1.cohort.screen.score import GeneScore
from rnaseq_s6k1.cohort.screen.scorers import ScoreMany
from rnaseq_s6k1.cohort.screen.specificity import Specificity, empirical_p, groups_checksum
from rnaseq_s6k1.errors import DataError, ModelError
from rnaseq_s6k1.progress import Progress

__all__ = ["SCREEN_COLUMNS", "ScreenResult", "run_screen"]

SCREEN_COLUMNS = (
    "gene_id",
    "gene_name",
    "rank",
    "role",
    "score",
    "n_high",
    "n_low",
    "mean",
    "sd",
    "distance",
    "card_gene",
    "reason",
)


@dataclass(frozen=True, eq=False)
class ScreenResult:
    """Every gene screened, and the driver's place among them.

    Attributes
    ----------
    table
        `SCREEN_COLUMNS` and a column a core set with its signed z, the highest score first;
        genes without a score last, with the reason. The role is ``driver``, ``amplicon``,
        ``listed``, ``background`` (of the driver) or ``matched`` (like a listed gene).
    amplicon
        The driver and its neighbours, ranked among themselves; genes below a median count of 10
        have no rank. Empty without a driver.
    listed
        The listed genes with the p of each; see
        `rnaseq_s6k1.cohort.screen.listed.LISTED_COLUMNS`. Empty without a list.
    specificity
        The driver's p; None where only a list was screened.
    notes
        Of the plan.
    """

    table: pd.DataFrame
    amplicon: pd.DataFrame
    listed: pd.DataFrame
    specificity: Specificity | None
    notes: tuple[str, ...]

    def write(self, folder: Path) -> list[Path]:
        """Write ``screen.tsv``; of a driver ``amplicon.tsv`` and ``specificity.json``.

        Of a list ``listed.tsv``; without one, that of an earlier run is removed.
        """
        from rnaseq_s6k1.io.tables import write_table

        paths = [folder / "screen.tsv"]
        write_table(self.table, paths[0])
        (folder / "listed.tsv").unlink(missing_ok=True)
        if len(self.listed):
            paths.append(folder / "listed.tsv")
            write_table(self.listed, paths[-1])
        if self.specificity is not None:
            write_table(self.amplicon, folder / "amplicon.tsv")
            paths += [folder / "amplicon.tsv", folder / "specificity.json"]
            self.specificity.write(paths[-1])
        return paths


def run_screen(
    plan: ScreenPlan,
    score_many: ScoreMany,
    *,
    card: str,
    background: int = 200,
    grow: bool = True,
    finished: Mapping[str, GeneScore] | None = None,
    on_score: Callable[[GeneScore], None] | None = None,
    progress: Progress | None = None,
) -> ScreenResult:
    """Score the driver, its amplicon, the listed genes, and as much background as is needed.

    Parameters
    ----------
    plan
        Of `rnaseq_s6k1.cohort.screen.plan.plan_screen`.
    score_many
        Where scores are computed; see `rnaseq_s6k1.cohort.screen.scorers`.
    card
        Name of the card.
    background
        First number of background genes with a score.
    grow
        Whether it may grow; see `round_sizes`.
    finished
        Scores known already, by gene id.
    on_score
        Called with each new score.
    progress
        Told of genes; see `rnaseq_s6k1.progress`.

    Returns
    -------
    ScreenResult
        The same whatever the order in which scores are finished.

    Raises
    ------
    UsageError
        If `background` is not positive.
    ModelError
        If the cohort cannot be split on the driver, or on no listed gene.
    DataError
        If no gene of the background has a score.
    """
    sizes = round_sizes(background, grow)
    scores = dict(finished or {})

    def score(gene_ids: Sequence[str]) -> None:
        missing = [one for one in dict.fromkeys(gene_ids) if one not in scores]
        if progress is not None:
            progress.expect(len(missing))
        for found in score_many(plan.screened(missing)):
            scores[found.gene_id] = found
            if on_score is not None:
                on_score(found)
            if progress is not None:
                progress.advance(1)

    if plan.driver:
        score([plan.driver])
        own = scores[plan.driver]
        if own.reason:
            raise ModelError(
                f"the cohort cannot be split on {plan.name(plan.driver)}: {own.reason}; choose "
                "another cut or other covariates"
            )
    score([*plan.amplicon.index, *plan.listed])
    if not plan.driver and all(scores[one].reason for one in plan.listed):
        raise ModelError(
            f"the cohort cannot be split on any listed gene ({scores[plan.listed[0]].reason}); "
            "choose another cut or other covariates"
        )
    compared = [*([plan.driver] if plan.driver else []), *_comparable(plan, scores)]
    grown = grow_backgrounds(
        {one: plan.background.of(one)[0] for one in compared}, scores, score, sizes
    )
    roles = _roles(plan, grown)
    specificity, amplicon, listed = None, pd.DataFrame(), pd.DataFrame()
    if plan.driver:
        amplicon = _amplicon_table(plan, scores)
        specificity = _specificity(plan, scores, card, grown[plan.driver], amplicon)
    if plan.listed:
        rows = _scored(plan, scores, plan.listed)
        rows = _without_silent(rows, pd.Series(True, index=rows.index))
        of_list = {one: grown[one] for one in compared if one != plan.driver}
        listed = listed_table(plan, rows, scores, of_list)
    return ScreenResult(_table(plan, scores, roles), amplicon, listed, specificity, plan.notes)


def _comparable(plan: ScreenPlan, scores: Mapping[str, GeneScore]) -> list[str]:
    """Give the listed genes that have a score, on counts enough for it to mean something."""
    counts = plan.genes["median_count"]
    return [
        one for one in plan.listed if not scores[one].reason and counts[one] >= MIN_MEDIAN_COUNT
    ]


def _roles(plan: ScreenPlan, grown: Mapping[str, GrownBackground]) -> dict[str, str]:
    """Say of each gene why it is in the screen; the nearest reason counts."""
    roles = {one: "matched" for background in grown.values() for one in background.used}
    if plan.driver:
        roles |= dict.fromkeys(grown[plan.driver].used, "background")
    roles |= dict.fromkeys(plan.listed, "listed") | dict.fromkeys(plan.amplicon.index, "amplicon")
    return roles | ({plan.driver: "driver"} if plan.driver else {})


def _specificity(
    plan: ScreenPlan,
    scores: Mapping[str, GeneScore],
    card: str,
    background: GrownBackground,
    amplicon: pd.DataFrame,
) -> Specificity:
    own = scores[plan.driver]
    known = background.scored(scores)
    if not known:
        raise DataError(
            f"no gene beside {plan.name(plan.driver)} can be split on, so that there is nothing "
            "to compare it with"
        )
    others = [one for one in known if not plan.genes.at[one, "card_gene"]]
    everywhere = empirical_p(own.score, [scores[one].score for one in known])
    ranked = amplicon[amplicon["rank"].notna()]
    mine = ranked[ranked["gene_id"] == plan.driver]
    in_amplicon = len(mine) == 1 and len(ranked) > 1
    return Specificity(
        gene=plan.name(plan.driver),
        gene_id=plan.driver,
        card=card,
        by=plan.by,
        cut=plan.cut,
        within=plan.within,
        covariates=plan.covariates,
        samples_high=own.n_high,
        samples_low=own.n_low,
        n_samples=plan.n_samples,
        groups_sha256=groups_checksum(plan.compared(plan.driver)),
        score=own.score,
        set_scores=dict(zip((one.name for one in plan.problem.sets), own.parts, strict=True)),
        pvalue=everywhere.pvalue,
        ci_low=everywhere.ci_low,
        ci_high=everywhere.ci_high,
        n=everywhere.n,
        at_least=everywhere.at_least,
        without_card_genes=empirical_p(own.score, [scores[one].score for one in others]),
        rounds=background.rounds,
        unscored=len(background.used) - len(known),
        amplicon_genes=len(ranked) if in_amplicon else 0,
        amplicon_rank=int(mine["rank"].iloc[0]) if in_amplicon else 0,
        amplicon_best=str(ranked["gene_name"].iloc[0]) if in_amplicon else "",
        amplicon_best_score=float(ranked["score"].iloc[0]) if in_amplicon else float("nan"),
    )


def _table(
    plan: ScreenPlan, scores: Mapping[str, GeneScore], roles: Mapping[str, str]
) -> pd.DataFrame:
    ids = sorted(roles)
    distance: dict[str, float] = {}
    if plan.driver:
        order, away = plan.background.of(plan.driver)
        distance = dict(zip(order, away.tolist(), strict=True))
    table = _scored(plan, scores, ids)
    table["role"] = [roles[one] for one in ids]
    table["distance"] = [distance.get(one, 0.0 if one == plan.driver else np.nan) for one in ids]
    table = _ranked(_without_silent(table, table["role"].isin(["amplicon", "listed"])))
    return table[[*SCREEN_COLUMNS, *(one.name for one in plan.problem.sets)]]


def _amplicon_table(plan: ScreenPlan, scores: Mapping[str, GeneScore]) -> pd.DataFrame:
    """Rank the driver among its neighbours."""
    ids = [plan.driver, *plan.amplicon.index]
    table = _scored(plan, scores, ids)
    places = plan.amplicon[["cytoband", "chromosome", "start", "distance_mb", "reason"]]
    places = places.rename(columns={"reason": "neighbour_by"})
    table = table.join(places, on="gene_id")
    table.loc[table["gene_id"] == plan.driver, "distance_mb"] = 0.0
    table = _ranked(_without_silent(table, table["gene_id"] != plan.driver))
    columns = ["gene_id", "gene_name", "rank", "score", "n_high", "n_low", "mean", "sd"]
    columns += [*places.columns, "reason", *(one.name for one in plan.problem.sets)]
    return table[columns]


def _scored(plan: ScreenPlan, scores: Mapping[str, GeneScore], ids: Sequence[str]) -> pd.DataFrame:
    found = [scores[one] for one in ids]
    table = pd.DataFrame(
        {
            "gene_id": list(ids),
            "score": [one.score for one in found],
            "n_high": [one.n_high for one in found],
            "n_low": [one.n_low for one in found],
            "reason": [one.reason for one in found],
        }
    )
    columns = ["gene_name", "mean", "sd", "median_count", "card_gene"]
    described = plan.genes.loc[list(ids), columns]
    table = table.join(described.reset_index(drop=True))
    for at, one in enumerate(plan.problem.sets):
        table[one.name] = [found_one.parts[at] for found_one in found]
    return table


def _without_silent(table: pd.DataFrame, judged: pd.Series) -> pd.DataFrame:
    """Give genes whose order of samples is largely noise a reason to have no rank."""
    few = judged & (table["median_count"] < MIN_MEDIAN_COUNT) & (table["reason"] == "")
    reason = f"its median count is below {MIN_MEDIAN_COUNT}"
    return table.assign(reason=table["reason"].where(~few, reason))


def _ranked(table: pd.DataFrame) -> pd.DataFrame:
    """Sort by score, and rank the genes that have one and no reason against it."""
    good = table["reason"] == ""
    table = table.assign(good=good)
    table = table.sort_values(
        ["good", "score", "gene_id"], ascending=[False, False, True], kind="stable"
    ).reset_index(drop=True)
    ranks = pd.Series(np.arange(1, len(table) + 1), dtype="Int64")
    table["rank"] = ranks.where(table["good"])
    return table.drop(columns="good")
