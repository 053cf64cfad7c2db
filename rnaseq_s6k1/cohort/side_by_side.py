"""Runs of one cohort side by side: cut against continuous, combined against each stratum."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from scipy.stats import spearmanr

from rnaseq_s6k1.de.result import DEResult

__all__ = ["RUN_COLUMNS", "compare_runs"]

RUN_COLUMNS = (
    "run",
    "n",
    "n_high",
    "n_low",
    "genes_up",
    "genes_down",
    "called_in_both",
    "same_direction",
    "spearman_of_stat",
    "design",
)


def compare_runs(
    results: Mapping[str, DEResult], findings: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Compare each run with the first.

    Parameters
    ----------
    results
        The differential-expression result of each run, by what it is called.
    findings
        The lines of its verdict, by the same names: ``target kind role effect pvalue outcome``.

    Returns
    -------
    pandas.DataFrame
        A row a run: `RUN_COLUMNS`, then for each core set ``nes SET``, ``p SET`` and
        ``outcome SET``. ``called_in_both`` counts genes called here and in the first run, of
        which ``same_direction`` agree; ``spearman_of_stat`` is the rank correlation of the Wald
        statistics of genes tested in both, without the gene that split them.
    """
    first = next(iter(results.values()))
    rows = []
    for name, result in results.items():
        parameters = result.parameters
        n = 0 if result.experiment is None else int(result.experiment.n_obs)
        both, same = _called_in_both(first.table, result.table)
        row: dict[str, object] = {
            "run": name,
            "n": n,
            "n_high": parameters.n_target,
            "n_low": parameters.n_reference,
            "genes_up": result.n_up,
            "genes_down": result.n_down,
            "called_in_both": both,
            "same_direction": same,
            "spearman_of_stat": _spearman(first, result),
            "design": parameters.design,
        }
        core = findings[name]
        core = core[(core["role"] == "core") & (core["kind"] == "gene_set")]
        for line in core.to_dict("records"):
            row[f"nes {line['target']}"] = line["effect"]
            row[f"p {line['target']}"] = line["pvalue"]
            row[f"outcome {line['target']}"] = line["outcome"]
        rows.append(row)
    return pd.DataFrame(rows)


def _called_in_both(first: pd.DataFrame, other: pd.DataFrame) -> tuple[int, int]:
    one = first.set_index("gene_id")["direction"]
    two = other.set_index("gene_id")["direction"].reindex(one.index).fillna("none")
    both = (one != "none") & (two != "none")
    return int(both.sum()), int((both & (one == two)).sum())


def _spearman(first: DEResult, other: DEResult) -> float:
    one = first.table.set_index("gene_id")
    two = other.table.set_index("gene_id").reindex(one.index)
    tested = one["pvalue"].notna() & two["pvalue"].notna()
    tested &= one.index != first.parameters.split_gene
    if tested.sum() < 3:
        return float("nan")
    return float(spearmanr(one.loc[tested, "stat"], two.loc[tested, "stat"]).statistic)
