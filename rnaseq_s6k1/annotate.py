"""Results kept in the AnnData they come from, where scverse's tools look for such things.

What has a value a gene goes to ``varm``, what has a value a sample to ``obsm``, and all else to
``uns``. As in scanpy the functions change the object they are given, ``key_added`` names the
place, and how a result was made is ``uns[key]["params"]``. Everything lasts through ``.h5ad``.

>>> import rnaseq_s6k1 as s6k1
>>> adata = s6k1.simulate_counts(n_genes=3000).adata
>>> result = s6k1.run_de(adata, "~ condition", ("condition", "siS6K1", "siNC"))
>>> s6k1.store_de(adata, result)
>>> adata.varm["de"].loc["RPS6KB1", "direction"]
'down'
>>> adata.uns["de"]["params"]["design"]
'~ condition'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rnaseq_s6k1.de.storable import storable_table
from rnaseq_s6k1.errors import DataError, UsageError

if TYPE_CHECKING:
    from anndata import AnnData

    from rnaseq_s6k1.de.result import DEResult
    from rnaseq_s6k1.enrichment.gsea import GSEAResult
    from rnaseq_s6k1.enrichment.scores.result import ScoreResult
    from rnaseq_s6k1.mechanism.verdict import Verdict

__all__ = ["store_de", "store_gsea", "store_scores", "store_verdict", "stored_de", "stored_gsea"]

_TEXT = ("gene_name", "direction", "padj_na_reason")


def store_de(adata: AnnData, result: DEResult, *, key_added: str = "de") -> None:
    """Keep a differential-expression result in ``varm[key_added]``.

    Genes of `adata` that were not tested have NaN and empty text. ``uns[key_added]["params"]``
    says what was compared, and how.

    Parameters
    ----------
    adata
        The counts, shape ``(n_samples, n_genes)``; changed in place. It may have more samples
        than were compared, and more genes.
    result
        Of `rnaseq_s6k1.run_de`.
    key_added
        Name of the place.

    Raises
    ------
    DataError
        If the result has genes that `adata` lacks, or knows no contrast.
    UsageError
        If the name is empty or has a slash, which HDF5 takes for a folder.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> adata = s6k1.simulate_counts(n_genes=3000).adata
    >>> result = s6k1.run_de(adata, "~ condition", ("condition", "siS6K1", "siNC"))
    >>> s6k1.store_de(adata, result, key_added="de_siS6K1")
    >>> list(adata.varm["de_siS6K1"].columns[:3])
    ['gene_name', 'baseMean', 'log2FoldChange']
    """
    from rnaseq_s6k1.de.result import result_record

    _check_key(key_added)
    if result.contrast is None:
        raise DataError("a bare table of genes knows no contrast; store a result of run_de")
    table = result.table.set_index("gene_id")
    unknown = table.index.difference(adata.var_names)
    if len(unknown):
        raise DataError(
            f"the AnnData lacks {len(unknown)} genes of the result, such as {unknown[0]!r}; store "
            "it in the object whose counts were compared"
        )
    aligned = table.reindex(adata.var_names)
    for column in _TEXT:
        aligned[column] = aligned[column].astype(object).where(aligned[column].notna(), "")
    tested = pd.Series(adata.var_names.isin(table.index), index=adata.var_names)
    adata.varm[key_added] = aligned.assign(tested=tested.to_numpy())
    adata.uns[key_added] = {"params": result_record(result.parameters, result.contrast)}


def stored_de(adata: AnnData, *, key: str = "de") -> DEResult:
    """Read what `store_de` kept.

    Parameters
    ----------
    adata
        The counts with the result.
    key
        Name of the place.

    Returns
    -------
    DEResult
        Table, contrast and parameters; no samples (``experiment`` is None), so that gene sets
        can be tested on its ranking, and not by rotation.

    Raises
    ------
    DataError
        If there is no such result.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> adata = s6k1.simulate_counts(n_genes=3000).adata
    >>> result = s6k1.run_de(adata, "~ condition", ("condition", "siS6K1", "siNC"))
    >>> s6k1.store_de(adata, result)
    >>> again = s6k1.stored_de(adata)
    >>> again.contrast.sentence
    'positive log2 fold change means higher in siS6K1 than in siNC'
    >>> (again.n_up, again.n_down) == (result.n_up, result.n_down)
    True
    """
    from rnaseq_s6k1.de.result import RESULT_COLUMNS, DEResult, read_record

    try:
        kept = pd.DataFrame(adata.varm[key])
        contrast, parameters = read_record(adata.uns[key]["params"])
        table = kept[kept["tested"].astype(bool)].rename_axis("gene_id").reset_index()
        table = table[list(RESULT_COLUMNS)]
    except (KeyError, TypeError) as error:
        raise DataError(
            f"no differential-expression result is kept under {key[:60]!r}; varm has "
            f"{', '.join(sorted(map(str, adata.varm))) or 'nothing'}"
        ) from error
    for column in ("gene_id", *_TEXT):
        table[column] = table[column].astype(object)
    table = table.sort_values("gene_id", kind="stable", ignore_index=True)
    return DEResult(table, contrast, parameters)


def store_gsea(adata: AnnData, result: GSEAResult, *, key_added: str = "gsea") -> None:
    """Keep tested gene sets in ``uns[key_added]``.

    ``table`` and ``dropped`` are the result's, ``params`` says how it was made.

    Parameters
    ----------
    adata
        The counts; changed in place.
    result
        Of `rnaseq_s6k1.run_gsea`.
    key_added
        Name of the place.

    Raises
    ------
    UsageError
        If the name is empty or has a slash.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> adata = s6k1.simulate_counts(n_genes=3000).adata
    >>> result = s6k1.run_de(adata, "~ condition", ("condition", "siS6K1", "siNC"))
    >>> sets = s6k1.read_gene_sets(["kegg_cell_cycle"])
    >>> s6k1.store_gsea(adata, s6k1.run_gsea(s6k1.rank_genes(result.table), sets))
    >>> s6k1.stored_gsea(adata)["set"].tolist()
    ['KEGG_CELL_CYCLE']
    """
    _check_key(key_added)
    adata.uns[key_added] = {
        "table": storable_table(result.table),
        "dropped": storable_table(result.dropped),
        "params": {
            "family": result.family,
            "weight": result.weight,
            "score_type": result.score_type,
            "ranked_by": str(result.ranking.stats.name or ""),
        },
    }


def stored_gsea(adata: AnnData, *, key: str = "gsea") -> pd.DataFrame:
    """Read the table of gene sets that `store_gsea` kept.

    Parameters
    ----------
    adata
        The counts with the result.
    key
        Name of the place.

    Raises
    ------
    DataError
        If there is no such table.

    Examples
    --------
    >>> import anndata
    >>> import rnaseq_s6k1 as s6k1
    >>> s6k1.stored_gsea(anndata.AnnData())
    Traceback (most recent call last):
    ...
    rnaseq_s6k1.errors.DataError: no gene sets are kept under 'gsea'; uns has nothing
    """
    try:
        return pd.DataFrame(adata.uns[key]["table"]).reset_index(drop=True)
    except (KeyError, TypeError, IndexError) as error:
        raise DataError(
            f"no gene sets are kept under {key[:60]!r}; uns has "
            f"{', '.join(sorted(map(str, adata.uns))) or 'nothing'}"
        ) from error


def store_scores(adata: AnnData, result: ScoreResult) -> None:
    """Keep the scores of every sample in ``obsm["score_METHOD"]``, as decoupler names them.

    Parameters
    ----------
    adata
        The counts; changed in place. Samples without scores have NaN.
    result
        Of `rnaseq_s6k1.run_scores`.

    Raises
    ------
    DataError
        If the result has samples that `adata` lacks.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> adata = s6k1.simulate_counts(n_genes=3000).adata
    >>> result = s6k1.run_de(adata, "~ condition", ("condition", "siS6K1", "siNC"))
    >>> sets = s6k1.read_gene_sets(["kegg_cell_cycle"])
    >>> s6k1.store_scores(adata, s6k1.run_scores(result.vst(), sets, ["zscore"]))
    >>> adata.obsm["score_zscore"].shape
    (6, 1)
    """
    scored = result.to_anndata()
    unknown = scored.obs_names.difference(adata.obs_names)
    if len(unknown):
        raise DataError(
            f"the AnnData lacks {len(unknown)} of the scored samples, such as {unknown[0]!r}; "
            "store scores in the object whose samples were scored"
        )
    for key, scores in scored.obsm.items():
        adata.obsm[key] = scores.reindex(adata.obs_names)
        adata.uns[key] = {"params": dict(scored.uns[key])}


def store_verdict(adata: AnnData, verdict: Verdict, *, key_added: str = "verdict") -> None:
    """Keep a verdict in ``uns[key_added]``, its evidence as the table ``expectations``.

    Parameters
    ----------
    adata
        The counts; changed in place.
    verdict
        Of `rnaseq_s6k1.check_signature`.
    key_added
        Name of the place.

    Raises
    ------
    UsageError
        If the name is empty or has a slash.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> adata = s6k1.simulate_counts(n_genes=6000).adata
    >>> result = s6k1.run_de(adata, "~ condition", ("condition", "siS6K1", "siNC"))
    >>> card = s6k1.load_card("s6k1-knockdown")
    >>> sets = s6k1.read_gene_sets(["hallmark", "kegg_cell_cycle"])
    >>> verdict = s6k1.check_signature(result, card, sets, s6k1.rank_genes(result.table))
    >>> s6k1.store_verdict(adata, verdict)
    >>> adata.uns["verdict"]["driver"]
    'moved'
    """
    _check_key(key_added)
    answers = verdict.as_dict()
    texts = {name: value for name, value in answers.items() if isinstance(value, str)}
    change = {name: _number(value) for name, value in (answers["driver_change"] or {}).items()}
    adata.uns[key_added] = {
        **texts,
        "specificity": _number(verdict.specificity),
        "driver_change": change,
        "warnings": np.asarray(verdict.warnings, dtype=object),
        "expectations": storable_table(verdict.table),
    }


def _check_key(key: str) -> None:
    if not key or "/" in key:
        raise UsageError(
            f"key_added {key[:60]!r}: HDF5 takes a slash for a folder; give a name without one"
        )


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)
