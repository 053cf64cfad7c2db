"""Results on disk: what is written comes back, the same bytes twice, other people's tables."""

from __future__ import annotations

import gzip

import anndata
import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.de.result import RESULT_COLUMNS, DEParameters, DEResult, read_results
from rnaseq_s6k1.de.run import run_de
from rnaseq_s6k1.design.contrast import Contrast
from rnaseq_s6k1.errors import DataError

FILES = (
    "results.tsv",
    "degs.tsv",
    "size_factors.tsv",
    "normalized_counts.tsv.gz",
    "experiment.h5ad",
)


@pytest.fixture(scope="module")
def result(simulated) -> DEResult:
    effects = np.zeros(200)
    effects[:20] = 2.0
    adata = simulated(n_genes=200, effects=effects)
    adata.X[:, 199] = 0
    adata.var_names = ["NA", "null", "1e5", "007", "=1+1", *adata.var_names[5:]]
    adata.obs["ER/PR"] = list("abababab")
    adata.obs["age"] = pd.Series([1, None, "x", 2.5] * 2, dtype=object).to_numpy()
    formula = "~ `ER/PR` + condition"
    return run_de(adata, formula, engine="pydeseq2", lfc=0.8, split_gene="007")


def test_round_trip(result, tmp_path):
    paths = result.write(tmp_path)
    assert [path.name for path in paths] == list(FILES)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)
    back = DEResult.read(tmp_path)
    pd.testing.assert_frame_equal(back.table, result.table, check_exact=True)
    assert back.parameters == result.parameters
    assert back.contrast == result.contrast
    assert back.trend == result.trend
    pd.testing.assert_frame_equal(back.vst(), result.vst(), check_names=False)
    assert back.degs.equals(result.degs)
    assert (back.n_up, back.n_down) == (result.n_up, result.n_down)


def test_the_files_hold_what_they_say(result, tmp_path):
    result.write(tmp_path)
    size_factors = pd.read_csv(tmp_path / "size_factors.tsv", sep="\t")
    assert size_factors.columns.tolist() == ["sample", "size_factor"]
    with gzip.open(tmp_path / "normalized_counts.tsv.gz", "rt") as stream:
        normalized = pd.read_csv(stream, sep="\t", index_col="gene_id", keep_default_na=False)
    raw = normalized * size_factors.set_index("sample")["size_factor"]
    np.testing.assert_allclose(raw.T, result.experiment.X, atol=1e-9)
    degs = pd.read_csv(tmp_path / "degs.tsv", sep="\t", keep_default_na=False)
    assert degs["pvalue"].is_monotonic_increasing
    assert set(degs["direction"]) <= {"up", "down"}
    assert len(degs) == result.n_up + result.n_down > 0
    experiment = anndata.read_h5ad(tmp_path / "experiment.h5ad")
    assert "ER_PR" in experiment.obs
    assert list(experiment.obsm["design_matrix"]) == [
        name.replace("/", "_") for name in result.experiment.obsm["design_matrix"]
    ]


def test_the_same_bytes_twice(result, tmp_path):
    result.write(tmp_path / "a")
    result.write(tmp_path / "b")
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_results_without_an_experiment(result, tmp_path):
    result.write(tmp_path)
    (tmp_path / "experiment.h5ad").unlink()
    bare = DEResult.read(tmp_path)
    assert bare.experiment is None
    assert bare.contrast is None
    pd.testing.assert_frame_equal(bare.table, result.table)
    message = "this step needs the samples, and only a results table was given; run"
    for use in (bare.vst, lambda: bare.trend, lambda: bare.write(tmp_path)):
        with pytest.raises(DataError, match=message):
            use()
    assert result.without_experiment().experiment is None


