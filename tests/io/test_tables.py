"""Tables on disk: every digit, every gene name, and what is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.tables import read_table, write_table

names = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=8).filter(
    lambda name: not set(name) & set("\r\0")
)


@given(st.lists(st.floats(), min_size=1, max_size=20))
def test_floats_come_back_to_the_last_digit(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("t") / "t.tsv"
    table = pd.DataFrame({"gene_id": [f"g{i}" for i in range(len(values))], "x": values})
    write_table(table, path)
    np.testing.assert_array_equal(read_table(path)["x"].astype(float), table["x"])


@given(st.lists(names, min_size=1, max_size=10))
def test_any_name_comes_back_letter_by_letter(tmp_path_factory, genes):
    path = tmp_path_factory.mktemp("t") / "t.tsv"
    table = pd.DataFrame({"gene_id": genes, "x": 1.5, "gene_name": genes[::-1]})
    write_table(table, path)
    back = read_table(path)
    assert back["gene_id"].tolist() == genes
    assert back["gene_name"].tolist() == genes[::-1]


@pytest.mark.parametrize("suffix", [".tsv", ".tsv.gz"])
def test_names_that_look_like_something_else(tmp_path, suffix):
    genes = ["NA", "NaN", "null", "1e5", "007", "TRUE", "", "-inf", "1-Sep", "=SUM(A1)", "+x", "@y"]
    table = pd.DataFrame({"first": genes, "gene_name": genes, "p": np.linspace(0, 1, len(genes))})
    path = tmp_path / f"t{suffix}"
    write_table(table, path)
    pd.testing.assert_frame_equal(read_table(path), table, check_exact=True)


def test_only_na_is_missing_in_other_columns(tmp_path):
    table = pd.DataFrame({"gene_id": ["a", "b"], "p": [0.5, np.nan], "note": ["null", None]})
    write_table(table, tmp_path / "t.tsv")
    assert (tmp_path / "t.tsv").read_text() == "gene_id\tp\tnote\na\t0.5\tnull\nb\tNA\tNA\n"
    back = read_table(tmp_path / "t.tsv")
    assert back["note"].tolist()[0] == "null"
    assert back[["p", "note"]].isna().to_numpy().tolist() == [[False, False], [True, True]]


def test_the_index_is_written_under_its_label(tmp_path):
    table = pd.DataFrame({"x": [1, 2]}, index=["s1", "s2"])
    write_table(table, tmp_path / "t.tsv", index_label="sample")
    assert (tmp_path / "t.tsv").read_text() == "sample\tx\ns1\t1\ns2\t2\n"
    write_table(table, tmp_path / "t.tsv")
    assert (tmp_path / "t.tsv").read_text() == "x\n1\n2\n"


def test_an_empty_table_keeps_its_columns(tmp_path):
    write_table(pd.DataFrame(columns=["gene_id", "x"]), tmp_path / "t.tsv")
    back = read_table(tmp_path / "t.tsv")
    assert back.columns.tolist() == ["gene_id", "x"]
    assert len(back) == 0


def test_r_leaves_out_the_name_of_the_row_names(tmp_path):
    (tmp_path / "t.tsv").write_text("x\ty\nNA\t1\tNA\n1e5\t2\t3\n")
    back = read_table(tmp_path / "t.tsv")
    assert back["gene_id"].tolist() == ["NA", "1e5"]
    assert back["x"].tolist() == [1, 2]
    assert np.isnan(back["y"].iloc[0])


def test_a_byte_order_mark_and_windows_line_ends_are_harmless(tmp_path):
    (tmp_path / "t.tsv").write_bytes("\ufeffgene_id\tx\r\na\t1\r\n".encode())
    back = read_table(tmp_path / "t.tsv", required=["gene_id"])
    assert back.to_numpy().tolist() == [["a", 1]]


def test_missing_columns_are_named_with_those_found(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("gene_id\tx\na\t1\n")
    with pytest.raises(DataError, match="lacks the columns y, z; found gene_id, x"):
        read_table(path, required=["x", "y", "z"])
    with pytest.raises(DataError, match="lacks the column y; found gene_id, x"):
        read_table(path, required=["y"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cannot be read as a TSV table"),
        (b"gene_id\tx\na\t1\nb\t2\t3\t4\n", "cannot be read as a TSV table .*line 3"),
        (b"gene_id\tx\n\xff\xfe\t1\n", "cannot be read as a TSV table"),
    ],
)
def test_refuses_what_is_no_table(tmp_path, content, message):
    path = tmp_path / "t.tsv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_table(path)


def test_refuses_what_is_not_there(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_table(tmp_path / "absent.tsv")
    with pytest.raises(DataError, match="cannot be read as a TSV table"):
        read_table(tmp_path)
    (tmp_path / "t.tsv.gz").write_text("plain text\n")
    with pytest.raises(DataError, match="cannot be read as a TSV table"):
        read_table(tmp_path / "t.tsv.gz")
