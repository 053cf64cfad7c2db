"""Matrices of measured values: what is read and what is refused."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.value_matrix import read_value_matrix


def test_values_may_be_negative_fractional_and_missing(tmp_path):
    path = tmp_path / "x.tsv"
    path.write_text("gene\ts1\ts2\tNA1\nMYC\t-1\t0.5\tNA\n\nNULLA\t1e-3\t\tnan\n007\t1\t2\t3\n")
    found = read_value_matrix(path)
    assert list(found.index) == ["MYC", "NULLA", "007"]
    assert list(found.columns) == ["s1", "s2", "NA1"]
    np.testing.assert_array_equal(found.loc["MYC"], [-1, 0.5, np.nan])
    np.testing.assert_array_equal(found.loc["NULLA"], [1e-3, np.nan, np.nan])


def test_gzip_commas_quotes_marks_and_rs_header(tmp_path):
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress('\ufeff"s 1","s,2"\r\n"A",1,2\r\n"B",3,4\r\n'.encode()))
    found = read_value_matrix(path)
    assert list(found.columns) == ["s 1", "s,2"]
    assert found.to_numpy().tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("g\ta\tb\nX\t1\tx\n", r"line 2, column 'b': 'x' is not a finite number"),
        ("g\ta\tb\nX\t1\tinf\n", "'inf' is not a finite number"),
        ("g\ta\tb\nX\t1\t1_0\n", "'1_0' is not a finite number"),
        ("g\ta\tb\nX\t1\t=1+1\n", "'=1\\+1' is not a finite number"),
        ("g\ta\tb\nX\t1\t2\nX\t3\t4\n", "line 3: the gene 'X' is on line 2 already"),
        ("g\ta\tb\nX\t1\t2\n\t3\t4\n", "line 3: the row has no gene's name"),
        ("g\ta\tb\nX\t1\t2\nY\t3\n", "line 3: 2 fields where the header has 3"),
        ("g\ta\ta\nX\t1\t2\n", "the header names 'a' more than once"),
        ("g\ta\t\nX\t1\t2\n", "column 3 has no name in the header"),
        ("g\ta\tb\n", "holds a header"),
        ("", "the file is empty"),
        ("PK\x03\x04zip", "a zip archive or an Excel workbook"),
    ],
)
def test_what_is_no_matrix_of_values(tmp_path, text, message):
    path = tmp_path / "x.tsv"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_value_matrix(path)


def test_missing_and_hostile_files(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_value_matrix(tmp_path / "none.tsv")
    path = tmp_path / "x.tsv"
    path.write_text("g\t" + "\x1b[31m" + "y" * 5000 + "\nX\tz\n")
    with pytest.raises(DataError) as caught:
        read_value_matrix(path)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 400 + len(str(path))
