"""Results in AnnData: where they go, what is refused, and the way through .h5ad."""

from __future__ import annotations

import anndata
import numpy as np
import pandas as pd
import pytest

import rnaseq_s6k1 as s6k1
from rnaseq_s6k1.de.result import DEParameters, DEResult
from rnaseq_s6k1.design.contrast import Contrast


@pytest.fixture(scope="module")
def result() -> DEResult:
    """A small knock-down, tested."""
    adata = s6k1.simulate_counts(n_genes=3000, seed=5).adata
    return s6k1.run_de(adata, "~ condition", ("condition", "siS6K1", "siNC"))


@pytest.fixture
def adata(result) -> anndata.AnnData:
    """Its counts, genes in another order, with one more gene and one more sample."""
    counts = s6k1.simulate_counts(n_genes=3000, seed=5).adata
    extra = anndata.AnnData(
        np.ones((counts.n_obs + 1, counts.n_vars + 1), dtype=np.int32),
        obs=pd.DataFrame(index=[*counts.obs_names, "other"]),
        var=pd.DataFrame(index=["not/tested", *counts.var_names[::-1]]),
    )
    return extra


def through_h5ad(adata: anndata.AnnData, tmp_path) -> anndata.AnnData:
    """Write and read again."""
    adata.write_h5ad(tmp_path / "kept.h5ad")
    return anndata.read_h5ad(tmp_path / "kept.h5ad")


def test_a_result_comes_back_as_it_was(result, adata, tmp_path):
    s6k1.store_de(adata, result, key_added="first")
    again = s6k1.stored_de(through_h5ad(adata, tmp_path), key="first")
    pd.testing.assert_frame_equal(again.table, result.table)
    assert again.contrast == result.contrast
    assert again.parameters == result.parameters
    assert again.experiment is None
    ranking, other = s6k1.rank_genes(again.table), s6k1.rank_genes(result.table)
    pd.testing.assert_series_equal(ranking.stats, other.stats)


def test_values_stand_beside_their_genes(result, adata):
    s6k1.store_de(adata, result)
    kept = adata.varm["de"]
    assert list(kept.index) == list(adata.var_names)
    table = result.table.set_index("gene_id")
    tested = kept.loc[kept["tested"]]
    assert tested["stat"].equals(table["stat"].reindex(tested.index))
    gap = kept.loc["not/tested"]
    assert (gap["gene_name"], gap["direction"]) == ("", "")
    assert np.isnan(gap["log2FoldChange"])


def test_two_results_stand_side_by_side(result, adata):
    s6k1.store_de(adata, result, key_added="a")
    other = DEResult(result.table, Contrast("x", "y", "z"), DEParameters(lfc=0.5))
    s6k1.store_de(adata, other, key_added="b")
    assert s6k1.stored_de(adata, key="a").contrast == result.contrast
    assert s6k1.stored_de(adata, key="b").parameters.lfc == 0.5


def test_what_cannot_be_kept_or_found_is_refused_by_name(result, adata):
    with pytest.raises(s6k1.DataError, match="lacks 1 genes of the result, such as"):
        s6k1.store_de(adata[:, adata.var_names != result.table["gene_id"][7]].copy(), result)
    with pytest.raises(s6k1.DataError, match="knows no contrast"):
        s6k1.store_de(adata, DEResult(result.table, None, DEParameters()))
    for key in ("", "a/b"):
        with pytest.raises(s6k1.UsageError, match="without one"):
            s6k1.store_de(adata, result, key_added=key)
    s6k1.store_de(adata, result)
    with pytest.raises(s6k1.DataError, match="kept under 'dee'; varm has de"):
        s6k1.stored_de(adata, key="dee")
    with pytest.raises(s6k1.DataError, match="no gene sets are kept under 'de'; uns has de"):
        s6k1.stored_gsea(adata, key="de")


def test_gene_sets_scores_and_a_verdict_last(result, adata, tmp_path):
    sets = s6k1.read_gene_sets(["hallmark", "kegg_cell_cycle"])
    ranking = s6k1.rank_genes(result.table)
    tested = s6k1.run_gsea(ranking, sets)
    s6k1.store_gsea(adata, tested)
    scores = s6k1.run_scores(result.vst(), sets, methods=["zscore"])
    s6k1.store_scores(adata, scores)
    verdict = s6k1.check_signature(
        result, s6k1.load_card("s6k1-knockdown"), sets, ranking, gsea=tested
    )
    s6k1.store_verdict(adata, verdict)
    again = through_h5ad(adata, tmp_path)
    pd.testing.assert_frame_equal(s6k1.stored_gsea(again), tested.table, check_dtype=False)
    kept = again.obsm["score_zscore"]
    assert np.isnan(kept.loc["other"]).all()
    first = scores.scores["zscore"]
    np.testing.assert_array_equal(kept.loc[first.index].to_numpy(), first.to_numpy())
    uns = again.uns["verdict"]
    assert uns["signature"] == verdict.signature
    assert uns["sentence"] == verdict.sentence
    assert uns["driver_change"]["log2FC"] == verdict.driver_change.log2_fold_change
    assert list(uns["expectations"]["outcome"]) == list(verdict.table["outcome"])
    with pytest.raises(s6k1.DataError, match="lacks 1 of the scored samples"):
        s6k1.store_scores(adata[adata.obs_names != first.index[0]].copy(), scores)
