"""Reading average transcript lengths."""

from __future__ import annotations

import anndata
import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.lengths import read_lengths

TABLE = "gene_id\tgene_name\ts2\ts1\nENSG2.1\tB\t20\t10\nENSG1.4\tA\t4\t3\nENSG1.5\tA\t6\t5\n"


@pytest.fixture
def adata() -> anndata.AnnData:
    return anndata.AnnData(
        np.ones((2, 2), dtype=np.int32),
        obs=pd.DataFrame(index=["s1", "s2"]),
        var=pd.DataFrame(index=["ENSG1", "ENSG2"]),
    )


def test_lengths_follow_the_matrix(tmp_path, adata):
    path = tmp_path / "lengths.tsv"
    path.write_text(TABLE.replace("ENSG", "ENSG0000000000"))
    adata.var_names = ["ENSG00000000001", "ENSG00000000002"]
    np.testing.assert_array_equal(read_lengths(path, adata), [[4, 10], [5, 20]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gene_id\ts1\nENSG1\t5\nENSG2\t6\n", "no lengths for 1 of 2 samples, the first is s2"),
        ("gene_id\ts1\ts2\nENSG1\t5\t6\n", "no lengths for 1 of 2 genes, the first is ENSG2"),
        ("gene_id\ts1\ts2\nENSG1\tx\t6\nENSG2\t1\t1\n", "a length is not a number"),
    ],
)
def test_what_is_missing_is_named(tmp_path, adata, text, message):
    path = tmp_path / "lengths.tsv"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_lengths(path, adata)


def test_a_missing_file_is_said(tmp_path, adata):
    with pytest.raises(DataError, match="no such file"):
        read_lengths(tmp_path / "none.tsv", adata)
