"""Parquet and .h5ad."""

from __future__ import annotations

import sys
from decimal import Decimal

import anndata
import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.counts import read_counts

COUNTS = np.array([[5, 10, 1], [6, 0, 2]])
GENES = ["ENSG00000136997.21", "ENSG00000108443.14", "ENSG00000075624.17"]


@pytest.fixture
def frame() -> pd.DataFrame:
    table = pd.DataFrame(COUNTS.T, columns=["siNC_1", "siS6K1_1"])
    table.insert(0, "gene_id", GENES)
    return table


def check(adata):
    assert list(adata.obs_names) == ["siNC_1", "siS6K1_1"]
    assert list(adata.var_names) == [gene.split(".")[0] for gene in GENES]
    assert adata.X.dtype == np.int32
    np.testing.assert_array_equal(adata.X, COUNTS)


def test_parquet_with_ids_as_column_or_index(frame, tmp_path):
    path = tmp_path / "c.parquet"
    frame.to_parquet(path)
    check(read_counts(path))
    frame.set_index("gene_id").to_parquet(path)
    check(read_counts(path))
    frame.set_index("gene_id").rename_axis(None).to_parquet(path)
    check(read_counts(path))
    assert read_counts(path).uns["counts_source"]["format"] == "parquet"


def test_parquet_names_annotation_and_floats(frame, tmp_path):
    frame.insert(1, "gene_name", ["MYC", None, "ACTB"])
    frame.insert(2, "length", [1, 2, 3])
    frame["siNC_1"] = frame["siNC_1"].astype(float)
    frame.to_parquet(tmp_path / "c.parquet")
    adata = read_counts(tmp_path / "c.parquet")
    check(adata)
    assert list(adata.var["gene_name"]) == ["MYC", "", "ACTB"]
    assert adata.uns["counts_source"]["dropped_columns"] == "length"


def test_parquet_transposed(frame, tmp_path):
    frame.set_index("gene_id").T.rename_axis("sample").reset_index().to_parquet(
        tmp_path / "c.parquet"
    )
    check(read_counts(tmp_path / "c.parquet", transpose=True))


def test_parquet_refusals(frame, tmp_path):
    path = tmp_path / "c.parquet"
    missing = frame.assign(siNC_1=[1.0, np.nan, 2.0])
    missing.to_parquet(path)
    with pytest.raises(
        DataError, match=r"column 'siNC_1', row 2 \(gene 'ENSG00000108443.14'\): the"
    ):
        read_counts(path)
    frame.assign(siNC_1=frame["siNC_1"] - 6).to_parquet(path)
    with pytest.raises(DataError, match=r"sample 'siNC_1': negative value -1"):
        read_counts(path)
    frame.assign(siNC_1=[Decimal(at) for at in range(3)]).to_parquet(path)
    with pytest.raises(
        DataError, match=r"column 'siNC_1' holds decimal128\(1, 0\) and not numbers"
    ):
        read_counts(path)
    frame.iloc[:0].to_parquet(path)
    with pytest.raises(DataError, match="the table has no rows or no columns"):
        read_counts(path)
    path.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        read_counts(path)


def test_parquet_without_pyarrow_says_how_to_install_it(frame, tmp_path, monkeypatch):
    frame.to_parquet(tmp_path / "c.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"needs pyarrow, .* pip install 'rnaseq-s6k1\[parquet\]'"):
        read_counts(tmp_path / "c.parquet")


def build(x, **extra) -> anndata.AnnData:
    return anndata.AnnData(
        X=x,
        obs=pd.DataFrame({"condition": ["siNC", "siS6K1"]}, index=["siNC_1", "siS6K1_1"]),
        var=pd.DataFrame({"gene_name": ["MYC", "RPS6KB1", "ACTB"]}, index=GENES),
        **extra,
    )


@pytest.mark.parametrize(
    "convert",
    [
        lambda x: x,
        lambda x: x.astype(np.float32),
        lambda x: scipy.sparse.csr_matrix(x),
        lambda x: scipy.sparse.csc_matrix(x.astype(np.float64)),
    ],
)
def test_h5ad_dense_and_sparse(tmp_path, convert):
    build(convert(COUNTS)).write_h5ad(tmp_path / "c.h5ad")
    adata = read_counts(tmp_path / "c.h5ad")
    check(adata)
    assert list(adata.obs["condition"]) == ["siNC", "siS6K1"]
    assert list(adata.var["gene_name"]) == ["MYC", "RPS6KB1", "ACTB"]
    assert adata.uns["counts_source"]["matrix"] == "X"


def test_h5ad_counts_beside_normalised_values(tmp_path):
    logs = np.log1p(COUNTS)
    build(logs, layers={"counts": COUNTS}).write_h5ad(tmp_path / "c.h5ad")
    adata = read_counts(tmp_path / "c.h5ad")
    check(adata)
    assert adata.uns["counts_source"]["matrix"] == "layers['counts']"
    with_raw = build(logs)
    with_raw.raw = build(COUNTS)
    with_raw.write_h5ad(tmp_path / "raw.h5ad")
    adata = read_counts(tmp_path / "raw.h5ad")
    check(adata)
    assert adata.uns["counts_source"]["matrix"] == "raw.X"


def test_h5ad_transposed(tmp_path):
    build(COUNTS).T.copy().write_h5ad(tmp_path / "c.h5ad")
    check(read_counts(tmp_path / "c.h5ad", transpose=True))


def test_h5ad_refusals(tmp_path):
    path = tmp_path / "c.h5ad"
    build(np.log1p(COUNTS)).write_h5ad(path)
    with pytest.raises(
        DataError, match=r"gene 'ENSG00000136997.21', sample 'siNC_1': 1.791759469 is not"
    ):
        read_counts(path)
    build(np.where(COUNTS == 0, np.nan, COUNTS)).write_h5ad(path)
    with pytest.raises(
        DataError, match=r"X holds a missing or infinite value \(sample 2, gene 2\)"
    ):
        read_counts(path)
    build(None).write_h5ad(path)
    with pytest.raises(DataError, match="holds no matrix"):
        read_counts(path)
    path.write_bytes(b"\x89HDF\r\n\x1a\n and nothing else")
    with pytest.raises(DataError, match=r"cannot be read as \.h5ad"):
        read_counts(path)
