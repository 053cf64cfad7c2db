"""Whatever a sample sheet holds can be kept in an .h5ad file."""

from __future__ import annotations

import anndata
import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.de.storable import storable


def with_sheet(**columns) -> anndata.AnnData:
    names = [f"s{i}" for i in range(4)]
    return anndata.AnnData(np.ones((4, 2), int), obs=pd.DataFrame(columns, index=names))


def written(adata: anndata.AnnData, tmp_path) -> pd.DataFrame:
    storable(adata).write_h5ad(tmp_path / "x.h5ad")
    return anndata.read_h5ad(tmp_path / "x.h5ad").obs


def test_slashes_become_underscores_and_names_stay_unique(tmp_path):
    values = {"ER/PR": list("abcd"), "ER_PR": list("efgh"), "ER_PR_2": list("ijkl")}
    obs = written(with_sheet(**values, **{"a/b": list("mnop")}), tmp_path)
    assert obs.columns.tolist() == ["ER_PR_3", "ER_PR", "ER_PR_2", "a_b"]
    assert obs["ER_PR_3"].tolist() == list("abcd")
    assert obs["ER_PR"].tolist() == list("efgh")


def test_names_that_anndata_reserves_or_that_are_empty(tmp_path):
    obs = written(with_sheet(**{"_index": list("abcd"), "": [1, 2, 3, 4]}), tmp_path)
    assert obs.columns.tolist() == ["index", "unnamed"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pd.Series([1, None, 2.5, 3], dtype=object), [1.0, None, 2.5, 3.0]),
        (pd.Series([1, "x", None, 2.0], dtype=object), ["1", "x", None, "2"]),
        (pd.Series([True, None, False, True], dtype=object), ["True", None, "False", "True"]),
        (pd.Series([None] * 4, dtype=object), [None] * 4),
        (pd.Series(["a", None, "", "b"], dtype="string"), ["a", None, None, "b"]),
        (pd.Series([1, None, 2, 3], dtype="Int64"), [1, None, 2, 3]),
        (pd.Series([True, False, True, True]), [True, False, True, True]),
        (pd.Series(pd.Categorical(["x", None, "y", "x"])), ["x", None, "y", "x"]),
        (
            pd.Series(pd.to_datetime(["2024-02-03"] * 4)),
            ["2024-02-03 00:00:00"] * 4,
        ),
    ],
)
def test_values_of_every_kind(values, expected, tmp_path):
    adata = with_sheet()
    adata.obs["column"] = pd.Series(values.array, index=adata.obs_names)
    found = written(adata, tmp_path)["column"]
    assert [None if pd.isna(value) else value for value in found] == expected


def test_tables_of_the_design_too_and_the_original_is_left_alone(tmp_path):
    adata = with_sheet(**{"ER/PR": list("abab")})
    adata.obsm["design_matrix"] = pd.DataFrame({"ER/PR[b]": [0.0, 1, 0, 1]}, index=adata.obs_names)
    copy = storable(adata)
    copy.write_h5ad(tmp_path / "x.h5ad")
    assert list(anndata.read_h5ad(tmp_path / "x.h5ad").obsm["design_matrix"]) == ["ER_PR[b]"]
    assert list(adata.obs) == ["ER/PR"]
    assert list(adata.obsm["design_matrix"]) == ["ER/PR[b]"]