@pytest.mark.parametrize("content", [b"no hdf5 at all", None])
def test_refuses_a_file_that_is_no_experiment_of_ours(result, tmp_path, content):
    result.write(tmp_path)
    path = tmp_path / "experiment.h5ad"
    if content is None:
        anndata.AnnData(np.ones((2, 2))).write_h5ad(path)
    else:
        path.write_bytes(content)
    with pytest.raises(DataError, match="not an experiment written by `rnaseq-s6k1 de`; run"):
        DEResult.read(tmp_path)


def test_refuses_an_experiment_without_a_contrast(result, tmp_path):
    result.write(tmp_path)
    experiment = anndata.read_h5ad(tmp_path / "experiment.h5ad")
    del experiment.uns["rnaseq_s6k1_de"]["target"]
    experiment.write_h5ad(tmp_path / "experiment.h5ad")
    with pytest.raises(DataError, match="not an experiment written by"):
        DEResult.read(tmp_path)


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["airway", "bottomly", "pasilla", "t47d_e2_gse89888"])
def test_reads_tables_of_deseq2(shared, name):
    path = shared / "data" / name / "deseq2_1.38.3_reference_results.tsv.gz"
    expected = pd.read_csv(path, sep="\t", float_precision="round_trip")
    table = read_results(path)
    assert tuple(table.columns) == RESULT_COLUMNS
    assert table["gene_id"].tolist() == expected["gene"].tolist()
    assert table["gene_name"].tolist() == expected["gene"].tolist()
    for column in ("baseMean", "log2FoldChange", "lfcSE", "stat", "pvalue", "padj"):
        np.testing.assert_array_equal(table[column], expected[column])
    assert table["log2FoldChange_shrunk"].isna().all()
    assert (table["direction"] == "none").all()
    assert (table["padj_na_reason"] == "").all()


HEADER = "baseMean\tlog2FoldChange\tlfcSE\tstat\tpvalue\tpadj"
ROW = "10\t1\t0.5\t2\t0.04\tNA"


def test_reads_the_row_names_of_write_table(tmp_path):
    path = tmp_path / "r.tsv"
    path.write_text(f"{HEADER}\nTP53\t{ROW}\n1e5\t{ROW}\n")
    table = read_results(path)
    assert table["gene_id"].tolist() == ["TP53", "1e5"]
    assert table["baseMean"].tolist() == [10.0, 10.0]
    assert table["padj"].isna().all()


def test_a_gene_without_a_name_goes_by_its_id(tmp_path):
    path = tmp_path / "r.tsv"
    rows = [f"E1\t{ROW}\tTP53", f"E2\t{ROW}\tNA", f"E3\t{ROW}\t"]
    path.write_text("\n".join([f"id\t{HEADER}\tgene_name", *rows]) + "\n")
    assert read_results(path)["gene_name"].tolist() == ["TP53", "E2", "E3"]


def test_refuses_other_tables(tmp_path):
    path = tmp_path / "r.tsv"
    path.write_text("gene\tlogFC\tFDR\nTP53\t1\t0.1\n")
    with pytest.raises(DataError, match="lacks baseMean, log2FoldChange, lfcSE, stat, pvalue"):
        read_results(path)
    path.write_text(f"gene\t{HEADER}\nTP53\t10\thigh\t0.5\t2\t0.04\tNA\n")
    with pytest.raises(DataError, match="column log2FoldChange holds text"):
        read_results(path)
    with pytest.raises(DataError, match="no such file"):
        read_results(tmp_path / "absent.tsv")


def test_the_rule_in_words():
    assert DEParameters().rule == "adjusted p < 0.05 and |log2FC| > 1 (--lfc-mode filter)"
    tested = DEParameters(lfc=0.58, alpha=0.1, lfc_mode="test", significance="pvalue")
    assert tested.rule == (
        "unadjusted p < 0.1 of the test against |log2FC| <= 0.58 (--lfc-mode test)"
    )
    assert Contrast("a", "x", "y").sentence == (
        "positive log2 fold change means higher in x than in y"
    )
