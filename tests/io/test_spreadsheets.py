"""Text that a spreadsheet would run is made harmless, and comes back as it was."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnaseq_s6k1.io.spreadsheets import guard, unguard
from rnaseq_s6k1.io.tables import read_table, write_table


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+A1", "@SUM(A1)", "-2+3", "\t=1", "'=1"])
def test_formulas_get_an_apostrophe(text):
    assert guard(pd.Series([text])).tolist() == ["'" + text]


@pytest.mark.parametrize("text", ["TP53", "-1.5e-3", "+7", ".5", "5'-tRNA", "'quoted'", ""])
def test_names_and_numbers_are_kept(text):
    assert guard(pd.Series([text])).tolist() == [text]


@given(st.lists(st.text(alphabet="'=+-@a1.\t")))
def test_every_text_comes_back(texts):
    assert unguard(guard(pd.Series(texts, dtype=object))).tolist() == texts


def test_a_table_with_formulas_in_cells_header_and_index(tmp_path):
    table = pd.DataFrame(
        {"gene_name": ["=1+1", "MYC"], "@x": [-0.5, 2.0]}, index=["=cmd|' /C calc'!A0", "g2"]
    )
    write_table(table, tmp_path / "t.tsv", index_label="gene_id")
    cells = [line.split("\t") for line in (tmp_path / "t.tsv").read_text().splitlines()]
    assert cells[0] == ["gene_id", "gene_name", "'@x"]
    assert cells[1] == ["'=cmd|' /C calc'!A0", "'=1+1", "-0.5"]
    back = read_table(tmp_path / "t.tsv")
    assert back["gene_id"].tolist() == table.index.tolist()
    assert back["gene_name"].tolist() == ["=1+1", "MYC"]
    assert back["@x"].tolist() == [-0.5, 2.0]
