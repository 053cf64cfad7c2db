"""Scores of every sample on every gene set, by one or several methods."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.enrichment.leading_edges import set_labels
from rnaseq_s6k1.enrichment.scores.comparison import COMPARISON_COLUMNS, compare_scores
from rnaseq_s6k1.enrichment.scores.directions import find_pairs
from rnaseq_s6k1.enrichment.scores.method import ScoredSet, get_method
from rnaseq_s6k1.enrichment.scores.result import SET_COLUMNS, ScoreResult
from rnaseq_s6k1.enrichment.selection import SetKey, select_sets
from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.gmt import GeneSet

__all__ = ["run_scores"]

logger = logging.getLogger(__name__)

# Below it a gene's distribution over the samples is hardly known.
_FEW_SAMPLES = 10


def run_scores(
    expression: pd.DataFrame,
    collections: Mapping[str, Mapping[str, GeneSet]],
    methods: Sequence[str] = ("ssgsea",),
    *,
    design: pd.DataFrame | None = None,
    contrast: NDArray[np.float64] | None = None,
    min_size: int = 15,
    max_size: int = 500,
    exclude: Collection[str] = (),
    seed: int = 0,
    jobs: int = 1,
) -> ScoreResult:
    """Score each sample on each gene set.

    Two sets of a collection called ``X_UP`` and ``X_DN`` (or ``X_DOWN``) are scored each, and
    together as ``X_UP_DN``, up less down.

    Parameters
    ----------
    expression
        Log2 or variance-stabilised, samples x gene names; see
        `rnaseq_s6k1.enrichment.scores.expression.named_expression`.
    collections
        Gene sets by collection.
    methods
        Any of `rnaseq_s6k1.enrichment.scores.method.METHODS`.
    design, contrast
        Design matrix and weights of its coefficients, to compare the scores of two groups.
    min_size, max_size
        Bounds on the number of a set's genes in the matrix.
    exclude
        Names left out of every set.
    seed, jobs
        Seed of random draws; cores to use. The result does not depend on `jobs`.

    Raises
    ------
    UsageError
        If a method is unknown, or none is given.
    DataError
        If there are too few samples, or no set can be scored.
    ModelError
        See `compare_scores`.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> adata = s6k1.simulate_counts(n_genes=3000).adata
    >>> result = s6k1.run_de(adata, "~ condition", ("condition", "siS6K1", "siNC"))
    >>> sets = s6k1.read_gene_sets(["kegg_cell_cycle"])
    >>> found = s6k1.run_scores(result.vst(), sets, ["ssgsea"])
    >>> found.table.shape
    (6, 3)
    """
    modules = {name: get_method(name) for name in dict.fromkeys(methods)}
    if not modules:
        raise UsageError("no scoring method was given; name one, such as ssgsea")
    _check_samples(len(expression), [module.INFO.name for module in modules.values()])
    # One order of genes and samples, whatever the input's: sums and ties follow it.
    genes = np.argsort(expression.columns.to_numpy(dtype=str), kind="stable")
    samples = np.argsort(expression.index.to_numpy(dtype=str), kind="stable")
    ordered = expression.iloc[samples, genes]
    selected = select_sets(
        collections, ordered.columns, min_size=min_size, max_size=max_size, exclude=exclude
    )
    scored, sets = _scored_sets(selected.members, ordered.columns)
    values = np.ascontiguousarray(ordered.to_numpy(dtype=float))
    scores = {
        name: pd.DataFrame(
            module.score(values, scored, seed=seed, jobs=jobs),
            index=pd.Index(ordered.index, dtype=object),
            columns=pd.Index(sets["column"], dtype=object, name=None),
        )
        for name, module in modules.items()
    }
    comparison = None
    if design is not None and contrast is not None:
        parts = [
            compare_scores(table, design, contrast, method=name) for name, table in scores.items()
        ]
        comparison = pd.concat(parts, ignore_index=True)[list(COMPARISON_COLUMNS)]
    return ScoreResult(scores, sets, selected.dropped, comparison, len(ordered.columns))


def _check_samples(n_samples: int, names: Sequence[str]) -> None:
    for name in names:
        info = get_method(name).INFO
        if n_samples < info.fewest_samples:
            raise DataError(
                f"the method {name} needs at least {info.fewest_samples} samples and there "
                f"{'is' if n_samples == 1 else 'are'} {n_samples}; use ssgsea or rank"
            )
        if info.needs_cohort and n_samples < _FEW_SAMPLES:
            logger.warning(
                "the method %s compares each sample with the others, and %d are few: its scores "
                "describe these samples only",
                name,
                n_samples,
            )


def _scored_sets(
    members: Mapping[SetKey, tuple[str, ...]], genes: pd.Index
) -> tuple[list[ScoredSet], pd.DataFrame]:
    """Give sets and pairs as positions in the matrix, and the table that describes them."""
    nothing = np.empty(0, dtype=np.intp)
    positions = {key: np.sort(genes.get_indexer(pd.Index(one))) for key, one in members.items()}
    pairs = find_pairs(positions)
    entries: dict[SetKey, ScoredSet] = {
        key: ScoredSet(found, nothing) for key, found in positions.items()
    }
    entries |= {
        whole: ScoredSet(positions[up], positions[down]) for whole, (up, down) in pairs.items()
    }
    ordered = sorted(entries)
    scored = [entries[key] for key in ordered]
    table = pd.DataFrame(ordered, columns=["collection", "set"])
    table["column"] = set_labels(table)
    table["kind"] = ["pair" if key in pairs else "set" for key in ordered]
    table["size"] = [len(np.union1d(one.up, one.down)) for one in scored]
    table["up"] = [len(one.up) for one in scored]
    table["down"] = [len(one.down) for one in scored]
    return scored, table[list(SET_COLUMNS)]
