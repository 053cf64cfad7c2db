"""The genes of a list of drivers: the p of each, among genes like it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from rnaseq_s6k1.cohort.screen.grow import GrownBackground
from rnaseq_s6k1.cohort.screen.plan import ScreenPlan
from rnaseq_s6k1.cohort.screen.score import GeneScore
from rnaseq_s6k1.cohort.screen.specificity import empirical_p
from rnaseq_s6k1.de.filtering import benjamini_hochberg

__all__ = ["LISTED_COLUMNS", "listed_table"]

LISTED_COLUMNS = (
    "gene_id",
    "gene_name",
    "rank",
    "score",
    "pvalue",
    "ci_low",
    "ci_high",
    "padj",
    "n",
    "at_least",
    "pvalue_without_card_genes",
    "n_without_card_genes",
    "n_high",
    "n_low",
    "mean",
    "sd",
    "card_gene",
    "reason",
)


def listed_table(
    plan: ScreenPlan,
    rows: pd.DataFrame,
    scores: Mapping[str, GeneScore],
    grown: Mapping[str, GrownBackground],
) -> pd.DataFrame:
    """Give each listed gene its place among the genes like it, and rank the list by p.

    Parameters
    ----------
    plan
        Of the screen.
    rows
        The listed genes: ``gene_id gene_name score n_high n_low mean sd card_gene reason`` and a
        column a core set.
    scores
        Of all genes.
    grown
        The background of each listed gene that has a score and no reason against it.

    Returns
    -------
    pandas.DataFrame
        `LISTED_COLUMNS` and a column a core set, by p, then score. ``padj`` is the false
        discovery rate of Benjamini and Hochberg over the list.
    """
    found = []
    for gene_id, background in grown.items():
        known = background.scored(scores)
        others = [one for one in known if not plan.genes.at[one, "card_gene"]]
        everywhere = empirical_p(scores[gene_id].score, [scores[one].score for one in known])
        without = empirical_p(scores[gene_id].score, [scores[one].score for one in others])
        found.append(
            {
                "gene_id": gene_id,
                "pvalue": everywhere.pvalue,
                "ci_low": everywhere.ci_low,
                "ci_high": everywhere.ci_high,
                "n": everywhere.n,
                "at_least": everywhere.at_least,
                "pvalue_without_card_genes": without.pvalue,
                "n_without_card_genes": without.n,
            }
        )
    columns = ["gene_id", *LISTED_COLUMNS[4:7], *LISTED_COLUMNS[8:12]]
    table = rows.merge(pd.DataFrame(found, columns=columns), on="gene_id", how="left")
    table = table.astype(dict.fromkeys(("n", "at_least", "n_without_card_genes"), "Int64"))
    table["padj"] = benjamini_hochberg(table["pvalue"].to_numpy(dtype=float))
    table = table.assign(lowest=-table["score"]).sort_values(
        ["pvalue", "lowest", "gene_id"], kind="stable", ignore_index=True
    )
    ranks = pd.Series(np.arange(1, len(table) + 1), dtype="Int64")
    table["rank"] = ranks.where(table["pvalue"].notna())
    return table[[*LISTED_COLUMNS, *(one.name for one in plan.problem.sets)]]
