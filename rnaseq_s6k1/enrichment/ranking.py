"""One number a gene, in order: what preranked tests start from."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy.special import log_ndtr

from rnaseq_s6k1.enrichment.list_lines import numbered_lines
from rnaseq_s6k1.errors import DataError, UsageError

__all__ = [
    "RankBy",
    "Ranking",
    "map_ranking_orthologs",
    "rank_genes",
    "read_rnk",
    "rename_ranking",
    "write_rnk",
]

logger = logging.getLogger(__name__)

RankBy = Literal["stat", "signed_log10p", "lfc_shrunk"]


@dataclass(frozen=True)
class Ranking:
    """Genes in descending order of a statistic.

    Attributes
    ----------
    stats
        The statistic, indexed by gene name; descending, ties ordered by name.
    by
        What the statistic is.
    n_missing, n_duplicates
        Genes dropped for a missing statistic; rows dropped because a gene of the same name
        had a larger absolute statistic.
    tie_fraction
        Share of genes whose statistic another gene has too.
    """

    stats: pd.Series
    by: str
    n_missing: int
    n_duplicates: int
    tie_fraction: float

    @property
    def sentence(self) -> str:
        """What was ranked, and what was left out."""
        return (
            f"{len(self.stats):,} genes ranked by {self.by}; {self.n_missing:,} without a "
            f"statistic dropped, {self.n_duplicates:,} duplicate names collapsed to the largest "
            f"absolute value, {self.tie_fraction:.1%} tied"
        )


def rank_genes(
    table: pd.DataFrame, by: RankBy = "stat", *, exclude: Collection[str] = ()
) -> Ranking:
    """Rank the genes of a results table by name.

    Parameters
    ----------
    table
        A results table; see `rnaseq_s6k1.de.result.RESULT_COLUMNS`.
    by
        ``stat``: the Wald statistic; ``signed_log10p``: -log10 p with the sign of the fold
        change; ``lfc_shrunk``: the shrunken log2 fold change.
    exclude
        Gene ids left out, such as the gene that split the groups.

    Raises
    ------
    UsageError
        If `by` is unknown or the table has no such values.
    DataError
        If a statistic is infinite, or no gene is left.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> adata = s6k1.simulate_counts(n_genes=3000).adata
    >>> result = s6k1.run_de(adata, "~ condition", ("condition", "siS6K1", "siNC"))
    >>> ranking = s6k1.rank_genes(result.table, "stat")
    >>> bool(ranking.stats.is_monotonic_decreasing)
    True
    """
    rows = table[~table["gene_id"].isin(set(exclude))]
    if by == "stat":
        values = rows["stat"].where(rows["pvalue"].notna())
    elif by == "signed_log10p":
        values = _signed_log10p(rows)
    elif by == "lfc_shrunk":
        values = rows["log2FoldChange_shrunk"].where(rows["pvalue"].notna())
        if values.notna().sum() == 0:
            raise UsageError(
                "--rank-by lfc_shrunk needs shrunken fold changes and the table has none; "
                "run `de` without --no-shrink, or rank by stat"
            )
    else:
        raise UsageError(f"--rank-by must be one of {', '.join(get_args(RankBy))}, not {by!r}")
    return _order(rows["gene_name"], values, by)


def read_rnk(path: str | os.PathLike[str]) -> Ranking:
    r"""Read a ranked list, plain or gzip: gene and statistic, with or without a header.

    Names are used as written; nothing is mapped.

    Raises
    ------
    DataError
        If the file cannot be read as such, naming the line.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> from pathlib import Path
    >>> _ = Path("genes.rnk").write_text("CCNE1\t-4.2\nMYC\t0.3\nE2F1\t-6.1\n")
    >>> s6k1.read_rnk("genes.rnk").stats.to_dict()
    {'MYC': 0.3, 'CCNE1': -4.2, 'E2F1': -6.1}
    """
    path = Path(path)
    names: list[str] = []
    values: list[float] = []
    header_seen = False
    for number, line in numbered_lines(path):
        fields = [field.strip() for field in line.split("\t")]
        if len(fields) < 2:
            fields = line.split()
        if len(fields) != 2:
            raise DataError(
                f"{path}, line {number}: {len(fields)} column{'s' if len(fields) > 1 else ''} "
                "where a ranked list has two, gene and statistic, separated by a tab"
            )
        value = _number(fields[1])
        if value is None and not names and not header_seen:
            header_seen = True
            continue
        if value is None:
            raise DataError(
                f"{path}, line {number}: the statistic {fields[1][:40]!r} is not a number; "
                "write NA where there is none"
            )
        if not fields[0]:
            raise DataError(f"{path}, line {number}: a statistic without a gene; name it")
        names.append(fields[0])
        values.append(value)
    if not names:
        raise DataError(f"{path}: no ranked genes in it; give a line of gene and statistic each")
    return _order(pd.Series(names, dtype=object), pd.Series(values, dtype=float), path.name)


def _number(text: str) -> float | None:
    """Read a statistic; NaN where it is missing, None where it is none."""
    if text in ("", "NA"):
        return float("nan")
    try:
        # Python alone takes underscores for digit separators.
        return None if "_" in text else float(text)
    except ValueError:
        return None


def write_rnk(ranking: Ranking, path: str | os.PathLike[str]) -> None:
    """Write the ranking as a ``.rnk`` file, without a header as the Broad's tools expect.

    Those tools look genes up by name, so names are written exactly, also those that a spreadsheet
    would run as formulas; see `rnaseq_s6k1.io.spreadsheets`.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> adata = s6k1.simulate_counts(n_genes=3000).adata
    >>> result = s6k1.run_de(adata, "~ condition", ("condition", "siS6K1", "siNC"))
    >>> ranking = s6k1.rank_genes(result.table)
    >>> s6k1.write_rnk(ranking, "genes.rnk")
    >>> bool((s6k1.read_rnk("genes.rnk").stats.index == ranking.stats.index).all())
    True
    """
    from rnaseq_s6k1.io.atomic import write_text

    lines = (f"{name}\t{value!r}" for name, value in ranking.stats.items())
    write_text(path, "\n".join(lines) + "\n")


def _signed_log10p(rows: pd.DataFrame) -> pd.Series:
    """Return -log10 p with the sign of the change; where p underflowed, from the statistic."""
    p = rows["pvalue"].to_numpy(dtype=float)
    z = np.abs(rows["stat"].to_numpy(dtype=float))
    with np.errstate(divide="ignore", invalid="ignore"):
        exact = -np.log10(p)
        from_stat = -(np.log(2) + log_ndtr(-z)) / np.log(10)
    magnitude = np.where(p == 0, from_stat, exact)
    return pd.Series(np.sign(rows["log2FoldChange"].to_numpy()) * magnitude, index=rows.index)


def _order(names: pd.Series, values: pd.Series, by: str) -> Ranking:
    values = values.astype(float)
    infinite = np.isinf(values.to_numpy())
    if infinite.any():
        first = names.to_numpy()[infinite][0]
        raise DataError(
            f"the statistic {by} of gene {first} is infinite; rank by stat, or give it a number"
        )
    missing = values.isna()
    frame = pd.DataFrame({"name": names[~missing].astype(str), "value": values[~missing]})
    frame["size"] = frame["value"].abs()
    # Among equal sizes the positive one is kept, so that row order cannot matter.
    frame = frame.sort_values(["size", "value", "name"], ascending=[False, False, True])
    kept = frame.drop_duplicates("name")
    kept = kept.sort_values(["value", "name"], ascending=[False, True], kind="stable")
    if kept.empty:
        raise DataError("no gene has a statistic; there is nothing to rank")
    tied = float(kept["value"].duplicated(keep=False).mean())
    return Ranking(
        stats=pd.Series(kept["value"].to_numpy(), index=kept["name"].to_numpy(dtype=object)),
        by=by,
        n_missing=int(missing.sum()),
        n_duplicates=len(frame) - len(kept),
        tie_fraction=tied,
    )


def rename_ranking(ranking: Ranking, id_map: Path) -> Ranking:
    """Rename the genes of a ranking by a two-column map; names it lacks stay.

    Raises
    ------
    DataError
        If the map cannot be read.
    """
    from rnaseq_s6k1.genes.naming import name_genes

    named = name_genes(pd.Index(ranking.stats.index, dtype=object), id_map=id_map)
    return _renamed(ranking, named.names.tolist())


def map_ranking_orthologs(ranking: Ranking, ortholog_map: Path) -> Ranking:
    """Rename the genes of a ranking to their human orthologs; those without one are left out.

    Of several genes with the same ortholog the one with the largest absolute statistic
    stands for it; see `rnaseq_s6k1.genes.orthologs.find_orthologs` for the other rules.

    Raises
    ------
    DataError
        If the map cannot be read, or gives no gene exactly one ortholog.
    """
    from rnaseq_s6k1.genes.orthologs import find_orthologs

    return _renamed(ranking, find_orthologs(ranking.stats.index, ortholog_map).names)


def _renamed(ranking: Ranking, names: Sequence[str | None]) -> Ranking:
    """Order a ranking anew under other names; genes whose name is None are left out."""
    kept = [at for at, name in enumerate(names) if name is not None]
    return _order(
        pd.Series([names[at] for at in kept], dtype=object),
        pd.Series(ranking.stats.to_numpy()[kept]),
        ranking.by,
    )
